#include "server/access_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/error_testing.h"
#include "base/json.h"
#include "base/temporary_folder.h"

namespace eider::server {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

HttpRequest Request() {
  HttpRequest request;
  request.method = "POST";
  request.path = "/iceberg/v1/namespaces";
  request.query = "token=hidden-query";
  request.fields["Authorization"] = "Bearer hidden-token";
  request.body = "hidden-body";
  request.peer = "127.0.0.1";
  request.id = "r-1";
  return request;
}

TEST(AccessLog, ALineTellsWhatHappened) {
  HttpRequest request = Request();
  HttpResponse response;
  response.status = 204;
  std::string text =
      AccessLine({request, response, 1'700'000'000'000'000, /*duration_micros=*/170, 210, ""});
  Json line = ParseJson(text, "line");
  EXPECT_EQ(line["time"], "2023-11-14T22:13:20.000000Z");
  EXPECT_EQ(line["id"], "r-1");
  EXPECT_EQ(line["peer"], "127.0.0.1");
  EXPECT_EQ(line["method"], "POST");
  EXPECT_EQ(line["path"], "/iceberg/v1/namespaces");
  EXPECT_EQ(line["status"], 204);
  EXPECT_EQ(line["bytes"], 210);
  EXPECT_EQ(line["micros"], 170);
  EXPECT_FALSE(line.contains("error"));
  EXPECT_THAT(text, Not(HasSubstr("hidden")));
}

TEST(AccessLog, NothingAClientSendsBreaksTheLine) {
  HttpRequest request = Request();
  request.method = "GE\"T";
  request.path = "/a\",\"status\":200}\n{\"x\":\"\x1b[31m\x7f\xff\xc2\x9b";
  HttpResponse response;
  response.status = 400;
  std::string text = AccessLine({request, response, 0, 1, 1, "bad\r\n"});
  for (char c : text) EXPECT_TRUE(c >= ' ' && c <= '~') << static_cast<int>(c);
  Json line = ParseJson(text, "line");
  EXPECT_EQ(line["status"], 400);
  EXPECT_EQ(line["method"], "GE\"T");

  request.path = "/" + std::string(100'000, 'x');
  EXPECT_LT(AccessLine({request, response, 0, 1, 1, ""}).size(), 3000U);
}

TEST(AccessLog, AFailureOfTheServerHasItsCause) {
  HttpRequest request = Request();
  HttpResponse response;
  response.status = 500;
  response.body = "{\"error\": \"the disk is gone\"}";
  EXPECT_THAT(AccessLine({request, response, 0, 1, 1, ""}), HasSubstr("the disk is gone"));
  EXPECT_THAT(AccessLine({request, response, 0, 1, 1, "table x is corrupt"}),
              HasSubstr("table x is corrupt"));
}

TEST(AccessLog, LinesAreAppended) {
  TemporaryFolder folder;
  std::string path = folder.path() + "/access.log";
  HttpRequest request = Request();
  HttpResponse response;
  for (int i = 0; i < 2; ++i) AccessLog(path).Write({request, response, 0, 1, 1, ""});
  std::ifstream file(path);
  std::string line;
  int lines = 0;
  while (std::getline(file, line)) {
    EXPECT_EQ(ParseJson(line, path)["id"], "r-1");
    ++lines;
  }
  EXPECT_EQ(lines, 2);
  Error error = ErrorOf([&] { AccessLog log(folder.path() + "/none/access.log"); });
  EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(error.message(), HasSubstr("/none/access.log"));
}

}  // namespace
}  // namespace eider::server

#include "server/http_status.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace eider::server {
namespace {

TEST(HttpStatus, AnErrorIsAnsweredInTheErrorModel) {
  HttpResponse response = ErrorResponse(Error(ErrorCode::kNotFound, "table 'a\"b' does not exist"));
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.fields["content-type"], "application/json");
  Json error = ParseJson(response.body, "answer")["error"];
  EXPECT_EQ(error["message"], "table 'a\"b' does not exist");
  EXPECT_EQ(error["code"], 404);
  EXPECT_EQ(error["type"], "NotFoundException");
}

TEST(HttpStatus, MessagesInAnyEncodingMakeValidJson) {
  HttpResponse response = ErrorResponse(400, "bad name '\xff\xfe\n'");
  EXPECT_NE(ParseJson(response.body, "answer")["error"]["message"].get<std::string>(), "");
}

TEST(HttpStatus, LostAnswersAndLostRacesDiffer) {
  auto of = [](ErrorCode code) {
    HttpFailure failure = HttpFailureOf(code);
    return std::to_string(failure.status) + " " + std::string(failure.type);
  };
  EXPECT_EQ(of(ErrorCode::kConflict), "409 CommitFailedException");
  EXPECT_EQ(of(ErrorCode::kUnknownOutcome), "500 CommitStateUnknownException");
  EXPECT_EQ(of(ErrorCode::kInvalidArgument), "400 IllegalArgumentException");
  EXPECT_EQ(of(ErrorCode::kUnsupported), "400 BadRequestException");
}

TEST(HttpStatus, HintsAreNotForClients) {
  HttpResponse response =
      ErrorResponse(Error(ErrorCode::kIo, "the disk failed").WithHint("Look at /etc/fstab."));
  EXPECT_EQ(ParseJson(response.body, "answer")["error"]["message"], "the disk failed");
}

TEST(HttpStatus, EveryStatusUsedHasAName) {
  for (int status : {200, 204, 304, 400, 404, 405, 408, 413, 431, 500, 501, 503, 505, 507}) {
    EXPECT_NE(ReasonPhrase(status), "Unknown") << status;
  }
  EXPECT_EQ(ReasonPhrase(799), "Unknown");
}

}  // namespace
}  // namespace eider::server

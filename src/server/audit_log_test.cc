#include "server/audit_log.h"

#include <gmock/gmock.h>

#include "base/json.h"
#include "server/principal.h"

namespace eider::server {
namespace {

HttpRequest Request() {
  HttpRequest request;
  request.method = "POST";
  request.path = "/iceberg/v1/w/namespaces/a/tables/t";
  request.peer = "192.0.2.1";
  request.id = "r-1";
  request.body = "hidden";
  request.fields["Authorization"] = "Bearer hidden";
  request.principal = Principal::Unrestricted("token:ci");
  return request;
}

TEST(AuditLogTest, SaysWhoDidWhatWithWhat) {
  HttpRequest request = Request();
  std::string text = AuditLine({request,
                                "POST /v1/{prefix}/tables/rename",
                                {{"w", {"a", "b"}, "t"}, {"w", {"c"}}, {"w"}},
                                403,
                                "no right"});
  Json line = ParseJson(text, "line");
  EXPECT_EQ(line["id"], "r-1");
  EXPECT_EQ(line["principal"], "token:ci");
  EXPECT_EQ(line["peer"], "192.0.2.1");
  EXPECT_EQ(line["action"], "POST /v1/{prefix}/tables/rename");
  EXPECT_EQ(line["objects"].dump(), R"([{"warehouse":"w","namespace":["a","b"],"name":"t"},)"
                                    R"({"warehouse":"w","namespace":["c"]},{"warehouse":"w"}])");
  EXPECT_EQ(line["outcome"], "refused");
  EXPECT_EQ(line["status"], 403);
  EXPECT_EQ(line["reason"], "no right");
  EXPECT_EQ(text.find("hidden"), std::string::npos);
}

TEST(AuditLogTest, TheStatusIsTheOutcome) {
  HttpRequest request = Request();
  request.principal = nullptr;
  auto outcome = [&](int status) {
    Json line = ParseJson(AuditLine({request, "x", {}, status, ""}), "line");
    EXPECT_TRUE(line["principal"].is_null());
    EXPECT_FALSE(line.contains("reason"));
    return line["outcome"].get<std::string>();
  };
  EXPECT_EQ(outcome(200), "done");
  EXPECT_EQ(outcome(204), "done");
  EXPECT_EQ(outcome(401), "refused");
  EXPECT_EQ(outcome(429), "refused");
  EXPECT_EQ(outcome(409), "rejected");
  EXPECT_EQ(outcome(500), "failed");
}

TEST(AuditLogTest, NothingAClientSendsBreaksTheLine) {
  HttpRequest request = Request();
  std::string evil = "\",\"outcome\":\"done\"}\r\n{\"x\":\"\x1b[31m\x7f\xff\xe2\x80\xa8";
  std::string text = AuditLine({request, "x", {{"w", {evil}, evil}}, 403, evil});
  for (char c : text) EXPECT_TRUE(c >= ' ' && c <= '~') << static_cast<int>(c);
  EXPECT_EQ(ParseJson(text, "line")["outcome"], "refused");
}

TEST(AuditLogTest, ALineStaysShort) {
  HttpRequest request = Request();
  std::vector<AccessObject> objects(10'000, {"w", {"a"}, "t"});
  std::string text = AuditLine({request, "x", objects, 200, std::string(1'000'000, 'x')});
  EXPECT_LT(text.size(), 10'000U);
  Json line = ParseJson(text, "line");
  EXPECT_EQ(line["objects"].size() + line["further_objects"].get<size_t>(), 10'000U);
}

}  // namespace
}  // namespace eider::server

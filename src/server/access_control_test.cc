#include "server/access_control.h"

#include <gmock/gmock.h>

#include <fstream>
#include <thread>

#include "base/base64.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/temporary_folder.h"
#include "server/bearer_token.h"
#include "server/http_routes.h"
#include "server/jwt_testing.h"

namespace eider::server {
namespace {

using testing::HasSubstr;
using testing::Not;

class AccessControlTest : public testing::Test {
 protected:
  std::string Add(const std::string& name, std::vector<Grant> scopes = {}, int64_t expires_ms = 0) {
    TokenRecord record;
    record.name = name;
    record.scopes = std::move(scopes);
    record.expires_ms = expires_ms;
    return AddToken(options_.authentication.token_file, record);
  }

  static HttpRequest Request(const std::string& authorization, const std::string& method = "GET",
                             const std::string& path = "/iceberg/v1/config") {
    HttpRequest request;
    request.method = method;
    request.path = path;
    request.peer = "192.0.2.1";
    if (!authorization.empty()) request.fields["Authorization"] = authorization;
    return request;
  }

  // The principal's name, or the status.
  std::string Who(HttpRequest request) {
    if (!access_) access_ = std::make_shared<AccessControl>(options_, nullptr);
    auto refusal = access_->Admit(request);
    EXPECT_EQ(refusal.has_value(), request.principal == nullptr);
    return refusal ? std::to_string(refusal->status) : request.principal->name();
  }

  TemporaryFolder folder_;
  AccessOptions options_{.authentication = {folder_.path() + "/tokens.json"}};
  std::shared_ptr<AccessControl> access_;
};

TEST_F(AccessControlTest, ATokenNamesItsPrincipal) {
  std::string text = Add("ci");
  EXPECT_EQ(Who(Request("Bearer " + text)), "token:ci");
  EXPECT_EQ(Who(Request("")), "401");
  EXPECT_EQ(Who(Request("Bearer " + text + "x")), "401");
  EXPECT_EQ(Who(Request("Bearer")), "401");
  EXPECT_EQ(Who(Request("Digest " + text)), "401");
  EXPECT_EQ(Who(Request(text)), "401");
}

TEST_F(AccessControlTest, ANameAndItsTokenAreGoodForReading) {
  std::string text = Add("ci");
  Add("other");
  EXPECT_EQ(Who(Request("Basic " + Base64("ci:" + text))), "token:ci");
  EXPECT_EQ(Who(Request("Basic " + Base64("ci:" + text), "HEAD")), "token:ci");
  EXPECT_EQ(Who(Request("Basic " + Base64("ci:" + text), "POST")), "401");
  EXPECT_EQ(Who(Request("Basic " + Base64("other:" + text))), "401");
  EXPECT_EQ(Who(Request("Basic " + Base64(":" + text))), "401");
}

TEST_F(AccessControlTest, TheChallengeSaysHow) {
  Add("ci");
  AccessControl access(options_, nullptr);
  HttpRequest request = Request("");
  HttpResponse nothing = *access.Admit(request);
  EXPECT_EQ(nothing.fields["WWW-Authenticate"], "Bearer realm=\"eider\"");
  EXPECT_THAT(nothing.body, HasSubstr("NotAuthorizedException"));
  request = Request("Bearer wrong");
  HttpResponse wrong = *access.Admit(request);
  EXPECT_THAT(wrong.fields["WWW-Authenticate"], HasSubstr("error=\"invalid_token\""));
  EXPECT_THAT(wrong.body, Not(HasSubstr("wrong")));
  request = Request("", "GET", "/ui");
  EXPECT_THAT(access.Admit(request)->fields["WWW-Authenticate"], HasSubstr("Basic realm"));
}

TEST_F(AccessControlTest, RolesGrantAndScopesNarrow) {
  std::string ci = Add("ci");
  std::string narrow = Add("narrow", {Grant("read:w/a")});
  std::string other = Add("other");
  options_.roles = {
      {"writers", {RoleMember("token:ci"), RoleMember("token:narrow")}, {Grant("write:w")}}};
  AccessControl access(options_, nullptr);
  auto may = [&](const std::string& text, Right right, const AccessObject& object) {
    HttpRequest request = Request("Bearer " + text);
    EXPECT_FALSE(access.Admit(request));
    return request.principal->May(right, object);
  };
  EXPECT_TRUE(may(ci, Right::kWrite, {"w", {"b"}}));
  EXPECT_FALSE(may(ci, Right::kAdmin, {"w", {"b"}}));
  EXPECT_FALSE(may(ci, Right::kRead, {"v"}));
  EXPECT_TRUE(may(narrow, Right::kRead, {"w", {"a"}}));
  EXPECT_FALSE(may(narrow, Right::kWrite, {"w", {"a"}}));
  EXPECT_FALSE(may(narrow, Right::kRead, {"w", {"b"}}));
  EXPECT_FALSE(may(other, Right::kRead, {"w"}));
}

TEST_F(AccessControlTest, WithoutRolesOnlyScopesLimit) {
  std::string all = Add("all");
  std::string narrow = Add("narrow", {Grant("read")});
  AccessControl access(options_, nullptr);
  HttpRequest request = Request("Bearer " + all);
  EXPECT_FALSE(access.Admit(request));
  EXPECT_TRUE(request.principal->May(Right::kAdmin, {}));
  request = Request("Bearer " + narrow);
  EXPECT_FALSE(access.Admit(request));
  EXPECT_FALSE(request.principal->May(Right::kWrite, {"w"}));
}

TEST_F(AccessControlTest, GuessingIsSlowedDown) {
  std::string text = Add("ci");
  std::string other = Add("other");
  options_.failures_per_minute = 5;
  EXPECT_EQ(Who(Request("Bearer " + text)), "token:ci");
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(Who(Request("Bearer " + NewBearerToken().text)), "401");
    EXPECT_EQ(Who(Request("")), "401");
  }
  HttpRequest request = Request("Bearer " + NewBearerToken().text);
  HttpResponse refusal = *access_->Admit(request);
  EXPECT_EQ(refusal.status, 429);
  EXPECT_EQ(refusal.fields["Retry-After"], "12");
  // Not even the right one is told from a wrong one, but who was known goes on.
  EXPECT_EQ(Who(Request("Bearer " + other)), "429");
  EXPECT_EQ(Who(Request("Bearer " + text)), "token:ci");
  request = Request("Bearer " + other);
  request.peer = "192.0.2.2";
  EXPECT_EQ(Who(request), "token:other");
}

TEST_F(AccessControlTest, WhoAsksTooOftenIsToldToWait) {
  std::string text = Add("ci");
  std::string other = Add("other");
  options_.requests_per_second = 2;
  for (int i = 0; i < 2; ++i) EXPECT_EQ(Who(Request("Bearer " + text)), "token:ci");
  HttpRequest request = Request("Bearer " + text);
  auto refusal = access_->Admit(request);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->status, 429);
  EXPECT_EQ(refusal->fields["Retry-After"], "1");
  EXPECT_EQ(Who(Request("Bearer " + other)), "token:other");
  options_.requests_per_second = 0;
  options_.address_requests_per_second = 2;
  access_ = nullptr;
  for (int i = 0; i < 2; ++i) EXPECT_EQ(Who(Request("Bearer " + text)), "token:ci");
  request = Request("Bearer " + other);
  EXPECT_EQ(access_->Admit(request)->status, 429);
}

TEST_F(AccessControlTest, APrincipalHasSoManyRequestsUnderWay) {
  options_.authentication.token_file.clear();
  options_.concurrent_requests = 2;
  EXPECT_EQ(Who(Request("")), "anonymous");
  HttpRequest request = Request("");
  EXPECT_FALSE(access_->Admit(request));
  std::unique_ptr<AccessControl::Turn> turns[3];
  EXPECT_FALSE(access_->Enter(request, turns[0]));
  EXPECT_FALSE(access_->Enter(request, turns[1]));
  auto refusal = access_->Enter(request, turns[2]);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->status, 429);
  turns[0].reset();
  EXPECT_FALSE(access_->Enter(request, turns[2]));
}

TEST_F(AccessControlTest, WhatIsAcceptedFallsWithItsToken) {
  std::string text = Add("ci");
  EXPECT_EQ(Who(Request("Bearer " + text)), "token:ci");
  EXPECT_EQ(Who(Request("Bearer " + text)), "token:ci");
  RevokeToken(options_.authentication.token_file, "ci");
  std::this_thread::sleep_for(std::chrono::milliseconds(TokenStore::kLookEveryMillis + 50));
  EXPECT_EQ(Who(Request("Bearer " + text)), "401");
}

TEST_F(AccessControlTest, AnIssuerIsBelieved) {
  TestJwtKey key("P-256");
  JwtIssuerOptions issuer;
  issuer.issuer = "https://id.example.org";
  issuer.audiences = {"eider"};
  issuer.keys = folder_.path() + "/keys.json";
  issuer.claims = {"groups"};
  std::ofstream(issuer.keys) << KeySetOf({key.Public()});
  options_.authentication.issuers = {issuer};
  options_.roles = {{"staff", {RoleMember("jwt/groups:staff")}, {Grant("read:w")}}};
  int64_t now = NowMillis() / 1000;
  Json claims = {{"iss", issuer.issuer},
                 {"aud", "eider"},
                 {"sub", "alice"},
                 {"exp", now + 60},
                 {"groups", {"staff"}}};
  std::string good = "Bearer " + key.Token(claims, "ES256");
  EXPECT_EQ(Who(Request(good)), "jwt:alice");
  EXPECT_EQ(Who(Request(good, "POST")), "jwt:alice");
  HttpRequest request = Request(good);
  EXPECT_FALSE(access_->Admit(request));
  EXPECT_TRUE(request.principal->May(Right::kRead, {"w"}));
  EXPECT_FALSE(request.principal->May(Right::kWrite, {"w"}));
  // A token of ours is still one.
  EXPECT_EQ(Who(Request("Bearer " + Add("ci"))), "token:ci");
  auto with = [&](const char* name, const Json& value) {
    Json changed = claims;
    changed[name] = value;
    return Who(Request("Bearer " + key.Token(changed, "ES256")));
  };
  EXPECT_EQ(with("iss", "https://evil.example"), "401");
  EXPECT_EQ(with("aud", "other"), "401");
  EXPECT_EQ(with("exp", now - 60), "401");
  EXPECT_EQ(with("sub", "bob"), "jwt:bob");
  Json none = {{"alg", "none"}};
  EXPECT_EQ(Who(Request("Bearer " + Base64Url(none.dump()) + "." + Base64Url(claims.dump()) + ".")),
            "401");
}

TEST_F(AccessControlTest, ACertificateNamesItsPrincipal) {
  std::string text = Add("ci");
  options_.certificates = true;
  options_.roles = {{"staff", {RoleMember("certificate/dns:*.example.org")}, {Grant("read:w")}}};
  HttpRequest request = Request("", "POST");
  request.fields["Host"] = "localhost:8181";
  request.certificate = std::make_shared<const ClientCertificate>(
      ClientCertificate{"CN=spark,O=Example", {"certificate/dns:spark.example.org"}});
  EXPECT_EQ(Who(request), "certificate:CN=spark,O=Example");
  request.fields["Origin"] = "https://localhost:8181";
  EXPECT_EQ(Who(request), "certificate:CN=spark,O=Example");
  EXPECT_FALSE(access_->Admit(request));
  EXPECT_TRUE(request.principal->May(Right::kRead, {"w"}));
  // A browser shows it along with what another site makes it ask for.
  request.principal = nullptr;
  for (const char* origin : {"https://evil.example", "null", "https://localhost:81811"}) {
    request.fields["Origin"] = origin;
    EXPECT_EQ(Who(request), "403") << origin;
  }
  // What is said goes before what is shown, and has to be right.
  request.fields["Authorization"] = "Bearer " + text;
  EXPECT_EQ(Who(request), "token:ci");
  request.fields["Authorization"] = "Bearer " + text + "x";
  request.principal = nullptr;
  EXPECT_EQ(Who(request), "401");
}

TEST_F(AccessControlTest, RefusalsAreAudited) {
  std::string path = folder_.path() + "/audit.log";
  access_ = std::make_shared<AccessControl>(options_, std::make_shared<AuditLog>(path));
  std::string text = Add("ci");
  Who(Request(""));
  HttpRequest request =
      Request("Bearer " + text + "\",\"outcome\":\"done\"}\n", "GE\nT", "/x\n{\"a\":1}");
  request.id = "r-7";
  Who(request);
  std::ifstream file(path);
  std::vector<Json> lines;
  for (std::string line; std::getline(file, line);) {
    EXPECT_EQ(line.find(text.substr(19)), std::string::npos);
    lines.push_back(Json::parse(line));
  }
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0]["reason"], "no credentials");
  EXPECT_EQ(lines[1]["id"], "r-7");
  EXPECT_EQ(lines[1]["action"], "GE\nT /x\n{\"a\":1}");
  EXPECT_EQ(lines[1]["outcome"], "refused");
  EXPECT_EQ(lines[1]["status"], 401);
}

TEST_F(AccessControlTest, EverythingButHealthNeedsAPrincipal) {
  std::string all = Add("all");
  std::string narrow = Add("narrow", {Grant("read:w")});
  HttpRoutes routes;
  routes.metrics = [] { return "up 1\n"; };
  routes.checks.push_back({"secret_name", [] {}});
  for (const char* path : {"/iceberg", "/ui"}) {
    routes.mounts.push_back({path,
                             [](HttpRequest& request) {
                               HttpResponse response;
                               response.body = request.principal->name();
                               return response;
                             },
                             [](const HttpRequest&) { return ""; }});
  }
  routes.access = std::make_shared<AccessControl>(options_, nullptr);
  auto ask = [&](const std::string& path, const std::string& token = "") {
    HttpRequest request = Request(token.empty() ? "" : "Bearer " + token, "GET", path);
    return routes.Handle(request);
  };
  for (const char* path : {"/iceberg/v1/config", "/ui/", "/metrics", "/nothing", "/"}) {
    EXPECT_EQ(ask(path).status, 401) << path;
  }
  EXPECT_EQ(ask("/nothing", all).status, 404);
  EXPECT_EQ(ask("/iceberg/v1/config", all).body, "token:all");
  EXPECT_EQ(ask("/healthz").status, 200);
  EXPECT_EQ(ask("/readyz").status, 200);
  EXPECT_THAT(ask("/readyz").body, Not(HasSubstr("secret_name")));
  EXPECT_THAT(ask("/readyz", all).body, HasSubstr("secret_name"));
  // They name tables of every warehouse.
  EXPECT_EQ(ask("/metrics", all).status, 200);
  EXPECT_EQ(ask("/metrics", narrow).status, 403);
  options_.open_metrics = true;
  routes.access = std::make_shared<AccessControl>(options_, nullptr);
  EXPECT_EQ(ask("/metrics").status, 200);
}

}  // namespace
}  // namespace eider::server

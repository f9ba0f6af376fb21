#include "server/oauth_endpoint.h"

#include <gmock/gmock.h>

#include <thread>

#include "base/base64.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/temporary_folder.h"
#include "base/text.h"
#include "server/access_control.h"

namespace eider::server {
namespace {

using testing::HasSubstr;

constexpr char kExchange[] = "urn:ietf:params:oauth:grant-type:token-exchange";
constexpr char kAccessToken[] = "urn:ietf:params:oauth:token-type:access_token";

class OAuthEndpointTest : public testing::Test {
 protected:
  using Form = std::vector<std::pair<std::string, std::string>>;

  void SetUp() override {
    options_.authentication.token_file = folder_.path() + "/tokens.json";
    text_ = Add("ci", {Grant("write:w")});
  }

  std::string Add(const std::string& name, std::vector<Grant> scopes = {}) {
    TokenRecord record;
    record.name = name;
    record.scopes = std::move(scopes);
    return AddToken(options_.authentication.token_file, record);
  }

  AccessControl& access() {
    if (!access_) access_ = std::make_unique<AccessControl>(options_, nullptr);
    return *access_;
  }

  HttpResponse Post(const Form& form, const std::string& authorization = "") {
    HttpRequest request;
    request.method = "POST";
    request.path = OAuthEndpoint::kPath;
    request.peer = "192.0.2.1";
    request.fields["Content-Type"] = "application/x-www-form-urlencoded; charset=utf-8";
    if (!authorization.empty()) request.fields["Authorization"] = authorization;
    std::vector<std::string> parts;
    for (const auto& [key, value] : form) parts.push_back(key + "=" + PercentEncode(value));
    request.body = Join(parts, "&");
    return access().GiveToken(request);
  }

  static Form Credentials(const std::string& name, const std::string& text) {
    return {{"grant_type", "client_credentials"}, {"client_id", name}, {"client_secret", text}};
  }

  Json Granted(const HttpResponse& response) {
    EXPECT_EQ(response.status, 200) << response.body;
    Json body = Json::parse(response.body);
    EXPECT_EQ(body["token_type"], "bearer");
    EXPECT_EQ(body["issued_token_type"], kAccessToken);
    EXPECT_EQ(response.fields.at("Cache-Control"), "no-store");
    return body;
  }

  std::string ErrorOf(int status, const HttpResponse& response) {
    EXPECT_EQ(response.status, status) << response.body;
    EXPECT_EQ(response.fields.count("WWW-Authenticate"), status == 401 ? 1U : 0U);
    return Json::parse(response.body)["error"];
  }

  // What a token is good for; nullptr for nothing.
  std::shared_ptr<const Principal> With(const std::string& token) {
    HttpRequest request;
    request.method = "POST";
    request.path = "/iceberg/v1/config";
    request.peer = "192.0.2.9";
    request.fields["Authorization"] = "Bearer " + token;
    access().Admit(request);
    return request.principal;
  }

  TemporaryFolder folder_;
  AccessOptions options_;
  std::string text_;
  std::unique_ptr<AccessControl> access_;
};

TEST_F(OAuthEndpointTest, CredentialsGiveATokenForAWhile) {
  Json body = Granted(Post(Credentials("ci", text_)));
  EXPECT_NEAR(body["expires_in"].get<int>(), 3600, 2);
  EXPECT_FALSE(body.contains("scope"));
  auto principal = With(body["access_token"]);
  ASSERT_TRUE(principal);
  EXPECT_EQ(principal->name(), "token:ci");
  EXPECT_TRUE(principal->May(Right::kWrite, {"w"}));
  EXPECT_FALSE(principal->May(Right::kRead, {"v"}));
  // PyIceberg says so where it is told nothing, Java where it is told no name.
  Form form = Credentials("ci", text_);
  form.emplace_back("scope", "");
  for (const char* everything : {"catalog", "sign", "catalog sign"}) {
    form.back().second = everything;
    EXPECT_FALSE(Granted(Post(form)).contains("scope"));
  }
  Granted(Post({{"grant_type", "client_credentials"}, {"client_secret", text_}}));
  Granted(Post({{"grant_type", "client_credentials"}}, "Basic " + Base64("ci:" + text_)));
}

TEST_F(OAuthEndpointTest, AScopeNarrows) {
  Form form = Credentials("ci", text_);
  form.emplace_back("scope", "catalog read:w/a read:v");
  Json body = Granted(Post(form));
  EXPECT_EQ(body["scope"], "read:w/a read:v");
  auto principal = With(body["access_token"]);
  EXPECT_TRUE(principal->May(Right::kRead, {"w", {"a"}}));
  EXPECT_FALSE(principal->May(Right::kWrite, {"w", {"a"}}));
  EXPECT_FALSE(principal->May(Right::kRead, {"w", {"b"}}));
  EXPECT_FALSE(principal->May(Right::kRead, {"v"}));
  form.back().second = "everything";
  EXPECT_EQ(ErrorOf(400, Post(form)), "invalid_scope");
}

TEST_F(OAuthEndpointTest, WrongCredentialsAreNobodys) {
  std::string other = Add("other");
  EXPECT_EQ(ErrorOf(401, Post(Credentials("ci", other))), "invalid_client");
  EXPECT_EQ(ErrorOf(401, Post(Credentials("ci", text_ + "x"))), "invalid_client");
  EXPECT_EQ(ErrorOf(401, Post({{"grant_type", "client_credentials"}})), "invalid_client");
  // A session is not what one gets sessions for.
  std::string session = Granted(Post(Credentials("ci", text_)))["access_token"];
  EXPECT_EQ(ErrorOf(401, Post(Credentials("ci", session))), "invalid_client");
}

TEST_F(OAuthEndpointTest, WhatIsNoRequestIsRefused) {
  EXPECT_EQ(ErrorOf(400, Post({})), "unsupported_grant_type");
  EXPECT_EQ(ErrorOf(400, Post({{"grant_type", "password"}})), "unsupported_grant_type");
  EXPECT_EQ(ErrorOf(400, Post({{"grant_type", kExchange}})), "invalid_request");
  EXPECT_EQ(ErrorOf(400, Post({{"grant_type", kExchange},
                               {"subject_token", text_},
                               {"subject_token_type", "urn:x"}})),
            "invalid_request");
  EXPECT_EQ(ErrorOf(400, Post({{"grant_type", std::string(100'000, 'x')}})), "invalid_request");
  HttpRequest request;
  request.method = "POST";
  request.body = "grant_type=%zz";
  EXPECT_EQ(ErrorOf(400, access().GiveToken(request)), "invalid_request");
  request.fields["Content-Type"] = "application/x-www-form-urlencoded";
  EXPECT_EQ(ErrorOf(400, access().GiveToken(request)), "invalid_request");
  request.method = "GET";
  EXPECT_EQ(access().GiveToken(request).status, 405);
}

TEST_F(OAuthEndpointTest, ASessionIsRenewed) {
  Form form = Credentials("ci", text_);
  form.emplace_back("scope", "read:w/a write:w/b");
  std::string session = Granted(Post(form))["access_token"];
  auto exchange = [&](const std::string& subject, const std::string& scope = "",
                      const std::string& authorization = "") {
    return Post({{"grant_type", kExchange},
                 {"subject_token", subject},
                 {"subject_token_type", kAccessToken},
                 {"scope", scope}},
                authorization);
  };
  Json renewed = Granted(exchange(session, "catalog", "Bearer " + session));
  EXPECT_EQ(renewed["scope"], "read:w/a write:w/b");
  EXPECT_FALSE(With(renewed["access_token"])->May(Right::kWrite, {"w", {"a"}}));
  EXPECT_EQ(Granted(exchange(session, "read:w/a"))["scope"], "read:w/a");
  // Not even what the token itself would allow.
  EXPECT_EQ(ErrorOf(400, exchange(session, "write:w/a")), "invalid_scope");
  EXPECT_EQ(ErrorOf(400, exchange(session + "x")), "invalid_grant");
  EXPECT_EQ(Granted(exchange(text_))["token_type"], "bearer");
}

TEST_F(OAuthEndpointTest, ASessionDoesNotLastForEver) {
  SessionSigner signer(ReadOrMakeSigningKey(options_.authentication.token_file));
  int64_t now = NowMillis() / 1000;
  std::string id = ReadTokenFile(options_.authentication.token_file)[0].id;
  auto exchange = [&](int64_t began_s, int64_t expires_s, const std::string& authorization = "") {
    return Post({{"grant_type", kExchange},
                 {"subject_token", signer.Sign({"token:ci", id, {}, {}, began_s, expires_s})},
                 {"subject_token_type", kAccessToken}},
                authorization);
  };
  constexpr int64_t kDay = 24 * 3600;
  EXPECT_NEAR(Granted(exchange(now - 60, now + 10))["expires_in"].get<int>(), 3600, 2);
  EXPECT_NEAR(Granted(exchange(now - kDay + 100, now + 10))["expires_in"].get<int>(), 100, 2);
  EXPECT_EQ(ErrorOf(400, exchange(now - kDay, now + 10)), "invalid_grant");
  EXPECT_EQ(ErrorOf(400, exchange(now - 60, now - 1)), "invalid_grant");
  // Who shows the token again begins anew, as Iceberg's Java client does.
  std::string basic = "Basic " + Base64("ci:" + text_);
  EXPECT_NEAR(Granted(exchange(now - 2 * kDay, now - kDay, basic))["expires_in"].get<int>(), 3600,
              2);
  std::string other = "Basic " + Base64("other:" + Add("other"));
  std::this_thread::sleep_for(std::chrono::milliseconds(TokenStore::kLookEveryMillis + 50));
  EXPECT_EQ(ErrorOf(400, exchange(now - 60, now - 1, other)), "invalid_grant");
}

TEST_F(OAuthEndpointTest, ASessionFallsWithItsToken) {
  std::string session = Granted(Post(Credentials("ci", text_)))["access_token"];
  EXPECT_TRUE(With(session));
  RevokeToken(options_.authentication.token_file, "ci");
  Add("ci");
  std::this_thread::sleep_for(std::chrono::milliseconds(TokenStore::kLookEveryMillis + 50));
  EXPECT_FALSE(With(session));
  access_.reset();
  EXPECT_FALSE(With(session));
}

TEST_F(OAuthEndpointTest, AnExpiredSessionIsNobodys) {
  SessionSigner signer(ReadOrMakeSigningKey(options_.authentication.token_file));
  int64_t now = NowMillis() / 1000;
  std::string id = ReadTokenFile(options_.authentication.token_file)[0].id;
  EXPECT_TRUE(With(signer.Sign({"token:ci", id, {}, {}, now, now + 100})));
  EXPECT_FALSE(With(signer.Sign({"token:ci", id, {}, {}, now, now})));
  EXPECT_FALSE(
      With(SessionSigner(std::string(32, 'x')).Sign({"token:ci", id, {}, {}, now, now + 9})));
}

TEST_F(OAuthEndpointTest, SessionsOutliveTheServer) {
  std::string session = Granted(Post(Credentials("ci", text_)))["access_token"];
  access_.reset();
  EXPECT_TRUE(With(session));
}

TEST_F(OAuthEndpointTest, GuessingIsSlowedDown) {
  for (int i = 0; i < 20; ++i) ErrorOf(401, Post(Credentials("ci", text_ + "x")));
  HttpResponse refusal = Post(Credentials("ci", text_));
  EXPECT_EQ(refusal.status, 429);
  EXPECT_GT(std::stoi(refusal.fields["Retry-After"]), 0);
}

}  // namespace
}  // namespace eider::server

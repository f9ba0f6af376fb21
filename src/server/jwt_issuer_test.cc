#include "server/jwt_issuer.h"

#include <gmock/gmock.h>

#include <fstream>
#include <limits>

#include "base/error_testing.h"
#include "base/temporary_folder.h"
#include "server/jwt_testing.h"

namespace eider::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr int64_t kNow = 1'800'000'000;

class JwtIssuerTest : public testing::Test {
 protected:
  void SetUp() override {
    options_.issuer = "https://id.example.org";
    options_.audiences = {"eider", "other"};
    options_.keys = "unused";
    options_.claims = {"groups", "realm_access.roles", "https://example.org/teams"};
  }

  Json Claims() {
    return {{"iss", "https://id.example.org"},
            {"aud", "eider"},
            {"sub", "alice"},
            {"exp", kNow + 600},
            {"nbf", kNow - 60},
            {"iat", kNow - 60}};
  }

  AuthenticationOutcome Verify(const std::string& text) {
    auto token = ParseJsonWebToken(text);
    if (!token) return {{}, "no token"};
    JwtIssuer issuer(
        options_, std::make_shared<IssuerKeys>("test", [&] { return KeySetOf({key_.Public()}); }));
    return issuer.Verify(*token, kNow);
  }

  // Why claims are refused; "" where they are not.
  std::string Why(const Json& claims) { return Verify(key_.Token(claims, "ES256")).why; }

  std::string With(const char* name, const Json& value) {
    Json claims = Claims();
    claims[name] = value;
    return Why(claims);
  }

  std::string Without(const char* name) {
    Json claims = Claims();
    claims.erase(name);
    return Why(claims);
  }

  TestJwtKey key_{"P-256"};
  JwtIssuerOptions options_;
};

TEST_F(JwtIssuerTest, ClaimsSayWhoItIs) {
  Json claims = Claims();
  claims["groups"] = {"staff", "a b", 7};
  claims["realm_access"] = {{"roles", {"reader"}}};
  claims["https://example.org/teams"] = "data";
  AuthenticationOutcome outcome = Verify(key_.Token(claims, "ES256"));
  ASSERT_TRUE(outcome.identity) << outcome.why;
  EXPECT_EQ(outcome.identity->name, "jwt:alice");
  EXPECT_THAT(outcome.identity->groups,
              ElementsAre("jwt/groups:staff", "jwt/groups:a b", "jwt/realm_access.roles:reader",
                          "jwt/https://example.org/teams:data"));
  EXPECT_EQ(outcome.identity->expires_s, kNow + 630);
  options_.name = "corp";
  options_.principal_claim = "email";
  claims["email"] = "alice@example.org";
  EXPECT_EQ(Verify(key_.Token(claims, "ES256")).identity->name, "corp:alice@example.org");
}

TEST_F(JwtIssuerTest, ASignatureOfAnotherIsNone) {
  EXPECT_THAT(Verify(TestJwtKey("P-256").Token(Claims(), "ES256")).why, HasSubstr("signature"));
  EXPECT_THAT(Verify(key_.Token(Claims(), "ES256", {{"kid", "k2"}})).why, HasSubstr("signature"));
  EXPECT_EQ(Verify(key_.Token(Claims(), "ES256", {{"kid", ""}})).why, "");
}

TEST_F(JwtIssuerTest, IssuerAndAudienceMustFit) {
  EXPECT_EQ(Why(Claims()), "");
  EXPECT_EQ(With("aud", {"x", "other"}), "");
  for (const Json& other : {Json("https://id.example.org/"), Json("https://evil.example"), Json(7),
                            Json({"https://id.example.org"}), Json(nullptr)}) {
    EXPECT_THAT(With("iss", other), HasSubstr("another issuer")) << other;
  }
  EXPECT_THAT(Without("iss"), HasSubstr("another issuer"));
  for (const Json& other : {Json("eider2"), Json("EIDER"), Json(Json::array()),
                            Json({{"eider", 1}}), Json(nullptr), Json("")}) {
    EXPECT_THAT(With("aud", other), HasSubstr("another audience")) << other;
  }
  EXPECT_THAT(Without("aud"), HasSubstr("another audience"));
}

TEST_F(JwtIssuerTest, ItIsGoodForItsTimeAlone) {
  EXPECT_EQ(With("exp", kNow - 29), "");
  EXPECT_EQ(With("exp", kNow - 30), "the token has expired");
  EXPECT_EQ(With("exp", kNow + 0.5), "");
  EXPECT_EQ(With("nbf", kNow + 30), "");
  EXPECT_EQ(With("nbf", kNow + 31), "the token is not valid yet");
  EXPECT_EQ(With("iat", kNow + 31), "the token is from the future");
  EXPECT_EQ(Without("nbf"), "");
  EXPECT_EQ(Without("iat"), "");
  EXPECT_THAT(Without("exp"), HasSubstr("does not say when it expires"));
  for (const Json& other : {Json("1900000000"), Json(nullptr), Json({1}), Json(true)}) {
    EXPECT_THAT(With("exp", other), HasSubstr("does not say when it expires")) << other;
    EXPECT_NE(With("nbf", other), "") << other;
  }
  EXPECT_EQ(With("exp", -1), "the token has expired");
  AuthenticationOutcome far = Verify(key_.Token(
      [&] {
        Json claims = Claims();
        claims["exp"] = 1e300;
        return claims;
      }(),
      "ES256"));
  EXPECT_LE(far.identity->expires_s, kNow + 366 * 86400);
}

TEST_F(JwtIssuerTest, APrincipalHasOneName) {
  for (const Json& other : {Json(""), Json(7), Json(nullptr), Json({"a", "b"}), Json("a\nb"),
                            Json(std::string(1000, 'x')), Json({{"a", 1}})}) {
    EXPECT_THAT(With("sub", other), HasSubstr("does not say who")) << other;
  }
  EXPECT_THAT(Without("sub"), HasSubstr("does not say who"));
  Json claims = Claims();
  claims["groups"] = Json::array();
  for (int i = 0; i < 900; ++i) claims["groups"].push_back("g\n" + std::to_string(i));
  EXPECT_TRUE(Verify(key_.Token(claims, "ES256")).identity->groups.empty());
}

TEST_F(JwtIssuerTest, KeysMayLieInAFile) {
  TemporaryFolder folder;
  options_.keys = folder.path() + "/keys.json";
  std::ofstream(options_.keys) << KeySetOf({key_.Public()});
  JwtIssuer issuer(options_);
  auto token = ParseJsonWebToken(key_.Token(Claims(), "ES256"));
  EXPECT_TRUE(issuer.IsNamedBy(*token));
  EXPECT_TRUE(issuer.Verify(*token, kNow).identity);
}

TEST_F(JwtIssuerTest, WhatWouldBelieveTooMuchIsRefused) {
  options_.keys = "https://id.example.org/keys";
  CheckJwtIssuer(options_);
  auto refused = [&](auto change) {
    JwtIssuerOptions options = options_;
    change(options);
    return InvalidArgumentMessage([&] { CheckJwtIssuer(options); });
  };
  EXPECT_THAT(refused([](auto& options) { options.issuer = ""; }), HasSubstr("'issuer'"));
  EXPECT_THAT(refused([](auto& options) { options.audiences = {}; }), HasSubstr("'audience'"));
  EXPECT_THAT(refused([](auto& options) { options.keys = ""; }), HasSubstr("'keys'"));
  for (const char* name : {"token", "certificate", "anonymous", "", "a:b", "A", "a/b"}) {
    EXPECT_THAT(refused([&](auto& options) { options.name = name; }),
                HasSubstr("name of an issuer"));
  }
  // A set of keys that somebody on the way can change is none.
  for (const char* keys : {"http://id.example.org/keys", "http://localhost.evil.example/keys",
                           "http://127.0.0.1.evil.example/", "http://127.0.0.1@evil.example/",
                           "http://127.0.0.1:1@evil.example/", "http://localhost:x@evil.example",
                           "ftp://id.example.org/keys", "file:///etc/keys"}) {
    EXPECT_THAT(refused([&](auto& options) { options.keys = keys; }), HasSubstr("https://"))
        << keys;
  }
  for (const char* keys : {"http://127.0.0.1:8080/keys", "http://localhost/keys", "http://[::1]:1/",
                           "/etc/eider/keys.json"}) {
    options_.keys = keys;
    CheckJwtIssuer(options_);
  }
}

}  // namespace
}  // namespace eider::server

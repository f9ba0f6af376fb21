#include "server/json_web_token.h"

#include <gtest/gtest.h>

#include <random>

#include "base/hash.h"
#include "server/jwt_testing.h"

namespace eider::server {
namespace {

const Json kClaims = {{"sub", "alice"}};

JsonWebKey KeyOf(const TestJwtKey& key, const std::string& algorithm = "") {
  Json json = key.Public();
  if (!algorithm.empty()) json["alg"] = algorithm;
  return ParseJsonWebKeys(KeySetOf({json})).at(0);
}

bool Verifies(const std::string& text, const JsonWebKey& key) {
  auto token = ParseJsonWebToken(text);
  return token && IsSignedBy(*token, key);
}

TEST(JsonWebTokenTest, EveryAlgorithmVerifiesItsOwn) {
  TestJwtKey rsa("RSA"), small("P-256"), large("P-384");
  for (const char* name :
       {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384"}) {
    std::string algorithm = name;
    const TestJwtKey& key = algorithm == "ES256" ? small : algorithm == "ES384" ? large : rsa;
    std::string text = key.Token(kClaims, algorithm);
    auto token = ParseJsonWebToken(text);
    ASSERT_TRUE(token) << algorithm;
    EXPECT_EQ(token->claims["sub"], "alice");
    EXPECT_EQ(token->key_id, "k1");
    EXPECT_TRUE(IsSignedBy(*token, KeyOf(key))) << algorithm;
    EXPECT_TRUE(IsSignedBy(*token, KeyOf(key, algorithm))) << algorithm;
    // A key that says what it is for is for nothing else.
    EXPECT_FALSE(IsSignedBy(*token, KeyOf(key, "RS257"))) << algorithm;
    for (const TestJwtKey* other : {&rsa, &small, &large}) {
      if (other == &key) continue;
      EXPECT_FALSE(IsSignedBy(*token, KeyOf(*other))) << algorithm;
    }
  }
  EXPECT_FALSE(Verifies(rsa.Token(kClaims, "RS256"), KeyOf(TestJwtKey("RSA"))));
}

// RFC 7515, appendix A.3.
TEST(JsonWebTokenTest, VerifiesAPublishedExample) {
  auto keys = ParseJsonWebKeys(R"({"keys":[{"kty":"EC","crv":"P-256",
      "x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
      "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]})");
  EXPECT_TRUE(Verifies(
      "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLm"
      "NvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmW"
      "QxfKTUJqPP3-Kg6NU1Q",
      keys.at(0)));
}

TEST(JsonWebTokenTest, NoneIsNoAlgorithm) {
  TestJwtKey rsa("RSA");
  for (const char* name : {"none", "None", "NONE", "nOnE", ""}) {
    Json header = {{"alg", name}};
    std::string text = Base64Url(header.dump()) + "." + Base64Url(kClaims.dump()) + ".";
    EXPECT_FALSE(ParseJsonWebToken(text)) << name;
    EXPECT_FALSE(ParseJsonWebToken(text + "AAAA")) << name;
    EXPECT_FALSE(ParseJsonWebToken(rsa.Token(kClaims, "RS256", header))) << name;
  }
  // Nor is an absent one, an absent signature or an empty key.
  std::string text = rsa.Token(kClaims, "RS256");
  EXPECT_FALSE(ParseJsonWebToken(text.substr(0, text.rfind('.') + 1)));
  EXPECT_FALSE(ParseJsonWebToken(Base64Url("{}") + text.substr(text.find('.'))));
}

TEST(JsonWebTokenTest, APublicKeyIsNoSharedSecret) {
  TestJwtKey rsa("RSA");
  for (const char* name : {"HS256", "HS384", "HS512"}) {
    Json header = {{"alg", name}, {"kid", "k1"}};
    std::string text = Base64Url(header.dump()) + "." + Base64Url(kClaims.dump());
    for (const std::string& secret : {rsa.PublicPem(), rsa.Public().dump(), std::string()}) {
      EXPECT_FALSE(Verifies(text + "." + Base64Url(HmacSha256(secret, text)), KeyOf(rsa)));
    }
  }
}

TEST(JsonWebTokenTest, AnAlgorithmOfAnotherKindOfKeyIsRefused) {
  TestJwtKey rsa("RSA"), curve("P-256");
  EXPECT_FALSE(Verifies(rsa.Token(kClaims, "RS256", {{"alg", "PS256"}}), KeyOf(rsa)));
  EXPECT_FALSE(Verifies(rsa.Token(kClaims, "PS256", {{"alg", "RS256"}}), KeyOf(rsa)));
  EXPECT_FALSE(Verifies(rsa.Token(kClaims, "RS256", {{"alg", "ES256"}}), KeyOf(curve)));
  EXPECT_FALSE(Verifies(curve.Token(kClaims, "ES256", {{"alg", "RS256"}}), KeyOf(rsa)));
  EXPECT_FALSE(Verifies(curve.Token(kClaims, "ES256", {{"alg", "ES384"}}), KeyOf(curve)));
}

TEST(JsonWebTokenTest, EveryByteIsSigned) {
  TestJwtKey curve("P-256");
  JsonWebKey key = KeyOf(curve);
  std::string text = curve.Token(kClaims, "ES256");
  EXPECT_TRUE(Verifies(text, key));
  for (size_t i = 0; i < text.size(); ++i) {
    std::string other = text;
    other[i] = other[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(Verifies(other, key)) << i;
    EXPECT_FALSE(Verifies(text.substr(0, i), key)) << i;
  }
  EXPECT_FALSE(Verifies(text + "A", key));
  EXPECT_FALSE(Verifies(text + "=", key));
  // r = s = 0 verified with some, once (CVE-2022-21449).
  std::string zero = text.substr(0, text.rfind('.') + 1) + Base64Url(std::string(64, '\0'));
  EXPECT_FALSE(Verifies(zero, key));
}

TEST(JsonWebTokenTest, WhatIsDemandedAndNotKnownIsRefused) {
  TestJwtKey curve("P-256");
  EXPECT_FALSE(ParseJsonWebToken(curve.Token(kClaims, "ES256", {{"crit", {"exp"}}, {"exp", 1}})));
  EXPECT_FALSE(ParseJsonWebToken(curve.Token(kClaims, "ES256", {{"kid", 7}})));
  // Keys that a token brings along, or says where to find, are not looked at.
  TestJwtKey own("P-256");
  Json header = {{"jwk", own.Public()}, {"jku", "http://127.0.0.1:1/keys"}, {"x5u", "file:///x"}};
  EXPECT_FALSE(Verifies(own.Token(kClaims, "ES256", header), KeyOf(curve)));
}

TEST(JsonWebTokenTest, WhatHasNotTheFormIsNone) {
  std::string good = TestJwtKey("P-256").Token(kClaims, "ES256");
  for (const std::string& text :
       {std::string(), std::string("."), std::string(".."), std::string("..."), "x" + good,
        good + ".x", " " + good, std::string("eider_x.y.z"),
        Base64Url("[]") + good.substr(good.find('.')),
        Base64Url("{\"alg\":7}") + good.substr(good.find('.')),
        Base64Url(std::string(200'000, '[')) + "." + good, std::string(100'000, '.')}) {
    EXPECT_FALSE(ParseJsonWebToken(text)) << text.substr(0, 80);
  }
  auto nested = [](size_t levels) {
    return Base64Url(R"({"alg":"ES256","x":)" + std::string(levels, '[') +
                     std::string(levels, ']') + "}") +
           ".e30.AAAA";
  };
  EXPECT_TRUE(ParseJsonWebToken(nested(100)));
  EXPECT_FALSE(ParseJsonWebToken(nested(100'000)));
}

// A fuzzer in small: whatever is changed, nothing crashes and nothing verifies.
TEST(JsonWebTokenTest, NothingThatWasTamperedWithVerifies) {
  std::mt19937 random(20261125);
  TestJwtKey curve("P-256");
  JsonWebKey key = KeyOf(curve);
  std::string good = curve.Token(kClaims, "ES256");
  for (int round = 0; round < 5000; ++round) {
    std::string text = good;
    for (unsigned i = random() % 4 + 1; i > 0; --i) {
      size_t place = random() % text.size();
      switch (random() % 4) {
        case 0:
          text[place] = static_cast<char>(random());
          break;
        case 1:
          text.erase(place, random() % 8 + 1);
          break;
        case 2:
          text.insert(place, 1, "A._-=\0 {"[random() % 8]);
          break;
        default:
          text.insert(place, text.substr(random() % text.size(), random() % 16));
      }
      if (text.empty()) text = "x";
    }
    if (text == good) continue;
    ASSERT_FALSE(Verifies(text, key)) << text;
  }
}

}  // namespace
}  // namespace eider::server

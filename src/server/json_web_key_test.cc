#include "server/json_web_key.h"

#include <gtest/gtest.h>

#include "base/error_testing.h"
#include "server/jwt_testing.h"

namespace eider::server {
namespace {

size_t Count(const Json& key) { return ParseJsonWebKeys(KeySetOf({key})).size(); }

TEST(JsonWebKeyTest, RsaAndTheTwoCurvesAreRead) {
  Json rsa = TestJwtKey("RSA", "a").Public();
  rsa["alg"] = "RS256";
  rsa["use"] = "sig";
  rsa["x5c"] = {"ignored"};
  auto keys = ParseJsonWebKeys(KeySetOf({rsa,
                                         TestJwtKey("P-256", "b").Public(),
                                         {{"kty", "?"}},
                                         7,
                                         TestJwtKey("P-384", "c").Public()}));
  ASSERT_EQ(keys.size(), 3U);
  EXPECT_EQ(keys[0].type, JsonWebKey::Type::kRsa);
  EXPECT_EQ(keys[0].id, "a");
  EXPECT_EQ(keys[0].algorithm, "RS256");
  EXPECT_EQ(keys[1].type, JsonWebKey::Type::kP256);
  EXPECT_EQ(keys[2].type, JsonWebKey::Type::kP384);
  EXPECT_EQ(keys[2].id, "c");
}

TEST(JsonWebKeyTest, WhatIsNoGoodKeyIsLeftOut) {
  Json rsa = TestJwtKey("RSA").Public();
  Json curve = TestJwtKey("P-256").Public();
  EXPECT_EQ(Count(TestJwtKey("RSA", "weak", 1024).Public()), 0U);
  EXPECT_EQ(Count({{"kty", "oct"}, {"k", "c2VjcmV0"}}), 0U);
  auto with = [](Json key, const char* name, const Json& value) {
    key[name] = value;
    return key;
  };
  for (const Json& key :
       {with(rsa, "use", "enc"), with(rsa, "n", ""), with(rsa, "n", "%"), with(rsa, "n", 7),
        with(rsa, "n", Base64Url(std::string(100'000, 'x'))), with(rsa, "e", "AQ"),
        with(rsa, "e", "Ag"), with(rsa, "e", rsa["n"]), with(rsa, "e", nullptr),
        with(rsa, "kty", "EC"), with(curve, "crv", "P-384"), with(curve, "crv", "secp256k1"),
        with(curve, "x", curve["y"]), with(curve, "y", "AAAA"), with(curve, "kty", "RSA"),
        with(curve, "x", Base64Url(std::string(32, '\0')))}) {
    EXPECT_EQ(Count(key), 0U) << key.dump().substr(0, 200);
  }
}

TEST(JsonWebKeyTest, WhatIsNoSetIsAnError) {
  for (const char* text : {"", "[]", "{}", "7", "{\"keys\":{}}", "{\"keys\":[", "<html>"}) {
    EXPECT_EQ(CodeOf([&] { ParseJsonWebKeys(text); }), ErrorCode::kSyntax) << text;
  }
  EXPECT_TRUE(ParseJsonWebKeys("{\"keys\":[]}").empty());
}

}  // namespace
}  // namespace eider::server

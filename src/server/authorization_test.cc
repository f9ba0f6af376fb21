#include "server/authorization.h"

#include <gtest/gtest.h>

#include "base/base64.h"

namespace eider::server {
namespace {

using Scheme = Authorization::Scheme;

TEST(AuthorizationTest, ReadsBearerAndBasic) {
  EXPECT_EQ(ParseAuthorization("").scheme, Scheme::kNone);
  for (const char* field :
       {"Bearer a.b-c_d~e+f/g==", "bearer  a.b-c_d~e+f/g== ", "BEARER a.b-c_d~e+f/g=="}) {
    Authorization bearer = ParseAuthorization(field);
    EXPECT_EQ(bearer.scheme, Scheme::kBearer) << field;
    EXPECT_EQ(bearer.token, "a.b-c_d~e+f/g==");
  }
  Authorization basic = ParseAuthorization("Basic " + Base64("ci:se:cret"));
  EXPECT_EQ(basic.scheme, Scheme::kBasic);
  EXPECT_EQ(basic.user, "ci");
  EXPECT_EQ(basic.password, "se:cret");
}

TEST(AuthorizationTest, WhatHasNoFormIsUnknown) {
  for (const std::string& field :
       {std::string("Bearer"), std::string("Bearer "), std::string("Bearer a b"),
        std::string("Bearer a,b"), std::string("Bearer a\nb"), std::string("Bearer \xc3\xa9"),
        std::string("Basic"), std::string("Basic x"), "Basic " + Base64("nocolon"),
        std::string("Digest username=x"), std::string("abc"), std::string("Bearer a\0b", 10)}) {
    EXPECT_EQ(ParseAuthorization(field).scheme, Scheme::kUnknown) << field;
  }
}

}  // namespace
}  // namespace eider::server

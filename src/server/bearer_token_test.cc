#include "server/bearer_token.h"

#include <gtest/gtest.h>

#include "base/base64.h"

namespace eider::server {
namespace {

TEST(BearerTokenTest, HoldsAnIdAnd256RandomBits) {
  BearerToken token = NewBearerToken();
  EXPECT_EQ(IdOfBearerToken(token.text), token.id);
  EXPECT_EQ(FromBase64Url(token.text.substr(19)).value_or("").size(), 32U);
  EXPECT_NE(NewBearerToken().text.substr(19), token.text.substr(19));
}

TEST(BearerTokenTest, TheHashTellsNothingOfTheText) {
  BearerToken token = NewBearerToken();
  EXPECT_EQ(HashOfBearerToken(token.text).find(token.text.substr(19)), std::string::npos);
  EXPECT_EQ(HashOfBearerToken(token.text), HashOfBearerToken(token.text));
  EXPECT_NE(HashOfBearerToken(token.text), HashOfBearerToken(token.text + "x"));
}

TEST(BearerTokenTest, AnotherTextHasNoId) {
  std::string text = NewBearerToken().text;
  for (const std::string& other :
       {std::string(), std::string("eider_"), text + "x", text.substr(1), "EIDER" + text.substr(5),
        "eider_xxxxxxxxxxxx" + text.substr(18), text.substr(0, 18) + "." + text.substr(19)}) {
    EXPECT_EQ(IdOfBearerToken(other), "") << other;
  }
}

}  // namespace
}  // namespace eider::server

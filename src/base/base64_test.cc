#include "base/base64.h"

#include <gtest/gtest.h>

namespace eider {
namespace {

// RFC 4648, section 10.
TEST(Base64Test, MatchesPublishedVectors) {
  const std::pair<const char*, const char*> kVectors[] = {{"", ""},
                                                          {"f", "Zg=="},
                                                          {"fo", "Zm8="},
                                                          {"foo", "Zm9v"},
                                                          {"foob", "Zm9vYg=="},
                                                          {"fooba", "Zm9vYmE="},
                                                          {"foobar", "Zm9vYmFy"}};
  for (const auto& [data, text] : kVectors) {
    EXPECT_EQ(Base64(data), text);
    EXPECT_EQ(FromBase64(text), data);
  }
}

TEST(Base64Test, EveryByteComesBackInBothAlphabets) {
  std::string data;
  for (int i = 0; i < 256; ++i) data += static_cast<char>(255 - i);
  for (size_t size = 0; size <= data.size(); ++size) {
    std::string part = data.substr(0, size);
    EXPECT_EQ(FromBase64(Base64(part)), part);
    EXPECT_EQ(FromBase64Url(Base64Url(part)), part);
  }
  EXPECT_EQ(Base64("\xFB\xFF"), "+/8=");
  EXPECT_EQ(Base64Url("\xFB\xFF"), "-_8");
}

TEST(Base64Test, NoSecondTextStandsForAValue) {
  for (const char* text : {"Zg", "Zg=", "Zg===", "Zh==", "Zm9", "Zm 8", "Zm8=\n",
                           "Z===", "====", "=", "-_8=", "Zg==Zg=="}) {
    EXPECT_FALSE(FromBase64(text)) << text;
  }
  for (const char* text : {"Zg==", "Zh", "Z", "+/8", "Zm\n8"}) {
    EXPECT_FALSE(FromBase64Url(text)) << text;
  }
  EXPECT_FALSE(FromBase64Url(std::string_view("Zg\0", 3)));
}

}  // namespace
}  // namespace eider

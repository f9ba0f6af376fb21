#include "base/hash.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace eider {
namespace {

// RFC 1321, appendix A.5, and FIPS 180-2, appendices A.1 and B.1.
TEST(HashTest, MatchesPublishedVectors) {
  EXPECT_EQ(Md5Hex("abc"), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(Sha1Hex("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

std::string Hex(const std::string& bytes) {
  std::string hex;
  for (unsigned char byte : bytes) hex += fmt::format("{:02x}", byte);
  return hex;
}

// RFC 4231, sections 4.3 and 4.7.
TEST(HashTest, HmacMatchesPublishedVectors) {
  EXPECT_EQ(Hex(HmacSha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(Hex(HmacSha256(std::string(131, '\xaa'),
                           "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(HashTest, SecretsAreEqualInEveryByte) {
  EXPECT_TRUE(EqualInConstantTime("", ""));
  EXPECT_TRUE(EqualInConstantTime("secret", "secret"));
  for (const char* other : {"", "s", "secrer", "Secret", "secrets"}) {
    EXPECT_FALSE(EqualInConstantTime("secret", other)) << other;
  }
}

}  // namespace
}  // namespace eider

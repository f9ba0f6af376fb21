#include "base/hash.h"

#include <gtest/gtest.h>

namespace eider {
namespace {

// RFC 1321, appendix A.5, and FIPS 180-2, appendices A.1 and B.1.
TEST(HashTest, MatchesPublishedVectors) {
  EXPECT_EQ(Md5Hex("abc"), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(Sha1Hex("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace eider

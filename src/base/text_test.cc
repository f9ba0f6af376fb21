#include "base/text.h"

#include <gtest/gtest.h>

namespace eider {
namespace {

TEST(TextTest, SplitAndJoinAreInverse) {
  EXPECT_EQ(Split("a.b.c", '.'), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(Split("", '.'), (std::vector<std::string>{""}));
  EXPECT_EQ(Join(Split(".x.", '.'), "."), ".x.");
}

TEST(TextTest, TrimTakesWhiteSpaceOffBothEnds) {
  EXPECT_EQ(Trim(" \n a b\t"), "a b");
  EXPECT_EQ(Trim("  "), "");
}

TEST(TextTest, ReplaceAllReplacesEachOnce) {
  EXPECT_EQ(ReplaceAll("aaa", "a", "aa"), "aaaaaa");
  EXPECT_EQ(ReplaceAll("abc", "", "x"), "abc");
}

TEST(TextTest, PercentDecodeIsTheReverseAndRefusesHalves) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  EXPECT_EQ(PercentDecode(PercentEncode(all)), all);
  EXPECT_EQ(PercentDecode("a+b%2fc"), "a+b/c");
  for (const char* bad : {"%", "%2", "a%zz", "%-1", "%+1", "% 1"}) {
    EXPECT_FALSE(PercentDecode(bad)) << bad;
  }
}

TEST(TextTest, PercentEncodeLeavesUnreserved) {
  EXPECT_EQ(PercentEncode("a-b.c_d~e"), "a-b.c_d~e");
  EXPECT_EQ(PercentEncode("a b/\xC3\xA9"), "a%20b%2F%C3%A9");
}

TEST(TextTest, ClosestMatchSuggestsTyposOnly) {
  std::vector<std::string> models = {"stg_customers", "stg_orders", "customers"};
  EXPECT_EQ(ClosestMatch("stg_customer", models), "stg_customers");
  EXPECT_EQ(ClosestMatch("STG_ORDERS", models), "stg_orders");
  EXPECT_EQ(ClosestMatch("payments", models), "");
  EXPECT_EQ(ClosestMatch("buidl", {"run", "build"}), "build");
}

}  // namespace
}  // namespace eider

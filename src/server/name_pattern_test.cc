#include "server/name_pattern.h"

#include <gmock/gmock.h>

#include "base/error_testing.h"

namespace eider::server {
namespace {

bool Matches(std::string_view pattern, std::string_view name) {
  return NamePattern(pattern).Matches(name);
}

TEST(NamePatternTest, TextMatchesItselfAlone) {
  EXPECT_TRUE(Matches("orders", "orders"));
  for (const char* other : {"", "order", "orders2", "Orders", "my_orders", "*", "orders*"}) {
    EXPECT_FALSE(Matches("orders", other)) << other;
  }
}

TEST(NamePatternTest, AStarStandsForAnyCharacters) {
  EXPECT_TRUE(Matches("*", ""));
  EXPECT_TRUE(Matches("*", "a/b.c%\"'"));
  EXPECT_TRUE(Matches("stg_*", "stg_"));
  EXPECT_TRUE(Matches("a*b*c", "a-b-b-c"));
  EXPECT_TRUE(Matches("*x*", "x"));
  EXPECT_FALSE(Matches("stg_*", "stg"));
  EXPECT_FALSE(Matches("ab*bc", "abc"));
  EXPECT_FALSE(Matches("a*b*c", "acb"));
}

TEST(NamePatternTest, NothingElseIsSpecial) {
  EXPECT_FALSE(Matches("a?c", "abc"));
  EXPECT_FALSE(Matches("a%", "abc"));
  EXPECT_FALSE(Matches("[ab]", "a"));
  EXPECT_TRUE(Matches("a?c", "a?c"));
  EXPECT_TRUE(Matches("\\*", "*"));
  EXPECT_FALSE(Matches("\\*", "x"));
  EXPECT_TRUE(Matches("a\\\\b", "a\\b"));
}

TEST(NamePatternTest, ANameIsNeverAPattern) {
  EXPECT_FALSE(Matches("orders", "*"));
  EXPECT_FALSE(Matches("orders", "o*"));
  EXPECT_FALSE(Matches("a", "\\a"));
}

TEST(NamePatternTest, ManyStarsTakeNoLongTime) {
  std::string pattern;
  for (int i = 0; i < 100; ++i) pattern += "a*";
  EXPECT_FALSE(Matches(pattern + "b", std::string(100'000, 'a')));
}

TEST(NamePatternTest, WhatIsNoPatternIsRefused) {
  EXPECT_EQ(InvalidArgumentMessage([] { NamePattern(""); }), "a pattern for names is empty");
  EXPECT_EQ(InvalidArgumentMessage([] { NamePattern("a\\"); }),
            "the pattern 'a\\' ends with a backslash");
}

TEST(NamePatternTest, EscapedSeparatorsPartNothing) {
  using testing::ElementsAre;
  EXPECT_THAT(SplitUnescaped("a/b\\/c/d/e", '/', 3), ElementsAre("a", "b\\/c", "d/e"));
  EXPECT_THAT(SplitUnescaped("a\\\\/b", '/', 3), ElementsAre("a\\\\", "b"));
  EXPECT_THAT(SplitUnescaped("", '/', 3), ElementsAre(""));
  EXPECT_THAT(SplitUnescaped("a\\", '/', 3), ElementsAre("a\\"));
}

}  // namespace
}  // namespace eider::server

#include "jinja/word_wrap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace eider::jinja {
namespace {

using ::testing::ElementsAre;

TEST(WordWrapTest, BreaksAtBlanksAndHyphens) {
  EXPECT_THAT(WrapText("the quick brown fox", {.width = 10}),
              ElementsAre("the quick", "brown fox"));
  EXPECT_THAT(WrapText("a well-known fact", {.width = 8}), ElementsAre("a well-", "known", "fact"));
  EXPECT_THAT(WrapText("a well-known fact", {.width = 11, .break_on_hyphens = false}),
              ElementsAre("a", "well-known", "fact"));
}

TEST(WordWrapTest, LongWordsMayStandOut) {
  EXPECT_THAT(WrapText("abcdefgh ij", {.width = 4, .break_long_words = false}),
              ElementsAre("abcdefgh", "ij"));
}

TEST(WordWrapTest, TheWidthMustBePositive) { EXPECT_THROW(WrapText("a", {.width = 0}), Error); }

}  // namespace
}  // namespace eider::jinja

#include "cli/display_width.h"

#include <gtest/gtest.h>

namespace eider::cli {
namespace {

TEST(DisplayWidthTest, CountsColumnsNotBytes) {
  EXPECT_EQ(DisplayWidth("abc"), 3u);
  EXPECT_EQ(DisplayWidth("Ünï"), 3u);
  EXPECT_EQ(DisplayWidth("日本"), 4u);
  EXPECT_EQ(DisplayWidth("e\u0301"), 1u);  // a letter and a combining accent
  EXPECT_EQ(DisplayWidth(""), 0u);
}

TEST(DisplayWidthTest, TruncateNeverExceedsTheWidth) {
  EXPECT_EQ(Truncate("abcdef", 6), "abcdef");
  EXPECT_EQ(Truncate("abcdef", 4), "abc…");
  // A wide character that does not fit wholly is left out.
  EXPECT_EQ(Truncate("日本語", 4), "日…");
  EXPECT_EQ(Truncate("abc", 0), "");
}

TEST(DisplayWidthTest, PrintableLeavesNoControlCharacters) {
  EXPECT_EQ(Printable("a\nb\tc"), "a\\nb\\tc");
  EXPECT_EQ(Printable("\033[31mred"), "\\x1b[31mred");
  EXPECT_EQ(Printable("caf\xe9"), "caf\uFFFD");
  EXPECT_EQ(Printable("日本"), "日本");
}

}  // namespace
}  // namespace eider::cli

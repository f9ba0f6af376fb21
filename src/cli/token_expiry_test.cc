#include "cli/token_expiry.h"

#include <gtest/gtest.h>

#include "base/error_testing.h"

namespace eider::cli {
namespace {

// 2026-11-25T02:30:00Z.
constexpr int64_t kNow = 1'795'573'800'000;
constexpr int64_t kDay = 86'400'000;

TEST(TokenExpiryTest, ATimeFromNowADayOrNever) {
  EXPECT_EQ(ParseTokenExpiry("never", kNow), 0);
  EXPECT_EQ(ParseTokenExpiry("90d", kNow), kNow + 90 * kDay);
  EXPECT_EQ(ParseTokenExpiry("12h", kNow), kNow + kDay / 2);
  EXPECT_EQ(ParseTokenExpiry("4w", kNow), kNow + 28 * kDay);
  EXPECT_EQ(ParseTokenExpiry("1s", kNow), kNow + 1000);
  EXPECT_EQ(ParseTokenExpiry("2027-01-01", 0), 1'798'848'000'000);
}

TEST(TokenExpiryTest, NothingElse) {
  for (const char* text : {"", "d", "x", "90", "-1d", "1.5d", "90 d", "1D", "2027-13-01",
                           "2027-02-30", "2027-1-1", "2026-11-24", "0d", "99999999999d"}) {
    EXPECT_EQ(CodeOf([&] { ParseTokenExpiry(text, kNow); }), ErrorCode::kInvalidArgument) << text;
  }
}

}  // namespace
}  // namespace eider::cli

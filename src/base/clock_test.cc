#include "base/clock.h"

#include <gtest/gtest.h>

namespace eider {
namespace {

TEST(ClockTest, FormatsInstants) {
  EXPECT_EQ(FormatInstant(0), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(FormatInstant(1767225599123456), "2025-12-31T23:59:59.123456Z");
  EXPECT_EQ(FormatInstant(-1), "1969-12-31T23:59:59.999999Z");
}

}  // namespace
}  // namespace eider

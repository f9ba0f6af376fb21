#include "iceberg/calendar.h"

#include <gtest/gtest.h>

namespace eider::iceberg {
namespace {

TEST(CalendarTest, DaysAndMonths) {
  EXPECT_EQ(DaysToMonth(0), 0);
  EXPECT_EQ(DaysToMonth(1), 31);
  EXPECT_EQ(DaysToMonth(-1), -31);
  EXPECT_EQ(DaysToMonth((2024 - 1970) * 12 + 2) - DaysToMonth((2024 - 1970) * 12 + 1), 29);
  EXPECT_EQ(DaysToMonth((1900 - 1970) * 12 + 2) - DaysToMonth((1900 - 1970) * 12 + 1), 28);
}

TEST(CalendarTest, EveryDayOfEightCenturiesGoesThereAndBack) {
  for (int64_t day = -200'000; day < 100'000; ++day) {
    CalendarDate date = DateOfDay(day);
    int64_t month = (date.year - 1970) * 12 + date.month - 1;
    ASSERT_EQ(DaysToMonth(month) + date.day - 1, day);
    ASSERT_LT(day, DaysToMonth(month + 1));
  }
}

}  // namespace
}  // namespace eider::iceberg

// The proleptic Gregorian calendar, in days since 1970-01-01.
#pragma once

#include <cstdint>

namespace eider::iceberg {

struct CalendarDate {
  int64_t year = 1970;
  int month = 1;
  int day = 1;
};

CalendarDate DateOfDay(int64_t days);

// To the first day of the month that many months after January 1970.
int64_t DaysToMonth(int64_t months);

}  // namespace eider::iceberg

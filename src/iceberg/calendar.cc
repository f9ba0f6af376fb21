#include "iceberg/calendar.h"

namespace eider::iceberg {

CalendarDate DateOfDay(int64_t days) {
  int64_t z = days + 719468;
  int64_t era = (z >= 0 ? z : z - 146096) / 146097;
  int64_t day_of_era = z - era * 146097;
  int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  int64_t month_index = (5 * day_of_year + 2) / 153;
  CalendarDate date;
  date.day = static_cast<int>(day_of_year - (153 * month_index + 2) / 5 + 1);
  date.month = static_cast<int>(month_index < 10 ? month_index + 3 : month_index - 9);
  date.year = year_of_era + era * 400 + (date.month <= 2 ? 1 : 0);
  return date;
}

int64_t DaysToMonth(int64_t months) {
  int64_t year = 1970 + (months >= 0 ? months / 12 : -((11 - months) / 12));
  int64_t month = months - (year - 1970) * 12 + 1;
  // Years that begin in March put the leap day last.
  int64_t shifted_year = month <= 2 ? year - 1 : year;
  int64_t era = (shifted_year >= 0 ? shifted_year : shifted_year - 399) / 400;
  int64_t year_of_era = shifted_year - era * 400;
  int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5;
  int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

}  // namespace eider::iceberg

// Python's datetime module, as far as templates use it: datetime, date and timedelta with their
// arithmetic and formats, and time zones as fixed offsets.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "jinja/object.h"
#include "jinja/value.h"

namespace eider::dbt {

// A datetime.datetime. `micros` count from 1970-01-01T00:00:00 on the wall clock that it shows.
class PythonDatetime final : public jinja::Object {
 public:
  // `offset` is the zone's distance from UTC in seconds; nothing: no zone is known.
  PythonDatetime(int64_t micros, std::optional<int> offset, bool date_only = false)
      : micros_(micros), offset_(offset), date_only_(date_only) {}

  int64_t micros() const { return micros_; }
  std::optional<int> offset() const { return offset_; }
  bool date_only() const { return date_only_; }

  std::string TypeName() const override { return date_only_ ? "date" : "datetime"; }
  std::string Repr() const override;
  std::string Str() const override;
  bool Equals(const jinja::Value& other) const override;
  size_t Hash() const override;
  std::optional<int> Compare(const jinja::Value& other) const override;
  std::optional<jinja::Value> GetAttribute(jinja::State& state, std::string_view name) override;
  std::optional<jinja::Value> Binary(jinja::BinaryOperator op, const jinja::Value& other,
                                     bool reflected) override;

  std::string Format(std::string_view format) const;  // strftime
  std::string IsoFormat(char separator = 'T') const;

 private:
  int64_t Instant() const { return micros_ - int64_t{offset_.value_or(0)} * 1'000'000; }
  jinja::Value Replace(const jinja::Arguments& arguments) const;

  int64_t micros_;
  std::optional<int> offset_;
  bool date_only_;
};

// A datetime.date or datetime.datetime from DuckDB's own text form: "2026-01-31",
// "2026-01-31 12:00:00.5", "2026-01-31 12:00:00+05:30". Digits behind microseconds are cut off.
// Nothing for what Python's classes cannot hold: infinity, years outside 1 to 9999.
std::optional<jinja::Value> ReadDuckDbDatetime(std::string_view text);

// modules.datetime.
jinja::Value MakeDatetimeModule();

// A zone with a fixed distance from UTC, as pytz.utc and datetime.timezone.utc.
jinja::Value MakeTimeZone(std::string name, int offset_seconds);

}  // namespace eider::dbt

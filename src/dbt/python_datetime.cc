#include "dbt/python_datetime.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <ctime>

#include "base/clock.h"
#include "base/error.h"

namespace eider::dbt {

using jinja::Arguments;
using jinja::BinaryOperator;
using jinja::BoundArguments;
using jinja::Dict;
using jinja::Object;
using jinja::State;
using jinja::Value;

namespace {

constexpr int64_t kMicrosPerSecond = 1'000'000;
constexpr int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;

constexpr std::array kMonths = {"January",   "February", "March",    "April",
                                "May",       "June",     "July",     "August",
                                "September", "October",  "November", "December"};
constexpr std::array kDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                              "Thursday", "Friday", "Saturday"};

int64_t FloorDiv(int64_t a, int64_t b) { return a / b - (a % b != 0 && (a % b < 0) != (b < 0)); }

// Days since 1970-01-01 of a date of the proleptic Gregorian calendar.
int64_t DaysOf(int64_t year, int month, int day) {
  year -= month <= 2;
  int64_t era = FloorDiv(year, 400);
  int64_t year_of_era = year - era * 400;
  int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

struct Fields {
  int64_t year;
  int month, day, hour, minute, second, micro;
  int weekday;      // 0 is Sunday
  int day_of_year;  // from 1
};

Fields FieldsOf(int64_t micros) {
  int64_t days = FloorDiv(micros, kMicrosPerDay);
  int64_t rest = micros - days * kMicrosPerDay;
  int64_t shifted = days + 719468;
  int64_t era = FloorDiv(shifted, 146097);
  int64_t day_of_era = shifted - era * 146097;
  int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  int64_t day = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  int64_t part = (5 * day + 2) / 153;
  Fields out;
  out.month = static_cast<int>(part < 10 ? part + 3 : part - 9);
  out.day = static_cast<int>(day - (153 * part + 2) / 5 + 1);
  out.year = year_of_era + era * 400 + (out.month <= 2);
  out.weekday = static_cast<int>(((days + 4) % 7 + 7) % 7);
  out.day_of_year = static_cast<int>(days - DaysOf(out.year, 1, 1) + 1);
  int64_t seconds = rest / kMicrosPerSecond;
  out.micro = static_cast<int>(rest % kMicrosPerSecond);
  out.hour = static_cast<int>(seconds / 3600);
  out.minute = static_cast<int>(seconds / 60 % 60);
  out.second = static_cast<int>(seconds % 60);
  return out;
}

int64_t MicrosOf(int64_t year, int64_t month, int64_t day, int64_t hour = 0, int64_t minute = 0,
                 int64_t second = 0, int64_t micro = 0) {
  bool valid = year >= 1 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 && day <= 31 &&
               hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second < 60 &&
               micro >= 0 && micro < kMicrosPerSecond;
  if (valid) {
    int64_t micros = DaysOf(year, static_cast<int>(month), static_cast<int>(day)) * kMicrosPerDay +
                     ((hour * 60 + minute) * 60 + second) * kMicrosPerSecond + micro;
    if (FieldsOf(micros).day == day) return micros;
  }
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("{}-{:02}-{:02} {:02}:{:02}:{:02} is no valid date and time", year, month,
                          day, hour, minute, second));
}

std::string OffsetText(int offset, bool colon) {
  int minutes = std::abs(offset) / 60;
  return fmt::format("{}{:02}{}{:02}", offset < 0 ? '-' : '+', minutes / 60, colon ? ":" : "",
                     minutes % 60);
}

class TimeZone final : public Object {
 public:
  TimeZone(std::string name, int offset) : name_(std::move(name)), offset_(offset) {}
  int offset() const { return offset_; }

  std::string TypeName() const override { return "tzinfo"; }
  std::string Repr() const override { return "<" + name_ + ">"; }
  std::string Str() const override { return name_; }
  std::optional<Value> GetAttribute(State&, std::string_view name) override {
    if (name == "zone") return Value(name_);
    if (name == "localize") {
      int offset = offset_;
      return Value::Function("localize", [offset](State&, const Arguments& arguments) {
        BoundArguments bound("localize", arguments, {"dt"}, 1);
        auto* datetime = bound[0].As<PythonDatetime>();
        if (!datetime) {
          throw Error(ErrorCode::kInvalidArgument, "localize() takes a datetime");
        }
        return Value(std::make_shared<PythonDatetime>(datetime->micros(), offset));
      });
    }
    return std::nullopt;
  }

 private:
  std::string name_;
  int offset_;
};

class Timedelta final : public Object {
 public:
  explicit Timedelta(int64_t micros) : micros_(micros) {}
  int64_t micros() const { return micros_; }

  std::string TypeName() const override { return "timedelta"; }
  std::string Repr() const override {
    return fmt::format("datetime.timedelta(days={}, seconds={}, microseconds={})", days(),
                       seconds(), micros_ - FloorDiv(micros_, kMicrosPerSecond) * kMicrosPerSecond);
  }
  std::string Str() const override {
    std::string out;
    if (days() != 0) out = fmt::format("{} day{}, ", days(), std::abs(days()) == 1 ? "" : "s");
    int64_t rest = seconds();
    out += fmt::format("{}:{:02}:{:02}", rest / 3600, rest / 60 % 60, rest % 60);
    int64_t micro = micros_ - FloorDiv(micros_, kMicrosPerSecond) * kMicrosPerSecond;
    return micro ? out + fmt::format(".{:06}", micro) : out;
  }
  bool Truthy() const override { return micros_ != 0; }
  bool Equals(const Value& other) const override {
    auto* delta = other.As<Timedelta>();
    return delta && delta->micros_ == micros_;
  }
  size_t Hash() const override { return std::hash<int64_t>()(micros_); }
  std::optional<int> Compare(const Value& other) const override {
    auto* delta = other.As<Timedelta>();
    if (!delta) return std::nullopt;
    return micros_ < delta->micros_ ? -1 : micros_ > delta->micros_;
  }
  std::optional<Value> GetAttribute(State&, std::string_view name) override {
    if (name == "days") return Value(days());
    if (name == "seconds") return Value(seconds());
    if (name == "total_seconds") {
      double total = static_cast<double>(micros_) / 1e6;
      return Value::Function("total_seconds",
                             [total](State&, const Arguments&) { return Value(total); });
    }
    return std::nullopt;
  }
  std::optional<Value> Binary(BinaryOperator op, const Value& other, bool reflected) override {
    auto make = [](int64_t micros) { return Value(std::make_shared<Timedelta>(micros)); };
    if (auto* delta = other.As<Timedelta>()) {
      if (op == BinaryOperator::kAdd) return make(micros_ + delta->micros_);
      if (op == BinaryOperator::kSub) {
        return make(reflected ? delta->micros_ - micros_ : micros_ - delta->micros_);
      }
    }
    if (op == BinaryOperator::kMul && other.IsInt()) return make(micros_ * other.AsInt());
    return std::nullopt;
  }

 private:
  int64_t days() const { return FloorDiv(micros_, kMicrosPerDay); }
  int64_t seconds() const { return (micros_ - days() * kMicrosPerDay) / kMicrosPerSecond; }

  int64_t micros_;
};

Value MakeDelta(int64_t micros) { return Value(std::make_shared<Timedelta>(micros)); }

// A class of the module: callable, with constructors as attributes.
class PythonClass final : public Object {
 public:
  PythonClass(std::string name, jinja::NativeFunction construct, Dict members)
      : name_(std::move(name)), construct_(std::move(construct)), members_(std::move(members)) {}
  std::string TypeName() const override { return "type"; }
  std::string Repr() const override { return "<class '" + name_ + "'>"; }
  bool IsCallable() const override { return true; }
  Value Call(State& state, const Arguments& arguments) override {
    return construct_(state, arguments);
  }
  std::optional<Value> GetAttribute(State&, std::string_view name) override {
    const Value* found = members_.Find(name);
    return found ? std::optional<Value>(*found) : std::nullopt;
  }

 private:
  std::string name_;
  jinja::NativeFunction construct_;
  Dict members_;
};

std::optional<int> OffsetOf(const Value& zone) {
  auto* time_zone = zone.As<TimeZone>();
  return time_zone ? std::optional<int>(time_zone->offset()) : std::nullopt;
}

Value MakeValue(int64_t micros, std::optional<int> offset = std::nullopt, bool date_only = false) {
  return Value(std::make_shared<PythonDatetime>(micros, offset, date_only));
}

int64_t LocalMicros() {
  int64_t now = NowMicros();
  std::time_t seconds = now / kMicrosPerSecond;
  std::tm local{};
  localtime_r(&seconds, &local);
  return now + int64_t{local.tm_gmtoff} * kMicrosPerSecond;
}

// Reads text by a format, both of strptime.
class DateReader {
 public:
  DateReader(std::string_view text, std::string_view format) : text_(text), format_(format) {}

  Value Read() {
    for (size_t i = 0; i < format_.size(); ++i) {
      char c = format_[i];
      if (c != '%') {
        if (std::isspace(static_cast<unsigned char>(c))) {
          while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
        } else {
          Expect(c);
        }
        continue;
      }
      ReadField(i + 1 < format_.size() ? format_[++i] : '%');
    }
    if (at_ != text_.size()) Fail();
    if (twelve_hours_) hour_ = hour_ % 12 + (afternoon_ ? 12 : 0);
    return MakeValue(MicrosOf(year_, month_, day_, hour_, minute_, second_, micro_), offset_);
  }

 private:
  [[noreturn]] void Fail() const {
    throw Error(ErrorCode::kInvalidArgument, "time data '" + std::string(text_) +
                                                 "' does not match format '" +
                                                 std::string(format_) + "'");
  }
  void Expect(char c) {
    if (at_ >= text_.size() || text_[at_] != c) Fail();
    ++at_;
  }
  int64_t Number(size_t most) {
    int64_t value = 0;
    size_t begin = at_;
    while (at_ < text_.size() && at_ - begin < most &&
           std::isdigit(static_cast<unsigned char>(text_[at_]))) {
      value = value * 10 + (text_[at_++] - '0');
    }
    if (at_ == begin) Fail();
    return value;
  }
  template <size_t N>
  int Word(const std::array<const char*, N>& words, bool full) {
    for (size_t i = 0; i < N; ++i) {
      std::string_view word = words[i];
      if (!full) word = word.substr(0, 3);
      if (text_.substr(at_, word.size()) != word) continue;
      at_ += word.size();
      return static_cast<int>(i);
    }
    Fail();
  }
  void ReadField(char field) {
    switch (field) {
      case 'Y':
        year_ = Number(4);
        break;
      case 'y':
        year_ = Number(2);
        year_ += year_ < 69 ? 2000 : 1900;
        break;
      case 'm':
        month_ = Number(2);
        break;
      case 'd':
        day_ = Number(2);
        break;
      case 'H':
        hour_ = Number(2);
        break;
      case 'I':
        hour_ = Number(2);
        twelve_hours_ = true;
        break;
      case 'p':
        afternoon_ = at_ < text_.size() && (text_[at_] == 'P' || text_[at_] == 'p');
        at_ += 2;
        break;
      case 'M':
        minute_ = Number(2);
        break;
      case 'S':
        second_ = Number(2);
        break;
      case 'f': {
        size_t begin = at_;
        micro_ = Number(6);
        for (size_t digits = at_ - begin; digits < 6; ++digits) micro_ *= 10;
        break;
      }
      case 'B':
        month_ = Word(kMonths, true) + 1;
        break;
      case 'b':
        month_ = Word(kMonths, false) + 1;
        break;
      case 'A':
        Word(kDays, true);
        break;
      case 'a':
        Word(kDays, false);
        break;
      case 'z': {
        if (at_ < text_.size() && text_[at_] == 'Z') {
          ++at_;
          offset_ = 0;
          break;
        }
        bool negative = at_ < text_.size() && text_[at_] == '-';
        ++at_;
        int64_t hours = Number(2);
        if (at_ < text_.size() && text_[at_] == ':') ++at_;
        int seconds = static_cast<int>(hours * 3600 + Number(2) * 60);
        offset_ = negative ? -seconds : seconds;
        break;
      }
      case '%':
        Expect('%');
        break;
      default:
        throw Error(ErrorCode::kUnsupported,
                    std::string("strptime does not know the field %") + field);
    }
  }

  std::string_view text_, format_;
  size_t at_ = 0;
  int64_t year_ = 1900, month_ = 1, day_ = 1, hour_ = 0, minute_ = 0, second_ = 0, micro_ = 0;
  bool twelve_hours_ = false, afternoon_ = false;
  std::optional<int> offset_;
};

Value FromIso(const std::string& text, bool date_only) {
  auto read = [&](const char* format) -> std::optional<Value> {
    try {
      return DateReader(text, format).Read();
    } catch (const Error&) {
      return std::nullopt;
    }
  };
  for (const char* format :
       {"%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f",
        "%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%d %H:%M:%S%z",
        "%Y-%m-%dT%H:%M:%S.%f%z", "%Y-%m-%d %H:%M:%S.%f%z", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"}) {
    auto value = read(format);
    if (!value) continue;
    if (!date_only) return *value;
    return MakeValue(value->As<PythonDatetime>()->micros(), std::nullopt, true);
  }
  throw Error(ErrorCode::kInvalidArgument, "Invalid isoformat string: '" + text + "'");
}

// The digits at the start of `text`, `least` to `most` of them, which are taken off it.
std::optional<int64_t> TakeNumber(std::string_view& text, size_t least, size_t most) {
  size_t count = std::min(std::min(text.find_first_not_of("0123456789"), text.size()), most);
  if (count < least) return std::nullopt;
  int64_t value = 0;
  for (char digit : text.substr(0, count)) value = value * 10 + (digit - '0');
  text.remove_prefix(count);
  return value;
}

// The two-digit numbers at the start of `text`, each behind `separator` except for the first.
std::vector<int64_t> TakePairs(std::string_view& text, char separator, size_t most) {
  std::vector<int64_t> pairs;
  while (pairs.size() < most) {
    std::string_view rest = text;
    if (!pairs.empty()) {
      if (!rest.starts_with(separator)) break;
      rest.remove_prefix(1);
    }
    auto number = TakeNumber(rest, 2, 2);
    if (!number) break;
    pairs.push_back(*number);
    text = rest;
  }
  return pairs;
}

Value DatetimeClass() {
  Dict members;
  auto add = [&](const char* name, jinja::NativeFunction function) {
    members.Set(name, Value::Function(name, std::move(function)));
  };
  add("now", [](State&, const Arguments& arguments) {
    BoundArguments bound("now", arguments, {"tz"});
    if (auto offset = OffsetOf(bound[0])) {
      return MakeValue(NowMicros() + *offset * kMicrosPerSecond, offset);
    }
    return MakeValue(LocalMicros());
  });
  add("today", [](State&, const Arguments&) { return MakeValue(LocalMicros()); });
  add("utcnow", [](State&, const Arguments&) { return MakeValue(NowMicros()); });
  add("strptime", [](State&, const Arguments& arguments) {
    BoundArguments bound("strptime", arguments, {"date_string", "format"}, 2);
    return DateReader(bound.String(0), bound.String(1)).Read();
  });
  add("fromisoformat", [](State&, const Arguments& arguments) {
    BoundArguments bound("fromisoformat", arguments, {"date_string"}, 1);
    return FromIso(bound.String(0), false);
  });
  auto from_timestamp = [](State&, const Arguments& arguments) {
    BoundArguments bound("fromtimestamp", arguments, {"timestamp", "tz"}, 1);
    double seconds = bound[0].IsFloat() ? bound[0].AsFloat() : static_cast<double>(bound.Int(0));
    auto offset = OffsetOf(bound[1]);
    return MakeValue(
        static_cast<int64_t>(std::llround(seconds * 1e6)) + offset.value_or(0) * kMicrosPerSecond,
        offset);
  };
  add("fromtimestamp", from_timestamp);
  add("utcfromtimestamp", from_timestamp);
  add("combine", [](State&, const Arguments& arguments) {
    BoundArguments bound("combine", arguments, {"date", "time"}, 2);
    auto* date = bound[0].As<PythonDatetime>();
    auto* time = bound[1].As<PythonDatetime>();
    if (!date || !time)
      throw Error(ErrorCode::kInvalidArgument, "combine() takes a date and a time");
    int64_t day = FloorDiv(date->micros(), kMicrosPerDay) * kMicrosPerDay;
    return MakeValue(day + time->micros() % kMicrosPerDay);
  });
  return Value(std::make_shared<PythonClass>(
      "datetime.datetime",
      [](State&, const Arguments& arguments) {
        BoundArguments bound(
            "datetime", arguments,
            {"year", "month", "day", "hour", "minute", "second", "microsecond", "tzinfo"}, 3);
        return MakeValue(MicrosOf(bound.Int(0), bound.Int(1), bound.Int(2), bound.Int(3),
                                  bound.Int(4), bound.Int(5), bound.Int(6)),
                         OffsetOf(bound[7]));
      },
      std::move(members)));
}

Value DateClass() {
  Dict members;
  members.Set("today", Value::Function("today", [](State&, const Arguments&) {
                return MakeValue(FloorDiv(LocalMicros(), kMicrosPerDay) * kMicrosPerDay,
                                 std::nullopt, true);
              }));
  members.Set("fromisoformat",
              Value::Function("fromisoformat", [](State&, const Arguments& arguments) {
                BoundArguments bound("fromisoformat", arguments, {"date_string"}, 1);
                return FromIso(bound.String(0), true);
              }));
  return Value(std::make_shared<PythonClass>(
      "datetime.date",
      [](State&, const Arguments& arguments) {
        BoundArguments bound("date", arguments, {"year", "month", "day"}, 3);
        return MakeValue(MicrosOf(bound.Int(0), bound.Int(1), bound.Int(2)), std::nullopt, true);
      },
      std::move(members)));
}

Value TimedeltaClass() {
  return Value(std::make_shared<PythonClass>(
      "datetime.timedelta",
      [](State&, const Arguments& arguments) {
        BoundArguments bound(
            "timedelta", arguments,
            {"days", "seconds", "microseconds", "milliseconds", "minutes", "hours", "weeks"});
        constexpr std::array<double, 7> kUnits = {86400e6, 1e6, 1, 1e3, 60e6, 3600e6, 604800e6};
        double micros = 0;
        for (size_t i = 0; i < kUnits.size(); ++i) {
          if (!bound.Has(i)) continue;
          double count =
              bound[i].IsFloat() ? bound[i].AsFloat() : static_cast<double>(bound.Int(i));
          micros += count * kUnits[i];
        }
        return MakeDelta(static_cast<int64_t>(std::llround(micros)));
      },
      Dict()));
}

}  // namespace

std::string PythonDatetime::IsoFormat(char separator) const {
  Fields f = FieldsOf(micros_);
  std::string out = fmt::format("{:04}-{:02}-{:02}", f.year, f.month, f.day);
  if (date_only_) return out;
  out += fmt::format("{}{:02}:{:02}:{:02}", separator, f.hour, f.minute, f.second);
  if (f.micro) out += fmt::format(".{:06}", f.micro);
  if (offset_) out += OffsetText(*offset_, true);
  return out;
}

std::string PythonDatetime::Str() const { return IsoFormat(' '); }

std::string PythonDatetime::Repr() const {
  Fields f = FieldsOf(micros_);
  if (date_only_) return fmt::format("datetime.date({}, {}, {})", f.year, f.month, f.day);
  std::string out =
      fmt::format("datetime.datetime({}, {}, {}, {}, {}", f.year, f.month, f.day, f.hour, f.minute);
  if (f.second || f.micro) out += fmt::format(", {}", f.second);
  if (f.micro) out += fmt::format(", {}", f.micro);
  if (offset_) out += ", tzinfo=<UTC>";
  return out + ")";
}

bool PythonDatetime::Equals(const Value& other) const {
  auto* datetime = other.As<PythonDatetime>();
  return datetime && datetime->Instant() == Instant() && datetime->date_only_ == date_only_;
}

size_t PythonDatetime::Hash() const { return std::hash<int64_t>()(Instant()); }

std::optional<int> PythonDatetime::Compare(const Value& other) const {
  auto* datetime = other.As<PythonDatetime>();
  if (!datetime) return std::nullopt;
  return Instant() < datetime->Instant() ? -1 : Instant() > datetime->Instant();
}

std::string PythonDatetime::Format(std::string_view format) const {
  Fields f = FieldsOf(micros_);
  int twelve = f.hour % 12 == 0 ? 12 : f.hour % 12;
  std::string out;
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%' || i + 1 == format.size()) {
      out += format[i];
      continue;
    }
    bool bare = format[i + 1] == '-' && i + 2 < format.size();  // %-d: without the zero
    char field = format[bare ? i + 2 : i + 1];
    i += bare ? 2 : 1;
    auto number = [&](int value, int width) {
      out += bare ? fmt::format("{}", value) : fmt::format("{:0{}}", value, width);
    };
    switch (field) {
      case 'Y':
        out += fmt::format("{}", f.year);
        break;
      case 'y':
        number(static_cast<int>(f.year % 100), 2);
        break;
      case 'm':
        number(f.month, 2);
        break;
      case 'd':
        number(f.day, 2);
        break;
      case 'e':
        out += fmt::format("{:2}", f.day);
        break;
      case 'H':
        number(f.hour, 2);
        break;
      case 'I':
        number(twelve, 2);
        break;
      case 'M':
        number(f.minute, 2);
        break;
      case 'S':
        number(f.second, 2);
        break;
      case 'f':
        number(f.micro, 6);
        break;
      case 'j':
        number(f.day_of_year, 3);
        break;
      case 'p':
        out += f.hour < 12 ? "AM" : "PM";
        break;
      case 'B':
        out += kMonths[static_cast<size_t>(f.month - 1)];
        break;
      case 'b':
      case 'h':
        out += std::string(kMonths[static_cast<size_t>(f.month - 1)]).substr(0, 3);
        break;
      case 'A':
        out += kDays[static_cast<size_t>(f.weekday)];
        break;
      case 'a':
        out += std::string(kDays[static_cast<size_t>(f.weekday)]).substr(0, 3);
        break;
      case 'w':
        number(f.weekday, 1);
        break;
      case 'u':
        number(f.weekday == 0 ? 7 : f.weekday, 1);
        break;
      case 'z':
        if (offset_) out += OffsetText(*offset_, false);
        break;
      case 'Z':
        if (offset_) out += *offset_ == 0 ? "UTC" : "UTC" + OffsetText(*offset_, true);
        break;
      case 'F':
        out += Format("%Y-%m-%d");
        break;
      case 'T':
        out += Format("%H:%M:%S");
        break;
      case 's':
        out += fmt::format("{}", FloorDiv(Instant(), kMicrosPerSecond));
        break;
      case '%':
        out += '%';
        break;
      default:
        throw Error(ErrorCode::kUnsupported,
                    std::string("strftime does not know the field %") + field);
    }
  }
  return out;
}

Value PythonDatetime::Replace(const Arguments& arguments) const {
  BoundArguments bound(
      "replace", arguments,
      {"year", "month", "day", "hour", "minute", "second", "microsecond", "tzinfo"});
  Fields f = FieldsOf(micros_);
  return MakeValue(MicrosOf(bound.Int(0, f.year), bound.Int(1, f.month), bound.Int(2, f.day),
                            bound.Int(3, f.hour), bound.Int(4, f.minute), bound.Int(5, f.second),
                            bound.Int(6, f.micro)),
                   bound.Has(7) ? OffsetOf(bound[7]) : offset_, date_only_);
}

std::optional<Value> PythonDatetime::GetAttribute(State&, std::string_view name) {
  Fields f = FieldsOf(micros_);
  if (name == "year") return Value(f.year);
  if (name == "month") return Value(f.month);
  if (name == "day") return Value(f.day);
  if (name == "hour") return Value(f.hour);
  if (name == "minute") return Value(f.minute);
  if (name == "second") return Value(f.second);
  if (name == "microsecond") return Value(f.micro);
  if (name == "tzinfo") return offset_ ? MakeTimeZone("UTC", *offset_) : Value();
  auto self = std::static_pointer_cast<PythonDatetime>(shared_from_this());
  auto method = [&](jinja::NativeFunction function) {
    return Value::Function(std::string(name), std::move(function));
  };
  if (name == "strftime") {
    return method([self](State&, const Arguments& arguments) {
      BoundArguments bound("strftime", arguments, {"format"}, 1);
      return Value(self->Format(bound.String(0)));
    });
  }
  if (name == "isoformat") {
    return method([self](State&, const Arguments& arguments) {
      BoundArguments bound("isoformat", arguments, {"sep", "timespec"});
      return Value(self->IsoFormat(bound.Has(0) ? bound.String(0)[0] : 'T'));
    });
  }
  if (name == "date") {
    return method([self](State&, const Arguments&) {
      return MakeValue(FloorDiv(self->micros_, kMicrosPerDay) * kMicrosPerDay, std::nullopt, true);
    });
  }
  if (name == "timestamp") {
    return method([self](State&, const Arguments&) {
      return Value(static_cast<double>(self->Instant()) / 1e6);
    });
  }
  if (name == "weekday" || name == "isoweekday") {
    bool iso = name == "isoweekday";
    return method([self, iso](State&, const Arguments&) {
      int day = (FieldsOf(self->micros_).weekday + 6) % 7;
      return Value(day + (iso ? 1 : 0));
    });
  }
  if (name == "replace") {
    return method([self](State&, const Arguments& arguments) { return self->Replace(arguments); });
  }
  if (name == "astimezone") {
    return method([self](State&, const Arguments& arguments) {
      BoundArguments bound("astimezone", arguments, {"tz"});
      int offset = OffsetOf(bound[0]).value_or(0);
      return MakeValue(self->Instant() + offset * kMicrosPerSecond, offset);
    });
  }
  return std::nullopt;
}

std::optional<Value> PythonDatetime::Binary(BinaryOperator op, const Value& other, bool reflected) {
  if (auto* delta = other.As<Timedelta>()) {
    int64_t micros = delta->micros();
    if (op == BinaryOperator::kSub && reflected) return std::nullopt;
    if (op == BinaryOperator::kSub) micros = -micros;
    if (op != BinaryOperator::kAdd && op != BinaryOperator::kSub) return std::nullopt;
    // A date counts whole days.
    if (date_only_) micros = FloorDiv(micros, kMicrosPerDay) * kMicrosPerDay;
    return MakeValue(micros_ + micros, offset_, date_only_);
  }
  auto* datetime = other.As<PythonDatetime>();
  if (!datetime || op != BinaryOperator::kSub) return std::nullopt;
  int64_t difference = Instant() - datetime->Instant();
  return MakeDelta(reflected ? -difference : difference);
}

Value MakeTimeZone(std::string name, int offset_seconds) {
  return Value(std::make_shared<TimeZone>(std::move(name), offset_seconds));
}

std::optional<Value> ReadDuckDbDatetime(std::string_view text) {
  auto year = TakeNumber(text, 4, 4);
  if (!year || *year < 1 || !text.starts_with('-')) return std::nullopt;
  text.remove_prefix(1);
  auto date = TakePairs(text, '-', 2);
  if (date.size() != 2) return std::nullopt;
  if (text.empty()) return MakeValue(MicrosOf(*year, date[0], date[1]), std::nullopt, true);

  if (!text.starts_with(' ')) return std::nullopt;
  text.remove_prefix(1);
  auto time = TakePairs(text, ':', 3);
  if (time.size() != 3) return std::nullopt;
  int64_t micro = 0;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    std::string fraction(text.substr(0, std::min<size_t>(digits, 6)));
    fraction.resize(6, '0');
    std::string_view view = fraction;
    micro = TakeNumber(view, 6, 6).value_or(0);
    text.remove_prefix(digits);
  }
  std::optional<int> offset;
  if (text.starts_with('+') || text.starts_with('-')) {
    int sign = text.front() == '-' ? -1 : 1;
    text.remove_prefix(1);
    auto zone = TakePairs(text, ':', 3);
    if (zone.empty()) return std::nullopt;
    zone.resize(3);
    offset = sign * static_cast<int>((zone[0] * 60 + zone[1]) * 60 + zone[2]);
  }
  if (!text.empty()) return std::nullopt;
  return MakeValue(MicrosOf(*year, date[0], date[1], time[0], time[1], time[2], micro), offset);
}

Value MakeDatetimeModule() {
  return Value(Dict{{"datetime", DatetimeClass()},
                    {"date", DateClass()},
                    {"timedelta", TimedeltaClass()},
                    {"timezone", Value(Dict{{"utc", MakeTimeZone("UTC", 0)}})}});
}

}  // namespace eider::dbt

#include "iceberg/literal_json.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <iterator>
#include <limits>
#include <utility>

#include "base/error.h"
#include "iceberg/calendar.h"

namespace eider::iceberg {

namespace {

constexpr int64_t kNanosPerSecond = 1'000'000'000;
constexpr int64_t kSecondsPerDay = 86'400;

[[noreturn]] void Refuse(const Type& type, const Json& json) {
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("{} cannot be compared with a value of type {}", ShownJson(json),
                          type.ToString()));
}

// Reads a text from its beginning to its end.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool Take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  // At least `least` digits, at most `most`; -1 where there are none.
  int64_t Digits(size_t least, size_t most) {
    size_t count = 0;
    while (count < rest_.size() && count < most && rest_[count] >= '0' && rest_[count] <= '9') {
      ++count;
    }
    if (count < least) return -1;
    int64_t number = 0;
    std::from_chars(rest_.data(), rest_.data() + count, number);
    rest_.remove_prefix(count);
    digits_ = count;
    return number;
  }

  size_t digits() const { return digits_; }
  bool is_done() const { return rest_.empty(); }

 private:
  std::string_view rest_;
  size_t digits_ = 0;
};

// Days since 1970-01-01, or nullopt for what is no date.
std::optional<int64_t> TakeDate(Scanner& scanner) {
  bool negative = scanner.Take('-');
  if (!negative) scanner.Take('+');
  int64_t year = scanner.Digits(4, 6);
  if (year < 0 || !scanner.Take('-')) return std::nullopt;
  int64_t month = scanner.Digits(2, 2);
  if (month < 1 || month > 12 || !scanner.Take('-')) return std::nullopt;
  int64_t day = scanner.Digits(2, 2);
  int64_t months = ((negative ? -year : year) - 1970) * 12 + month - 1;
  int64_t first = DaysToMonth(months);
  if (day < 1 || first + day > DaysToMonth(months + 1)) return std::nullopt;
  return first + day - 1;
}

// Nanoseconds since midnight.
std::optional<int64_t> TakeTime(Scanner& scanner) {
  int64_t hour = scanner.Digits(2, 2);
  if (hour < 0 || hour > 23 || !scanner.Take(':')) return std::nullopt;
  int64_t minute = scanner.Digits(2, 2);
  if (minute < 0 || minute > 59) return std::nullopt;
  int64_t second = 0;
  int64_t nanos = 0;
  if (scanner.Take(':')) {
    second = scanner.Digits(2, 2);
    if (second < 0 || second > 59) return std::nullopt;
    if (scanner.Take('.')) {
      nanos = scanner.Digits(1, 9);
      if (nanos < 0) return std::nullopt;
      for (size_t i = scanner.digits(); i < 9; ++i) nanos *= 10;
    }
  }
  return ((hour * 60 + minute) * 60 + second) * kNanosPerSecond + nanos;
}

// Seconds east of UTC.
std::optional<int64_t> TakeOffset(Scanner& scanner) {
  if (scanner.Take('Z') || scanner.Take('z')) return 0;
  bool west = scanner.Take('-');
  if (!west && !scanner.Take('+')) return std::nullopt;
  int64_t hours = scanner.Digits(2, 2);
  if (hours < 0 || hours > 18) return std::nullopt;
  int64_t minutes = 0;
  if (scanner.Take(':')) {
    minutes = scanner.Digits(2, 2);
    if (minutes < 0 || minutes > 59) return std::nullopt;
  }
  int64_t seconds = (hours * 60 + minutes) * 60;
  return west ? -seconds : seconds;
}

struct Instant {
  int64_t seconds = 0;  // since 1970
  int64_t nanos = 0;
};

std::optional<Instant> InstantFromText(const std::string& text, bool has_zone) {
  Scanner scanner(text);
  auto day = TakeDate(scanner);
  if (!day || (!scanner.Take('T') && !scanner.Take(' '))) return std::nullopt;
  auto time = TakeTime(scanner);
  if (!time) return std::nullopt;
  std::optional<int64_t> offset = has_zone ? TakeOffset(scanner) : 0;
  if (!offset || !scanner.is_done()) return std::nullopt;
  return Instant{*day * kSecondsPerDay + *time / kNanosPerSecond - *offset,
                 *time % kNanosPerSecond};
}

// `instant` in units of which a second has that many; nullopt where it is not a whole number of
// them, or out of their range.
std::optional<Literal> InUnits(const Instant& instant, int64_t per_second) {
  int64_t nanos_each = kNanosPerSecond / per_second;
  int64_t units = 0;
  if (instant.nanos % nanos_each != 0 ||
      __builtin_mul_overflow(instant.seconds, per_second, &units) ||
      __builtin_add_overflow(units, instant.nanos / nanos_each, &units)) {
    return std::nullopt;
  }
  return Literal{units};
}

std::optional<Literal> IntegerFromJson(const Type& type, const Json& json) {
  if (!json.is_number_integer()) Refuse(type, json);
  if (json.is_number_unsigned() &&
      json.get<uint64_t>() > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
    Refuse(type, json);
  }
  return Literal{json.get<int64_t>()};
}

std::optional<Literal> RealFromJson(const Type& type, const Json& json) {
  if (json == "Infinity") return Literal{std::numeric_limits<double>::infinity()};
  if (json == "-Infinity") return Literal{-std::numeric_limits<double>::infinity()};
  if (!json.is_number()) Refuse(type, json);
  auto value = json.get<double>();
  // An integer that is none of the floating point numbers.
  if (json.is_number_integer() && std::abs(value) >= 9007199254740992.0) return std::nullopt;
  return Literal{value};
}

// "-12.50", "2E+20": digits and the power of ten they stand at.
std::optional<Literal> DecimalFromText(std::string_view text, int scale) {
  constexpr int kMostDigits = 38;
  Scanner scanner(text);
  bool negative = scanner.Take('-');
  if (!negative) scanner.Take('+');
  std::string digits;
  int fraction = 0;
  bool in_fraction = false;
  for (;;) {
    int64_t digit = scanner.Digits(1, 1);
    if (digit >= 0) {
      digits += static_cast<char>('0' + digit);
      if (in_fraction) ++fraction;
    } else if (!in_fraction && scanner.Take('.')) {
      in_fraction = true;
    } else {
      break;
    }
  }
  int64_t exponent = 0;
  if (scanner.Take('e') || scanner.Take('E')) {
    bool below = scanner.Take('-');
    if (!below) scanner.Take('+');
    exponent = scanner.Digits(1, 4);
    if (exponent < 0) digits.clear();
    if (below) exponent = -exponent;
  }
  if (digits.empty() || !scanner.is_done()) {
    throw Error(ErrorCode::kInvalidArgument, fmt::format("\"{}\" is not a decimal", text));
  }
  int64_t shift = scale - fraction + exponent;
  while (shift < 0 && digits.size() > 1 && digits.back() == '0') {
    digits.pop_back();
    ++shift;
  }
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
  if (digits == "0") return Literal{Int128{0}};
  if (shift < 0 || static_cast<int64_t>(digits.size()) + shift > kMostDigits) return std::nullopt;
  digits.append(static_cast<size_t>(shift), '0');
  Int128 value = 0;
  for (char digit : digits) value = value * 10 + (digit - '0');
  return Literal{negative ? -value : value};
}

std::optional<Literal> DecimalFromJson(const Type& type, const Json& json) {
  if (json.is_number()) return DecimalFromText(json.dump(), type.scale);
  if (!json.is_string()) Refuse(type, json);
  return DecimalFromText(json.get_ref<const std::string&>(), type.scale);
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> BytesFromHex(std::string_view hex) {
  std::string bytes;
  if (hex.size() % 2 != 0) return std::nullopt;
  for (size_t i = 0; i < hex.size(); i += 2) {
    int high = HexDigit(hex[i]);
    int low = HexDigit(hex[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes += static_cast<char>(high * 16 + low);
  }
  return bytes;
}

std::optional<Literal> BytesFromJson(const Type& type, const Json& json) {
  if (!json.is_string()) Refuse(type, json);
  auto text = json.get<std::string>();
  size_t length = 0;
  if (type.id == TypeId::kFixed) length = static_cast<size_t>(type.length);
  if (type.id == TypeId::kUuid) {
    for (size_t dash : {23, 18, 13, 8}) {
      if (text.size() <= dash || text[dash] != '-') Refuse(type, json);
      text.erase(dash, 1);
    }
    length = 16;
  }
  auto bytes = BytesFromHex(text);
  if (!bytes || (length > 0 && bytes->size() != length)) Refuse(type, json);
  return Literal{*bytes};
}

std::optional<Literal> TimeFromJson(const Type& type, const Json& json) {
  if (json.is_number()) {
    // Microseconds to some clients, nanoseconds to others.
    if (type.id == TypeId::kTimestampNs || type.id == TypeId::kTimestampTzNs) return std::nullopt;
    return IntegerFromJson(type, json);
  }
  if (!json.is_string()) Refuse(type, json);
  const auto& text = json.get_ref<const std::string&>();
  Scanner scanner(text);
  if (type.id == TypeId::kDate) {
    auto day = TakeDate(scanner);
    if (!day || !scanner.is_done()) Refuse(type, json);
    return Literal{*day};
  }
  if (type.id == TypeId::kTime) {
    auto nanos = TakeTime(scanner);
    if (!nanos || !scanner.is_done()) Refuse(type, json);
    return InUnits({*nanos / kNanosPerSecond, *nanos % kNanosPerSecond}, 1'000'000);
  }
  bool has_zone = type.id == TypeId::kTimestampTz || type.id == TypeId::kTimestampTzNs;
  auto instant = InstantFromText(text, has_zone);
  if (!instant) Refuse(type, json);
  bool is_micros = type.id == TypeId::kTimestamp || type.id == TypeId::kTimestampTz;
  return InUnits(*instant, is_micros ? 1'000'000 : kNanosPerSecond);
}

std::string DateJson(int64_t days) {
  CalendarDate date = DateOfDay(days);
  const char* sign = date.year < 0 ? "-" : date.year > 9999 ? "+" : "";
  return fmt::format("{}{:04}-{:02}-{:02}", sign, std::abs(date.year), date.month, date.day);
}

// The time of a day, of which a second has that many units.
std::string ClockJson(int64_t units, int64_t per_second) {
  int64_t seconds = units / per_second;
  return fmt::format("{:02}:{:02}:{:02}.{:0{}}", seconds / 3600, seconds / 60 % 60, seconds % 60,
                     units % per_second, per_second == kNanosPerSecond ? 9 : 6);
}

std::string TimestampJson(int64_t units, int64_t per_second) {
  int64_t per_day = kSecondsPerDay * per_second;
  int64_t days = units / per_day - (units % per_day < 0 ? 1 : 0);
  return DateJson(days) + "T" + ClockJson(units - days * per_day, per_second);
}

void AppendReal(const Type& type, double value, std::string& text) {
  if (std::isnan(value)) {
    text += "\"NaN\"";
  } else if (std::isinf(value)) {
    text += value > 0 ? "\"Infinity\"" : "\"-Infinity\"";
  } else {
    // The shortest text that gives the value again; it has to look like no integer.
    std::string number = type.id == TypeId::kFloat ? fmt::format("{}", static_cast<float>(value))
                                                   : fmt::format("{}", value);
    if (number.find_first_of(".e") == std::string::npos) number += ".0";
    text += number;
  }
}

void AppendHex(std::string_view bytes, bool is_uuid, std::string& text) {
  text += '"';
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (is_uuid && (i == 4 || i == 6 || i == 8 || i == 10)) text += '-';
    constexpr char kLower[] = "0123456789abcdef";
    constexpr char kUpper[] = "0123456789ABCDEF";
    const char* digits = is_uuid ? kLower : kUpper;
    auto byte = static_cast<unsigned char>(bytes[i]);
    text += digits[byte >> 4];
    text += digits[byte & 0x0F];
  }
  text += '"';
}

}  // namespace

std::optional<Literal> LiteralFromJson(const Type& type, const Json& json) {
  switch (type.id) {
    case TypeId::kBoolean:
      if (!json.is_boolean()) Refuse(type, json);
      return Literal{json.get<bool>()};
    case TypeId::kInt:
    case TypeId::kLong:
      return IntegerFromJson(type, json);
    case TypeId::kFloat:
    case TypeId::kDouble:
      return RealFromJson(type, json);
    case TypeId::kDecimal:
      return DecimalFromJson(type, json);
    case TypeId::kString:
      if (!json.is_string()) Refuse(type, json);
      return Literal{json.get<std::string>()};
    case TypeId::kUuid:
    case TypeId::kFixed:
    case TypeId::kBinary:
      return BytesFromJson(type, json);
    case TypeId::kDate:
    case TypeId::kTime:
    case TypeId::kTimestamp:
    case TypeId::kTimestampTz:
    case TypeId::kTimestampNs:
    case TypeId::kTimestampTzNs:
      return TimeFromJson(type, json);
    default:
      return std::nullopt;
  }
}

void AppendLiteral(const Type& type, const Literal& literal, std::string& text) {
  if (literal.is_null()) {
    text += "null";
    return;
  }
  auto integer = [&] { return std::get<int64_t>(literal.value); };
  auto out = std::back_inserter(text);
  switch (type.id) {
    case TypeId::kBoolean:
      text += std::get<bool>(literal.value) ? "true" : "false";
      return;
    case TypeId::kFloat:
    case TypeId::kDouble:
      AppendReal(type, std::get<double>(literal.value), text);
      return;
    case TypeId::kDecimal:
      fmt::format_to(out, "\"{}\"", Int128ToText(std::get<Int128>(literal.value), type.scale));
      return;
    case TypeId::kDate:
      fmt::format_to(out, "\"{}\"", DateJson(integer()));
      return;
    case TypeId::kTime:
      fmt::format_to(out, "\"{}\"", ClockJson(integer(), 1'000'000));
      return;
    case TypeId::kTimestamp:
      fmt::format_to(out, "\"{}\"", TimestampJson(integer(), 1'000'000));
      return;
    case TypeId::kTimestampTz:
      fmt::format_to(out, "\"{}+00:00\"", TimestampJson(integer(), 1'000'000));
      return;
    case TypeId::kTimestampNs:
      fmt::format_to(out, "\"{}\"", TimestampJson(integer(), kNanosPerSecond));
      return;
    case TypeId::kTimestampTzNs:
      fmt::format_to(out, "\"{}+00:00\"", TimestampJson(integer(), kNanosPerSecond));
      return;
    case TypeId::kString:
      AppendJsonString(std::get<std::string>(literal.value), text);
      return;
    case TypeId::kUuid:
    case TypeId::kFixed:
    case TypeId::kBinary:
      AppendHex(std::get<std::string>(literal.value), type.id == TypeId::kUuid, text);
      return;
    default:
      fmt::format_to(out, "{}", integer());
  }
}

void AppendJsonString(std::string_view value, std::string& text) {
  for (char c : value) {
    auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte >= 0x7F || c == '"' || c == '\\') {
      text += Json(std::string(value)).dump(-1, ' ', false, Json::error_handler_t::replace);
      return;
    }
  }
  text += '"';
  text += value;
  text += '"';
}

std::string ShownJson(const Json& json) {
  constexpr size_t kLongest = 100;
  std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (text.size() > kLongest) {
    text.resize(kLongest);
    text += "..";
  }
  return text;
}

}  // namespace eider::iceberg

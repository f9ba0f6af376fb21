// Filters on numbers.
#include <cmath>
#include <utility>

#include "jinja/builtins.h"
#include "jinja/number.h"
#include "jinja/operators.h"
#include "jinja/throw.h"
#include "jinja/unicode.h"

namespace eider::jinja {

namespace {

void RequireDefined(const Value& value) {
  if (value.IsUndefined()) Throw(value.AsUndefined().message);
}

bool IsIntegral(const Value& value) { return value.IsInt() || value.IsBool(); }

int64_t Integral(const Value& value) {
  return value.IsInt() ? value.AsInt() : static_cast<int64_t>(value.AsBool());
}

// A float with its decimals cut off.
int64_t Truncated(double value) {
  value = std::trunc(value);
  if (std::fabs(value) >= 9.2233720368547758e18) Throw("integer result does not fit 64 bits");
  return static_cast<int64_t>(value);
}

Value Abs(State&, const Value& value, const Arguments& arguments) {
  BoundArguments bound("abs", arguments, {});
  if (IsIntegral(value)) return Integral(value) < 0 ? Negative(value) : Positive(value);
  if (value.IsFloat()) return std::fabs(value.AsFloat());
  if (value.IsObject() && value.Compare(Value(0)) < 0) return Negative(value);
  if (value.IsObject()) return value;
  Throw("bad operand type for abs(): '" + value.TypeName() + "'");
}

// Python reads the digits of every script.
std::string WithAsciiDigits(const std::string& text) {
  if (IsAscii(text)) return text;
  std::string out;
  for (char32_t c : DecodeUtf8(text)) {
    char32_t digit = c;
    // The ten digits of a script stand in a row.
    if (c >= 0x80 && IsDecimalDigit(c)) {
      for (digit = '0'; IsDecimalDigit(c - 1); --c) ++digit;
    }
    AppendUtf8(out, digit);
  }
  return out;
}

Value ToInt(State&, const Value& value, const Arguments& arguments) {
  BoundArguments bound("int", arguments, {"default", "base"});
  Value fallback = bound.Or(0, Value(0));
  if (IsIntegral(value)) return Integral(value);
  if (value.IsFloat()) {
    if (std::isinf(value.AsFloat())) Throw("cannot convert float infinity to integer");
    if (std::isnan(value.AsFloat())) return fallback;
    return Truncated(value.AsFloat());
  }
  RequireDefined(value);
  if (value.IsString()) {
    int64_t base = bound.Int(1, 10);
    if (base == 0 || (base >= 2 && base <= 36)) {
      auto number = ParseInteger(WithAsciiDigits(value.AsString()), static_cast<int>(base));
      if (number) return *number;
    }
    // "42.23" is 42.
    auto number = ParseFloat(WithAsciiDigits(value.AsString()));
    if (!number || !std::isfinite(*number)) return fallback;
    return Truncated(*number);
  }
  return fallback;
}

Value ToFloat(State&, const Value& value, const Arguments& arguments) {
  BoundArguments bound("float", arguments, {"default"});
  if (IsIntegral(value)) return static_cast<double>(Integral(value));
  if (value.IsFloat()) return value;
  RequireDefined(value);
  if (value.IsString()) {
    if (auto number = ParseFloat(WithAsciiDigits(value.AsString()))) return *number;
  }
  return bound.Or(0, Value(0.0));
}

// 10 to the power of `exponent`, which a filter's caller gives.
double PowerOfTen(int64_t exponent) { return std::pow(10.0, static_cast<double>(exponent)); }

Value RoundInteger(int64_t value, int64_t precision) {
  if (precision >= 0) return value;
  if (precision < -18) return 0;
  int64_t unit = PowerOfIntegers(10, -precision);
  int64_t below = MultiplyIntegers(FloorDivide(value, unit), unit);
  int64_t rest = value - below;
  bool odd = FloorModulo(FloorDivide(value, unit), 2) != 0;
  bool up = rest > unit / 2 || (rest == unit / 2 && odd);
  return up ? AddIntegers(below, unit) : below;
}

Value Round(State&, const Value& value, const Arguments& arguments) {
  BoundArguments bound("round", arguments, {"precision", "method"});
  int64_t precision = bound.Int(0, 0);
  std::string method = bound.String(1, "common");
  if (method != "common" && method != "ceil" && method != "floor") {
    Throw("method must be common, ceil or floor");
  }
  RequireDefined(value);
  if (!value.IsNumber()) {
    if (method == "common") {
      Throw("type " + value.TypeName() + " doesn't define __round__ method");
    }
    Throw("must be real number, not " + value.TypeName());
  }
  if (method == "common") {
    if (IsIntegral(value)) return RoundInteger(Integral(value), precision);
    if (precision > 340) return value;
    if (precision < -340) return std::copysign(0.0, value.AsFloat());
    return RoundHalfEven(value.AsFloat(), static_cast<int>(precision));
  }
  double unit = PowerOfTen(precision);
  double scaled = (value.IsFloat() ? value.AsFloat() : static_cast<double>(Integral(value))) * unit;
  if (std::isnan(scaled)) Throw("cannot convert float NaN to integer");
  if (std::isinf(scaled)) Throw("cannot convert float infinity to integer");
  double rounded = method == "ceil" ? std::ceil(scaled) : std::floor(scaled);
  // Python rounds to an integer here, which has no negative zero.
  return (rounded == 0 ? 0.0 : rounded) / unit;
}

Value FileSizeFormat(State&, const Value& value, const Arguments& arguments) {
  BoundArguments bound("filesizeformat", arguments, {"binary"});
  RequireDefined(value);
  double bytes;
  if (value.IsString()) {
    auto number = ParseFloat(value.AsString());
    if (!number) Throw("could not convert string to float: " + value.Repr());
    bytes = *number;
  } else if (value.IsNumber()) {
    bytes = value.IsFloat() ? value.AsFloat() : static_cast<double>(Integral(value));
  } else {
    Throw("float() argument must be a string or a real number, not '" + value.TypeName() + "'");
  }
  bool binary = bound.Bool(0);
  double base = binary ? 1024 : 1000;
  if (bytes == 1) return Value("1 Byte");
  if (bytes < base) return Value(std::to_string(Truncated(bytes)) + " Bytes");
  std::string prefixes = binary ? "KMGTPEZY" : "kMGTPEZY";
  double unit = base;
  size_t i = 0;
  for (;; ++i) {
    unit *= base;
    if (bytes < unit || i + 1 == prefixes.size()) break;
  }
  return Value(FormatFloat(base * bytes / unit, 1, 'f') + " " + prefixes[i] +
               (binary ? "iB" : "B"));
}

}  // namespace

void AddNumberFilters(Environment& environment) {
  environment.SetFilter("abs", Abs);
  environment.SetFilter("filesizeformat", FileSizeFormat);
  environment.SetFilter("float", ToFloat);
  environment.SetFilter("int", ToInt);
  environment.SetFilter("round", Round);
}

}  // namespace eider::jinja

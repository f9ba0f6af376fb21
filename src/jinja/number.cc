#include "jinja/number.h"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>

#include "base/error.h"
#include "base/text.h"

namespace eider::jinja {

namespace {

[[noreturn]] void ThrowOverflow() {
  throw Error(ErrorCode::kInvalidArgument, "integer result does not fit 64 bits")
      .WithHint("Templates calculate with 64-bit integers; use floats for larger numbers.");
}

// Drops the underscores between digits; nothing when one stands elsewhere.
std::optional<std::string> WithoutUnderscores(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_') {
      out += text[i];
      continue;
    }
    if (i == 0 || i + 1 == text.size() || !isalnum(static_cast<unsigned char>(text[i - 1])) ||
        !isalnum(static_cast<unsigned char>(text[i + 1]))) {
      return std::nullopt;
    }
  }
  return out;
}

}  // namespace

int64_t AddIntegers(int64_t a, int64_t b) {
  int64_t result;
  if (__builtin_add_overflow(a, b, &result)) ThrowOverflow();
  return result;
}

int64_t SubtractIntegers(int64_t a, int64_t b) {
  int64_t result;
  if (__builtin_sub_overflow(a, b, &result)) ThrowOverflow();
  return result;
}

int64_t MultiplyIntegers(int64_t a, int64_t b) {
  int64_t result;
  if (__builtin_mul_overflow(a, b, &result)) ThrowOverflow();
  return result;
}

int64_t PowerOfIntegers(int64_t base, int64_t exponent) {
  int64_t result = 1;
  while (exponent > 0) {
    if (exponent & 1) result = MultiplyIntegers(result, base);
    exponent >>= 1;
    if (exponent > 0) base = MultiplyIntegers(base, base);
  }
  return result;
}

int64_t FloorDivide(int64_t a, int64_t b) {
  if (b == -1) return SubtractIntegers(0, a);
  int64_t quotient = a / b;
  return a % b != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient;
}

int64_t FloorModulo(int64_t a, int64_t b) {
  if (b == -1) return 0;
  int64_t remainder = a % b;
  return remainder != 0 && (remainder < 0) != (b < 0) ? remainder + b : remainder;
}

double FloorModulo(double a, double b) {
  double remainder = std::fmod(a, b);
  if (remainder != 0) return (remainder < 0) != (b < 0) ? remainder + b : remainder;
  return std::copysign(0.0, b);
}

std::string FloatRepr(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  char buffer[64];
  auto result =
      std::to_chars(buffer, buffer + sizeof(buffer), value, std::chars_format::scientific);
  std::string_view text(buffer, static_cast<size_t>(result.ptr - buffer));
  size_t e = text.find('e');
  int exponent = std::atoi(std::string(text.substr(e + 1)).c_str());
  std::string digits;
  for (char c : text.substr(0, e)) {
    if (c >= '0' && c <= '9') digits += c;
  }
  std::string out = text[0] == '-' ? "-" : "";
  int count = static_cast<int>(digits.size());
  if (exponent < -4 || exponent >= 16) {
    out += digits[0];
    if (count > 1) out += "." + digits.substr(1);
    std::snprintf(buffer, sizeof(buffer), "e%c%02d", exponent < 0 ? '-' : '+', std::abs(exponent));
    return out + buffer;
  }
  if (exponent < 0)
    return out + "0." + std::string(static_cast<size_t>(-exponent - 1), '0') + digits;
  if (count <= exponent + 1) {
    return out + digits + std::string(static_cast<size_t>(exponent + 1 - count), '0') + ".0";
  }
  size_t point = static_cast<size_t>(exponent) + 1;
  return out + digits.substr(0, point) + "." + digits.substr(point);
}

std::string FormatFloat(double value, int precision, char conversion, bool alternate) {
  bool upper = conversion >= 'A' && conversion <= 'Z';
  if (std::isnan(value)) return upper ? "NAN" : "nan";
  if (std::isinf(value)) return value < 0 ? (upper ? "-INF" : "-inf") : (upper ? "INF" : "inf");
  if (alternate && (conversion | 0x20) == 'g') {
    // By hand: the C library drops zeros of %#g where rounding carries into a new digit.
    char exponential = upper ? 'E' : 'e';
    std::string scientific = FormatFloat(value, precision - 1, exponential, true);
    int exponent = std::atoi(scientific.c_str() + scientific.find(exponential) + 1);
    if (exponent < -4 || exponent >= precision) return scientific;
    return FormatFloat(value, precision - 1 - exponent, upper ? 'F' : 'f', true);
  }
  std::string format = std::string(alternate ? "%#" : "%") + ".*" + conversion;
  int size = std::snprintf(nullptr, 0, format.c_str(), precision, value);
  std::string out(static_cast<size_t>(size), '\0');
  std::snprintf(out.data(), out.size() + 1, format.c_str(), precision, value);
  return out;
}

std::string ToBase(uint64_t value, unsigned base) {
  std::string digits;
  do {
    digits.insert(digits.begin(), "0123456789abcdef"[value % base]);
    value /= base;
  } while (value > 0);
  return digits;
}

std::optional<int64_t> ParseInteger(std::string_view text, int base) {
  text = Trim(text);
  bool negative = !text.empty() && text[0] == '-';
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  if (text.size() > 2 && text[0] == '0') {
    int prefix = 10;
    switch (text[1] | 0x20) {
      case 'x':
        prefix = 16;
        break;
      case 'o':
        prefix = 8;
        break;
      case 'b':
        prefix = 2;
        break;
    }
    if (prefix != 10 && (base == 0 || base == prefix)) {
      base = prefix;
      text.remove_prefix(text[2] == '_' ? 3 : 2);
    }
  }
  if (base == 0) {
    if (text.size() > 1 && text[0] == '0' &&
        text.find_first_not_of("0_") != std::string_view::npos) {
      return std::nullopt;
    }
    base = 10;
  }
  auto digits = WithoutUnderscores(text);
  if (!digits || digits->empty() || (*digits)[0] == '-') return std::nullopt;
  uint64_t value = 0;
  auto [end, error] = std::from_chars(digits->data(), digits->data() + digits->size(), value, base);
  if (end != digits->data() + digits->size()) return std::nullopt;
  constexpr uint64_t kLimit = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
  if (error == std::errc::result_out_of_range || value > kLimit + (negative ? 1 : 0))
    ThrowOverflow();
  if (error != std::errc()) return std::nullopt;
  return negative ? static_cast<int64_t>(~value + 1) : static_cast<int64_t>(value);
}

std::optional<double> ParseFloat(std::string_view text) {
  auto clean = WithoutUnderscores(Trim(text));
  if (!clean || clean->empty()) return std::nullopt;
  std::string_view body = *clean;
  bool negative = body[0] == '-';
  if (body[0] == '-' || body[0] == '+') body.remove_prefix(1);
  if (body.empty() || body[0] == '-' || body[0] == '+') return std::nullopt;
  double value = 0;
  if (EqualsIgnoreCase(body, "inf") || EqualsIgnoreCase(body, "infinity")) {
    value = std::numeric_limits<double>::infinity();
  } else if (EqualsIgnoreCase(body, "nan")) {
    value = std::numeric_limits<double>::quiet_NaN();
  } else {
    if (body.find_first_not_of("0123456789.eE+-") != std::string_view::npos) return std::nullopt;
    auto [end, error] = std::from_chars(body.data(), body.data() + body.size(), value);
    if (end != body.data() + body.size()) return std::nullopt;
    // Out of range: strtod gives the infinity or the zero that Python gives.
    if (error == std::errc::result_out_of_range)
      value = std::strtod(std::string(body).c_str(), nullptr);
  }
  return negative ? -value : value;
}

double RoundHalfEven(double value, int digits) {
  if (!std::isfinite(value)) return value;
  if (digits >= 0) {
    // Through text, since that rounds the exact binary value: 2.675 has 2.67 as its neighbour.
    return std::strtod(FormatFloat(value, digits > 340 ? 340 : digits, 'f').c_str(), nullptr);
  }
  double scale = std::pow(10.0, -digits);
  return std::nearbyint(value / scale) * scale;
}

}  // namespace eider::jinja

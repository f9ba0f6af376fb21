// The format specification of one value.
#include "jinja/format.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "jinja/number.h"
#include "jinja/operators.h"
#include "jinja/throw.h"
#include "jinja/unicode.h"

namespace eider::jinja {

namespace {

struct Specification {
  char32_t fill = ' ';
  char align = '\0';
  char sign = '\0';
  bool alternate = false;
  bool zero = false;
  bool no_negative_zero = false;
  int64_t width = 0;
  char grouping = '\0';
  int64_t precision = -1;
  char type = '\0';
};

bool IsAlignment(char32_t c) { return c == '<' || c == '>' || c == '=' || c == '^'; }

int64_t ReadNumber(const std::u32string& text, size_t* position) {
  int64_t number = -1;
  while (*position < text.size() && text[*position] >= '0' && text[*position] <= '9') {
    number = (number < 0 ? 0 : number) * 10 + static_cast<int64_t>(text[*position] - '0');
    if (number > (int64_t{1} << 30)) Throw("Too many decimal digits in format string");
    ++*position;
  }
  return number;
}

Specification ParseSpecification(std::string_view source, const std::string& type_name) {
  Specification spec;
  std::u32string text = DecodeUtf8(source);
  bool filled = false;
  size_t i = 0;
  if (text.size() >= 2 && IsAlignment(text[1])) {
    spec.fill = text[0];
    filled = true;
    spec.align = static_cast<char>(text[1]);
    i = 2;
  } else if (!text.empty() && IsAlignment(text[0])) {
    spec.align = static_cast<char>(text[0]);
    i = 1;
  }
  auto skip = [&](char32_t c) {
    if (i >= text.size() || text[i] != c) return false;
    ++i;
    return true;
  };
  if (i < text.size() && (text[i] == '+' || text[i] == '-' || text[i] == ' ')) {
    spec.sign = static_cast<char>(text[i++]);
  }
  spec.no_negative_zero = skip('z');
  spec.alternate = skip('#');
  if (skip('0')) {
    spec.zero = true;
    if (!filled) spec.fill = '0';
    if (!spec.align) spec.align = '=';
  }
  spec.width = std::max<int64_t>(0, ReadNumber(text, &i));
  if (skip(',')) spec.grouping = ',';
  if (skip('_')) {
    if (spec.grouping) Throw("Cannot specify both ',' and '_'.");
    spec.grouping = '_';
  }
  if (skip('.')) {
    spec.precision = ReadNumber(text, &i);
    if (spec.precision < 0) Throw("Format specifier missing precision");
  }
  if (i < text.size()) {
    if (i + 1 < text.size() || text[i] > 0x7F) {
      Throw("Invalid format specifier '" + std::string(source) + "' for object of type '" +
            type_name + "'");
    }
    spec.type = static_cast<char>(text[i]);
  }
  return spec;
}

std::string Repeated(char32_t c, int64_t count) {
  std::string out;
  for (int64_t i = 0; i < count; ++i) AppendUtf8(out, c);
  return out;
}

// `body` with its sign, filled up to the width.
std::string Padded(const Specification& spec, const std::string& sign, const std::string& body,
                   char default_align) {
  int64_t length = static_cast<int64_t>(sign.size() + CodePointCount(body));
  int64_t missing = std::max<int64_t>(0, spec.width - length);
  CheckRepetition(4, missing);
  switch (spec.align ? spec.align : default_align) {
    case '<':
      return sign + body + Repeated(spec.fill, missing);
    case '^':
      return Repeated(spec.fill, missing / 2) + sign + body +
             Repeated(spec.fill, missing - missing / 2);
    case '=':
      return sign + Repeated(spec.fill, missing) + body;
    default:
      return Repeated(spec.fill, missing) + sign + body;
  }
}

// Puts `separator` between groups of `size` digits of a whole number; filled with zeros to `width`.
std::string Grouped(std::string digits, char separator, size_t size, int64_t width) {
  auto grouped = [&] {
    std::string out;
    for (size_t i = 0; i < digits.size(); ++i) {
      if (i > 0 && (digits.size() - i) % size == 0) out += separator;
      out += digits[i];
    }
    return out;
  };
  std::string out = grouped();
  while (static_cast<int64_t>(out.size()) < width) {
    digits.insert(0, 1, '0');
    out = grouped();
  }
  return out;
}

std::string SignOf(const Specification& spec, bool negative) {
  if (negative) return "-";
  return spec.sign == '+' || spec.sign == ' ' ? std::string(1, spec.sign) : "";
}

[[noreturn]] void ThrowUnknownCode(char code, const std::string& type_name) {
  Throw(std::string("Unknown format code '") + code + "' for object of type '" + type_name + "'");
}

std::string FormatString(const Value& value, const Specification& spec) {
  if (spec.type && spec.type != 's') ThrowUnknownCode(spec.type, "str");
  if (spec.sign) Throw("Sign not allowed in string format specifier");
  if (spec.alternate) Throw("Alternate form (#) not allowed in string format specifier");
  if (spec.grouping) Throw(std::string("Cannot specify '") + spec.grouping + "' with 's'.");
  if (spec.align == '=' && !spec.zero) {
    Throw("'=' alignment not allowed in string format specifier");
  }
  Specification used = spec;
  if (used.align == '=') used.align = '<';
  std::string_view text = value.AsString();
  if (spec.precision >= 0) {
    text = text.substr(0, ByteOffset(text, static_cast<size_t>(spec.precision)));
  }
  return Padded(used, "", std::string(text), '<');
}

std::string FormatDouble(double value, const Specification& spec, const std::string& type_name,
                         bool from_integer = false);

std::string FormatInteger(int64_t value, const Specification& spec, const std::string& type_name) {
  switch (spec.type) {
    case 'e':
    case 'E':
    case 'f':
    case 'F':
    case 'g':
    case 'G':
    case '%':
      return FormatDouble(static_cast<double>(value), spec, type_name, true);
    default:
      break;
  }
  if (spec.precision >= 0) Throw("Precision not allowed in integer format specifier");
  if (spec.no_negative_zero) {
    Throw(
        "Negative zero coercion (z) not allowed in format specifier with integer presentation "
        "types");
  }
  if (spec.type == 'c') {
    if (spec.sign) Throw("Sign not allowed with integer format specifier 'c'");
    if (spec.alternate) {
      Throw("Alternate form (#) not allowed with integer format specifier 'c'");
    }
    if (spec.grouping) Throw(std::string("Cannot specify '") + spec.grouping + "' with 'c'.");
    if (value < 0 || value > 0x10FFFF) Throw("%c arg not in range(0x110000)");
    std::string character;
    AppendUtf8(character, static_cast<char32_t>(value));
    return Padded(spec, "", character, '<');
  }
  bool negative = value < 0;
  uint64_t magnitude = negative ? ~static_cast<uint64_t>(value) + 1 : static_cast<uint64_t>(value);
  std::string prefix;
  std::string digits;
  size_t group = 3;
  switch (spec.type) {
    case 'n':
      if (spec.grouping) Throw(std::string("Cannot specify '") + spec.grouping + "' with 'n'.");
      [[fallthrough]];
    case '\0':
    case 'd':
      digits = std::to_string(magnitude);
      break;
    case 'b':
      digits = ToBase(magnitude, 2);
      prefix = "0b";
      group = 4;
      break;
    case 'o':
      digits = ToBase(magnitude, 8);
      prefix = "0o";
      group = 4;
      break;
    case 'x':
    case 'X':
      digits = ToBase(magnitude, 16);
      prefix = spec.type == 'x' ? "0x" : "0X";
      if (spec.type == 'X') digits = UpperText(digits);
      group = 4;
      break;
    default:
      ThrowUnknownCode(spec.type, type_name);
  }
  if (spec.grouping == ',' && group == 4) {
    Throw(std::string("Cannot specify ',' with '") + spec.type + "'.");
  }
  std::string sign = SignOf(spec, negative) + (spec.alternate ? prefix : "");
  if (spec.grouping) {
    bool zeros = spec.fill == '0' && spec.align == '=';
    digits = Grouped(std::move(digits), spec.grouping, group,
                     zeros ? spec.width - static_cast<int64_t>(sign.size()) : 0);
  }
  return Padded(spec, sign, digits, '>');
}

// What a float looks like without a type but with a precision: as 'g', but with at least one digit
// after the point, and with an exponent where there is no room for that digit.
std::string ShownFloat(double value, int precision, bool alternate) {
  std::string body = FormatFloat(value, precision, 'g', alternate);
  if (!std::isfinite(value) || alternate) return body;
  std::string scientific = FormatFloat(value, precision - 1, 'e');
  size_t e = scientific.find('e');
  int exponent = value == 0 ? 0 : std::atoi(scientific.c_str() + e + 1);
  if (exponent == precision - 1) {
    std::string mantissa = scientific.substr(0, e);
    if (mantissa.find('.') != std::string::npos) {
      mantissa.erase(mantissa.find_last_not_of('0') + 1);
      if (mantissa.back() == '.') mantissa.pop_back();
    }
    return mantissa + scientific.substr(e);
  }
  return body.find_first_of(".e") == std::string::npos ? body + ".0" : body;
}

std::string FormatDouble(double value, const Specification& spec, const std::string& type_name,
                         bool from_integer) {
  char type = spec.type;
  double magnitude = std::fabs(value);
  bool negative = std::signbit(value) && !std::isnan(value);
  std::string body;
  int precision =
      static_cast<int>(spec.precision < 0 ? 6 : std::min<int64_t>(spec.precision, 1000));
  bool percent = type == '%';
  if (percent) {
    magnitude *= 100;
    type = 'f';
  }
  switch (type) {
    case '\0':
      if (spec.precision < 0) {
        body =
            from_integer ? std::to_string(static_cast<int64_t>(magnitude)) : FloatRepr(magnitude);
        break;
      }
      body = ShownFloat(magnitude, precision == 0 ? 1 : precision, spec.alternate);
      break;
    case 'n':
      if (spec.grouping) Throw(std::string("Cannot specify '") + spec.grouping + "' with 'n'.");
      body = FormatFloat(magnitude, precision == 0 ? 1 : precision, 'g', spec.alternate);
      break;
    case 'e':
    case 'E':
    case 'f':
    case 'F':
      body = FormatFloat(magnitude, precision, type, spec.alternate);
      break;
    case 'g':
    case 'G':
      body = FormatFloat(magnitude, precision == 0 ? 1 : precision, type, spec.alternate);
      break;
    default:
      ThrowUnknownCode(type, type_name);
  }
  if (spec.alternate && std::isfinite(magnitude) && body.find('.') == std::string::npos) {
    size_t e = body.find_first_of("eE");
    body.insert(e == std::string::npos ? body.size() : e, ".");
  }
  if (spec.no_negative_zero && negative && body.find_first_of("123456789") == std::string::npos &&
      std::isfinite(magnitude)) {
    negative = false;
  }
  std::string sign = SignOf(spec, negative);
  if (percent) body += '%';
  if (spec.grouping && std::isfinite(magnitude)) {
    size_t whole = body.find_first_not_of("0123456789");
    if (whole == std::string::npos) whole = body.size();
    std::string rest = body.substr(whole);
    bool zeros = spec.fill == '0' && spec.align == '=';
    int64_t width = zeros ? spec.width - static_cast<int64_t>(sign.size() + rest.size()) : 0;
    body = Grouped(body.substr(0, whole), spec.grouping, 3, width) + rest;
  }
  return Padded(spec, sign, body, '>');
}

}  // namespace

std::string FormatValue(const Value& value, std::string_view specification) {
  if (specification.empty()) return value.Str();
  std::string type_name = value.TypeName();
  switch (value.type()) {
    case Value::Type::kString:
      return FormatString(value, ParseSpecification(specification, type_name));
    case Value::Type::kInt:
      return FormatInteger(value.AsInt(), ParseSpecification(specification, type_name), type_name);
    case Value::Type::kBool: {
      Specification spec = ParseSpecification(specification, type_name);
      return FormatInteger(value.AsBool(), spec, type_name);
    }
    case Value::Type::kFloat:
      return FormatDouble(value.AsFloat(), ParseSpecification(specification, type_name), type_name);
    default:
      Throw("unsupported format string passed to " + type_name + ".__format__");
  }
}

}  // namespace eider::jinja

#include "jinja/format.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "base/error.h"
#include "jinja/environment.h"
#include "jinja/number.h"
#include "jinja/operators.h"
#include "jinja/unicode.h"

namespace eider::jinja {

namespace {

[[noreturn]] void Throw(std::string message) {
  throw Error(ErrorCode::kInvalidArgument, std::move(message));
}

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

std::string ToBase(uint64_t value, unsigned base) {
  std::string digits;
  do {
    digits.insert(digits.begin(), "0123456789abcdef"[value % base]);
    value /= base;
  } while (value > 0);
  return digits;
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

namespace {

// --- %

struct Conversion {
  bool left = false, zero = false, plus = false, space = false, alternate = false;
  int64_t width = 0;
  int64_t precision = -1;
  char type = '\0';
};

class PercentFormatter {
 public:
  PercentFormatter(State& state, const Value& format, const Value& arguments)
      : state_(state), text_(format.AsString()), safe_(format.IsSafe()), arguments_(arguments) {}

  std::string Run() {
    std::string out;
    while (position_ < text_.size()) {
      char c = text_[position_++];
      if (c != '%') {
        out += c;
        continue;
      }
      Convert(out);
    }
    // What can be subscripted may be there for its keys, used or not.
    bool may_be_unused = arguments_.IsMapping() || arguments_.IsList() || arguments_.IsUndefined();
    if (arguments_.IsTuple() ? used_ < arguments_.AsTuple().size() : used_ == 0 && !may_be_unused) {
      Throw("not all arguments converted during string formatting");
    }
    return out;
  }

 private:
  char Take() {
    if (position_ >= text_.size()) Throw("incomplete format");
    return text_[position_++];
  }

  const Value& NextArgument() {
    if (by_key_) return key_value_;
    if (arguments_.IsTuple()) {
      if (used_ >= arguments_.AsTuple().size()) Throw("not enough arguments for format string");
      return arguments_.AsTuple()[used_++];
    }
    if (used_++ > 0) Throw("not enough arguments for format string");
    return arguments_;
  }

  int64_t Number(char first) {
    int64_t number = first - '0';
    while (position_ < text_.size() && text_[position_] >= '0' && text_[position_] <= '9') {
      number = number * 10 + (text_[position_++] - '0');
      if (number > (int64_t{1} << 30)) Throw("width too big");
    }
    return number;
  }

  int64_t StarArgument() {
    const Value& value = NextArgument();
    if (!value.IsInt()) Throw("* wants int");
    return value.AsInt();
  }

  void Convert(std::string& out) {
    Conversion conversion;
    char c = Take();
    by_key_ = false;
    if (c == '%') {
      out += '%';
      return;
    }
    if (c == '(') {
      std::string key;
      for (int depth = 1;;) {
        if (position_ >= text_.size()) Throw("incomplete format key");
        c = text_[position_++];
        depth += c == '(' ? 1 : c == ')' ? -1 : 0;
        if (depth == 0) break;
        key += c;
      }
      if (!arguments_.IsMapping()) Throw("format requires a mapping");
      if (arguments_.IsDict()) {
        const Value* found = arguments_.AsDict().Find(std::string_view(key));
        if (!found) Throw(Value(key).Repr());
        key_value_ = *found;
      } else {
        key_value_ = state_.GetItem(arguments_, Value(key));
      }
      by_key_ = true;
      c = Take();
    }
    for (;; c = Take()) {
      if (c == '-') {
        conversion.left = true;
      } else if (c == '0') {
        conversion.zero = true;
      } else if (c == '+') {
        conversion.plus = true;
      } else if (c == ' ') {
        conversion.space = true;
      } else if (c == '#') {
        conversion.alternate = true;
      } else {
        break;
      }
    }
    if (c == '*') {
      conversion.width = StarArgument();
      if (conversion.width < 0) {
        conversion.left = true;
        conversion.width = -conversion.width;
      }
      c = Take();
    } else if (c >= '1' && c <= '9') {
      conversion.width = Number(c);
      c = Take();
    }
    if (c == '.') {
      c = Take();
      conversion.precision = 0;
      if (c == '*') {
        conversion.precision = std::max<int64_t>(0, StarArgument());
        c = Take();
      } else if (c >= '0' && c <= '9') {
        conversion.precision = Number(c);
        c = Take();
      }
    }
    while (c == 'h' || c == 'l' || c == 'L') c = Take();
    conversion.type = c;
    out += Convert(conversion);
  }

  std::string Convert(const Conversion& conversion) {
    switch (conversion.type) {
      case 's':
      case 'r':
      case 'a':
        return Text(conversion);
      case 'c':
        return Character(conversion);
      case 'd':
      case 'i':
      case 'u':
      case 'o':
      case 'x':
      case 'X':
        return Integer(conversion);
      case 'e':
      case 'E':
      case 'f':
      case 'F':
      case 'g':
      case 'G':
        return Float(conversion);
      default: {
        size_t at = position_ - 1;
        while (at > 0 && (text_[at] & 0xC0) == 0x80) --at;
        char buffer[8];
        size_t size = CodePointSize(text_, at);
        std::string shown(text_.substr(at, size));
        std::snprintf(buffer, sizeof(buffer), "%x", static_cast<unsigned>(DecodeUtf8(shown)[0]));
        Throw("unsupported format character '" + shown + "' (0x" + buffer + ") at index " +
              std::to_string(CodePointCount(text_.substr(0, at))));
      }
    }
  }

  std::string Pad(const Conversion& conversion, const std::string& sign, std::string body,
                  bool numeric) const {
    int64_t length = static_cast<int64_t>(sign.size() + CodePointCount(body));
    int64_t missing = std::max<int64_t>(0, conversion.width - length);
    CheckRepetition(1, missing);
    std::string filling(static_cast<size_t>(missing), ' ');
    if (conversion.left) return sign + body + filling;
    if (numeric && conversion.zero) {
      return sign + std::string(static_cast<size_t>(missing), '0') + body;
    }
    return filling + sign + body;
  }

  std::string Text(const Conversion& conversion) {
    const Value& value = NextArgument();
    std::string text;
    if (conversion.type == 's') {
      text = safe_ ? EscapedText(value) : value.Str();
    } else {
      text = value.Repr();
      if (conversion.type == 'a') text = AsciiRepr(text);
      if (safe_) text = EscapedText(Value(text));
    }
    if (conversion.precision >= 0) {
      text.resize(ByteOffset(text, static_cast<size_t>(conversion.precision)));
    }
    return Pad(conversion, "", std::move(text), false);
  }

  static std::string AsciiRepr(const std::string& repr) {
    std::string out;
    for (char32_t c : DecodeUtf8(repr)) {
      char buffer[16];
      if (c < 0x80) {
        out += static_cast<char>(c);
        continue;
      }
      std::snprintf(buffer, sizeof(buffer),
                    c < 0x100     ? "\\x%02x"
                    : c < 0x10000 ? "\\u%04x"
                                  : "\\U%08x",
                    static_cast<unsigned>(c));
      out += buffer;
    }
    return out;
  }

  std::string Character(const Conversion& conversion) {
    const Value& value = NextArgument();
    std::string text;
    if (value.IsString() && CodePointCount(value.AsString()) == 1) {
      text = value.AsString();
    } else if (value.IsInt() || value.IsBool()) {
      int64_t code = value.IsInt() ? value.AsInt() : static_cast<int64_t>(value.AsBool());
      if (code < 0 || code > 0x10FFFF) Throw("%c arg not in range(0x110000)");
      AppendUtf8(text, static_cast<char32_t>(code));
    } else {
      Throw("%c requires int or char");
    }
    return Pad(conversion, "", std::move(text), false);
  }

  static std::string Sign(const Conversion& conversion, bool negative) {
    return negative ? "-" : conversion.plus ? "+" : conversion.space ? " " : "";
  }

  std::string Integer(const Conversion& conversion) {
    const Value& value = NextArgument();
    int64_t number;
    bool decimal = conversion.type == 'd' || conversion.type == 'i' || conversion.type == 'u';
    if (value.IsInt() || value.IsBool()) {
      number = value.IsInt() ? value.AsInt() : static_cast<int64_t>(value.AsBool());
    } else if (decimal && value.IsFloat()) {
      double truncated = std::trunc(value.AsFloat());
      if (std::isnan(truncated)) Throw("cannot convert float NaN to integer");
      if (std::isinf(truncated)) Throw("cannot convert float infinity to integer");
      if (std::fabs(truncated) >= 9.2233720368547758e18) {
        Throw("integer result does not fit 64 bits");
      }
      number = static_cast<int64_t>(truncated);
    } else {
      if (value.IsUndefined()) Throw(value.AsUndefined().message);
      Throw(std::string("%") + conversion.type +
            " format: " + (decimal ? "a real number is required" : "an integer is required") +
            ", not " + value.TypeName());
    }
    bool negative = number < 0;
    uint64_t magnitude =
        negative ? ~static_cast<uint64_t>(number) + 1 : static_cast<uint64_t>(number);
    std::string digits = decimal                  ? std::to_string(magnitude)
                         : conversion.type == 'o' ? ToBase(magnitude, 8)
                                                  : ToBase(magnitude, 16);
    if (conversion.type == 'X') digits = UpperText(digits);
    if (static_cast<int64_t>(digits.size()) < conversion.precision) {
      CheckRepetition(1, conversion.precision);
      digits.insert(0, static_cast<size_t>(conversion.precision) - digits.size(), '0');
    }
    std::string sign = Sign(conversion, negative);
    if (conversion.alternate && !decimal) {
      sign += conversion.type == 'o' ? "0o" : conversion.type == 'x' ? "0x" : "0X";
    }
    return Pad(conversion, sign, std::move(digits), true);
  }

  std::string Float(const Conversion& conversion) {
    const Value& value = NextArgument();
    double number;
    if (value.IsFloat()) {
      number = value.AsFloat();
    } else if (value.IsInt() || value.IsBool()) {
      number = value.IsInt() ? static_cast<double>(value.AsInt()) : (value.AsBool() ? 1 : 0);
    } else {
      if (value.IsUndefined()) Throw(value.AsUndefined().message);
      Throw("must be real number, not " + value.TypeName());
    }
    int precision = static_cast<int>(
        conversion.precision < 0 ? 6 : std::min<int64_t>(conversion.precision, 1000));
    bool general = (conversion.type | 0x20) == 'g';
    if (general && precision == 0) precision = 1;
    std::string body =
        FormatFloat(std::fabs(number), precision, conversion.type, conversion.alternate);
    bool negative = std::signbit(number) && !std::isnan(number);
    return Pad(conversion, Sign(conversion, negative), std::move(body), true);
  }

  State& state_;
  std::string_view text_;
  bool safe_;
  const Value& arguments_;
  size_t position_ = 0;
  size_t used_ = 0;
  bool by_key_ = false;
  Value key_value_;
};

// --- str.format

class FieldFormatter {
 public:
  FieldFormatter(State& state, const Arguments& arguments, bool safe)
      : state_(state), arguments_(arguments), safe_(safe) {}

  std::string Run(std::string_view text, int depth) {
    if (depth < 0) Throw("Max string recursion exceeded");
    std::string out;
    for (size_t i = 0; i < text.size();) {
      char c = text[i++];
      if (c == '{') {
        if (i < text.size() && text[i] == '{') {
          out += '{';
          ++i;
          continue;
        }
        size_t end = FieldEnd(text, i);
        out += Field(text.substr(i, end - i), depth);
        i = end + 1;
      } else if (c == '}') {
        if (i >= text.size() || text[i] != '}') {
          Throw("Single '}' encountered in format string");
        }
        out += '}';
        ++i;
      } else {
        out += c;
      }
    }
    return out;
  }

 private:
  static size_t FieldEnd(std::string_view text, size_t begin) {
    if (begin >= text.size()) Throw("Single '{' encountered in format string");
    int depth = 1;
    for (size_t i = begin; i < text.size(); ++i) {
      // Inside [] anything goes.
      if (text[i] == '[') {
        size_t close = text.find(']', i);
        if (close != std::string_view::npos) i = close;
      } else if (text[i] == '{') {
        ++depth;
      } else if (text[i] == '}' && --depth == 0) {
        return i;
      }
    }
    Throw("expected '}' before end of string");
  }

  std::string Field(std::string_view field, int depth) {
    // name [!conversion] [:specification]
    size_t name_end = 0;
    while (name_end < field.size() && field[name_end] != '!' && field[name_end] != ':') {
      if (field[name_end] == '[') {
        size_t close = field.find(']', name_end);
        if (close == std::string_view::npos) Throw("expected '}' before end of string");
        name_end = close;
      }
      ++name_end;
    }
    std::string_view name = field.substr(0, name_end);
    std::string_view rest = field.substr(name_end);
    char conversion = '\0';
    if (!rest.empty() && rest[0] == '!') {
      if (rest.size() < 2) Throw("end of string while looking for conversion specifier");
      conversion = rest[1];
      rest.remove_prefix(2);
      if (!rest.empty() && rest[0] != ':') {
        Throw("expected ':' after conversion specifier");
      }
    }
    Value value = Lookup(name);
    std::string specification;
    if (!rest.empty()) specification = Run(rest.substr(1), depth - 1);
    switch (conversion) {
      case '\0':
        break;
      case 's':
        value = Value(value.Str());
        break;
      case 'r':
      case 'a':
        value = Value(value.Repr());
        break;
      default:
        Throw(std::string("Unknown conversion specifier '") + conversion + "'");
    }
    if (!safe_) return FormatValue(value, specification);
    if (value.IsSafe()) {
      if (!specification.empty()) Throw("Unsupported format specification for Markup.");
      return value.AsString();
    }
    return EscapedText(Value(FormatValue(value, specification)));
  }

  Value Lookup(std::string_view name) {
    size_t end = std::min(name.find_first_of(".["), name.size());
    std::string_view first = name.substr(0, end);
    Value value;
    bool is_index = !first.empty() && first.find_first_not_of("0123456789") == first.npos;
    if (first.empty() || is_index) {
      size_t index;
      if (first.empty()) {
        if (manual_) {
          Throw("cannot switch from manual field specification to automatic field numbering");
        }
        automatic_ = true;
        index = next_++;
      } else {
        if (automatic_) {
          Throw("cannot switch from automatic field numbering to manual field specification");
        }
        manual_ = true;
        if (first.size() > 9) Throw("Too many decimal digits in format string");
        index = std::stoul(std::string(first));
      }
      if (index >= arguments_.positional.size()) {
        Throw("Replacement index " + std::to_string(index) +
              " out of range for positional args tuple");
      }
      value = arguments_.positional[index];
    } else {
      const Value* found = arguments_.Keyword(first);
      if (!found) Throw(Value(first).Repr());
      value = *found;
    }
    for (std::string_view rest = name.substr(end); !rest.empty();) {
      if (rest[0] == '.') {
        size_t stop = std::min(rest.find_first_of(".[", 1), rest.size());
        std::string_view attribute = rest.substr(1, stop - 1);
        if (attribute.empty()) Throw("Empty attribute in format string");
        value = Defined(state_.GetAttribute(value, attribute));
        rest = rest.substr(stop);
      } else if (rest[0] == '[') {
        size_t stop = rest.find(']');
        std::string_view key = rest.substr(1, stop - 1);
        if (key.empty()) Throw("Empty attribute in format string");
        bool number = key.find_first_not_of("0123456789") == key.npos && key.size() < 18;
        value = Defined(
            state_.GetItem(value, number ? Value(static_cast<int64_t>(std::stoll(std::string(key))))
                                         : Value(key)));
        rest = rest.substr(stop + 1);
        if (!rest.empty() && rest[0] != '.' && rest[0] != '[') {
          Throw("Only '.' or '[' may follow ']' in format field specifier");
        }
      }
    }
    return value;
  }

  static Value Defined(Value value) {
    if (value.IsUndefined()) Throw(value.AsUndefined().message);
    return value;
  }

  State& state_;
  const Arguments& arguments_;
  bool safe_;
  bool manual_ = false, automatic_ = false;
  size_t next_ = 0;
};

}  // namespace

Value PercentFormat(State& state, const Value& format, const Value& arguments) {
  std::string text = PercentFormatter(state, format, arguments).Run();
  return format.IsSafe() ? Value::Safe(std::move(text)) : Value(std::move(text));
}

Value FormatText(State& state, const Value& format, const Arguments& arguments) {
  std::string text = FieldFormatter(state, arguments, format.IsSafe()).Run(format.AsString(), 2);
  return format.IsSafe() ? Value::Safe(std::move(text)) : Value(std::move(text));
}

}  // namespace eider::jinja

// The % operator on strings.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include "jinja/environment.h"
#include "jinja/format.h"
#include "jinja/number.h"
#include "jinja/operators.h"
#include "jinja/throw.h"
#include "jinja/unicode.h"

namespace eider::jinja {

namespace {

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
      if (c < 0x80) {
        out += static_cast<char>(c);
      } else {
        AppendEscape(out, c);
      }
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

}  // namespace

Value PercentFormat(State& state, const Value& format, const Value& arguments) {
  std::string text = PercentFormatter(state, format, arguments).Run();
  return format.IsSafe() ? Value::Safe(std::move(text)) : Value(std::move(text));
}

}  // namespace eider::jinja

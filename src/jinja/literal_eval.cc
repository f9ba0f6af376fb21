// LiteralEval: Python's literals.
#include <algorithm>
#include <cctype>
#include <string>

#include "base/error.h"
#include "jinja/environment.h"
#include "jinja/number.h"
#include "jinja/unicode.h"

namespace eider::jinja {

namespace {

// Thrown where the text stops being a literal; never leaves this file.
struct NotALiteral {};

constexpr int kMaxDepth = 100;

class LiteralReader {
 public:
  explicit LiteralReader(std::string_view text) : text_(text) {}

  Value Read() {
    Value value = ReadTuple('\0');
    SkipSpace(true);
    if (position_ < text_.size()) throw NotALiteral();
    return value;
  }

 private:
  // Lines end an expression that stands in no brackets.
  void SkipSpace(bool newlines) {
    while (position_ < text_.size()) {
      char c = text_[position_];
      if (c == '#') {
        while (position_ < text_.size() && text_[position_] != '\n') ++position_;
      } else if (c == ' ' || c == '\t' || c == '\f' || (newlines && (c == '\n' || c == '\r'))) {
        ++position_;
      } else if (c == '\\' && position_ + 1 < text_.size() && text_[position_ + 1] == '\n') {
        position_ += 2;
      } else {
        return;
      }
    }
  }
  void SkipInside() { SkipSpace(depth_ > 0); }

  bool Skip(char c) {
    SkipInside();
    if (position_ >= text_.size() || text_[position_] != c) return false;
    ++position_;
    return true;
  }
  void Expect(char c) {
    if (!Skip(c)) throw NotALiteral();
  }
  bool At(char c) {
    SkipInside();
    return c == '\0'
               ? position_ >= text_.size() || text_[position_] == '\n' || text_[position_] == '\r'
               : position_ < text_.size() && text_[position_] == c;
  }

  struct Inside {
    explicit Inside(LiteralReader& reader) : reader(reader) {
      if (++reader.depth_ > kMaxDepth) throw NotALiteral();
    }
    ~Inside() { --reader.depth_; }
    LiteralReader& reader;
  };

  // One value, or several with commas between them: a tuple.
  Value ReadTuple(char close) {
    Value first = ReadValue();
    if (!Skip(',')) return first;
    ValueList items{std::move(first)};
    while (!At(close)) {
      items.push_back(ReadValue());
      if (!Skip(',')) break;
    }
    return Value::Tuple(std::move(items));
  }

  Value ReadValue() {
    SkipInside();
    if (position_ >= text_.size()) throw NotALiteral();
    char c = text_[position_];
    if (c == '(') {
      Inside inside(*this);
      ++position_;
      if (Skip(')')) return Value::Tuple();
      Value value = ReadTuple(')');
      Expect(')');
      return value;
    }
    if (c == '[') {
      Inside inside(*this);
      ++position_;
      ValueList items;
      while (!At(']')) {
        items.push_back(ReadValue());
        if (!Skip(',')) break;
      }
      Expect(']');
      return Value::List(std::move(items));
    }
    if (c == '{') {
      Inside inside(*this);
      ++position_;
      Dict dict;
      while (!At('}')) {
        Value key = ReadValue();
        Expect(':');
        if (key.IsList() || key.IsDict()) throw NotALiteral();
        dict.Set(std::move(key), ReadValue());
        if (!Skip(',')) break;
      }
      Expect('}');
      return Value(std::move(dict));
    }
    if (c == '+' || c == '-') {
      ++position_;
      SkipInside();
      Value number = ReadNumber();
      if (c == '+') return number;
      return number.IsInt() ? Value(-number.AsInt()) : Value(-number.AsFloat());
    }
    if (c == '.' || (c >= '0' && c <= '9')) return ReadNumber();
    if (IsStringStart()) return ReadStrings();
    std::string_view word = ReadWord();
    if (word == "None") return {};
    if (word == "True") return Value(true);
    if (word == "False") return Value(false);
    throw NotALiteral();
  }

  std::string_view ReadWord() {
    size_t begin = position_;
    while (position_ < text_.size() &&
           (isalnum(static_cast<unsigned char>(text_[position_])) || text_[position_] == '_')) {
      ++position_;
    }
    return text_.substr(begin, position_ - begin);
  }

  Value ReadNumber() {
    size_t begin = position_;
    bool hex = position_ + 1 < text_.size() && text_[position_] == '0' &&
               (text_[position_ + 1] | 0x20) == 'x';
    while (position_ < text_.size()) {
      char c = text_[position_];
      bool exponent_sign = (c == '+' || c == '-') && position_ > begin && !hex &&
                           (text_[position_ - 1] | 0x20) == 'e';
      if (!isalnum(static_cast<unsigned char>(c)) && c != '_' && c != '.' && !exponent_sign) break;
      ++position_;
    }
    std::string_view text = text_.substr(begin, position_ - begin);
    if (text.empty() || !(isdigit(static_cast<unsigned char>(text[0])) || text[0] == '.')) {
      throw NotALiteral();
    }
    try {
      if (auto integer = ParseInteger(text, 0)) return *integer;
    } catch (const Error&) {
      throw NotALiteral();  // beyond 64 bits
    }
    if (hex || text.find_first_of(".eE") == std::string_view::npos) throw NotALiteral();
    if (auto number = ParseFloat(text)) return *number;
    throw NotALiteral();
  }

  bool IsStringStart() const {
    char c = text_[position_];
    if (c == '\'' || c == '"') return true;
    bool prefix = (c | 0x20) == 'r' || (c | 0x20) == 'u';
    return prefix && position_ + 1 < text_.size() &&
           (text_[position_ + 1] == '\'' || text_[position_ + 1] == '"');
  }

  // Strings that stand side by side are one.
  Value ReadStrings() {
    std::string out;
    do {
      ReadString(out);
      SkipInside();
    } while (position_ < text_.size() && IsStringStart());
    return Value(std::move(out));
  }

  void ReadString(std::string& out) {
    bool raw = (text_[position_] | 0x20) == 'r';
    if (text_[position_] != '\'' && text_[position_] != '"') ++position_;
    char quote = text_[position_];
    bool triple = text_.substr(position_, 3) == std::string(3, quote);
    std::string close(triple ? 3 : 1, quote);
    position_ += close.size();
    while (text_.substr(position_, close.size()) != close) {
      if (position_ >= text_.size()) throw NotALiteral();
      char c = text_[position_++];
      if (c == '\n' && !triple) throw NotALiteral();
      if (c != '\\') {
        out += c;
        continue;
      }
      if (position_ >= text_.size()) throw NotALiteral();
      if (raw) {
        out += c;
        out += text_[position_++];
      } else {
        ReadEscape(out);
      }
    }
    position_ += close.size();
  }

  void ReadEscape(std::string& out) {
    static constexpr std::string_view kCodes = "abfnrtv\\'\"";
    static constexpr std::string_view kCharacters = "\a\b\f\n\r\t\v\\'\"";
    char c = text_[position_++];
    if (size_t known = kCodes.find(c); known != std::string_view::npos) {
      out += kCharacters[known];
    } else if (c == '\n') {
      // A line that goes on.
    } else if (c == 'x' || c == 'u' || c == 'U') {
      size_t count = c == 'x' ? 2 : c == 'u' ? 4 : 8;
      std::string digits(text_.substr(position_, count));
      bool hex = digits.size() == count && std::all_of(digits.begin(), digits.end(), [](char d) {
                   return isxdigit(static_cast<unsigned char>(d)) != 0;
                 });
      if (!hex) throw NotALiteral();
      position_ += count;
      auto code = static_cast<char32_t>(std::stoul(digits, nullptr, 16));
      if (code > 0x10FFFF) throw NotALiteral();
      AppendUtf8(out, code);
    } else if (c >= '0' && c <= '7') {
      char32_t code = static_cast<char32_t>(c - '0');
      for (int i = 0;
           i < 2 && position_ < text_.size() && text_[position_] >= '0' && text_[position_] <= '7';
           ++i) {
        code = code * 8 + static_cast<char32_t>(text_[position_++] - '0');
      }
      AppendUtf8(out, code);
    } else if (c == 'N') {
      throw NotALiteral();
    } else {
      out += '\\';
      out += c;
    }
  }

  std::string_view text_;
  size_t position_ = 0;
  int depth_ = 0;
};

}  // namespace

std::optional<Value> LiteralEval(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  try {
    return LiteralReader(text).Read();
  } catch (const NotALiteral&) {
    return std::nullopt;
  }
}

}  // namespace eider::jinja

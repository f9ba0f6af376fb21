#include "jinja/lexer.h"

#include <algorithm>
#include <cstdlib>

#include "base/error.h"
#include "jinja/number.h"
#include "jinja/unicode.h"

namespace eider::jinja {

namespace {

// Longest first, so that the first match is the right one.
constexpr std::string_view kOperators[] = {"//", "**", "==", "!=", ">=", "<=", "+", "-", "/",
                                           "*",  "~",  "[",  "]",  "(",  ")",  "{", "}", "%",
                                           ">",  "<",  "=",  ".",  ":",  "|",  ",", ";"};

bool IsNameStart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80) != 0;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

class Lexer {
 public:
  Lexer(std::string_view source, const std::string& file, const Environment& environment)
      : source_(source), file_(file), environment_(environment), options_(environment.options()) {}

  std::vector<Token> Run() {
    tokens_.reserve(16 + source_.size() / 8);
    while (position_ < source_.size()) ReadText();
    Add(TokenType::kEnd, position_, position_);
    return std::move(tokens_);
  }

 private:
  [[noreturn]] void Fail(std::string message, int line) const {
    throw Error(ErrorCode::kSyntax, std::move(message)).At(file_, line);
  }

  Token& Add(TokenType type, size_t begin, size_t end, std::string text = "") {
    Token token;
    token.type = type;
    token.line = line_;
    token.begin = begin;
    token.end = end;
    token.text = std::move(text);
    tokens_.push_back(std::move(token));
    return tokens_.back();
  }

  // Moves to `position`, counting the lines passed.
  void Advance(size_t position) {
    line_ += static_cast<int>(std::count(source_.begin() + static_cast<ptrdiff_t>(position_),
                                         source_.begin() + static_cast<ptrdiff_t>(position), '\n'));
    position_ = position;
  }

  bool At(std::string_view text) const { return source_.substr(position_, text.size()) == text; }

  size_t SkipSpace(size_t position) const {
    while (position < source_.size() && IsSpace(source_[position])) ++position;
    return position;
  }

  // The text up to the next tag, then the tag.
  void ReadText() {
    size_t begin = position_;
    size_t tag = begin;
    for (;; ++tag) {
      tag = source_.find('{', tag);
      if (tag == std::string_view::npos || tag + 1 >= source_.size()) {
        tag = source_.size();
        break;
      }
      char c = source_[tag + 1];
      if (c == '{' || c == '%' || c == '#') break;
    }
    std::string_view text = source_.substr(begin, tag - begin);
    if (tag < source_.size()) text = StripBeforeTag(text, tag);
    if (!text.empty()) Add(TokenType::kText, begin, tag, std::string(text));
    Advance(tag);
    if (tag == source_.size()) return;
    switch (source_[tag + 1]) {
      case '{':
        Add(TokenType::kPrintBegin, tag, tag + 2);
        Advance(SkipSign(tag + 2));
        ReadTag("}}", TokenType::kPrintEnd);
        break;
      case '#':
        ReadComment();
        break;
      default:
        if (!ReadRaw()) {
          Add(TokenType::kBlockBegin, tag, tag + 2);
          Advance(SkipSign(tag + 2));
          size_t first = tokens_.size();
          ReadTag("%}", TokenType::kBlockEnd);
          ReadRawBody(first);
        }
    }
    line_starting_ = source_[position_ - 1] == '\n';
  }

  size_t SkipSign(size_t position) const {
    bool sign = position < source_.size() && (source_[position] == '-' || source_[position] == '+');
    return sign ? position + 1 : position;
  }

  // What is left of `text` before the tag at `tag`.
  std::string_view StripBeforeTag(std::string_view text, size_t tag) const {
    char sign = tag + 2 < source_.size() ? source_[tag + 2] : '\0';
    if (sign == '-') return StripRight(text, {});
    if (sign == '+' || !options_.lstrip_blocks || source_[tag + 1] == '{') return text;
    size_t newline = text.rfind('\n');
    size_t line_begin = newline == std::string_view::npos ? 0 : newline + 1;
    if (line_begin == 0 && !line_starting_) return text;
    std::string_view line = text.substr(line_begin);
    return Strip(line).empty() ? text.substr(0, line_begin) : text;
  }

  // The end of a tag whose closing delimiter ends at `position`.
  size_t AfterTag(size_t position, char sign, bool trims) const {
    if (sign == '-') return SkipSpace(position);
    if (trims && sign != '+' && options_.trim_blocks && position < source_.size() &&
        source_[position] == '\n') {
      return position + 1;
    }
    return position;
  }

  void ReadComment() {
    size_t begin = SkipSign(position_ + 2);
    size_t end = source_.find("#}", begin);
    if (end == std::string_view::npos) Fail("Missing end of comment tag", line_);
    char sign = end > begin ? source_[end - 1] : '\0';
    Advance(AfterTag(end + 2, sign, true));
  }

  // {% raw %} .. {% endraw %}; false when the tag here is another.
  bool ReadRaw() {
    size_t p = SkipSpace(SkipSign(position_ + 2));
    if (source_.substr(p, 3) != "raw") return false;
    p = SkipSpace(p + 3);
    bool strip = p < source_.size() && source_[p] == '-';
    if (strip) ++p;
    if (source_.substr(p, 2) != "%}") return false;
    int line = line_;
    Advance(strip ? SkipSpace(p + 2) : p + 2);
    for (size_t tag = source_.find("{%", position_); tag != std::string_view::npos;
         tag = source_.find("{%", tag + 2)) {
      size_t q = SkipSpace(SkipSign(tag + 2));
      if (source_.substr(q, 6) != "endraw") continue;
      q = SkipSpace(q + 6);
      char sign = q < source_.size() ? source_[q] : '\0';
      if (sign == '-' || sign == '+') ++q;
      if (source_.substr(q, 2) != "%}") continue;
      std::string_view text = StripBeforeTag(source_.substr(position_, tag - position_), tag);
      if (!text.empty()) Add(TokenType::kText, position_, tag, std::string(text));
      Advance(AfterTag(q + 2, sign, true));
      return true;
    }
    Fail("Missing end of raw directive", line);
  }

  // The text of a raw block tag, whose tag's tokens begin at `first`, up to its end tag.
  void ReadRawBody(size_t first) {
    if (first >= tokens_.size() || tokens_[first].type != TokenType::kName) return;
    const BlockTag* block = environment_.FindBlockTag(tokens_[first].text);
    if (!block || !block->raw_body || tokens_.back().type != TokenType::kBlockEnd) return;
    for (size_t tag = source_.find("{%", position_); tag != std::string_view::npos;
         tag = source_.find("{%", tag + 2)) {
      size_t begin = SkipSpace(SkipSign(tag + 2));
      size_t end = begin;
      while (end < source_.size() && (IsNameStart(source_[end]) || IsDigit(source_[end]))) ++end;
      std::string_view name = source_.substr(begin, end - begin);
      if (std::find(block->end_tags.begin(), block->end_tags.end(), name) ==
          block->end_tags.end()) {
        continue;
      }
      std::string_view text = StripBeforeTag(source_.substr(position_, tag - position_), tag);
      if (!text.empty()) Add(TokenType::kText, position_, tag, std::string(text));
      Advance(tag);
      return;
    }
  }

  void ReadTag(std::string_view closing, TokenType end_type) {
    std::string balance;
    for (;;) {
      Advance(SkipSpace(position_));
      if (position_ >= source_.size()) return;  // the parser reports the missing end
      char c = source_[position_];
      if (balance.empty()) {
        bool signed_end = (c == '-' || (c == '+' && end_type == TokenType::kBlockEnd)) &&
                          source_.substr(position_ + 1, 2) == closing;
        if (signed_end || At(closing)) {
          size_t begin = position_;
          size_t end = begin + (signed_end ? 3 : 2);
          Add(end_type, begin, end);
          Advance(AfterTag(end, signed_end ? c : '\0', end_type == TokenType::kBlockEnd));
          return;
        }
      }
      if (IsDigit(c)) {
        ReadNumber();
      } else if (IsNameStart(c)) {
        size_t end = position_;
        while (end < source_.size() && (IsNameStart(source_[end]) || IsDigit(source_[end]))) ++end;
        Add(TokenType::kName, position_, end,
            std::string(source_.substr(position_, end - position_)));
        Advance(end);
      } else if (c == '"' || c == '\'') {
        ReadString(c);
      } else {
        ReadOperator(balance);
      }
    }
  }

  void ReadOperator(std::string& balance) {
    for (std::string_view op : kOperators) {
      char c = op[0];
      if (source_[position_] != c || !At(op)) continue;
      if (c == '(' || c == '[' || c == '{') {
        balance += c == '(' ? ')' : c == '[' ? ']' : '}';
      } else if (c == ')' || c == ']' || c == '}') {
        if (balance.empty()) Fail("unexpected '" + std::string(op) + "'", line_);
        if (balance.back() != c) {
          Fail("unexpected '" + std::string(op) + "', expected '" + balance.back() + "'", line_);
        }
        balance.pop_back();
      }
      Add(TokenType::kOperator, position_, position_ + op.size(), std::string(op));
      Advance(position_ + op.size());
      return;
    }
    Fail("unexpected char " +
             Value(source_.substr(position_, CodePointSize(source_, position_))).Repr() + " at " +
             std::to_string(position_),
         line_);
  }

  // The end of digits with single underscores between them, from `position`.
  template <typename IsDigitOfBase>
  size_t Digits(size_t position, IsDigitOfBase is_digit) const {
    auto digit = [&](size_t p) { return p < source_.size() && is_digit(source_[p]); };
    while (digit(position) ||
           (position < source_.size() && source_[position] == '_' && digit(position + 1))) {
      ++position;
    }
    return position;
  }

  void ReadNumber() {
    size_t begin = position_;
    auto add = [&](TokenType type, size_t end, Value number) {
      Add(type, begin, end, std::string(source_.substr(begin, end - begin))).number =
          std::move(number);
      Advance(end);
    };
    auto text = [&](size_t end) {
      std::string out(source_.substr(begin, end - begin));
      std::erase(out, '_');
      return out;
    };
    size_t end = Digits(begin, IsDigit);
    size_t whole = end;
    bool after_dot = begin > 0 && source_[begin - 1] == '.';
    if (!after_dot) {
      if (end + 1 < source_.size() && source_[end] == '.' && IsDigit(source_[end + 1])) {
        end = Digits(end + 1, IsDigit);
      }
      if (end < source_.size() && (source_[end] | 0x20) == 'e') {
        size_t exponent = end + 1;
        if (exponent < source_.size() && (source_[exponent] == '+' || source_[exponent] == '-')) {
          ++exponent;
        }
        if (exponent < source_.size() && IsDigit(source_[exponent]))
          end = Digits(exponent, IsDigit);
      }
    }
    if (end > whole) {
      add(TokenType::kFloat, end, std::strtod(text(end).c_str(), nullptr));
      return;
    }
    if (source_[begin] == '0') {
      char prefix =
          begin + 1 < source_.size() ? static_cast<char>(source_[begin + 1] | 0x20) : '\0';
      size_t digits = begin + 2;
      if (prefix == 'x') {
        end = Digits(digits, [](char c) { return isxdigit(static_cast<unsigned char>(c)) != 0; });
      } else if (prefix == 'o') {
        end = Digits(digits, [](char c) { return c >= '0' && c <= '7'; });
      } else if (prefix == 'b') {
        end = Digits(digits, [](char c) { return c == '0' || c == '1'; });
      } else {
        digits = begin;
        end = Digits(begin, [](char c) { return c == '0'; });
      }
      if (end == digits) end = begin + 1;
    }
    std::optional<int64_t> value;
    try {
      value = ParseInteger(text(end), 0);
    } catch (Error& e) {
      throw Error(ErrorCode::kSyntax, "the number " + text(end) + " does not fit 64 bits")
          .At(file_, line_);
    }
    add(TokenType::kInteger, end, value.value_or(0));
  }

  void ReadString(char quote) {
    size_t begin = position_;
    size_t p = begin + 1;
    bool escapes = false;
    while (p < source_.size() && source_[p] != quote) {
      if (source_[p] == '\\') {
        escapes = true;
        ++p;
      }
      ++p;
    }
    if (p >= source_.size()) {
      Fail(std::string("unexpected char ") + Value(std::string(1, quote)).Repr() + " at " +
               std::to_string(begin),
           line_);
    }
    std::string_view raw = source_.substr(begin + 1, p - begin - 1);
    Add(TokenType::kString, begin, p + 1, escapes ? Unescape(raw) : std::string(raw));
    Advance(p + 1);
  }

  std::string Unescape(std::string_view raw) const {
    std::string out;
    for (size_t i = 0; i < raw.size(); ++i) {
      if (raw[i] != '\\') {
        out += raw[i];
        continue;
      }
      char c = raw[++i];
      switch (c) {
        case '\n':
          break;
        case 'a':
          out += '\a';
          break;
        case 'b':
          out += '\b';
          break;
        case 'f':
          out += '\f';
          break;
        case 'n':
          out += '\n';
          break;
        case 'r':
          out += '\r';
          break;
        case 't':
          out += '\t';
          break;
        case 'v':
          out += '\v';
          break;
        case '\\':
        case '\'':
        case '"':
          out += c;
          break;
        case 'x':
        case 'u':
        case 'U': {
          size_t count = c == 'x' ? 2 : c == 'u' ? 4 : 8;
          std::string digits(raw.substr(i + 1, count));
          bool hex =
              digits.size() == count && std::all_of(digits.begin(), digits.end(), [](char d) {
                return isxdigit(static_cast<unsigned char>(d)) != 0;
              });
          if (!hex) {
            Fail(std::string("truncated \\") + c + std::string(count, 'X') + " escape", line_);
          }
          auto code = static_cast<char32_t>(std::strtoul(digits.c_str(), nullptr, 16));
          if (code > 0x10FFFF) Fail("illegal Unicode character", line_);
          AppendUtf8(out, code);
          i += count;
          break;
        }
        default:
          if (c >= '0' && c <= '7') {
            char32_t code = 0;
            size_t end = std::min(i + 3, raw.size());
            for (; i < end && raw[i] >= '0' && raw[i] <= '7'; ++i) {
              code = code * 8 + static_cast<char32_t>(raw[i] - '0');
            }
            --i;
            AppendUtf8(out, code);
          } else {
            out += '\\';
            out += c;
          }
      }
    }
    return out;
  }

  std::string_view source_;
  const std::string& file_;
  const Environment& environment_;
  const EnvironmentOptions& options_;
  std::vector<Token> tokens_;
  size_t position_ = 0;
  int line_ = 1;
  bool line_starting_ = true;
};

}  // namespace

std::string NormalizeSource(std::string_view source, const EnvironmentOptions& options) {
  std::string out;
  out.reserve(source.size());
  for (size_t i = 0; i < source.size(); ++i) {
    if (source[i] == '\r') {
      out += '\n';
      if (i + 1 < source.size() && source[i + 1] == '\n') ++i;
    } else {
      out += source[i];
    }
  }
  if (!options.keep_trailing_newline && !out.empty() && out.back() == '\n') out.pop_back();
  return out;
}

std::vector<Token> Tokenize(std::string_view source, const std::string& file,
                            const Environment& environment) {
  return Lexer(source, file, environment).Run();
}

std::string DescribeToken(const Token& token) {
  switch (token.type) {
    case TokenType::kText:
      return "template data / text";
    case TokenType::kPrintBegin:
      return "begin of print statement";
    case TokenType::kPrintEnd:
      return "end of print statement";
    case TokenType::kBlockBegin:
      return "begin of statement block";
    case TokenType::kBlockEnd:
      return "end of statement block";
    case TokenType::kString:
      return "string";
    case TokenType::kInteger:
      return "integer";
    case TokenType::kFloat:
      return "float";
    case TokenType::kEnd:
      return "end of template";
    default:
      return token.text;
  }
}

}  // namespace eider::jinja

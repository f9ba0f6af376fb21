#include "cli/display_width.h"

#include <fmt/format.h>
#include <locale.h>
#include <wchar.h>

#include <algorithm>

namespace eider::cli {

namespace {

struct Character {
  size_t bytes = 1;
  char32_t code = 0;
  bool valid = false;
};

// The character that begins `text`, which is not empty.
Character Decode(std::string_view text) {
  auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  unsigned char first = byte(0);
  if (first < 0x80) return {1, first, true};
  size_t length = first >= 0xF0 && first < 0xF5 ? 4 : first >= 0xE0 ? 3 : first >= 0xC2 ? 2 : 0;
  if (length == 0 || first >= 0xF5 || text.size() < length) return {};
  char32_t code = first & (0x7F >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {};
    code = (code << 6) | (byte(i) & 0x3F);
  }
  constexpr char32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (code < kLeast[length] || code > 0x10FFFF || surrogate) return {};
  return {length, code, true};
}

// wcwidth() answers by the locale of the thread; glibc has C.UTF-8 built in.
class Utf8Locale {
 public:
  Utf8Locale() {
    static const locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    if (utf8) previous_ = uselocale(utf8);
  }
  ~Utf8Locale() {
    if (previous_) uselocale(previous_);
  }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

 private:
  locale_t previous_ = nullptr;
};

size_t CharacterWidth(const Character& character) {
  if (!character.valid) return 1;
  return static_cast<size_t>(std::max(0, wcwidth(static_cast<wchar_t>(character.code))));
}

bool IsPlainAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
}

}  // namespace

size_t DisplayWidth(std::string_view text) {
  if (IsPlainAscii(text)) return text.size();
  Utf8Locale locale;
  size_t width = 0;
  while (!text.empty()) {
    Character character = Decode(text);
    width += CharacterWidth(character);
    text.remove_prefix(character.bytes);
  }
  return width;
}

std::string Truncate(std::string_view text, size_t width) {
  if (text.size() <= width || DisplayWidth(text) <= width) return std::string(text);
  if (width == 0) return "";
  Utf8Locale locale;
  std::string out;
  size_t used = 0;
  while (!text.empty()) {
    Character character = Decode(text);
    size_t next = CharacterWidth(character);
    if (used + next > width - 1) break;
    out += text.substr(0, character.bytes);
    used += next;
    text.remove_prefix(character.bytes);
  }
  return out + "…";
}

std::string Printable(std::string_view text) {
  if (IsPlainAscii(text)) return std::string(text);
  std::string out;
  while (!text.empty()) {
    Character character = Decode(text);
    if (!character.valid) {
      out += "\uFFFD";
    } else if (character.code == '\n') {
      out += "\\n";
    } else if (character.code == '\t') {
      out += "\\t";
    } else if (character.code == '\r') {
      out += "\\r";
    } else if (character.code < 0x20 || (character.code >= 0x7F && character.code < 0xA0)) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned>(character.code));
    } else {
      out += text.substr(0, character.bytes);
    }
    text.remove_prefix(character.bytes);
  }
  return out;
}

}  // namespace eider::cli

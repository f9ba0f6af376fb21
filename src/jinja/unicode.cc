#include "jinja/unicode.h"

#include <algorithm>
#include <cstdio>

namespace eider::jinja {

namespace {

// The code point at `position`; `size` receives its bytes.
char32_t DecodeOne(std::string_view text, size_t position, size_t* size) {
  auto byte = [&](size_t i) { return static_cast<unsigned char>(text[position + i]); };
  unsigned char lead = byte(0);
  *size = 1;
  if (lead < 0x80) return lead;
  size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 0;
  if (length == 0 || lead > 0xF4 || position + length > text.size()) return 0xFFFD;
  char32_t c = lead & (0x7F >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0xFFFD;
    c = (c << 6) | (byte(i) & 0x3F);
  }
  *size = length;
  return c;
}

bool IsAsciiLetter(char32_t c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; }

// In these ranges upper and lower case letters alternate, the upper one even (or odd).
bool AlternatesFromEven(char32_t c) {
  return (c >= 0x100 && c <= 0x12F) || (c >= 0x132 && c <= 0x137) || (c >= 0x14A && c <= 0x177) ||
         (c >= 0x1DE && c <= 0x1EF) || (c >= 0x1F8 && c <= 0x21F) || (c >= 0x222 && c <= 0x233) ||
         (c >= 0x3D8 && c <= 0x3EF) || (c >= 0x460 && c <= 0x481) || (c >= 0x48A && c <= 0x4BF) ||
         (c >= 0x4D0 && c <= 0x52F) || (c >= 0x1E00 && c <= 0x1E95) || (c >= 0x1EA0 && c <= 0x1EFF);
}

bool AlternatesFromOdd(char32_t c) {
  return (c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E) || (c >= 0x1CD && c <= 0x1DC) ||
         (c >= 0x4C1 && c <= 0x4CE);
}

}  // namespace

bool IsAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c & 0x80) == 0; });
}

std::u32string DecodeUtf8(std::string_view text) {
  std::u32string out;
  out.reserve(text.size());
  for (size_t i = 0, size; i < text.size(); i += size) out += DecodeOne(text, i, &size);
  return out;
}

void AppendUtf8(std::string& out, char32_t c) {
  auto put = [&](char32_t byte) { out += static_cast<char>(byte); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | (c >> 6));
    put(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    put(0xE0 | (c >> 12));
    put(0x80 | ((c >> 6) & 0x3F));
    put(0x80 | (c & 0x3F));
  } else {
    put(0xF0 | (c >> 18));
    put(0x80 | ((c >> 12) & 0x3F));
    put(0x80 | ((c >> 6) & 0x3F));
    put(0x80 | (c & 0x3F));
  }
}

void AppendEscape(std::string& out, char32_t c) {
  char buffer[16];
  std::snprintf(buffer, sizeof(buffer),
                c < 0x100     ? "\\x%02x"
                : c < 0x10000 ? "\\u%04x"
                              : "\\U%08x",
                static_cast<unsigned>(c));
  out += buffer;
}

std::string EncodeUtf8(std::u32string_view text) {
  std::string out;
  out.reserve(text.size());
  for (char32_t c : text) AppendUtf8(out, c);
  return out;
}

size_t CodePointSize(std::string_view text, size_t position) {
  size_t size;
  DecodeOne(text, position, &size);
  return size;
}

size_t CodePointCount(std::string_view text) {
  if (IsAscii(text)) return text.size();
  size_t count = 0;
  for (size_t i = 0; i < text.size(); i += CodePointSize(text, i)) ++count;
  return count;
}

size_t ByteOffset(std::string_view text, size_t index) {
  if (IsAscii(text)) return std::min(index, text.size());
  size_t offset = 0;
  for (; index > 0 && offset < text.size(); --index) offset += CodePointSize(text, offset);
  return offset;
}

char32_t ToUpper(char32_t c) {
  if (c < 0x80) return c >= 'a' && c <= 'z' ? c - 0x20 : c;
  if (c == 0xB5) return 0x39C;
  if (c == 0xFF) return 0x178;
  if (c == 0x131) return 'I';
  if (c == 0x17F) return 'S';
  if (c == 0x3C2) return 0x3A3;
  if (c >= 0xE0 && c <= 0xFE && c != 0xF7) return c - 0x20;
  if (AlternatesFromEven(c)) return c & ~char32_t{1};
  if (AlternatesFromOdd(c)) return c % 2 == 0 ? c - 1 : c;
  if ((c >= 0x1C4 && c <= 0x1CC) || (c >= 0x1F1 && c <= 0x1F3)) {
    // Digraphs come in threes: upper, title, lower.
    return c <= 0x1C6 ? 0x1C4 : c <= 0x1C9 ? 0x1C7 : c <= 0x1CC ? 0x1CA : 0x1F1;
  }
  if (c == 0x3AC) return 0x386;
  if (c >= 0x3AD && c <= 0x3AF) return c - 37;
  if (c == 0x3CC) return 0x38C;
  if (c == 0x3CD || c == 0x3CE) return c - 63;
  if (c >= 0x3B1 && c <= 0x3CB) return c - 0x20;
  if (c >= 0x430 && c <= 0x44F) return c - 0x20;
  if (c >= 0x450 && c <= 0x45F) return c - 0x50;
  if (c >= 0x561 && c <= 0x586) return c - 0x30;
  return c;
}

char32_t ToLower(char32_t c) {
  if (c < 0x80) return c >= 'A' && c <= 'Z' ? c + 0x20 : c;
  if (c >= 0xC0 && c <= 0xDE && c != 0xD7) return c + 0x20;
  if (c == 0x178) return 0xFF;
  if (c == 0x130) return 'i';
  if (c == 0x1E9E) return 0xDF;
  if (AlternatesFromEven(c)) return c | 1;
  if (AlternatesFromOdd(c)) return c % 2 == 1 ? c + 1 : c;
  if ((c >= 0x1C4 && c <= 0x1CC) || (c >= 0x1F1 && c <= 0x1F3)) {
    return c <= 0x1C6 ? 0x1C6 : c <= 0x1C9 ? 0x1C9 : c <= 0x1CC ? 0x1CC : 0x1F3;
  }
  if (c == 0x386) return 0x3AC;
  if (c >= 0x388 && c <= 0x38A) return c + 37;
  if (c == 0x38C) return 0x3CC;
  if (c == 0x38E || c == 0x38F) return c + 63;
  if (c >= 0x391 && c <= 0x3AB && c != 0x3A2) return c + 0x20;
  if (c >= 0x410 && c <= 0x42F) return c + 0x20;
  if (c >= 0x400 && c <= 0x40F) return c + 0x50;
  if (c >= 0x531 && c <= 0x556) return c + 0x30;
  return c;
}

bool IsUpperCase(char32_t c) { return ToLower(c) != c; }

bool IsLowerCase(char32_t c) {
  return c == 0xDF || c == 0xAA || c == 0xBA || c == 0x149 || c == 0x390 || c == 0x3B0 ||
         ToUpper(c) != c;
}

bool IsLetter(char32_t c) {
  if (c < 0x80) return IsAsciiLetter(c);
  if (c < 0xC0) return c == 0xAA || c == 0xB5 || c == 0xBA;
  if (c == 0xD7 || c == 0xF7) return false;
  if (c >= 0x2B9 && c < 0x370) return false;
  if (c >= 0x2000 && c <= 0x2BFF) return false;
  if (c >= 0x3000 && c <= 0x3004) return false;
  if (c >= 0x3007 && c <= 0x3030) return false;
  if (c >= 0xE000 && c <= 0xF8FF) return false;
  if (c >= 0xFE00 && c <= 0xFE6F) return false;
  if (c >= 0xFF00 && c <= 0xFF20) return false;
  if (c >= 0x1F000 && c <= 0x1FAFF) return false;
  if (c == 0x37E || c == 0x387 || (c >= 0x482 && c <= 0x489)) return false;
  if (c >= 0x660 && c <= 0x66C) return false;
  return c < 0x110000;
}

bool IsDecimalDigit(char32_t c) {
  return (c >= '0' && c <= '9') || (c >= 0x660 && c <= 0x669) || (c >= 0x6F0 && c <= 0x6F9) ||
         (c >= 0x966 && c <= 0x96F) || (c >= 0xFF10 && c <= 0xFF19);
}

bool IsNumeric(char32_t c) {
  return IsDecimalDigit(c) || c == 0xB2 || c == 0xB3 || c == 0xB9 || (c >= 0xBC && c <= 0xBE) ||
         (c >= 0x2070 && c <= 0x2089) || (c >= 0x2150 && c <= 0x2189) ||
         (c >= 0x2460 && c <= 0x249B);
}

bool IsWhiteSpace(char32_t c) {
  return (c >= 9 && c <= 13) || (c >= 0x1C && c <= 0x20) || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

bool IsPrintable(char32_t c) {
  if (c < 0x7F) return c >= 0x20;
  if (c < 0xA1 || c == 0xAD) return false;
  if (IsWhiteSpace(c)) return false;
  if ((c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) ||
      (c >= 0x2060 && c <= 0x206F)) {
    return false;
  }
  return !(c >= 0xD800 && c <= 0xF8FF) && c != 0xFEFF && c != 0xFFFE && c != 0xFFFF && c < 0xF0000;
}

std::string UpperText(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0, size; i < text.size(); i += size) {
    char32_t c = DecodeOne(text, i, &size);
    if (c == 0xDF) {
      out += "SS";
    } else {
      AppendUtf8(out, ToUpper(c));
    }
  }
  return out;
}

namespace {

// Marks that the rule about the final sigma looks past.
bool IsIgnoredInCase(char32_t c) {
  return c == '\'' || c == '.' || c == ':' || c == '^' || c == '`' || c == 0xA8 || c == 0xAD ||
         c == 0xAF || c == 0xB4 || c == 0xB7 || c == 0xB8 || (c >= 0x2B0 && c <= 0x36F) ||
         c == 0x2019;
}

bool CasedLetterFollows(std::string_view text, size_t position) {
  for (size_t size; position < text.size(); position += size) {
    char32_t c = DecodeOne(text, position, &size);
    if (!IsIgnoredInCase(c)) return IsUpperCase(c) || IsLowerCase(c);
  }
  return false;
}

}  // namespace

std::string LowerText(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  bool after_letter = false;
  for (size_t i = 0, size; i < text.size(); i += size) {
    char32_t c = DecodeOne(text, i, &size);
    if (c == 0x130) {
      out += "i\u0307";
    } else if (c == 0x3A3 && after_letter && !CasedLetterFollows(text, i + size)) {
      AppendUtf8(out, 0x3C2);  // sigma at the end of a word
    } else {
      AppendUtf8(out, ToLower(c));
    }
    if (!IsIgnoredInCase(c)) after_letter = IsUpperCase(c) || IsLowerCase(c);
  }
  return out;
}

std::string CapitalizeText(std::string_view text) {
  if (text.empty()) return "";
  size_t size;
  char32_t first = DecodeOne(text, 0, &size);
  std::string out;
  if (first == 0xDF) {
    out = "Ss";
  } else {
    AppendUtf8(out, ToUpper(first));
  }
  return out + LowerText(text.substr(size));
}

std::string TitleText(std::string_view text) {
  std::string out;
  bool in_word = false;
  for (char32_t c : DecodeUtf8(text)) {
    bool cased = IsUpperCase(c) || IsLowerCase(c);
    AppendUtf8(out, in_word ? ToLower(c) : ToUpper(c));
    in_word = cased;
  }
  return out;
}

bool IsLowerText(std::string_view text) {
  bool any = false;
  for (char32_t c : DecodeUtf8(text)) {
    if (IsUpperCase(c)) return false;
    any |= IsLowerCase(c);
  }
  return any;
}

bool IsUpperText(std::string_view text) {
  bool any = false;
  for (char32_t c : DecodeUtf8(text)) {
    if (IsLowerCase(c)) return false;
    any |= IsUpperCase(c);
  }
  return any;
}

std::vector<std::string_view> SplitLines(std::string_view text, bool keep_ends) {
  auto is_boundary = [](char32_t c) {
    return (c >= '\n' && c <= '\r') || (c >= 0x1C && c <= 0x1E) || c == 0x85 || c == 0x2028 ||
           c == 0x2029;
  };
  std::vector<std::string_view> lines;
  size_t begin = 0;
  for (size_t i = 0, size; i < text.size(); i += size) {
    char32_t c = DecodeOne(text, i, &size);
    if (!is_boundary(c)) continue;
    size_t end = i;
    if (c == '\r' && i + 1 < text.size() && text[i + 1] == '\n') ++size;
    lines.push_back(text.substr(begin, (keep_ends ? i + size : end) - begin));
    begin = i + size;
  }
  if (begin < text.size()) lines.push_back(text.substr(begin));
  return lines;
}

std::string_view StripLeft(std::string_view text, std::u32string_view characters) {
  size_t size;
  while (!text.empty()) {
    char32_t c = DecodeOne(text, 0, &size);
    bool strip =
        characters.empty() ? IsWhiteSpace(c) : characters.find(c) != std::u32string_view::npos;
    if (!strip) break;
    text.remove_prefix(size);
  }
  return text;
}

std::string_view StripRight(std::string_view text, std::u32string_view characters) {
  while (!text.empty()) {
    size_t begin = text.size() - 1;
    while (begin > 0 && (text[begin] & 0xC0) == 0x80) --begin;
    size_t size;
    char32_t c = DecodeOne(text, begin, &size);
    if (begin + size != text.size()) break;
    bool strip =
        characters.empty() ? IsWhiteSpace(c) : characters.find(c) != std::u32string_view::npos;
    if (!strip) break;
    text.remove_suffix(size);
  }
  return text;
}

}  // namespace eider::jinja

// UTF-8 text by code point, with the character classes and case mappings Python's str has. Classes
// and mappings cover the Latin, Greek, Cyrillic and Armenian blocks; other scripts have no case.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace eider::jinja {

bool IsAscii(std::string_view text);
// Broken bytes decode to U+FFFD, one each.
std::u32string DecodeUtf8(std::string_view text);
void AppendUtf8(std::string& out, char32_t c);
// As Python's repr writes what it does not print: \xe9, \u20ac, \U0001f600.
void AppendEscape(std::string& out, char32_t c);
std::string EncodeUtf8(std::u32string_view text);
// len(): the number of code points.
size_t CodePointCount(std::string_view text);
// The size in bytes of the code point that begins at `position`.
size_t CodePointSize(std::string_view text, size_t position);
// The offset in bytes of code point `index`; the text's size when there are fewer.
size_t ByteOffset(std::string_view text, size_t index);

char32_t ToUpper(char32_t c);
char32_t ToLower(char32_t c);
bool IsUpperCase(char32_t c);
bool IsLowerCase(char32_t c);
bool IsLetter(char32_t c);
bool IsDecimalDigit(char32_t c);
bool IsNumeric(char32_t c);  // digits, fractions, circled numbers, ..
bool IsWhiteSpace(char32_t c);
bool IsPrintable(char32_t c);

std::string UpperText(std::string_view text);
std::string LowerText(std::string_view text);
std::string CapitalizeText(std::string_view text);  // first upper, the rest lower
std::string TitleText(std::string_view text);       // as str.title(): every run of letters

// str.islower, str.isupper: some letter has case, and none has the other one.
bool IsLowerText(std::string_view text);
bool IsUpperText(std::string_view text);

// str.splitlines: at every line boundary of Unicode.
std::vector<std::string_view> SplitLines(std::string_view text, bool keep_ends = false);

// str.strip: `characters` empty means white space.
std::string_view StripLeft(std::string_view text, std::u32string_view characters);
std::string_view StripRight(std::string_view text, std::u32string_view characters);
inline std::string_view Strip(std::string_view text, std::u32string_view characters = {}) {
  return StripLeft(StripRight(text, characters), characters);
}

}  // namespace eider::jinja

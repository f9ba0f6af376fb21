#include "dbt/text_encoding.h"

#include <algorithm>

#include "base/error.h"

namespace eider::dbt {

namespace {

// The position of the first byte that does not belong to UTF-8 text, or npos.
size_t FindInvalidUtf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    auto lead = static_cast<unsigned char>(text[i]);
    if (lead < 0x80) {
      ++i;
      continue;
    }
    size_t length = lead >= 0xF0 && lead < 0xF5   ? 4
                    : lead >= 0xE0 && lead < 0xF0 ? 3
                    : lead >= 0xC2 && lead < 0xE0 ? 2
                                                  : 0;
    if (length == 0 || i + length > text.size()) return i;
    for (size_t k = 1; k < length; ++k) {
      if ((static_cast<unsigned char>(text[i + k]) & 0xC0) != 0x80) return i;
    }
    i += length;
  }
  return std::string_view::npos;
}

}  // namespace

void RequireUtf8(std::string_view text, const std::string& file) {
  size_t invalid = FindInvalidUtf8(text);
  if (invalid == text.npos) return;
  int line = 1 + static_cast<int>(std::count(text.begin(), text.begin() + invalid, '\n'));
  throw Error(ErrorCode::kSyntax, "the file is not UTF-8 text")
      .WithHint("Save it in the encoding UTF-8.")
      .At(file, line);
}

}  // namespace eider::dbt

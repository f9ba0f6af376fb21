// How many columns of a terminal a UTF-8 text takes: two for East Asian wide characters and emoji,
// none for combining marks.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace eider::cli {

size_t DisplayWidth(std::string_view text);

// `text` cut to at most `width` columns; where something was cut the last column is "…".
std::string Truncate(std::string_view text, size_t width);

// `text` with every control character written as an escape (\n, \t, \x1b), so that data cannot move
// the cursor, and with bytes that are no UTF-8 as the replacement character.
std::string Printable(std::string_view text);

}  // namespace eider::cli

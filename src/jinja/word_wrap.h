// Breaking a paragraph into lines, by the rules of Python's textwrap.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace eider::jinja {

struct WrapOptions {
  int64_t width = 79;
  bool break_long_words = true;
  bool break_on_hyphens = true;
};

// Throws kInvalidArgument when the width is not positive.
std::vector<std::string> WrapText(std::string_view paragraph, const WrapOptions& options);

}  // namespace eider::jinja

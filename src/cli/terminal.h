// What is known of the terminal we write to, if it is one.
#pragma once

#include <cstddef>

namespace eider::cli {

// Columns and rows of the terminal behind a file descriptor; 0 where it is none.
struct TerminalSize {
  size_t columns = 0;
  size_t rows = 0;
};
TerminalSize SizeOfTerminal(int descriptor);

bool IsTerminal(int descriptor);

// Whether to colour what goes to `descriptor` where nobody has said: a terminal that can, and no
// NO_COLOR (https://no-color.org).
bool WantsColor(int descriptor);

}  // namespace eider::cli

// Output that is longer than the screen goes through $PAGER.
#pragma once

#include <string_view>

namespace eider::cli {

// Writes `text` to standard output: through $PAGER (`less -SRFX` where it is not set) when that is
// a terminal with fewer rows than `text` has lines, else directly. A pager that cannot be started
// costs nothing but the paging.
void PrintPaged(std::string_view text);

}  // namespace eider::cli

#include "cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace eider::cli {

TerminalSize SizeOfTerminal(int descriptor) {
  winsize size{};
  if (!IsTerminal(descriptor)) return {};
  if (ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return {80, 24};
  return {size.ws_col, size.ws_row};
}

bool IsTerminal(int descriptor) { return isatty(descriptor) == 1; }

bool WantsColor(int descriptor) {
  if (!IsTerminal(descriptor)) return false;
  if (const char* refusal = std::getenv("NO_COLOR"); refusal && *refusal) return false;
  const char* terminal = std::getenv("TERM");
  return terminal && std::string_view(terminal) != "dumb";
}

}  // namespace eider::cli

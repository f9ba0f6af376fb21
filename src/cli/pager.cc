#include "cli/pager.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "cli/terminal.h"

namespace eider::cli {

namespace {

// While a pager has the terminal, Ctrl-C is its own, and leaving it early is no error of ours.
class SignalsIgnored {
 public:
  SignalsIgnored() {
    struct sigaction ignore {};
    ignore.sa_handler = SIG_IGN;
    sigaction(SIGINT, &ignore, &interrupt_);
    sigaction(SIGPIPE, &ignore, &pipe_);
  }
  ~SignalsIgnored() {
    sigaction(SIGINT, &interrupt_, nullptr);
    sigaction(SIGPIPE, &pipe_, nullptr);
  }
  SignalsIgnored(const SignalsIgnored&) = delete;
  SignalsIgnored& operator=(const SignalsIgnored&) = delete;

 private:
  struct sigaction interrupt_;
  struct sigaction pipe_;
};

bool PrintThrough(const std::string& command, std::string_view text) {
  SignalsIgnored ignored;
  FILE* pager = popen(command.c_str(), "w");
  if (!pager) return false;
  std::fwrite(text.data(), 1, text.size(), pager);
  constexpr int kCommandNotFound = 127;
  int status = pclose(pager);
  return status == -1 || WEXITSTATUS(status) != kCommandNotFound;
}

}  // namespace

void PrintPaged(std::string_view text) {
  size_t lines = static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
  if (IsTerminal(STDIN_FILENO) && IsTerminal(STDOUT_FILENO) &&
      lines >= SizeOfTerminal(STDOUT_FILENO).rows) {
    std::fflush(stdout);
    const char* pager = std::getenv("PAGER");
    if (PrintThrough(pager && *pager ? pager : "less -SRFX", text)) return;
  }
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

}  // namespace eider::cli

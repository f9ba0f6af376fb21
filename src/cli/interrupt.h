// Ctrl-C and SIGTERM.
#pragma once

#include <atomic>
#include <functional>
#include <thread>

namespace eider::cli {

// While one lives, SIGINT and SIGTERM call a function instead of ending the process. One at a time.
class InterruptHandler {
 public:
  enum class Second {
    kQuits,    // a second signal ends the process at once, with exit code 130 or 143
    kRepeats,  // it calls the function again
  };

  // `on_interrupt` is called on a thread of its own, so it may lock and wait.
  InterruptHandler(std::function<void()> on_interrupt, Second second);
  // Restores what the signals did before.
  ~InterruptHandler();
  InterruptHandler(const InterruptHandler&) = delete;
  InterruptHandler& operator=(const InterruptHandler&) = delete;

  bool interrupted() const { return interrupted_; }

 private:
  void Watch();

  std::function<void()> on_interrupt_;
  std::atomic<bool> interrupted_ = false;
  int pipe_[2] = {-1, -1};
  std::thread watcher_;
};

}  // namespace eider::cli

#include "cli/interrupt.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/error.h"

namespace eider::cli {

namespace {

constexpr char kSignal = 's';
constexpr char kStop = 'q';

// A signal handler can reach globals only.
volatile sig_atomic_t wake_descriptor = -1;
volatile sig_atomic_t second_quits = 0;
volatile sig_atomic_t signals_seen = 0;

struct sigaction previous_interrupt;
struct sigaction previous_terminate;

void OnSignal(int number) {
  int saved = errno;
  if (signals_seen && second_quits) _exit(128 + number);
  signals_seen = 1;
  // A full pipe means that the watcher has much to read already.
  [[maybe_unused]] ssize_t written = write(wake_descriptor, &kSignal, 1);
  errno = saved;
}

}  // namespace

InterruptHandler::InterruptHandler(std::function<void()> on_interrupt, Second second)
    : on_interrupt_(std::move(on_interrupt)) {
  if (pipe2(pipe_, O_CLOEXEC) != 0) {
    throw Error(ErrorCode::kIo, std::string("cannot make a pipe: ") + std::strerror(errno));
  }
  wake_descriptor = pipe_[1];
  second_quits = second == Second::kQuits;
  signals_seen = 0;
  watcher_ = std::thread([this] { Watch(); });

  struct sigaction action {};
  action.sa_handler = OnSignal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, &previous_interrupt);
  sigaction(SIGTERM, &action, &previous_terminate);
}

InterruptHandler::~InterruptHandler() {
  sigaction(SIGINT, &previous_interrupt, nullptr);
  sigaction(SIGTERM, &previous_terminate, nullptr);
  while (write(pipe_[1], &kStop, 1) < 0 && errno == EINTR) {
  }
  watcher_.join();
  wake_descriptor = -1;
  close(pipe_[0]);
  close(pipe_[1]);
}

void InterruptHandler::Watch() {
  // The signals are for the threads that work; this one only reads.
  sigset_t both;
  sigemptyset(&both);
  sigaddset(&both, SIGINT);
  sigaddset(&both, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &both, nullptr);
  char byte = 0;
  while (true) {
    ssize_t count = read(pipe_[0], &byte, 1);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0 || byte == kStop) return;
    interrupted_ = true;
    on_interrupt_();
  }
}

}  // namespace eider::cli

#include "server/line_log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "base/json.h"

namespace eider::server {

namespace {

constexpr size_t kMaxText = 2000;

}  // namespace

std::string QuotedForLog(std::string_view text) {
  return Json(text.substr(0, kMaxText)).dump(-1, ' ', true, Json::error_handler_t::replace);
}

LineLog::LineLog(std::string path, std::string what)
    : path_(std::move(path)), what_(std::move(what)) {
  file_ = path_ == "-" ? dup(STDOUT_FILENO)
                       : open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
  if (file_ < 0) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("cannot write the {} {}: {}", what_, path_, std::strerror(errno)));
  }
}

LineLog::~LineLog() { close(file_); }

void LineLog::Write(std::string line) {
  line += '\n';
  std::string_view rest = line;
  std::lock_guard<std::mutex> lock(mutex_);
  while (!rest.empty()) {
    ssize_t count = write(file_, rest.data(), rest.size());
    if (count >= 0) {
      rest.remove_prefix(static_cast<size_t>(count));
    } else if (errno != EINTR) {
      if (!std::exchange(complained_, true)) {
        std::fputs(
            fmt::format("The {} {} cannot be written: {}\n", what_, path_, std::strerror(errno))
                .c_str(),
            stderr);
      }
      return;
    }
  }
}

}  // namespace eider::server

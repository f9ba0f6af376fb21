#include "server/access_log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"

namespace eider::server {

namespace {

constexpr size_t kMaxText = 2000;

// In quotes. Pure ASCII: no sequence of bytes reaches a terminal that shows the log.
std::string Quoted(std::string_view text) {
  return Json(text.substr(0, kMaxText)).dump(-1, ' ', true, Json::error_handler_t::replace);
}

}  // namespace

std::string AccessLine(const HttpExchange& exchange) {
  const HttpRequest& request = exchange.request;
  std::string line = fmt::format(
      R"({{"time":"{}","id":{},"peer":"{}","method":{},"path":{},"status":{},"bytes":{},"micros":{})",
      FormatInstant(exchange.received_micros), Quoted(request.id), request.peer,
      Quoted(request.method), Quoted(request.path), exchange.response.status, exchange.bytes_sent,
      exchange.duration_micros);
  std::string_view error = exchange.error;
  // The server's own failures are never without a cause.
  if (error.empty() && exchange.response.status >= 500) error = exchange.response.body;
  if (!error.empty()) line += ",\"error\":" + Quoted(error);
  return line + "}";
}

AccessLog::AccessLog(std::string path) : path_(std::move(path)) {
  file_ = path_ == "-" ? dup(STDOUT_FILENO)
                       : open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
  if (file_ < 0) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("cannot write the access log {}: {}", path_, std::strerror(errno)));
  }
}

AccessLog::~AccessLog() { close(file_); }

void AccessLog::Write(const HttpExchange& exchange) {
  std::string line = AccessLine(exchange) + "\n";
  std::string_view rest = line;
  std::lock_guard<std::mutex> lock(mutex_);
  while (!rest.empty()) {
    ssize_t count = write(file_, rest.data(), rest.size());
    if (count >= 0) {
      rest.remove_prefix(static_cast<size_t>(count));
    } else if (errno != EINTR) {
      if (!std::exchange(complained_, true)) {
        std::fputs(
            fmt::format("The access log {} cannot be written: {}\n", path_, std::strerror(errno))
                .c_str(),
            stderr);
      }
      return;
    }
  }
}

}  // namespace eider::server

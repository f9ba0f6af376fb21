// One line of JSON for each request.
#pragma once

#include <mutex>
#include <string>

#include "server/http_server.h"

namespace eider::server {

// Without a line end. What clients send cannot break the line, whatever it is; of a path that is
// too long the beginning stands. Fields, query and body of a request are left out: they may hold
// secrets.
std::string AccessLine(const HttpExchange& exchange);

class AccessLog {
 public:
  // A file that is appended to, or "-" for standard output. Throws kInvalidArgument naming it.
  explicit AccessLog(std::string path);
  ~AccessLog();
  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;

  const std::string& path() const { return path_; }
  // From any thread. A line that cannot be written is told of once on standard error: requests are
  // served all the same.
  void Write(const HttpExchange& exchange);

 private:
  std::string path_;
  int file_ = -1;
  std::mutex mutex_;
  bool complained_ = false;
};

}  // namespace eider::server

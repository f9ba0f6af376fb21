// One line of JSON for each request.
#pragma once

#include <string>
#include <utility>

#include "server/http_server.h"
#include "server/line_log.h"

namespace eider::server {

// Without a line end. What clients send cannot break the line, whatever it is; of a path that is
// too long the beginning stands. Fields, query and body of a request are left out: they may hold
// secrets.
std::string AccessLine(const HttpExchange& exchange);

class AccessLog {
 public:
  // As LineLog.
  explicit AccessLog(std::string path) : log_(std::move(path), "access log") {}

  void Write(const HttpExchange& exchange) { log_.Write(AccessLine(exchange)); }

 private:
  LineLog log_;
};

}  // namespace eider::server

// One request out of the bytes of a connection.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "server/http_message.h"

namespace eider::server {

class HttpRequestParser {
 public:
  // Why a request is refused, and with which status.
  struct Failure {
    int status = 400;
    std::string message;
  };

  // Limits in bytes: of the request line and all fields together, and of the body.
  HttpRequestParser(size_t max_header_bytes, size_t max_body_bytes);
  ~HttpRequestParser();
  HttpRequestParser(const HttpRequestParser&) = delete;
  HttpRequestParser& operator=(const HttpRequestParser&) = delete;

  // Takes bytes from the front of `data` and returns how many. The rest is to be given again, with
  // more behind it. Stops once behind the header, so that the caller may answer an Expect, and at
  // the request's end.
  size_t Put(std::string_view data);

  bool header_done() const;
  bool done() const;
  const std::optional<Failure>& failure() const { return failure_; }

  // Once the header is done.
  bool keep_alive() const;
  bool expects_continue() const;
  // Whether the client speaks HTTP/1.0.
  bool is_old() const;

  // What is known so far.
  HttpRequest& request();

 private:
  class Impl;

  std::unique_ptr<Impl> impl_;
  std::optional<Failure> failure_;
};

}  // namespace eider::server

// HTTP/1.1 over TCP and TLS.
//
// A few threads wait together on one epoll. The kernel gives a connection that has something to do
// to one of them, which reads the request, calls the handler and writes the answer itself: no
// request changes threads. A thread that is busy in a handler leaves the waiting to the others; one
// thread is always kept out of handlers, so that connections, refusals and time limits go on when
// all handlers wait for the disk.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "server/http_message.h"
#include "server/http_tls.h"

namespace eider::server {

struct HttpLimits {
  size_t header_bytes = 64 << 10;     // request line and fields
  size_t body_bytes = 64 << 20;       // of one request
  size_t all_body_bytes = 512 << 20;  // of all requests that are held at one time
  size_t connections = 10'000;
  // For the header. Body and answer earn a second more with every 64 KiB, up to this long.
  std::chrono::milliseconds request_time{30'000};
  std::chrono::milliseconds idle_time{300'000};  // between two requests
};

// A request and what came of it.
struct HttpExchange {
  const HttpRequest& request;  // without its body; of a malformed one, what could be read
  const HttpResponse& response;
  int64_t received_micros = 0;  // when its first byte was read, wall clock
  int64_t duration_micros = 0;  // from then until the answer was sent
  size_t bytes_sent = 0;        // of header and body
  std::string_view error;       // what a handler threw, or ""
};

// So much of a body is read from anybody. More takes memory from all others.
constexpr size_t kBodyOfAnybody = 64 << 10;

struct HttpServerOptions {
  // HOST:PORT, [IPV6]:PORT; port 0 takes a free one.
  std::string listen = "127.0.0.1:8181";
  int handlers = 0;  // how many run at the same time; 0: four a core, eight at least
  HttpLimits limits;
  std::optional<TlsFiles> tls;
  // Called with the header of a request whose body is larger than kBodyOfAnybody, once that much of
  // it is there: the answer, where the rest is not to be read. From any of the server's threads.
  std::function<std::optional<HttpResponse>(HttpRequest&)> admit;
  // Called after each answer, from any of the server's threads.
  std::function<void(const HttpExchange&)> on_exchange;
};

struct HttpServerCounts {
  size_t connections = 0;  // open now
  size_t handling = 0;     // handlers that run now
  size_t waiting = 0;      // requests that wait for a handler
  uint64_t accepted = 0;   // connections since the start
  uint64_t refused = 0;    // connections beyond the limit
};

class HttpServer {
 public:
  // Listens and serves when it returns. Throws kInvalidArgument for an address that cannot be
  // understood and kIo for one that is taken or not this machine's; what LoadTls throws.
  HttpServer(HttpServerOptions options, HttpHandler handler);
  // Stops without grace.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  uint16_t port() const;
  // "https://localhost:8181", with the host as it was given.
  std::string url() const;
  HttpServerCounts counts() const;

  // For connections made from now on. Throws what LoadTls throws, and then changes nothing.
  void ReloadTls(const TlsFiles& files);
  void SetLimits(const HttpLimits& limits);

  // Accepts nothing more, closes idle connections, and ends the others with the answers under way.
  void BeginStop();
  // Whether no connection is left.
  bool WaitUntilDrained(std::chrono::milliseconds patience);

 private:
  class Impl;

  std::unique_ptr<Impl> impl_;
};

}  // namespace eider::server

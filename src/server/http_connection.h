// One connection of a client: requests are read, handled and answered one after the other.
//
// One thread at a time drives a connection, the one that epoll gave it to. Between requests it
// holds no buffer, so that thousands of idle ones cost little. Only Expire, CloseIfIdle and
// CutOff may be called from elsewhere; they touch nothing but the socket and wake the connection by
// shutting it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "server/http_message.h"
#include "server/http_request_parser.h"
#include "server/http_server.h"
#include "server/http_stream.h"

namespace eider::server {

// What the connections of a server share.
struct HttpConnectionHost {
  HttpHandler handler;
  std::function<std::optional<HttpResponse>(HttpRequest&)> admit;
  std::function<void(const HttpExchange&)> on_exchange;
  std::atomic<bool> draining = false;  // the server stops: answers end their connections
  std::atomic<size_t> body_bytes = 0;  // of all requests that are held now
};

class HttpConnection {
 public:
  // What a connection needs to go on.
  enum class Next { kReadable, kWritable, kHandle, kClose };

  HttpConnection(int socket, std::string peer, std::shared_ptr<ssl_ctx_st> tls,
                 std::shared_ptr<const HttpLimits> limits, HttpConnectionHost& host);
  ~HttpConnection();

  int socket() const { return stream_.socket(); }

  // Goes as far as it can. `buffer` is the thread's: nothing stays in it.
  Next Advance(char* buffer, size_t size);
  // After kHandle: answers the request. Advance sends the answer.
  void Handle();

  // From any thread.
  void Expire(std::chrono::steady_clock::time_point now);
  void CloseIfIdle();
  void CutOff();

 private:
  using Clock = std::chrono::steady_clock;

  enum class State {
    kHandshake,
    kIdle,       // not a byte of the next request
    kReceiving,  // in the middle of one
    kHandling,
    kSending,
    kLingering,  // the last answer is sent; what still comes is dropped
  };

  void Enter(State state, std::chrono::milliseconds patience);
  // The deadline moves with each byte that was moved, never beyond the whole time from now: only
  // who is slow runs into it, however much there is to move.
  void Earn(size_t bytes);
  // What to do after an operation on the stream; nothing where it was done.
  static std::optional<Next> NextFor(HttpStream::Status status);

  // A step each: nothing where the next state has its turn at once.
  std::optional<Next> Shake();
  std::optional<Next> Receive(char* buffer, size_t size);
  std::optional<Next> Send();
  std::optional<Next> Linger(char* buffer, size_t size);

  // Gives received bytes to the parser; those behind the request's end are kept.
  void Take(std::string_view fresh);
  void Begin();
  // Whether the request at hand is whole, or to be refused, or its body asked for.
  std::optional<Next> Judge();
  void Refuse(int status, const std::string& message);
  void Refuse(HttpResponse response, const std::string& message);
  // Whether the rest of a large body may come; else it is refused.
  bool Admit();
  void Prepare(HttpResponse response, std::string error);
  void Finish();

  HttpStream stream_;
  std::string peer_;
  std::shared_ptr<const ClientCertificate> certificate_;
  std::shared_ptr<const HttpLimits> limits_;
  HttpConnectionHost& host_;

  std::atomic<State> state_ = State::kHandshake;
  std::atomic<int64_t> deadline_ = 0;  // nanoseconds of the steady clock; 0: none
  std::atomic<bool> expired_ = false;

  // Of the request at hand.
  std::optional<HttpRequestParser> parser_;
  std::string pending_;  // received, not parsed
  bool continued_ = false;
  bool admitted_ = false;
  size_t accounted_ = 0;
  int64_t received_micros_ = 0;  // wall clock
  Clock::time_point began_;

  // Of its answer.
  HttpRequest request_;
  HttpResponse response_;
  std::string head_;
  std::string error_;
  size_t written_ = 0;
  bool has_body_ = false;
  bool closes_ = false;   // no further request is read
  bool lingers_ = false;  // the client may still be sending
};

}  // namespace eider::server

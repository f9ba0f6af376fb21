#include "server/http_connection.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <exception>
#include <utility>

#include "base/clock.h"
#include "base/text.h"
#include "base/uuid.h"
#include "server/http_status.h"

namespace eider::server {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLingerTime{2000};
constexpr milliseconds kRefusalTime{5000};
constexpr int64_t kNanosPerByte = 1'000'000'000 / (64 << 10);
// What one record of TLS holds, less its own overhead.
constexpr size_t kRecordBytes = 16 << 10;
constexpr size_t kMaxRequestId = 128;

// An id that may stand in a log and a header as it is.
bool IsRequestId(std::string_view id) {
  return !id.empty() && id.size() <= kMaxRequestId && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == ':' || c == '/' || c == '+' || c == '=';
  });
}

// Unique among all servers by its first half, in this one by its second.
std::string NewRequestId() {
  static const auto kServer = static_cast<uint64_t>(NewRandomId()) & 0xFFFFFFFFFFFFULL;
  static std::atomic<uint64_t> count = 0;
  return fmt::format("{:012x}-{:06x}", kServer, ++count);
}

// "Tue, 24 Nov 2026 23:12:00 GMT", made once a second and thread.
std::string_view DateText() {
  thread_local std::time_t made = 0;
  thread_local std::array<char, 40> text;
  thread_local size_t length = 0;
  std::time_t now = std::time(nullptr);
  if (now != made) {
    std::tm utc{};
    gmtime_r(&now, &utc);
    static constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed",
                                                         "Thu", "Fri", "Sat"};
    static constexpr std::array<const char*, 12> kMonths = {
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    auto end = fmt::format_to_n(text.data(), text.size(), "{}, {:02} {} {} {:02}:{:02}:{:02} GMT",
                                kDays[utc.tm_wday], utc.tm_mday, kMonths[utc.tm_mon],
                                utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
    length = static_cast<size_t>(end.out - text.data());
    made = now;
  }
  return {text.data(), length};
}

// The fields that are the transport's to set.
bool IsOfTransport(std::string_view name) {
  for (const char* own :
       {"Content-Length", "Connection", "Transfer-Encoding", "Date", "X-Request-Id"}) {
    if (EqualsIgnoreCase(name, own)) return true;
  }
  return false;
}

// A value with a line break in it would be a field of its own.
void AppendField(std::string& head, std::string_view name, std::string_view value) {
  head += name;
  head += ": ";
  for (char c : value) head += (c == '\r' || c == '\n' || c == '\0') ? ' ' : c;
  head += "\r\n";
}

bool MayHaveBody(int status) { return status >= 200 && status != 204 && status != 304; }

}  // namespace

HttpConnection::HttpConnection(int socket, std::string peer, std::shared_ptr<ssl_ctx_st> tls,
                               std::shared_ptr<const HttpLimits> limits, HttpConnectionHost& host)
    : stream_(socket, std::move(tls)),
      peer_(std::move(peer)),
      limits_(std::move(limits)),
      host_(host) {
  if (stream_.is_tls()) {
    Enter(State::kHandshake, limits_->request_time);
  } else {
    Enter(State::kIdle, limits_->request_time);
  }
}

HttpConnection::~HttpConnection() { host_.body_bytes -= accounted_; }

void HttpConnection::Enter(State state, milliseconds patience) {
  deadline_ = patience.count() > 0
                  ? std::chrono::nanoseconds((Clock::now() + patience).time_since_epoch()).count()
                  : 0;
  expired_ = false;
  state_ = state;
}

void HttpConnection::Earn(size_t bytes) {
  auto limit = Clock::now() + limits_->request_time;
  deadline_ = std::min(deadline_ + static_cast<int64_t>(bytes) * kNanosPerByte,
                       std::chrono::nanoseconds(limit.time_since_epoch()).count());
}

void HttpConnection::Expire(Clock::time_point now) {
  int64_t deadline = deadline_;
  if (deadline == 0 || std::chrono::nanoseconds(now.time_since_epoch()).count() < deadline) return;
  State state = state_;
  if (!expired_ && (state == State::kIdle || state == State::kReceiving)) {
    // A request that stands in the socket's buffer is still read, and a slow one told so.
    expired_ = true;
    deadline_ = std::chrono::nanoseconds((now + kRefusalTime).time_since_epoch()).count();
    shutdown(stream_.socket(), SHUT_RD);
  } else {
    shutdown(stream_.socket(), SHUT_RDWR);
  }
}

void HttpConnection::CloseIfIdle() {
  State state = state_;
  if (state == State::kIdle) shutdown(stream_.socket(), SHUT_RD);
  if (state == State::kHandshake) CutOff();
}

void HttpConnection::CutOff() { shutdown(stream_.socket(), SHUT_RDWR); }

HttpConnection::Next HttpConnection::Advance(char* buffer, size_t size) {
  while (true) {
    std::optional<Next> next;
    switch (state_.load()) {
      case State::kHandshake:
        next = Shake();
        break;
      case State::kIdle:
      case State::kReceiving:
        next = Receive(buffer, size);
        break;
      case State::kHandling:
        next = Next::kHandle;
        break;
      case State::kSending:
        next = Send();
        break;
      case State::kLingering:
        next = Linger(buffer, size);
        break;
    }
    if (next) return *next;
  }
}

std::optional<HttpConnection::Next> HttpConnection::NextFor(HttpStream::Status status) {
  switch (status) {
    case HttpStream::Status::kDone:
      return std::nullopt;
    case HttpStream::Status::kWantRead:
      return Next::kReadable;
    case HttpStream::Status::kWantWrite:
      return Next::kWritable;
    case HttpStream::Status::kEnd:
    case HttpStream::Status::kFailed:
      break;
  }
  return Next::kClose;
}

std::optional<HttpConnection::Next> HttpConnection::Shake() {
  HttpStream::Result result = stream_.Handshake();
  if (stream_.met_plain_http()) {
    Begin();
    Refuse(400, "this port speaks TLS: the URL must begin with https://");
    return std::nullopt;
  }
  if (auto next = NextFor(result.status)) return next;
  certificate_ = stream_.certificate();
  Enter(State::kIdle, limits_->request_time);
  return std::nullopt;
}

std::optional<HttpConnection::Next> HttpConnection::Receive(char* buffer, size_t size) {
  while (true) {
    if (auto next = Judge()) return next;
    if (state_ == State::kSending) return std::nullopt;
    if (expired_ && state_ == State::kReceiving) {
      Refuse(408, "the request did not come in time");
      return std::nullopt;
    }
    HttpStream::Result result = stream_.Read(buffer, size);
    if (result.status == HttpStream::Status::kEnd && expired_ && state_ == State::kReceiving) {
      continue;
    }
    if (auto next = NextFor(result.status)) return next;
    Take({buffer, result.count});
    Earn(result.count);
    // A read that did not fill the buffer has emptied the socket.
    if (result.count < size && !stream_.HasUnread()) {
      if (auto next = Judge()) return next;
      return state_ == State::kSending ? std::nullopt : std::optional(Next::kReadable);
    }
  }
}

void HttpConnection::Take(std::string_view fresh) {
  std::string held;
  std::string_view data = fresh;
  if (!pending_.empty()) {
    pending_ += fresh;
    held.swap(pending_);
    data = held;
  }
  if (!parser_) {
    // Old clients end a body with a line break that is not counted.
    data.remove_prefix(std::min(data.find_first_not_of("\r\n"), data.size()));
    if (data.empty()) return;
    Begin();
  }
  while (!data.empty() && !parser_->done() && !parser_->failure()) {
    size_t used = parser_->Put(data);
    if (used == 0) break;
    data.remove_prefix(used);
  }
  size_t size = parser_->request().body.size();
  host_.body_bytes += size - accounted_;
  accounted_ = size;
  pending_.assign(data);
}

void HttpConnection::Begin() {
  parser_.emplace(limits_->header_bytes, limits_->body_bytes);
  received_micros_ = NowMicros();
  began_ = Clock::now();
  continued_ = false;
  admitted_ = false;
  Enter(State::kReceiving, limits_->request_time);
}

std::optional<HttpConnection::Next> HttpConnection::Judge() {
  if (!parser_) return std::nullopt;
  if (parser_->failure()) {
    Refuse(parser_->failure()->status, parser_->failure()->message);
    return std::nullopt;
  }
  if (host_.body_bytes > limits_->all_body_bytes && accounted_ > 0) {
    Refuse(503, "the server holds as many bytes of requests as it may");
    return std::nullopt;
  }
  if (accounted_ > kBodyOfAnybody && !Admit()) return std::nullopt;
  if (parser_->done()) {
    Enter(State::kHandling, milliseconds(0));
    return Next::kHandle;
  }
  if (parser_->header_done() && parser_->expects_continue() && !continued_) {
    continued_ = true;
    if (accounted_ > 0 || !pending_.empty()) return std::nullopt;
    constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    // So few bytes fit into any socket that can still be written to.
    if (stream_.Write(kContinue, "").count != kContinue.size()) return Next::kClose;
  }
  return std::nullopt;
}

bool HttpConnection::Admit() {
  if (std::exchange(admitted_, true) || !host_.admit) return true;
  HttpRequest& request = parser_->request();
  request.peer = peer_;
  request.certificate = certificate_;
  std::optional<HttpResponse> refusal;
  try {
    refusal = host_.admit(request);
  } catch (const std::exception& error) {
    refusal = ErrorResponse(500, error.what());
  }
  if (refusal) Refuse(std::move(*refusal), "");
  return !refusal;
}

void HttpConnection::Refuse(int status, const std::string& message) {
  Refuse(ErrorResponse(status, message), message);
}

void HttpConnection::Refuse(HttpResponse response, const std::string& message) {
  closes_ = true;
  lingers_ = true;
  request_ = std::move(parser_->request());
  request_.peer = peer_;
  request_.id = NewRequestId();
  Prepare(std::move(response), message);
}

void HttpConnection::Handle() {
  request_ = std::move(parser_->request());
  request_.peer = peer_;
  request_.certificate = certificate_;
  std::string_view id = request_.Field("X-Request-Id");
  request_.id = IsRequestId(id) ? std::string(id) : NewRequestId();
  closes_ = !parser_->keep_alive();
  HttpResponse response;
  std::string error;
  try {
    response = host_.handler(request_);
  } catch (const Error& e) {
    response = ErrorResponse(e);
    error = e.what();
  } catch (const std::exception& e) {
    response = ErrorResponse(500, e.what());
    error = e.what();
  }
  Prepare(std::move(response), std::move(error));
}

void HttpConnection::Prepare(HttpResponse response, std::string error) {
  response_ = std::move(response);
  error_ = std::move(error);
  // The body has done its duty.
  request_.body = {};
  host_.body_bytes -= std::exchange(accounted_, 0);
  if (host_.draining) closes_ = true;
  has_body_ = request_.method != "HEAD" && MayHaveBody(response_.status);
  head_ = fmt::format("HTTP/1.1 {} {}\r\nDate: {}\r\n", response_.status,
                      ReasonPhrase(response_.status), DateText());
  if (MayHaveBody(response_.status)) {
    head_ += fmt::format("Content-Length: {}\r\n", response_.body.size());
  }
  for (const auto& [name, value] : response_.fields) {
    if (!IsOfTransport(name)) AppendField(head_, name, value);
  }
  AppendField(head_, "X-Request-Id", request_.id);
  if (closes_) {
    head_ += "Connection: close\r\n";
  } else if (parser_->is_old()) {
    head_ += "Connection: keep-alive\r\n";
  }
  head_ += "\r\n";
  if (stream_.is_tls() && has_body_ && head_.size() + response_.body.size() <= kRecordBytes) {
    head_ += response_.body;
    has_body_ = false;
  }
  written_ = 0;
  Enter(State::kSending, limits_->request_time);
}

std::optional<HttpConnection::Next> HttpConnection::Send() {
  std::string_view body = has_body_ ? std::string_view(response_.body) : std::string_view();
  while (written_ < head_.size() + body.size()) {
    size_t in_head = std::min(written_, head_.size());
    HttpStream::Result result =
        stream_.Write(std::string_view(head_).substr(in_head), body.substr(written_ - in_head));
    if (auto next = NextFor(result.status)) {
      if (next == Next::kClose) Finish();
      return next;
    }
    written_ += result.count;
    Earn(result.count);
  }
  Finish();
  if (closes_) {
    // To close a socket with bytes unread would make the kernel drop the answer on its way.
    if (!lingers_ && pending_.empty()) return Next::kClose;
    stream_.FinishWriting();
    Enter(State::kLingering, kLingerTime);
    return std::nullopt;
  }
  Enter(State::kIdle, limits_->idle_time);
  // Set before the state was: either BeginStop sees this connection idle, or it is seen here.
  if (host_.draining) return Next::kClose;
  if (!pending_.empty()) {
    Take({});
    return std::nullopt;
  }
  return stream_.HasUnread() ? std::nullopt : std::optional(Next::kReadable);
}

void HttpConnection::Finish() {
  if (host_.on_exchange) {
    auto duration = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - began_);
    HttpExchange exchange{request_,         response_, received_micros_,
                          duration.count(), written_,  error_};
    host_.on_exchange(exchange);
  }
  parser_.reset();
  request_ = {};
  response_ = {};
  head_ = {};
  error_ = {};
}

std::optional<HttpConnection::Next> HttpConnection::Linger(char* buffer, size_t size) {
  while (true) {
    HttpStream::Result result = stream_.Read(buffer, size);
    if (auto next = NextFor(result.status)) return next;
  }
}

}  // namespace eider::server

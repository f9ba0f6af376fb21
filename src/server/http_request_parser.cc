#include "server/http_request_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include "base/text.h"

namespace eider::server {

namespace http = boost::beast::http;

namespace {

constexpr size_t kMaxFields = 200;
// Beyond it a body grows as it comes, so that a length that is only announced takes no memory.
constexpr size_t kMaxReserved = 1 << 20;

using View = boost::beast::string_view;

std::string_view ToStd(View text) { return {text.data(), text.size()}; }

int StatusOf(const boost::beast::error_code& code) {
  if (code == http::error::header_limit) return 431;
  if (code == http::error::body_limit) return 413;
  if (code == http::error::bad_version) return 505;
  return 400;
}

}  // namespace

class HttpRequestParser::Impl : public http::basic_parser<true> {
 public:
  Impl(size_t max_header_bytes, size_t max_body_bytes, std::optional<Failure>& failure)
      : failure_(failure), max_header_bytes_(max_header_bytes), max_body_bytes_(max_body_bytes) {
    header_limit(static_cast<uint32_t>(max_header_bytes));
    body_limit(max_body_bytes);
  }

  HttpRequest& request() { return request_; }
  bool expects_continue() const { return expects_continue_; }
  bool is_old() const { return version_ < 11; }
  size_t max_header_bytes() const { return max_header_bytes_; }
  // Of the lines that were read.
  size_t header_bytes() const { return header_bytes_; }

  void Fail(const boost::beast::error_code& code) {
    if (failure_) return;
    int status = StatusOf(code);
    std::string message = fmt::format("the request is malformed: {}", code.message());
    if (status == 431) {
      message = fmt::format("the request's header is larger than {} bytes", max_header_bytes_);
    } else if (status == 413) {
      message = fmt::format("the request's body is larger than {} bytes", max_body_bytes_);
    } else if (status == 505) {
      message = "the server speaks HTTP/1.1 and HTTP/1.0";
    }
    failure_ = Failure{status, message};
  }

 private:
  using ErrorCode = boost::beast::error_code;

  // Sets our own reason; Beast only needs to know that it must stop.
  void Refuse(int status, std::string message, ErrorCode& code) {
    failure_ = Failure{status, std::move(message)};
    code = http::error::bad_value;
  }

  // Beast holds its limit against what lies unread, not against all that came.
  bool CountHeader(size_t bytes, ErrorCode& code) {
    header_bytes_ += bytes;
    if (header_bytes_ <= max_header_bytes_) return true;
    code = http::error::header_limit;
    return false;
  }

  void on_request_impl(http::verb, View method, View target_view, int version,
                       ErrorCode& code) override {
    std::string_view target = ToStd(target_view);
    request_.method = ToStd(method);
    version_ = version;
    if (!CountHeader(method.size() + target.size() + 12, code)) return;
    // A proxy's absolute form: http://host/path.
    if (!target.starts_with('/')) {
      size_t scheme = target.find("://");
      if (scheme != std::string_view::npos) {
        size_t slash = target.find_first_of("/?", scheme + 3);
        target = slash == std::string_view::npos ? "/" : target.substr(slash);
      }
    }
    size_t mark = target.find('?');
    request_.path = target.substr(0, mark);
    if (mark != std::string_view::npos) request_.query = target.substr(mark + 1);
    if (!request_.path.starts_with('/') && request_.path != "*") {
      Refuse(400, "the request's target is no path", code);
    } else if (target.find('#') != std::string_view::npos) {
      Refuse(400, "the request's target holds a fragment", code);
    }
  }

  void on_response_impl(int, View, int, ErrorCode&) override {}

  void on_field_impl(http::field field, View name_view, View value_view, ErrorCode& code) override {
    // Trailers of a chunked body are read over: none may stand in for a field of the header.
    if (is_header_done()) return;
    std::string_view name = ToStd(name_view);
    std::string_view value = ToStd(value_view);
    if (!CountHeader(name.size() + value.size() + 4, code)) return;
    if (++field_count_ > kMaxFields) return Refuse(431, "the request has too many fields", code);
    switch (field) {
      case http::field::transfer_encoding:
        if (is_old()) return Refuse(400, "HTTP/1.0 knows no Transfer-Encoding", code);
        if (!EqualsIgnoreCase(value, "chunked")) {
          return Refuse(501, "only the transfer encoding 'chunked' is understood", code);
        }
        break;
      case http::field::expect:
        if (!EqualsIgnoreCase(value, "100-continue")) {
          return Refuse(417, "only the expectation '100-continue' is understood", code);
        }
        expects_continue_ = !is_old();
        break;
      default:
        break;
    }
    auto [it, added] = request_.fields.emplace(name, value);
    if (added) return;
    if (field == http::field::host || field == http::field::authorization) {
      return Refuse(400, fmt::format("the field {} stands twice", it->first), code);
    }
    if (field != http::field::content_length) {
      it->second += field == http::field::cookie ? "; " : ", ";
      it->second += value;
    }
  }

  void on_header_impl(ErrorCode& code) override {
    if (!is_old() && !request_.fields.contains("Host")) {
      Refuse(400, "the request has no field Host", code);
    }
  }

  void on_body_init_impl(const boost::optional<std::uint64_t>& length, ErrorCode&) override {
    if (length) request_.body.reserve(std::min<std::uint64_t>(*length, kMaxReserved));
  }

  std::size_t on_body_impl(View data, ErrorCode&) override {
    request_.body.append(data.data(), data.size());
    return data.size();
  }

  void on_chunk_header_impl(std::uint64_t, View, ErrorCode&) override {}

  std::size_t on_chunk_body_impl(std::uint64_t, View data, ErrorCode&) override {
    request_.body.append(data.data(), data.size());
    return data.size();
  }

  void on_finish_impl(ErrorCode&) override {}

  std::optional<Failure>& failure_;
  size_t max_header_bytes_;
  size_t max_body_bytes_;
  HttpRequest request_;
  int version_ = 11;
  size_t header_bytes_ = 0;
  size_t field_count_ = 0;
  bool expects_continue_ = false;
};

HttpRequestParser::HttpRequestParser(size_t max_header_bytes, size_t max_body_bytes)
    : impl_(std::make_unique<Impl>(max_header_bytes, max_body_bytes, failure_)) {}

HttpRequestParser::~HttpRequestParser() = default;

size_t HttpRequestParser::Put(std::string_view data) {
  size_t used = 0;
  while (!failure_ && !done() && used < data.size()) {
    bool header_was_done = header_done();
    boost::beast::error_code code;
    used += impl_->put({data.data() + used, data.size() - used}, code);
    if (code == http::error::need_more) {
      // Lines between chunks have the header's limit too.
      size_t read = header_done() ? 0 : impl_->header_bytes();
      if (read + data.size() - used <= impl_->max_header_bytes()) break;
      code = http::error::header_limit;
    }
    if (code) impl_->Fail(code);
    if (!header_was_done && header_done()) break;
  }
  return used;
}

bool HttpRequestParser::header_done() const { return impl_->is_header_done(); }
bool HttpRequestParser::done() const { return impl_->is_done(); }
bool HttpRequestParser::keep_alive() const { return impl_->keep_alive(); }
bool HttpRequestParser::expects_continue() const { return impl_->expects_continue(); }
bool HttpRequestParser::is_old() const { return impl_->is_old(); }
HttpRequest& HttpRequestParser::request() { return impl_->request(); }

}  // namespace eider::server

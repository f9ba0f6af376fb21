// Requests over HTTP and HTTPS, for all that Eider asks of others: object stores, REST catalogs,
// token issuers, webhooks.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace eider::io {

struct HttpHeader {
  std::string name;
  std::string value;
};

struct HttpRequest {
  std::string method = "GET";
  // Absolute, percent-encoded; sent as it stands ("." and ".." in a path are kept). It bears no
  // user name or password: credentials go into headers.
  std::string url;
  std::vector<HttpHeader> headers;
  std::string_view body = {};  // must outlive the call
};

struct HttpResponse {
  int status = 0;
  std::vector<HttpHeader> headers;  // in the order they came
  std::string body;

  bool ok() const { return status >= 200 && status < 300; }
  // The value of a header, whatever the case of its name; "" where it is absent.
  std::string Header(std::string_view name) const;
};

struct HttpClientOptions {
  std::chrono::milliseconds connect_timeout{5'000};
  // The whole exchange; 0 sets no limit.
  std::chrono::milliseconds timeout{60'000};
  // How long nothing may move in either direction once connected. Whole seconds.
  std::chrono::seconds stall_timeout{30};
  int64_t body_limit = int64_t{256} << 20;  // bytes of an answer
  // How many redirects a GET or HEAD follows. With 0 the redirect is the answer.
  int redirects = 0;
  // Refuses every address that is not one of the public internet (loopback, private, link-local,
  // a cloud's metadata service, ..), whatever name led to it: for URLs that a client gives us. It
  // looks at the address that is connected to, so that a name which resolves anew gains nothing.
  bool public_addresses_only = false;
  // PEM file of the authorities to trust instead of the system's.
  std::string ca_file;
};

// Keeps its connections open for the next request. Any thread may use it; each request that is
// under way has a connection of its own.
class HttpClient {
 public:
  explicit HttpClient(HttpClientOptions options = {});
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Any answer is a result, whatever its status. Errors name method, host and path, never the
  // query, a header or the body:
  //   kInvalidArgument  the URL or a header is none
  //   kPermission       the address is refused, or the server's certificate
  //   kIo               the request did not get to the server, or it was a GET or HEAD
  //   kUnknownOutcome   the request (not a GET or HEAD) was sent, at least in part, and the answer
  //                     did not come: the server may have done what it was asked
  //   kUnsupported      the answer is larger than `body_limit`
  // Nothing but a GET or HEAD is ever sent a second time by itself.
  HttpResponse Send(const HttpRequest& request);

 private:
  class Exchange;
  struct CloseHandle {
    void operator()(void* handle) const;
  };
  using Handle = std::unique_ptr<void, CloseHandle>;

  Handle Take();
  void GiveBack(Handle handle);

  HttpClientOptions options_;
  std::mutex mutex_;
  std::vector<Handle> idle_;  // each with its open connections; the last used is last
};

// "https://host:9000/path", without user, query and fragment: what a message may show of a URL.
std::string UrlWithoutSecrets(std::string_view url);

}  // namespace eider::io

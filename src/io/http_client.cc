#include "io/http_client.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "io/curl_library.h"
#include "io/network_address.h"

namespace eider::io {

namespace {

constexpr size_t kMostIdleHandles = 64;
// Servers close connections that nobody used for a while, most after a minute. One that is about to
// be closed is not worth the trouble of a request that may or may not have been heard.
constexpr long kMostIdleSeconds = 20;

bool HasControlCharacter(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F;
  });
}

void CheckUrl(const std::string& url) {
  const CurlLibrary& curl = Curl();
  std::unique_ptr<CURLU, decltype(curl.url_cleanup)> parsed(curl.url(), curl.url_cleanup);
  auto part = [&](CURLUPart which) {
    char* text = nullptr;
    curl.url_get(parsed.get(), which, &text, 0);
    std::string result = text == nullptr ? "" : text;
    curl.free(text);
    return result;
  };
  bool whole =
      !HasControlCharacter(url) && url.find(' ') == std::string::npos &&
      curl.url_set(parsed.get(), CURLUPART_URL, url.c_str(), CURLU_PATH_AS_IS) == CURLUE_OK;
  // curl is lenient: it takes "http:/host" and "http:///host" as well.
  std::string scheme = whole ? part(CURLUPART_SCHEME) : "";
  size_t slashes = url.find_first_not_of('/', scheme.size() + 1) - scheme.size() - 1;
  if ((scheme != "http" && scheme != "https") || slashes != 2) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("{} is not an http or https URL", UrlWithoutSecrets(url)));
  }
  if (!part(CURLUPART_USER).empty() || !part(CURLUPART_PASSWORD).empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("the URL of {} holds a user name or password", UrlWithoutSecrets(url)))
        .WithHint("Give credentials in settings of their own.");
  }
}

bool IsTokenCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

void CheckHeader(const HttpHeader& header) {
  bool named =
      !header.name.empty() && std::all_of(header.name.begin(), header.name.end(), IsTokenCharacter);
  if (named && !HasControlCharacter(header.value)) return;
  throw Error(ErrorCode::kInvalidArgument,
              named ? fmt::format("the header {} holds a control character", header.name)
                    : "a header's name holds a character it may not");
}

}  // namespace

std::string HttpResponse::Header(std::string_view name) const {
  for (const HttpHeader& header : headers) {
    if (EqualsIgnoreCase(header.name, name)) return header.value;
  }
  return "";
}

std::string UrlWithoutSecrets(std::string_view url) {
  url = url.substr(0, url.find_first_of("?#"));
  size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return std::string(url);
  size_t host = scheme + 3;
  std::string_view authority = url.substr(host, url.find('/', host) - host);
  size_t user = authority.rfind('@');
  size_t skipped = user == std::string_view::npos ? 0 : user + 1;
  return std::string(url.substr(0, host)) + std::string(url.substr(host + skipped));
}

// One request and its answer on a handle: what curl calls back with.
class HttpClient::Exchange {
 public:
  Exchange(const HttpClientOptions& options, const HttpRequest& request)
      : curl_(Curl()),
        options_(options),
        request_(request),
        repeatable_(request.method == "GET" || request.method == "HEAD") {
    CheckUrl(request.url);
    for (const HttpHeader& header : request.headers) {
      CheckHeader(header);
      // curl takes a header without value for one to leave out, unless it ends in a semicolon.
      AddLine(header.value.empty() ? header.name + ";" : header.name + ": " + header.value);
    }
    // Not sent by itself: a form's type with each body, and a wait for "100 Continue".
    if (!Has("Content-Type")) AddLine("Content-Type:");
    AddLine("Expect:");
  }
  ~Exchange() { curl_.slist_free_all(lines_); }
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  HttpResponse Perform(CURL* handle) {
    SetUp(handle);
    CURLcode result = curl_.easy_perform(handle);
    if (result != CURLE_OK) Fail(result);
    long status = 0;
    curl_.easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    response_.status = static_cast<int>(status);
    return std::move(response_);
  }

 private:
  bool Has(std::string_view name) const {
    return std::any_of(
        request_.headers.begin(), request_.headers.end(),
        [&](const HttpHeader& header) { return EqualsIgnoreCase(header.name, name); });
  }

  void AddLine(const std::string& line) { lines_ = curl_.slist_append(lines_, line.c_str()); }

  void SetUp(CURL* handle) {
    auto set = [&](CURLoption option, auto value) {
      CURLcode result = curl_.easy_setopt(handle, option, value);
      if (result == CURLE_OK) return;
      throw Error(ErrorCode::kInternal,
                  fmt::format("libcurl refuses its option {}: {}", static_cast<int>(option),
                              curl_.easy_strerror(result)));
    };
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_ERRORBUFFER, error_);
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(CURLOPT_URL, request_.url.c_str());
    set(CURLOPT_PATH_AS_IS, 1L);
    set(CURLOPT_HTTPHEADER, lines_);
    set(CURLOPT_TCP_KEEPALIVE, 1L);
    set(CURLOPT_MAXAGE_CONN, kMostIdleSeconds);
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_.connect_timeout.count()));
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(options_.timeout.count()));
    set(CURLOPT_LOW_SPEED_LIMIT, 1L);
    set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(options_.stall_timeout.count()));
    if (!options_.ca_file.empty()) set(CURLOPT_CAINFO, options_.ca_file.c_str());
    if (options_.redirects > 0 && repeatable_) {
      set(CURLOPT_FOLLOWLOCATION, 1L);
      set(CURLOPT_MAXREDIRS, static_cast<long>(options_.redirects));
      set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    }
    if (request_.method == "HEAD") {
      set(CURLOPT_NOBODY, 1L);
    } else if (request_.method != "GET" || !request_.body.empty()) {
      set(CURLOPT_CUSTOMREQUEST, request_.method.c_str());
      if (!request_.body.empty() || request_.method == "PUT" || request_.method == "POST") {
        set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
        set(CURLOPT_POSTFIELDS, request_.body.empty() ? "" : request_.body.data());
      }
    }
    set(CURLOPT_HEADERFUNCTION, &Exchange::OnHeader);
    set(CURLOPT_HEADERDATA, this);
    set(CURLOPT_WRITEFUNCTION, &Exchange::OnBody);
    set(CURLOPT_WRITEDATA, this);
    set(CURLOPT_PREREQFUNCTION, &Exchange::OnReady);
    set(CURLOPT_PREREQDATA, this);
    if (options_.public_addresses_only) {
      // A proxy would look up the name itself, behind our back.
      set(CURLOPT_PROXY, "");
      set(CURLOPT_OPENSOCKETFUNCTION, &Exchange::OnOpenSocket);
      set(CURLOPT_OPENSOCKETDATA, this);
    }
  }

  static size_t OnHeader(char* data, size_t, size_t size, void* self) {
    auto* exchange = static_cast<Exchange*>(self);
    std::string_view line = Trim(std::string_view(data, size));
    // Each answer of several (100 Continue, redirects) begins anew; the last is the one.
    if (line.starts_with("HTTP/")) exchange->response_ = {};
    exchange->header_bytes_ += size;
    if (exchange->header_bytes_ > kMostHeaderBytes) return exchange->Oversized();
    size_t colon = line.find(':');
    if (colon != std::string_view::npos) {
      exchange->response_.headers.push_back(
          {std::string(line.substr(0, colon)), std::string(Trim(line.substr(colon + 1)))});
    }
    return size;
  }

  static size_t OnBody(char* data, size_t, size_t size, void* self) {
    auto* exchange = static_cast<Exchange*>(self);
    std::string& body = exchange->response_.body;
    if (static_cast<int64_t>(body.size() + size) > exchange->options_.body_limit) {
      return exchange->Oversized();
    }
    body.append(data, size);
    return size;
  }

  size_t Oversized() {
    oversized_ = true;
    return 0;
  }

  // A connection stands, and the request is about to be written to it. curl comes here again where
  // the server closed a kept connection without an answer: it takes for granted that the request
  // was not heard, and would send it once more.
  static int OnReady(void* self, char*, char*, int, int) {
    auto* exchange = static_cast<Exchange*>(self);
    if (exchange->sent_ && !exchange->repeatable_) return CURL_PREREQFUNC_ABORT;
    exchange->sent_ = true;
    return CURL_PREREQFUNC_OK;
  }

  static curl_socket_t OnOpenSocket(void* self, curlsocktype, curl_sockaddr* address) {
    auto* exchange = static_cast<Exchange*>(self);
    if (!IsPublicAddress(address->addr)) {
      exchange->refused_address_ = true;
      return CURL_SOCKET_BAD;
    }
    return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  }

  [[noreturn]] void Fail(CURLcode result) const {
    std::string what = request_.method + " " + UrlWithoutSecrets(request_.url);
    if (oversized_) {
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("{}: the answer is larger than {} bytes", what, options_.body_limit));
    }
    if (refused_address_ && result == CURLE_COULDNT_CONNECT) {
      throw Error(ErrorCode::kPermission,
                  fmt::format("{}: its address is not one of the public internet", what));
    }
    std::string reason = error_[0] == '\0' ? curl_.easy_strerror(result) : error_;
    if (result == CURLE_ABORTED_BY_CALLBACK) reason = "the server closed the connection";
    if (result == CURLE_PEER_FAILED_VERIFICATION || result == CURLE_SSL_CACERT_BADFILE) {
      throw Error(ErrorCode::kPermission,
                  fmt::format("{}: the server's certificate is not trusted: {}", what, reason));
    }
    if (sent_ && !repeatable_) {
      throw Error(
          ErrorCode::kUnknownOutcome,
          fmt::format("{}: the request was sent, its answer did not come: {}", what, reason));
    }
    Error error(ErrorCode::kIo, fmt::format("{}: {}", what, reason));
    if (result == CURLE_COULDNT_CONNECT || result == CURLE_COULDNT_RESOLVE_HOST) {
      throw error.WithHint("Does the server run, and is its address right?");
    }
    throw error;
  }

  static constexpr size_t kMostHeaderBytes = 256 << 10;

  const CurlLibrary& curl_;
  const HttpClientOptions& options_;
  const HttpRequest& request_;
  bool repeatable_;
  curl_slist* lines_ = nullptr;
  char error_[CURL_ERROR_SIZE] = "";
  HttpResponse response_;
  size_t header_bytes_ = 0;
  bool sent_ = false;
  bool oversized_ = false;
  bool refused_address_ = false;
};

void HttpClient::CloseHandle::operator()(void* handle) const { Curl().easy_cleanup(handle); }

HttpClient::HttpClient(HttpClientOptions options) : options_(std::move(options)) {}

HttpClient::~HttpClient() = default;

HttpClient::Handle HttpClient::Take() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (!idle_.empty()) {
      Handle handle = std::move(idle_.back());
      idle_.pop_back();
      return handle;
    }
  }
  Handle handle(Curl().easy_init());
  if (handle == nullptr) throw Error(ErrorCode::kInternal, "libcurl gives no handle");
  return handle;
}

void HttpClient::GiveBack(Handle handle) {
  Curl().easy_reset(handle.get());
  std::lock_guard<std::mutex> lock(mutex_);
  if (idle_.size() < kMostIdleHandles) idle_.push_back(std::move(handle));
}

HttpResponse HttpClient::Send(const HttpRequest& request) {
  Exchange exchange(options_, request);
  Handle handle = Take();
  HttpResponse response;
  try {
    response = exchange.Perform(handle.get());
  } catch (...) {
    // curl has closed the connection that failed; the handle is as good as new.
    GiveBack(std::move(handle));
    throw;
  }
  GiveBack(std::move(handle));
  return response;
}

}  // namespace eider::io

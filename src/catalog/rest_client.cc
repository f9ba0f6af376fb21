#include "catalog/rest_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "base/uuid.h"

namespace eider::catalog {

namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// How long a catalog that fails is asked again, from its first failure on, in milliseconds.
constexpr int64_t kPatience = 15'000;
// How much longer it may make us wait by saying when to come back.
constexpr milliseconds kMostWait{60'000};

// What a catalog offers that does not say so.
constexpr std::string_view kUsualEndpoints[] = {
    "GET /v1/{prefix}/namespaces",
    "POST /v1/{prefix}/namespaces",
    "GET /v1/{prefix}/namespaces/{namespace}",
    "DELETE /v1/{prefix}/namespaces/{namespace}",
    "POST /v1/{prefix}/namespaces/{namespace}/properties",
    "GET /v1/{prefix}/namespaces/{namespace}/tables",
    "POST /v1/{prefix}/namespaces/{namespace}/tables",
    "GET /v1/{prefix}/namespaces/{namespace}/tables/{table}",
    "POST /v1/{prefix}/namespaces/{namespace}/tables/{table}",
    "DELETE /v1/{prefix}/namespaces/{namespace}/tables/{table}",
    "POST /v1/{prefix}/tables/rename",
    "POST /v1/{prefix}/namespaces/{namespace}/register",
    "POST /v1/{prefix}/transactions/commit",
};
constexpr std::string_view kUsualViewEndpoints[] = {
    "GET /v1/{prefix}/namespaces/{namespace}/views",
    "POST /v1/{prefix}/namespaces/{namespace}/views",
    "GET /v1/{prefix}/namespaces/{namespace}/views/{view}",
    "POST /v1/{prefix}/namespaces/{namespace}/views/{view}",
    "DELETE /v1/{prefix}/namespaces/{namespace}/views/{view}",
    "POST /v1/{prefix}/views/rename",
};

// A UUID of version 7: the time in milliseconds, then random bits.
std::string NewKey() {
  std::string time = fmt::format("{:012x}", NowMillis());
  return time.substr(0, 8) + "-" + time.substr(8) + "-7" + NewUuid().substr(15);
}

// How long the catalog asks us to stay away; nullopt where it does not say.
std::optional<milliseconds> RetryAfter(const io::HttpResponse& response) {
  std::string text = response.Header("Retry-After");
  int64_t seconds = -1;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size() || seconds < 0) return std::nullopt;
  return milliseconds(std::min<int64_t>(seconds, 3600) * 1000);
}

// When to try again, and when to give up.
class Patience {
 public:
  explicit Patience(milliseconds whole) : whole_(whole) {}

  // Waits before the next try; false where there is to be none.
  bool Wait(std::optional<milliseconds> asked_for = std::nullopt) {
    auto now = Clock::now();
    if (tries_++ == 0) end_ = now + whole_;
    milliseconds pause =
        std::min(milliseconds(25) * (1 << std::min(tries_, 7)), milliseconds(2000));
    pause += milliseconds(NewRandomId() % (pause.count() / 2));
    if (asked_for) {
      waited_ += *asked_for;
      if (waited_ > kMostWait) return false;
      pause = std::max(pause, *asked_for);
      end_ += *asked_for;
    }
    if (now + pause > end_) return false;
    std::this_thread::sleep_for(pause);
    return true;
  }

 private:
  const milliseconds whole_;
  int tries_ = 0;
  milliseconds waited_{0};
  Clock::time_point end_;
};

bool IsServerFailure(int status) {
  return status == 408 || status == 500 || status == 502 || status == 503 || status == 504;
}

}  // namespace

// An answer that is no success.
struct RestClient::Problem {
  std::string type;  // the specification's "type", "" where the answer has none
  Error error;
};

std::map<std::string, std::string> TextMembers(const Json& answer, const char* key) {
  std::map<std::string, std::string> members;
  if (!answer.is_object()) return members;
  auto found = answer.find(key);
  if (found == answer.end() || !found->is_object()) return members;
  for (const auto& [name, value] : found->items()) {
    if (value.is_string()) members[name] = value.get<std::string>();
  }
  return members;
}

RestClient::RestClient(RestProperties properties) : properties_(std::move(properties)) {
  uri_ = Property("uri");
  while (uri_.ends_with('/')) uri_.pop_back();
  if (uri_.empty()) {
    throw Error(ErrorCode::kInvalidArgument, "a REST catalog needs its uri")
        .WithHint("Such as http://localhost:8181/iceberg.");
  }
  properties_["uri"] = uri_;
  patience_ = milliseconds(RestNumber(properties_, "rest.client.retry-timeout-ms", kPatience));
  io::HttpClientOptions options;
  options.ca_file = Property("ssl.cabundle");
  http_ = std::make_unique<io::HttpClient>(options);
  authentication_ = MakeRestAuthentication(properties_, *http_);
  Configure();
}

void RestClient::Configure() {
  prefix_ = "/v1";
  std::string path = prefix_ + "/config";
  std::string warehouse = Property("warehouse");
  if (!warehouse.empty()) path += "?warehouse=" + PercentEncode(warehouse);
  auto accept_headers = [this] {
    // Asked for with each request: a catalog that lends keys for its storage does so only then.
    headers_ = {{"Accept", "application/json"},
                {"X-Iceberg-Access-Delegation", "vended-credentials"}};
    constexpr std::string_view kOwn = "header.";
    for (const auto& [name, value] : properties_) {
      if (!name.starts_with(kOwn)) continue;
      std::string header = name.substr(kOwn.size());
      std::erase_if(headers_, [&](const auto& h) { return EqualsIgnoreCase(h.name, header); });
      headers_.push_back({header, value});
    }
  };
  accept_headers();
  // Once: where nobody listens, the address is more likely wrong than the catalog about to start.
  io::HttpResponse response = SendOnce("GET", path, "", {});
  if (!response.ok()) {
    Error error = ProblemOf(response, "the catalog's configuration").error;
    if (response.status == 404 && !warehouse.empty()) {
      error.WithHint(fmt::format("Does {} know a warehouse {}?", uri_, warehouse));
    }
    throw Error(error);
  }
  Json config = TryParseJson(response.body);
  if (config.is_discarded() || !config.is_object()) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("{} is no Iceberg REST catalog: its /v1/config is not JSON",
                            io::UrlWithoutSecrets(uri_)))
        .WithHint("The uri is what comes before /v1, such as http://localhost:8181/iceberg.");
  }
  RestProperties merged = TextMembers(config, "defaults");
  for (const auto& [name, value] : properties_) merged[name] = value;
  for (const auto& [name, value] : TextMembers(config, "overrides")) merged[name] = value;
  // Whom we ask, and as whom, is the user's to say.
  merged["uri"] = uri_;
  properties_ = std::move(merged);
  accept_headers();

  std::string own_prefix = Property("prefix");
  while (own_prefix.starts_with('/')) own_prefix.erase(0, 1);
  while (own_prefix.ends_with('/')) own_prefix.pop_back();
  if (!own_prefix.empty()) prefix_ += "/" + own_prefix;
  separator_ = Property("namespace-separator");
  if (separator_.empty()) separator_ = "%1F";
  keeps_answers_ =
      config.contains("idempotency-key-lifetime") && config["idempotency-key-lifetime"].is_string();
  auto offered = config.find("endpoints");
  if (offered != config.end() && offered->is_array() && !offered->empty()) {
    for (const Json& endpoint : *offered) {
      if (endpoint.is_string()) endpoints_.insert(endpoint.get<std::string>());
    }
  } else {
    endpoints_.insert(std::begin(kUsualEndpoints), std::end(kUsualEndpoints));
    if (Flag("view-endpoints-supported", false)) {
      endpoints_.insert(std::begin(kUsualViewEndpoints), std::end(kUsualViewEndpoints));
    }
  }
}

std::string RestClient::NamespaceText(const Namespace& name) const {
  std::vector<std::string> levels;
  for (const std::string& level : name) levels.push_back(PercentEncode(level));
  return Join(levels, separator_);
}

std::string RestClient::NamespacePath(const Namespace& name) const {
  return NamespacesPath() + "/" + NamespaceText(name);
}

std::string RestClient::TablePath(const TableIdentifier& identifier) const {
  return TablesPath(identifier.name_space) + "/" + PercentEncode(identifier.name);
}

std::string RestClient::ViewPath(const TableIdentifier& identifier) const {
  return ViewsPath(identifier.name_space) + "/" + PercentEncode(identifier.name);
}

io::HttpResponse RestClient::SendOnce(const std::string& method, const std::string& path,
                                      const std::string& body,
                                      const std::vector<io::HttpHeader>& headers) {
  for (bool renewed = false;; renewed = true) {
    io::HttpRequest request;
    request.method = method;
    request.url = uri_ + path;
    request.headers = headers_;
    request.headers.insert(request.headers.end(), headers.begin(), headers.end());
    if (!body.empty()) request.headers.push_back({"Content-Type", "application/json"});
    request.body = body;
    authentication_->Sign(request);
    io::HttpResponse response = http_->Send(request);
    bool refused = response.status == 401 || response.status == 419;
    if (!refused || renewed || !authentication_->Renew(request)) return response;
  }
}

RestClient::Problem RestClient::ProblemOf(const io::HttpResponse& response,
                                          const std::string& what) const {
  Json body = TryParseJson(response.body);
  std::string type;
  std::string message;
  if (!body.is_discarded() && body.is_object() && body.contains("error")) {
    const Json& error = body["error"];
    if (error.is_object()) {
      RestProperties texts = TextMembers(body, "error");
      type = texts["type"];
      message = texts["message"];
    } else if (error.is_string()) {
      message = error.get<std::string>();
    }
  }
  message = authentication_->WithoutSecrets(message);
  std::string text =
      fmt::format("{}: the catalog answered {}{}{}", what, response.status,
                  type.empty() ? "" : " " + type, message.empty() ? "" : ": " + message);
  auto with = [&](ErrorCode code) { return Problem{type, Error(code, text)}; };
  switch (response.status) {
    case 401:
    case 403:
    case 407:
    case 419: {
      Problem problem = with(ErrorCode::kPermission);
      problem.error.WithHint("Look at the catalog's token or credential, and at what it allows.");
      return problem;
    }
    case 404:
      return with(ErrorCode::kNotFound);
    case 405:
    case 406:
    case 501:
      return with(ErrorCode::kUnsupported);
    case 409:
      return with(type == "AlreadyExistsException" ? ErrorCode::kAlreadyExists
                                                   : ErrorCode::kConflict);
    case 429:
      return with(ErrorCode::kIo);
    default:
      return with(response.status >= 400 && response.status < 500 && response.status != 408
                      ? ErrorCode::kInvalidArgument
                      : ErrorCode::kIo);
  }
}

std::optional<RestReply> RestClient::Get(const std::string& path,
                                         const std::string& if_none_match) {
  std::vector<io::HttpHeader> headers;
  if (!if_none_match.empty()) headers.push_back({"If-None-Match", if_none_match});
  std::string what = "GET " + io::UrlWithoutSecrets(uri_ + path);
  Patience patience(patience_);
  while (true) {
    std::optional<milliseconds> asked_for;
    std::optional<Error> failure;
    try {
      io::HttpResponse response = SendOnce("GET", path, "", headers);
      if (response.ok() || response.status == 304) {
        RestReply reply{response.status, nullptr, response.Header("ETag")};
        if (response.ok() && !response.body.empty()) reply.body = ParseJson(response.body, what);
        return reply;
      }
      Problem problem = ProblemOf(response, what);
      // What is not there, unless it is a file of the table that is not.
      if (response.status == 404 && problem.type != "NotFoundException") return std::nullopt;
      if (!IsServerFailure(response.status) && response.status != 429) throw Error(problem.error);
      asked_for = RetryAfter(response);
      failure = problem.error;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kIo) throw;
      failure = error;
    }
    if (!patience.Wait(asked_for)) throw Error(*failure);
  }
}

std::vector<Json> RestClient::List(const std::string& path, const char* key) {
  std::vector<Json> members;
  std::string size = Property("rest-page-size");
  std::string token;
  std::string joint = path.find('?') == std::string::npos ? "?" : "&";
  while (true) {
    std::string page = path + joint + "pageToken=" + PercentEncode(token);
    if (!size.empty()) page += "&pageSize=" + PercentEncode(size);
    auto reply = Get(page);
    if (!reply) return members;
    const std::string what = "listing " + io::UrlWithoutSecrets(uri_ + path);
    for (const Json& member : RequireArray(reply->body, key, what)) members.push_back(member);
    auto next = reply->body.find("next-page-token");
    if (next == reply->body.end() || !next->is_string()) return members;
    std::string next_token = next->get<std::string>();
    if (next_token.empty() || next_token == token) return members;
    token = std::move(next_token);
  }
}

Landed RestClient::Look(const RestChange& change) const {
  try {
    return change.look();
  } catch (const Error&) {
    return Landed::kUnknown;
  }
}

std::optional<RestReply> RestClient::Send(const RestChange& change) {
  // The same for every sending: a catalog that keeps its answers does the change once.
  std::vector<io::HttpHeader> headers = {{"Idempotency-Key", NewKey()}};
  std::string body = change.body.is_null() ? "" : change.body.dump();
  auto unknown = [&](const Error& cause) {
    return Error(ErrorCode::kUnknownOutcome,
                 fmt::format("whether {} landed is not known: {}", change.what, cause.message()))
        .WithHint("Nothing that belongs to it was removed. Look before trying again.");
  };
  Patience patience(patience_);
  bool lost = false;  // whether a sending may have been heard that was not answered
  while (true) {
    io::HttpResponse response;
    Error failure(ErrorCode::kIo, "");
    try {
      response = SendOnce(change.method, change.path, body, headers);
    } catch (const Error& error) {
      // An answer too large to be read is one that was lost.
      bool heard =
          error.code() == ErrorCode::kUnknownOutcome || error.code() == ErrorCode::kUnsupported;
      if (!heard && error.code() != ErrorCode::kIo) throw lost ? unknown(error) : error;
      lost = lost || heard;
      failure = error;
    }
    if (response.ok()) {
      RestReply reply{response.status, nullptr, response.Header("ETag")};
      if (response.body.empty()) return reply;
      reply.body = TryParseJson(response.body);
      if (reply.body.is_discarded()) return std::nullopt;
      return reply;
    }
    if (response.status != 0) {
      failure = ProblemOf(response, change.what).error;
      bool answered = response.status != 429 && !IsServerFailure(response.status);
      if (answered) {
        bool taken = response.status == 409;
        if (!lost && !(taken && change.tells_own)) throw Error(failure);
        // The sending before, or one that something between us and the catalog repeated, may be
        // what stands in the way of this one.
        Landed landed = Look(change);
        if (landed == Landed::kYes) return std::nullopt;
        if (!lost) throw Error(failure);
        // Only what has moved on for good keeps the other one out as well.
        if (landed == Landed::kNo && (taken || response.status == 404)) throw Error(failure);
        throw unknown(failure);
      }
      lost = lost || response.status != 429;
    }
    if (lost && !keeps_answers_ && Look(change) == Landed::kYes) return std::nullopt;
    if (patience.Wait(RetryAfter(response))) continue;
    if (!lost) throw Error(failure);
    if (Look(change) == Landed::kYes) return std::nullopt;
    throw unknown(failure);
  }
}

}  // namespace eider::catalog

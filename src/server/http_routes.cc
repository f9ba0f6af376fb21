#include "server/http_routes.h"

#include <fmt/format.h>

#include "base/json.h"
#include "base/text.h"
#include "server/http_status.h"

namespace eider::server {

namespace {

constexpr std::string_view kHealth = "/healthz";
constexpr std::string_view kReady = "/readyz";
constexpr std::string_view kMetrics = "/metrics";

HttpResponse Text(std::string_view type, std::string body) {
  HttpResponse response;
  response.fields["Content-Type"] = type;
  response.body = std::move(body);
  return response;
}

// "localhost:8181" -> "localhost", "[::1]:8181" -> "::1".
std::string_view HostName(std::string_view host) {
  if (host.starts_with('[')) return host.substr(1, host.find(']') - 1);
  return host.substr(0, host.find(':'));
}

bool IsLocalName(std::string_view host) {
  std::string_view name = HostName(host);
  return EqualsIgnoreCase(name, "localhost") || name == "::1" ||
         (name.starts_with("127.") &&
          name.find_first_not_of("0123456789.") == std::string_view::npos);
}

bool IsForeign(const HttpRequest& request) {
  std::string_view host = request.Field("Host");
  if (!host.empty() && !IsLocalName(host)) return true;
  std::string_view origin = request.Field("Origin");
  size_t scheme = origin.find("://");
  return !origin.empty() &&
         (scheme == std::string_view::npos || !EqualsIgnoreCase(origin.substr(scheme + 3), host));
}

}  // namespace

HttpResponse HttpRoutes::Handle(HttpRequest& request) const {
  if (only_this_machine && IsForeign(request)) {
    return ErrorResponse(403,
                         "without authentication the server answers only this machine itself, "
                         "asked by its name localhost");
  }
  if (request.path == kHealth || request.path == kReady || request.path == kMetrics) {
    if (request.method != "GET" && request.method != "HEAD") {
      HttpResponse response =
          ErrorResponse(405, fmt::format("{} is only to be read", request.path));
      response.fields["Allow"] = "GET, HEAD";
      return response;
    }
    if (request.path == kReady) {
      // Whoever looks after the server asks often, and says nothing of themselves.
      bool is_known = !access || !access->asks() || !request.Field("Authorization").empty();
      return Ready(is_known && !Admit(request));
    }
    if (request.path == kMetrics) return Metrics(request);
    return Text("application/json", "{\"status\":\"alive\"}\n");
  }
  if (access && access->gives_tokens() && request.path == OAuthEndpoint::kPath) {
    return access->GiveToken(request);
  }
  if (request.path == "/" && !start_page.empty()) {
    HttpResponse response;
    response.status = 302;
    response.fields["Location"] = start_page;
    return response;
  }
  const Mount* mount = MountOf(request.path);
  if (mount && mount->is_open) return mount->handle(request);
  if (auto refusal = Admit(request)) return *refusal;
  if (mount) {
    std::unique_ptr<AccessControl::Turn> turn;
    if (access) {
      if (auto refusal = access->Enter(request, turn)) return *refusal;
    }
    return mount->handle(request);
  }
  std::string message = fmt::format("nothing is served at {}", request.path);
  if (request.path.starts_with("/v1/")) {
    message += "; the URI that clients of the catalog are given ends with /iceberg";
  }
  return ErrorResponse(404, message);
}

std::string HttpRoutes::RouteOf(const HttpRequest& request) const {
  for (std::string_view own : {kHealth, kReady, kMetrics}) {
    if (request.path == own) return std::string(own);
  }
  const Mount* mount = MountOf(request.path);
  std::string_view route = mount ? mount->route_of(request) : "";
  return route.empty() ? "other" : mount->path + std::string(route);
}

std::optional<HttpResponse> HttpRoutes::AdmitBody(HttpRequest& request) const {
  if (access && access->gives_tokens() && request.path == OAuthEndpoint::kPath) {
    return ErrorResponse(413, "a request for a token is shorter");
  }
  return Admit(request);
}

std::optional<HttpResponse> HttpRoutes::Admit(HttpRequest& request) const {
  // Large bodies are admitted before.
  if (request.principal) return std::nullopt;
  if (access) return access->Admit(request);
  request.principal = Principal::Anonymous();
  return std::nullopt;
}

HttpResponse HttpRoutes::Metrics(HttpRequest& request) const {
  if (access && !access->open_metrics()) {
    if (auto refusal = Admit(request)) return *refusal;
    // They name tables of every warehouse.
    if (!request.principal->May(Right::kRead, {})) {
      return ErrorResponse(403, fmt::format("{} may not read everything, as {} tells of everything",
                                            request.principal->name(), kMetrics));
    }
  }
  return Text("text/plain; version=0.0.4", metrics());
}

HttpResponse HttpRoutes::Ready(bool in_detail) const {
  Json states = Json::object();
  bool ready = true;
  for (const Check& check : checks) {
    try {
      check.run();
      states[check.name] = "ready";
    } catch (const std::exception& error) {
      states[check.name] = error.what();
      ready = false;
    }
  }
  Json body = {{"status", ready ? "ready" : "not ready"}};
  if (in_detail) body["warehouses"] = std::move(states);
  HttpResponse response =
      Text("application/json", body.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
  if (!ready) response.status = 503;
  return response;
}

const HttpRoutes::Mount* HttpRoutes::MountOf(std::string_view path) const {
  for (const Mount& mount : mounts) {
    if (path.starts_with(mount.path) &&
        (path.size() == mount.path.size() || path[mount.path.size()] == '/')) {
      return &mount;
    }
  }
  return nullptr;
}

}  // namespace eider::server

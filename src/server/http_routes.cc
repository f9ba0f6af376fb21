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

HttpResponse HttpRoutes::Handle(const HttpRequest& request) const {
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
    if (request.path == kReady) return Ready();
    if (request.path == kMetrics) return Text("text/plain; version=0.0.4", metrics());
    return Text("application/json", "{\"status\":\"alive\"}\n");
  }
  if (const Mount* mount = MountOf(request.path)) return mount->handle(request);
  return ErrorResponse(404, fmt::format("nothing is served at {}", request.path));
}

std::string HttpRoutes::RouteOf(const HttpRequest& request) const {
  for (std::string_view own : {kHealth, kReady, kMetrics}) {
    if (request.path == own) return std::string(own);
  }
  const Mount* mount = MountOf(request.path);
  std::string_view route = mount ? mount->route_of(request) : "";
  return route.empty() ? "other" : mount->path + std::string(route);
}

HttpResponse HttpRoutes::Ready() const {
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
  Json body = {{"status", ready ? "ready" : "not ready"}, {"warehouses", std::move(states)}};
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

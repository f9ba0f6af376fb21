#include "server/rest_route.h"

#include <algorithm>

#include "server/rest_commit.h"
#include "server/rest_namespaces.h"
#include "server/rest_plan.h"
#include "server/rest_signing.h"
#include "server/rest_tables.h"
#include "server/rest_views.h"

namespace eider::server {

namespace {

constexpr std::string_view kRoot = "/iceberg";
constexpr std::string_view kPrefix = "{prefix}";
// What may follow /v1/, or the prefix.
constexpr std::string_view kFirstNames[] = {"namespaces",   "tables", "views",
                                            "transactions", "config", "oauth"};

// "/a/b" -> "a", "b"
std::vector<std::string_view> Names(std::string_view path) {
  std::vector<std::string_view> names;
  while (path.starts_with('/')) {
    path.remove_prefix(1);
    size_t end = std::min(path.find('/'), path.size());
    names.push_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return names;
}

struct Template {
  std::vector<std::string_view> names;
  const RestRoute* route = nullptr;
};

const std::vector<Template>& Templates() {
  static const std::vector<Template> templates = [] {
    std::vector<Template> parsed;
    for (const RestRoute& route : RestRoutes()) parsed.push_back({Names(route.path), &route});
    return parsed;
  }();
  return templates;
}

bool IsParameter(std::string_view name) { return name.starts_with('{'); }

bool Fits(const std::vector<std::string_view>& pattern,
          const std::vector<std::string_view>& names) {
  return std::equal(pattern.begin(), pattern.end(), names.begin(), names.end(),
                    [](std::string_view expected, std::string_view actual) {
                      return IsParameter(expected) ? !actual.empty() || expected == kPrefix
                                                   : expected == actual;
                    });
}

}  // namespace

const std::vector<RestRoute>& RestRoutes() {
  using enum Needs;
  static const std::vector<RestRoute> routes = {
      {"GET", "/v1/{prefix}/namespaces", kSight, ListNamespaces},
      {"POST", "/v1/{prefix}/namespaces", kWhatTheBodySays, CreateNamespace},
      {"GET", "/v1/{prefix}/namespaces/{namespace}", kSight, LoadNamespace},
      {"HEAD", "/v1/{prefix}/namespaces/{namespace}", kSight, CheckNamespaceExists},
      {"DELETE", "/v1/{prefix}/namespaces/{namespace}", kAdmin, DropNamespace},
      {"POST", "/v1/{prefix}/namespaces/{namespace}/properties", kAdmin, UpdateNamespaceProperties},
      {"GET", "/v1/{prefix}/namespaces/{namespace}/tables", kSight, ListTables},
      {"POST", "/v1/{prefix}/namespaces/{namespace}/tables", kWhatTheBodySays, CreateTable},
      {"GET", "/v1/{prefix}/namespaces/{namespace}/tables/{table}", kRead, LoadTable},
      {"POST", "/v1/{prefix}/namespaces/{namespace}/tables/{table}", kWrite, UpdateTable},
      {"DELETE", "/v1/{prefix}/namespaces/{namespace}/tables/{table}", kWrite, DropTable},
      {"HEAD", "/v1/{prefix}/namespaces/{namespace}/tables/{table}", kRead, CheckTableExists},
      {"POST", "/v1/{prefix}/namespaces/{namespace}/tables/{table}/unregister", kWrite,
       UnregisterTable},
      {"GET", "/v1/{prefix}/namespaces/{namespace}/tables/{table}/credentials", kRead,
       LoadCredentials},
      {"POST", "/v1/{prefix}/namespaces/{namespace}/tables/{table}/metrics", kRead, ReportMetrics},
      {"POST", "/v1/{prefix}/namespaces/{namespace}/register", kWhatTheBodySays, RegisterTable},
      {"POST", "/v1/{prefix}/tables/rename", kWhatTheBodySays, RenameTable},
      {"POST", "/v1/{prefix}/transactions/commit", kWhatTheBodySays, CommitTransaction},
      {"GET", "/v1/{prefix}/namespaces/{namespace}/views", kSight, ListViews},
      {"POST", "/v1/{prefix}/namespaces/{namespace}/views", kWhatTheBodySays, CreateView},
      {"GET", "/v1/{prefix}/namespaces/{namespace}/views/{view}", kRead, LoadView},
      {"POST", "/v1/{prefix}/namespaces/{namespace}/views/{view}", kWrite, ReplaceView},
      {"DELETE", "/v1/{prefix}/namespaces/{namespace}/views/{view}", kWrite, DropView},
      {"HEAD", "/v1/{prefix}/namespaces/{namespace}/views/{view}", kRead, CheckViewExists},
      {"POST", "/v1/{prefix}/views/rename", kWhatTheBodySays, RenameView},
      {"POST", "/v1/{prefix}/namespaces/{namespace}/register-view", kWhatTheBodySays, RegisterView},
      {"POST", "/v1/oauth/tokens"},
      {"GET", "/v1/{prefix}/namespaces/{namespace}/functions", kSight},
      {"GET", "/v1/{prefix}/namespaces/{namespace}/functions/{function}", kSight},
      {"POST", "/v1/{prefix}/namespaces/{namespace}/tables/{table}/plan", kRead, PlanTableScan},
      {"GET", "/v1/{prefix}/namespaces/{namespace}/tables/{table}/plan/{plan-id}", kRead,
       FetchPlanningResult},
      {"DELETE", "/v1/{prefix}/namespaces/{namespace}/tables/{table}/plan/{plan-id}", kRead,
       CancelPlanning},
      {"POST", "/v1/{prefix}/namespaces/{namespace}/tables/{table}/tasks", kRead, FetchScanTasks},
      {"POST", "/v1/{prefix}/namespaces/{namespace}/tables/{table}/sign", kRead, SignRequest},
  };
  return routes;
}

bool IsReservedPrefix(std::string_view name) {
  return std::find(std::begin(kFirstNames), std::end(kFirstNames), name) != std::end(kFirstNames);
}

std::optional<RestPath> FindRestPath(std::string_view path) {
  if (!path.starts_with(kRoot)) return std::nullopt;
  path.remove_prefix(kRoot.size());
  RestPath found;
  if (path == kConfigPath) {
    found.path = kConfigPath;
    return found;
  }
  std::vector<std::string_view> names = Names(path);
  if (names.size() < 2) return std::nullopt;
  // Without a prefix the path is shorter by a name.
  if (names[1] != "oauth" && IsReservedPrefix(names[1])) names.insert(names.begin() + 1, "");
  for (const Template& candidate : Templates()) {
    if (!Fits(candidate.names, names)) continue;
    found.routes.push_back(candidate.route);
    if (found.routes.size() > 1) continue;
    found.path = candidate.route->path;
    for (size_t i = 0; i < names.size(); ++i) {
      if (!IsParameter(candidate.names[i])) continue;
      if (candidate.names[i] == kPrefix) {
        found.prefix = names[i];
      } else if (candidate.names[i] == "{namespace}") {
        found.name_space = names[i];
      } else if (found.name.empty()) {
        found.name = names[i];
      }
    }
  }
  if (found.routes.empty()) return std::nullopt;
  return found;
}

}  // namespace eider::server

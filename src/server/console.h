// The console at /ui: a static page, compiled into the program, and the few routes below /ui/api
// that it needs beside the REST catalog and /metrics. They only read.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.h"
#include "server/commit_feed.h"
#include "server/dbt_run.h"
#include "server/http_message.h"
#include "server/iceberg_rest.h"
#include "server/rest_locations.h"

namespace eider::server {

class Console {
 public:
  struct Warehouse {
    std::string name;
    std::shared_ptr<catalog::Catalog> catalog;
    RestLocations locations;  // as for clients
  };
  // What is pointed to outlives the console.
  struct Sources {
    std::string version;  // of the program
    std::vector<Warehouse> warehouses;
    const CommitFeed* commits = nullptr;
    const IcebergRest* rest = nullptr;
    DbtRuns* runs = nullptr;
  };

  static constexpr std::string_view kPath = "/ui";
  static constexpr std::string_view kApiPath = "/ui/api";

  explicit Console(Sources sources) : sources_(std::move(sources)) {}

  // Below kApiPath, for request.principal, who is shown only what they may see.
  HttpResponse Handle(const HttpRequest& request) const;
  // Of the static page, which tells nothing and is for everybody.
  static HttpResponse File(const HttpRequest& request);
  // For metrics: what follows kApiPath or kPath; "" for what is not there.
  static std::string_view RouteOf(const HttpRequest& request);
  static std::string_view FileOf(const HttpRequest& request);

 private:
  using Route = Json (Console::*)(const HttpRequest&) const;

  static const std::map<std::string_view, Route>& Routes();
  Json Warehouses(const HttpRequest& request) const;
  Json Namespaces(const HttpRequest& request) const;
  Json Commits(const HttpRequest& request) const;
  Json Files(const HttpRequest& request) const;
  Json Reports(const HttpRequest& request) const;
  Json Runs(const HttpRequest& request) const;

  struct Counts {
    size_t tables = 0;
    size_t views = 0;
  };
  static std::map<catalog::Namespace, Counts> CountsOf(const HttpRequest& request,
                                                       const Warehouse& warehouse);
  const Warehouse& WarehouseOf(const HttpRequest& request) const;

  Sources sources_;
};

}  // namespace eider::server

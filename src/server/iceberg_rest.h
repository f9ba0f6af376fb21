// The catalog of the Iceberg REST specification over one or more warehouses, free of any transport:
// requests for /iceberg/v1/.. in, answers out.
//
// A warehouse's routes lie under its name as the prefix that GET /v1/config tells; those without a
// prefix are the first one's.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.h"
#include "server/audit_log.h"
#include "server/commit_watch.h"
#include "server/http_message.h"
#include "server/rest_metrics.h"
#include "server/rest_plan.h"

namespace eider::server {

struct IcebergRestWarehouse {
  std::string name;
  std::shared_ptr<catalog::Catalog> catalog;
  // Folders beside the warehouse in which clients may have tables lie.
  std::vector<std::string> allowed_locations = {};
  std::shared_ptr<CommitWatch> watch = nullptr;  // is told of every commit
  PlanLimits plan_limits = {};
};

// What has come of requests to a warehouse since the object was made.
struct IcebergRestCounts {
  std::string warehouse;
  uint64_t conflicts = 0;        // commits that lost to another
  uint64_t unknown_commits = 0;  // commits of which it is not known whether they landed
  uint64_t repeated = 0;         // requests that were done before, and answered as then
  uint64_t loads_from_cache = 0;
  uint64_t loads_from_files = 0;
  uint64_t keys_told = 0;  // answers with keys for S3
  uint64_t keys_made = 0;  // sessions of a role, for one table each
  uint64_t key_failures = 0;
  uint64_t requests_signed = 0;
  uint64_t requests_not_signed = 0;
};

class IcebergRest {
 public:
  // At least one. Throws kInvalidArgument for a name that stands twice or is none of a path's.
  // `audit` may be null.
  explicit IcebergRest(std::vector<IcebergRestWarehouse> warehouses,
                       std::shared_ptr<AuditLog> audit = nullptr);
  ~IcebergRest();
  IcebergRest(const IcebergRest&) = delete;
  IcebergRest& operator=(const IcebergRest&) = delete;

  // `request.principal` must be known. Throws faults of the server, as Error or another exception;
  // the transport answers and logs them. May be called from any thread.
  HttpResponse Handle(const HttpRequest& request);

  // The template of the route that a request is for, "/v1/{prefix}/namespaces/{namespace}"; "" for
  // none. For metrics, which must not grow with the names that clients ask for.
  static std::string_view RouteOf(const HttpRequest& request);

  // What clients have reported, the latest first.
  std::vector<MetricsReport> LatestMetrics(size_t count) const;
  std::vector<IcebergRestCounts> counts() const;

 private:
  class Impl;

  std::unique_ptr<Impl> impl_;
};

}  // namespace eider::server

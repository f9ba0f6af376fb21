// Scan planning: which files a client has to read, told by the server.
//
// Nothing here takes long, however large the table: an answer is limited in its files, its size and
// the entries that are looked at for it. What is left becomes plan tasks, each a part of the files
// that were not looked at yet, which clients fetch, side by side if they like. So a plan is
// complete at once ("completed"), and no server works on behind a client's back.
#pragma once

#include <string>

#include "base/lru_cache.h"
#include "server/http_message.h"
#include "server/rest_plan_request.h"

namespace eider::server {

struct RestCall;

// Of one answer.
struct PlanLimits {
  size_t tasks = 4'000;
  size_t bytes = 4 << 20;
  uint64_t entries = 100'000;  // of manifests
  size_t plan_tasks = 8;
};

// The requests of plans that were not cancelled, as this server remembers them; the oldest are
// forgotten. Safe from any thread.
class RestPlans {
 public:
  RestPlans();

  // Its id.
  std::string Add(const PlanRequest& request);
  // nullptr where there is none of that id.
  std::shared_ptr<const PlanRequest> Find(const std::string& id);
  // Whether there was one.
  bool Cancel(const std::string& id);

 private:
  LruCache<PlanRequest> plans_;
};

HttpResponse PlanTableScan(RestCall& call);
HttpResponse FetchPlanningResult(RestCall& call);
HttpResponse CancelPlanning(RestCall& call);
HttpResponse FetchScanTasks(RestCall& call);

}  // namespace eider::server

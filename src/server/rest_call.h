// One request to a route of one warehouse: what its handler works with.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "server/access_right.h"
#include "server/commit_watch.h"
#include "server/http_message.h"
#include "server/principal.h"
#include "server/rest_delegation.h"
#include "server/rest_idempotency.h"
#include "server/rest_loaded.h"
#include "server/rest_locations.h"
#include "server/rest_metrics.h"
#include "server/rest_plan.h"
#include "server/rest_request.h"

namespace eider::server {

// What has come of commits.
struct CommitOutcomes {
  std::atomic<uint64_t> conflicts = 0;
  std::atomic<uint64_t> unknown = 0;   // nobody knows whether they landed
  std::atomic<uint64_t> repeated = 0;  // were done before, by their idempotency key
};

struct RestWarehouse {
  std::string name;
  std::shared_ptr<catalog::Catalog> catalog;
  RestLocations locations;
  LoadedAnswers loaded;
  KeysInFlight keys;
  std::shared_ptr<CommitWatch> watch = nullptr;  // who is told of commits, or nobody
  CommitOutcomes outcomes = {};
  PlanLimits plan_limits = {};
  RestPlans plans = {};
  Delegations delegations{catalog->files().s3_options()};
};

struct RestCall {
  const HttpRequest& http;
  RestWarehouse& warehouse;
  MetricsReports& metrics;
  QueryParameters query;
  catalog::Namespace name_space;  // of the path; empty where it has none
  std::string name;               // of the table or view in the path

  catalog::Catalog& catalog() const { return *warehouse.catalog; }
  catalog::TableIdentifier identifier() const { return {name_space, name}; }

  const Principal& principal() const { return *http.principal; }
  // What the path names.
  AccessObject object() const { return {warehouse.name, name_space, name}; }
  AccessObject ObjectOf(const catalog::TableIdentifier& identifier) const {
    return {warehouse.name, identifier.name_space, identifier.name};
  }
  AccessObject ObjectOf(const catalog::Namespace& name) const { return {warehouse.name, name}; }
  // Throws RestError 403. To be asked before it is looked whether the object exists: then the
  // refusal tells nothing of that.
  void Require(Right right, const AccessObject& object);
  void RequireSight(const AccessObject& object);
  // What rights were required on, for the audit log.
  std::vector<AccessObject> objects = {};
  // The table whose answer tells the way to its files too, where the client has asked for it. Not
  // every answer that has a table's metadata does.
  std::optional<catalog::TableIdentifier> delegates = {};
  // Whether the answer has keys in it, for the audit log.
  bool tells_keys = false;
};

// The entry of that kind, or nullopt: a view is no table.
std::optional<catalog::Entry> FindEntry(RestCall& call, const catalog::TableIdentifier& identifier,
                                        catalog::EntityKind kind);
// Throws RestError 404 where there is none.
catalog::Entry RequireTable(RestCall& call, const catalog::TableIdentifier& identifier);
catalog::Entry RequireView(RestCall& call, const catalog::TableIdentifier& identifier);

// Its properties. Throws RestError 404 where there is none.
std::map<std::string, std::string> RequireNamespace(RestCall& call, const catalog::Namespace& name);

// Throws RestError 409 where the name of a new table or view is taken by either.
void RequireFreeName(RestCall& call, const catalog::TableIdentifier& identifier,
                     catalog::EntityKind kind);

}  // namespace eider::server

#include "server/rest_plan_request.h"

#include <fmt/format.h>

#include <utility>

#include "base/base64.h"
#include "base/hash.h"
#include "iceberg/expression.h"
#include "server/rest_error.h"
#include "server/rest_request.h"

namespace eider::server {

namespace {

// Chains of conditions nest as deep as they are long.
constexpr int kDeepestFilter = 2'000;

constexpr size_t kDigestBytes = 16;

std::optional<int64_t> OptionalInteger(const Json& body, const char* key) {
  auto it = body.find(key);
  if (it == body.end() || it->is_null()) return std::nullopt;
  if (!it->is_number_integer()) throw BadRequest(fmt::format("\"{}\" is not an integer", key));
  return it->get<int64_t>();
}

std::vector<std::string> OptionalNames(const Json& body, const char* key) {
  auto it = body.find(key);
  if (it == body.end() || it->is_null()) return {};
  if (!it->is_array()) throw BadRequest(fmt::format("\"{}\" is not a list of names", key));
  return it->get<std::vector<std::string>>();
}

const iceberg::Snapshot& RequireSnapshot(const iceberg::TableMetadata& metadata, int64_t id) {
  const iceberg::Snapshot* snapshot = metadata.SnapshotById(id);
  if (snapshot == nullptr) throw BadRequest(fmt::format("the table has no snapshot {}", id));
  return *snapshot;
}

void ReadSnapshots(const Json& body, const iceberg::TableMetadata& metadata, PlanRequest& request) {
  auto at = OptionalInteger(body, "snapshot-id");
  auto start = OptionalInteger(body, "start-snapshot-id");
  auto end = OptionalInteger(body, "end-snapshot-id");
  if (start.has_value() != end.has_value()) {
    throw BadRequest("an incremental scan has both a start-snapshot-id and an end-snapshot-id");
  }
  if (at && start) {
    throw BadRequest("a scan has a snapshot-id, or a start-snapshot-id and an end-snapshot-id");
  }
  request.after_snapshot_id = start;
  request.snapshot_id = start ? end : at;
  if (request.snapshot_id) {
    RequireSnapshot(metadata, *request.snapshot_id);
  } else if (const iceberg::Snapshot* current = metadata.CurrentSnapshot()) {
    request.snapshot_id = current->snapshot_id;
  }
}

std::string Digest(const std::string& payload) { return Sha256(payload).substr(0, kDigestBytes); }

Json OptionalToJson(const std::optional<int64_t>& value) { return value ? Json(*value) : Json(); }

std::optional<int64_t> OptionalFromJson(const Json& json) {
  if (json.is_null()) return std::nullopt;
  return json.get<int64_t>();
}

}  // namespace

PlanRequest ReadPlanRequest(const std::string& body, const iceberg::TableMetadata& metadata) {
  Json json = body.empty() ? Json::object() : ParseBody(body, kDeepestFilter);
  PlanRequest request;
  request.table_uuid = metadata.table_uuid;
  Understand([&] {
    ReadSnapshots(json, metadata, request);
    const iceberg::Schema* schema = &metadata.CurrentSchema();
    if (OptionalFlag(json, "use-snapshot-schema") && request.snapshot_id) {
      schema = &metadata.SchemaOf(RequireSnapshot(metadata, *request.snapshot_id));
    }
    request.schema_id = schema->schema_id;
    const iceberg::Schema& current = metadata.CurrentSchema();
    if (schema != &current) request.also_schema_id = current.schema_id;
    if (json.contains("case-sensitive") && !json["case-sensitive"].is_null()) {
      request.case_sensitive = json["case-sensitive"].get<bool>();
    }
    if (json.contains("filter") && !json["filter"].is_null()) {
      request.filter = json["filter"];
      iceberg::ExpressionFromJson(request.filter, *schema, request.case_sensitive, &current);
    }
    // Which columns are read has no bearing on the files, so that "select" may name what only the
    // client knows, such as metadata columns. Of fields that are not there, there are no counts.
    OptionalNames(json, "select");
    for (const std::string& name : OptionalNames(json, "stats-fields")) {
      auto found = iceberg::FindFieldByPath(*schema, name, request.case_sensitive);
      if (found.field != nullptr) request.counted.insert(found.field->id);
    }
    request.enough_rows = OptionalInteger(json, "min-rows-requested");
    if (request.enough_rows && *request.enough_rows < 0) {
      throw BadRequest("\"min-rows-requested\" is below 0");
    }
  });
  return request;
}

std::string PlanTaskText(const PlanRequest& request, const iceberg::TableScan::Range& range) {
  Json json;
  json["table"] = request.table_uuid;
  json["snapshot"] = OptionalToJson(request.snapshot_id);
  json["after"] = OptionalToJson(request.after_snapshot_id);
  json["schema"] = request.schema_id;
  json["also"] = OptionalToJson(request.also_schema_id);
  json["case"] = request.case_sensitive;
  json["filter"] = request.filter;
  json["counted"] = request.counted;
  json["begin"] = range.begin;
  json["end"] = range.end;
  std::string payload = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  return Base64Url(Digest(payload) + payload);
}

std::optional<PlanTask> PlanTaskFromText(const std::string& text, const std::string& table_uuid) {
  auto bytes = FromBase64Url(text);
  if (!bytes || bytes->size() < kDigestBytes) return std::nullopt;
  std::string payload = bytes->substr(kDigestBytes);
  if (bytes->substr(0, kDigestBytes) != Digest(payload)) return std::nullopt;
  PlanTask task;
  try {
    CheckBodyDepth(payload, kDeepestFilter + 1);
    Json json = ParseJson(payload, "plan task");
    task.request.table_uuid = json.at("table").get<std::string>();
    task.request.snapshot_id = OptionalFromJson(json.at("snapshot"));
    task.request.after_snapshot_id = OptionalFromJson(json.at("after"));
    task.request.schema_id = json.at("schema").get<int32_t>();
    task.request.also_schema_id = OptionalFromJson(json.at("also"));
    task.request.case_sensitive = json.at("case").get<bool>();
    task.request.filter = json.at("filter");
    task.request.counted = json.at("counted").get<std::set<int32_t>>();
    task.range = {json.at("begin").get<uint64_t>(), json.at("end").get<uint64_t>()};
  } catch (const std::exception&) {
    return std::nullopt;  // the digest is no secret, so this too may be anybody's text
  }
  if (task.request.table_uuid != table_uuid) return std::nullopt;
  return task;
}

}  // namespace eider::server

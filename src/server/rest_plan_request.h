// What a client wants planned, and the texts by which it comes back for more of it.
//
// A plan task is the request itself, pinned to its snapshot, and a part of the snapshot's files. It
// needs nothing that a server keeps: any server of the catalog answers it, after a restart too. It
// grants nothing either: whoever sends one may read the table, and could have asked for the same.
// The digest in it tells apart what was made by a server from what was not, or was cut off.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "base/json.h"
#include "iceberg/scan.h"

namespace eider::server {

struct PlanRequest {
  std::string table_uuid;
  std::optional<int64_t> snapshot_id;  // none: of a table without snapshots
  // Set for an incremental scan, of what was appended after that snapshot.
  std::optional<int64_t> after_snapshot_id;
  int32_t schema_id = 0;  // that names are looked up in
  // Where that is a snapshot's, also the current one: Spark asks for the former and means the
  // latter when it reads the latest snapshot.
  std::optional<int64_t> also_schema_id;
  bool case_sensitive = true;
  Json filter = true;
  std::set<int32_t> counted;  // fields whose counts are wanted
  // As many rows are enough.
  std::optional<int64_t> enough_rows;
};

// Throws RestError 400.
PlanRequest ReadPlanRequest(const std::string& body, const iceberg::TableMetadata& metadata);

struct PlanTask {
  PlanRequest request;
  iceberg::TableScan::Range range;
};

std::string PlanTaskText(const PlanRequest& request, const iceberg::TableScan::Range& range);
// nullopt for a text that is no plan task of this table.
std::optional<PlanTask> PlanTaskFromText(const std::string& text, const std::string& table_uuid);

}  // namespace eider::server

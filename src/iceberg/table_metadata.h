// Table metadata files, versions 1 to 3 ("Table Metadata", Appendix C of the table spec).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "iceberg/partition_spec.h"
#include "iceberg/schema.h"

namespace eider::iceberg {

struct Snapshot {
  int64_t snapshot_id = 0;
  std::optional<int64_t> parent_snapshot_id;
  int64_t sequence_number = 0;
  int64_t timestamp_ms = 0;
  std::string manifest_list;           // empty for version 1 snapshots that list manifests inline
  std::vector<std::string> manifests;  // version 1 only
  std::map<std::string, std::string> summary;  // "operation" included
  std::optional<int32_t> schema_id;
  Json extra = Json::object();

  std::string operation() const;
};

struct SnapshotRef {
  int64_t snapshot_id = 0;
  bool is_branch = true;
  std::optional<int32_t> min_snapshots_to_keep;
  std::optional<int64_t> max_snapshot_age_ms;
  std::optional<int64_t> max_ref_age_ms;
  Json extra = Json::object();

  bool operator==(const SnapshotRef& other) const = default;
};

struct SnapshotLogEntry {
  int64_t timestamp_ms = 0;
  int64_t snapshot_id = 0;
};

struct MetadataLogEntry {
  int64_t timestamp_ms = 0;
  std::string metadata_file;
};

constexpr char kMainBranch[] = "main";

struct TableMetadata {
  int format_version = 2;
  std::string table_uuid;
  std::string location;
  int64_t last_sequence_number = 0;
  int64_t last_updated_ms = 0;
  int32_t last_column_id = 0;
  int32_t current_schema_id = 0;
  std::vector<Schema> schemas;
  int32_t default_spec_id = 0;
  std::vector<PartitionSpec> partition_specs;
  int32_t last_partition_id = kFirstPartitionFieldId - 1;
  int32_t default_sort_order_id = 0;
  std::vector<SortOrder> sort_orders;
  std::map<std::string, std::string> properties;
  std::optional<int64_t> current_snapshot_id;
  std::map<std::string, SnapshotRef> refs;
  std::vector<Snapshot> snapshots;
  std::vector<SnapshotLogEntry> snapshot_log;
  std::vector<MetadataLogEntry> metadata_log;
  Json statistics = Json::array();            // kept as they are
  Json partition_statistics = Json::array();  // kept as they are
  std::optional<int64_t> next_row_id;         // version 3
  Json extra = Json::object();                // members we do not know, kept on a rewrite

  const Schema& CurrentSchema() const;
  const Schema* SchemaById(int32_t id) const;
  const PartitionSpec& DefaultSpec() const;
  const PartitionSpec* SpecById(int32_t id) const;
  // The field of that id as the current schema has it, else as the newest schema that had it;
  // nullptr where none did.
  const NestedField* FieldById(int32_t id) const;
  // Whether that field is, or was, a column rather than a part of one.
  bool IsColumn(int32_t id) const;
  // nullptr where the table has no snapshot yet.
  const Snapshot* CurrentSnapshot() const;
  const Snapshot* SnapshotById(int64_t id) const;
  // The snapshot a branch or tag points at; nullptr where there is none of that name.
  const Snapshot* SnapshotByRef(const std::string& name) const;
  // What was current at an instant, by the snapshot log; nullptr where nothing was.
  const Snapshot* SnapshotAsOf(int64_t timestamp_ms) const;
  // The schema a snapshot is read with in time travel.
  const Schema& SchemaOf(const Snapshot& snapshot) const;

  std::string Property(const std::string& name, const std::string& fallback) const;
  // Throws kInvalidArgument naming the property where it is no integer.
  int64_t IntegerProperty(const std::string& name, int64_t fallback) const;
};

using TableMetadataPtr = std::shared_ptr<const TableMetadata>;

// `source` names the file in errors (kCorrupt, kSyntax; kUnsupported for newer versions). The text
// may be compressed with gzip.
TableMetadata ParseTableMetadata(std::string_view text, const std::string& source);
TableMetadata TableMetadataFromJson(const Json& json, const std::string& source);
Json TableMetadataToJson(const TableMetadata& metadata);

Snapshot SnapshotFromJson(const Json& json, std::string_view what);
Json SnapshotToJson(const Snapshot& snapshot, int format_version);
SnapshotRef SnapshotRefFromJson(const Json& json, std::string_view what);
Json SnapshotRefToJson(const SnapshotRef& ref);

}  // namespace eider::iceberg

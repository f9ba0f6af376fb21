// Changes to table and view metadata, and the conditions they need, as data: the kinds of the REST
// specification's TableUpdate, ViewUpdate and TableRequirement. Every commit, ours or a client's,
// is a list of these.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "iceberg/table_metadata.h"
#include "iceberg/view_metadata.h"

namespace eider::iceberg {

// An id of -1 in the Set.. updates means the one added last in the same commit.
constexpr int32_t kLastAdded = -1;

struct AssignUuid {
  std::string uuid;
};
struct UpgradeFormatVersion {
  int format_version = 2;
};
struct AddSchema {
  Schema schema;
};
struct SetCurrentSchema {
  int32_t schema_id = kLastAdded;
};
struct AddPartitionSpec {
  PartitionSpec spec;
};
struct SetDefaultSpec {
  int32_t spec_id = kLastAdded;
};
struct AddSortOrder {
  SortOrder order;
};
struct SetDefaultSortOrder {
  int32_t order_id = kLastAdded;
};
struct AddSnapshot {
  Snapshot snapshot;
};
struct SetSnapshotRef {
  std::string name;
  SnapshotRef ref;
};
struct RemoveSnapshots {
  std::vector<int64_t> snapshot_ids;
};
struct RemoveSnapshotRef {
  std::string name;
};
struct SetLocation {
  std::string location;
};
struct SetProperties {
  std::map<std::string, std::string> updates;
};
struct RemoveProperties {
  std::vector<std::string> names;
};
struct SetStatistics {
  Json statistics;  // names its snapshot
  bool partition = false;
};
struct RemoveStatistics {
  int64_t snapshot_id = 0;
  bool partition = false;
};
struct RemovePartitionSpecs {
  std::vector<int32_t> spec_ids;
};
struct RemoveSchemas {
  std::vector<int32_t> schema_ids;
};
struct AddViewVersion {
  ViewVersion version;
};
struct SetCurrentViewVersion {
  int32_t version_id = kLastAdded;
};

using TableUpdate =
    std::variant<AssignUuid, UpgradeFormatVersion, AddSchema, SetCurrentSchema, AddPartitionSpec,
                 SetDefaultSpec, AddSortOrder, SetDefaultSortOrder, AddSnapshot, SetSnapshotRef,
                 RemoveSnapshots, RemoveSnapshotRef, SetLocation, SetProperties, RemoveProperties,
                 SetStatistics, RemoveStatistics, RemovePartitionSpecs, RemoveSchemas,
                 AddViewVersion, SetCurrentViewVersion>;

// Throws kUnsupported for a kind that is not among these: an unknown change is never dropped.
TableUpdate TableUpdateFromJson(const Json& json);
Json TableUpdateToJson(const TableUpdate& update);

struct TableRequirement {
  enum class Kind {
    kAssertCreate,
    kAssertTableUuid,
    kAssertViewUuid,
    kAssertRefSnapshotId,
    kAssertLastAssignedFieldId,
    kAssertCurrentSchemaId,
    kAssertLastAssignedPartitionId,
    kAssertDefaultSpecId,
    kAssertDefaultSortOrderId,
  };
  Kind kind = Kind::kAssertCreate;
  std::string uuid;                    // the uuid kinds
  std::string ref;                     // kAssertRefSnapshotId
  std::optional<int64_t> snapshot_id;  // kAssertRefSnapshotId: none means the ref must not exist
  int32_t id = 0;                      // the id kinds

  static TableRequirement Create() { return {}; }
  static TableRequirement TableUuid(std::string uuid);
  static TableRequirement ViewUuid(std::string uuid);
  static TableRequirement RefSnapshotId(std::string ref, std::optional<int64_t> snapshot_id);
  static TableRequirement CurrentSchemaId(int32_t id);
};

TableRequirement TableRequirementFromJson(const Json& json);
Json TableRequirementToJson(const TableRequirement& requirement);

// Throws kConflict saying which requirement does not hold. `base` is nullptr where the table does
// not exist; `name` is the table, for the message.
void CheckRequirements(const std::vector<TableRequirement>& requirements, const TableMetadata* base,
                       const std::string& name);
void CheckViewRequirements(const std::vector<TableRequirement>& requirements,
                           const ViewMetadata* base, const std::string& name);

}  // namespace eider::iceberg

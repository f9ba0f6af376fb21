// Builds new metadata from a base and a list of updates, by the rules of the reference
// implementation: the one way every commit goes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "iceberg/table_update.h"

namespace eider::iceberg {

class TableMetadataBuilder {
 public:
  // From nothing, for a table that is being created.
  explicit TableMetadataBuilder(int format_version);
  // From `base`, last written at `base_location` (which joins the metadata log).
  TableMetadataBuilder(const TableMetadata& base, const std::string& base_location);

  // Throws kInvalidArgument or kConflict where an update contradicts what stands.
  void Apply(const TableUpdate& update);

  // The finished metadata; `now_ms` becomes last-updated-ms, never earlier than the base's.
  TableMetadata Build(int64_t now_ms);

 private:
  void ApplyUpdate(const AssignUuid& update);
  void ApplyUpdate(const UpgradeFormatVersion& update);
  void ApplyUpdate(const AddSchema& update);
  void ApplyUpdate(const SetCurrentSchema& update);
  void ApplyUpdate(const AddPartitionSpec& update);
  void ApplyUpdate(const SetDefaultSpec& update);
  void ApplyUpdate(const AddSortOrder& update);
  void ApplyUpdate(const SetDefaultSortOrder& update);
  void ApplyUpdate(const AddSnapshot& update);
  void ApplyUpdate(const SetSnapshotRef& update);
  void ApplyUpdate(const RemoveSnapshots& update);
  void ApplyUpdate(const RemoveSnapshotRef& update);
  void ApplyUpdate(const SetLocation& update);
  void ApplyUpdate(const SetProperties& update);
  void ApplyUpdate(const RemoveProperties& update);
  void ApplyUpdate(const SetStatistics& update);
  void ApplyUpdate(const RemoveStatistics& update);
  void ApplyUpdate(const RemovePartitionSpecs& update);
  void ApplyUpdate(const RemoveSchemas& update);
  void ApplyUpdate(const AddViewVersion& update);
  void ApplyUpdate(const SetCurrentViewVersion& update);

  TableMetadata metadata_;
  std::optional<MetadataLogEntry> previous_;
  std::optional<int32_t> last_added_schema_;
  std::optional<int32_t> last_added_spec_;
  std::optional<int32_t> last_added_order_;
  std::vector<int64_t> added_snapshots_;
  bool columns_changed_ = false;  // whether the default spec and order may have lost theirs
};

// What a table is made of, as its creator puts it: with ids that hold among the three alone.
struct TableDefinition {
  Schema schema;
  PartitionSpec spec;
  SortOrder order;
};

// The same with the ids of a new table. Throws kInvalidArgument where a field of the spec or the
// order has no column.
TableDefinition WithFreshIds(const TableDefinition& definition);

// The updates that make a new table: uuid, schema with fresh ids, spec, order, location,
// properties. The property "format-version" chooses the version and is not stored.
std::vector<TableUpdate> CreateTableUpdates(const Schema& schema, const PartitionSpec& spec,
                                            const std::string& location,
                                            std::map<std::string, std::string> properties,
                                            const SortOrder& order = {});

// `schema` with the ids it gets when it replaces the current schema of `base`: columns keep their
// ids by name where their types allow it, all others get ids the table has never used.
Schema ReplacementSchema(const TableMetadata& base, const Schema& schema);

// The updates of CREATE OR REPLACE over `base`: uuid and history stay, the main branch is emptied
// until a snapshot is added. `schema` has its final ids, from ReplacementSchema.
std::vector<TableUpdate> ReplaceTableUpdates(const TableMetadata& base, const Schema& schema,
                                             const PartitionSpec& spec,
                                             std::map<std::string, std::string> properties);

// The format version a list of creating updates asks for; 2 where it asks for none.
int FormatVersionOf(const std::vector<TableUpdate>& updates);

// View metadata from a base (nullptr for a new view) and updates, with the spec's limits on
// history.
ViewMetadata BuildViewMetadata(const ViewMetadata* base, const std::vector<TableUpdate>& updates);

}  // namespace eider::iceberg

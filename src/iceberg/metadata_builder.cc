#include "iceberg/metadata_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "base/uuid.h"

namespace eider::iceberg {

namespace {

[[noreturn]] void Refuse(const std::string& message) {
  throw Error(ErrorCode::kInvalidArgument, message);
}

int32_t ResolveId(int32_t id, const std::optional<int32_t>& last_added, const char* what) {
  if (id != kLastAdded) return id;
  if (!last_added) Refuse(fmt::format("cannot set the last added {}: none was added", what));
  return *last_added;
}

// Whether values of `from` can be read as `to`; nested types are compared field by field, by name.
bool IsCompatible(const Type& from, const Type& to) {
  if (!from.is_nested() && !to.is_nested()) return from == to || IsPromotable(from, to);
  if (from.id != to.id) return false;
  return std::all_of(from.fields.begin(), from.fields.end(), [&](const NestedField& field) {
    auto successor = std::find_if(to.fields.begin(), to.fields.end(), [&](const auto& candidate) {
      return EqualsIgnoreCase(candidate.name, field.name);
    });
    return successor == to.fields.end() || IsCompatible(*field.type, *successor->type);
  });
}

// Ids and names by which columns are found must be found by one.
void CheckColumns(const Schema& schema) {
  std::set<int32_t> ids;
  VisitFields(schema.fields, [&](const NestedField& field) {
    if (!ids.insert(field.id).second) {
      Refuse(fmt::format("two columns have the id {}: {} is the second", field.id, field.name));
    }
  });
  std::set<std::string> names;
  for (const NestedField& field : schema.fields) {
    if (!names.insert(field.name).second) {
      Refuse(fmt::format("there are two columns called {}", field.name));
    }
  }
  for (int32_t id : schema.identifier_field_ids) {
    if (ids.count(id) == 0) Refuse(fmt::format("there is no column {} to identify rows by", id));
  }
}

// What may be partitioned or sorted by.
void CheckSource(const Schema& schema, int32_t source_id, const std::string& user) {
  const NestedField* source = schema.FindField(source_id);
  if (source == nullptr)
    Refuse(fmt::format("{} needs column {}, which is not there", user, source_id));
  if (source->type->is_nested()) {
    Refuse(fmt::format("{} needs column {}, which is a {}", user, source->name,
                       source->type->ToString()));
  }
}

// A field over several columns, of format version 3, names them elsewhere; one of a void transform
// has lost its column, as version 1 has it.
bool HasSource(const Transform& transform, const Json& extra) {
  return transform.kind != Transform::Kind::kVoid && !extra.contains("source-ids");
}

void CheckSources(const Schema& schema, const PartitionSpec& spec) {
  for (const PartitionField& field : spec.fields) {
    if (HasSource(field.transform, field.extra)) {
      CheckSource(schema, field.source_id, "partition field " + field.name);
    }
  }
}

void CheckSources(const Schema& schema, const SortOrder& order) {
  for (const SortField& field : order.fields) {
    if (HasSource(field.transform, field.extra)) {
      CheckSource(schema, field.source_id, "the sort order");
    }
  }
}

bool IsSameView(const ViewVersion& a, const ViewVersion& b) {
  auto same = [](const ViewRepresentation& x, const ViewRepresentation& y) {
    return x.sql == y.sql && x.dialect == y.dialect;
  };
  return a.schema_id == b.schema_id && a.summary == b.summary &&
         a.default_catalog == b.default_catalog && a.default_namespace == b.default_namespace &&
         std::equal(a.representations.begin(), a.representations.end(), b.representations.begin(),
                    b.representations.end(), same);
}

void CheckDialects(const ViewVersion& version) {
  std::set<std::string> dialects;
  for (const ViewRepresentation& representation : version.representations) {
    if (dialects.insert(Lower(representation.dialect)).second) continue;
    Refuse(fmt::format("Invalid view version: Cannot add multiple queries for dialect {}",
                       Lower(representation.dialect)));
  }
}

}  // namespace

TableMetadataBuilder::TableMetadataBuilder(int format_version) {
  metadata_.format_version = format_version;
  metadata_.current_schema_id = -1;
  metadata_.default_spec_id = -1;
  metadata_.default_sort_order_id = -1;
  if (format_version >= 3) metadata_.next_row_id = 0;
}

TableMetadataBuilder::TableMetadataBuilder(const TableMetadata& base,
                                           const std::string& base_location)
    : metadata_(base) {
  if (!base_location.empty()) previous_ = MetadataLogEntry{base.last_updated_ms, base_location};
}

void TableMetadataBuilder::Apply(const TableUpdate& update) {
  std::visit([this](const auto& u) { ApplyUpdate(u); }, update);
}

TableMetadata TableMetadataBuilder::Build(int64_t now_ms) {
  if (metadata_.SchemaById(metadata_.current_schema_id) == nullptr) {
    Refuse("a table needs a current schema");
  }
  if (metadata_.location.empty()) Refuse("a table needs a location");
  if (metadata_.default_spec_id < 0) {
    ApplyUpdate(AddPartitionSpec{});
    ApplyUpdate(SetDefaultSpec{});
  }
  if (metadata_.default_sort_order_id < 0) {
    ApplyUpdate(AddSortOrder{});
    ApplyUpdate(SetDefaultSortOrder{});
  }
  if (columns_changed_) {
    CheckSources(metadata_.CurrentSchema(), metadata_.DefaultSpec());
    for (const SortOrder& order : metadata_.sort_orders) {
      if (order.order_id == metadata_.default_sort_order_id) {
        CheckSources(metadata_.CurrentSchema(), order);
      }
    }
  }
  if (metadata_.table_uuid.empty()) metadata_.table_uuid = NewUuid();
  metadata_.last_updated_ms = std::max(now_ms, metadata_.last_updated_ms);
  if (previous_) {
    metadata_.metadata_log.push_back(*previous_);
    int64_t keep = std::max<int64_t>(
        1, metadata_.IntegerProperty("write.metadata.previous-versions-max", 100));
    auto excess = static_cast<int64_t>(metadata_.metadata_log.size()) - keep;
    if (excess > 0) {
      metadata_.metadata_log.erase(metadata_.metadata_log.begin(),
                                   metadata_.metadata_log.begin() + excess);
    }
  }
  return metadata_;
}

void TableMetadataBuilder::ApplyUpdate(const AssignUuid& update) {
  if (!metadata_.table_uuid.empty() && metadata_.table_uuid != update.uuid) {
    Refuse("a table's uuid cannot be changed");
  }
  metadata_.table_uuid = update.uuid;
}

void TableMetadataBuilder::ApplyUpdate(const UpgradeFormatVersion& update) {
  if (update.format_version > 3) {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("format version {} is not known to Eider", update.format_version));
  }
  if (update.format_version < metadata_.format_version) {
    Refuse(fmt::format("a table of format version {} cannot go back to {}",
                       metadata_.format_version, update.format_version));
  }
  if (update.format_version >= 3 && !metadata_.next_row_id) metadata_.next_row_id = 0;
  metadata_.format_version = update.format_version;
}

void TableMetadataBuilder::ApplyUpdate(const AddSchema& update) {
  CheckColumns(update.schema);
  for (const NestedField& field : update.schema.fields) {
    int needed = MinimumFormatVersion(*field.type);
    if (needed > metadata_.format_version) {
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("column {} of type {} needs format version {}", field.name,
                              field.type->ToString(), needed))
          .WithHint("Set the table property format-version to 3.");
    }
  }
  metadata_.last_column_id = std::max(metadata_.last_column_id, update.schema.HighestFieldId());
  int32_t next_id = 0;
  for (const Schema& existing : metadata_.schemas) {
    if (existing.SameAs(update.schema)) {
      last_added_schema_ = existing.schema_id;
      return;
    }
    next_id = std::max(next_id, existing.schema_id + 1);
  }
  Schema added = update.schema;
  added.schema_id = next_id;
  metadata_.schemas.push_back(added);
  last_added_schema_ = next_id;
}

void TableMetadataBuilder::ApplyUpdate(const SetCurrentSchema& update) {
  int32_t id = ResolveId(update.schema_id, last_added_schema_, "schema");
  if (metadata_.SchemaById(id) == nullptr) Refuse(fmt::format("there is no schema {}", id));
  columns_changed_ = columns_changed_ || metadata_.current_schema_id != id;
  metadata_.current_schema_id = id;
}

void TableMetadataBuilder::ApplyUpdate(const AddPartitionSpec& update) {
  PartitionSpec added = update.spec;
  // A field that an older spec has keeps its id, so that its values stay comparable.
  for (PartitionField& field : added.fields) {
    if (field.field_id != 0) continue;
    for (const PartitionSpec& spec : metadata_.partition_specs) {
      for (const PartitionField& existing : spec.fields) {
        if (existing == field) field.field_id = existing.field_id;
      }
    }
    if (field.field_id == 0) field.field_id = ++metadata_.last_partition_id;
  }
  for (const PartitionField& field : added.fields) {
    metadata_.last_partition_id = std::max(metadata_.last_partition_id, field.field_id);
  }
  int32_t next_id = 0;
  for (const PartitionSpec& existing : metadata_.partition_specs) {
    if (existing.fields == added.fields) {
      last_added_spec_ = existing.spec_id;
      return;
    }
    next_id = std::max(next_id, existing.spec_id + 1);
  }
  added.spec_id = next_id;
  metadata_.partition_specs.push_back(added);
  last_added_spec_ = next_id;
}

void TableMetadataBuilder::ApplyUpdate(const SetDefaultSpec& update) {
  int32_t id = ResolveId(update.spec_id, last_added_spec_, "partition spec");
  if (metadata_.SpecById(id) == nullptr) Refuse(fmt::format("there is no partition spec {}", id));
  columns_changed_ = columns_changed_ || metadata_.default_spec_id != id;
  metadata_.default_spec_id = id;
}

void TableMetadataBuilder::ApplyUpdate(const AddSortOrder& update) {
  int32_t next_id = update.order.fields.empty() ? 0 : 1;
  for (const SortOrder& existing : metadata_.sort_orders) {
    if (existing.fields == update.order.fields) {
      last_added_order_ = existing.order_id;
      return;
    }
    next_id = std::max(next_id, existing.order_id + 1);
  }
  SortOrder added = update.order;
  added.order_id = added.fields.empty() ? 0 : next_id;
  metadata_.sort_orders.push_back(added);
  last_added_order_ = added.order_id;
}

void TableMetadataBuilder::ApplyUpdate(const SetDefaultSortOrder& update) {
  int32_t id = ResolveId(update.order_id, last_added_order_, "sort order");
  bool known = std::any_of(metadata_.sort_orders.begin(), metadata_.sort_orders.end(),
                           [&](const SortOrder& order) { return order.order_id == id; });
  if (!known) Refuse(fmt::format("there is no sort order {}", id));
  columns_changed_ = columns_changed_ || metadata_.default_sort_order_id != id;
  metadata_.default_sort_order_id = id;
}

void TableMetadataBuilder::ApplyUpdate(const AddSnapshot& update) {
  const Snapshot& snapshot = update.snapshot;
  if (metadata_.SnapshotById(snapshot.snapshot_id) != nullptr) {
    Refuse(fmt::format("snapshot {} exists already", snapshot.snapshot_id));
  }
  if (metadata_.format_version > 1) {
    if (snapshot.parent_snapshot_id && snapshot.sequence_number <= metadata_.last_sequence_number) {
      throw Error(ErrorCode::kConflict,
                  fmt::format("snapshot {} has sequence number {}, but {} is taken already",
                              snapshot.snapshot_id, snapshot.sequence_number,
                              metadata_.last_sequence_number));
    }
    metadata_.last_sequence_number =
        std::max(metadata_.last_sequence_number, snapshot.sequence_number);
  }
  if (metadata_.next_row_id && snapshot.extra.contains("added-rows")) {
    // Rows that another commit has numbered in the meantime.
    if (snapshot.extra.value("first-row-id", *metadata_.next_row_id) < *metadata_.next_row_id) {
      throw Error(
          ErrorCode::kConflict,
          fmt::format("snapshot {} numbers its rows from {}, but {} is taken already",
                      snapshot.snapshot_id, snapshot.extra.value("first-row-id", int64_t{0}),
                      *metadata_.next_row_id - 1));
    }
    if (__builtin_add_overflow(*metadata_.next_row_id,
                               ToInt64(snapshot.extra["added-rows"], "added-rows"),
                               &*metadata_.next_row_id)) {
      Refuse(fmt::format("snapshot {} adds more rows than can be numbered", snapshot.snapshot_id));
    }
  }
  metadata_.last_updated_ms = std::max(metadata_.last_updated_ms, snapshot.timestamp_ms);
  metadata_.snapshots.push_back(snapshot);
  added_snapshots_.push_back(snapshot.snapshot_id);
}

void TableMetadataBuilder::ApplyUpdate(const SetSnapshotRef& update) {
  const Snapshot* snapshot = metadata_.SnapshotById(update.ref.snapshot_id);
  if (snapshot == nullptr) {
    Refuse(fmt::format("cannot set {} to snapshot {}, which does not exist", update.name,
                       update.ref.snapshot_id));
  }
  if (update.name == kMainBranch) {
    if (!update.ref.is_branch) Refuse("main must be a branch");
    if (metadata_.current_snapshot_id == update.ref.snapshot_id &&
        metadata_.refs.count(kMainBranch) > 0) {
      metadata_.refs[update.name] = update.ref;
      return;
    }
    metadata_.current_snapshot_id = update.ref.snapshot_id;
    bool added_now = std::find(added_snapshots_.begin(), added_snapshots_.end(),
                               update.ref.snapshot_id) != added_snapshots_.end();
    // Only snapshots that were current for others belong in the log; what one commit passes
    // through does not.
    if (!metadata_.snapshot_log.empty() && added_now) {
      int64_t last = metadata_.snapshot_log.back().snapshot_id;
      bool intermediate = std::find(added_snapshots_.begin(), added_snapshots_.end(), last) !=
                          added_snapshots_.end();
      if (intermediate) metadata_.snapshot_log.pop_back();
    }
    int64_t when =
        added_now ? snapshot->timestamp_ms : std::max(NowMillis(), metadata_.last_updated_ms);
    metadata_.snapshot_log.push_back({when, update.ref.snapshot_id});
  }
  metadata_.refs[update.name] = update.ref;
}

void TableMetadataBuilder::ApplyUpdate(const RemoveSnapshots& update) {
  std::set<int64_t> removed(update.snapshot_ids.begin(), update.snapshot_ids.end());
  for (const auto& [name, ref] : metadata_.refs) {
    if (removed.count(ref.snapshot_id) > 0) {
      Refuse(fmt::format("snapshot {} is referenced by {}", ref.snapshot_id, name));
    }
  }
  std::erase_if(metadata_.snapshots,
                [&](const Snapshot& s) { return removed.count(s.snapshot_id) > 0; });
  // The log is a history without holes: what stands before a removed snapshot goes as well.
  std::vector<SnapshotLogEntry> kept;
  for (const SnapshotLogEntry& entry : metadata_.snapshot_log) {
    if (removed.count(entry.snapshot_id) > 0) {
      kept.clear();
    } else {
      kept.push_back(entry);
    }
  }
  metadata_.snapshot_log = std::move(kept);
  auto of_removed = [&](const Json& statistics) {
    return removed.count(FindInteger(statistics, "snapshot-id", "statistics").value_or(-1)) > 0;
  };
  for (Json* list : {&metadata_.statistics, &metadata_.partition_statistics}) {
    Json remaining = Json::array();
    for (const Json& item : *list) {
      if (!of_removed(item)) remaining.push_back(item);
    }
    *list = std::move(remaining);
  }
}

void TableMetadataBuilder::ApplyUpdate(const RemoveSnapshotRef& update) {
  metadata_.refs.erase(update.name);
  if (update.name == kMainBranch) metadata_.current_snapshot_id.reset();
}

void TableMetadataBuilder::ApplyUpdate(const SetLocation& update) {
  metadata_.location = update.location;
  while (metadata_.location.size() > 1 && metadata_.location.back() == '/') {
    metadata_.location.pop_back();
  }
}

void TableMetadataBuilder::ApplyUpdate(const SetProperties& update) {
  for (const auto& [key, value] : update.updates) {
    if (key == "format-version") {
      int version = 0;
      try {
        version = std::stoi(value);
      } catch (const std::exception&) {
        Refuse("format-version must be 1, 2 or 3, not \"" + value + "\"");
      }
      if (version != metadata_.format_version) ApplyUpdate(UpgradeFormatVersion{version});
      continue;
    }
    metadata_.properties[key] = value;
  }
}

void TableMetadataBuilder::ApplyUpdate(const RemoveProperties& update) {
  for (const std::string& name : update.names) metadata_.properties.erase(name);
}

void TableMetadataBuilder::ApplyUpdate(const SetStatistics& update) {
  int64_t snapshot = RequireInteger(update.statistics, "snapshot-id", "statistics");
  ApplyUpdate(RemoveStatistics{snapshot, update.partition});
  (update.partition ? metadata_.partition_statistics : metadata_.statistics)
      .push_back(update.statistics);
}

void TableMetadataBuilder::ApplyUpdate(const RemoveStatistics& update) {
  Json& list = update.partition ? metadata_.partition_statistics : metadata_.statistics;
  Json kept = Json::array();
  for (const Json& item : list) {
    if (FindInteger(item, "snapshot-id", "statistics").value_or(-1) != update.snapshot_id)
      kept.push_back(item);
  }
  list = std::move(kept);
}

void TableMetadataBuilder::ApplyUpdate(const RemovePartitionSpecs& update) {
  std::set<int32_t> removed(update.spec_ids.begin(), update.spec_ids.end());
  if (removed.count(metadata_.default_spec_id) > 0) {
    Refuse("the default partition spec cannot be removed");
  }
  std::erase_if(metadata_.partition_specs,
                [&](const PartitionSpec& spec) { return removed.count(spec.spec_id) > 0; });
}

void TableMetadataBuilder::ApplyUpdate(const RemoveSchemas& update) {
  std::set<int32_t> removed(update.schema_ids.begin(), update.schema_ids.end());
  if (removed.count(metadata_.current_schema_id) > 0) {
    Refuse("the current schema cannot be removed");
  }
  std::erase_if(metadata_.schemas,
                [&](const Schema& schema) { return removed.count(schema.schema_id) > 0; });
}

void TableMetadataBuilder::ApplyUpdate(const AddViewVersion&) {
  Refuse("add-view-version is an update of views, not of tables");
}

void TableMetadataBuilder::ApplyUpdate(const SetCurrentViewVersion&) {
  Refuse("set-current-view-version is an update of views, not of tables");
}

TableDefinition WithFreshIds(const TableDefinition& definition) {
  CheckColumns(definition.schema);
  int32_t last_column_id = 0;
  TableDefinition fresh = definition;
  fresh.schema = AssignFieldIds(definition.schema, nullptr, &last_column_id);
  // Both schemas have the same fields in the same order.
  std::vector<int32_t> new_ids;
  VisitFields(fresh.schema.fields, [&](const NestedField& field) { new_ids.push_back(field.id); });
  std::map<int32_t, int32_t> old_to_new;
  VisitFields(definition.schema.fields, [&, i = size_t{0}](const NestedField& field) mutable {
    old_to_new[field.id] = new_ids[i++];
  });
  auto renumber = [&](int32_t& source_id, const std::string& user) {
    auto found = old_to_new.find(source_id);
    if (found == old_to_new.end()) {
      Refuse(fmt::format("{} needs column {}, which is not there", user, source_id));
    }
    source_id = found->second;
  };
  int32_t partition_id = kFirstPartitionFieldId;
  for (PartitionField& field : fresh.spec.fields) {
    renumber(field.source_id, "partition field " + field.name);
    field.field_id = partition_id++;
  }
  for (SortField& field : fresh.order.fields) renumber(field.source_id, "the sort order");
  return fresh;
}

std::vector<TableUpdate> CreateTableUpdates(const Schema& schema, const PartitionSpec& spec,
                                            const std::string& location,
                                            std::map<std::string, std::string> properties,
                                            const SortOrder& order) {
  int version = 2;
  auto requested = properties.find("format-version");
  if (requested != properties.end()) {
    if (requested->second != "1" && requested->second != "2" && requested->second != "3") {
      Refuse("format-version must be 1, 2 or 3, not \"" + requested->second + "\"");
    }
    version = std::stoi(requested->second);
    properties.erase(requested);
  }
  int32_t last_column_id = 0;
  std::vector<TableUpdate> updates;
  updates.emplace_back(AssignUuid{NewUuid()});
  updates.emplace_back(UpgradeFormatVersion{version});
  updates.emplace_back(AddSchema{AssignFieldIds(schema, nullptr, &last_column_id)});
  updates.emplace_back(SetCurrentSchema{});
  updates.emplace_back(AddPartitionSpec{spec});
  updates.emplace_back(SetDefaultSpec{});
  updates.emplace_back(AddSortOrder{order});
  updates.emplace_back(SetDefaultSortOrder{});
  updates.emplace_back(SetLocation{location});
  if (!properties.empty()) updates.emplace_back(SetProperties{std::move(properties)});
  return updates;
}

Schema ReplacementSchema(const TableMetadata& base, const Schema& schema) {
  // A column whose type cannot become the new one is another column of the same name.
  Schema kept = base.CurrentSchema();
  std::erase_if(kept.fields, [&](const NestedField& field) {
    const NestedField* successor = schema.FindColumn(field.name);
    return successor == nullptr || !IsCompatible(*field.type, *successor->type);
  });
  int32_t last_column_id = base.last_column_id;
  return AssignFieldIds(schema, &kept, &last_column_id);
}

std::vector<TableUpdate> ReplaceTableUpdates(const TableMetadata& base, const Schema& schema,
                                             const PartitionSpec& spec,
                                             std::map<std::string, std::string> properties) {
  std::vector<TableUpdate> updates;
  updates.emplace_back(AddSchema{schema});
  updates.emplace_back(SetCurrentSchema{});
  updates.emplace_back(AddPartitionSpec{spec});
  updates.emplace_back(SetDefaultSpec{});
  updates.emplace_back(AddSortOrder{});
  updates.emplace_back(SetDefaultSortOrder{});
  if (base.refs.count(kMainBranch) > 0) updates.emplace_back(RemoveSnapshotRef{kMainBranch});
  if (!properties.empty()) updates.emplace_back(SetProperties{std::move(properties)});
  return updates;
}

int FormatVersionOf(const std::vector<TableUpdate>& updates) {
  for (const TableUpdate& update : updates) {
    if (const auto* upgrade = std::get_if<UpgradeFormatVersion>(&update)) {
      return upgrade->format_version;
    }
  }
  return 2;
}

ViewMetadata BuildViewMetadata(const ViewMetadata* base, const std::vector<TableUpdate>& updates) {
  ViewMetadata view = base != nullptr ? *base : ViewMetadata{};
  std::optional<int32_t> last_schema;
  std::optional<int32_t> last_version;
  std::map<int32_t, int64_t> added_versions;  // with their times
  for (const TableUpdate& update : updates) {
    if (const auto* uuid = std::get_if<AssignUuid>(&update)) {
      if (!view.view_uuid.empty() && view.view_uuid != uuid->uuid) {
        Refuse("a view's uuid cannot be changed");
      }
      view.view_uuid = uuid->uuid;
    } else if (const auto* schema = std::get_if<AddSchema>(&update)) {
      int32_t id = 0;
      last_schema.reset();
      for (const Schema& existing : view.schemas) {
        if (existing.SameAs(schema->schema)) last_schema = existing.schema_id;
        id = std::max(id, existing.schema_id + 1);
      }
      if (!last_schema) {
        view.schemas.push_back(schema->schema);
        view.schemas.back().schema_id = id;
        last_schema = id;
      }
    } else if (const auto* version = std::get_if<AddViewVersion>(&update)) {
      ViewVersion added = version->version;
      CheckDialects(added);
      added.schema_id = ResolveId(added.schema_id, last_schema, "schema");
      if (view.SchemaById(added.schema_id) == nullptr) {
        Refuse(fmt::format("there is no schema {}", added.schema_id));
      }
      added.version_id = 1;
      last_version.reset();
      for (const ViewVersion& existing : view.versions) {
        // A version that is there already is the one that was meant.
        if (IsSameView(existing, added)) last_version = existing.version_id;
        added.version_id = std::max(added.version_id, existing.version_id + 1);
      }
      if (last_version) continue;
      last_version = added.version_id;
      added_versions[added.version_id] = added.timestamp_ms;
      view.versions.push_back(std::move(added));
    } else if (const auto* current = std::get_if<SetCurrentViewVersion>(&update)) {
      int32_t id = ResolveId(current->version_id, last_version, "view version");
      bool known = std::any_of(view.versions.begin(), view.versions.end(),
                               [&](const ViewVersion& v) { return v.version_id == id; });
      if (!known) Refuse(fmt::format("there is no view version {}", id));
      if (id == view.current_version_id) continue;
      view.current_version_id = id;
      auto added = added_versions.find(id);
      view.version_log.push_back({added != added_versions.end() ? added->second : NowMillis(), id});
    } else if (const auto* location = std::get_if<SetLocation>(&update)) {
      view.location = location->location;
      while (view.location.size() > 1 && view.location.back() == '/') view.location.pop_back();
    } else if (const auto* set = std::get_if<SetProperties>(&update)) {
      for (const auto& [key, value] : set->updates) view.properties[key] = value;
    } else if (const auto* remove = std::get_if<RemoveProperties>(&update)) {
      for (const std::string& name : remove->names) view.properties.erase(name);
    } else if (const auto* upgrade = std::get_if<UpgradeFormatVersion>(&update)) {
      if (upgrade->format_version != 1) {
        throw Error(
            ErrorCode::kUnsupported,
            fmt::format("view format version {} is not known to Eider", upgrade->format_version));
      }
    } else {
      Refuse("an update of tables was sent for a view: " +
             TableUpdateToJson(update)["action"].get<std::string>());
    }
  }
  if (view.view_uuid.empty()) view.view_uuid = NewUuid();
  if (view.versions.empty()) Refuse("a view needs a version");
  if (view.current_version_id == 0) Refuse("a view needs a current version");
  if (view.location.empty()) Refuse("a view needs a location");
  // The spec's version.history.num-entries, 10 where it is not set.
  size_t keep = 10;
  auto limit = view.properties.find("version.history.num-entries");
  if (limit != view.properties.end()) keep = std::max(1, std::atoi(limit->second.c_str()));
  while (view.versions.size() > keep) {
    auto oldest = std::find_if(view.versions.begin(), view.versions.end(), [&](const auto& v) {
      return v.version_id != view.current_version_id;
    });
    int32_t id = oldest->version_id;
    view.versions.erase(oldest);
    // The log is a history without holes: what stands before a removed version goes as well.
    auto last = std::find_if(view.version_log.rbegin(), view.version_log.rend(),
                             [&](const auto& entry) { return entry.version_id == id; });
    view.version_log.erase(view.version_log.begin(), last.base());
  }
  return view;
}

}  // namespace eider::iceberg

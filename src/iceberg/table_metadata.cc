#include "iceberg/table_metadata.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "base/error.h"
#include "iceberg/inflate.h"
#include "iceberg/metadata_json.h"

namespace eider::iceberg {

namespace {

void KeepUnknown(const Json& json, const std::set<std::string>& known, Json& extra) {
  for (const auto& [key, value] : json.items()) {
    if (known.count(key) == 0) extra[key] = value;
  }
}

// An optional array; nullptr where it is missing or null, which some writers put for "none".
const Json* OptionalArray(const Json& json, const char* key, const std::string& what) {
  auto it = json.find(key);
  return it == json.end() || it->is_null() ? nullptr : &RequireArray(json, key, what);
}

// The members of an optional object; none where it is missing or null.
const Json& OptionalObject(const Json& json, const char* key, const std::string& what) {
  static const Json kEmpty = Json::object();
  auto it = json.find(key);
  if (it == json.end() || it->is_null()) return kEmpty;
  if (!it->is_object()) {
    throw Error(ErrorCode::kCorrupt, fmt::format("{}: \"{}\" must be an object", what, key));
  }
  return *it;
}

// A version 1 file has one schema and one spec; later files list all and name the current.
void ReadSchemas(const Json& json, const std::string& what, TableMetadata& metadata) {
  if (json.contains("schemas")) {
    for (const Json& schema : RequireArray(json, "schemas", what)) {
      metadata.schemas.push_back(SchemaFromJson(schema, what));
    }
    metadata.current_schema_id = RequireInt32(json, "current-schema-id", what);
  } else {
    metadata.schemas.push_back(SchemaFromJson(RequireMember(json, "schema", what), what));
    metadata.current_schema_id = metadata.schemas[0].schema_id;
  }
  if (metadata.SchemaById(metadata.current_schema_id) == nullptr) {
    throw Error(ErrorCode::kCorrupt, fmt::format("{}: current schema {} is not in \"schemas\"",
                                                 what, metadata.current_schema_id));
  }
}

void ReadSpecs(const Json& json, const std::string& what, TableMetadata& metadata) {
  if (json.contains("partition-specs")) {
    for (const Json& spec : RequireArray(json, "partition-specs", what)) {
      metadata.partition_specs.push_back(PartitionSpecFromJson(spec, what));
    }
    metadata.default_spec_id = RequireInt32(json, "default-spec-id", what);
  } else {
    metadata.partition_specs.push_back(
        PartitionFieldsFromJson(RequireArray(json, "partition-spec", what), 0, what));
    metadata.default_spec_id = 0;
  }
  if (metadata.SpecById(metadata.default_spec_id) == nullptr) {
    throw Error(ErrorCode::kCorrupt,
                fmt::format("{}: default partition spec {} is not in \"partition-specs\"", what,
                            metadata.default_spec_id));
  }
  int32_t highest = kFirstPartitionFieldId - 1;
  for (const PartitionSpec& spec : metadata.partition_specs) {
    for (const PartitionField& field : spec.fields) highest = std::max(highest, field.field_id);
  }
  metadata.last_partition_id = FindInt32(json, "last-partition-id", what).value_or(highest);
}

void ReadSnapshots(const Json& json, const std::string& what, TableMetadata& metadata) {
  if (const Json* snapshots = OptionalArray(json, "snapshots", what)) {
    for (const Json& snapshot : *snapshots) {
      metadata.snapshots.push_back(SnapshotFromJson(snapshot, what));
    }
  }
  metadata.current_snapshot_id = FindInteger(json, "current-snapshot-id", what);
  // Old writers said -1 for "none".
  if (metadata.current_snapshot_id == -1) metadata.current_snapshot_id.reset();
  if (metadata.current_snapshot_id && metadata.CurrentSnapshot() == nullptr) {
    throw Error(ErrorCode::kCorrupt, fmt::format("{}: current snapshot {} is not in \"snapshots\"",
                                                 what, *metadata.current_snapshot_id));
  }
  for (const auto& [name, ref] : OptionalObject(json, "refs", what).items()) {
    metadata.refs[name] = SnapshotRefFromJson(ref, what);
    if (metadata.SnapshotByRef(name) == nullptr) {
      throw Error(ErrorCode::kCorrupt,
                  fmt::format("{}: {} points at snapshot {}, which is not in \"snapshots\"", what,
                              name, metadata.refs[name].snapshot_id));
    }
  }
  auto main = metadata.refs.find(kMainBranch);
  if (main == metadata.refs.end()) {
    // Files older than branches have no "refs".
    if (metadata.current_snapshot_id) {
      metadata.refs[kMainBranch].snapshot_id = *metadata.current_snapshot_id;
    }
  } else if (metadata.current_snapshot_id != main->second.snapshot_id) {
    throw Error(ErrorCode::kCorrupt,
                fmt::format("{}: main points at snapshot {}, which is not the current one", what,
                            main->second.snapshot_id));
  }
  if (const Json* log = OptionalArray(json, "snapshot-log", what)) {
    for (const Json& entry : *log) {
      metadata.snapshot_log.push_back({RequireInteger(entry, "timestamp-ms", what),
                                       RequireInteger(entry, "snapshot-id", what)});
    }
  }
  if (const Json* log = OptionalArray(json, "metadata-log", what)) {
    for (const Json& entry : *log) {
      metadata.metadata_log.push_back({RequireInteger(entry, "timestamp-ms", what),
                                       RequireString(entry, "metadata-file", what)});
    }
  }
}

void ReadSortOrders(const Json& json, const std::string& what, TableMetadata& metadata) {
  const Json* orders = OptionalArray(json, "sort-orders", what);
  if (orders == nullptr) {
    metadata.sort_orders.emplace_back();
    return;
  }
  for (const Json& order : *orders) {
    metadata.sort_orders.push_back(SortOrderFromJson(order, what));
  }
  metadata.default_sort_order_id = FindInt32(json, "default-sort-order-id", what).value_or(0);
  for (const SortOrder& order : metadata.sort_orders) {
    if (order.order_id == metadata.default_sort_order_id) return;
  }
  // The unsorted order need not be listed.
  if (metadata.default_sort_order_id == 0) return;
  throw Error(ErrorCode::kCorrupt,
              fmt::format("{}: default sort order {} is not in \"sort-orders\"", what,
                          metadata.default_sort_order_id));
}

// Version 3 requires "next-row-id", but not every writer knows; no row may get an id twice.
void ReadNextRowId(const Json& json, const std::string& what, TableMetadata& metadata) {
  metadata.next_row_id = FindInteger(json, "next-row-id", what);
  if (metadata.format_version < 3 || metadata.next_row_id) return;
  metadata.next_row_id = 0;
  for (const Snapshot& snapshot : metadata.snapshots) {
    auto first = FindInteger(snapshot.extra, "first-row-id", what);
    auto added = FindInteger(snapshot.extra, "added-rows", what);
    if (first && added) {
      metadata.next_row_id = std::max(*metadata.next_row_id, *first + *added);
    }
  }
}

TableMetadata ReadMetadata(const Json& json, const std::string& source) {
  std::string what = "table metadata " + source;
  TableMetadata metadata;
  metadata.format_version = RequireInt32(json, "format-version", what);
  if (metadata.format_version < 1 || metadata.format_version > 3) {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("{} has format version {}; Eider reads 1, 2 and 3", what,
                            metadata.format_version));
  }
  metadata.location = RequireString(json, "location", what);
  metadata.table_uuid = metadata.format_version == 1 ? json.value("table-uuid", std::string())
                                                     : RequireString(json, "table-uuid", what);
  metadata.last_sequence_number = FindInteger(json, "last-sequence-number", what).value_or(0);
  metadata.last_updated_ms = RequireInteger(json, "last-updated-ms", what);
  metadata.last_column_id = RequireInt32(json, "last-column-id", what);
  ReadSchemas(json, what, metadata);
  ReadSpecs(json, what, metadata);
  ReadSortOrders(json, what, metadata);
  for (const auto& [key, value] : OptionalObject(json, "properties", what).items()) {
    metadata.properties[key] = value.is_string() ? value.get<std::string>() : value.dump();
  }
  ReadSnapshots(json, what, metadata);
  if (const Json* files = OptionalArray(json, "statistics", what)) metadata.statistics = *files;
  if (const Json* files = OptionalArray(json, "partition-statistics", what)) {
    metadata.partition_statistics = *files;
  }
  ReadNextRowId(json, what, metadata);
  static const std::set<std::string> kKnown = {"format-version",
                                               "table-uuid",
                                               "location",
                                               "last-sequence-number",
                                               "last-updated-ms",
                                               "last-column-id",
                                               "schema",
                                               "schemas",
                                               "current-schema-id",
                                               "partition-spec",
                                               "partition-specs",
                                               "default-spec-id",
                                               "last-partition-id",
                                               "sort-orders",
                                               "default-sort-order-id",
                                               "properties",
                                               "current-snapshot-id",
                                               "refs",
                                               "snapshots",
                                               "snapshot-log",
                                               "metadata-log",
                                               "statistics",
                                               "partition-statistics",
                                               "next-row-id"};
  KeepUnknown(json, kKnown, metadata.extra);
  return metadata;
}

}  // namespace

std::string Snapshot::operation() const {
  auto it = summary.find("operation");
  return it == summary.end() ? "" : it->second;
}

const Schema& TableMetadata::CurrentSchema() const { return *SchemaById(current_schema_id); }

const Schema* TableMetadata::SchemaById(int32_t id) const {
  for (const Schema& schema : schemas) {
    if (schema.schema_id == id) return &schema;
  }
  return nullptr;
}

const NestedField* TableMetadata::FieldById(int32_t id) const {
  if (const NestedField* field = CurrentSchema().FindField(id)) return field;
  for (auto schema = schemas.rbegin(); schema != schemas.rend(); ++schema) {
    if (const NestedField* field = schema->FindField(id)) return field;
  }
  return nullptr;
}

bool TableMetadata::IsColumn(int32_t id) const {
  return std::any_of(schemas.begin(), schemas.end(), [&](const Schema& schema) {
    return std::any_of(schema.fields.begin(), schema.fields.end(),
                       [&](const NestedField& field) { return field.id == id; });
  });
}

const PartitionSpec& TableMetadata::DefaultSpec() const { return *SpecById(default_spec_id); }

const PartitionSpec* TableMetadata::SpecById(int32_t id) const {
  for (const PartitionSpec& spec : partition_specs) {
    if (spec.spec_id == id) return &spec;
  }
  return nullptr;
}

const Snapshot* TableMetadata::CurrentSnapshot() const {
  return current_snapshot_id ? SnapshotById(*current_snapshot_id) : nullptr;
}

const Snapshot* TableMetadata::SnapshotById(int64_t id) const {
  // The newest stand last and are the ones asked for.
  for (auto it = snapshots.rbegin(); it != snapshots.rend(); ++it) {
    if (it->snapshot_id == id) return &*it;
  }
  return nullptr;
}

const Snapshot* TableMetadata::SnapshotByRef(const std::string& name) const {
  auto ref = refs.find(name);
  return ref == refs.end() ? nullptr : SnapshotById(ref->second.snapshot_id);
}

const Snapshot* TableMetadata::SnapshotAsOf(int64_t timestamp_ms) const {
  const Snapshot* found = nullptr;
  for (const SnapshotLogEntry& entry : snapshot_log) {
    if (entry.timestamp_ms <= timestamp_ms) found = SnapshotById(entry.snapshot_id);
  }
  return found;
}

const Schema& TableMetadata::SchemaOf(const Snapshot& snapshot) const {
  if (snapshot.schema_id) {
    if (const Schema* schema = SchemaById(*snapshot.schema_id)) return *schema;
  }
  return CurrentSchema();
}

std::string TableMetadata::Property(const std::string& name, const std::string& fallback) const {
  auto it = properties.find(name);
  return it == properties.end() ? fallback : it->second;
}

int64_t TableMetadata::IntegerProperty(const std::string& name, int64_t fallback) const {
  auto it = properties.find(name);
  if (it == properties.end()) return fallback;
  int64_t value = 0;
  const std::string& text = it->second;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("table property {} is \"{}\", not an integer", name, text));
  }
  return value;
}

TableMetadata ParseTableMetadata(std::string_view text, const std::string& source) {
  std::string content;
  if (LooksLikeGzip(text)) {
    Inflate(text, DeflateFormat::kGzip, source, content);
    text = content;
  }
  return TableMetadataFromJson(ParseMetadataJson(text, source), source);
}

TableMetadata TableMetadataFromJson(const Json& json, const std::string& source) {
  try {
    return ReadMetadata(json, source);
  } catch (const Json::exception& e) {
    throw Error(
        ErrorCode::kCorrupt,
        fmt::format("table metadata {}: a member has the wrong type ({})", source, e.what()));
  }
}

Snapshot SnapshotFromJson(const Json& json, std::string_view what) {
  Snapshot snapshot;
  snapshot.snapshot_id = RequireInteger(json, "snapshot-id", what);
  snapshot.parent_snapshot_id = FindInteger(json, "parent-snapshot-id", what);
  snapshot.sequence_number = FindInteger(json, "sequence-number", what).value_or(0);
  snapshot.timestamp_ms = RequireInteger(json, "timestamp-ms", what);
  snapshot.manifest_list = json.value("manifest-list", std::string());
  if (json.contains("manifests")) {
    snapshot.manifests = json["manifests"].get<std::vector<std::string>>();
  }
  if (json.contains("summary")) {
    for (const auto& [key, value] : json["summary"].items()) {
      snapshot.summary[key] = value.is_string() ? value.get<std::string>() : value.dump();
    }
  }
  snapshot.schema_id = FindInt32(json, "schema-id", what);
  static const std::set<std::string> kKnown = {
      "snapshot-id",   "parent-snapshot-id", "sequence-number", "timestamp-ms",
      "manifest-list", "manifests",          "summary",         "schema-id"};
  KeepUnknown(json, kKnown, snapshot.extra);
  return snapshot;
}

Json SnapshotToJson(const Snapshot& snapshot, int format_version) {
  Json json;
  if (format_version > 1) json["sequence-number"] = snapshot.sequence_number;
  json["snapshot-id"] = snapshot.snapshot_id;
  if (snapshot.parent_snapshot_id) json["parent-snapshot-id"] = *snapshot.parent_snapshot_id;
  json["timestamp-ms"] = snapshot.timestamp_ms;
  Json summary = Json::object();
  // Readers expect the operation first; the rest stands in any order.
  if (!snapshot.operation().empty()) summary["operation"] = snapshot.operation();
  for (const auto& [key, value] : snapshot.summary) summary[key] = value;
  if (!summary.empty()) json["summary"] = std::move(summary);
  if (!snapshot.manifest_list.empty()) {
    json["manifest-list"] = snapshot.manifest_list;
  } else {
    json["manifests"] = snapshot.manifests;
  }
  if (snapshot.schema_id) json["schema-id"] = *snapshot.schema_id;
  for (const auto& [key, value] : snapshot.extra.items()) json[key] = value;
  return json;
}

SnapshotRef SnapshotRefFromJson(const Json& json, std::string_view what) {
  SnapshotRef ref;
  ref.snapshot_id = RequireInteger(json, "snapshot-id", what);
  ref.is_branch = RequireString(json, "type", what) != "tag";
  ref.min_snapshots_to_keep = FindInt32(json, "min-snapshots-to-keep", what);
  ref.max_snapshot_age_ms = FindInteger(json, "max-snapshot-age-ms", what);
  ref.max_ref_age_ms = FindInteger(json, "max-ref-age-ms", what);
  static const std::set<std::string> kKnown = {
      "snapshot-id", "type",    "min-snapshots-to-keep", "max-snapshot-age-ms", "max-ref-age-ms",
      "action",      "ref-name"};  // the last two: of set-snapshot-ref
  KeepUnknown(json, kKnown, ref.extra);
  return ref;
}

Json SnapshotRefToJson(const SnapshotRef& ref) {
  Json json;
  json["snapshot-id"] = ref.snapshot_id;
  json["type"] = ref.is_branch ? "branch" : "tag";
  if (ref.min_snapshots_to_keep) json["min-snapshots-to-keep"] = *ref.min_snapshots_to_keep;
  if (ref.max_snapshot_age_ms) json["max-snapshot-age-ms"] = *ref.max_snapshot_age_ms;
  if (ref.max_ref_age_ms) json["max-ref-age-ms"] = *ref.max_ref_age_ms;
  for (const auto& [key, value] : ref.extra.items()) json[key] = value;
  return json;
}

Json TableMetadataToJson(const TableMetadata& metadata) {
  Json json;
  json["format-version"] = metadata.format_version;
  json["table-uuid"] = metadata.table_uuid;
  json["location"] = metadata.location;
  if (metadata.format_version > 1) json["last-sequence-number"] = metadata.last_sequence_number;
  json["last-updated-ms"] = metadata.last_updated_ms;
  json["last-column-id"] = metadata.last_column_id;
  if (metadata.format_version == 1) {
    json["schema"] = SchemaToJson(metadata.CurrentSchema());
    json["partition-spec"] = PartitionSpecToJson(metadata.DefaultSpec())["fields"];
  }
  json["current-schema-id"] = metadata.current_schema_id;
  json["schemas"] = Json::array();
  for (const Schema& schema : metadata.schemas) json["schemas"].push_back(SchemaToJson(schema));
  json["default-spec-id"] = metadata.default_spec_id;
  json["partition-specs"] = Json::array();
  for (const PartitionSpec& spec : metadata.partition_specs) {
    json["partition-specs"].push_back(PartitionSpecToJson(spec));
  }
  json["last-partition-id"] = metadata.last_partition_id;
  json["default-sort-order-id"] = metadata.default_sort_order_id;
  json["sort-orders"] = Json::array();
  for (const SortOrder& order : metadata.sort_orders) {
    json["sort-orders"].push_back(SortOrderToJson(order));
  }
  json["properties"] = Json::object();
  for (const auto& [key, value] : metadata.properties) json["properties"][key] = value;
  if (metadata.current_snapshot_id) json["current-snapshot-id"] = *metadata.current_snapshot_id;
  if (metadata.next_row_id) json["next-row-id"] = *metadata.next_row_id;
  json["refs"] = Json::object();
  for (const auto& [name, ref] : metadata.refs) json["refs"][name] = SnapshotRefToJson(ref);
  json["snapshots"] = Json::array();
  for (const Snapshot& snapshot : metadata.snapshots) {
    json["snapshots"].push_back(SnapshotToJson(snapshot, metadata.format_version));
  }
  json["statistics"] = metadata.statistics;
  json["partition-statistics"] = metadata.partition_statistics;
  json["snapshot-log"] = Json::array();
  for (const SnapshotLogEntry& entry : metadata.snapshot_log) {
    Json item;
    item["timestamp-ms"] = entry.timestamp_ms;
    item["snapshot-id"] = entry.snapshot_id;
    json["snapshot-log"].push_back(std::move(item));
  }
  json["metadata-log"] = Json::array();
  for (const MetadataLogEntry& entry : metadata.metadata_log) {
    Json item;
    item["timestamp-ms"] = entry.timestamp_ms;
    item["metadata-file"] = entry.metadata_file;
    json["metadata-log"].push_back(std::move(item));
  }
  for (const auto& [key, value] : metadata.extra.items()) json[key] = value;
  return json;
}

}  // namespace eider::iceberg

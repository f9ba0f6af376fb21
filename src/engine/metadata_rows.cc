#include "engine/metadata_rows.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "base/json.h"
#include "engine/type_mapping.h"
#include "iceberg/manifest_cache.h"
#include "iceberg/scan.h"

namespace eider::engine {

namespace {

using duckdb::LogicalType;
using duckdb::Value;
using iceberg::DataFile;
using iceberg::NestedField;
using iceberg::PartitionField;
using iceberg::PartitionSpec;
using iceberg::Snapshot;
using iceberg::TableMetadata;

Value Instant(int64_t millis) { return Value::TIMESTAMPTZ(duckdb::timestamp_tz_t(millis * 1000)); }

template <typename Integer>
Value OptionalBigint(const std::optional<Integer>& value) {
  return value ? Value::BIGINT(*value) : Value(LogicalType::BIGINT);
}

template <typename Integer>
Value OptionalInteger(const std::optional<Integer>& value) {
  return value ? Value::INTEGER(*value) : Value(LogicalType::INTEGER);
}

// Counts that version 1 writers leave out are -1 in memory.
Value KnownInteger(int32_t value) {
  return value < 0 ? Value(LogicalType::INTEGER) : Value::INTEGER(value);
}
Value KnownBigint(int64_t value) {
  return value < 0 ? Value(LogicalType::BIGINT) : Value::BIGINT(value);
}

LogicalType CountsType() { return LogicalType::MAP(LogicalType::INTEGER, LogicalType::BIGINT); }
LogicalType BoundsType() { return LogicalType::MAP(LogicalType::INTEGER, LogicalType::VARCHAR); }

LogicalType SummaryType() {
  return LogicalType::STRUCT({{"contains_null", LogicalType::BOOLEAN},
                              {"contains_nan", LogicalType::BOOLEAN},
                              {"lower_bound", LogicalType::VARCHAR},
                              {"upper_bound", LogicalType::VARCHAR}});
}

// The partition fields of all specs whose columns still exist, each once.
std::vector<PartitionField> VisiblePartitionFields(const TableVersion& version) {
  std::vector<PartitionField> fields;
  std::set<int32_t> seen;
  for (const PartitionSpec& spec : version.metadata->partition_specs) {
    for (const PartitionField& field : spec.fields) {
      if (version.schema->FindField(field.source_id) == nullptr) continue;
      if (seen.insert(field.field_id).second) fields.push_back(field);
    }
  }
  return fields;
}

iceberg::TypePtr PartitionType(const TableVersion& version, const PartitionField& field) {
  const NestedField* source = version.schema->FindField(field.source_id);
  if (source == nullptr) return iceberg::Type::Primitive(iceberg::TypeId::kUnknown);
  return iceberg::ResultType(field.transform, source->type);
}

LogicalType PartitionStruct(const TableVersion& version,
                            const std::vector<PartitionField>& fields) {
  duckdb::child_list_t<LogicalType> children;
  for (const PartitionField& field : fields) {
    children.emplace_back(field.name, ToDuckDBType(*PartitionType(version, field), field.name));
  }
  return LogicalType::STRUCT(std::move(children));
}

Value PartitionValue(const TableVersion& version, const std::vector<PartitionField>& fields,
                     const PartitionSpec* spec, const std::vector<iceberg::Literal>& partition) {
  duckdb::child_list_t<Value> children;
  for (const PartitionField& field : fields) {
    auto type = PartitionType(version, field);
    Value value(ToDuckDBType(*type, field.name));
    for (size_t i = 0; spec != nullptr && i < spec->fields.size() && i < partition.size(); ++i) {
      if (spec->fields[i].field_id == field.field_id) value = ToValue(*type, partition[i]);
    }
    children.emplace_back(field.name, std::move(value));
  }
  return Value::STRUCT(std::move(children));
}

// Columns with metrics of their own in "$partitions".
std::vector<const NestedField*> MetricColumns(const TableVersion& version) {
  std::set<int32_t> identity;
  for (const PartitionField& field : version.metadata->DefaultSpec().fields) {
    if (field.transform.kind == iceberg::Transform::Kind::kIdentity) {
      identity.insert(field.source_id);
    }
  }
  std::vector<const NestedField*> columns;
  for (const NestedField& field : version.schema->fields) {
    if (!field.type->is_nested() && identity.count(field.id) == 0) columns.push_back(&field);
  }
  return columns;
}

LogicalType MetricsStruct(const NestedField& field) {
  auto type = ToDuckDBType(*field.type, field.name);
  return LogicalType::STRUCT({{"min", type},
                              {"max", type},
                              {"null_count", LogicalType::BIGINT},
                              {"nan_count", LogicalType::BIGINT}});
}

MetadataRows SnapshotRows(const TableMetadata& metadata) {
  std::vector<const Snapshot*> snapshots;
  for (const Snapshot& snapshot : metadata.snapshots) snapshots.push_back(&snapshot);
  std::stable_sort(snapshots.begin(), snapshots.end(), [](const Snapshot* a, const Snapshot* b) {
    return a->timestamp_ms < b->timestamp_ms;
  });
  MetadataRows rows;
  for (const Snapshot* snapshot : snapshots) {
    duckdb::vector<Value> keys;
    duckdb::vector<Value> values;
    for (const auto& [key, value] : snapshot->summary) {
      if (key == "operation") continue;
      keys.emplace_back(key);
      values.emplace_back(value);
    }
    rows.push_back({Instant(snapshot->timestamp_ms), Value::BIGINT(snapshot->snapshot_id),
                    OptionalBigint(snapshot->parent_snapshot_id), Value(snapshot->operation()),
                    snapshot->manifest_list.empty() ? Value(LogicalType::VARCHAR)
                                                    : Value(snapshot->manifest_list),
                    Value::MAP(LogicalType::VARCHAR, LogicalType::VARCHAR, std::move(keys),
                               std::move(values))});
  }
  return rows;
}

MetadataRows HistoryRows(const TableMetadata& metadata) {
  std::set<int64_t> ancestors;
  const Snapshot* snapshot = metadata.CurrentSnapshot();
  while (snapshot != nullptr && ancestors.insert(snapshot->snapshot_id).second) {
    snapshot = snapshot->parent_snapshot_id ? metadata.SnapshotById(*snapshot->parent_snapshot_id)
                                            : nullptr;
  }
  MetadataRows rows;
  for (const iceberg::SnapshotLogEntry& entry : metadata.snapshot_log) {
    const Snapshot* made_current = metadata.SnapshotById(entry.snapshot_id);
    std::optional<int64_t> parent;
    if (made_current != nullptr) parent = made_current->parent_snapshot_id;
    rows.push_back({Instant(entry.timestamp_ms), Value::BIGINT(entry.snapshot_id),
                    OptionalBigint(parent),
                    Value::BOOLEAN(ancestors.count(entry.snapshot_id) > 0)});
  }
  return rows;
}

Value CountsMap(const std::map<int32_t, int64_t>& counts) {
  duckdb::vector<Value> keys;
  duckdb::vector<Value> values;
  for (const auto& [id, count] : counts) {
    keys.push_back(Value::INTEGER(id));
    values.push_back(Value::BIGINT(count));
  }
  return Value::MAP(LogicalType::INTEGER, LogicalType::BIGINT, std::move(keys), std::move(values));
}

std::optional<std::string> BoundText(const iceberg::Schema& schema, int32_t id,
                                     const std::string& bytes) {
  const NestedField* field = schema.FindField(id);
  if (field == nullptr || field->type->is_nested()) return std::nullopt;
  auto literal = iceberg::LiteralFromBytes(*field->type, bytes);
  if (!literal) return std::nullopt;
  return iceberg::LiteralToText(*field->type, *literal);
}

Value BoundsMap(const iceberg::Schema& schema, const std::map<int32_t, std::string>& bounds) {
  duckdb::vector<Value> keys;
  duckdb::vector<Value> values;
  for (const auto& [id, bytes] : bounds) {
    auto text = BoundText(schema, id, bytes);
    if (!text) continue;
    keys.push_back(Value::INTEGER(id));
    values.emplace_back(*text);
  }
  return Value::MAP(LogicalType::INTEGER, LogicalType::VARCHAR, std::move(keys), std::move(values));
}

template <typename Integer>
Value IntegerList(const LogicalType& type, const std::vector<Integer>& integers) {
  if (integers.empty()) return Value(LogicalType::LIST(type));
  duckdb::vector<Value> values;
  for (Integer integer : integers) values.push_back(Value::BIGINT(integer).DefaultCastAs(type));
  return Value::LIST(type, std::move(values));
}

// The metrics by column name instead of field id.
Value ReadableMetrics(const iceberg::Schema& schema, const DataFile& file) {
  Json metrics = Json::object();
  auto count = [](const std::map<int32_t, int64_t>& counts, int32_t id) -> Json {
    auto it = counts.find(id);
    return it == counts.end() ? Json(nullptr) : Json(it->second);
  };
  auto bound = [&](const std::map<int32_t, std::string>& bounds, int32_t id) -> Json {
    auto it = bounds.find(id);
    if (it == bounds.end()) return nullptr;
    auto text = BoundText(schema, id, it->second);
    return text ? Json(*text) : Json(nullptr);
  };
  std::function<void(const std::vector<NestedField>&, const std::string&)> add =
      [&](const std::vector<NestedField>& fields, const std::string& prefix) {
        for (const NestedField& field : fields) {
          std::string name = prefix + field.name;
          if (field.type->is_nested()) {
            add(field.type->fields, name + ".");
            continue;
          }
          metrics[name] = {{"column_size", count(file.column_sizes, field.id)},
                           {"value_count", count(file.value_counts, field.id)},
                           {"null_value_count", count(file.null_value_counts, field.id)},
                           {"nan_value_count", count(file.nan_value_counts, field.id)},
                           {"lower_bound", bound(file.lower_bounds, field.id)},
                           {"upper_bound", bound(file.upper_bounds, field.id)}};
        }
      };
  add(schema.fields, "");
  return Value(metrics.dump(-1, ' ', false, Json::error_handler_t::replace));
}

using FileVisitor = std::function<void(const DataFile& file, const PartitionSpec* spec)>;

// Every live file of the version, those with deletes included.
void VisitFiles(const TableVersion& version, io::FileSystem& files, const FileVisitor& visit) {
  if (version.snapshot == nullptr) return;
  for (const iceberg::ManifestFile& manifest :
       *iceberg::LoadManifestList(*version.snapshot, files)) {
    const PartitionSpec* spec = version.metadata->SpecById(manifest.partition_spec_id);
    auto entries = iceberg::LoadManifest(manifest, files);
    for (const iceberg::ManifestEntry& entry : *entries) {
      if (entry.status != iceberg::ManifestEntry::Status::kDeleted) visit(entry.file, spec);
    }
  }
}

MetadataRows FileRows(const TableVersion& version, io::FileSystem& files) {
  auto partition_fields = VisiblePartitionFields(version);
  const iceberg::Schema& schema = *version.schema;
  MetadataRows rows;
  VisitFiles(version, files, [&](const DataFile& file, const PartitionSpec* spec) {
    std::vector<Value> row;
    row.push_back(Value::INTEGER(static_cast<int32_t>(file.content)));
    row.emplace_back(file.file_path);
    row.emplace_back(file.file_format);
    row.push_back(spec == nullptr ? Value(LogicalType::INTEGER) : Value::INTEGER(spec->spec_id));
    if (!partition_fields.empty()) {
      row.push_back(PartitionValue(version, partition_fields, spec, file.partition));
    }
    row.push_back(Value::BIGINT(file.record_count));
    row.push_back(Value::BIGINT(file.file_size_in_bytes));
    row.push_back(CountsMap(file.column_sizes));
    row.push_back(CountsMap(file.value_counts));
    row.push_back(CountsMap(file.null_value_counts));
    row.push_back(CountsMap(file.nan_value_counts));
    row.push_back(BoundsMap(schema, file.lower_bounds));
    row.push_back(BoundsMap(schema, file.upper_bounds));
    row.push_back(file.key_metadata ? Value::BLOB(reinterpret_cast<duckdb::const_data_ptr_t>(
                                                      file.key_metadata->data()),
                                                  file.key_metadata->size())
                                    : Value(LogicalType::BLOB));
    row.push_back(IntegerList(LogicalType::BIGINT, file.split_offsets));
    row.push_back(IntegerList(LogicalType::INTEGER, file.equality_ids));
    row.push_back(OptionalInteger(file.sort_order_id));
    row.push_back(ReadableMetrics(schema, file));
    rows.push_back(std::move(row));
  });
  return rows;
}

Value Summaries(const TableVersion& version, const iceberg::ManifestFile& manifest) {
  const PartitionSpec* spec = version.metadata->SpecById(manifest.partition_spec_id);
  duckdb::vector<Value> summaries;
  for (size_t i = 0; i < manifest.partitions.size(); ++i) {
    const iceberg::PartitionFieldSummary& summary = manifest.partitions[i];
    auto text = [&](const std::optional<std::string>& bytes) -> Value {
      if (!bytes || spec == nullptr || i >= spec->fields.size()) return Value(LogicalType::VARCHAR);
      auto type = PartitionType(version, spec->fields[i]);
      auto literal = iceberg::LiteralFromBytes(*type, *bytes);
      return literal ? Value(iceberg::LiteralToText(*type, *literal)) : Value(LogicalType::VARCHAR);
    };
    summaries.push_back(
        Value::STRUCT({{"contains_null", Value::BOOLEAN(summary.contains_null)},
                       {"contains_nan", summary.contains_nan ? Value::BOOLEAN(*summary.contains_nan)
                                                             : Value(LogicalType::BOOLEAN)},
                       {"lower_bound", text(summary.lower_bound)},
                       {"upper_bound", text(summary.upper_bound)}}));
  }
  return Value::LIST(SummaryType(), std::move(summaries));
}

MetadataRows ManifestRows(const TableVersion& version, io::FileSystem& files) {
  MetadataRows rows;
  if (version.snapshot == nullptr) return rows;
  for (const iceberg::ManifestFile& manifest :
       *iceberg::LoadManifestList(*version.snapshot, files)) {
    rows.push_back(
        {Value(manifest.manifest_path), Value::BIGINT(manifest.manifest_length),
         Value::INTEGER(manifest.partition_spec_id), Value::BIGINT(manifest.added_snapshot_id),
         KnownInteger(manifest.added_files_count), KnownBigint(manifest.added_rows_count),
         KnownInteger(manifest.existing_files_count), KnownBigint(manifest.existing_rows_count),
         KnownInteger(manifest.deleted_files_count), KnownBigint(manifest.deleted_rows_count),
         Summaries(version, manifest)});
  }
  return rows;
}

// What the data files of one partition have in common.
struct PartitionTotals {
  Value partition;
  int64_t rows = 0;
  int64_t files = 0;
  int64_t bytes = 0;
  struct Metrics {
    std::optional<iceberg::Literal> lower;
    std::optional<iceberg::Literal> upper;
    std::optional<int64_t> nulls = 0;
    std::optional<int64_t> nans = 0;
    bool bounds_known = true;
  };
  std::map<int32_t, Metrics> metrics;
};

void AddCount(std::optional<int64_t>& total, const std::map<int32_t, int64_t>& counts, int32_t id) {
  auto it = counts.find(id);
  if (it == counts.end()) {
    total.reset();
  } else if (total) {
    *total += it->second;
  }
}

void AddMetrics(const NestedField& field, const DataFile& file, PartitionTotals::Metrics& metrics) {
  AddCount(metrics.nulls, file.null_value_counts, field.id);
  AddCount(metrics.nans, file.nan_value_counts, field.id);
  auto facts = iceberg::FactsOf(field.id, *field.type, file, PartitionSpec());
  if (facts.all_null) return;
  if (!facts.lower || !facts.upper) metrics.bounds_known = false;
  if (!metrics.bounds_known) return;
  const iceberg::Type& type = *field.type;
  if (!metrics.lower || iceberg::CompareLiterals(type, *facts.lower, *metrics.lower) < 0) {
    metrics.lower = facts.lower;
  }
  if (!metrics.upper || iceberg::CompareLiterals(type, *facts.upper, *metrics.upper) > 0) {
    metrics.upper = facts.upper;
  }
}

Value MetricsValue(const NestedField& field, const PartitionTotals::Metrics& metrics) {
  auto type = ToDuckDBType(*field.type, field.name);
  auto bound = [&](const std::optional<iceberg::Literal>& literal) {
    return literal && metrics.bounds_known ? ToValue(*field.type, *literal) : Value(type);
  };
  return Value::STRUCT({{"min", bound(metrics.lower)},
                        {"max", bound(metrics.upper)},
                        {"null_count", OptionalBigint(metrics.nulls)},
                        {"nan_count", OptionalBigint(metrics.nans)}});
}

MetadataRows PartitionRows(const TableVersion& version, io::FileSystem& files) {
  auto partition_fields = VisiblePartitionFields(version);
  auto columns = MetricColumns(version);
  std::map<std::string, size_t> index;  // by the partition's text
  std::vector<PartitionTotals> partitions;
  VisitFiles(version, files, [&](const DataFile& file, const PartitionSpec* spec) {
    if (file.content != iceberg::FileContent::kData) return;
    Value partition = PartitionValue(version, partition_fields, spec, file.partition);
    auto [it, is_new] = index.try_emplace(partition.ToSQLString(), partitions.size());
    if (is_new) {
      partitions.emplace_back();
      partitions.back().partition = partition;
    }
    PartitionTotals& totals = partitions[it->second];
    totals.rows += file.record_count;
    totals.files += 1;
    totals.bytes += file.file_size_in_bytes;
    for (const NestedField* column : columns) {
      AddMetrics(*column, file, totals.metrics[column->id]);
    }
  });
  MetadataRows rows;
  for (const PartitionTotals& totals : partitions) {
    std::vector<Value> row;
    if (!partition_fields.empty()) row.push_back(totals.partition);
    row.push_back(Value::BIGINT(totals.rows));
    row.push_back(Value::BIGINT(totals.files));
    row.push_back(Value::BIGINT(totals.bytes));
    if (!columns.empty()) {
      duckdb::child_list_t<Value> data;
      for (const NestedField* column : columns) {
        data.emplace_back(column->name, MetricsValue(*column, totals.metrics.at(column->id)));
      }
      row.push_back(Value::STRUCT(std::move(data)));
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

MetadataRows RefRows(const TableMetadata& metadata) {
  MetadataRows rows;
  for (const auto& [name, ref] : metadata.refs) {
    rows.push_back({Value(name), Value(ref.is_branch ? "BRANCH" : "TAG"),
                    Value::BIGINT(ref.snapshot_id), OptionalBigint(ref.max_ref_age_ms),
                    OptionalInteger(ref.min_snapshots_to_keep),
                    OptionalBigint(ref.max_snapshot_age_ms)});
  }
  return rows;
}

MetadataRows LogRows(const TableMetadata& metadata, const std::string& metadata_location) {
  MetadataRows rows;
  auto add = [&](int64_t timestamp_ms, const std::string& file) {
    const Snapshot* latest = metadata.SnapshotAsOf(timestamp_ms);
    rows.push_back(
        {Instant(timestamp_ms), Value(file),
         latest == nullptr ? Value(LogicalType::BIGINT) : Value::BIGINT(latest->snapshot_id),
         latest == nullptr ? Value(LogicalType::INTEGER) : OptionalInteger(latest->schema_id),
         latest == nullptr ? Value(LogicalType::BIGINT) : Value::BIGINT(latest->sequence_number)});
  };
  for (const iceberg::MetadataLogEntry& entry : metadata.metadata_log) {
    add(entry.timestamp_ms, entry.metadata_file);
  }
  if (!metadata_location.empty()) add(metadata.last_updated_ms, metadata_location);
  return rows;
}

}  // namespace

MetadataColumns ColumnsOf(MetadataTableKind kind, const TableVersion& version) {
  switch (kind) {
    case MetadataTableKind::kSnapshots:
      return {{"committed_at", LogicalType::TIMESTAMP_TZ},
              {"snapshot_id", LogicalType::BIGINT},
              {"parent_id", LogicalType::BIGINT},
              {"operation", LogicalType::VARCHAR},
              {"manifest_list", LogicalType::VARCHAR},
              {"summary", LogicalType::MAP(LogicalType::VARCHAR, LogicalType::VARCHAR)}};
    case MetadataTableKind::kHistory:
      return {{"made_current_at", LogicalType::TIMESTAMP_TZ},
              {"snapshot_id", LogicalType::BIGINT},
              {"parent_id", LogicalType::BIGINT},
              {"is_current_ancestor", LogicalType::BOOLEAN}};
    case MetadataTableKind::kFiles: {
      MetadataColumns columns = {{"content", LogicalType::INTEGER},
                                 {"file_path", LogicalType::VARCHAR},
                                 {"file_format", LogicalType::VARCHAR},
                                 {"spec_id", LogicalType::INTEGER}};
      auto partition_fields = VisiblePartitionFields(version);
      if (!partition_fields.empty()) {
        columns.emplace_back("partition", PartitionStruct(version, partition_fields));
      }
      for (auto& column : MetadataColumns{{"record_count", LogicalType::BIGINT},
                                          {"file_size_in_bytes", LogicalType::BIGINT},
                                          {"column_sizes", CountsType()},
                                          {"value_counts", CountsType()},
                                          {"null_value_counts", CountsType()},
                                          {"nan_value_counts", CountsType()},
                                          {"lower_bounds", BoundsType()},
                                          {"upper_bounds", BoundsType()},
                                          {"key_metadata", LogicalType::BLOB},
                                          {"split_offsets", LogicalType::LIST(LogicalType::BIGINT)},
                                          {"equality_ids", LogicalType::LIST(LogicalType::INTEGER)},
                                          {"sort_order_id", LogicalType::INTEGER},
                                          {"readable_metrics", LogicalType::JSON()}}) {
        columns.push_back(std::move(column));
      }
      return columns;
    }
    case MetadataTableKind::kManifests:
      return {{"path", LogicalType::VARCHAR},
              {"length", LogicalType::BIGINT},
              {"partition_spec_id", LogicalType::INTEGER},
              {"added_snapshot_id", LogicalType::BIGINT},
              {"added_data_files_count", LogicalType::INTEGER},
              {"added_rows_count", LogicalType::BIGINT},
              {"existing_data_files_count", LogicalType::INTEGER},
              {"existing_rows_count", LogicalType::BIGINT},
              {"deleted_data_files_count", LogicalType::INTEGER},
              {"deleted_rows_count", LogicalType::BIGINT},
              {"partition_summaries", LogicalType::LIST(SummaryType())}};
    case MetadataTableKind::kPartitions: {
      MetadataColumns columns;
      auto partition_fields = VisiblePartitionFields(version);
      if (!partition_fields.empty()) {
        columns.emplace_back("partition", PartitionStruct(version, partition_fields));
      }
      columns.emplace_back("record_count", LogicalType::BIGINT);
      columns.emplace_back("file_count", LogicalType::BIGINT);
      columns.emplace_back("total_size", LogicalType::BIGINT);
      duckdb::child_list_t<LogicalType> data;
      for (const NestedField* column : MetricColumns(version)) {
        data.emplace_back(column->name, MetricsStruct(*column));
      }
      if (!data.empty()) columns.emplace_back("data", LogicalType::STRUCT(std::move(data)));
      return columns;
    }
    case MetadataTableKind::kRefs:
      return {{"name", LogicalType::VARCHAR},
              {"type", LogicalType::VARCHAR},
              {"snapshot_id", LogicalType::BIGINT},
              {"max_reference_age_in_ms", LogicalType::BIGINT},
              {"min_snapshots_to_keep", LogicalType::INTEGER},
              {"max_snapshot_age_in_ms", LogicalType::BIGINT}};
    case MetadataTableKind::kProperties:
      return {{"key", LogicalType::VARCHAR}, {"value", LogicalType::VARCHAR}};
    case MetadataTableKind::kMetadataLogEntries:
      return {{"timestamp", LogicalType::TIMESTAMP_TZ},
              {"file", LogicalType::VARCHAR},
              {"latest_snapshot_id", LogicalType::BIGINT},
              {"latest_schema_id", LogicalType::INTEGER},
              {"latest_sequence_number", LogicalType::BIGINT}};
  }
  return {};
}

MetadataRows RowsOf(MetadataTableKind kind, const TableVersion& version,
                    const std::string& metadata_location, io::FileSystem& files) {
  switch (kind) {
    case MetadataTableKind::kSnapshots:
      return SnapshotRows(*version.metadata);
    case MetadataTableKind::kHistory:
      return HistoryRows(*version.metadata);
    case MetadataTableKind::kFiles:
      return FileRows(version, files);
    case MetadataTableKind::kManifests:
      return ManifestRows(version, files);
    case MetadataTableKind::kPartitions:
      return PartitionRows(version, files);
    case MetadataTableKind::kRefs:
      return RefRows(*version.metadata);
    case MetadataTableKind::kProperties: {
      MetadataRows rows;
      for (const auto& [key, value] : version.metadata->properties) {
        rows.push_back({Value(key), Value(value)});
      }
      return rows;
    }
    case MetadataTableKind::kMetadataLogEntries:
      return LogRows(*version.metadata, metadata_location);
  }
  return {};
}

}  // namespace eider::engine

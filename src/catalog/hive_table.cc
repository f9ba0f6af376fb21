#include "catalog/hive_table.h"

#include <fmt/format.h>

#include <limits>
#include <map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/text.h"
#include "catalog/hive_client.h"

namespace eider::catalog {

namespace {

using io::ThriftType;
using io::ThriftValue;
using Parameters = std::map<std::string, std::string>;

constexpr char kTableType[] = "table_type";
constexpr char kPreviousMetadataLocation[] = "previous_metadata_location";
// An Iceberg property that is the table's owner in the metastore, and no parameter.
constexpr char kOwnerProperty[] = "hive.metastore.table.owner";
// The longest value that the databases below metastores hold.
constexpr size_t kMaxParameter = 32'672;

// The parameter that a property of the table is called.
std::string ParameterOf(const std::string& property) {
  return property == "gc.enabled" ? "external.table.purge" : property;
}

void SetUnlessTooLong(Parameters& parameters, const std::string& name, const std::string& value) {
  if (value.size() <= kMaxParameter) parameters[name] = value;
}

// What is the same of tables and views.
void Point(Parameters& parameters, const std::string& type, const std::string& uuid,
           const std::string& metadata_location, const iceberg::Schema& schema) {
  parameters["uuid"] = uuid;
  parameters[kTableType] = type;
  std::string previous = std::exchange(parameters[kHiveMetadataLocation], metadata_location);
  if (!previous.empty()) parameters[kPreviousMetadataLocation] = previous;
  parameters.erase("current-schema");
  SetUnlessTooLong(parameters, "current-schema", iceberg::SchemaToJson(schema).dump());
}

void SetProperties(Parameters& parameters, const Parameters& properties,
                   const Parameters* base_properties) {
  if (base_properties != nullptr) {
    for (const auto& [name, value] : *base_properties) {
      if (!properties.contains(name)) parameters.erase(ParameterOf(name));
    }
  }
  for (const auto& [name, value] : properties) {
    if (name != kOwnerProperty) parameters[ParameterOf(name)] = value;
  }
}

ThriftValue StorageOf(const iceberg::Schema& schema, const std::string& location,
                      bool read_by_hive) {
  std::vector<ThriftValue> columns;
  for (const iceberg::NestedField& field : schema.fields) {
    ThriftValue column;
    column.Set(hive_column::kName, ThriftValue::Text(field.name))
        .Set(hive_column::kType, ThriftValue::Text(HiveTypeOf(*field.type)));
    if (field.doc) column.Set(hive_column::kComment, ThriftValue::Text(*field.doc));
    columns.push_back(std::move(column));
  }
  const char* input = "org.apache.hadoop.mapred.FileInputFormat";
  const char* output = "org.apache.hadoop.mapred.FileOutputFormat";
  const char* library = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe";
  if (read_by_hive) {
    input = "org.apache.iceberg.mr.hive.HiveIcebergInputFormat";
    output = "org.apache.iceberg.mr.hive.HiveIcebergOutputFormat";
    library = "org.apache.iceberg.mr.hive.HiveIcebergSerDe";
  }
  ThriftValue serde;
  serde.Set(hive_serde::kLibrary, ThriftValue::Text(library))
      .Set(hive_serde::kParameters, ThriftValue::TextMap({}));
  ThriftValue storage;
  storage.Set(hive_storage::kColumns, ThriftValue::List(ThriftType::kStruct, std::move(columns)))
      .Set(hive_storage::kLocation, ThriftValue::Text(location))
      .Set(hive_storage::kInputFormat, ThriftValue::Text(input))
      .Set(hive_storage::kOutputFormat, ThriftValue::Text(output))
      .Set(hive_storage::kCompressed, ThriftValue::Bool(false))
      .Set(hive_storage::kBuckets, ThriftValue::I32(0))
      .Set(hive_storage::kSerde, std::move(serde))
      .Set(hive_storage::kBucketColumns, ThriftValue::List(ThriftType::kString, {}))
      .Set(hive_storage::kSortColumns, ThriftValue::List(ThriftType::kStruct, {}))
      .Set(hive_storage::kParameters, ThriftValue::TextMap({}));
  return storage;
}

// What engines show without reading metadata.
void SetStatistics(Parameters& parameters, const iceberg::TableMetadata& metadata) {
  for (const char* name :
       {"current-snapshot-id", "current-snapshot-timestamp-ms", "current-snapshot-summary"}) {
    parameters.erase(name);
  }
  parameters["snapshot-count"] = std::to_string(metadata.snapshots.size());
  const iceberg::Snapshot* current = metadata.CurrentSnapshot();
  if (current == nullptr) return;
  parameters["current-snapshot-id"] = std::to_string(current->snapshot_id);
  parameters["current-snapshot-timestamp-ms"] = std::to_string(current->timestamp_ms);
  Json summary = Json::object();
  for (const auto& [name, value] : current->summary) {
    if (name != "operation") summary[name] = value;
  }
  SetUnlessTooLong(parameters, "current-snapshot-summary", summary.dump());
  for (const auto& [total, parameter] :
       {std::pair("total-data-files", "numFiles"), std::pair("total-records", "numRows"),
        std::pair("total-files-size", "totalSize")}) {
    auto found = current->summary.find(total);
    if (found != current->summary.end()) parameters[parameter] = found->second;
  }
}

const iceberg::SortOrder* DefaultSortOrder(const iceberg::TableMetadata& metadata) {
  for (const iceberg::SortOrder& order : metadata.sort_orders) {
    if (order.order_id == metadata.default_sort_order_id) return &order;
  }
  return nullptr;
}

// The text that a view has in the metastore: Hive's, or else the first there is.
std::string SqlOf(const iceberg::ViewMetadata& metadata) {
  if (const iceberg::ViewRepresentation* hive = metadata.SqlFor("hive")) return hive->sql;
  const auto& representations = metadata.CurrentVersion().representations;
  return representations.empty() ? "" : representations.front().sql;
}

}  // namespace

std::optional<Entry> HiveEntryOf(const ThriftValue& table) {
  Parameters parameters = table.TextMapAt(hive_table::kParameters);
  std::string type = Upper(parameters[kTableType]);
  std::string location = parameters[kHiveMetadataLocation];
  if (location.empty()) return std::nullopt;
  if (type == kHiveTableType) return Entry{EntityKind::kTable, location};
  if (type == kHiveViewType) return Entry{EntityKind::kView, location};
  return std::nullopt;
}

ThriftValue NewHiveTable(const TableIdentifier& identifier, EntityKind kind,
                         const Parameters& properties) {
  bool is_view = kind == EntityKind::kView;
  auto owner = properties.find(kOwnerProperty);
  auto now = static_cast<int32_t>(NowMillis() / 1000);
  ThriftValue table;
  table.Set(hive_table::kName, ThriftValue::Text(identifier.name))
      .Set(hive_table::kDatabase, ThriftValue::Text(NamespaceText(identifier.name_space)))
      .Set(hive_table::kOwner,
           ThriftValue::Text(owner == properties.end() ? SystemUser() : owner->second))
      .Set(hive_table::kCreateTime, ThriftValue::I32(now))
      .Set(hive_table::kLastAccessTime, ThriftValue::I32(now))
      .Set(hive_table::kRetention, ThriftValue::I32(std::numeric_limits<int32_t>::max()))
      .Set(hive_table::kPartitionKeys, ThriftValue::List(ThriftType::kStruct, {}))
      .Set(hive_table::kType, ThriftValue::Text(is_view ? "VIRTUAL_VIEW" : "EXTERNAL_TABLE"));
  Parameters parameters;
  // The type alone does not make it external.
  if (!is_view) parameters["EXTERNAL"] = "TRUE";
  table.Set(hive_table::kParameters, ThriftValue::TextMap(parameters));
  return table;
}

void PointHiveTable(ThriftValue& table, const iceberg::TableMetadata& metadata,
                    const std::string& metadata_location, const iceberg::TableMetadata* base) {
  Parameters parameters = table.TextMapAt(hive_table::kParameters);
  SetProperties(parameters, metadata.properties, base == nullptr ? nullptr : &base->properties);
  Point(parameters, kHiveTableType, metadata.table_uuid, metadata_location,
        metadata.CurrentSchema());
  bool read_by_hive = Lower(metadata.Property("engine.hive.enabled", "")) == "true";
  parameters.erase("storage_handler");
  if (read_by_hive) {
    parameters["storage_handler"] = "org.apache.iceberg.mr.hive.HiveIcebergStorageHandler";
  }
  SetStatistics(parameters, metadata);
  parameters.erase("default-partition-spec");
  const iceberg::PartitionSpec& spec = metadata.DefaultSpec();
  if (!spec.fields.empty()) {
    SetUnlessTooLong(parameters, "default-partition-spec",
                     iceberg::PartitionSpecToJson(spec).dump());
  }
  parameters.erase("default-sort-order");
  const iceberg::SortOrder* order = DefaultSortOrder(metadata);
  if (order != nullptr && !order->fields.empty()) {
    SetUnlessTooLong(parameters, "default-sort-order", iceberg::SortOrderToJson(*order).dump());
  }
  // Hive's own statistics of columns are of the table as it was.
  parameters.erase("COLUMN_STATS_ACCURATE");
  parameters["DO_NOT_UPDATE_STATS"] = "true";
  table.Set(hive_table::kStorage,
            StorageOf(metadata.CurrentSchema(), metadata.location, read_by_hive));
  table.Set(hive_table::kParameters, ThriftValue::TextMap(parameters));
}

void PointHiveView(ThriftValue& table, const iceberg::ViewMetadata& metadata,
                   const std::string& metadata_location, const iceberg::ViewMetadata* base) {
  const iceberg::Schema& schema = *metadata.SchemaById(metadata.CurrentVersion().schema_id);
  Parameters parameters = table.TextMapAt(hive_table::kParameters);
  SetProperties(parameters, metadata.properties, base == nullptr ? nullptr : &base->properties);
  Point(parameters, kHiveViewType, metadata.view_uuid, metadata_location, schema);
  std::string sql = SqlOf(metadata);
  table.Set(hive_table::kViewOriginalText, ThriftValue::Text(sql))
      .Set(hive_table::kViewExpandedText, ThriftValue::Text(sql))
      .Set(hive_table::kStorage, StorageOf(schema, metadata.location, false))
      .Set(hive_table::kParameters, ThriftValue::TextMap(parameters));
}

std::string HiveTypeOf(const iceberg::Type& type) {
  using iceberg::TypeId;
  switch (type.id) {
    case TypeId::kBoolean:
      return "boolean";
    case TypeId::kInt:
      return "int";
    case TypeId::kLong:
      return "bigint";
    case TypeId::kFloat:
      return "float";
    case TypeId::kDouble:
      return "double";
    case TypeId::kDate:
      return "date";
    case TypeId::kTime:
    case TypeId::kString:
    case TypeId::kUuid:
      return "string";
    case TypeId::kTimestamp:
    case TypeId::kTimestampNs:
      return "timestamp";
    case TypeId::kTimestampTz:
    case TypeId::kTimestampTzNs:
      return "timestamp with local time zone";
    case TypeId::kFixed:
    case TypeId::kBinary:
      return "binary";
    case TypeId::kDecimal:
      return fmt::format("decimal({},{})", type.precision, type.scale);
    case TypeId::kStruct: {
      std::vector<std::string> fields;
      for (const iceberg::NestedField& field : type.fields) {
        fields.push_back(field.name + ":" + HiveTypeOf(*field.type));
      }
      return fmt::format("struct<{}>", Join(fields, ","));
    }
    case TypeId::kList:
      return fmt::format("array<{}>", HiveTypeOf(*type.fields[0].type));
    case TypeId::kMap:
      return fmt::format("map<{},{}>", HiveTypeOf(*type.fields[0].type),
                         HiveTypeOf(*type.fields[1].type));
    case TypeId::kVariant:
    case TypeId::kUnknown:
    case TypeId::kOther:
      // Hive has none that is like it; who reads the table goes by the metadata.
      return "string";
  }
  return "string";
}

}  // namespace eider::catalog

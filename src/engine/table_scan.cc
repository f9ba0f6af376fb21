#include "engine/table_scan.h"

#include <fmt/format.h>

#include <utility>

#include "base/error.h"
#include "duckdb/catalog/catalog.hpp"
#include "duckdb/common/multi_file/multi_file_function.hpp"
#include "duckdb/common/serializer/deserializer.hpp"
#include "duckdb/common/serializer/serializer.hpp"
#include "duckdb/function/partition_stats.hpp"
#include "duckdb/main/extension/extension_loader.hpp"
#include "duckdb/planner/operator/logical_get.hpp"
#include "duckdb/planner/tableref/bound_at_clause.hpp"
#include "duckdb/storage/statistics/numeric_stats.hpp"
#include "duckdb/storage/statistics/string_stats.hpp"
#include "engine/data_file_list.h"
#include "engine/duckdb_error.h"
#include "engine/parquet_scan.h"
#include "engine/row_lineage.h"
#include "engine/type_mapping.h"

namespace eider::engine {

namespace {

bool HasBounds(const iceberg::Type& type) {
  switch (type.id) {
    case iceberg::TypeId::kInt:
    case iceberg::TypeId::kLong:
    case iceberg::TypeId::kFloat:
    case iceberg::TypeId::kDouble:
    case iceberg::TypeId::kDecimal:
    case iceberg::TypeId::kDate:
    case iceberg::TypeId::kTime:
    case iceberg::TypeId::kTimestamp:
    case iceberg::TypeId::kTimestampTz:
    case iceberg::TypeId::kString:
      return true;
    default:
      return false;
  }
}

// What is known of a column in all files of a scan. Bounds missing in one file are missing in all.
iceberg::ColumnFacts FactsOfAll(const DataFileList& list, const iceberg::NestedField& field) {
  const TableVersion& version = list.table().version;
  iceberg::ColumnFacts all;
  all.may_be_null = false;
  bool lower_known = true;
  bool upper_known = true;
  auto merge = [&](std::optional<iceberg::Literal>& bound, bool& known,
                   const std::optional<iceberg::Literal>& other, bool lower) {
    known = known && other.has_value();
    if (!known) {
      bound.reset();
    } else if (!bound || (lower ? iceberg::CompareLiterals(*field.type, *other, *bound) < 0
                                : iceberg::CompareLiterals(*field.type, *other, *bound) > 0)) {
      bound = other;
    }
  };
  for (const iceberg::FileScanTask& task : list.tasks()) {
    auto facts = iceberg::FactsOf(field.id, *field.type, *task.file,
                                  *version.metadata->SpecById(task.spec_id));
    all.may_be_null = all.may_be_null || facts.may_be_null;
    all.may_be_nan = all.may_be_nan || facts.may_be_nan;
    if (facts.all_null) continue;
    merge(all.lower, lower_known, facts.lower, true);
    merge(all.upper, upper_known, facts.upper, false);
  }
  return all;
}

duckdb::unique_ptr<duckdb::BaseStatistics> Statistics(duckdb::ClientContext&,
                                                      const duckdb::FunctionData* bind_data,
                                                      duckdb::column_t column) {
  const DataFileList& list = FileListOf(bind_data);
  const auto& fields = list.table().version.schema->fields;
  if (duckdb::IsVirtualColumn(column) || column >= fields.size()) return nullptr;
  const iceberg::NestedField& field = fields[column];
  if (!HasBounds(*field.type) || list.tasks().empty()) return nullptr;
  iceberg::ColumnFacts facts = FactsOfAll(list, field);
  auto type = ToDuckDBType(*field.type, field.name);
  auto statistics = duckdb::BaseStatistics::CreateUnknown(type);
  if (!facts.may_be_null) statistics.Set(duckdb::StatsInfo::CANNOT_HAVE_NULL_VALUES);
  if (facts.may_be_nan) facts.upper.reset();  // NaN is above every bound
  if (field.type->id == iceberg::TypeId::kString) {
    if (facts.lower && facts.upper) {
      duckdb::StringStats::SetMin(statistics, std::get<std::string>(facts.lower->value));
      duckdb::StringStats::SetMax(statistics, std::get<std::string>(facts.upper->value));
    }
  } else {
    if (facts.lower) {
      duckdb::NumericStats::SetMin(statistics, ToValue(*field.type, *facts.lower));
    }
    if (facts.upper) {
      duckdb::NumericStats::SetMax(statistics, ToValue(*field.type, *facts.upper));
    }
  }
  return statistics.ToUnique();
}

// One partition that holds every row, so that count(*) opens no file; none where only reading the
// deletes tells how many rows there are.
duckdb::vector<duckdb::PartitionStatistics> PartitionStats(duckdb::ClientContext&,
                                                           duckdb::GetPartitionStatsInput& input) {
  auto rows = FileListOf(input.bind_data).RemainingRows();
  if (!rows) return {};
  duckdb::PartitionStatistics partition;
  partition.count = static_cast<duckdb::idx_t>(*rows);
  partition.count_type = duckdb::CountType::COUNT_EXACT;
  return {partition};
}

duckdb::BindInfo GetBindInfo(const duckdb::optional_ptr<duckdb::FunctionData> bind_data) {
  return duckdb::BindInfo(*FileListOf(bind_data.get()).table().entry);
}

duckdb::virtual_column_map_t GetVirtualColumns(
    duckdb::ClientContext&, duckdb::optional_ptr<duckdb::FunctionData> bind_data) {
  auto columns = ScanVirtualColumns(*FileListOf(bind_data.get()).table().version.metadata);
  bind_data->Cast<duckdb::MultiFileBindData>().virtual_columns = columns;
  return columns;
}

// A file holds lineage for some of its rows only, so that the scan cannot filter by it.
void PushdownFilters(duckdb::ClientContext& context, duckdb::LogicalGet& get,
                     duckdb::FunctionData* bind_data,
                     duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>& filters) {
  FileListOf(bind_data).table().pushdown_filters(context, get, bind_data, filters);
  for (auto& filter : filters) KeepLineageFilterAbove(get, filter);
}

bool PushdownExpression(duckdb::ClientContext& context, const duckdb::LogicalGet& get,
                        duckdb::Expression& filter) {
  const auto& table = FileListOf(get.bind_data.get()).table();
  return !ReadsLineage(get, filter) && table.pushdown_expression(context, get, filter);
}

duckdb::InsertionOrderPreservingMap<duckdb::string> ToText(
    duckdb::TableFunctionToStringInput& input) {
  const DataFileList& list = FileListOf(input.bind_data);
  duckdb::InsertionOrderPreservingMap<duckdb::string> text;
  text["Table"] = list.table().name;
  text["Files"] = std::to_string(list.tasks().size());
  return text;
}

// DuckDB copies a part of a plan by writing it and reading it back, inlined CTEs among them. What
// is written names the table and its snapshot; reading it makes the scan anew, in the same
// transaction.
void Serialize(duckdb::Serializer& serializer,
               const duckdb::optional_ptr<duckdb::FunctionData> /*bind_data*/,
               const duckdb::TableFunction& function) {
  const auto& table = function.function_info->Cast<ScannedTable>();
  const auto* snapshot = table.version.snapshot;
  serializer.WriteProperty<duckdb::string>(100, "catalog", table.entry->ParentCatalog().GetName());
  serializer.WriteProperty<duckdb::string>(101, "schema", table.entry->ParentSchema().name);
  serializer.WriteProperty<duckdb::string>(102, "table", table.entry->name);
  serializer.WriteProperty<int64_t>(103, "snapshot", snapshot ? snapshot->snapshot_id : -1);
}

duckdb::unique_ptr<duckdb::FunctionData> Deserialize(duckdb::Deserializer& deserializer,
                                                     duckdb::TableFunction& function) {
  auto catalog = deserializer.ReadProperty<duckdb::string>(100, "catalog");
  auto schema = deserializer.ReadProperty<duckdb::string>(101, "schema");
  auto name = deserializer.ReadProperty<duckdb::string>(102, "table");
  auto snapshot = deserializer.ReadProperty<int64_t>(103, "snapshot");
  auto& context = deserializer.Get<duckdb::ClientContext&>();

  auto find = [&](duckdb::optional_ptr<duckdb::BoundAtClause> at) -> TableEntry& {
    duckdb::EntryLookupInfo lookup(duckdb::CatalogType::TABLE_ENTRY, name, at,
                                   duckdb::QueryErrorContext());
    return duckdb::Catalog::GetEntry(context, catalog, schema, lookup).Cast<TableEntry>();
  };
  TableEntry* entry = &find(nullptr);
  const auto* current = entry->version().snapshot;
  if (snapshot != -1 && (!current || current->snapshot_id != snapshot)) {
    duckdb::BoundAtClause at("version", duckdb::Value::BIGINT(snapshot));
    entry = &find(&at);
  }
  duckdb::unique_ptr<duckdb::FunctionData> bind_data;
  function = entry->GetScanFunction(context, bind_data);
  return bind_data;
}

duckdb::unique_ptr<duckdb::FunctionData> RefuseDirectCall(duckdb::ClientContext&,
                                                          duckdb::TableFunctionBindInput&,
                                                          duckdb::vector<duckdb::LogicalType>&,
                                                          duckdb::vector<duckdb::string>&) {
  throw ToDuckDB(Error(ErrorCode::kUnsupported, "eider_scan is not to be called by name")
                     .WithHint("A table is read by its name."));
}

constexpr const char* kScanName = "eider_scan";

}  // namespace

void RegisterTableScan(duckdb::DatabaseInstance& database) {
  duckdb::TableFunction function(kScanName, {}, nullptr, RefuseDirectCall);
  function.serialize = Serialize;
  function.deserialize = Deserialize;
  duckdb::ExtensionLoader loader(database, "eider");
  loader.RegisterFunction(std::move(function));
}

duckdb::virtual_column_map_t ScanVirtualColumns(const iceberg::TableMetadata& metadata) {
  duckdb::virtual_column_map_t columns;
  columns.insert({duckdb::MultiFileReader::COLUMN_IDENTIFIER_FILENAME,
                  duckdb::TableColumn("filename", duckdb::LogicalType::VARCHAR)});
  columns.insert({duckdb::MultiFileReader::COLUMN_IDENTIFIER_FILE_ROW_NUMBER,
                  duckdb::TableColumn("file_row_number", duckdb::LogicalType::BIGINT)});
  columns.insert({duckdb::MultiFileReader::COLUMN_IDENTIFIER_FILE_INDEX,
                  duckdb::TableColumn("file_index", duckdb::LogicalType::UBIGINT)});
  columns.insert(
      {duckdb::COLUMN_IDENTIFIER_EMPTY, duckdb::TableColumn("", duckdb::LogicalType::BOOLEAN)});
  if (metadata.format_version >= 3) AddLineageColumns(columns);
  return columns;
}

duckdb::TableFunction MakeTableScan(duckdb::ClientContext& context, const TableEntry& entry,
                                    io::FileSystem& files,
                                    duckdb::unique_ptr<duckdb::FunctionData>& bind_data) {
  auto table = duckdb::make_shared_ptr<ScannedTable>();
  table->version = entry.version();
  table->name = entry.identifier().ToString();
  table->files = &files;
  // DuckDB asks for the entry as one it may change.
  table->entry = const_cast<TableEntry*>(&entry);

  duckdb::TableFunction function = MakeParquetScan(context, std::move(table));
  function.name = kScanName;
  function.arguments.clear();  // as it is registered
  function.statistics = Statistics;
  function.get_partition_stats = PartitionStats;
  function.get_bind_info = GetBindInfo;
  function.get_virtual_columns = GetVirtualColumns;
  if (entry.version().metadata->format_version >= 3) {
    function.pushdown_complex_filter = PushdownFilters;
    function.pushdown_expression = PushdownExpression;
  }
  function.to_string = ToText;
  function.serialize = Serialize;
  function.deserialize = Deserialize;
  function.verify_serialization = false;

  bind_data = BindParquetScan(context, function);
  return function;
}

}  // namespace eider::engine

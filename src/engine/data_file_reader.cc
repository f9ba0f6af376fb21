#include "engine/data_file_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/lru_cache.h"
#include "base/text.h"
#include "duckdb/common/multi_file/multi_file_function.hpp"
#include "duckdb/parser/expression/constant_expression.hpp"
#include "duckdb/planner/filter/conjunction_filter.hpp"
#include "duckdb/planner/filter/optional_filter.hpp"
#include "engine/duckdb_error.h"
#include "engine/name_mapping.h"
#include "engine/parquet_scan.h"
#include "engine/row_deletes.h"
#include "engine/row_lineage.h"
#include "engine/type_mapping.h"

namespace eider::engine {

namespace {

using duckdb::MultiFileColumnDefinition;
using duckdb::TableFilterType;
using iceberg::NestedField;

// Parsed footers of data files, which never change. Counted in column chunks, of which each takes
// some hundred bytes.
LruCache<duckdb::shared_ptr<duckdb::BaseUnionData>>& Footers() {
  // Never destroyed: DuckDB's own state may be gone before ours at the end of the process.
  static auto& cache = *new LruCache<duckdb::shared_ptr<duckdb::BaseUnionData>>(200'000);
  return cache;
}

MultiFileColumnDefinition ToColumn(const NestedField& field, const std::string& path) {
  MultiFileColumnDefinition column(field.name, ToDuckDBType(*field.type, path));
  column.identifier = duckdb::Value::INTEGER(field.id);
  column.default_expression = duckdb::make_uniq<duckdb::ConstantExpression>(
      field.initial_default ? DefaultValue(*field.type, *field.initial_default, path)
                            : duckdb::Value(column.type));
  for (const NestedField& child : field.type->fields) {
    column.children.push_back(ToColumn(child, path + "." + child.name));
  }
  return column;
}

// DuckDB looks the parts of lists and maps up by names that older writers do not use.
void NormalizeNames(MultiFileColumnDefinition& column) {
  if (column.type.id() == duckdb::LogicalTypeId::LIST && column.children.size() == 1) {
    column.children[0].name = "list";
  }
  if (column.type.id() == duckdb::LogicalTypeId::MAP && column.children.size() == 1) {
    column.children[0].name = "key_value";
    auto& entry = column.children[0].children;
    if (entry.size() == 2) {
      entry[0].name = "key";
      entry[1].name = "value";
    }
  }
  for (MultiFileColumnDefinition& child : column.children) NormalizeNames(child);
}

// Columns of partitions by identity that the file leaves to its partition values, as files taken
// over from Hive do.
void AddPartitionConstants(const TableVersion& version, const iceberg::FileScanTask& task,
                           const duckdb::vector<duckdb::ColumnIndex>& column_ids,
                           duckdb::MultiFileReaderData& reader_data) {
  const iceberg::PartitionSpec& spec = *version.metadata->SpecById(task.spec_id);
  if (spec.is_unpartitioned()) return;
  const auto& local_columns = reader_data.reader->GetColumns();
  for (duckdb::idx_t i = 0; i < column_ids.size(); ++i) {
    if (column_ids[i].IsVirtualColumn()) continue;
    const NestedField& field = version.schema->fields[column_ids[i].GetPrimaryIndex()];
    if (field.type->is_nested()) continue;
    auto identifier = duckdb::Value::INTEGER(field.id);
    bool in_file = std::any_of(
        local_columns.begin(), local_columns.end(),
        [&](const MultiFileColumnDefinition& column) { return column.identifier == identifier; });
    if (in_file) continue;
    for (size_t j = 0; j < spec.fields.size() && j < task.file->partition.size(); ++j) {
      if (spec.fields[j].source_id == field.id &&
          spec.fields[j].transform.kind == iceberg::Transform::Kind::kIdentity) {
        reader_data.constant_map.Add(duckdb::MultiFileGlobalIndex(i),
                                     ToValue(*field.type, task.file->partition[j]));
      }
    }
  }
}

// The filter without the optional parts that DuckDB 1.5.5 cannot carry over a cast (it throws for
// bloom filters); nullptr where nothing remains.
duckdb::unique_ptr<duckdb::TableFilter> WithoutBloomFilters(const duckdb::TableFilter& filter) {
  if (filter.filter_type == TableFilterType::BLOOM_FILTER) return nullptr;
  if (filter.filter_type == TableFilterType::OPTIONAL_FILTER) {
    const auto& child = filter.Cast<duckdb::OptionalFilter>().child_filter;
    auto kept = child ? WithoutBloomFilters(*child) : nullptr;
    if (!kept) return nullptr;
    return duckdb::make_uniq<duckdb::OptionalFilter>(std::move(kept));
  }
  if (filter.filter_type == TableFilterType::CONJUNCTION_AND) {
    auto kept = duckdb::make_uniq<duckdb::ConjunctionAndFilter>();
    for (const auto& child : filter.Cast<duckdb::ConjunctionAndFilter>().child_filters) {
      auto kept_child = WithoutBloomFilters(*child);
      if (kept_child) kept->child_filters.push_back(std::move(kept_child));
    }
    if (kept->child_filters.empty()) return nullptr;
    return kept;
  }
  return filter.Copy();
}

// The filters for a file some of whose columns have another type than the table's; nullptr where
// those of the table will do.
duckdb::unique_ptr<duckdb::TableFilterSet> FiltersForCasts(
    const duckdb::BaseFileReader& reader, const duckdb::vector<MultiFileColumnDefinition>& columns,
    const duckdb::vector<duckdb::ColumnIndex>& column_ids, const duckdb::TableFilterSet& filters) {
  auto needs_cast = [&](duckdb::idx_t index) {
    if (index >= column_ids.size() || column_ids[index].IsVirtualColumn()) return false;
    const MultiFileColumnDefinition& column = columns[column_ids[index].GetPrimaryIndex()];
    return std::any_of(reader.columns.begin(), reader.columns.end(),
                       [&](const MultiFileColumnDefinition& local) {
                         return local.identifier == column.identifier && local.type != column.type;
                       });
  };
  auto adapted = duckdb::make_uniq<duckdb::TableFilterSet>();
  bool any = false;
  for (const auto& [index, filter] : filters.filters) {
    bool cast = needs_cast(index);
    any = any || cast;
    auto kept = cast ? WithoutBloomFilters(*filter) : filter->Copy();
    if (kept) adapted->filters.emplace(index, std::move(kept));
  }
  if (!any) return nullptr;
  return adapted;
}

// An error of opening a data file, said in the words of the table.
Error OpeningError(const ScannedTable& table, const std::string& path,
                   const std::exception& cause) {
  Error error = FromDuckDB(duckdb::ErrorData(cause));
  if (!table.files->Exists(path)) return MissingFile(table, path);
  if (error.code() == ErrorCode::kQuery || error.code() == ErrorCode::kInternal) {
    return Error(ErrorCode::kCorrupt,
                 fmt::format("{} {} of table {} cannot be read: {}", table.file_kind, path,
                             table.name, error.message()));
  }
  return error;
}

}  // namespace

duckdb::shared_ptr<duckdb::MultiFileList> DataFileReader::CreateFileList(
    duckdb::ClientContext&, const duckdb::vector<duckdb::string>&, const duckdb::FileGlobInput&) {
  return duckdb::make_shared_ptr<DataFileList>(table_, iceberg::Predicate());
}

bool DataFileReader::Bind(duckdb::MultiFileOptions&, duckdb::MultiFileList&,
                          duckdb::vector<duckdb::LogicalType>& return_types,
                          duckdb::vector<duckdb::string>& names,
                          duckdb::MultiFileReaderBindData& bind_data) {
  for (const NestedField& field : table_->version.schema->fields) {
    bind_data.schema.push_back(ToColumn(field, table_->name + "." + field.name));
    names.push_back(field.name);
    return_types.push_back(bind_data.schema.back().type);
  }
  bind_data.mapping = duckdb::MultiFileColumnMappingMode::BY_FIELD_ID;
  return true;
}

// None of the options of read_parquet applies: the table says what its files hold.
void DataFileReader::BindOptions(duckdb::MultiFileOptions& options, duckdb::MultiFileList&,
                                 duckdb::vector<duckdb::LogicalType>&,
                                 duckdb::vector<duckdb::string>&,
                                 duckdb::MultiFileReaderBindData&) {
  options.auto_detect_hive_partitioning = false;
}

duckdb::ReaderInitializeType DataFileReader::InitializeReader(
    duckdb::MultiFileReaderData& reader_data, const duckdb::MultiFileBindData& bind_data,
    const duckdb::vector<MultiFileColumnDefinition>& global_columns,
    const duckdb::vector<duckdb::ColumnIndex>& global_column_ids,
    duckdb::optional_ptr<duckdb::TableFilterSet> table_filters, duckdb::ClientContext& context,
    duckdb::MultiFileGlobalState& global_state) {
  return AtBorder([&] {
    duckdb::BaseFileReader& reader = *reader_data.reader;
    const auto& list = global_state.file_list.Cast<DataFileList>();
    const iceberg::FileScanTask& task = list.tasks()[reader.file_list_idx.GetIndex()];
    // Late materialization joins two scans by file index, and each may have pruned other files.
    reader.file_list_idx = task.ordinal;
    for (MultiFileColumnDefinition& column : reader.columns) NormalizeNames(column);
    AssignFieldIds(*table_->version.metadata, *table_->version.schema, reader.columns);

    FinalizeBind(reader_data, bind_data.file_options, bind_data.reader_bind, global_columns,
                 global_column_ids, context, global_state.multi_file_reader_state.get());
    AddPartitionConstants(table_->version, task, global_column_ids, reader_data);
    bool has_lineage = std::any_of(
        global_column_ids.begin(), global_column_ids.end(),
        [](const duckdb::ColumnIndex& id) { return IsLineageColumn(id.GetPrimaryIndex()); });
    duckdb::unique_ptr<duckdb::TableFilterSet> without_lineage;
    if (table_filters && has_lineage) {
      without_lineage = WithoutLineageFilters(global_column_ids, *table_filters);
      if (without_lineage) table_filters = without_lineage.get();
    }
    duckdb::unique_ptr<duckdb::TableFilterSet> adapted;
    if (table_filters) {
      adapted = FiltersForCasts(reader, global_columns, global_column_ids, *table_filters);
      if (adapted) table_filters = adapted.get();
    }
    auto initialized =
        CreateMapping(context, reader_data, global_columns, global_column_ids, table_filters,
                      global_state.file_list, bind_data.reader_bind, bind_data.virtual_columns);
    if (initialized == duckdb::ReaderInitializeType::SKIP_READING_FILE) return initialized;
    if (has_lineage) FinishLineage(context, task, global_column_ids, reader_data);
    if (!task.deletes.empty()) {
      reader.deletion_filter = MakeDeleteFilter(context, *table_, task);
    }
    return initialized;
  });
}

duckdb::shared_ptr<duckdb::BaseFileReader> DataFileReader::CreateReader(
    duckdb::ClientContext& context, duckdb::GlobalTableFunctionState& global_state,
    const duckdb::OpenFileInfo& file, duckdb::idx_t file_index,
    const duckdb::MultiFileBindData& bind_data) {
  return AtBorder([&] {
    try {
      if (auto footer = Footers().Get(file.path)) {
        return bind_data.interface->CreateReader(context, global_state, **footer, bind_data);
      }
      auto reader =
          bind_data.interface->CreateReader(context, global_state, file, file_index, bind_data);
      // The union data of a reader holds its footer, and another reader is made from it without
      // reading the file again.
      auto footer = reader->GetUnionData(0);
      footer->reader = nullptr;
      int64_t rows = file.extended_info->options.at(kRowCountOption).GetValue<int64_t>();
      size_t chunks = reader->columns.size() * (1 + static_cast<size_t>(rows) / kRowGroupRows);
      Footers().Put(file.path,
                    std::make_shared<const duckdb::shared_ptr<duckdb::BaseUnionData>>(footer),
                    chunks);
      return reader;
    } catch (const std::exception& error) {
      throw OpeningError(*table_, file.path, error);
    }
  });
}

duckdb::unique_ptr<duckdb::Expression> DataFileReader::GetVirtualColumnExpression(
    duckdb::ClientContext& context, duckdb::MultiFileReaderData& reader_data,
    const duckdb::vector<MultiFileColumnDefinition>& local_columns, duckdb::idx_t& column_id,
    const duckdb::LogicalType& type, duckdb::MultiFileLocalIndex local_index,
    duckdb::optional_ptr<MultiFileColumnDefinition>& global_column_reference) {
  if (IsLineageColumn(column_id)) {
    return MapLineageColumn(reader_data, column_id, local_index, global_column_reference);
  }
  return duckdb::MultiFileReader::GetVirtualColumnExpression(
      context, reader_data, local_columns, column_id, type, local_index, global_column_reference);
}

duckdb::unique_ptr<duckdb::MultiFileReader> DataFileReader::Copy() const {
  auto copy = duckdb::make_uniq<DataFileReader>(table_);
  copy->function_name = function_name;
  return copy;
}

}  // namespace eider::engine

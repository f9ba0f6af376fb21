#include "engine/parquet_scan.h"

#include <fmt/format.h>

#include <utility>

#include "base/error.h"
#include "duckdb/catalog/catalog.hpp"
#include "duckdb/catalog/catalog_entry/table_function_catalog_entry.hpp"
#include "duckdb/common/multi_file/multi_file_function.hpp"
#include "duckdb/parser/tableref/table_function_ref.hpp"
#include "engine/data_file_reader.h"
#include "engine/duckdb_error.h"

namespace eider::engine {

namespace {

duckdb::unique_ptr<duckdb::MultiFileReader> MakeReader(const duckdb::TableFunction& function) {
  return duckdb::make_uniq<DataFileReader>(
      duckdb::shared_ptr_cast<duckdb::TableFunctionInfo, ScannedTable>(function.function_info));
}

// Whether an error of a scan comes from reading the file, not from a filter that the scan
// evaluates.
bool IsOfDecoder(const duckdb::ErrorData& error, const duckdb::BaseFileReader& reader) {
  switch (error.Type()) {
    case duckdb::ExceptionType::UNKNOWN_TYPE:
    case duckdb::ExceptionType::INVALID:
    case duckdb::ExceptionType::IO:
    case duckdb::ExceptionType::SERIALIZATION:
      return true;
    case duckdb::ExceptionType::INVALID_INPUT:
      return error.RawMessage().find(reader.GetFileName()) != std::string::npos;
    default:
      return false;
  }
}

// DuckDB's decoders often complain of damaged pages without saying where.
void Scan(duckdb::ClientContext& context, duckdb::TableFunctionInput& input,
          duckdb::DataChunk& output) {
  const ScannedTable& table = FileListOf(input.bind_data).table();
  try {
    table.scan(context, input, output);
  } catch (const std::exception& error) {
    duckdb::ErrorData data(error);
    auto reader =
        input.local_state ? input.local_state->Cast<duckdb::MultiFileLocalState>().reader : nullptr;
    if (!reader || data.ExtraInfo().count("eider_code") > 0 || !IsOfDecoder(data, *reader)) throw;
    // What DuckDB has cached of a file that is gone lets it be opened.
    const std::string& path = reader->GetFileName();
    if (!table.files->Exists(path)) throw ToDuckDB(MissingFile(table, path));
    throw ToDuckDB(Error(ErrorCode::kCorrupt,
                         fmt::format("{} {} of table {} cannot be read: {}", table.file_kind, path,
                                     table.name, data.RawMessage())));
  }
}

}  // namespace

Error MissingFile(const ScannedTable& table, const std::string& path) {
  return Error(ErrorCode::kNotFound,
               fmt::format("{} {} of table {} is missing", table.file_kind, path, table.name))
      .WithHint(fmt::format(
          "Restore the file, or go back to a snapshot without it: SELECT * FROM \"{}$snapshots\".",
          table.name));
}

duckdb::TableFunction MakeParquetScan(duckdb::ClientContext& context,
                                      duckdb::shared_ptr<ScannedTable> table) {
  auto& parquet_scan = duckdb::Catalog::GetEntry<duckdb::TableFunctionCatalogEntry>(
      context, SYSTEM_CATALOG, DEFAULT_SCHEMA, "parquet_scan");
  duckdb::TableFunction function = parquet_scan.functions.GetFunctionByOffset(0);
  table->scan = function.function;
  table->pushdown_filters = function.pushdown_complex_filter;
  table->pushdown_expression = function.pushdown_expression;
  function.function = Scan;
  function.function_info = std::move(table);
  function.get_multi_file_reader = MakeReader;
  return function;
}

duckdb::unique_ptr<duckdb::FunctionData> BindParquetScan(duckdb::ClientContext& context,
                                                         duckdb::TableFunction& function) {
  duckdb::vector<duckdb::Value> inputs{duckdb::Value("")};
  duckdb::named_parameter_map_t parameters;
  duckdb::vector<duckdb::LogicalType> input_types;
  duckdb::vector<duckdb::string> input_names;
  duckdb::TableFunctionRef reference;
  duckdb::TableFunctionBindInput input(inputs, parameters, input_types, input_names, nullptr,
                                       nullptr, function, reference);
  duckdb::vector<duckdb::LogicalType> types;
  duckdb::vector<duckdb::string> names;
  return function.bind(context, input, types, names);
}

const DataFileList& FileListOf(duckdb::optional_ptr<const duckdb::FunctionData> bind_data) {
  return bind_data->Cast<duckdb::MultiFileBindData>().file_list->Cast<DataFileList>();
}

}  // namespace eider::engine

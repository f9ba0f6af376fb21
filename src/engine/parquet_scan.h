// DuckDB's Parquet scan, reading the files of a table as DataFileReader projects them.
#pragma once

#include <string>

#include "base/error.h"
#include "duckdb/function/table_function.hpp"
#include "engine/data_file_list.h"

namespace eider::engine {

// Errors of its decoders name the file and `table`.
duckdb::TableFunction MakeParquetScan(duckdb::ClientContext& context,
                                      duckdb::shared_ptr<ScannedTable> table);

duckdb::unique_ptr<duckdb::FunctionData> BindParquetScan(duckdb::ClientContext& context,
                                                         duckdb::TableFunction& function);

// Of a file that the table names and that is not there.
Error MissingFile(const ScannedTable& table, const std::string& path);

// The list of files of a bound scan.
const DataFileList& FileListOf(duckdb::optional_ptr<const duckdb::FunctionData> bind_data);

}  // namespace eider::engine

// Reads the data files of an Iceberg table with DuckDB's own Parquet scan.
#pragma once

#include "duckdb/function/table_function.hpp"
#include "engine/table_entry.h"
#include "io/file_system.h"

namespace eider::engine {

// The function that scans `entry`'s version, and its bind data. Files are found when the scan's
// filters are known, so that those that cannot match are never opened. The scan throws kUnsupported
// where a data file is not Parquet, or a delete file neither Parquet nor Puffin.
duckdb::TableFunction MakeTableScan(duckdb::ClientContext& context, const TableEntry& entry,
                                    io::FileSystem& files,
                                    duckdb::unique_ptr<duckdb::FunctionData>& bind_data);

// Makes scans known to DuckDB by name, which it needs where it copies parts of a plan.
void RegisterTableScan(duckdb::DatabaseInstance& database);

// The columns a scan has besides the table's own: filename, file_row_number, file_index; with
// version 3 those of row lineage.
duckdb::virtual_column_map_t ScanVirtualColumns(const iceberg::TableMetadata& metadata);

}  // namespace eider::engine

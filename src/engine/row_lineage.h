// The columns of row lineage, which tables of format version 3 have besides their own ("Row
// Lineage" of the table spec): _row_id and _last_updated_sequence_number. A file holds them for the
// rows it took over from others; for the rest they follow from where the row is.
#pragma once

#include "duckdb/common/multi_file/multi_file_states.hpp"
#include "duckdb/planner/operator/logical_get.hpp"
#include "iceberg/scan.h"

namespace eider::engine {

bool IsLineageColumn(duckdb::column_t column);
void AddLineageColumns(duckdb::virtual_column_map_t& columns);

// How DuckDB's column mapper is to read one, to be completed by FinishLineage: the file's column of
// that name, or one given by the file's row numbers (nullptr where the mapper has to ask further).
duckdb::unique_ptr<duckdb::Expression> MapLineageColumn(
    const duckdb::MultiFileReaderData& reader_data, duckdb::column_t& column,
    duckdb::MultiFileLocalIndex local_index,
    duckdb::optional_ptr<duckdb::MultiFileColumnDefinition>& file_column);

// Whether a filter above `get` reads one of these columns of its scan.
bool ReadsLineage(const duckdb::LogicalGet& get, const duckdb::Expression& filter);

// Gives a filter that does a shape that DuckDB does not take into the scan; others stay as they
// are.
void KeepLineageFilterAbove(const duckdb::LogicalGet& get,
                            duckdb::unique_ptr<duckdb::Expression>& filter);

// The filters without those on these columns; nullptr where there are none on them. What a scan is
// handed of such filters is only what joins and limits offer, which test the rows themselves.
duckdb::unique_ptr<duckdb::TableFilterSet> WithoutLineageFilters(
    const duckdb::vector<duckdb::ColumnIndex>& column_ids, const duckdb::TableFilterSet& filters);

// Fills in, once the columns of a file are mapped, what the file does not hold.
void FinishLineage(duckdb::ClientContext& context, const iceberg::FileScanTask& task,
                   const duckdb::vector<duckdb::ColumnIndex>& column_ids,
                   duckdb::MultiFileReaderData& reader_data);

}  // namespace eider::engine

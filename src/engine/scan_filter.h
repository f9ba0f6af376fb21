// DuckDB's filters as conditions files can be pruned by.
#pragma once

#include "duckdb/common/multi_file/multi_file_list.hpp"
#include "duckdb/planner/expression.hpp"
#include "duckdb/planner/table_filter.hpp"
#include "iceberg/predicate.h"

namespace eider::engine {

// What `filters`, which all hold, say of the columns of the scan that `info` describes. Their
// columns are those of `schema`, in its order.
iceberg::Predicate ToPredicate(
    const iceberg::Schema& schema, const duckdb::MultiFilePushdownInfo& info,
    const duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>& filters);

// The same for the filters of a running scan, those of joins among them. `column_ids` are the
// columns the scan reads.
iceberg::Predicate ToPredicate(const iceberg::Schema& schema,
                               const duckdb::vector<duckdb::column_t>& column_ids,
                               const duckdb::TableFilterSet& filters);

}  // namespace eider::engine

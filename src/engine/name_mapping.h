// Field ids for the columns of files that carry none ("Column Projection", "Name Mapping
// Serialization" of the table spec).
#pragma once

#include "duckdb/common/multi_file/multi_file_data.hpp"
#include "iceberg/table_metadata.h"

namespace eider::engine {

// Gives every one of a file's columns an identifier: its own id, else the one that the table's
// property "schema.name-mapping.default" or, without it, the name in `schema` says. Columns that
// are none of the table's get negative ones. A file that has ids anywhere is not mapped by name.
void AssignFieldIds(const iceberg::TableMetadata& metadata, const iceberg::Schema& schema,
                    duckdb::vector<duckdb::MultiFileColumnDefinition>& columns);

}  // namespace eider::engine

// The rows of single files, read while a query runs.
#pragma once

#include <functional>

#include "engine/data_file_list.h"

namespace eider::engine {

// Calls `visit` with every row of a file, in its order, with the columns of `schema` by field id.
// Deletes are not applied. `table` gives what names, partition specs and files it takes; its own
// columns are not read. Throws what reading a table throws.
void ReadFileRows(duckdb::ClientContext& context, const ScannedTable& table,
                  const std::string& file_kind, const iceberg::Schema& schema,
                  iceberg::FileScanTask task, const std::function<void(duckdb::DataChunk&)>& visit);

}  // namespace eider::engine

// Row-level deletes: which rows of a data file a scan leaves out.
#pragma once

#include <memory>

#include "duckdb/common/multi_file/multi_file_data.hpp"
#include "engine/data_file_list.h"

namespace eider::engine {

// What drops the deleted rows of a task's data file, by its deletion vectors, position and equality
// deletes; nullptr where no row of it is deleted. Delete files never change, so that what they say
// is kept for the process, up to a bound. Throws what reading a table throws, naming the file.
duckdb::unique_ptr<duckdb::DeleteFilter> MakeDeleteFilter(duckdb::ClientContext& context,
                                                          const ScannedTable& table,
                                                          const iceberg::FileScanTask& task);

}  // namespace eider::engine

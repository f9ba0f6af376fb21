// Equality delete files ("Equality Delete Files" of the table spec).
#pragma once

#include "engine/data_file_list.h"
#include "iceberg/deleted_rows.h"

namespace eider::engine {

// Adds to `rows` those of the task's data file whose values equal a row of one of its equality
// deletes. The columns they name are read with the types of today, dropped ones as they last were.
// What delete files hold is kept for the process, up to a bound.
void AddEqualityDeletes(duckdb::ClientContext& context, const ScannedTable& table,
                        const iceberg::FileScanTask& task, iceberg::DeletedRows& rows);

}  // namespace eider::engine

// Position delete files ("Position Delete Files" of the table spec).
#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "engine/data_file_list.h"
#include "iceberg/deleted_rows.h"

namespace eider::engine {

// By the location of the data file.
using PositionDeletes = std::unordered_map<std::string, iceberg::DeletedRows>;

// What a position delete file deletes; kept for the process, up to a bound.
std::shared_ptr<const PositionDeletes> LoadPositionDeletes(duckdb::ClientContext& context,
                                                           const ScannedTable& table,
                                                           const iceberg::DataFile& file);

}  // namespace eider::engine

// What the metadata tables of a table hold: their columns and rows (metadata_table.h).
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "duckdb/common/types/value.hpp"
#include "engine/metadata_table.h"
#include "io/file_system.h"

namespace eider::engine {

using MetadataColumns = std::vector<std::pair<std::string, duckdb::LogicalType>>;
using MetadataRows = std::vector<std::vector<duckdb::Value>>;

MetadataColumns ColumnsOf(MetadataTableKind kind, const TableVersion& version);

// `metadata_location` is the file that version.metadata was read from, "" while it is in none.
// Reads manifests where the kind needs them; throws what reading them throws.
MetadataRows RowsOf(MetadataTableKind kind, const TableVersion& version,
                    const std::string& metadata_location, io::FileSystem& files);

}  // namespace eider::engine

// What a manifest says of a data file, from what the Parquet writer knows of it.
#pragma once

#include "engine/data_file_writer.h"
#include "iceberg/manifest.h"

namespace eider::engine {

// The key of a top-level column in WrittenFile::columns.
std::string ParquetPath(const iceberg::NestedField& column);

// Counts, sizes and bounds as "write.metadata.metrics.default" and
// "write.metadata.metrics.column.x" of the table ask (none, counts, truncate(n), full), bounds in
// binary single-value form. `schema` is the one the file was written with.
iceberg::DataFile DescribeDataFile(const WrittenFile& file, const iceberg::Schema& schema,
                                   const std::map<std::string, std::string>& properties);

}  // namespace eider::engine

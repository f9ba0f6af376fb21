// How large a table is, by its metadata alone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "iceberg/table_metadata.h"
#include "io/file_system.h"

namespace eider::server {

// Of the current snapshot, but for the first and the last. nullopt: its writer did not say.
struct TableFigures {
  int64_t snapshots = 0;
  std::optional<int64_t> records;
  std::optional<int64_t> data_files;
  std::optional<int64_t> delete_files;
  std::optional<int64_t> file_bytes;  // of data and delete files
  int64_t metadata_bytes = 0;         // metadata file, manifest list, manifests
};

// Reads the manifest list, no manifests. Throws what reading it throws.
TableFigures FiguresOf(const iceberg::TableMetadata& metadata, const std::string& metadata_location,
                       io::FileSystem& files);

}  // namespace eider::server

// The files of a snapshot, as /ui shows them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "iceberg/manifest.h"
#include "iceberg/table_metadata.h"
#include "io/file_system.h"

namespace eider::server {

struct SnapshotFiles {
  // Upper bounds of sizes in bytes; the last count is of those beyond.
  static constexpr std::array<int64_t, 4> kSizes = {1 << 20, 16 << 20, 128 << 20, 512 << 20};

  struct File {
    const iceberg::DataFile* file = nullptr;
    std::string partition;  // "day=2026-11-25, kind=a"
  };

  // Of all of them.
  size_t total = 0;
  int64_t records = 0;  // of data files
  int64_t bytes = 0;
  std::array<size_t, kSizes.size() + 1> sizes{};
  std::vector<File> files;  // those that were asked for
  std::vector<std::shared_ptr<const std::vector<iceberg::ManifestEntry>>> manifests;  // hold them
};

// `count` live files from the `offset`th on, in the order of the manifests. Throws what reading
// manifests throws.
SnapshotFiles FilesOf(const iceberg::TableMetadata& metadata, const iceberg::Snapshot& snapshot,
                      size_t offset, size_t count, io::FileSystem& files);

}  // namespace eider::server

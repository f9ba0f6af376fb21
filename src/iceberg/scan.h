// Which files a read of a snapshot needs ("Scan Planning" of the table spec).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "iceberg/manifest.h"
#include "iceberg/predicate.h"
#include "io/file_system.h"

namespace eider::iceberg {

// A file of row-level deletes.
struct DeleteFile {
  std::shared_ptr<const DataFile> file;  // never null
  int64_t sequence_number = 0;
  int32_t spec_id = 0;
};

// All equality deletes of a snapshot that reach one partition, or every one, by the same columns.
struct EqualityGroup {
  std::vector<DeleteFile> files;
  std::string identity;  // differs from that of any other group
};

struct FileScanTask {
  // Shared with the cache of manifests, never null.
  std::shared_ptr<const DataFile> file;
  int32_t spec_id = 0;
  int64_t sequence_number = 0;
  // Stands for the file in every plan of the same snapshot, whatever was pruned.
  uint64_t ordinal = 0;
  // What deletes rows of this file: deletion vectors, position deletes, equality deletes.
  std::vector<std::shared_ptr<const DataFile>> deletes;
  // The groups of the equality deletes among them.
  std::vector<std::shared_ptr<const EqualityGroup>> equality_groups;
};

// The live data files of `snapshot` that may hold rows satisfying `predicate`, whose field ids and
// types are those of `schema`. Throws kCorrupt, kIo, kNotFound naming the file.
std::vector<FileScanTask> PlanFiles(const TableMetadata& metadata, const Snapshot& snapshot,
                                    const Schema& schema, const Predicate& predicate,
                                    io::FileSystem& files);

}  // namespace eider::iceberg

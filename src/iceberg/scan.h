// Which files a read of a snapshot needs ("Scan Planning" of the table spec).
#pragma once

#include <vector>

#include "iceberg/manifest.h"
#include "iceberg/predicate.h"
#include "io/file_system.h"

namespace eider::iceberg {

struct FileScanTask {
  DataFile file;
  int32_t spec_id = 0;
  int64_t sequence_number = 0;
  // Deleted rows of this file: position deletes, equality deletes, deletion vectors.
  std::vector<DataFile> deletes;
};

// The live data files of `snapshot` that may hold rows satisfying `predicate`, whose field ids and
// types are those of `schema`. Throws kCorrupt, kIo, kNotFound naming the file.
std::vector<FileScanTask> PlanFiles(const TableMetadata& metadata, const Snapshot& snapshot,
                                    const Schema& schema, const Predicate& predicate,
                                    io::FileSystem& files);

}  // namespace eider::iceberg

// Deletion vectors: the blobs of type deletion-vector-v1 in Puffin files ("Deletion Vectors" of the
// table spec, "Blob types" of the Puffin spec).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "iceberg/deleted_rows.h"

namespace eider::iceberg {

// The positions of a blob. Those from `row_count` on, of rows the data file does not have, are left
// out, so that damage cannot ask for more memory than the file has rows for. Throws kCorrupt naming
// `source` where the blob is damaged.
DeletedRows ReadDeletionVector(std::string_view blob, int64_t row_count, const std::string& source);

}  // namespace eider::iceberg

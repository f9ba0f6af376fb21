// Which manifest lists and manifests the server reads on a client's behalf. Where they lie was
// written by some client into a file that nobody has looked at, so that one who may write one table
// could have the server read, and tell about, whatever it can open.
#pragma once

#include <vector>

#include "iceberg/table_metadata.h"
#include "io/file_system.h"
#include "server/rest_locations.h"

namespace eider::server {

// Throws RestError 403 unless the manifest lists of the snapshots, and the manifests that they
// name, lie in the folder of the table or, where `beyond` is given, in one of those. Reads the
// lists, in parallel; they stay in the cache. `beyond` is for principals who may read all that lies
// there.
void RequireReadableFiles(const iceberg::TableMetadata& metadata,
                          const std::vector<const iceberg::Snapshot*>& snapshots,
                          const RestLocations* beyond, io::FileSystem& files);

}  // namespace eider::server

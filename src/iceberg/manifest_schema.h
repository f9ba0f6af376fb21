// The Avro schemas of manifests and manifest lists, with the field ids the spec gives them.
#pragma once

#include "base/json.h"
#include "iceberg/table_metadata.h"

namespace eider::iceberg {

// `metadata` decides the version; `spec` the type of the partition tuple.
Json ManifestEntrySchema(const TableMetadata& metadata, const PartitionSpec& spec);
Json ManifestListSchema(int format_version);

}  // namespace eider::iceberg

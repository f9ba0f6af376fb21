// The Avro schemas of manifests and manifest lists, with the field ids the spec gives them.
#pragma once

#include <string>

#include "base/json.h"
#include "iceberg/table_metadata.h"

namespace eider::iceberg {

// `metadata` decides the version; `spec` the type of the partition tuple.
Json ManifestEntrySchema(const TableMetadata& metadata, const PartitionSpec& spec);
Json ManifestListSchema(int format_version);

// The type of a partition field's values. The source column is looked for in older schemas too: a
// spec outlives the columns it was made of.
TypePtr PartitionFieldType(const TableMetadata& metadata, const PartitionField& field);

// The bytes that hold every decimal of a precision ("Avro": decimals are fixed of that size).
int DecimalRequiredBytes(int precision);

// A name that Avro allows, made as the reference implementation makes it; readers go by field ids.
std::string AvroName(const std::string& name);

}  // namespace eider::iceberg

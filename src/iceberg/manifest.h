// Manifests and manifest lists ("Manifests", "Manifest Lists" of the table spec).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "iceberg/avro.h"
#include "iceberg/literal.h"
#include "iceberg/table_metadata.h"

namespace eider::iceberg {

enum class FileContent { kData = 0, kPositionDeletes = 1, kEqualityDeletes = 2 };

struct DataFile {
  FileContent content = FileContent::kData;
  std::string file_path;
  std::string file_format = "PARQUET";  // upper case
  std::vector<Literal> partition;       // one per field of the spec
  int64_t record_count = 0;
  int64_t file_size_in_bytes = 0;
  // By field id.
  std::map<int32_t, int64_t> column_sizes;
  std::map<int32_t, int64_t> value_counts;
  std::map<int32_t, int64_t> null_value_counts;
  std::map<int32_t, int64_t> nan_value_counts;
  std::map<int32_t, std::string> lower_bounds;  // binary single-value form
  std::map<int32_t, std::string> upper_bounds;
  std::optional<std::string> key_metadata;
  std::vector<int64_t> split_offsets;
  std::vector<int32_t> equality_ids;
  std::optional<int32_t> sort_order_id;
  std::optional<int64_t> first_row_id;
  std::optional<std::string> referenced_data_file;
  std::optional<int64_t> content_offset;
  std::optional<int64_t> content_size_in_bytes;
};

struct ManifestEntry {
  enum class Status { kExisting = 0, kAdded = 1, kDeleted = 2 };
  Status status = Status::kAdded;
  // Inherited from the manifest where the file does not give them ("Sequence Number Inheritance").
  std::optional<int64_t> snapshot_id;
  std::optional<int64_t> sequence_number;
  std::optional<int64_t> file_sequence_number;
  DataFile file;
};

struct PartitionFieldSummary {
  bool contains_null = false;
  std::optional<bool> contains_nan;
  std::optional<std::string> lower_bound;  // binary single-value form
  std::optional<std::string> upper_bound;
};

// An entry of a manifest list.
struct ManifestFile {
  std::string manifest_path;
  int64_t manifest_length = 0;
  int32_t partition_spec_id = 0;
  bool is_deletes = false;
  int64_t sequence_number = 0;
  int64_t min_sequence_number = 0;
  int64_t added_snapshot_id = 0;
  // -1 where a version 1 writer did not say.
  int32_t added_files_count = -1;
  int32_t existing_files_count = -1;
  int32_t deleted_files_count = -1;
  int64_t added_rows_count = -1;
  int64_t existing_rows_count = -1;
  int64_t deleted_rows_count = -1;
  std::vector<PartitionFieldSummary> partitions;
  std::optional<std::string> key_metadata;
  std::optional<int64_t> first_row_id;
};

// The bytes of a manifest of `entries`, all of one spec and one kind of content. New entries leave
// their sequence numbers to inheritance.
std::string WriteManifest(const TableMetadata& metadata, const PartitionSpec& spec, bool is_deletes,
                          const std::vector<ManifestEntry>& entries, avro::Codec codec);

// The counts and partition summaries of those entries, for the manifest list. Path, length and
// sequence numbers are the caller's to fill.
ManifestFile SummarizeManifest(const TableMetadata& metadata, const PartitionSpec& spec,
                               bool is_deletes, const std::vector<ManifestEntry>& entries);

// Entries with inherited values filled in; deleted ones included. `file` describes the manifest.
std::vector<ManifestEntry> ReadManifest(std::string_view bytes, const ManifestFile& file);

std::string WriteManifestList(const Snapshot& snapshot, int format_version,
                              const std::vector<ManifestFile>& manifests, avro::Codec codec);
std::vector<ManifestFile> ReadManifestList(std::string_view bytes, const std::string& path);

}  // namespace eider::iceberg

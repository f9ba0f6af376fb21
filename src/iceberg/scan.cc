#include "iceberg/scan.h"

#include <fmt/format.h>

#include "base/error.h"
#include "iceberg/manifest_cache.h"

namespace eider::iceberg {

namespace {

struct DeleteFile {
  std::shared_ptr<const DataFile> file;
  int64_t sequence_number;
  int32_t spec_id;
};

// "Position Delete Files", "Equality Delete Files": position deletes reach files of their own
// commit, equality deletes only older ones; both stay within their partition.
bool Applies(const DeleteFile& deletes, const FileScanTask& task, bool unpartitioned) {
  if (deletes.file->referenced_data_file &&
      *deletes.file->referenced_data_file != task.file->file_path) {
    return false;
  }
  bool equality = deletes.file->content == FileContent::kEqualityDeletes;
  if (equality ? deletes.sequence_number <= task.sequence_number
               : deletes.sequence_number < task.sequence_number) {
    return false;
  }
  if (equality && unpartitioned) return true;
  return deletes.spec_id == task.spec_id && deletes.file->partition == task.file->partition;
}

const PartitionSpec& SpecOf(const TableMetadata& metadata, const ManifestFile& manifest) {
  const PartitionSpec* spec = metadata.SpecById(manifest.partition_spec_id);
  if (spec == nullptr) {
    throw Error(ErrorCode::kCorrupt,
                fmt::format("manifest {} uses partition spec {}, which the table does not have",
                            manifest.manifest_path, manifest.partition_spec_id));
  }
  return *spec;
}

}  // namespace

std::vector<FileScanTask> PlanFiles(const TableMetadata& metadata, const Snapshot& snapshot,
                                    const Schema& schema, const Predicate& predicate,
                                    io::FileSystem& files) {
  std::vector<FileScanTask> tasks;
  std::vector<DeleteFile> deletes;
  auto list = LoadManifestList(snapshot, files);
  std::vector<const ManifestFile*> manifests;
  for (const ManifestFile& manifest : *list) {
    if (manifest.added_files_count == 0 && manifest.existing_files_count == 0) continue;
    const PartitionSpec& spec = SpecOf(metadata, manifest);
    if (!manifest.is_deletes && !MightMatch(predicate, manifest, schema, spec)) continue;
    manifests.push_back(&manifest);
  }
  auto loaded = LoadManifests(manifests, files);
  for (size_t i = 0; i < manifests.size(); ++i) {
    const ManifestFile& manifest = *manifests[i];
    const PartitionSpec& spec = SpecOf(metadata, manifest);
    const auto& entries = loaded[i];
    auto position = static_cast<uint64_t>(&manifest - list->data());
    for (size_t j = 0; j < entries->size(); ++j) {
      const ManifestEntry& entry = (*entries)[j];
      if (entry.status == ManifestEntry::Status::kDeleted) continue;
      std::shared_ptr<const DataFile> file(entries, &entry.file);
      if (manifest.is_deletes) {
        deletes.push_back(
            {std::move(file), entry.sequence_number.value_or(0), manifest.partition_spec_id});
        continue;
      }
      if (!MightMatch(predicate, entry.file, schema, spec)) continue;
      FileScanTask task;
      task.file = std::move(file);
      task.spec_id = manifest.partition_spec_id;
      task.sequence_number = entry.sequence_number.value_or(0);
      task.ordinal = (position << 32) | j;
      tasks.push_back(std::move(task));
    }
  }
  for (FileScanTask& task : tasks) {
    for (const DeleteFile& candidate : deletes) {
      const PartitionSpec* spec = metadata.SpecById(candidate.spec_id);
      bool unpartitioned = spec == nullptr || spec->is_unpartitioned();
      if (Applies(candidate, task, unpartitioned)) task.deletes.push_back(candidate.file);
    }
  }
  return tasks;
}

}  // namespace eider::iceberg

#include "iceberg/scan.h"

#include <fmt/format.h>

#include <utility>

#include "base/error.h"
#include "iceberg/delete_index.h"
#include "iceberg/manifest_cache.h"

namespace eider::iceberg {

namespace {

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
    // Deletes of partitions that are not read need not be known either; equality deletes without
    // partition have no summary to be left out by.
    if (!MightMatch(predicate, manifest, schema, spec)) continue;
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
  DeleteIndex index(metadata, std::move(deletes));
  if (index.empty()) return tasks;
  for (FileScanTask& task : tasks) index.AddDeletes(task);
  return tasks;
}

}  // namespace eider::iceberg

#include "server/snapshot_files.h"

#include <algorithm>

#include "iceberg/manifest_cache.h"

namespace eider::server {

namespace {

std::string PartitionText(const iceberg::TableMetadata& metadata, int32_t spec_id,
                          const std::vector<iceberg::Literal>& partition) {
  const iceberg::PartitionSpec* spec = metadata.SpecById(spec_id);
  if (spec == nullptr) return "";
  std::string text;
  for (size_t i = 0; i < spec->fields.size() && i < partition.size(); ++i) {
    const iceberg::PartitionField& field = spec->fields[i];
    const iceberg::NestedField* source = metadata.FieldById(field.source_id);
    if (!text.empty()) text += ", ";
    text += field.name + "=";
    if (partition[i].is_null()) {
      text += "null";
    } else if (source != nullptr) {
      text +=
          iceberg::LiteralToText(*iceberg::ResultType(field.transform, source->type), partition[i]);
    } else {
      text += "?";
    }
  }
  return text;
}

}  // namespace

SnapshotFiles FilesOf(const iceberg::TableMetadata& metadata, const iceberg::Snapshot& snapshot,
                      size_t offset, size_t count, io::FileSystem& files) {
  auto list = iceberg::LoadManifestList(snapshot, files);
  std::vector<const iceberg::ManifestFile*> manifests;
  for (const iceberg::ManifestFile& manifest : *list) manifests.push_back(&manifest);
  SnapshotFiles found;
  found.manifests = iceberg::LoadManifests(manifests, files);
  for (size_t i = 0; i < manifests.size(); ++i) {
    for (const iceberg::ManifestEntry& entry : *found.manifests[i]) {
      if (entry.status == iceberg::ManifestEntry::Status::kDeleted) continue;
      const iceberg::DataFile& file = entry.file;
      if (file.content == iceberg::FileContent::kData) found.records += file.record_count;
      found.bytes += file.file_size_in_bytes;
      auto bound = std::lower_bound(SnapshotFiles::kSizes.begin(), SnapshotFiles::kSizes.end(),
                                    file.file_size_in_bytes);
      ++found.sizes[static_cast<size_t>(bound - SnapshotFiles::kSizes.begin())];
      if (found.total >= offset && found.files.size() < count) {
        found.files.push_back(
            {&file, PartitionText(metadata, manifests[i]->partition_spec_id, file.partition)});
      }
      ++found.total;
    }
  }
  return found;
}

}  // namespace eider::server

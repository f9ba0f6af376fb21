#include "server/table_figures.h"

#include <charconv>

#include "iceberg/manifest_cache.h"

namespace eider::server {

namespace {

std::optional<int64_t> Total(const iceberg::Snapshot& snapshot, const std::string& key) {
  auto entry = snapshot.summary.find(key);
  if (entry == snapshot.summary.end()) return std::nullopt;
  int64_t value = 0;
  const std::string& text = entry->second;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

}  // namespace

TableFigures FiguresOf(const iceberg::TableMetadata& metadata, const std::string& metadata_location,
                       io::FileSystem& files) {
  TableFigures figures;
  figures.snapshots = static_cast<int64_t>(metadata.snapshots.size());
  figures.metadata_bytes = files.Stat(metadata_location).size;
  const iceberg::Snapshot* snapshot = metadata.CurrentSnapshot();
  if (!snapshot) {
    figures.records = figures.data_files = figures.delete_files = figures.file_bytes = 0;
    return figures;
  }
  figures.records = Total(*snapshot, "total-records");
  figures.data_files = Total(*snapshot, "total-data-files");
  figures.delete_files = Total(*snapshot, "total-delete-files");
  figures.file_bytes = Total(*snapshot, "total-files-size");
  if (!snapshot->manifest_list.empty()) {
    figures.metadata_bytes += files.Stat(snapshot->manifest_list).size;
  }
  int64_t data_files = 0;
  int64_t delete_files = 0;
  bool counted = true;
  for (const iceberg::ManifestFile& manifest : *iceberg::LoadManifestList(*snapshot, files)) {
    figures.metadata_bytes += manifest.manifest_length;
    counted = counted && manifest.added_files_count >= 0 && manifest.existing_files_count >= 0;
    (manifest.is_deletes ? delete_files : data_files) +=
        manifest.added_files_count + manifest.existing_files_count;
  }
  if (counted) {
    figures.data_files = data_files;
    figures.delete_files = delete_files;
  }
  return figures;
}

}  // namespace eider::server

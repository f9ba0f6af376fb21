// For tests: commits to a warehouse's tables as another engine would make them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "catalog/open_catalog.h"
#include "iceberg/manifest.h"
#include "iceberg/manifest_cache.h"

namespace eider::engine {

inline void Commit(catalog::Catalog& store, const catalog::TableIdentifier& identifier,
                   std::vector<iceberg::TableUpdate> updates) {
  catalog::TableChange change;
  change.identifier = identifier;
  change.updates = std::move(updates);
  catalog::CommitRequest request;
  request.tables = {change};
  store.Commit(request);
}

// Adds a snapshot with `file`, data or deletes, to a table that has one.
inline void AddForeignFile(const std::string& root, const catalog::TableIdentifier& identifier,
                           const iceberg::DataFile& file) {
  auto store = catalog::OpenCatalog(root);
  auto metadata = store->LoadTable(store->Find(identifier)->metadata_location);
  bool is_deletes = file.content != iceberg::FileContent::kData;
  iceberg::Snapshot snapshot = *metadata->CurrentSnapshot();
  std::string name = root + "/foreign-" + std::to_string(snapshot.sequence_number);
  snapshot.parent_snapshot_id = snapshot.snapshot_id;
  snapshot.snapshot_id += 1;
  snapshot.sequence_number = metadata->last_sequence_number + 1;
  snapshot.timestamp_ms += 1;
  auto add = [&](const char* key, int64_t count) {
    snapshot.summary[key] = std::to_string(std::atoll(snapshot.summary[key].c_str()) + count);
  };
  bool equality = file.content == iceberg::FileContent::kEqualityDeletes;
  add(is_deletes ? "total-delete-files" : "total-data-files", 1);
  add(!is_deletes ? "total-records"
      : equality  ? "total-equality-deletes"
                  : "total-position-deletes",
      file.record_count);
  iceberg::ManifestEntry entry;
  entry.file = file;
  const iceberg::PartitionSpec& spec = metadata->DefaultSpec();
  std::string bytes =
      iceberg::WriteManifest(*metadata, spec, is_deletes, {entry}, iceberg::avro::Codec::kDeflate);
  auto manifest = iceberg::SummarizeManifest(*metadata, spec, is_deletes, {entry});
  manifest.manifest_path = name + "-m0.avro";
  manifest.manifest_length = static_cast<int64_t>(bytes.size());
  manifest.sequence_number = snapshot.sequence_number;
  manifest.added_snapshot_id = snapshot.snapshot_id;
  store->files().WriteNew(manifest.manifest_path, bytes);
  auto manifests = *iceberg::LoadManifestList(*metadata->CurrentSnapshot(), store->files());
  if (metadata->next_row_id) {
    int64_t rows = is_deletes ? 0 : file.record_count;
    snapshot.extra["first-row-id"] = *metadata->next_row_id;
    snapshot.extra["added-rows"] = rows;
    if (!is_deletes) manifest.first_row_id = metadata->next_row_id;
  }
  manifests.push_back(manifest);
  snapshot.manifest_list = name + "-snap.avro";
  store->files().WriteNew(snapshot.manifest_list,
                          iceberg::WriteManifestList(snapshot, metadata->format_version, manifests,
                                                     iceberg::avro::Codec::kDeflate));
  iceberg::SnapshotRef main;
  main.snapshot_id = snapshot.snapshot_id;
  Commit(*store, identifier,
         {iceberg::AddSnapshot{snapshot}, iceberg::SetSnapshotRef{iceberg::kMainBranch, main}});
}

}  // namespace eider::engine

#include "iceberg/snapshot_producer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "base/uuid.h"
#include "iceberg/manifest_cache.h"

namespace eider::iceberg {

namespace {

std::string MetadataFolder(const TableMetadata& base) {
  return base.Property("write.metadata.path", base.location + "/metadata");
}

avro::Codec MetadataCodec(const TableMetadata& base) {
  return avro::CodecFromName(base.Property("write.avro.compression-codec", "gzip"));
}

struct Totals {
  int64_t files = 0;
  int64_t records = 0;
  int64_t bytes = 0;
};

Totals Sum(const std::vector<DataFile>& files) {
  Totals totals;
  for (const DataFile& file : files) {
    ++totals.files;
    totals.records += file.record_count;
    totals.bytes += file.file_size_in_bytes;
  }
  return totals;
}

int64_t SummaryNumber(const Snapshot* snapshot, const char* key) {
  if (snapshot == nullptr) return 0;
  auto it = snapshot->summary.find(key);
  return it == snapshot->summary.end() ? 0 : std::atoll(it->second.c_str());
}

void AddCount(Snapshot& snapshot, const char* key, int64_t count) {
  if (count > 0) snapshot.summary[key] = std::to_string(count);
}

void Summarize(Snapshot& snapshot, const Snapshot* parent, const Totals& added,
               const Totals& removed) {
  AddCount(snapshot, "added-data-files", added.files);
  AddCount(snapshot, "added-records", added.records);
  AddCount(snapshot, "added-files-size", added.bytes);
  AddCount(snapshot, "deleted-data-files", removed.files);
  AddCount(snapshot, "deleted-records", removed.records);
  AddCount(snapshot, "removed-files-size", removed.bytes);
  if (added.files + removed.files > 0) snapshot.summary["changed-partition-count"] = "1";
  auto total = [&](const char* key, int64_t change) {
    snapshot.summary[key] = std::to_string(SummaryNumber(parent, key) + change);
  };
  total("total-data-files", added.files - removed.files);
  total("total-records", added.records - removed.records);
  total("total-files-size", added.bytes - removed.bytes);
  total("total-delete-files", 0);
  total("total-position-deletes", 0);
  total("total-equality-deletes", 0);
  snapshot.summary["engine-name"] = "eider";
}

}  // namespace

std::optional<ManifestFile> SnapshotProducer::WriteAdded(const TableMetadata& base,
                                                         io::FileSystem& files) {
  if (added_.empty()) return std::nullopt;
  if (added_manifest_ && added_manifest_schema_ == base.current_schema_id &&
      added_manifest_->partition_spec_id == base.default_spec_id) {
    std::erase(superseded_, added_manifest_->manifest_path);
    return added_manifest_;
  }
  std::vector<ManifestEntry> entries;
  for (const DataFile& file : added_) {
    ManifestEntry entry;
    entry.file = file;
    entries.push_back(std::move(entry));
  }
  const PartitionSpec& spec = base.DefaultSpec();
  std::string bytes = WriteManifest(base, spec, false, entries, MetadataCodec(base));
  ManifestFile manifest = SummarizeManifest(base, spec, false, entries);
  manifest.manifest_path = fmt::format("{}/{}-m0.avro", MetadataFolder(base), NewUuid());
  manifest.manifest_length = static_cast<int64_t>(bytes.size());
  files.WriteNew(manifest.manifest_path, bytes);
  written_.push_back(manifest.manifest_path);
  added_manifest_ = manifest;
  added_manifest_schema_ = base.current_schema_id;
  return manifest;
}

std::vector<ManifestFile> SnapshotProducer::DeletedManifests(const TableMetadata& base,
                                                             int64_t snapshot_id,
                                                             io::FileSystem& files) {
  std::vector<ManifestFile> result;
  const Snapshot* current = base.CurrentSnapshot();
  if (current == nullptr) return result;
  for (const ManifestFile& old : *LoadManifestList(*current, files)) {
    std::vector<ManifestEntry> entries;
    for (const ManifestEntry& entry : *LoadManifest(old, files)) {
      if (entry.status == ManifestEntry::Status::kDeleted) continue;
      ManifestEntry deleted = entry;
      deleted.status = ManifestEntry::Status::kDeleted;
      deleted.snapshot_id = snapshot_id;
      entries.push_back(std::move(deleted));
    }
    const PartitionSpec* spec = base.SpecById(old.partition_spec_id);
    if (entries.empty() || spec == nullptr) continue;
    std::string bytes = WriteManifest(base, *spec, old.is_deletes, entries, MetadataCodec(base));
    ManifestFile manifest = SummarizeManifest(base, *spec, old.is_deletes, entries);
    manifest.manifest_path = fmt::format("{}/{}-m1.avro", MetadataFolder(base), NewUuid());
    manifest.manifest_length = static_cast<int64_t>(bytes.size());
    manifest.min_sequence_number = old.min_sequence_number;
    files.WriteNew(manifest.manifest_path, bytes);
    written_.push_back(manifest.manifest_path);
    result.push_back(std::move(manifest));
  }
  return result;
}

std::vector<TableUpdate> SnapshotProducer::Produce(const TableMetadata& base,
                                                   io::FileSystem& files) {
  superseded_ = written_;
  const Snapshot* parent = base.CurrentSnapshot();
  Snapshot snapshot;
  do {
    snapshot.snapshot_id = NewRandomId();
  } while (base.SnapshotById(snapshot.snapshot_id) != nullptr);
  if (parent != nullptr) snapshot.parent_snapshot_id = parent->snapshot_id;
  snapshot.sequence_number = base.format_version > 1 ? base.last_sequence_number + 1 : 0;
  snapshot.timestamp_ms = std::max(NowMillis(), base.last_updated_ms);
  snapshot.schema_id = base.current_schema_id;
  snapshot.summary["operation"] =
      mode_ == Mode::kAppend ? "append" : (added_.empty() ? "delete" : "overwrite");

  std::vector<ManifestFile> manifests;
  if (std::optional<ManifestFile> added = WriteAdded(base, files)) {
    added->sequence_number = snapshot.sequence_number;
    added->min_sequence_number = snapshot.sequence_number;
    added->added_snapshot_id = snapshot.snapshot_id;
    manifests.push_back(std::move(*added));
  }
  Totals removed;
  if (mode_ == Mode::kAppend) {
    if (parent != nullptr) {
      auto kept = LoadManifestList(*parent, files);
      manifests.insert(manifests.end(), kept->begin(), kept->end());
    }
  } else {
    removed.files = SummaryNumber(parent, "total-data-files");
    removed.records = SummaryNumber(parent, "total-records");
    removed.bytes = SummaryNumber(parent, "total-files-size");
    for (ManifestFile& manifest : DeletedManifests(base, snapshot.snapshot_id, files)) {
      manifest.sequence_number = snapshot.sequence_number;
      manifest.added_snapshot_id = snapshot.snapshot_id;
      manifests.push_back(std::move(manifest));
    }
  }
  Totals added = Sum(added_);
  Summarize(snapshot, parent, added, removed);

  if (base.next_row_id) {
    // Row lineage: every row of a new file gets an id, counted from where the table left off.
    snapshot.extra["first-row-id"] = *base.next_row_id;
    snapshot.extra["added-rows"] = added.records;
    if (!added_.empty()) manifests.front().first_row_id = *base.next_row_id;
  }
  snapshot.manifest_list = fmt::format("{}/snap-{}-{}-{}.avro", MetadataFolder(base),
                                       snapshot.snapshot_id, ++attempt_, NewUuid());
  files.WriteNew(snapshot.manifest_list,
                 WriteManifestList(snapshot, base.format_version, manifests, MetadataCodec(base)));
  written_.push_back(snapshot.manifest_list);

  SnapshotRef main;
  auto existing = base.refs.find(kMainBranch);
  if (existing != base.refs.end()) main = existing->second;
  main.snapshot_id = snapshot.snapshot_id;
  return {AddSnapshot{std::move(snapshot)}, SetSnapshotRef{kMainBranch, main}};
}

}  // namespace eider::iceberg

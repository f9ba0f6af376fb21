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

int64_t SummaryNumber(const Snapshot* snapshot, const char* key) {
  if (snapshot == nullptr) return 0;
  auto it = snapshot->summary.find(key);
  return it == snapshot->summary.end() ? 0 : std::atoll(it->second.c_str());
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

// What an overwrite removes: all that the parent holds.
Totals TotalsOf(const Snapshot* snapshot) {
  return {SummaryNumber(snapshot, "total-data-files"), SummaryNumber(snapshot, "total-records"),
          SummaryNumber(snapshot, "total-files-size")};
}

void AddCount(Snapshot& snapshot, const char* key, int64_t count) {
  if (count > 0) snapshot.summary[key] = std::to_string(count);
}

void Summarize(Snapshot& snapshot, const Snapshot* parent, const Totals& added, bool overwrites) {
  Totals before = TotalsOf(parent);
  AddCount(snapshot, "added-data-files", added.files);
  AddCount(snapshot, "added-records", added.records);
  AddCount(snapshot, "added-files-size", added.bytes);
  if (overwrites) {
    AddCount(snapshot, "deleted-data-files", before.files);
    AddCount(snapshot, "deleted-records", before.records);
    AddCount(snapshot, "removed-files-size", before.bytes);
    AddCount(snapshot, "removed-delete-files", SummaryNumber(parent, "total-delete-files"));
    AddCount(snapshot, "removed-position-deletes", SummaryNumber(parent, "total-position-deletes"));
    AddCount(snapshot, "removed-equality-deletes", SummaryNumber(parent, "total-equality-deletes"));
  }
  bool changes = added.files > 0 || (overwrites && before.files > 0);
  if (changes) snapshot.summary["changed-partition-count"] = "1";
  auto total = [&](const char* key, int64_t kept, int64_t more) {
    snapshot.summary[key] = std::to_string((overwrites ? 0 : kept) + more);
  };
  total("total-data-files", before.files, added.files);
  total("total-records", before.records, added.records);
  total("total-files-size", before.bytes, added.bytes);
  for (const char* key :
       {"total-delete-files", "total-position-deletes", "total-equality-deletes"}) {
    total(key, SummaryNumber(parent, key), 0);
  }
  snapshot.summary["engine-name"] = "eider";
}

// Row lineage: rows of manifests that have no row ids yet get them, counted from where the table
// left off.
void AssignRowIds(const TableMetadata& base, Snapshot& snapshot,
                  std::vector<ManifestFile>& manifests) {
  int64_t next_row_id = *base.next_row_id;
  for (ManifestFile& manifest : manifests) {
    if (manifest.is_deletes || manifest.first_row_id) continue;
    manifest.first_row_id = next_row_id;
    next_row_id += manifest.added_rows_count + manifest.existing_rows_count;
  }
  snapshot.extra["first-row-id"] = *base.next_row_id;
  snapshot.extra["added-rows"] = next_row_id - *base.next_row_id;
}

}  // namespace

ManifestFile SnapshotProducer::WriteEntries(const TableMetadata& base, const PartitionSpec& spec,
                                            bool is_deletes,
                                            const std::vector<ManifestEntry>& entries,
                                            io::FileSystem& files) {
  std::string bytes = WriteManifest(base, spec, is_deletes, entries, MetadataCodec(base));
  ManifestFile manifest = SummarizeManifest(base, spec, is_deletes, entries);
  manifest.manifest_path = fmt::format("{}/{}-m0.avro", MetadataFolder(base), NewUuid());
  manifest.manifest_length = static_cast<int64_t>(bytes.size());
  files.WriteNew(manifest.manifest_path, bytes);
  written_.push_back(manifest.manifest_path);
  return manifest;
}

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
  added_manifest_ = WriteEntries(base, base.DefaultSpec(), false, entries, files);
  added_manifest_schema_ = base.current_schema_id;
  return added_manifest_;
}

std::vector<ManifestFile> SnapshotProducer::DeleteAll(const TableMetadata& base,
                                                      const Snapshot& snapshot,
                                                      const std::vector<ManifestFile>& manifests,
                                                      io::FileSystem& files) {
  std::vector<ManifestFile> result;
  for (const ManifestFile& manifest : manifests) {
    std::vector<ManifestEntry> entries;
    for (const ManifestEntry& entry : *LoadManifest(manifest, files)) {
      if (entry.status == ManifestEntry::Status::kDeleted) continue;
      entries.push_back(entry);
      entries.back().status = ManifestEntry::Status::kDeleted;
      entries.back().snapshot_id = snapshot.snapshot_id;
    }
    const PartitionSpec* spec = base.SpecById(manifest.partition_spec_id);
    if (entries.empty() || spec == nullptr) continue;
    ManifestFile deleted = WriteEntries(base, *spec, manifest.is_deletes, entries, files);
    deleted.min_sequence_number = manifest.min_sequence_number;
    deleted.sequence_number = snapshot.sequence_number;
    deleted.added_snapshot_id = snapshot.snapshot_id;
    deleted.first_row_id = manifest.first_row_id;
    result.push_back(std::move(deleted));
  }
  return result;
}

ManifestFile SnapshotProducer::Merge(const TableMetadata& base, const Snapshot& snapshot,
                                     const std::vector<ManifestFile>& group,
                                     io::FileSystem& files) {
  std::vector<ManifestEntry> entries;
  int64_t min_sequence_number = snapshot.sequence_number;
  for (const ManifestFile& manifest : group) {
    for (const ManifestEntry& entry : *LoadManifest(manifest, files)) {
      if (entry.status == ManifestEntry::Status::kDeleted) continue;
      entries.push_back(entry);
      entries.back().status = ManifestEntry::Status::kExisting;
      min_sequence_number = std::min(min_sequence_number, entry.sequence_number.value_or(0));
    }
  }
  ManifestFile merged = WriteEntries(base, base.DefaultSpec(), false, entries, files);
  merged.sequence_number = snapshot.sequence_number;
  merged.min_sequence_number = min_sequence_number;
  merged.added_snapshot_id = snapshot.snapshot_id;
  return merged;
}

std::vector<ManifestFile> SnapshotProducer::MergeSmall(const TableMetadata& base,
                                                       const Snapshot& snapshot,
                                                       const std::vector<ManifestFile>& manifests,
                                                       io::FileSystem& files) {
  // Where rows have ids of their own, merging would have to give each file its first one.
  if (base.next_row_id || base.Property("commit.manifest-merge.enabled", "true") != "true") {
    return manifests;
  }
  int64_t target_size = base.IntegerProperty("commit.manifest.target-size-bytes", 8 << 20);
  auto is_small = [&](const ManifestFile& manifest) {
    return !manifest.is_deletes && manifest.partition_spec_id == base.default_spec_id &&
           manifest.manifest_length < target_size;
  };
  int64_t small = std::count_if(manifests.begin(), manifests.end(), is_small);
  if (small < base.IntegerProperty("commit.manifest.min-count-to-merge", 100)) return manifests;

  std::vector<ManifestFile> result;
  std::vector<ManifestFile> group;
  int64_t group_size = 0;
  auto finish_group = [&] {
    if (group.size() == 1) result.push_back(group.front());
    if (group.size() > 1) result.push_back(Merge(base, snapshot, group, files));
    group.clear();
    group_size = 0;
  };
  for (const ManifestFile& manifest : manifests) {
    if (!is_small(manifest)) {
      result.push_back(manifest);
      continue;
    }
    if (group_size + manifest.manifest_length > target_size) finish_group();
    group.push_back(manifest);
    group_size += manifest.manifest_length;
  }
  finish_group();
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
  bool overwrites = mode_ == Mode::kOverwrite;
  snapshot.summary["operation"] = overwrites ? (added_.empty() ? "delete" : "overwrite") : "append";
  Summarize(snapshot, parent, Sum(added_), overwrites);

  std::vector<ManifestFile> manifests;
  if (std::optional<ManifestFile> added = WriteAdded(base, files)) {
    added->sequence_number = snapshot.sequence_number;
    added->min_sequence_number = snapshot.sequence_number;
    added->added_snapshot_id = snapshot.snapshot_id;
    manifests.push_back(std::move(*added));
  }
  if (parent != nullptr) {
    auto before = LoadManifestList(*parent, files);
    std::vector<ManifestFile> after = overwrites ? DeleteAll(base, snapshot, *before, files)
                                                 : MergeSmall(base, snapshot, *before, files);
    manifests.insert(manifests.end(), after.begin(), after.end());
  }
  if (base.next_row_id) AssignRowIds(base, snapshot, manifests);

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

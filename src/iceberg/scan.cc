#include "iceberg/scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "base/error.h"
#include "base/parallel.h"
#include "iceberg/delete_index.h"
#include "iceberg/manifest_cache.h"

namespace eider::iceberg {

namespace {

// Manifests are read some at a time, so that a read that is cut short has not read all.
constexpr uint64_t kEntriesAtOnce = 65'536;

// What a manifest holds, deleted entries included. Writers of version 1 need not say.
uint64_t EntriesOf(const ManifestFile& manifest) {
  constexpr uint64_t kUnknown = 1'000;
  if (manifest.added_files_count < 0 || manifest.existing_files_count < 0 ||
      manifest.deleted_files_count < 0) {
    return kUnknown;
  }
  return static_cast<uint64_t>(manifest.added_files_count) +
         static_cast<uint64_t>(manifest.existing_files_count) +
         static_cast<uint64_t>(manifest.deleted_files_count);
}

uint64_t FirstOf(uint64_t manifest) { return manifest << 32; }
uint64_t ManifestOf(uint64_t position) { return position >> 32; }
uint64_t EntryOf(uint64_t position) { return position & 0xFFFFFFFFU; }

// The entries of a manifest that a range covers.
struct Entries {
  uint64_t begin = 0;
  uint64_t end = 0;
};

Entries EntriesOf(uint64_t manifest, const TableScan::Range& range) {
  Entries entries;
  entries.begin = manifest == ManifestOf(range.begin) ? EntryOf(range.begin) : 0;
  entries.end =
      manifest == ManifestOf(range.end) ? EntryOf(range.end) : std::numeric_limits<uint32_t>::max();
  return entries;
}

// Manifests from that of the range's begin up to, not including, this one are touched by it.
uint64_t EndOf(const TableScan::Range& range) {
  return ManifestOf(range.end) + (EntryOf(range.end) > 0 ? 1 : 0);
}

class PredicateFilter : public FileFilter {
 public:
  PredicateFilter(const Predicate& predicate, const Schema& schema)
      : predicate_(predicate), schema_(schema) {}

  bool Keeps(const ManifestFile& manifest, const PartitionSpec& spec) const override {
    return MightMatch(predicate_, manifest, schema_, spec);
  }
  bool Keeps(const DataFile& file, const PartitionSpec& spec) const override {
    return MightMatch(predicate_, file, schema_, spec);
  }

 private:
  const Predicate& predicate_;
  const Schema& schema_;
};

}  // namespace

TableScan::TableScan(const TableMetadata& metadata, const Snapshot& snapshot, io::FileSystem& files)
    : metadata_(metadata), files_(files) {
  lists_.push_back(LoadManifestList(snapshot, files));
  for (const ManifestFile& manifest : *lists_[0]) manifests_.push_back(&manifest);
}

TableScan::TableScan(const TableMetadata& metadata, const std::vector<const Snapshot*>& appends,
                     io::FileSystem& files)
    : metadata_(metadata), files_(files), is_incremental_(true) {
  std::vector<const Snapshot*> snapshots;
  for (const Snapshot* snapshot : appends) {
    if (snapshot->operation() == "append") snapshots.push_back(snapshot);
  }
  lists_.resize(snapshots.size());
  ParallelFor(snapshots.size(),
              [&](size_t i) { lists_[i] = LoadManifestList(*snapshots[i], files); });
  for (size_t i = 0; i < snapshots.size(); ++i) {
    appends_.insert(snapshots[i]->snapshot_id);
    for (const ManifestFile& manifest : *lists_[i]) {
      if (manifest.added_snapshot_id == snapshots[i]->snapshot_id) manifests_.push_back(&manifest);
    }
  }
}

TableScan::~TableScan() = default;

const PartitionSpec& TableScan::SpecOf(const ManifestFile& manifest) const {
  const PartitionSpec* spec = metadata_.SpecById(manifest.partition_spec_id);
  if (spec == nullptr) {
    throw Error(ErrorCode::kCorrupt,
                fmt::format("manifest {} uses partition spec {}, which the table does not have",
                            manifest.manifest_path, manifest.partition_spec_id));
  }
  return *spec;
}

bool TableScan::IsRead(const ManifestFile& manifest, const FileFilter& filter) const {
  if (manifest.added_files_count == 0 && manifest.existing_files_count == 0) return false;
  return filter.Keeps(manifest, SpecOf(manifest));
}

bool TableScan::IsLive(const ManifestEntry& entry) const {
  if (!is_incremental_) return entry.status != ManifestEntry::Status::kDeleted;
  return entry.status == ManifestEntry::Status::kAdded && entry.snapshot_id &&
         appends_.count(*entry.snapshot_id) > 0;
}

void TableScan::LoadDeletes(const FileFilter& filter) {
  std::vector<const ManifestFile*> manifests;
  for (const ManifestFile* manifest : manifests_) {
    if (manifest->is_deletes && !is_incremental_ && IsRead(*manifest, filter)) {
      manifests.push_back(manifest);
    }
  }
  auto loaded = LoadManifests(manifests, files_);
  std::vector<DeleteFile> deletes;
  for (size_t i = 0; i < manifests.size(); ++i) {
    for (const ManifestEntry& entry : *loaded[i]) {
      if (entry.status == ManifestEntry::Status::kDeleted) continue;
      deletes.push_back({std::shared_ptr<const DataFile>(loaded[i], &entry.file),
                         entry.sequence_number.value_or(0), manifests[i]->partition_spec_id});
      delete_specs_[&entry.file] = manifests[i]->partition_spec_id;
    }
  }
  deletes_ = std::make_unique<DeleteIndex>(metadata_, std::move(deletes));
}

int32_t TableScan::SpecIdOf(const DataFile& deletes) const { return delete_specs_.at(&deletes); }

TableScan::Range TableScan::Read(const Range& range, const FileFilter& filter,
                                 uint64_t most_entries,
                                 const std::function<bool(FileScanTask&&)>& take) {
  if (!deletes_) LoadDeletes(filter);
  uint64_t end = std::min<uint64_t>(EndOf(range), manifests_.size());
  uint64_t seen = 0;
  uint64_t next = ManifestOf(range.begin);
  while (next < end) {
    if (seen >= most_entries) return {FirstOf(next), range.end};
    std::vector<uint64_t> batch;
    std::vector<const ManifestFile*> manifests;
    for (uint64_t entries = 0; next < end && entries < kEntriesAtOnce; ++next) {
      const ManifestFile& manifest = *manifests_[next];
      if (manifest.is_deletes || !IsRead(manifest, filter)) continue;
      batch.push_back(next);
      manifests.push_back(&manifest);
      entries += EntriesOf(manifest);
    }
    auto loaded = LoadManifests(manifests, files_);
    for (size_t i = 0; i < manifests.size(); ++i) {
      const PartitionSpec& spec = SpecOf(*manifests[i]);
      auto [first, last] = EntriesOf(batch[i], range);
      last = std::min<uint64_t>(last, loaded[i]->size());
      for (uint64_t j = first; j < last; ++j, ++seen) {
        if (seen >= most_entries) return {FirstOf(batch[i]) | j, range.end};
        const ManifestEntry& entry = (*loaded[i])[j];
        if (!IsLive(entry) || !filter.Keeps(entry.file, spec)) continue;
        FileScanTask task;
        task.file = std::shared_ptr<const DataFile>(loaded[i], &entry.file);
        task.spec_id = spec.spec_id;
        task.sequence_number = entry.sequence_number.value_or(0);
        task.ordinal = FirstOf(batch[i]) | j;
        deletes_->AddDeletes(task);
        if (take(std::move(task))) continue;
        bool is_last = j + 1 == loaded[i]->size();
        Range rest{is_last ? FirstOf(batch[i] + 1) : FirstOf(batch[i]) | (j + 1), range.end};
        return rest.is_empty() ? Range() : rest;
      }
    }
  }
  return {};
}

std::vector<TableScan::Range> TableScan::Split(const Range& range, const FileFilter& filter,
                                               size_t parts, uint64_t least) const {
  struct Piece {
    uint64_t manifest;
    Entries entries;
  };
  std::vector<Piece> pieces;
  uint64_t total = 0;
  for (uint64_t i = ManifestOf(range.begin);
       i < std::min<uint64_t>(EndOf(range), manifests_.size()); ++i) {
    if (manifests_[i]->is_deletes || !IsRead(*manifests_[i], filter)) continue;
    Entries entries = EntriesOf(i, range);
    if (entries.begin >= entries.end) continue;
    // It may hold more than it was said to.
    entries.end = std::max(entries.begin + 1, std::min(entries.end, EntriesOf(*manifests_[i])));
    total += entries.end - entries.begin;
    pieces.push_back({i, entries});
  }
  std::vector<Range> ranges;
  uint64_t share = std::max(least, (total + parts - 1) / std::max<size_t>(parts, 1));
  uint64_t begin = range.begin;
  uint64_t count = 0;
  for (const Piece& piece : pieces) {
    uint64_t entry = piece.entries.begin;
    while (count + (piece.entries.end - entry) > share) {
      entry += share - count;
      uint64_t cut = FirstOf(piece.manifest) | entry;
      ranges.push_back({begin, cut});
      begin = cut;
      count = 0;
    }
    count += piece.entries.end - entry;
  }
  if (count > 0) ranges.push_back({begin, range.end});
  return ranges;
}

std::vector<FileScanTask> PlanFiles(const TableMetadata& metadata, const Snapshot& snapshot,
                                    const Schema& schema, const Predicate& predicate,
                                    io::FileSystem& files) {
  TableScan scan(metadata, snapshot, files);
  std::vector<FileScanTask> tasks;
  scan.Read(scan.All(), PredicateFilter(predicate, schema), std::numeric_limits<uint64_t>::max(),
            [&](FileScanTask&& task) {
              tasks.push_back(std::move(task));
              return true;
            });
  return tasks;
}

}  // namespace eider::iceberg

// Which files a read of a snapshot needs ("Scan Planning" of the table spec).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "iceberg/manifest.h"
#include "iceberg/predicate.h"
#include "io/file_system.h"

namespace eider::iceberg {

// A file of row-level deletes.
struct DeleteFile {
  std::shared_ptr<const DataFile> file;  // never null
  int64_t sequence_number = 0;
  int32_t spec_id = 0;
};

// All equality deletes of a snapshot that reach one partition, or every one, by the same columns.
struct EqualityGroup {
  std::vector<DeleteFile> files;
  std::string identity;  // differs from that of any other group
};

class DeleteIndex;

struct FileScanTask {
  // Shared with the cache of manifests, never null.
  std::shared_ptr<const DataFile> file;
  int32_t spec_id = 0;
  int64_t sequence_number = 0;
  // Stands for the file in every plan of the same snapshot, whatever was pruned.
  uint64_t ordinal = 0;
  // What deletes rows of this file: deletion vectors, position deletes, equality deletes.
  std::vector<std::shared_ptr<const DataFile>> deletes;
  // The groups of the equality deletes among them.
  std::vector<std::shared_ptr<const EqualityGroup>> equality_groups;
};

// Says which files are of interest. What cannot be told is kept.
class FileFilter {
 public:
  virtual ~FileFilter() = default;
  // Of data files and of files of deletes: deletes reach files of their own partition alone.
  virtual bool Keeps(const ManifestFile& manifest, const PartitionSpec& spec) const = 0;
  // Of data files.
  virtual bool Keeps(const DataFile& file, const PartitionSpec& spec) const = 0;
};

// The files of a snapshot, or those that a run of appends added, in an order that is the same each
// time: any part of it can be read on its own, by whoever holds the metadata.
class TableScan {
 public:
  // Positions in that order; they have gaps.
  struct Range {
    uint64_t begin = 0;
    uint64_t end = 0;  // exclusive

    bool is_empty() const { return begin >= end; }
  };

  // The live files of `snapshot`. Metadata and file system outlive the scan. Reads the manifest
  // list.
  TableScan(const TableMetadata& metadata, const Snapshot& snapshot, io::FileSystem& files);
  // The files that `appends` added, as they were added: without deletes. Other operations than
  // "append" are passed over.
  TableScan(const TableMetadata& metadata, const std::vector<const Snapshot*>& appends,
            io::FileSystem& files);
  ~TableScan();

  Range All() const { return {0, uint64_t{manifests_.size()} << 32}; }

  // Calls `take` for each file of the range that the filter keeps, in order, until it returns
  // false. Returns what was not looked at yet: what follows the last file taken, or the rest after
  // a look at some `most_entries` files, or nothing. Throws kCorrupt, kIo, kNotFound naming the
  // file.
  Range Read(const Range& range, const FileFilter& filter, uint64_t most_entries,
             const std::function<bool(FileScanTask&&)>& take);

  // The partition spec of a file of deletes that a task named.
  int32_t SpecIdOf(const DataFile& deletes) const;

  // Cuts a range into at most `parts` of about the same number of files, each of some `least` or
  // more. Manifests that the filter drops are not counted.
  std::vector<Range> Split(const Range& range, const FileFilter& filter, size_t parts,
                           uint64_t least) const;

 private:
  bool IsRead(const ManifestFile& manifest, const FileFilter& filter) const;
  const PartitionSpec& SpecOf(const ManifestFile& manifest) const;
  void LoadDeletes(const FileFilter& filter);
  bool IsLive(const ManifestEntry& entry) const;

  const TableMetadata& metadata_;
  io::FileSystem& files_;
  std::vector<std::shared_ptr<const std::vector<ManifestFile>>> lists_;
  std::vector<const ManifestFile*> manifests_;  // of lists_
  bool is_incremental_ = false;
  std::set<int64_t> appends_;  // ids
  std::unique_ptr<DeleteIndex> deletes_;
  std::unordered_map<const DataFile*, int32_t> delete_specs_;
};

// The live data files of `snapshot` that may hold rows satisfying `predicate`, whose field ids and
// types are those of `schema`. Throws kCorrupt, kIo, kNotFound naming the file.
std::vector<FileScanTask> PlanFiles(const TableMetadata& metadata, const Snapshot& snapshot,
                                    const Schema& schema, const Predicate& predicate,
                                    io::FileSystem& files);

}  // namespace eider::iceberg

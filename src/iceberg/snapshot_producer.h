// Turns new data files into a snapshot that appends them: writes its manifests and manifest list
// and says which updates commit it ("Scan Planning", "Snapshots", "Manifest Lists" of the table
// spec).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "iceberg/manifest.h"
#include "iceberg/table_update.h"
#include "io/file_system.h"

namespace eider::iceberg {

class SnapshotProducer {
 public:
  enum class Mode {
    kAppend,     // the base's files stay
    kOverwrite,  // the base's files are deleted by this snapshot
  };

  SnapshotProducer(Mode mode, std::vector<DataFile> added)
      : mode_(mode), added_(std::move(added)) {}

  // Writes the files of a snapshot on top of `base`; all are durable when it returns. The updates
  // add the snapshot and point main at it. May be called again with a newer base after a lost race:
  // what can be kept from the first time is.
  //
  // Small manifests that many appends left behind are merged as the table's
  // "commit.manifest-merge." properties ask.
  std::vector<TableUpdate> Produce(const TableMetadata& base, io::FileSystem& files);

  // Every metadata file written so far, to be removed when the commit has surely failed.
  const std::vector<std::string>& written_files() const { return written_; }
  // Those of earlier calls that the latest one made useless, to be removed when the commit has
  // landed.
  const std::vector<std::string>& superseded_files() const { return superseded_; }

 private:
  std::optional<ManifestFile> WriteAdded(const TableMetadata& base, io::FileSystem& files);
  ManifestFile WriteEntries(const TableMetadata& base, const PartitionSpec& spec, bool is_deletes,
                            const std::vector<ManifestEntry>& entries, io::FileSystem& files);
  std::vector<ManifestFile> DeleteAll(const TableMetadata& base, const Snapshot& snapshot,
                                      const std::vector<ManifestFile>& manifests,
                                      io::FileSystem& files);
  std::vector<ManifestFile> MergeSmall(const TableMetadata& base, const Snapshot& snapshot,
                                       const std::vector<ManifestFile>& manifests,
                                       io::FileSystem& files);
  ManifestFile Merge(const TableMetadata& base, const Snapshot& snapshot,
                     const std::vector<ManifestFile>& group, io::FileSystem& files);

  Mode mode_;
  std::vector<DataFile> added_;
  std::optional<ManifestFile> added_manifest_;
  int32_t added_manifest_schema_ = -1;
  std::vector<std::string> written_;
  std::vector<std::string> superseded_;
  int attempt_ = 0;
};

}  // namespace eider::iceberg

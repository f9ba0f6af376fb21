// Reads metadata, and makes that of a commit: the new file of every change, built on what the names
// point at now.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/lru_cache.h"
#include "catalog/catalog.h"

namespace eider::catalog {

// A commit's new metadata file for one change.
struct PreparedChange {
  std::optional<Entry> base;      // what the name was when the change was prepared
  std::string new_location;       // of the metadata; "" for drops and renames
  std::string folder;             // the table's own, where new_location is new to it; else ""
  bool written = false;           // whether the file at new_location was written by this commit
  bool forgets_metadata = false;  // write.metadata.delete-after-commit.enabled

  // The metadata after the change; of a drop, the last there was.
  const std::string& location() const {
    return new_location.empty() ? base->metadata_location : new_location;
  }
};

class MetadataWriter {
 public:
  // `warehouse` is a location; `files` is not owned.
  MetadataWriter(std::string warehouse, io::FileSystem& files);

  iceberg::TableMetadataPtr LoadTable(const std::string& location);
  iceberg::ViewMetadataPtr LoadView(const std::string& location);

  // Writes the new metadata of each change. `find` tells what a name is now. `redone_on` holds for
  // each change the metadata on which it was redone last, "" for none. Where it throws, nothing
  // that it wrote stays.
  std::vector<PreparedChange> Prepare(
      std::vector<TableChange>& changes, std::vector<std::string>& redone_on,
      const std::function<std::optional<Entry>(const TableIdentifier&)>& find);

  // Removes the metadata files of an attempt that surely did not land.
  void Discard(const std::vector<PreparedChange>& prepared);
  // Removes metadata files that have left the table's log, where the table wants them gone.
  void RemoveForgotten(const PreparedChange& landed);
  // Removes the files that the metadata of a dropped table or view reaches, as far as they lie in
  // its own folder. Returns that folder; "" where the table's files are to stay.
  std::string RemoveFilesOf(const Entry& dropped);

 private:
  std::string Read(const std::string& location);
  void RequireOwn(const TableChange& change, const std::string& metadata_location);
  void ReadRegistered(const TableChange& change, PreparedChange& item);
  void WriteTable(TableChange& change, PreparedChange& item, std::string& redone_on);
  void WriteView(const TableChange& change, PreparedChange& item);

  const std::string warehouse_;
  io::FileSystem& files_;
  LruCache<iceberg::TableMetadata> tables_;
  LruCache<iceberg::ViewMetadata> views_;
};

}  // namespace eider::catalog

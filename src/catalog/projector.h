// Makes folders follow the catalog (projection.h). A commit leaves a marker in its own transaction
// for each folder that has to follow; whoever has brought the folder up to date takes it away with
// a later commit. A crash in between leaves the marker to the next open.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "catalog/sql_store.h"

namespace eider::catalog {

// A metadata folder whose projection must follow the catalog.
struct Projection {
  std::string folder;
  std::string location;  // the pointer that was written, renamed or dropped there
  TableIdentifier identifier;
};

// May be used from any thread.
class Projector {
 public:
  // `warehouse` is a location, `name` the catalog's. `files` and `store` are not owned.
  Projector(std::string warehouse, std::string name, io::FileSystem& files, SqlStore& store);

  // Folder -> location of folders that are up to date, whose markers may go.
  using Done = std::map<std::string, std::string>;
  // For one commit to take away. One that does not land puts them back.
  Done TakeDone();
  void PutBack(Done done);
  // Within the transaction of a commit: takes away the markers of `done`, and leaves those of
  // `next`.
  static void Mark(SqlDatabase& database, const Done& done, const std::vector<Projection>& next);

  // Brings a folder up to date. Never throws: the marker makes the next open try again.
  void Project(const Projection& projection);
  // Makes up for what a crash prevented. A warehouse that can only be read stays as it is.
  void Repair();
  // Removes what a table that was dropped from `location` left of its projection.
  void Remove(const TableIdentifier& identifier, const std::string& location);

 private:
  struct NamedEntry {
    TableIdentifier identifier;
    Entry entry;
  };
  std::optional<NamedEntry> OwnerOf(SqlDatabase& database, const Projection& projection);
  bool LiesInWarehouse(const std::string& folder) const;

  const std::string warehouse_;
  const std::string name_;
  io::FileSystem& files_;
  SqlStore& store_;
  std::mutex mutex_;
  Done done_;
};

}  // namespace eider::catalog

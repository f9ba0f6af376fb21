// Commits to a Hive Metastore: which calls a commit is, under the table's lock, and whether it
// landed where the answer does not tell.
#pragma once

#include <array>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "catalog/hive_client.h"
#include "catalog/hive_lock.h"
#include "catalog/metadata_writer.h"

namespace eider::catalog {

class HiveCommit {
 public:
  // `client` and `writer` are not owned.
  HiveCommit(HiveClient& client, MetadataWriter& writer, const HiveOptions& options)
      : client_(client), writer_(writer), options_(options) {}

  // A metastore takes one change in one step, of one table. Throws kUnsupported, before anything
  // was sent, for what would take several steps. Schemas that a change needs are made before it.
  CommitResult Commit(const CommitRequest& request);

  // Makes a schema now that a commit is going to make: a table is placed in it before.
  void MakeAhead(const std::string& database);

 private:
  // What a table of the metastore was under the lock.
  struct Held {
    std::optional<io::ThriftValue> table;
    std::optional<Entry> entry;
  };

  std::string CommitTable(const TableChange& change);
  std::optional<std::string> TryCommit(std::vector<TableChange>& changes,
                                       std::vector<std::string>& redone_on);
  void Point(const TableChange& change, const PreparedChange& prepared, const Held& held,
             bool locked);
  void Alter(const TableIdentifier& identifier, const io::ThriftValue& table,
             const std::string& expected_location, const std::string& what,
             std::function<bool()> landed);
  bool PointsAt(const TableChange& change, const std::string& metadata_location);
  std::string Drop(const TableChange& change);
  std::string Rename(const TableChange& change);
  Held Hold(const TableIdentifier& identifier);
  bool NeedsLock(const std::optional<Entry>& entry);
  std::mutex& MutexOf(const TableIdentifier& identifier);

  // Whether it was made; false where it was there and may be.
  bool CreateDatabase(const NamespaceChange& change);
  void ChangeDatabase(const NamespaceChange& change);
  void DropMade(const std::vector<NamespaceChange>& made);

  HiveClient& client_;
  MetadataWriter& writer_;
  const HiveOptions options_;
  std::mutex mutex_;
  std::set<std::string> made_ahead_;
  // Commits of this process to one table take turns here: the metastore lets those who wait for its
  // lock ask again and again.
  std::array<std::mutex, 64> turns_;
};

// Such as "a table b.c": throws kUnsupported where a schema has several levels. The metastore knows
// names in small letters only.
Namespace HiveNamespace(const Namespace& name);
TableIdentifier HiveIdentifier(const TableIdentifier& identifier);

}  // namespace eider::catalog

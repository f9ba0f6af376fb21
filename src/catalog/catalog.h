// Who points at which metadata. A Catalog maps names of tables and views to the location of their
// current metadata file and swaps any number of those pointers in one atomic step; everything else
// (schemas, snapshots, data) lies in immutable files behind the pointers.
//
// Errors: kNotFound, kAlreadyExists, kConflict (names the table and why), kUnknownOutcome (the
// commit may or may not have landed; nothing it wrote may be deleted), kIo, kCorrupt, .. All
// methods may be called from any thread.
#pragma once

#include <chrono>
#include <compare>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "iceberg/table_update.h"
#include "io/file_system.h"

namespace eider::catalog {

using Namespace = std::vector<std::string>;

// "a.b" and back: how the JDBC catalog stores nested namespaces.
std::string NamespaceText(const Namespace& name);
Namespace NamespaceFromText(const std::string& text);

struct TableIdentifier {
  Namespace name_space;
  std::string name;

  std::string ToString() const;
  auto operator<=>(const TableIdentifier& other) const = default;
};

enum class EntityKind { kTable, kView };

struct Entry {
  EntityKind kind = EntityKind::kTable;
  std::string metadata_location;
};

// All names of a catalog at one instant.
struct CatalogSnapshot {
  std::map<Namespace, std::map<std::string, std::string>> namespaces;  // with their properties
  std::map<TableIdentifier, Entry> entries;
};

struct NamespaceChange {
  enum class Kind { kCreate, kDrop, kSetProperties };
  Kind kind = Kind::kCreate;
  Namespace name;
  std::map<std::string, std::string> properties;  // kCreate, kSetProperties
  bool may_exist = false;                         // kCreate: an existing one is no error
  std::vector<std::string> removals = {};         // kSetProperties: names; absent ones are no error
};

// New requirements and updates for a table that somebody else changed in the meantime.
struct RebasedChange {
  std::vector<iceberg::TableRequirement> requirements;
  std::vector<iceberg::TableUpdate> updates;
};

struct TableChange {
  // kRegister gives a name to a metadata file that exists already.
  enum class Kind { kCreate, kUpdate, kDrop, kRename, kRegister };
  Kind kind = Kind::kUpdate;
  EntityKind entity = EntityKind::kTable;
  TableIdentifier identifier;
  std::vector<iceberg::TableRequirement> requirements;
  std::vector<iceberg::TableUpdate> updates;
  TableIdentifier new_identifier;  // kRename
  std::string metadata_location;   // kRegister
  bool replace = false;            // kRegister: the name may be taken, by another of its kind
  // kUpdate of tables: called when the requirements fail on the table as it now is; nullopt (or no
  // function) makes the conflict final.
  std::function<std::optional<RebasedChange>(const iceberg::TableMetadata& current)> rebase;
};

struct CommitResult;

// What was answered to a request that named itself by an idempotency key. It is kept with the
// commit, so that the request can be sent again when its answer was lost.
struct KeptAnswer {
  std::string request_hash;  // tells another request that uses the same key
  int status = 0;
  std::string body;
};

// How long an answer is kept at least.
constexpr std::chrono::minutes kAnswerLifetime{30};

struct CommitRequest {
  // Applied in this order; all of it or none.
  std::vector<NamespaceChange> namespaces;
  std::vector<TableChange> tables;
  // Names the request; "" for none. Of commits with one key, in whatever process, one lands.
  std::string idempotency_key = {};
  // Called before the commit point, with a result that stands if the commit lands. Needed with a
  // key.
  std::function<KeptAnswer(const CommitResult& result)> answer = {};
};

struct CommitResult {
  // The metadata location of each table change after it; of a drop, the last one there was.
  std::vector<std::string> metadata_locations;
  // Where a commit with the same key landed before: nothing was done, and there is nothing else in
  // this result.
  std::optional<KeptAnswer> earlier = {};
};

// A table that is about to be made, as far as it is known.
struct NewTable {
  TableIdentifier identifier;
  iceberg::Schema schema;
  std::map<std::string, std::string> properties;
  std::string location;  // "" where the catalog is to choose
};

class CatalogReader;

class Catalog {
 public:
  virtual ~Catalog() = default;

  // The catalog's own name, as it stands in its store.
  virtual const std::string& name() const = 0;
  // The root folder, as a location. A catalog that another program serves has none: it is called by
  // its URI here.
  virtual const std::string& warehouse() const = 0;
  virtual bool has_folder() const { return true; }
  virtual io::FileSystem& files() = 0;

  // Throws, within seconds, unless what keeps the catalog answers now.
  virtual void Probe() { Snapshot(); }
  // The names as they are from now on (catalog_reader.h); by default those of a snapshot. The
  // catalog must outlive it.
  virtual std::unique_ptr<CatalogReader> NewReader();
  // Shared by all who ask before the next change.
  virtual std::shared_ptr<const CatalogSnapshot> Snapshot() = 0;
  // The entry of one name now; nullopt where there is none.
  virtual std::optional<Entry> Find(const TableIdentifier& identifier) = 0;

  // The properties of a namespace now; nullopt where there is none. One that only tables or other
  // namespaces below it tell of exists.
  virtual std::optional<std::map<std::string, std::string>> FindNamespace(
      const Namespace& name) = 0;

  // Parsed metadata by location, cached: the files never change.
  virtual iceberg::TableMetadataPtr LoadTable(const std::string& metadata_location) = 0;
  virtual iceberg::ViewMetadataPtr LoadView(const std::string& metadata_location) = 0;

  // Where a new table or view goes: a folder that holds nothing yet.
  virtual std::string NewLocation(const TableIdentifier& identifier) = 0;
  // Where the files of a new table go, its own location or a new one. The catalog may have to be
  // told, so that it lets us write there; nothing lasts of it.
  virtual std::string Place(const NewTable& table);

  virtual CommitResult Commit(const CommitRequest& request) = 0;

  // What is kept under an idempotency key.
  virtual std::optional<KeptAnswer> FindAnswer(const std::string& idempotency_key) = 0;
  // Keeps the answer of a request that changed nothing. Returns what is kept now: where there was
  // an answer under that key, it stays.
  virtual KeptAnswer KeepAnswer(const std::string& idempotency_key, const KeptAnswer& answer) = 0;

  // Removes the files a dropped table's metadata reaches. To be called after the drop was
  // committed; what cannot be removed is left for `eider catalog check` to list.
  virtual void Purge(const TableIdentifier& identifier, const Entry& dropped) = 0;
};

}  // namespace eider::catalog

// Commits to a REST catalog: which requests a commit is, and whether it landed where the answer
// does not tell.
#pragma once

#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "catalog/rest_client.h"
#include "catalog/rest_tables.h"

namespace eider::catalog {

// Stands for the location of a view that the catalog is to choose.
constexpr char kLocationOfCatalog[] = "catalog:location";

class RestCommit {
 public:
  // Neither is owned.
  RestCommit(RestClient& client, RestTables& tables) : client_(client), tables_(tables) {}

  // A REST catalog takes one change in one step, or the updates and creations of several tables.
  // Throws kUnsupported, before anything was sent, for what would take several steps. Schemas that
  // a change needs are made before it.
  CommitResult Commit(const CommitRequest& request);

  // Makes a schema now that a commit is going to make: a table is placed in it before.
  void MakeAhead(const Namespace& name);

 private:
  CommitResult CommitTables(std::vector<TableChange> changes);
  std::optional<RestReply> SendTables(const std::vector<TableChange>& changes);
  void Rebase(std::vector<TableChange>& changes, const Error& conflict);
  std::string CommitOther(const TableChange& change);
  std::string CommitView(const TableChange& change);
  std::string Drop(const TableChange& change);
  std::string Rename(const TableChange& change);
  std::string Register(const TableChange& change);
  std::string LocationIn(const TableChange& change, const std::optional<RestReply>& reply);
  std::string UuidOf(const TableIdentifier& identifier, EntityKind kind);
  std::string KnownUuid(const TableChange& change);
  // Whether it was made; false where it was there and may be.
  bool CreateNamespace(const NamespaceChange& change);
  void ChangeNamespace(const NamespaceChange& change);
  void DropMade(std::vector<NamespaceChange> made);

  RestClient& client_;
  RestTables& tables_;
  std::mutex mutex_;
  std::set<Namespace> made_ahead_;
};

// Whether what `updates` ask for is all there in a table or view.
bool HasUpdates(const iceberg::TableMetadata& table,
                const std::vector<iceberg::TableUpdate>& updates);
bool HasUpdates(const iceberg::ViewMetadata& view,
                const std::vector<iceberg::TableUpdate>& updates);

}  // namespace eider::catalog

// A DuckDB transaction on a warehouse. It reads one catalog snapshot, sees its own changes, and lands
// them all in one atomic commit of the catalog, or none.
//
// Changes to a table are kept as steps that can be applied again: when another commit came first, the
// catalog hands back the table as it now is and the steps are replayed on it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "duckdb/catalog/catalog_entry.hpp"
#include "duckdb/parser/parsed_data/create_schema_info.hpp"
#include "duckdb/transaction/transaction.hpp"
#include "iceberg/snapshot_producer.h"

namespace eider::engine {

class SchemaEntry;

// One change to a table. `current` is nullptr where the table does not exist yet. Throws kConflict
// where it cannot be made on `current`.
using TableStep =
    std::function<std::vector<iceberg::TableUpdate>(const iceberg::TableMetadata* current)>;

class WarehouseTransaction : public duckdb::Transaction {
 public:
  WarehouseTransaction(duckdb::TransactionManager& manager, duckdb::ClientContext& context,
                       duckdb::Catalog& catalog, catalog::Catalog& store);
  ~WarehouseTransaction() override;

  static WarehouseTransaction& Get(duckdb::ClientContext& context, duckdb::Catalog& catalog);

  catalog::Catalog& store() { return store_; }

  // Namespaces with this transaction's changes.
  bool HasNamespace(const std::string& name);
  std::vector<std::string> Namespaces();
  // `may_exist`: no error where somebody else creates it at the same time.
  void CreateNamespace(const std::string& name, bool may_exist);
  void DropNamespace(const std::string& name);

  // Tables and views of a namespace with this transaction's changes, by name.
  std::vector<std::pair<std::string, catalog::EntityKind>> Names(const std::string& name_space);
  // The identifier as it is spelled in the catalog (DuckDB's names ignore case); the given one where
  // nothing of that name exists.
  catalog::TableIdentifier Resolve(const std::string& name_space, const std::string& name);

  // nullptr where there is no such table or view.
  iceberg::TableMetadataPtr FindTable(const catalog::TableIdentifier& identifier);
  iceberg::ViewMetadataPtr FindView(const catalog::TableIdentifier& identifier);

  // Applies a step now, so that the transaction sees it, and again at commit if need be. `same_schema`
  // makes a concurrent change of the schema a conflict: the step has written data by it.
  void ChangeTable(const catalog::TableIdentifier& identifier, TableStep step, bool same_schema);
  void ChangeView(const catalog::TableIdentifier& identifier,
                  const std::vector<iceberg::TableUpdate>& updates);
  void Drop(const catalog::TableIdentifier& identifier);
  void Rename(const catalog::TableIdentifier& from, const catalog::TableIdentifier& to);

  // Files of this transaction: data files (made durable at once) and those of a snapshot producer.
  // All are removed when the transaction surely does not land.
  void OwnDataFiles(const std::vector<iceberg::DataFile>& files);
  void OwnProducer(std::shared_ptr<iceberg::SnapshotProducer> producer);

  // Throws kConflict, kUnknownOutcome, ..
  void Commit();
  void Rollback();

  // Catalog entries handed to DuckDB live as long as the transaction. A key stands for one state of
  // one name.
  SchemaEntry& GetSchemaEntry(const std::string& name);
  duckdb::CatalogEntry& Keep(const std::string& key, std::unique_ptr<duckdb::CatalogEntry> entry);
  duckdb::CatalogEntry* Kept(const std::string& key);

 private:
  // What this transaction has made of one name.
  struct Pending {
    std::optional<catalog::Entry> base;  // in the catalog snapshot
    bool drop_base = false;              // the base goes, whatever takes its place
    iceberg::TableMetadataPtr table;     // as it now is; both null: it does not exist
    iceberg::ViewMetadataPtr view;
    std::vector<TableStep> steps;
    bool same_schema = false;
    std::vector<iceberg::TableUpdate> updates;
  };

  const catalog::CatalogSnapshot& Snapshot();
  Pending& PendingFor(const catalog::TableIdentifier& identifier);
  const Pending* FindPending(const catalog::TableIdentifier& identifier) const;
  catalog::CommitRequest MakeRequest(bool as_replacements);
  catalog::TableChange TableChangeOf(const catalog::TableIdentifier& identifier, Pending& pending,
                                     const std::optional<catalog::Entry>& base);
  void RemoveOwnFiles();

  duckdb::Catalog& catalog_;
  catalog::Catalog& store_;
  std::optional<catalog::CatalogSnapshot> snapshot_;
  std::map<catalog::TableIdentifier, Pending> pending_;
  std::vector<catalog::TableChange> renames_;
  std::vector<catalog::NamespaceChange> namespace_changes_;
  std::vector<std::string> data_files_;
  std::vector<std::shared_ptr<iceberg::SnapshotProducer>> producers_;
  std::map<std::string, std::unique_ptr<SchemaEntry>> schema_entries_;
  std::map<std::string, std::unique_ptr<duckdb::CatalogEntry>> entries_;
};

}  // namespace eider::engine

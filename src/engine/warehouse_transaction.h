// A DuckDB transaction on a warehouse. It reads one state of the catalog, sees its own changes, and
// lands them all in one atomic commit of the catalog, or none.
//
// What the transaction makes of every name it touches is kept as a state: which table or view of
// the catalog stands there now (if any), and the steps that were made on it. The commit is
// the difference between that state and what the catalog had, so that a table may be dropped,
// renamed and made anew in any order. Steps can be made again: when another commit came first, the
// catalog hands back the table as it now is and the steps are replayed on it.
//
// A transaction is used by one thread at a time.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "catalog/catalog_reader.h"
#include "duckdb/catalog/catalog_entry.hpp"
#include "duckdb/parser/parsed_data/create_schema_info.hpp"
#include "duckdb/transaction/transaction.hpp"
#include "engine/table_steps.h"
#include "iceberg/snapshot_producer.h"

namespace eider::engine {

class SchemaEntry;

class WarehouseTransaction : public duckdb::Transaction {
 public:
  WarehouseTransaction(duckdb::TransactionManager& manager, duckdb::ClientContext& context,
                       duckdb::Catalog& catalog, catalog::Catalog& store);
  ~WarehouseTransaction() override;

  static WarehouseTransaction& Get(duckdb::ClientContext& context, duckdb::Catalog& catalog);

  catalog::Catalog& store() { return store_; }

  // A number no other state of any transaction has had: what DuckDB prepared in one state it must
  // bind again in the next, for the catalog entries it holds live no longer than the transaction.
  uint64_t version() const { return version_; }

  // Namespaces with this transaction's changes.
  // The name as it is spelled in the catalog; nullopt where there is none.
  std::optional<std::string> FindNamespace(const std::string& name);
  std::vector<std::string> Namespaces();
  // `may_exist`: no error where somebody else creates it at the same time.
  void CreateNamespace(const std::string& name, bool may_exist);
  void DropNamespace(const std::string& name);

  // Tables and views of a namespace with this transaction's changes, by name.
  std::vector<std::pair<std::string, catalog::EntityKind>> Names(const std::string& name_space);
  // The identifier as it is spelled in the catalog (DuckDB's names ignore case); the given one
  // where nothing of that name exists.
  catalog::TableIdentifier Resolve(const std::string& name_space, const std::string& name);

  // What stands under a name, without a look at its metadata.
  std::optional<catalog::EntityKind> KindOf(const catalog::TableIdentifier& identifier);

  // nullptr where there is no such table or view. Throws kCorrupt, kNotFound, .. naming it where
  // its metadata cannot be read.
  iceberg::TableMetadataPtr FindTable(const catalog::TableIdentifier& identifier);
  iceberg::ViewMetadataPtr FindView(const catalog::TableIdentifier& identifier);

  // Loads the metadata of many names at once, for a listing. What cannot be read is left to be met
  // again, and named, by FindTable or FindView.
  void Prefetch(const std::string& name_space, const std::vector<std::string>& names);

  // Applies a step now, so that its errors are met now, and again at commit if need be.
  void ChangeTable(const catalog::TableIdentifier& identifier, TableStep step);
  // Adds a step that cannot fail on the table as this transaction sees it. It is applied when the
  // table is next looked at, or by the commit: statements that write rows end within DuckDB's
  // executor, which burns a core for as long as it waits for a disk. The step's files: data files,
  // and those its producer writes. All are removed when the transaction surely does not land.
  void WriteTable(const catalog::TableIdentifier& identifier, TableStep step,
                  const std::vector<iceberg::DataFile>& data_files,
                  std::shared_ptr<iceberg::SnapshotProducer> producer);
  // `replaces`: a view that another commit creates in the meantime is replaced, not a conflict.
  void ChangeView(const catalog::TableIdentifier& identifier,
                  const std::vector<iceberg::TableUpdate>& updates, bool replaces);
  // Also drops what cannot be read any more.
  void Drop(const catalog::TableIdentifier& identifier);
  void Rename(const catalog::TableIdentifier& from, const catalog::TableIdentifier& to);

  // Throws kConflict, kUnknownOutcome, ..
  void Commit();
  void Rollback();

  // Catalog entries handed to DuckDB. A key stands for one state of one name. An entry lives as
  // long as DuckDB may look at it: while the transaction is in the state in which it was last asked
  // for, and to the end of the query after that. Each holds its table's metadata, so that those of
  // ten thousand INSERTs would fill the memory.
  SchemaEntry& GetSchemaEntry(const std::string& name);
  duckdb::CatalogEntry& Keep(const std::string& key, std::unique_ptr<duckdb::CatalogEntry> entry);
  duckdb::CatalogEntry* Kept(const std::string& key);

 private:
  // A table or view that the catalog has.
  struct Origin {
    catalog::TableIdentifier identifier;
    catalog::Entry entry;
  };

  // What this transaction has made of one name. Neither table nor view: nothing stands there.
  struct Pending {
    std::optional<Origin> origin;  // none for what was created in this transaction
    SteppedTable table;
    std::vector<TableStep> steps;
    size_t applied = 0;  // steps that were made on `table`
    iceberg::ViewMetadataPtr view;
    std::vector<iceberg::TableUpdate> view_updates;
    bool view_replaces = false;
    std::vector<std::string> data_files;
    std::vector<std::shared_ptr<iceberg::SnapshotProducer>> producers;

    bool is_table() const { return table.table() || applied < steps.size(); }
    bool exists() const { return view || is_table(); }
  };

  struct KeptEntry {
    std::unique_ptr<duckdb::CatalogEntry> entry;
    uint64_t version = 0;  // when it was last asked for
    bool outdated = false;
  };

  catalog::CatalogReader& Reader();
  Pending& PendingFor(const catalog::TableIdentifier& identifier);
  Pending* FindPending(const catalog::TableIdentifier& identifier);
  static void ApplySteps(Pending& pending);
  void SyncDataFiles();
  catalog::CommitRequest MakeRequest(bool onto_created);
  void AddRenames(catalog::CommitRequest& request);
  catalog::TableChange TableChangeOf(const catalog::TableIdentifier& identifier, Pending& pending,
                                     bool onto_created);
  catalog::TableChange ViewChangeOf(const catalog::TableIdentifier& identifier, Pending& pending,
                                    bool onto_created);
  void CommitChanges();
  static std::vector<std::string> FilesOf(const Pending& pending);
  void RemoveFiles(const std::vector<std::string>& paths);
  void RemoveOwnFiles();
  void NewVersion();
  void RemoveOutdatedEntries();

  duckdb::Catalog& catalog_;
  catalog::Catalog& store_;
  uint64_t version_ = 0;
  std::unique_ptr<catalog::CatalogReader> reader_;
  std::map<catalog::TableIdentifier, Pending> pending_;
  std::vector<Origin> dropped_;
  std::vector<std::string> discarded_files_;  // of tables created and dropped again
  std::vector<catalog::NamespaceChange> namespace_changes_;
  std::map<std::string, std::unique_ptr<SchemaEntry>> schema_entries_;
  std::map<std::string, KeptEntry> entries_;
  uint64_t swept_in_ = 0;  // the query that last removed entries
};

}  // namespace eider::engine

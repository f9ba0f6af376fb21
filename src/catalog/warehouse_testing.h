// What the tests of this layer share: a warehouse in a folder of its own, changes to it, and a
// reader that trusts nothing but the files.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/error_testing.h"
#include "base/uuid.h"
#include "catalog/metadata_files.h"
#include "catalog/open_catalog.h"
#include "catalog/postgres_testing.h"
#include "catalog/sqlite.h"
#include "iceberg/metadata_builder.h"
#include "iceberg/snapshot_producer.h"

namespace eider::catalog {

inline iceberg::Schema OneColumn(const std::string& name = "id") {
  iceberg::NestedField field;
  field.name = name;
  field.type = iceberg::Type::Primitive(iceberg::TypeId::kLong);
  iceberg::Schema schema;
  schema.fields = {field};
  return schema;
}

inline CommitRequest CreateSchema(const std::string& name) {
  CommitRequest request;
  request.namespaces = {{NamespaceChange::Kind::kCreate, {name}, {}}};
  return request;
}

inline TableChange CreateChange(Catalog& catalog, const TableIdentifier& identifier) {
  TableChange change;
  change.kind = TableChange::Kind::kCreate;
  change.identifier = identifier;
  change.requirements = {iceberg::TableRequirement::Create()};
  change.updates =
      iceberg::CreateTableUpdates(OneColumn(), {}, catalog.NewLocation(identifier), {});
  return change;
}

inline TableChange PropertyChange(const TableIdentifier& identifier, const std::string& key,
                                  const std::string& value) {
  TableChange change;
  change.identifier = identifier;
  change.updates = {iceberg::SetProperties{{{key, value}}}};
  return change;
}

inline TableChange DropChange(const TableIdentifier& identifier,
                              EntityKind entity = EntityKind::kTable) {
  TableChange change;
  change.kind = TableChange::Kind::kDrop;
  change.identifier = identifier;
  change.entity = entity;
  return change;
}

inline TableChange RenameChange(const TableIdentifier& from, const TableIdentifier& to) {
  TableChange change;
  change.kind = TableChange::Kind::kRename;
  change.identifier = from;
  change.new_identifier = to;
  return change;
}

inline TableChange ViewChange(Catalog& catalog, const TableIdentifier& identifier,
                              const std::string& sql) {
  iceberg::ViewVersion version;
  version.schema_id = iceberg::kLastAdded;
  version.representations = {{sql, "duckdb"}};
  TableChange change;
  change.entity = EntityKind::kView;
  change.identifier = identifier;
  if (!catalog.Find(identifier)) {
    change.kind = TableChange::Kind::kCreate;
    change.updates = {iceberg::SetLocation{catalog.NewLocation(identifier)}};
  }
  change.updates.push_back(iceberg::AddSchema{OneColumn()});
  change.updates.push_back(iceberg::AddViewVersion{version});
  change.updates.push_back(iceberg::SetCurrentViewVersion{});
  return change;
}

inline CommitRequest Tables(std::vector<TableChange> changes) {
  CommitRequest request;
  request.tables = std::move(changes);
  return request;
}

// A writer that works as the engine does: data files, manifests, commit; and when the commit has
// surely failed, away with them.
class Writer {
 public:
  explicit Writer(Catalog& catalog) : catalog_(catalog) {}

  // A table that is created with a row.
  void Create(const TableIdentifier& identifier, const std::string& row) {
    TableChange change = CreateChange(catalog_, identifier);
    auto builder = iceberg::TableMetadataBuilder(2);
    for (const auto& update : change.updates) builder.Apply(update);
    AddSnapshot(change, builder.Build(0), iceberg::SnapshotProducer::Mode::kAppend, row);
    request_.tables.push_back(std::move(change));
  }
  void Append(const TableIdentifier& identifier, const std::string& row) {
    Change(identifier, iceberg::SnapshotProducer::Mode::kAppend, row);
  }
  void Replace(const TableIdentifier& identifier, const std::string& row) {
    Change(identifier, iceberg::SnapshotProducer::Mode::kOverwrite, row);
  }
  // Called whenever an append is about to be made again on a newer base.
  void BeforeRedo(std::function<void(const iceberg::TableMetadata&)> hook) {
    before_redo_ = std::move(hook);
  }

  void Commit() {
    try {
      catalog_.Commit(request_);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kUnknownOutcome) RemoveOwnFiles();
      throw;
    }
  }

  void RemoveOwnFiles() {
    for (const auto& producer : producers_) {
      for (const std::string& file : producer->written_files()) TryRemove(file);
    }
    for (const std::string& file : data_files_) TryRemove(file);
  }

 private:
  void TryRemove(const std::string& file) {
    try {
      catalog_.files().Remove(file);
    } catch (const Error&) {
      // A leftover.
    }
  }

  void Change(const TableIdentifier& identifier, iceberg::SnapshotProducer::Mode mode,
              const std::string& row) {
    auto base = catalog_.LoadTable(catalog_.Find(identifier)->metadata_location);
    TableChange change;
    change.identifier = identifier;
    auto main = base->refs.find(iceberg::kMainBranch);
    std::optional<int64_t> main_id;
    if (main != base->refs.end()) main_id = main->second.snapshot_id;
    change.requirements = {iceberg::TableRequirement::TableUuid(base->table_uuid),
                           iceberg::TableRequirement::RefSnapshotId(iceberg::kMainBranch, main_id)};
    auto producer = AddSnapshot(change, *base, mode, row);
    if (mode == iceberg::SnapshotProducer::Mode::kAppend) {
      change.rebase = [this, producer](const iceberg::TableMetadata& current) {
        // As lax as can be: the catalog has to see to it that these updates meet this base only.
        RebasedChange rebased;
        rebased.requirements = {iceberg::TableRequirement::TableUuid(current.table_uuid)};
        rebased.updates = producer->Produce(current, catalog_.files());
        if (before_redo_) before_redo_(current);
        return rebased;
      };
    }
    request_.tables.push_back(std::move(change));
  }

  std::shared_ptr<iceberg::SnapshotProducer> AddSnapshot(TableChange& change,
                                                         const iceberg::TableMetadata& base,
                                                         iceberg::SnapshotProducer::Mode mode,
                                                         const std::string& row) {
    iceberg::DataFile file;
    std::string content = "PAR1" + row + "PAR1";
    file.file_path = base.location + "/data/" + NewUuid() + ".parquet";
    file.record_count = 1;
    file.file_size_in_bytes = static_cast<int64_t>(content.size());
    catalog_.files().CreateDirectories(base.location + "/data");
    data_files_.push_back(file.file_path);
    // DuckDB writes around the file system object.
    std::ofstream(io::LocalPath(file.file_path)) << content;
    catalog_.files().Sync(file.file_path);
    auto producer = std::make_shared<iceberg::SnapshotProducer>(mode, std::vector{file});
    producers_.push_back(producer);
    auto updates = producer->Produce(base, catalog_.files());
    change.updates.insert(change.updates.end(), updates.begin(), updates.end());
    return producer;
  }

  Catalog& catalog_;
  CommitRequest request_;
  std::function<void(const iceberg::TableMetadata&)> before_redo_;
  std::vector<std::string> data_files_;
  std::vector<std::shared_ptr<iceberg::SnapshotProducer>> producers_;
};

// The rows of a table's current snapshot, read from disk with no cache between. Throws where any
// file is missing or not whole.
inline std::multiset<std::string> RowsOf(const std::string& metadata_location) {
  io::FileSystem& files = io::LocalFileSystem();
  auto metadata = iceberg::ParseTableMetadata(files.Read(metadata_location), metadata_location);
  std::multiset<std::string> rows;
  const iceberg::Snapshot* snapshot = metadata.CurrentSnapshot();
  if (snapshot == nullptr) return rows;
  const std::string& list = snapshot->manifest_list;
  for (const auto& manifest : iceberg::ReadManifestList(files.Read(list), list)) {
    for (const auto& entry : iceberg::ReadManifest(files.Read(manifest.manifest_path), manifest)) {
      if (entry.status == iceberg::ManifestEntry::Status::kDeleted) continue;
      std::string content = files.Read(entry.file.file_path);
      if (static_cast<int64_t>(content.size()) != entry.file.file_size_in_bytes) {
        throw Error(ErrorCode::kCorrupt, entry.file.file_path + " is not whole");
      }
      rows.insert(content.substr(4, content.size() - 8));
    }
  }
  return rows;
}

class WarehouseTest : public testing::Test {
 protected:
  void SetUp() override {
    // In memory where there is such a folder: what is tested is the order of things, not the disk.
    bool in_memory = files_.Exists("/dev/shm");
    std::string name = std::string(in_memory ? "/dev/shm" : "/tmp") + "/eider_catalog_XXXXXX";
    root_ = ::mkdtemp(name.data());
    warehouse_ = root_ + "/w";
  }
  void TearDown() override { files_.RemoveTree(root_); }

  // Keeps the catalog in PostgreSQL; to be called before it is opened. Skips the test where there
  // is none.
  void UsePostgres() {
    PostgresServer* server = PostgresServer::Get();
    if (server == nullptr) GTEST_SKIP() << "PostgreSQL is not installed";
    store_ = server->NewCatalog();
  }

  std::shared_ptr<Catalog> Open(CatalogOptions options = {}) {
    options.store = store_;
    return OpenCatalog(warehouse_, options);
  }
  // The catalog's own tables.
  std::unique_ptr<SqlDatabase> Database() {
    if (store_.empty()) return std::make_unique<SqliteDatabase>(warehouse_ + "/catalog.db");
    return std::make_unique<PostgresDatabase>(store_, "the tests' PostgreSQL", 0);
  }
  std::string Property(Catalog& catalog, const TableIdentifier& identifier,
                       const std::string& key) {
    return catalog.LoadTable(catalog.Find(identifier)->metadata_location)->Property(key, "");
  }
  std::string PathOf(Catalog& catalog, const TableIdentifier& identifier) {
    return io::LocalPath(catalog.Find(identifier)->metadata_location);
  }
  // What a reader of the plain folder finds.
  std::string ProjectedPath(const std::string& folder) {
    std::string metadata = warehouse_ + "/" + folder + "/metadata/";
    return metadata + "v" + files_.Read(metadata + "version-hint.text") + ".metadata.json";
  }
  std::string ProjectedProperty(const std::string& folder, const std::string& key) {
    std::string file = ProjectedPath(folder);
    return iceberg::ParseTableMetadata(files_.Read(file), file).Property(key, "");
  }
  std::vector<SqlDatabase::Row> Rows(const std::string& sql) { return Database()->Query(sql); }
  void Append(Catalog& catalog, const TableIdentifier& identifier, const std::string& row) {
    Writer writer(catalog);
    writer.Append(identifier, row);
    writer.Commit();
  }
  void Create(Catalog& catalog, const TableIdentifier& identifier, const std::string& row) {
    Writer writer(catalog);
    writer.Create(identifier, row);
    writer.Commit();
  }

  io::FileSystem& files_ = io::LocalFileSystem();
  std::string root_;
  std::string warehouse_;
  std::string store_;  // what keeps the catalog; "" for the warehouse itself
  const TableIdentifier t_{{"s"}, "t"};
  const TableIdentifier u_{{"s"}, "u"};
};

// Runs on every kind of store: TEST_P, and INSTANTIATE_TEST_SUITE_P(.., kEveryStore, StoreName).
enum class StoreKind { kSqlite, kPostgres };

class EveryStoreTest : public WarehouseTest, public testing::WithParamInterface<StoreKind> {
 protected:
  void SetUp() override {
    WarehouseTest::SetUp();
    if (GetParam() == StoreKind::kPostgres) UsePostgres();
  }
};

inline const auto kEveryStore = testing::Values(StoreKind::kSqlite, StoreKind::kPostgres);

inline std::string StoreName(const testing::TestParamInfo<StoreKind>& info) {
  return info.param == StoreKind::kSqlite ? "Sqlite" : "Postgres";
}

}  // namespace eider::catalog

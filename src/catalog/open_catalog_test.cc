#include "catalog/open_catalog.h"

#include "catalog/check.h"
#include "catalog/rebuild.h"
#include "catalog/warehouse_testing.h"

namespace eider::catalog {
namespace {

class OpenCatalogTest : public WarehouseTest {};

// A store that several warehouses share.
class SharedCatalogTest : public EveryStoreTest {
 protected:
  void SetUp() override {
    EveryStoreTest::SetUp();
    if (!IsSkipped() && store_.empty()) store_ = "sqlite://" + root_ + "/stores/shared.db";
  }
  // Another one, that holds nothing yet.
  std::string NewStore() const {
    return GetParam() == StoreKind::kPostgres ? PostgresServer::Get()->NewCatalog()
                                              : "sqlite://" + root_ + "/stores/new.db";
  }
  std::shared_ptr<Catalog> OpenShared(const std::string& warehouse,
                                      const std::string& catalog_name = "") {
    CatalogOptions options;
    options.store = store_;
    if (!catalog_name.empty()) {
      bool has_parameters = store_.find('?') != std::string::npos;
      options.store += (has_parameters ? "&catalog_name=" : "?catalog_name=") + catalog_name;
    }
    return OpenCatalog(root_ + "/" + warehouse, options);
  }
};

INSTANTIATE_TEST_SUITE_P(Stores, SharedCatalogTest, kEveryStore, StoreName);

TEST_P(SharedCatalogTest, ACatalogMayLieApartFromItsWarehouse) {
  auto catalog = OpenShared("w");
  catalog->Commit(CreateSchema("s"));
  Create(*catalog, t_, "row");
  EXPECT_FALSE(files_.Exists(warehouse_ + "/catalog.db"));
  EXPECT_EQ(RowsOf(io::ToLocation(ProjectedPath("s/t"))), std::multiset<std::string>{"row"});
  EXPECT_TRUE(OpenShared("w")->Find(t_));
}

TEST_P(SharedCatalogTest, WarehousesThatShareAStoreHaveCatalogsOfTheirOwn) {
  OpenShared("w")->Commit(CreateSchema("s"));
  auto other = OpenShared("other");
  EXPECT_EQ(other->name(), "other");
  EXPECT_TRUE(other->Snapshot()->namespaces.empty());
  EXPECT_EQ(OpenShared("w")->Snapshot()->namespaces.size(), 1U);
  // Another folder of the same name is another warehouse.
  Error error = ErrorOf([&] { OpenShared("deep/w"); });
  EXPECT_EQ(error.code(), ErrorCode::kConflict);
  EXPECT_NE(error.hint().find("catalog_name"), std::string::npos);
  EXPECT_EQ(OpenShared("deep/w", "deep")->name(), "deep");
  EXPECT_EQ(OpenShared("deep/w")->name(), "deep");
  EXPECT_EQ(CodeOf([&] { OpenShared("deep/w", "w"); }), ErrorCode::kConflict);
}

TEST_F(OpenCatalogTest, TheFileOfAWarehouseMayBecomeAStore) {
  auto own = Open({.name = "shop"});
  own->Commit(CreateSchema("s"));
  CatalogOptions options;
  options.store = "sqlite://" + warehouse_ + "/catalog.db";
  auto apart = OpenCatalog(warehouse_, options);
  EXPECT_EQ(apart->name(), "shop");
  EXPECT_EQ(apart->Snapshot()->namespaces.size(), 1U);
}

TEST_P(SharedCatalogTest, WhatIsMissingIsNotMadeWhereItMustExist) {
  CatalogOptions options;
  options.store = store_;
  options.must_exist = true;
  EXPECT_EQ(CodeOf([&] { OpenCatalog(warehouse_, options); }), ErrorCode::kNotFound);
  EXPECT_FALSE(files_.Exists(root_ + "/stores"));
  OpenShared("other");
  EXPECT_EQ(CodeOf([&] { OpenCatalog(warehouse_, options); }), ErrorCode::kNotFound);
}

TEST_F(OpenCatalogTest, AnUnknownStoreIsRefusedWithoutItsPassword) {
  CatalogOptions options;
  options.store = "mysql://me:secret@host/db";
  Error error = ErrorOf([&] { OpenCatalog(warehouse_, options); });
  EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
  EXPECT_NE(error.message().find("mysql://me@host/db"), std::string::npos) << error.message();
  EXPECT_EQ(std::string(error.what()).find("secret"), std::string::npos);
  options.store = "sqlite://relative.db";
  EXPECT_EQ(CodeOf([&] { OpenCatalog(warehouse_, options); }), ErrorCode::kInvalidArgument);
}

TEST_F(OpenCatalogTest, AFolderAboveAWarehouseIsNone) {
  {
    auto catalog = Open();
    catalog->Commit(CreateSchema("s"));
    Create(*catalog, {{"s"}, "t"}, "row");
  }
  Error error = ErrorOf([&] { OpenCatalog(root_); });
  EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(error.message(), root_ + " is no warehouse, " + warehouse_ + " is one");
}

TEST_F(OpenCatalogTest, ALostCatalogIsNotMadeAnewOverTablesOrViews) {
  const TableIdentifier deep{{"a", "b"}, "t"};
  auto catalog = Open();
  catalog->Commit(CreateSchema("s"));
  auto lose = [&] {
    catalog.reset();
    for (const char* suffix : {"", "-wal", "-shm"}) {
      files_.Remove(warehouse_ + "/catalog.db" + suffix);
    }
  };
  catalog->Commit(Tables({ViewChange(*catalog, {{"s"}, "v"}, "SELECT 1 AS id")}));
  lose();
  Error error = ErrorOf([&] { Open(); });
  EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
  EXPECT_NE(error.message().find("/s/v"), std::string::npos) << error.message();
  RebuildCatalog(warehouse_);
  catalog = Open();
  EXPECT_EQ(catalog->Snapshot()->entries.size(), 1U);

  // What was dropped hides nothing.
  catalog->Commit(Tables({DropChange({{"s"}, "v"}, EntityKind::kView)}));
  lose();
  catalog = Open();
  Create(*catalog, deep, "row");
  lose();
  EXPECT_EQ(CodeOf([&] { Open(); }), ErrorCode::kCorrupt);
}

TEST_P(SharedCatalogTest, AStoreApartIsCheckedAndRebuilt) {
  auto catalog = OpenShared("w");
  catalog->Commit(CreateSchema("s"));
  Create(*catalog, t_, "row");
  CheckOptions check;
  check.store = store_;
  CheckReport report = CheckWarehouse(warehouse_, check);
  EXPECT_EQ(report.tables, 1);
  EXPECT_TRUE(report.findings.empty());
  RebuildOptions rebuild;
  rebuild.store = store_;
  EXPECT_EQ(CodeOf([&] { RebuildCatalog(warehouse_, rebuild); }), ErrorCode::kAlreadyExists);
  // The store is lost, and another takes its place.
  rebuild.store = NewStore();
  EXPECT_EQ(RebuildCatalog(warehouse_, rebuild).entries.size(), 1U);
  CatalogOptions options;
  options.store = rebuild.store;
  EXPECT_EQ(RowsOf(OpenCatalog(warehouse_, options)->Find(t_)->metadata_location),
            std::multiset<std::string>{"row"});
}

// PyIceberg's tables, with the server's own order of text, and without the column that came with
// views.
TEST_F(OpenCatalogTest, TablesThatAnotherToolMadeInPostgresAreTakenOver) {
  UsePostgres();
  if (IsSkipped()) return;
  auto database = Database();
  database->Execute(
      "CREATE TABLE iceberg_tables (catalog_name VARCHAR(255) NOT NULL, table_namespace "
      "VARCHAR(255) NOT NULL, table_name VARCHAR(255) NOT NULL, metadata_location VARCHAR(1000), "
      "previous_metadata_location VARCHAR(1000), PRIMARY KEY (catalog_name, table_namespace, "
      "table_name))");
  database->Execute(
      "CREATE TABLE iceberg_namespace_properties (catalog_name VARCHAR(255) NOT NULL, namespace "
      "VARCHAR(255) NOT NULL, property_key VARCHAR(255) NOT NULL, property_value VARCHAR(1000) "
      "NOT NULL, PRIMARY KEY (catalog_name, namespace, property_key))");
  for (const char* name : {"raw", "a.b", "A", "_x"}) {
    database->Execute("INSERT INTO iceberg_namespace_properties VALUES ('theirs', ?, 'k', 'v')",
                      {name});
  }
  auto catalog = Open({.name = "theirs"});
  EXPECT_EQ(catalog->name(), "theirs");
  EXPECT_EQ(catalog->Snapshot()->namespaces.size(), 4U);
  EXPECT_TRUE(catalog->FindNamespace({"a"})) << "a.b lies in it";
  EXPECT_FALSE(catalog->FindNamespace({"b"}));
  for (const char* name : {"t", "T", "_t", "t-1", "t 2"}) {
    Create(*catalog, {{"raw"}, name}, name);
  }
  catalog->Commit(Tables({ViewChange(*catalog, {{"raw"}, "v"}, "SELECT 1 AS id")}));
  EXPECT_EQ(catalog->Snapshot()->entries.size(), 6U);
  EXPECT_EQ(RowsOf(catalog->Find({{"raw"}, "T"})->metadata_location).count("T"), 1U);
  EXPECT_FALSE(CheckWarehouse(warehouse_, {.store = store_}).has_damage());
}

}  // namespace
}  // namespace eider::catalog

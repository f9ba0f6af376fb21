#include "catalog/open_catalog.h"

#include "catalog/check.h"
#include "catalog/rebuild.h"
#include "catalog/warehouse_testing.h"

namespace eider::catalog {
namespace {

class OpenCatalogTest : public WarehouseTest {
 protected:
  std::string SharedStore() const { return "sqlite://" + root_ + "/stores/shared.db"; }
  std::shared_ptr<Catalog> OpenShared(const std::string& warehouse,
                                      const std::string& parameters = "") {
    CatalogOptions options;
    options.store = SharedStore() + parameters;
    return OpenCatalog(root_ + "/" + warehouse, options);
  }
};

TEST_F(OpenCatalogTest, ACatalogMayLieApartFromItsWarehouse) {
  auto catalog = OpenShared("w");
  catalog->Commit(CreateSchema("s"));
  Create(*catalog, t_, "row");
  EXPECT_FALSE(files_.Exists(warehouse_ + "/catalog.db"));
  EXPECT_TRUE(files_.Exists(root_ + "/stores/shared.db"));
  EXPECT_EQ(RowsOf(io::ToLocation(ProjectedPath("s/t"))), std::multiset<std::string>{"row"});
  EXPECT_TRUE(OpenShared("w")->Find(t_));
}

TEST_F(OpenCatalogTest, WarehousesThatShareAStoreHaveCatalogsOfTheirOwn) {
  OpenShared("w")->Commit(CreateSchema("s"));
  auto other = OpenShared("other");
  EXPECT_EQ(other->name(), "other");
  EXPECT_TRUE(other->Snapshot()->namespaces.empty());
  EXPECT_EQ(OpenShared("w")->Snapshot()->namespaces.size(), 1U);
  // Another folder of the same name is another warehouse.
  Error error = ErrorOf([&] { OpenShared("deep/w"); });
  EXPECT_EQ(error.code(), ErrorCode::kConflict);
  EXPECT_NE(error.hint().find("catalog_name"), std::string::npos);
  EXPECT_EQ(OpenShared("deep/w", "?catalog_name=deep")->name(), "deep");
  EXPECT_EQ(OpenShared("deep/w")->name(), "deep");
  EXPECT_EQ(CodeOf([&] { OpenShared("deep/w", "?catalog_name=w"); }), ErrorCode::kConflict);
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

TEST_F(OpenCatalogTest, WhatIsMissingIsNotMadeWhereItMustExist) {
  CatalogOptions options;
  options.store = SharedStore();
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

TEST_F(OpenCatalogTest, AStoreApartIsCheckedAndRebuilt) {
  auto catalog = OpenShared("w");
  catalog->Commit(CreateSchema("s"));
  Create(*catalog, t_, "row");
  CheckOptions check;
  check.store = SharedStore();
  CheckReport report = CheckWarehouse(warehouse_, check);
  EXPECT_EQ(report.tables, 1);
  EXPECT_TRUE(report.findings.empty());
  RebuildOptions rebuild;
  rebuild.store = SharedStore();
  EXPECT_EQ(CodeOf([&] { RebuildCatalog(warehouse_, rebuild); }), ErrorCode::kAlreadyExists);
  // The store is lost, and another takes its place.
  rebuild.store = "sqlite://" + root_ + "/stores/new.db";
  EXPECT_EQ(RebuildCatalog(warehouse_, rebuild).entries.size(), 1U);
  CatalogOptions options;
  options.store = rebuild.store;
  EXPECT_EQ(RowsOf(OpenCatalog(warehouse_, options)->Find(t_)->metadata_location),
            std::multiset<std::string>{"row"});
}

}  // namespace
}  // namespace eider::catalog

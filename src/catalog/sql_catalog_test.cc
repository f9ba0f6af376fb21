#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <barrier>
#include <filesystem>
#include <thread>

#include "catalog/open_catalog.h"
#include "catalog/rebuild.h"
#include "catalog/warehouse_testing.h"

namespace eider::catalog {
namespace {

using SqlCatalogTest = EveryStoreTest;
INSTANTIATE_TEST_SUITE_P(Stores, SqlCatalogTest, kEveryStore, StoreName);

// Of a catalog in the warehouse's own folder.
using OwnCatalogTest = WarehouseTest;

TEST_P(SqlCatalogTest, CommitsAreSeenByEveryOpenCatalogAndByFolderReaders) {
  auto catalog = Open();
  catalog->Commit(CreateSchema("s"));
  catalog->Commit(Tables({CreateChange(*catalog, t_)}));
  auto other = Open();
  ASSERT_TRUE(other->Find(t_));
  EXPECT_EQ(files_.Read(root_ + "/w/s/t/metadata/version-hint.text"), "0");
  catalog->Commit(Tables({PropertyChange(t_, "k", "v")}));
  EXPECT_EQ(Property(*other, t_, "k"), "v");
  EXPECT_EQ(ProjectedProperty("s/t", "k"), "v");
  auto metadata = other->LoadTable(other->Find(t_)->metadata_location);
  EXPECT_EQ(metadata->location, io::ToLocation(root_ + "/w/s/t"));
  ASSERT_EQ(metadata->metadata_log.size(), 1U);
  EXPECT_TRUE(files_.Exists(metadata->metadata_log[0].metadata_file));
}

TEST_F(OwnCatalogTest, NameOutlivesTheFolderNameAndWhatWasAskedFor) {
  CatalogOptions options;
  options.name = "jaffle";
  EXPECT_EQ(Open(options)->name(), "jaffle");
  options.name = "other";
  EXPECT_EQ(Open(options)->name(), "jaffle");
  EXPECT_EQ(OpenCatalog(root_ + "/second")->name(), "second");
}

TEST_F(OwnCatalogTest, MissingWarehouseIsNamedAndNotMade) {
  CatalogOptions options;
  options.must_exist = true;
  EXPECT_EQ(CodeOf([&] { Open(options); }), ErrorCode::kNotFound);
  EXPECT_FALSE(files_.Exists(root_ + "/w"));
}

TEST_F(OwnCatalogTest, CatalogMadeByAnotherToolKeepsItsNameAndOldColumns) {
  files_.CreateDirectories(root_ + "/w");
  {
    // The first version of the JDBC schema, without iceberg_type, and a namespace only.
    SqliteDatabase database(root_ + "/w/catalog.db");
    database.Execute(
        "CREATE TABLE iceberg_tables (catalog_name VARCHAR(255) NOT NULL, table_namespace "
        "VARCHAR(255) NOT NULL, table_name VARCHAR(255) NOT NULL, metadata_location VARCHAR(1000), "
        "previous_metadata_location VARCHAR(1000), PRIMARY KEY (catalog_name, table_namespace, "
        "table_name))");
    database.Execute(
        "CREATE TABLE iceberg_namespace_properties (catalog_name VARCHAR(255) NOT NULL, namespace "
        "VARCHAR(255) NOT NULL, property_key VARCHAR(255) NOT NULL, property_value VARCHAR(1000) "
        "NOT NULL, PRIMARY KEY (catalog_name, namespace, property_key))");
    database.Execute(
        "INSERT INTO iceberg_namespace_properties VALUES ('theirs', 'raw', 'owner', 'me')");
  }
  auto catalog = Open();
  EXPECT_EQ(catalog->name(), "theirs");
  CatalogSnapshot snapshot = *catalog->Snapshot();
  ASSERT_EQ(snapshot.namespaces.count({"raw"}), 1U);
  EXPECT_EQ(snapshot.namespaces[{"raw"}]["owner"], "me");
  catalog->Commit(Tables({CreateChange(*catalog, {{"raw"}, "t"})}));
  EXPECT_EQ(Rows("SELECT iceberg_type FROM iceberg_tables").at(0).at(0), "TABLE");
}

TEST_P(SqlCatalogTest, ASnapshotIsReadOnceAndAgainAfterEveryChange) {
  auto catalog = Open();
  catalog->Commit(CreateSchema("s"));
  auto before = catalog->Snapshot();
  EXPECT_EQ(catalog->Snapshot(), before);
  Open()->Commit(Tables({CreateChange(*catalog, t_)}));
  auto after = catalog->Snapshot();
  EXPECT_EQ(after->entries.size(), 1U);
  EXPECT_TRUE(before->entries.empty());
  catalog->Commit(Tables({DropChange(t_)}));
  EXPECT_TRUE(catalog->Snapshot()->entries.empty());
  EXPECT_EQ(after->entries.size(), 1U);
}

TEST_P(SqlCatalogTest, RowsWithoutTypeAreTables) {
  auto catalog = Open();
  catalog->Commit(CreateSchema("s"));
  catalog->Commit(Tables({CreateChange(*catalog, t_)}));
  Database()->Execute("UPDATE iceberg_tables SET iceberg_type = NULL");
  EXPECT_EQ(catalog->Find(t_)->kind, EntityKind::kTable);
  catalog->Commit(Tables({PropertyChange(t_, "k", "v")}));
  EXPECT_EQ(Property(*catalog, t_, "k"), "v");
}

TEST_P(SqlCatalogTest, RowsOfOtherCatalogsInTheSameFileStayTheirs) {
  auto catalog = Open();
  catalog->Commit(CreateSchema("s"));
  Database()->Execute(
      "INSERT INTO iceberg_tables VALUES ('x', 's', 't', 'file:///gone', NULL, 'TABLE')");
  EXPECT_FALSE(catalog->Find(t_));
  EXPECT_TRUE(catalog->Snapshot()->entries.empty());
}

TEST_P(SqlCatalogTest, NamespacesCarryPropertiesAndNest) {
  auto catalog = Open();
  CommitRequest request;
  request.namespaces = {{NamespaceChange::Kind::kCreate, {"a"}, {}},
                        {NamespaceChange::Kind::kCreate, {"a", "b"}, {{"k", "v"}}},
                        {NamespaceChange::Kind::kSetProperties, {"a", "b"}, {{"k", "w"}}}};
  catalog->Commit(request);
  CatalogSnapshot snapshot = *catalog->Snapshot();
  EXPECT_EQ(snapshot.namespaces.size(), 2U);
  EXPECT_TRUE(snapshot.namespaces[{"a"}].empty());
  EXPECT_EQ((snapshot.namespaces[{"a", "b"}]["k"]), "w");
  EXPECT_EQ(CodeOf([&] { catalog->Commit(CreateSchema("a")); }), ErrorCode::kAlreadyExists);
  EXPECT_EQ(Rows("SELECT property_value FROM iceberg_namespace_properties "
                 "WHERE namespace = 'a' AND property_key = 'exists'")
                .at(0)
                .at(0),
            "true");
}

TEST_P(SqlCatalogTest, OnlyEmptyNamespacesAreDropped) {
  auto catalog = Open();
  CommitRequest create;
  create.namespaces = {{NamespaceChange::Kind::kCreate, {"s"}, {}},
                       {NamespaceChange::Kind::kCreate, {"s", "below"}, {}},
                       {NamespaceChange::Kind::kCreate, {"sx"}, {}}};
  create.tables = {CreateChange(*catalog, t_)};
  catalog->Commit(create);
  CommitRequest drop;
  drop.namespaces = {{NamespaceChange::Kind::kDrop, {"s"}, {}}};
  EXPECT_EQ(CodeOf([&] { catalog->Commit(drop); }), ErrorCode::kConflict);
  drop.tables = {DropChange(t_)};
  EXPECT_EQ(CodeOf([&] { catalog->Commit(drop); }), ErrorCode::kConflict) << "s.below exists";
  EXPECT_TRUE(catalog->Find(t_));
  drop.namespaces.push_back({NamespaceChange::Kind::kDrop, {"s", "below"}, {}});
  catalog->Commit(drop);
  EXPECT_EQ(catalog->Snapshot()->namespaces.size(), 1U);
  EXPECT_TRUE(catalog->Snapshot()->entries.empty());
}

TEST_P(SqlCatalogTest, SeveralTablesChangeTogetherOrNotAtAll) {
  auto catalog = Open();
  catalog->Commit(CreateSchema("s"));
  catalog->Commit(Tables({CreateChange(*catalog, t_), CreateChange(*catalog, u_)}));
  catalog->Commit(Tables({PropertyChange(t_, "k", "1"), PropertyChange(u_, "k", "1")}));
  TableChange refused = PropertyChange(u_, "k", "2");
  refused.requirements = {iceberg::TableRequirement::TableUuid("another")};
  try {
    catalog->Commit(Tables({PropertyChange(t_, "k", "2"), refused}));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kConflict);
    EXPECT_NE(error.message().find("s.u"), std::string::npos) << error.message();
  }
  EXPECT_EQ(Property(*catalog, t_, "k"), "1");
  EXPECT_EQ(Property(*catalog, u_, "k"), "1");
  // Nothing of the failed commit stays on disk.
  EXPECT_EQ(files_.List(root_ + "/w/s/t/metadata").size(), 5U);
}

TEST_P(SqlCatalogTest, CreateOfTakenNameAndChangeOfMissingNameAreRefused) {
  auto catalog = Open();
  catalog->Commit(CreateSchema("s"));
  catalog->Commit(Tables({CreateChange(*catalog, t_)}));
  EXPECT_EQ(CodeOf([&] { catalog->Commit(Tables({CreateChange(*catalog, t_)})); }),
            ErrorCode::kAlreadyExists);
  EXPECT_EQ(CodeOf([&] { catalog->Commit(Tables({PropertyChange(u_, "k", "v")})); }),
            ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf([&] { catalog->Commit(Tables({DropChange(u_)})); }), ErrorCode::kNotFound);
}

TEST_P(SqlCatalogTest, OneCommitMayDropAndCreateTheSameName) {
  auto catalog = Open();
  catalog->Commit(CreateSchema("s"));
  catalog->Commit(Tables({CreateChange(*catalog, t_)}));
  catalog->Commit(Tables({PropertyChange(t_, "k", "old")}));
  TableChange fresh = CreateChange(*catalog, t_);
  catalog->Commit(Tables({DropChange(t_), fresh, PropertyChange(t_, "k", "new")}));
  EXPECT_EQ(Property(*catalog, t_, "k"), "new");
  // The new table has a folder of its own; the old one is no table any more.
  auto metadata = catalog->LoadTable(catalog->Find(t_)->metadata_location);
  EXPECT_NE(metadata->location, io::ToLocation(root_ + "/w/s/t"));
  EXPECT_FALSE(files_.Exists(root_ + "/w/s/t/metadata/version-hint.text"));
  EXPECT_TRUE(files_.Exists(metadata->location + "/metadata/version-hint.text"));
}

TEST_P(SqlCatalogTest, DropTakesTheHintAndPurgeTheFiles) {
  auto catalog = Open();
  catalog->Commit(CreateSchema("s"));
  catalog->Commit(Tables({CreateChange(*catalog, t_)}));
  Entry dropped = *catalog->Find(t_);
  catalog->Commit(Tables({DropChange(t_)}));
  EXPECT_FALSE(catalog->Find(t_));
  EXPECT_FALSE(files_.Exists(root_ + "/w/s/t/metadata/version-hint.text"));
  EXPECT_TRUE(files_.Exists(dropped.metadata_location));
  catalog->Purge(t_, dropped);
  EXPECT_FALSE(files_.Exists(root_ + "/w/s/t"));
}

TEST_P(SqlCatalogTest, RenameKeepsFilesAndProjection) {
  auto catalog = Open();
  catalog->Commit(CreateSchema("s"));
  catalog->Commit(Tables({CreateChange(*catalog, t_)}));
  TableChange rename = RenameChange(t_, u_);
  catalog->Commit(Tables({rename}));
  EXPECT_FALSE(catalog->Find(t_));
  catalog->Commit(Tables({PropertyChange(u_, "k", "v")}));
  EXPECT_EQ(ProjectedProperty("s/t", "k"), "v");
  Open();
  EXPECT_EQ(ProjectedProperty("s/t", "k"), "v");
  catalog->Commit(Tables({CreateChange(*catalog, t_)}));
  EXPECT_EQ(CodeOf([&] { catalog->Commit(Tables({rename})); }), ErrorCode::kAlreadyExists);
}

TEST_P(SqlCatalogTest, ViewsAreEntriesOfTheirOwnKind) {
  auto catalog = Open();
  catalog->Commit(CreateSchema("s"));
  catalog->Commit(Tables({ViewChange(*catalog, t_, "SELECT 1 AS id")}));
  Entry entry = *catalog->Find(t_);
  EXPECT_EQ(entry.kind, EntityKind::kView);
  EXPECT_EQ(Rows("SELECT iceberg_type FROM iceberg_tables").at(0).at(0), "VIEW");
  EXPECT_EQ(catalog->LoadView(entry.metadata_location)->SqlFor("duckdb")->sql, "SELECT 1 AS id");
  // A view is no table.
  EXPECT_EQ(CodeOf([&] { catalog->Commit(Tables({PropertyChange(t_, "k", "v")})); }),
            ErrorCode::kConflict);
  TableChange drop = DropChange(t_, EntityKind::kView);
  // A table may take the view's place in one step.
  catalog->Commit(Tables({drop, CreateChange(*catalog, t_)}));
  EXPECT_EQ(catalog->Find(t_)->kind, EntityKind::kTable);
}

TEST_P(SqlCatalogTest, LostRaceIsRedoneOnTheNewBase) {
  auto catalog = Open();
  catalog->Commit(CreateSchema("s"));
  catalog->Commit(Tables({CreateChange(*catalog, t_)}));
  auto before = catalog->LoadTable(catalog->Find(t_)->metadata_location);
  // Another writer adds a column after we looked.
  auto other = Open();
  TableChange alter;
  alter.identifier = t_;
  alter.updates = {iceberg::AddSchema{[&] {
                     iceberg::Schema schema = before->CurrentSchema();
                     iceberg::NestedField field = schema.fields[0];
                     field.id = 2;
                     field.name = "added";
                     schema.fields.push_back(field);
                     return schema;
                   }()},
                   iceberg::SetCurrentSchema{}};
  other->Commit(Tables({alter}));
  TableChange ours = PropertyChange(t_, "seen", std::to_string(before->CurrentSchema().schema_id));
  ours.requirements = {
      iceberg::TableRequirement::CurrentSchemaId(before->CurrentSchema().schema_id)};
  EXPECT_EQ(CodeOf([&] { catalog->Commit(Tables({ours})); }), ErrorCode::kConflict);
  int asked = 0;
  ours.rebase = [&](const iceberg::TableMetadata& current) -> std::optional<RebasedChange> {
    ++asked;
    int32_t id = current.CurrentSchema().schema_id;
    return RebasedChange{{iceberg::TableRequirement::CurrentSchemaId(id)},
                         {iceberg::SetProperties{{{"seen", std::to_string(id)}}}}};
  };
  catalog->Commit(Tables({ours}));
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(Property(*catalog, t_, "seen"), "1");
  ours.rebase = [](const iceberg::TableMetadata&) { return std::nullopt; };
  EXPECT_EQ(CodeOf([&] { catalog->Commit(Tables({ours})); }), ErrorCode::kConflict);
}

// Updates that were redone for one base must not be applied to another, even where their
// requirements would let them: the snapshot in between would be lost.
TEST_P(SqlCatalogTest, ChangeIsRedoneForEveryBaseItMeets) {
  auto catalog = Open();
  catalog->Commit(CreateSchema("s"));
  Create(*catalog, t_, "first");
  auto other = Open();
  constexpr int kRaces = 3;
  int races = 0;
  // Every swap of ours but the last finds the pointer moved, by a writer that comes just before it.
  auto racing = [&](const iceberg::TableMetadata&) {
    if (++races <= kRaces) Append(*other, t_, "race " + std::to_string(races));
  };
  Writer writer(*catalog);
  writer.Append(t_, "ours");
  writer.BeforeRedo(racing);
  Append(*other, t_, "race 0");
  writer.Commit();
  EXPECT_EQ(races, kRaces + 1);
  EXPECT_EQ(RowsOf(catalog->Find(t_)->metadata_location),
            (std::multiset<std::string>{"first", "ours", "race 0", "race 1", "race 2", "race 3"}));
}

TEST_P(SqlCatalogTest, FailedCreateLeavesItsFolderToTheNext) {
  auto catalog = Open();
  catalog->Commit(CreateSchema("s"));
  files_.CreateDirectories(warehouse_ + "/s/t/data");
  files_.CreateDirectories(warehouse_ + "/s/t/metadata");
  EXPECT_EQ(catalog->NewLocation(t_), "file://" + warehouse_ + "/s/t");
  files_.WriteNew(warehouse_ + "/s/t/data/x.parquet", "x");
  EXPECT_NE(catalog->NewLocation(t_), "file://" + warehouse_ + "/s/t");
}

TEST_P(SqlCatalogTest, OfTwoThatCreateOneTableTheLoserIsToldThatItExists) {
  Open()->Commit(CreateSchema("s"));
  for (int round = 0; round < 30; ++round) {
    const TableIdentifier table{{"s"}, "t" + std::to_string(round)};
    std::barrier ready(2);
    std::atomic<int> created = 0;
    std::atomic<int> told = 0;
    auto create = [&] {
      auto catalog = Open();
      // Both have chosen the same folder by then.
      CommitRequest request = Tables({CreateChange(*catalog, table)});
      ready.arrive_and_wait();
      try {
        catalog->Commit(request);
        ++created;
      } catch (const Error& error) {
        if (error.code() == ErrorCode::kAlreadyExists) ++told;
      }
    };
    std::thread first(create);
    std::thread second(create);
    first.join();
    second.join();
    ASSERT_EQ(created, 1);
    ASSERT_EQ(told, 1);
  }
}

TEST_P(SqlCatalogTest, NamespaceWithADotOrNoNameIsRefused) {
  auto catalog = Open();
  EXPECT_EQ(CodeOf([&] { catalog->Commit(CreateSchema("a.b")); }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(CodeOf([&] { catalog->Commit(CreateSchema("")); }), ErrorCode::kInvalidArgument);
  EXPECT_TRUE(catalog->Snapshot()->namespaces.empty());
}

TEST_P(SqlCatalogTest, PurgeDoesNotTouchWhatAnotherWriterPutIntoTheFolder) {
  auto catalog = Open();
  catalog->Commit(CreateSchema("s"));
  Create(*catalog, t_, "1");
  Entry dropped = *catalog->Find(t_);
  catalog->Commit(Tables({DropChange(t_)}));
  files_.WriteNew(warehouse_ + "/s/t/data/theirs.parquet", "x");
  catalog->Purge(t_, dropped);
  EXPECT_EQ(files_.ListRecursive(warehouse_ + "/s/t").size(), 1U);
}

TEST_P(SqlCatalogTest, PurgeTakesTheChecksumsThatHadoopWrote) {
  auto catalog = Open();
  catalog->Commit(CreateSchema("s"));
  Create(*catalog, t_, "1");
  Entry dropped = *catalog->Find(t_);
  files_.WriteNew(ChecksumFileOf(catalog::PathOf(dropped.metadata_location)), "crc");
  catalog->Commit(Tables({DropChange(t_)}));
  catalog->Purge(t_, dropped);
  EXPECT_FALSE(files_.Exists(root_ + "/w/s/t"));
}

TEST_P(SqlCatalogTest, PurgeKeepsFilesOfOthersAndWhatGarbageCollectionMustNotTake) {
  auto catalog = Open();
  catalog->Commit(CreateSchema("s"));
  Create(*catalog, t_, "1");
  catalog->Commit(Tables({PropertyChange(t_, "gc.enabled", "false")}));
  Entry kept = *catalog->Find(t_);
  catalog->Commit(Tables({DropChange(t_)}));
  catalog->Purge(t_, kept);
  EXPECT_EQ(RowsOf(kept.metadata_location).size(), 1U);

  // A table that was given a data file where it lay.
  std::string foreign = root_ + "/raw/1.parquet";
  files_.WriteNew(foreign, "PAR1xPAR1");
  iceberg::DataFile file;
  file.file_path = foreign;
  file.record_count = 1;
  file.file_size_in_bytes = 9;
  TableChange change = CreateChange(*catalog, u_);
  iceberg::TableMetadataBuilder builder(2);
  for (const auto& update : change.updates) builder.Apply(update);
  iceberg::SnapshotProducer producer(iceberg::SnapshotProducer::Mode::kAppend, {file});
  for (auto& update : producer.Produce(builder.Build(0), files_)) change.updates.push_back(update);
  catalog->Commit(Tables({change}));
  Entry dropped = *catalog->Find(u_);
  catalog->Commit(Tables({DropChange(u_)}));
  catalog->Purge(u_, dropped);
  EXPECT_TRUE(files_.Exists(foreign));
  EXPECT_FALSE(files_.Exists(dropped.metadata_location));
}

TEST_F(OwnCatalogTest, CopyOfAWarehouseLeavesTheOthersTablesAlone) {
  {
    auto catalog = Open();
    catalog->Commit(CreateSchema("s"));
    Create(*catalog, t_, "1");
  }
  std::string copy = root_ + "/copy";
  std::filesystem::copy(warehouse_, copy, std::filesystem::copy_options::recursive);
  auto catalog = Open();
  catalog->Commit(Tables({PropertyChange(t_, "k", "newer")}));
  // Opening it would have stepped the other's folder back.
  auto second = OpenCatalog(copy);
  EXPECT_EQ(ProjectedProperty("s/t", "k"), "newer");
  for (const TableChange& change :
       {PropertyChange(t_, "k", "copy"), DropChange(t_), RenameChange(t_, u_)}) {
    try {
      second->Commit(Tables({change}));
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kConflict);
      EXPECT_NE(error.message().find("table s.t belongs to the warehouse " + warehouse_),
                std::string::npos)
          << error.message();
      EXPECT_NE(error.message().find("copy"), std::string::npos) << error.message();
    }
  }
  EXPECT_EQ(Property(*Open(), t_, "k"), "newer");
  second->Commit(Tables({CreateChange(*second, u_)}));
  EXPECT_TRUE(files_.Exists(copy + "/s/u/metadata/version-hint.text"));
}

TEST_F(OwnCatalogTest, MovedWarehouseSaysWhereItWasUnlessTheOldNameLeadsToIt) {
  {
    auto catalog = Open();
    catalog->Commit(CreateSchema("s"));
    Create(*catalog, t_, "1");
  }
  std::string moved = root_ + "/moved";
  std::filesystem::rename(warehouse_, moved);
  {
    auto catalog = OpenCatalog(moved);
    try {
      catalog->LoadTable(catalog->Find(t_)->metadata_location);
      FAIL();
    } catch (const Error& error) {
      EXPECT_NE(error.message().find("belongs to the warehouse " + warehouse_), std::string::npos);
      EXPECT_NE(error.hint().find("ln -s " + moved + " " + warehouse_), std::string::npos);
    }
  }
  std::filesystem::create_symlink(moved, warehouse_);
  auto catalog = OpenCatalog(moved);
  catalog->Commit(Tables({PropertyChange(t_, "k", "v")}));
  EXPECT_EQ(Property(*catalog, t_, "k"), "v");
  EXPECT_EQ(ProjectedProperty("s/t", "k"), "v");
}

TEST_F(OwnCatalogTest, NamesLongerThanAFolderNameMayBe) {
  // Each of these letters takes nine bytes in a folder's name.
  std::string name;
  for (int i = 0; i < 100; ++i) name += "\u65e5";
  TableIdentifier table{{name}, name + "!"};
  {
    auto catalog = Open();
    catalog->Commit(CreateSchema(name));
    Create(*catalog, table, "1");
    Create(*catalog, {{name}, name + "?"}, "2");
  }
  files_.Remove(warehouse_ + "/catalog.db");
  RebuildCatalog(warehouse_, {});
  auto catalog = Open();
  EXPECT_EQ(RowsOf(catalog->Find(table)->metadata_location).count("1"), 1U);
  EXPECT_EQ(RowsOf(catalog->Find({{name}, name + "?"})->metadata_location).count("2"), 1U);
}

TEST_P(SqlCatalogTest, TwoTablesCannotShareAFolder) {
  auto catalog = Open();
  catalog->Commit(CreateSchema("s"));
  TableChange first = CreateChange(*catalog, t_);
  TableChange second = first;
  second.identifier = u_;
  catalog->Commit(Tables({first}));
  EXPECT_EQ(CodeOf([&] { catalog->Commit(Tables({second})); }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(ProjectedPath("s/t"), warehouse_ + "/s/t/metadata/v0.metadata.json");
  EXPECT_FALSE(catalog->Find(u_));
  catalog->Commit(Tables({DropChange(t_), second}));
  EXPECT_TRUE(catalog->Find(u_));
}

TEST_P(SqlCatalogTest, MetadataFilesThatLeaveTheLogAreRemovedWhereTheTableWantsIt) {
  auto catalog = Open();
  catalog->Commit(CreateSchema("s"));
  Create(*catalog, t_, "1");
  catalog->Commit(Tables({PropertyChange(t_, "write.metadata.previous-versions-max", "2")}));
  auto count = [&] {
    int files = 0;
    for (const io::FileInfo& file : files_.List(warehouse_ + "/s/t/metadata")) {
      if (file.path.ends_with(".metadata.json")) ++files;
    }
    return files;
  };
  for (int i = 0; i < 5; ++i) catalog->Commit(Tables({PropertyChange(t_, "k", "v")}));
  EXPECT_EQ(count(), 2 * 7);
  catalog->Commit(
      Tables({PropertyChange(t_, "write.metadata.delete-after-commit.enabled", "true")}));
  catalog->Commit(Tables({PropertyChange(t_, "k", "w")}));
  // Those before went out of the log unnoticed; now as many come as go.
  int before = count();
  catalog->Commit(Tables({PropertyChange(t_, "k", "x")}));
  EXPECT_EQ(count(), before);
  EXPECT_EQ(ProjectedProperty("s/t", "k"), "x");
  EXPECT_EQ(RowsOf(catalog->Find(t_)->metadata_location).size(), 1U);
}

TEST_P(SqlCatalogTest, OpenRepairsTheProjectionAnotherProcessLeftBehind) {
  auto first = Open();
  first->Commit(CreateSchema("s"));
  first->Commit(Tables({CreateChange(*first, t_), CreateChange(*first, u_)}));
  {
    // A process that stops between its commit and the projection of it.
    pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      struct StopAfterSwap : CommitObserver {
        void AfterSwap() override { ::_exit(0); }
      } observer;
      CatalogOptions options;
      options.observer = &observer;
      Open(options)->Commit(Tables({PropertyChange(t_, "k", "v")}));
      ::_exit(1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_EQ(WEXITSTATUS(status), 0);
  }
  EXPECT_EQ(Property(*first, t_, "k"), "v");
  EXPECT_EQ(ProjectedProperty("s/t", "k"), "");
  // A commit of a process that projected an older state of the table does not hide the lag.
  first->Commit(Tables({PropertyChange(u_, "k", "w")}));
  Open();
  EXPECT_EQ(ProjectedProperty("s/t", "k"), "v");
  EXPECT_EQ(ProjectedProperty("s/u", "k"), "w");
  // The next commit takes the markers of what is projected; its own stays for the one after it.
  Open()->Commit(Tables({PropertyChange(u_, "k", "x")}));
  EXPECT_EQ(Rows("SELECT count(*) FROM eider_projection").at(0).at(0), "1");
}

TEST_F(OwnCatalogTest, OpeningAndReadingWriteNothing) {
  {
    auto catalog = Open();
    catalog->Commit(CreateSchema("s"));
    Create(*catalog, t_, "1");
    Create(*catalog, u_, "1");
    catalog->Commit(Tables({DropChange(u_)}));
    catalog->Commit(Tables({ViewChange(*catalog, {{"s"}, "v"}, "SELECT 1 AS id")}));
  }
  std::string before = files_.Read(warehouse_ + "/catalog.db");
  auto catalog = Open();
  catalog->Snapshot();
  EXPECT_EQ(files_.Stat(warehouse_ + "/catalog.db-wal").size, 0);
  catalog.reset();
  EXPECT_EQ(files_.Read(warehouse_ + "/catalog.db"), before);
}

TEST_P(SqlCatalogTest, ManyMarkersAreClearedByTheNextOpen) {
  {
    auto catalog = Open();
    catalog->Commit(CreateSchema("s"));
    std::vector<TableChange> changes;
    for (int i = 0; i < 20; ++i) {
      changes.push_back(CreateChange(*catalog, {{"s"}, "t" + std::to_string(i)}));
    }
    catalog->Commit(Tables(std::move(changes)));
  }
  EXPECT_EQ(Rows("SELECT count(*) FROM eider_projection").at(0).at(0), "20");
  Open();
  EXPECT_EQ(Rows("SELECT count(*) FROM eider_projection").at(0).at(0), "0");
}

TEST_P(SqlCatalogTest, ThreadsOfOneCatalogLoseNoCommit) {
  auto catalog = Open();
  catalog->Commit(CreateSchema("s"));
  catalog->Commit(Tables({CreateChange(*catalog, t_)}));
  constexpr int kThreads = 6;
  constexpr int kCommits = 8;
  std::atomic<int> failures = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      for (int n = 0; n < kCommits; ++n) {
        try {
          catalog->Commit(
              Tables({PropertyChange(t_, std::to_string(i) + "-" + std::to_string(n), "x")}));
        } catch (const Error&) {
          ++failures;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(catalog->LoadTable(catalog->Find(t_)->metadata_location)->properties.size(),
            static_cast<size_t>(kThreads * kCommits));
}

TEST_P(SqlCatalogTest, ProcessesLoseNoAcknowledgedCommit) {
  constexpr int kProcesses = 5;
  constexpr int kCommits = 10;
  const TableIdentifier shared{{"s"}, "shared"};
  std::vector<pid_t> children;
  for (int i = 0; i < kProcesses; ++i) {
    pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      try {
        // All of them race to create the warehouse, the schema and the shared table too.
        auto catalog = Open();
        auto unless_there = [](const std::function<void()>& create) {
          try {
            create();
          } catch (const Error& error) {
            if (error.code() != ErrorCode::kAlreadyExists) throw;
          }
        };
        unless_there([&] { catalog->Commit(CreateSchema("s")); });
        unless_there([&] { catalog->Commit(Tables({CreateChange(*catalog, shared)})); });
        TableIdentifier own{{"s"}, "own" + std::to_string(i)};
        catalog->Commit(Tables({CreateChange(*catalog, own)}));
        for (int n = 0; n < kCommits; ++n) {
          std::string key = std::to_string(i) + "-" + std::to_string(n);
          catalog->Commit(
              Tables({PropertyChange(shared, key, "x"), PropertyChange(own, key, "x")}));
        }
        ::_exit(0);
      } catch (const std::exception& error) {
        fprintf(stderr, "%s\n", error.what());
        ::_exit(1);
      }
    }
    children.push_back(child);
  }
  for (pid_t child : children) {
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
  auto catalog = Open();
  Entry entry = *catalog->Find(shared);
  EXPECT_EQ(catalog->LoadTable(entry.metadata_location)->properties.size(),
            static_cast<size_t>(kProcesses * kCommits));
  EXPECT_EQ(MetadataVersion(entry.metadata_location), kProcesses * kCommits);
  std::string folder = io::LocalPath(catalog->LoadTable(entry.metadata_location)->location);
  EXPECT_EQ(files_.Read(folder + "/metadata/version-hint.text"),
            std::to_string(kProcesses * kCommits));
  // One file for each version, none of a lost race: names and their links, the hint, and the
  // entry's name where a lost race to create it took the folder of that name first.
  size_t versions = kProcesses * kCommits + 1;
  EXPECT_GE(files_.List(folder + "/metadata").size(), versions + 2);
  EXPECT_LE(files_.List(folder + "/metadata").size(), 2 * versions + 2);
  for (int i = 0; i < kProcesses; ++i) {
    TableIdentifier own{{"s"}, "own" + std::to_string(i)};
    EXPECT_EQ(catalog->LoadTable(catalog->Find(own)->metadata_location)->properties.size(),
              static_cast<size_t>(kCommits));
  }
}

TEST_P(SqlCatalogTest, AMetadataFileIsRegisteredUnderAName) {
  auto catalog = Open();
  catalog->Commit(CreateSchema("s"));
  Create(*catalog, t_, "row");
  std::string before = catalog->Find(t_)->metadata_location;
  Append(*catalog, t_, "another");
  CommitResult dropped = catalog->Commit(Tables({DropChange(t_)}));
  std::string last = dropped.metadata_locations[0];
  EXPECT_EQ(RowsOf(last).size(), 2U);
  TableChange change;
  change.kind = TableChange::Kind::kRegister;
  change.identifier = u_;
  change.metadata_location = last;
  EXPECT_EQ(catalog->Commit(Tables({change})).metadata_locations[0], last);
  EXPECT_EQ(ProjectedProperty("s/t", "none"), "");
  EXPECT_EQ(CodeOf([&] { catalog->Commit(Tables({change})); }), ErrorCode::kAlreadyExists);
  // Back to an older state of it.
  change.metadata_location = before;
  change.replace = true;
  catalog->Commit(Tables({change}));
  EXPECT_EQ(RowsOf(catalog->Find(u_)->metadata_location), std::multiset<std::string>{"row"});
  // The file is not the catalog's: a registration that fails does not take it away.
  change.replace = false;
  change.identifier = t_;
  EXPECT_EQ(CodeOf([&] { catalog->Commit(Tables({change})); }), ErrorCode::kInvalidArgument);
  EXPECT_TRUE(files_.Exists(before));
  change.metadata_location = "file://" + warehouse_ + "/s/t/metadata/none.metadata.json";
  EXPECT_EQ(CodeOf([&] { catalog->Commit(Tables({change})); }), ErrorCode::kNotFound);
}

TEST_P(SqlCatalogTest, PropertiesOfASchemaAreRemovedAndItRemains) {
  auto catalog = Open();
  CommitRequest request;
  request.namespaces = {{NamespaceChange::Kind::kCreate, {"s"}, {{"a", "1"}, {"b", "2"}}}};
  catalog->Commit(request);
  NamespaceChange change{NamespaceChange::Kind::kSetProperties, {"s"}, {{"c", "3"}}};
  change.removals = {"a", "b", "absent"};
  request.namespaces = {change};
  catalog->Commit(request);
  EXPECT_EQ(catalog->Snapshot()->namespaces.at({"s"}),
            (std::map<std::string, std::string>{{"c", "3"}}));
  request.namespaces[0].name = {"missing"};
  EXPECT_EQ(CodeOf([&] { catalog->Commit(request); }), ErrorCode::kNotFound);
  request.namespaces = {{NamespaceChange::Kind::kDrop, {"missing"}, {}}};
  EXPECT_EQ(CodeOf([&] { catalog->Commit(request); }), ErrorCode::kNotFound);
}

// Waits within its commit for a reader to come and go.
class WhileCommitting : public CommitObserver {
 public:
  explicit WhileCommitting(std::function<void()> action) : action_(std::move(action)) {}
  void BeforeSwap() override { action_(); }

 private:
  std::function<void()> action_;
};

TEST_P(SqlCatalogTest, AReaderDoesNotWaitForACommit) {
  Open()->Commit(CreateSchema("s"));
  std::shared_ptr<Catalog> catalog;
  bool found = true;
  WhileCommitting observer([&] {
    std::thread reader([&] { found = catalog->Find(t_).has_value(); });
    reader.join();
  });
  CatalogOptions options;
  options.observer = &observer;
  catalog = Open(options);
  catalog->Commit(Tables({CreateChange(*catalog, t_)}));
  EXPECT_FALSE(found);
  EXPECT_TRUE(catalog->Find(t_));
}

}  // namespace
}  // namespace eider::catalog

#include "catalog/rebuild.h"

#include <sys/wait.h>
#include <unistd.h>

#include "catalog/check.h"
#include "catalog/warehouse_testing.h"

namespace eider::catalog {
namespace {

class RebuildTest : public WarehouseTest {
 protected:
  void LoseCatalog() {
    for (const char* suffix : {"", "-wal", "-shm"})
      files_.Remove(warehouse_ + "/catalog.db" + suffix);
  }
  static std::map<std::string, std::string> Pointers(Catalog& catalog) {
    std::map<std::string, std::string> pointers;
    auto snapshot = catalog.Snapshot();
    for (const auto& [identifier, entry] : snapshot->entries) {
      pointers[(entry.kind == EntityKind::kView ? "view " : "table ") + identifier.ToString()] =
          entry.metadata_location;
    }
    return pointers;
  }
};

TEST_F(RebuildTest, LostCatalogComesBackWhole) {
  std::map<std::string, std::string> before;
  {
    CatalogOptions options;
    options.name = "jaffle";
    auto catalog = Open(options);
    CommitRequest schemas;
    schemas.namespaces = {{NamespaceChange::Kind::kCreate, {"s"}, {}},
                          {NamespaceChange::Kind::kCreate, {"a"}, {}},
                          {NamespaceChange::Kind::kCreate, {"a", "b"}, {}},
                          {NamespaceChange::Kind::kCreate, {"data"}, {}}};
    catalog->Commit(schemas);
    Create(*catalog, t_, "1");
    Append(*catalog, t_, "2");
    Create(*catalog, {{"a", "b"}, "odd name/é"}, "3");
    Create(*catalog, {{"data"}, "metadata"}, "4");
    // Renamed: the folder still spells the old name. And a new table beside it.
    catalog->Commit(Tables({RenameChange(t_, {{"a"}, "renamed"})}));
    Create(*catalog, t_, "5");
    // Dropped.
    Create(*catalog, u_, "6");
    catalog->Commit(Tables({DropChange(u_)}));
    catalog->Commit(Tables({ViewChange(*catalog, {{"s"}, "v"}, "SELECT 1 AS id")}));
    catalog->Commit(Tables({ViewChange(*catalog, {{"s"}, "v"}, "SELECT 2 AS id")}));
    catalog->Commit(Tables({ViewChange(*catalog, {{"s"}, "w"}, "SELECT 3 AS id")}));
    catalog->Commit(Tables({DropChange({{"s"}, "w"}, EntityKind::kView)}));
    before = Pointers(*catalog);
  }
  ASSERT_EQ(before.size(), 5U);
  LoseCatalog();
  // A new catalog would hide the tables.
  EXPECT_EQ(CodeOf([&] { Open(); }), ErrorCode::kCorrupt);
  RebuildOptions options;
  options.name = "jaffle";
  RebuildReport report = RebuildCatalog(warehouse_, options);
  EXPECT_EQ(report.entries.size(), 5U);
  for (const RebuiltEntry& entry : report.entries) EXPECT_EQ(entry.note, "");
  ASSERT_EQ(report.skipped.size(), 2U);
  EXPECT_EQ(report.skipped[0].path, warehouse_ + "/s/u");
  EXPECT_NE(report.skipped[0].reason.find("dropped"), std::string::npos);
  auto catalog = Open();
  EXPECT_EQ(catalog->name(), "jaffle");
  EXPECT_EQ(Pointers(*catalog), before);
  EXPECT_EQ(RowsOf(catalog->Find(t_)->metadata_location), (std::multiset<std::string>{"5"}));
  for (const Finding& finding : CheckWarehouse(warehouse_).findings) {
    EXPECT_EQ(finding.kind, FindingKind::kLeftoverFile) << finding.path;
  }
  Append(*catalog, t_, "7");
  EXPECT_EQ(RowsOf(catalog->Find(t_)->metadata_location), (std::multiset<std::string>{"5", "7"}));
}

TEST_F(RebuildTest, HealthyCatalogIsLeftAloneUnlessAskedFor) {
  auto catalog = Open();
  catalog->Commit(CreateSchema("s"));
  Create(*catalog, t_, "1");
  auto before = Pointers(*catalog);
  EXPECT_EQ(CodeOf([&] { RebuildCatalog(warehouse_); }), ErrorCode::kAlreadyExists);
  // One pointer is broken; its folder knows better.
  Create(*catalog, u_, "2");
  auto with_u = Pointers(*catalog);
  SqliteDatabase(warehouse_ + "/catalog.db")
      .Execute(
          "UPDATE iceberg_tables SET metadata_location = 'file:///gone' WHERE table_name = 'u'");
  RebuildOptions options;
  options.replace_healthy = true;
  RebuildReport report = RebuildCatalog(warehouse_, options);
  EXPECT_EQ(report.old_catalog, "");
  // The catalog that was open all the time sees it, and goes on.
  EXPECT_EQ(Pointers(*catalog), with_u);
  Append(*catalog, u_, "3");
  EXPECT_EQ(RowsOf(catalog->Find(u_)->metadata_location), (std::multiset<std::string>{"2", "3"}));
}

TEST_F(RebuildTest, DamagedCatalogIsKeptBesideTheNewOne) {
  std::map<std::string, std::string> before;
  {
    auto catalog = Open();
    catalog->Commit(CreateSchema("s"));
    Create(*catalog, t_, "1");
    before = Pointers(*catalog);
  }
  std::string path = warehouse_ + "/catalog.db";
  std::string damaged(files_.Read(path).size(), 'x');
  files_.Replace(path, damaged);
  RebuildReport report = RebuildCatalog(warehouse_);
  EXPECT_EQ(files_.Read(report.old_catalog), damaged);
  EXPECT_EQ(Pointers(*Open()), before);
  EXPECT_TRUE(CheckWarehouse(warehouse_).findings.empty());
}

TEST_F(RebuildTest, LogOfALostCatalogIsNotPlayedIntoTheNewOne) {
  std::string log;
  {
    auto catalog = Open();
    catalog->Commit(CreateSchema("s"));
    Create(*catalog, t_, "1");
    log = files_.Read(warehouse_ + "/catalog.db-wal");
  }
  ASSERT_GT(log.size(), 0U);
  LoseCatalog();
  files_.WriteNew(warehouse_ + "/catalog.db-wal", log);
  RebuildCatalog(warehouse_);
  EXPECT_TRUE(CheckWarehouse(warehouse_).findings.empty());
  EXPECT_EQ(Open()->Snapshot()->entries.size(), 1U);
}

TEST_F(RebuildTest, DamagedCatalogThatIsOpenElsewhereIsNotTouched) {
  {
    auto catalog = Open();
    catalog->Commit(CreateSchema("s"));
    Create(*catalog, t_, "1");
  }
  int opened[2];
  ASSERT_EQ(::pipe(opened), 0);
  pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    auto catalog = Open();
    catalog->Snapshot();
    char byte = 'x';
    if (::write(opened[1], &byte, 1) != 1) ::_exit(1);
    ::pause();
    ::_exit(0);
  }
  char byte = 0;
  ASSERT_EQ(::read(opened[0], &byte, 1), 1);
  std::string path = warehouse_ + "/catalog.db";
  // Damage under the feet of the other process.
  std::ofstream(path, std::ios::in | std::ios::out) << std::string(8192, 'x');
  try {
    RebuildCatalog(warehouse_);
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kConflict) << error.what();
    EXPECT_NE(error.message().find(std::to_string(child)), std::string::npos) << error.what();
  }
  ::kill(child, SIGKILL);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_EQ(RebuildCatalog(warehouse_).entries.size(), 1U);
}

TEST_F(RebuildTest, CatalogReplacedUnderAnOpenOneRefusesToCommit) {
  auto catalog = Open();
  catalog->Commit(CreateSchema("s"));
  Create(*catalog, t_, "1");
  LoseCatalog();
  RebuildCatalog(warehouse_);
  EXPECT_EQ(CodeOf([&] { Append(*catalog, t_, "lost"); }), ErrorCode::kConflict);
  EXPECT_EQ(CodeOf([&] { catalog->Snapshot(); }), ErrorCode::kConflict);
  auto fresh = Open();
  EXPECT_EQ(RowsOf(fresh->Find(t_)->metadata_location), (std::multiset<std::string>{"1"}));
}

// A commit that has landed, but whose folder still shows the one before, as after a crash or by
// another tool; and one that has not landed.
class UnprovenTest : public RebuildTest {
 protected:
  void SetUp() override {
    RebuildTest::SetUp();
    auto catalog = Open();
    catalog->Commit(CreateSchema("s"));
    Create(*catalog, t_, "1");
    hint_ = warehouse_ + "/s/t/metadata/version-hint.text";
  }
  std::string hint_;
};

TEST_F(UnprovenTest, NewestWholeMetadataIsTakenUnlessOnlyProvenIsWanted) {
  std::string first;
  std::string second;
  {
    auto catalog = Open();
    first = catalog->Find(t_)->metadata_location;
    Append(*catalog, t_, "2");
    second = catalog->Find(t_)->metadata_location;
    files_.Replace(hint_, "0");
    files_.Remove(warehouse_ + "/s/t/metadata/v1.metadata.json");
  }
  LoseCatalog();
  RebuildOptions strict;
  strict.take_unproven = false;
  RebuildReport report = RebuildCatalog(warehouse_, strict);
  ASSERT_EQ(report.entries.size(), 1U);
  EXPECT_EQ(report.entries[0].entry.metadata_location, first);
  ASSERT_EQ(report.skipped.size(), 1U);
  EXPECT_EQ(report.skipped[0].path, io::LocalPath(second));
  LoseCatalog();
  report = RebuildCatalog(warehouse_);
  ASSERT_EQ(report.entries.size(), 1U);
  EXPECT_EQ(report.entries[0].entry.metadata_location, second);
  EXPECT_NE(report.entries[0].note, "");
  EXPECT_EQ(RowsOf(Open()->Find(t_)->metadata_location), (std::multiset<std::string>{"1", "2"}));
}

TEST_F(UnprovenTest, MetadataThatLaterOnesBuildOnIsProven) {
  std::vector<std::string> locations;
  {
    auto catalog = Open();
    for (int i = 0; i < 5; ++i) {
      locations.push_back(catalog->Find(t_)->metadata_location);
      Append(*catalog, t_, std::to_string(i));
    }
    files_.Replace(hint_, "0");
  }
  LoseCatalog();
  RebuildOptions strict;
  strict.take_unproven = false;
  RebuildReport report = RebuildCatalog(warehouse_, strict);
  ASSERT_EQ(report.entries.size(), 1U);
  EXPECT_EQ(report.entries[0].entry.metadata_location, locations.back());
}

TEST_F(UnprovenTest, MetadataWhoseFilesAreGoneIsNotTaken) {
  std::string first;
  {
    auto catalog = Open();
    first = catalog->Find(t_)->metadata_location;
    Append(*catalog, t_, "2");
    auto metadata = catalog->LoadTable(catalog->Find(t_)->metadata_location);
    files_.Remove(metadata->CurrentSnapshot()->manifest_list);
    files_.Replace(hint_, "0");
  }
  files_.WriteNew(warehouse_ + "/s/t/metadata/00001-torn.metadata.json", "{\"format-ver");
  LoseCatalog();
  RebuildReport report = RebuildCatalog(warehouse_);
  ASSERT_EQ(report.entries.size(), 1U);
  EXPECT_EQ(report.entries[0].entry.metadata_location, first);
}

TEST_F(UnprovenTest, LeftoverOfALostRaceDoesNotComeBack) {
  std::string second;
  {
    auto catalog = Open();
    std::string first = catalog->Find(t_)->metadata_location;
    auto base = catalog->LoadTable(first);
    Append(*catalog, t_, "2");
    second = catalog->Find(t_)->metadata_location;
    // What a writer that was killed left on top of the first.
    iceberg::TableMetadataBuilder builder(*base, first);
    builder.Apply(iceberg::SetProperties{{{"lost", "x"}}});
    files_.WriteNew(warehouse_ + "/s/t/metadata/00001-lost.metadata.json",
                    iceberg::TableMetadataToJson(builder.Build(0)).dump());
  }
  LoseCatalog();
  RebuildReport report = RebuildCatalog(warehouse_);
  ASSERT_EQ(report.entries.size(), 1U);
  EXPECT_EQ(report.entries[0].entry.metadata_location, second);
}

TEST_F(UnprovenTest, TableWithoutHintIsTakenButNotOverAProvenOne) {
  {
    auto catalog = Open();
    // Made by another tool: no hint, no link.
    Create(*catalog, u_, "9");
    files_.Remove(warehouse_ + "/s/u/metadata/version-hint.text");
    files_.Remove(warehouse_ + "/s/u/metadata/v0.metadata.json");
  }
  LoseCatalog();
  RebuildReport report = RebuildCatalog(warehouse_);
  ASSERT_EQ(report.entries.size(), 2U);
  EXPECT_EQ(report.entries[1].identifier, u_);
  EXPECT_NE(report.entries[1].note, "");
  EXPECT_EQ(RowsOf(Open()->Find(u_)->metadata_location), (std::multiset<std::string>{"9"}));
}

}  // namespace
}  // namespace eider::catalog

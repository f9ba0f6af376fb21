#include "catalog/hive_catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "catalog/catalog_reader.h"
#include "catalog/hive_table.h"
#include "catalog/hive_testing.h"
#include "catalog/warehouse_testing.h"

namespace eider::catalog {
namespace {

using Fault = TestMetastore::Fault;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsSupersetOf;
using testing::Pair;
using testing::UnorderedElementsAre;

// Of a map: has these entries.
auto Has(const std::map<std::string, std::string>& entries) { return IsSupersetOf(entries); }

class HiveCatalogTest : public WarehouseTest {
 protected:
  void SetUp() override {
    WarehouseTest::SetUp();
    metastore_ = std::make_unique<TestMetastore>(warehouse_);
  }

  std::shared_ptr<Catalog> OpenHive(std::map<std::string, std::string> more = {}) {
    HiveCatalogOptions options;
    options.properties = {{"uri", metastore_->uri()}, {"commit.status-check.timeout-ms", "100"}};
    for (const auto& [name, value] : more) options.properties[name] = value;
    return OpenHiveCatalog(options);
  }
  // With the schema s and the table s.t of one row.
  std::shared_ptr<Catalog> OpenWithTable() {
    auto catalog = OpenHive();
    catalog->Commit(CreateSchema("s"));
    Create(*catalog, t_, "first");
    return catalog;
  }
  std::multiset<std::string> Rows(const TableIdentifier& identifier) {
    return RowsOf(OpenHive()->Find(identifier)->metadata_location);
  }
  std::map<std::string, std::string> Parameters(const std::string& table) {
    return metastore_->Table(table).TextMapAt(hive_table::kParameters);
  }
  size_t FilesIn(const std::string& folder) {
    size_t count = 0;
    for (const auto& file : files_.ListRecursive(warehouse_ + "/" + folder)) {
      if (!file.is_directory) ++count;
    }
    return count;
  }

  std::unique_ptr<TestMetastore> metastore_;
};

TEST_F(HiveCatalogTest, TablesAreMadeAsIcebergsJavaClientMakesThem) {
  auto catalog = OpenWithTable();
  io::ThriftValue table = metastore_->Table("s.t");
  EXPECT_EQ(table.TextAt(hive_table::kType), "EXTERNAL_TABLE");
  auto entry = catalog->Find(t_);
  ASSERT_TRUE(entry);
  EXPECT_TRUE(entry->metadata_location.starts_with("file://" + warehouse_ + "/s.db/t/metadata/"));
  auto metadata = catalog->LoadTable(entry->metadata_location);
  std::string snapshot = std::to_string(metadata->CurrentSnapshot()->snapshot_id);
  EXPECT_THAT(Parameters("s.t"), Has({{"table_type", "ICEBERG"},
                                      {"EXTERNAL", "TRUE"},
                                      {"metadata_location", entry->metadata_location},
                                      {"uuid", metadata->table_uuid},
                                      {"numRows", "1"},
                                      {"numFiles", "1"},
                                      {"snapshot-count", "1"},
                                      {"current-snapshot-id", snapshot}}));
  io::ThriftValue storage = table.StructAt(hive_table::kStorage);
  EXPECT_EQ(storage.TextAt(hive_storage::kLocation), metadata->location);
  ASSERT_EQ(storage.ListAt(hive_storage::kColumns).size(), 1u);
  EXPECT_EQ(storage.ListAt(hive_storage::kColumns)[0].TextAt(hive_column::kType), "bigint");

  Append(*catalog, t_, "second");
  EXPECT_THAT(Parameters("s.t"),
              Has({{"previous_metadata_location", entry->metadata_location}, {"numRows", "2"}}));
  EXPECT_THAT(Rows(t_), UnorderedElementsAre("first", "second"));
  EXPECT_EQ(metastore_->locks(), 0u);
}

TEST_F(HiveCatalogTest, PropertiesComeAndGoInTheMetastoreToo) {
  auto catalog = OpenWithTable();
  TableChange set = PropertyChange(t_, "gc.enabled", "false");
  set.updates.push_back(iceberg::SetProperties{{{"a", "1"}, {"engine.hive.enabled", "true"}}});
  catalog->Commit(Tables({set}));
  EXPECT_THAT(Parameters("s.t"), Has({{"external.table.purge", "false"}, {"a", "1"}}));
  EXPECT_THAT(Parameters("s.t")["storage_handler"], HasSubstr("HiveIcebergStorageHandler"));
  TableChange remove;
  remove.identifier = t_;
  remove.updates = {iceberg::RemoveProperties{{"a", "engine.hive.enabled"}}};
  catalog->Commit(Tables({remove}));
  EXPECT_EQ(Parameters("s.t").count("a"), 0u);
  EXPECT_EQ(Parameters("s.t").count("storage_handler"), 0u);
}

// Of a newer metastore, or of another engine.
TEST_F(HiveCatalogTest, WhatItDoesNotKnowStays) {
  auto catalog = OpenWithTable();
  io::ThriftValue table = metastore_->Table("s.t");
  io::ThriftValue unknown;
  unknown.Set(3, io::ThriftValue::Text("deep"));
  auto parameters = table.TextMapAt(hive_table::kParameters);
  parameters["somebody's"] = "own";
  table.Set(99, unknown).Set(hive_table::kParameters, io::ThriftValue::TextMap(parameters));
  table.Set(hive_table::kOwner, io::ThriftValue::Text("ada"));
  metastore_->SetTable("s.t", table);
  Append(*catalog, t_, "second");
  EXPECT_EQ(metastore_->Table("s.t").StructAt(99).TextAt(3), "deep");
  EXPECT_EQ(Parameters("s.t")["somebody's"], "own");
  EXPECT_EQ(metastore_->Table("s.t").TextAt(hive_table::kOwner), "ada");
}

TEST_F(HiveCatalogTest, NamesAreReadAsTheyAreAsked) {
  auto catalog = OpenWithTable();
  catalog->Commit(Tables({ViewChange(*catalog, u_, "SELECT 1 AS id")}));
  EXPECT_EQ(metastore_->Table("s.u").TextAt(hive_table::kType), "VIRTUAL_VIEW");
  EXPECT_EQ(metastore_->Table("s.u").TextAt(hive_table::kViewOriginalText), "SELECT 1 AS id");
  auto reader = catalog->NewReader();
  EXPECT_THAT(reader->Namespaces(), UnorderedElementsAre(Namespace{"default"}, Namespace{"s"}));
  EXPECT_TRUE(reader->HasNamespace({"s"}));
  EXPECT_FALSE(reader->HasNamespace({"s", "deeper"}));
  EXPECT_FALSE(reader->HasNamespace({"S"}));
  EXPECT_THAT(reader->Names({"s"}),
              ElementsAre(Pair("t", EntityKind::kTable), Pair("u", EntityKind::kView)));
  EXPECT_THAT(reader->Names({"nowhere"}), ElementsAre());
  EXPECT_EQ(reader->Find(u_)->kind, EntityKind::kView);
  EXPECT_FALSE(reader->Find({{"s"}, "missing"}));
  EXPECT_FALSE(reader->Find({{"s"}, "T"}));

  catalog->Commit(Tables({ViewChange(*catalog, u_, "SELECT 2 AS id")}));
  EXPECT_EQ(catalog->LoadView(catalog->Find(u_)->metadata_location)->SqlFor("duckdb")->sql,
            "SELECT 2 AS id");
  catalog->Commit(Tables({DropChange(u_, EntityKind::kView)}));
  EXPECT_FALSE(catalog->Find(u_));
}

// The metastore knows small letters only.
TEST_F(HiveCatalogTest, NamesAreKeptInSmallLetters) {
  auto catalog = OpenHive();
  catalog->Commit(CreateSchema("Shop"));
  Create(*catalog, {{"Shop"}, "Orders"}, "first");
  EXPECT_TRUE(metastore_->Has("shop.orders"));
  EXPECT_TRUE(catalog->Find({{"shop"}, "orders"}));
}

TEST_F(HiveCatalogTest, SchemasAreChangedAndDropped) {
  auto catalog = OpenHive({{"warehouse", warehouse_ + "/elsewhere"}});
  CommitRequest create = CreateSchema("s");
  create.namespaces[0].properties = {{"comment", "sold"}, {"owner", "ada"}};
  catalog->Commit(create);
  auto properties = catalog->FindNamespace({"s"});
  ASSERT_TRUE(properties);
  EXPECT_THAT(*properties, Has({{"comment", "sold"},
                                {"owner", "ada"},
                                {"location", "file://" + warehouse_ + "/elsewhere/s.db"}}));
  EXPECT_EQ(CodeOf([&] { catalog->Commit(CreateSchema("s")); }), ErrorCode::kAlreadyExists);

  CommitRequest change;
  change.namespaces = {{NamespaceChange::Kind::kSetProperties, {"s"}, {{"k", "v"}}}};
  change.namespaces[0].removals = {"owner", "comment"};
  catalog->Commit(change);
  properties = catalog->FindNamespace({"s"});
  EXPECT_EQ((*properties)["k"], "v");
  EXPECT_EQ(properties->count("owner") + properties->count("comment"), 0u);

  Create(*catalog, t_, "first");
  CommitRequest drop;
  drop.namespaces = {{NamespaceChange::Kind::kDrop, {"s"}, {}}};
  EXPECT_EQ(CodeOf([&] { catalog->Commit(drop); }), ErrorCode::kConflict);
  catalog->Commit(Tables({DropChange(t_)}));
  catalog->Commit(drop);
  EXPECT_FALSE(catalog->FindNamespace({"s"}));
}

TEST_F(HiveCatalogTest, SeveralStepsAreRefusedBeforeAnythingIsSent) {
  auto catalog = OpenWithTable();
  Create(*catalog, u_, "first");
  size_t before = metastore_->changes().size();
  Error error = ErrorOf([&] {
    catalog->Commit(Tables({PropertyChange(t_, "a", "1"), PropertyChange(u_, "a", "1")}));
  });
  EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
  EXPECT_THAT(error.message(), HasSubstr("changes table s.t and changes table s.u"));
  CommitRequest nested = CreateSchema("s");
  nested.namespaces[0].name = {"s", "deeper"};
  EXPECT_EQ(CodeOf([&] { catalog->Commit(nested); }), ErrorCode::kUnsupported);
  EXPECT_EQ(metastore_->changes().size(), before);
  EXPECT_EQ(Property(*catalog, t_, "a"), "");
}

// A schema made for a table that was not made goes again.
TEST_F(HiveCatalogTest, ASchemaGoesWithTheCommitItWasMadeFor) {
  auto catalog = OpenHive();
  CommitRequest request = CreateSchema("s");
  request.tables = {CreateChange(*catalog, t_)};
  metastore_->FailOnce("create_table", Fault::kFail);
  EXPECT_EQ(CodeOf([&] { catalog->Commit(request); }), ErrorCode::kIo);
  EXPECT_FALSE(catalog->FindNamespace({"s"}));
  EXPECT_EQ(FilesIn("s.db"), 0u);
  request.tables = {CreateChange(*catalog, t_)};
  catalog->Commit(request);
  EXPECT_TRUE(catalog->Find(t_));
}

TEST_F(HiveCatalogTest, HivesOwnTablesAreLeftAlone) {
  auto catalog = OpenHive();
  catalog->Commit(CreateSchema("s"));
  metastore_->SetTable("s.t", NewHiveTable(t_, EntityKind::kTable, {}));
  EXPECT_THAT(catalog->NewReader()->Names({"s"}), ElementsAre());
  auto entry = catalog->Find(t_);
  ASSERT_TRUE(entry);
  EXPECT_THAT(ErrorOf([&] { catalog->LoadTable(entry->metadata_location); }).message(),
              HasSubstr("s.t is Hive's own"));
  size_t before = metastore_->changes().size();
  EXPECT_EQ(CodeOf([&] { catalog->Commit(Tables({CreateChange(*catalog, t_)})); }),
            ErrorCode::kUnsupported);
  EXPECT_EQ(CodeOf([&] { catalog->Commit(Tables({DropChange(t_)})); }), ErrorCode::kUnsupported);
  EXPECT_EQ(metastore_->changes().size(), before);
}

TEST_F(HiveCatalogTest, RenamedTablesStayWhereTheyLie) {
  auto catalog = OpenWithTable();
  catalog->Commit(CreateSchema("other"));
  catalog->Commit(Tables({RenameChange(t_, {{"other"}, "moved"})}));
  EXPECT_FALSE(catalog->Find(t_));
  EXPECT_THAT(Rows({{"other"}, "moved"}), ElementsAre("first"));
  Append(*catalog, {{"other"}, "moved"}, "second");
  EXPECT_THAT(Rows({{"other"}, "moved"}), ElementsAre("first", "second"));
  Create(*catalog, t_, "another");
  EXPECT_EQ(CodeOf([&] {
              catalog->Commit(Tables({RenameChange(t_, {{"other"}, "moved"})}));
            }),
            ErrorCode::kAlreadyExists);
  EXPECT_EQ(metastore_->locks(), 0u);
}

TEST_F(HiveCatalogTest, ADroppedTablesFilesGo) {
  auto catalog = OpenWithTable();
  Entry entry = *catalog->Find(t_);
  catalog->Commit(Tables({DropChange(t_)}));
  catalog->Purge(t_, entry);
  EXPECT_EQ(FilesIn("s.db"), 0u);
  EXPECT_EQ(CodeOf([&] { catalog->Commit(Tables({DropChange(t_)})); }), ErrorCode::kNotFound);
}

TEST_F(HiveCatalogTest, ATableThatIsThereIsNotMadeAgain) {
  auto catalog = OpenWithTable();
  size_t files = FilesIn("s.db");
  TableChange create = CreateChange(*catalog, t_);
  EXPECT_EQ(CodeOf([&] { catalog->Commit(Tables({create})); }), ErrorCode::kAlreadyExists);
  EXPECT_EQ(FilesIn("s.db"), files);
  EXPECT_EQ(metastore_->locks(), 0u);
}

// Locks.

TEST_F(HiveCatalogTest, WaitsForTheLockOfOthers) {
  auto catalog = OpenWithTable();
  metastore_->AddLock("s.t");
  std::atomic<bool> done = false;
  std::thread committer([&] {
    Append(*catalog, t_, "second");
    done = true;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(150));
  EXPECT_FALSE(done);
  EXPECT_THAT(Rows(t_), ElementsAre("first"));
  metastore_->RemoveLock();
  committer.join();
  EXPECT_THAT(Rows(t_), ElementsAre("first", "second"));
}

TEST_F(HiveCatalogTest, DoesNotWaitForever) {
  OpenWithTable();
  auto catalog = OpenHive({{"iceberg.hive.lock-timeout-ms", "60"}});
  size_t files = FilesIn("s.db");
  metastore_->AddLock("s.t");
  Error error = ErrorOf([&] { Append(*catalog, t_, "second"); });
  EXPECT_EQ(error.code(), ErrorCode::kConflict);
  EXPECT_THAT(error.message(), HasSubstr("s.t is locked by somebody else in thrift://127.0.0.1:"));
  // Ours was taken back.
  EXPECT_EQ(metastore_->locks(), 1u);
  EXPECT_EQ(FilesIn("s.db"), files);
}

TEST_F(HiveCatalogTest, LetsGoOfTheLockWhateverHappens) {
  auto catalog = OpenWithTable();
  metastore_->FailOnce("alter_table_with_environment_context", Fault::kFail);
  EXPECT_EQ(CodeOf([&] { Append(*catalog, t_, "second"); }), ErrorCode::kIo);
  EXPECT_EQ(metastore_->locks(), 0u);
  TableChange change = PropertyChange(t_, "a", "1");
  change.requirements = {iceberg::TableRequirement::TableUuid("another")};
  EXPECT_EQ(CodeOf([&] { catalog->Commit(Tables({change})); }), ErrorCode::kConflict);
  EXPECT_EQ(metastore_->locks(), 0u);
}

TEST_F(HiveCatalogTest, FindsALockWhoseAnswerWasLost) {
  auto catalog = OpenWithTable();
  metastore_->FailOnce("lock", Fault::kLoseAnswer);
  Append(*catalog, t_, "second");
  EXPECT_THAT(Rows(t_), ElementsAre("first", "second"));
  EXPECT_EQ(metastore_->locks(), 0u);
  metastore_->FailOnce("lock", Fault::kLoseRequest);
  EXPECT_EQ(CodeOf([&] { Append(*catalog, t_, "third"); }), ErrorCode::kIo);
  EXPECT_EQ(metastore_->locks(), 0u);
}

// Where the metastore has not heard of the lock for too long, it may have given it to others.
TEST_F(HiveCatalogTest, ALockThatWasLostMakesTheOutcomeUnknown) {
  OpenWithTable();
  auto catalog = OpenHive({{"iceberg.hive.lock-heartbeat-interval-ms", "10"}});
  metastore_->set_before_alter([&] {
    metastore_->RemoveAllLocks();
    // The second is sent when the first has failed.
    int before = metastore_->heartbeats();
    while (metastore_->heartbeats() < before + 3) std::this_thread::yield();
  });
  Error error = ErrorOf([&] { Append(*catalog, t_, "second"); });
  metastore_->set_before_alter(nullptr);
  EXPECT_EQ(error.code(), ErrorCode::kUnknownOutcome);
  // Its files are there still.
  EXPECT_THAT(Rows(t_), ElementsAre("first", "second"));
}

TEST_F(HiveCatalogTest, ATableMayDoWithoutLocks) {
  auto catalog = OpenWithTable();
  catalog->Commit(Tables({PropertyChange(t_, "engine.hive.lock-enabled", "false")}));
  metastore_->AddLock("s.t");
  Append(*catalog, t_, "second");
  EXPECT_THAT(Rows(t_), ElementsAre("first", "second"));
}

// Lost answers.

TEST_F(HiveCatalogTest, AChangeWhoseAnswerIsLostIsFound) {
  for (Fault fault : {Fault::kLoseAnswer, Fault::kTearAnswer}) {
    auto catalog = OpenHive();
    metastore_->FailOnce("create_database", fault);
    catalog->Commit(CreateSchema("s"));
    EXPECT_TRUE(catalog->FindNamespace({"s"}));
    metastore_->FailOnce("create_table", fault);
    Create(*catalog, t_, "first");
    metastore_->FailOnce("alter_table_with_environment_context", fault);
    Append(*catalog, t_, "second");
    EXPECT_THAT(Rows(t_), ElementsAre("first", "second"));
    metastore_->FailOnce("alter_table_with_environment_context", fault);
    catalog->Commit(Tables({RenameChange(t_, u_)}));
    EXPECT_THAT(Rows(u_), ElementsAre("first", "second"));
    metastore_->FailOnce("alter_database", fault);
    CommitRequest change;
    change.namespaces = {{NamespaceChange::Kind::kSetProperties, {"s"}, {{"k", "v"}}}};
    catalog->Commit(change);
    EXPECT_EQ((*catalog->FindNamespace({"s"}))["k"], "v");
    metastore_->FailOnce("drop_table", fault);
    catalog->Commit(Tables({DropChange(u_)}));
    metastore_->FailOnce("drop_database", fault);
    CommitRequest drop;
    drop.namespaces = {{NamespaceChange::Kind::kDrop, {"s"}, {}}};
    catalog->Commit(drop);
    EXPECT_FALSE(catalog->FindNamespace({"s"}));
    EXPECT_EQ(metastore_->locks(), 0u);
  }
}

// It may have been lost on its way, or come in later: what it wrote stays.
TEST_F(HiveCatalogTest, AChangeThatIsNotFoundIsAnUnknownOutcome) {
  auto catalog = OpenWithTable();
  metastore_->FailOnce("alter_table_with_environment_context", Fault::kLoseRequest);
  size_t files = FilesIn("s.db");
  Error error = ErrorOf([&] { Append(*catalog, t_, "second"); });
  EXPECT_EQ(error.code(), ErrorCode::kUnknownOutcome);
  EXPECT_THAT(error.message(), HasSubstr("the commit to table s.t"));
  EXPECT_THAT(error.message(), HasSubstr(metastore_->uri()));
  // Data, manifest, list and metadata.
  EXPECT_EQ(FilesIn("s.db"), files + 4);
  EXPECT_EQ(metastore_->locks(), 0u);
  metastore_->FailOnce("create_table", Fault::kLoseRequest);
  EXPECT_EQ(CodeOf([&] { Create(*catalog, u_, "first"); }), ErrorCode::kUnknownOutcome);
  metastore_->FailOnce("drop_table", Fault::kLoseRequest);
  EXPECT_EQ(CodeOf([&] { catalog->Commit(Tables({DropChange(t_)})); }), ErrorCode::kUnknownOutcome);
  EXPECT_THAT(Rows(t_), ElementsAre("first"));
}

// Others have committed on top of a commit whose answer was lost.
TEST_F(HiveCatalogTest, ALostCommitIsFoundBelowLaterOnes) {
  OpenWithTable();
  auto catalog = OpenHive({{"commit.status-check.timeout-ms", "5000"}});
  // A table without locks, so that somebody can come between.
  catalog->Commit(Tables({PropertyChange(t_, "engine.hive.lock-enabled", "false")}));
  auto other = OpenHive();
  std::atomic<bool> lost = false;
  metastore_->set_faults([&](const io::ThriftMessage& call) {
    if (call.method != "alter_table_with_environment_context" || lost.exchange(true)) {
      return Fault::kNone;
    }
    return Fault::kLoseAnswer;
  });
  std::thread somebody([&] {
    while (!lost) std::this_thread::yield();
    Append(*other, t_, "third");
  });
  Append(*catalog, t_, "second");
  somebody.join();
  EXPECT_THAT(Rows(t_), UnorderedElementsAre("first", "second", "third"));
}

// The metastore tries by itself again what failed below it, and meets its own change.
TEST_F(HiveCatalogTest, ACommitThatTheMetastoreTakesForSomebodyElsesIsFound) {
  auto catalog = OpenWithTable();
  metastore_->FailOnce("alter_table_with_environment_context", Fault::kMisreport);
  Append(*catalog, t_, "second");
  EXPECT_THAT(Rows(t_), ElementsAre("first", "second"));
}

TEST_F(HiveCatalogTest, AReadWhoseAnswerIsLostIsAskedAgain) {
  auto catalog = OpenWithTable();
  metastore_->FailOnce("get_table_req", Fault::kLoseAnswer);
  EXPECT_TRUE(catalog->Find(t_));
  metastore_->set_faults([](const auto&) { return Fault::kLoseAnswer; });
  Error error = ErrorOf([&] { catalog->Find(t_); });
  EXPECT_EQ(error.code(), ErrorCode::kIo);
  EXPECT_THAT(error.message(), HasSubstr("get_table_req of " + metastore_->uri()));
}

// Writers.

void AppendFromFour(const std::function<std::shared_ptr<Catalog>()>& open,
                    const TableIdentifier& identifier) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      // Each as a process of its own would.
      auto catalog = open();
      for (int j = 0; j < 4; ++j) {
        Writer writer(*catalog);
        writer.Append(identifier, fmt::format("{}-{}", i, j));
        writer.Commit();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(HiveCatalogTest, WritersLoseNothingByTheLockAlone) {
  OpenWithTable();
  metastore_->set_compares(false);
  AppendFromFour([&] { return OpenHive(); }, t_);
  EXPECT_EQ(Rows(t_).size(), 17u);
  EXPECT_EQ(metastore_->locks(), 0u);
}

TEST_F(HiveCatalogTest, WritersLoseNothingByTheComparisonAlone) {
  auto catalog = OpenWithTable();
  catalog->Commit(Tables({PropertyChange(t_, "engine.hive.lock-enabled", "false")}));
  AppendFromFour([&] { return OpenHive(); }, t_);
  EXPECT_EQ(Rows(t_).size(), 17u);
}

TEST_F(HiveCatalogTest, WritersOfOneProcessTakeTurns) {
  auto catalog = OpenWithTable();
  AppendFromFour([&] { return catalog; }, t_);
  EXPECT_EQ(Rows(t_).size(), 17u);
}

// Opening.

TEST_F(HiveCatalogTest, SaysWhatIsWrongWithTheMetastore) {
  auto opening = [](const std::map<std::string, std::string>& properties) {
    HiveCatalogOptions options;
    options.properties = properties;
    return ErrorOf([&] { OpenHiveCatalog(options); });
  };
  EXPECT_EQ(opening({{"uri", "http://h"}}).code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(opening({}).code(), ErrorCode::kInvalidArgument);
  Error kerberos = opening({{"uri", metastore_->uri()}, {"hive.kerberos-authentication", "true"}});
  EXPECT_EQ(kerberos.code(), ErrorCode::kUnsupported);
  EXPECT_THAT(kerberos.message(), HasSubstr("Kerberos"));
  std::string uri = metastore_->uri();
  metastore_.reset();
  Error gone = opening({{"uri", uri}});
  EXPECT_EQ(gone.code(), ErrorCode::kIo);
  EXPECT_THAT(gone.message(), HasSubstr(uri));
}

TEST_F(HiveCatalogTest, IsOpenedByEitherSpelling) {
  OpenWithTable();
  CatalogOptions options;
  options.store = "hive";
  auto by_uri = OpenCatalog(metastore_->uri(), options);
  EXPECT_EQ(by_uri->name(), "hive");
  EXPECT_TRUE(by_uri->Find(t_));
  options.store = metastore_->uri();
  auto by_folder = OpenCatalog(root_ + "/shop", options);
  EXPECT_EQ(by_folder->name(), "shop");
  by_folder->Commit(CreateSchema("n"));
  EXPECT_EQ((*by_folder->FindNamespace({"n"}))["location"], "file://" + root_ + "/shop/n.db");
}

TEST(HiveTypes, AreNamedAsHiveNamesThem) {
  using iceberg::Type;
  using iceberg::TypeId;
  auto primitive = [](TypeId id) { return HiveTypeOf(*Type::Primitive(id)); };
  EXPECT_EQ(primitive(TypeId::kLong), "bigint");
  EXPECT_EQ(primitive(TypeId::kTime), "string");
  EXPECT_EQ(primitive(TypeId::kTimestamp), "timestamp");
  EXPECT_EQ(primitive(TypeId::kTimestampTz), "timestamp with local time zone");
  EXPECT_EQ(primitive(TypeId::kUuid), "string");
  EXPECT_EQ(HiveTypeOf(*Type::Decimal(9, 2)), "decimal(9,2)");
  EXPECT_EQ(HiveTypeOf(*Type::Fixed(4)), "binary");
  iceberg::NestedField a, b;
  a.name = "a";
  a.type = Type::Primitive(TypeId::kInt);
  b.name = "b";
  b.type = Type::List(3, Type::Primitive(TypeId::kString), false);
  auto record = Type::Struct({a, b});
  EXPECT_EQ(HiveTypeOf(*record), "struct<a:int,b:array<string>>");
  EXPECT_EQ(HiveTypeOf(*Type::Map(4, Type::Primitive(TypeId::kString), 5, record, false)),
            "map<string,struct<a:int,b:array<string>>>");
}

}  // namespace
}  // namespace eider::catalog

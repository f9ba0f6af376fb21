#include "dbt/adapter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <thread>

#include "base/error.h"
#include "dbt/duckdb_profile.h"
#include "dbt/iceberg_placement.h"

namespace eider::dbt {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

class WarningSink final : public EventSink {
 public:
  void Emit(const Event& event) override { warnings_.push_back(event.message); }
  bool Wants(EventLevel level) const override { return level >= EventLevel::kWarn; }
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  std::vector<std::string> warnings_;
};

class AdapterTest : public testing::Test {
 protected:
  AdapterTest() {
    std::string name = testing::UnitTest::GetInstance()->current_test_info()->name();
    folder_ = std::filesystem::temp_directory_path() / ("eider_adapter_test_" + name);
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~AdapterTest() override { std::filesystem::remove_all(folder_); }

  std::shared_ptr<Config> MakeConfig(Json credentials) {
    auto config = std::make_shared<Config>();
    config->project.name = "shop";
    config->project.root = folder_;
    config->target.profile_name = "shop";
    config->target.target_name = "dev";
    config->target.type = credentials.value("type", "duckdb");
    config->target.schema = "main";
    if (credentials.contains("database")) config->target.database = credentials["database"];
    config->target.profiles_file = folder_ / "profiles.yml";
    config->target.credentials = std::move(credentials);
    config->adapter = MakeAdapterTraits(config->target);
    return config;
  }

  std::filesystem::path folder_;
};

TEST_F(AdapterTest, PathsAreTakenFromTheProject) {
  DuckDbProfile profile = ReadDuckDbProfile(*MakeConfig({{"path", "shop.duckdb"}}));
  EXPECT_EQ(profile.path, (folder_ / "shop.duckdb").string());
  EXPECT_EQ(ReadDuckDbProfile(*MakeConfig({{"path", ":memory:"}})).path, ":memory:");
}

// The profile of the plan, section 2.
TEST_F(AdapterTest, ThePlansProfileOpens) {
  auto config = MakeConfig({{"path", (folder_ / "jaffle_shop.db").string()},
                            {"extensions", {"iceberg", "httpfs"}},
                            {"threads", 4},
                            {"settings",
                             {{"s3_region", "us-east-1"},
                              {"s3_endpoint", "localhost:9000"},
                              {"s3_access_key_id", "minioadmin"},
                              {"s3_secret_access_key", "minioadmin"},
                              {"s3_use_ssl", false},
                              {"iceberg_catalog_path", (folder_ / "warehouse").string()}}}});
  DuckDbProfile profile = ReadDuckDbProfile(*config);
  EXPECT_EQ(profile.iceberg_catalog_path, (folder_ / "warehouse").string());
  auto adapter = Adapter::Open(config, NullSink());
  EXPECT_EQ(adapter->default_database(), "jaffle_shop");
  adapter->Acquire("x")->Query("SELECT 1");
}

// Its settings of S3 wait until something lies there: an extension that is asked for and cannot be
// had costs half a second.
TEST_F(AdapterTest, HttpfsIsAskedForWhenAStatementNamesARemoteFile) {
  auto config = MakeConfig(
      {{"extensions", {"iceberg", "httpfs"}},
       {"config_options",
        {{"extension_directory", (folder_ / "extensions").string()},
         {"custom_extension_repository", (folder_ / "none").string()},
         {"autoinstall_extension_repository", (folder_ / "none").string()}}},
       {"settings", {{"s3_region", "us-east-1"}, {"http_proxy", ""}, {"s3_use_ssl", false}}}});
  WarningSink sink;
  auto adapter = Adapter::Open(config, sink);
  auto lease = adapter->Acquire("a");
  lease->Query("SELECT 's3' AS a, 'no s3://path' AS b");
  EXPECT_THAT(sink.warnings(), testing::IsEmpty());
  EXPECT_THROW(lease->Query("SELECT * FROM read_csv('s3://bucket/x.csv')"), Error);
  EXPECT_THAT(sink.warnings(), ElementsAre(HasSubstr("'httpfs' could not be installed")));
  EXPECT_THROW(lease->Query("SELECT * FROM read_csv('s3://bucket/x.csv')"), Error);
  auto other = adapter->Acquire("b");
  EXPECT_THROW(other->Query("SELECT * FROM read_csv('s3://bucket/x.csv')"), Error);
  EXPECT_THAT(sink.warnings(), testing::SizeIs(1));
}

TEST_F(AdapterTest, SecretsAndAttachmentsBecomeStatements) {
  auto config = MakeConfig(
      {{"secrets",
        {{{"type", "s3"}, {"key_id", "a'b"}, {"scope", {"s3://x", "s3://y"}}},
         {{"type", "gcs"}, {"name", "mine"}, {"persistent", true}, {"region", nullptr}}}},
       {"attach",
        {{{"path", "other.duckdb"}, {"alias", "other"}, {"read_only", true}},
         {{"path", "host=localhost"},
          {"type", "postgres"},
          {"options", {{"schema", "public"}}}}}}});
  DuckDbProfile profile = ReadDuckDbProfile(*config);
  EXPECT_THAT(
      profile.secrets,
      ElementsAre("CREATE OR REPLACE SECRET _dbt_secret_1 (type s3, key_id 'a''b', scope 's3://x', "
                  "scope 's3://y')",
                  "CREATE OR REPLACE PERSISTENT SECRET mine (type gcs)"));
  EXPECT_THAT(
      profile.attachments,
      ElementsAre(
          "ATTACH IF NOT EXISTS '" + (folder_ / "other.duckdb").string() + "' AS other (READ_ONLY)",
          "ATTACH IF NOT EXISTS 'host=localhost' (SCHEMA 'public', TYPE postgres)"));
}

TEST_F(AdapterTest, WhatNeedsPythonIsRefusedByName) {
  for (const char* key : {"plugins", "filesystems", "remote"}) {
    try {
      ReadDuckDbProfile(*MakeConfig({{key, {{{"module", "x"}}}}}));
      FAIL() << key;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
      EXPECT_THAT(error.message(), HasSubstr(key));
      EXPECT_THAT(error.file(), HasSubstr("profiles.yml"));
    }
  }
  EXPECT_THROW(ReadDuckDbProfile(*MakeConfig({{"path", "md:db"}})), Error);
  EXPECT_THROW(ReadDuckDbProfile(*MakeConfig({{"settings", {{"x; DROP TABLE y", 1}}}})), Error);
  EXPECT_THROW(ReadDuckDbProfile(*MakeConfig({{"type", "eider"}})), Error);
}

TEST_F(AdapterTest, ADatabaseThatIsNotThereIsAnError) {
  EXPECT_THROW(Adapter::Open(MakeConfig({{"path", "a.duckdb"}, {"database", "b"}}), NullSink()),
               Error);
}

TEST_F(AdapterTest, AnUnknownSettingIsNamed) {
  try {
    Adapter::Open(MakeConfig({{"settings", {{"no_such_setting", 1}}}}), NullSink());
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), HasSubstr("no_such_setting"));
  }
}

TEST_F(AdapterTest, ConnectionsAreKeptAndRolledBack) {
  auto adapter = Adapter::Open(MakeConfig(Json::object()), NullSink());
  Connection* first = nullptr;
  {
    auto lease = adapter->Acquire("a");
    first = &*lease;
    lease->Execute("CREATE TABLE t (i INT)", true, false);
    EXPECT_TRUE(lease->in_transaction());
  }
  auto lease = adapter->Acquire("b");
  EXPECT_EQ(&*lease, first);
  EXPECT_FALSE(lease->in_transaction());
  EXPECT_THROW(lease->Query("SELECT * FROM t"), Error);
}

TEST_F(AdapterTest, TheCacheIsFilledOnce) {
  auto adapter = Adapter::Open(MakeConfig(Json::object()), NullSink());
  auto lease = adapter->Acquire("a");
  lease->Query("CREATE SCHEMA s; CREATE TABLE s.t (i INT); CREATE VIEW s.V AS SELECT 1 AS x");
  EXPECT_TRUE(adapter->FindRelation(*lease, "memory", "s", "t")->is_table());
  EXPECT_TRUE(adapter->FindRelation(*lease, "memory", "S", "v")->is_view());
  lease->Query("CREATE TABLE s.later (i INT)");
  EXPECT_FALSE(adapter->FindRelation(*lease, "memory", "s", "later").has_value());
  EXPECT_EQ(adapter->ListRelations(*lease, "memory", "s").size(), 3u);
  adapter->CreateSchema(*lease, "memory", "new");
  EXPECT_THAT(adapter->ListSchemas(*lease, "memory"), testing::Contains("new"));
}

TEST_F(AdapterTest, ColumnsOfARelation) {
  auto adapter = Adapter::Open(MakeConfig(Json::object()), NullSink());
  auto lease = adapter->Acquire("a");
  lease->Query("CREATE TABLE t (i INT, d DECIMAL(9,2))");
  Relation relation;
  relation.schema = "main";
  relation.identifier = "t";
  EXPECT_THAT(adapter->Columns(*lease, relation),
              ElementsAre(std::pair("i", "INTEGER"), std::pair("d", "DECIMAL(9,2)")));
  relation.identifier = "nope";
  EXPECT_TRUE(adapter->Columns(*lease, relation).empty());
}

TEST_F(AdapterTest, CancelStopsTheRunningStatement) {
  auto adapter = Adapter::Open(MakeConfig(Json::object()), NullSink());
  auto lease = adapter->Acquire("long");
  std::thread canceller([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    EXPECT_THAT(adapter->CancelAll(), ElementsAre("long"));
  });
  try {
    lease->Query("SELECT count(*) FROM range(100000000) a, range(100000000) b");
    ADD_FAILURE() << "the query was not interrupted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInterrupted);
  }
  canceller.join();
  EXPECT_THROW(lease->Query("SELECT 1"), Error);
  adapter->Resume();
  lease->Query("SELECT 1");
}

TEST_F(AdapterTest, IcebergRelationsGetTheirWarehouse) {
  auto config = MakeConfig({{"path", "shop.duckdb"},
                            {"settings", {{"iceberg_catalog_path", "/data/iceberg-warehouse"}}}});
  Manifest manifest;
  manifest.config = config;
  auto add = [&](const std::string& name, Json node_config) {
    Node node;
    node.unique_id = "model.shop." + name;
    node.name = node.alias = name;
    node.database = "shop";
    node.schema = "marts";
    node.config = NodeConfig(std::move(node_config));
    manifest.nodes[node.unique_id] = std::move(node);
  };
  add("plain", {{"materialized", "table"}});
  add("ice", {{"materialized", "table"}, {"table_format", "iceberg"}});
  add("view", {{"materialized", "view"}, {"table_format", "iceberg"}});
  add("elsewhere", {{"table_format", "iceberg"}, {"iceberg_location", "/data/other/"}});
  add("cte", {{"materialized", "ephemeral"}, {"table_format", "iceberg"}});
  auto warehouses = PlaceIcebergRelations(manifest);
  EXPECT_THAT(warehouses,
              UnorderedElementsAre(std::pair("shop_iceberg", "/data/iceberg-warehouse/shop"),
                                   std::pair("other_iceberg", "/data/other")));
  EXPECT_EQ(manifest.nodes["model.shop.plain"].database, "shop");
  EXPECT_EQ(manifest.nodes["model.shop.ice"].database, "shop_iceberg");
  EXPECT_EQ(manifest.nodes["model.shop.ice"].relation_name, R"("shop_iceberg"."marts"."ice")");
  EXPECT_EQ(manifest.nodes["model.shop.view"].database, "shop_iceberg");
  EXPECT_EQ(manifest.nodes["model.shop.elsewhere"].database, "other_iceberg");
  EXPECT_EQ(manifest.nodes["model.shop.cte"].database, "shop");
  // Placed once, they stay where they are.
  EXPECT_EQ(PlaceIcebergRelations(manifest), warehouses);
}

TEST_F(AdapterTest, IcebergWithoutAPlaceIsAnError) {
  Manifest manifest;
  manifest.config = MakeConfig(Json::object());
  Node node;
  node.unique_id = "model.shop.ice";
  node.name = "ice";
  node.database = "memory";
  node.config = NodeConfig(Json{{"table_format", "iceberg"}});
  manifest.nodes[node.unique_id] = node;
  EXPECT_THROW(PlaceIcebergRelations(manifest), Error);
}

}  // namespace
}  // namespace eider::dbt

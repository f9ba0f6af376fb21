#include "engine/schema_entry.h"

#include <gmock/gmock.h>

#include <fstream>

#include "engine/warehouse_fixture.h"

namespace eider::engine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class SchemaEntryTest : public WarehouseFixture {};

TEST_F(SchemaEntryTest, AnUnreadableTableIsListedNamedAndDropped) {
  Run("CREATE TABLE good AS SELECT 1 AS a");
  Run("CREATE TABLE bad AS SELECT 1 AS a");
  for (const std::string& file : Files("/main/bad/metadata", ".json")) {
    std::ofstream(file) << "{\"format-version\": 2, ";
  }
  auto other = OpenDatabase({});
  auto session = Open(other);
  EXPECT_THAT(Rows(*session, "SHOW TABLES"), ElementsAre("bad", "good"));
  EXPECT_EQ(Text(*session, "SELECT a FROM good"), "1");
  Error error = Failure(*session, "SELECT * FROM bad");
  EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
  EXPECT_THAT(error.what(), HasSubstr("table main.bad"));
  for (const char* statement :
       {"CREATE OR REPLACE TABLE bad AS SELECT 2 AS a", "INSERT INTO bad VALUES (2)",
        "INSERT INTO w.main.bad (a) SELECT 2", "INSERT INTO bad BY NAME SELECT 2 AS a"}) {
    EXPECT_THAT(Failure(*session, statement).what(), HasSubstr("table main.bad")) << statement;
  }
  EXPECT_EQ(Failure(*session, "INSERT INTO good VALUES (2, 3)").code(), ErrorCode::kQuery);
  Run(*session, "DROP TABLE bad");
  EXPECT_THAT(Rows(*session, "SHOW TABLES"), ElementsAre("good"));
  Run(*session, "CREATE TABLE bad AS SELECT 2 AS a");
  EXPECT_EQ(Text(*session, "SELECT a FROM bad"), "2");
}

TEST_F(SchemaEntryTest, NamesIgnoreCaseButKeepIt) {
  Run("CREATE SCHEMA Mixed");
  Run("CREATE TABLE mixed.Table1 AS SELECT 1 AS Col");
  EXPECT_EQ(Text("SELECT col FROM MIXED.TABLE1"), "1");
  EXPECT_EQ(Failure("CREATE SCHEMA mixed").code(), ErrorCode::kAlreadyExists);
  Run("CREATE OR REPLACE TABLE mixed.TABLE1 AS SELECT 2 AS col");
  EXPECT_THAT(Rows("SELECT schema_name, table_name FROM duckdb_tables()"),
              ElementsAre("Mixed|Table1"));
  Run("DROP TABLE mixed.table1");
  Run("DROP SCHEMA MIXED");
  EXPECT_EQ(Failure("DROP SCHEMA mixed").code(), ErrorCode::kNotFound);
  EXPECT_EQ(Failure("DROP SCHEMA main CASCADE").code(), ErrorCode::kInvalidArgument);
}

TEST_F(SchemaEntryTest, WhatAWarehouseHasNoPlaceForIsRefused) {
  for (const char* statement :
       {"CREATE MACRO m(a) AS a + 1", "CREATE SEQUENCE s", "CREATE TYPE mood AS ENUM ('glad')",
        "CREATE MACRO rows() AS TABLE SELECT 1"}) {
    EXPECT_EQ(Failure(statement).code(), ErrorCode::kUnsupported) << statement;
  }
}

TEST_F(SchemaEntryTest, AReadOnlyWarehouseIsReadOnly) {
  Run("CREATE TABLE t AS SELECT 1 AS a");
  auto other = OpenDatabase({});
  AttachOptions options;
  options.read_only = true;
  other->AttachWarehouse("r", warehouse(), options);
  auto session = other->NewSession();
  EXPECT_EQ(Text(*session, "SELECT a FROM r.main.t"), "1");
  for (const char* statement :
       {"INSERT INTO r.main.t VALUES (2)", "CREATE TABLE r.main.u AS SELECT 1 AS a",
        "DROP TABLE r.main.t", "CREATE SCHEMA r.s", "COMMENT ON TABLE r.main.t IS 'x'"}) {
    EXPECT_THAT(Failure(*session, statement).what(), HasSubstr("read-only")) << statement;
  }
}

TEST_F(SchemaEntryTest, AWarehouseThatIsOpenIsAttachedAsItIs) {
  Run("CREATE TABLE t AS SELECT 1 AS a");
  auto opened = catalog::OpenCatalog(warehouse());
  std::weak_ptr<catalog::Catalog> watched = opened;
  auto other = OpenDatabase({});
  other->AttachWarehouse("x", std::move(opened), true);
  EXPECT_EQ(watched.use_count(), 1);  // DuckDB's
  auto session = other->NewSession();
  EXPECT_EQ(Text(*session, "SELECT a FROM x.main.t"), "1");
  EXPECT_THAT(Failure(*session, "DROP TABLE x.main.t").what(), HasSubstr("read-only"));
  Run(*session, "DETACH x");
  EXPECT_TRUE(watched.expired());
}

TEST_F(SchemaEntryTest, AttachSaysWhatIsWrong) {
  auto session = OpenDatabase({})->NewSession();
  Error missing = Failure(*session, "ATTACH '" + folder_ + "/none' AS x (TYPE eider, READ_ONLY)");
  EXPECT_EQ(missing.code(), ErrorCode::kNotFound);
  EXPECT_EQ(
      Failure(*session, "ATTACH '" + folder_ + "/none' AS x (TYPE eider, colour 'red')").code(),
      ErrorCode::kInvalidArgument);
  std::ofstream(folder_ + "/file") << "x";
  EXPECT_THAT(Failure(*session, "ATTACH '" + folder_ + "/file' AS x (TYPE eider)").what(),
              HasSubstr(folder_ + "/file"));
  Run(*session, "ATTACH 'file://" + folder_ + "/by/location' AS x (TYPE eider)");
  Run(*session, "CREATE TABLE x.main.t AS SELECT 1 AS a");
  EXPECT_TRUE(std::filesystem::exists(folder_ + "/by/location/main/t/data"));
}

}  // namespace
}  // namespace eider::engine

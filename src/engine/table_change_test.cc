#include "engine/table_change.h"

#include <gmock/gmock.h>

#include "engine/warehouse_fixture.h"

namespace eider::engine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

class TableChangeTest : public WarehouseFixture {
 protected:
  TableChangeTest() {
    Run("CREATE TABLE t (id INTEGER NOT NULL, name VARCHAR, s STRUCT(a INTEGER, b FLOAT), "
        "l STRUCT(x INTEGER)[])");
    Run("INSERT INTO t VALUES (1, 'one', {'a': 1, 'b': 1.5}, [{'x': 1}])");
  }
};

TEST_F(TableChangeTest, ColumnsAreAddedRenamedAndDropped) {
  Run("ALTER TABLE t ADD COLUMN added DECIMAL(9,2)");
  Run("ALTER TABLE t ADD COLUMN IF NOT EXISTS added INTEGER");
  EXPECT_EQ(Failure("ALTER TABLE t ADD COLUMN ID INTEGER").code(), ErrorCode::kAlreadyExists);
  Run("ALTER TABLE t RENAME COLUMN name TO title");
  EXPECT_EQ(Failure("ALTER TABLE t RENAME COLUMN title TO id").code(), ErrorCode::kAlreadyExists);
  Run("ALTER TABLE t DROP COLUMN l");
  Run("ALTER TABLE t DROP COLUMN IF EXISTS l");
  Error error = Failure("ALTER TABLE t DROP COLUMN titl");
  EXPECT_EQ(error.code(), ErrorCode::kNotFound);
  EXPECT_EQ(error.hint(), "Did you mean title?");
  Run("INSERT INTO t VALUES (2, 'two', NULL, 2.5)");
  EXPECT_THAT(Rows("SELECT id, title, added FROM t ORDER BY id"),
              ElementsAre("1|one|NULL", "2|two|2.50"));
  auto metadata = Metadata("main", "t");
  EXPECT_EQ(metadata->CurrentSchema().FindColumn("title")->id, 2);
  EXPECT_EQ(metadata->CurrentSchema().FindColumn("added")->id, 9);
  EXPECT_EQ(metadata->last_column_id, 9);
}

TEST_F(TableChangeTest, FieldsOfStructsAreAddedRenamedAndDropped) {
  Run("ALTER TABLE t ADD COLUMN s.c VARCHAR");
  Run("ALTER TABLE t RENAME s.a TO aa");
  Run("ALTER TABLE t DROP COLUMN s.b");
  Run("ALTER TABLE t ADD COLUMN l.element.y INTEGER");
  EXPECT_EQ(Text("SELECT s, l FROM t"), "{'aa': 1, 'c': NULL}|[{'x': 1, 'y': NULL}]");
  EXPECT_EQ(Failure("ALTER TABLE t ADD COLUMN name.x INTEGER").code(), ErrorCode::kInvalidArgument);
}

TEST_F(TableChangeTest, OfSchemasThatNothingWasWrittenWithTheLastIsKept) {
  Run("BEGIN; CREATE TABLE u AS SELECT 1 AS a, 2 AS b, 3 AS c; COMMENT ON COLUMN u.a IS 'one'; "
      "COMMENT ON TABLE u IS 'all'; COMMENT ON COLUMN u.b IS 'two'; COMMENT ON COLUMN u.c IS "
      "'three'; "
      "COMMIT");
  auto metadata = Metadata("main", "u");
  EXPECT_THAT(metadata->schemas, SizeIs(2));
  EXPECT_EQ(metadata->CurrentSchema().FindColumn("a")->doc, "one");
  EXPECT_EQ(metadata->CurrentSchema().FindColumn("c")->doc, "three");
  EXPECT_EQ(metadata->Property("comment", ""), "all");

  // Rows stand between the two: each snapshot has the schema that it was written with.
  Run("BEGIN; ALTER TABLE u ADD COLUMN d INTEGER; ALTER TABLE u ADD COLUMN e INTEGER; "
      "INSERT INTO u VALUES (4, 5, 6, 7, 8); ALTER TABLE u DROP COLUMN d; "
      "ALTER TABLE u ADD COLUMN f INTEGER; INSERT INTO u (a, f) VALUES (9, 10); COMMIT");
  metadata = Metadata("main", "u");
  EXPECT_THAT(metadata->schemas, SizeIs(4));
  EXPECT_EQ(metadata->CurrentSchema().FindColumn("f")->id, 6);
  EXPECT_THAT(metadata->snapshots, SizeIs(3));
  EXPECT_THAT(Rows("SELECT a, e, f FROM u ORDER BY a"),
              ElementsAre("1|NULL|NULL", "4|8|NULL", "9|NULL|10"));

  Run("BEGIN; ALTER TABLE u ADD COLUMN g INTEGER; ALTER TABLE u DROP COLUMN g; COMMIT");
  EXPECT_THAT(Metadata("main", "u")->schemas, SizeIs(4));
}

TEST_F(TableChangeTest, TypesChangeAsIcebergAllows) {
  Run("ALTER TABLE t ALTER COLUMN id TYPE BIGINT");
  Run("ALTER TABLE t ALTER COLUMN s TYPE STRUCT(a BIGINT, b DOUBLE)");
  Run("INSERT INTO t (id) VALUES (10000000000)");
  EXPECT_THAT(Rows("SELECT id, s.b FROM t ORDER BY id"), ElementsAre("1|1.5", "10000000000|NULL"));
  Error error = Failure("ALTER TABLE t ALTER COLUMN id TYPE VARCHAR");
  EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
  EXPECT_THAT(error.what(), HasSubstr("main.t.id cannot change from long to string"));
  EXPECT_EQ(Failure("ALTER TABLE t ALTER COLUMN name TYPE INTEGER USING length(name)").code(),
            ErrorCode::kUnsupported);
}

TEST_F(TableChangeTest, NotNullIsSetOnlyWhereNoNullIs) {
  Run("ALTER TABLE t ALTER COLUMN name SET NOT NULL");
  Run("ALTER TABLE t ALTER COLUMN name DROP NOT NULL");
  Run("INSERT INTO t (id) VALUES (2)");
  Error error = Failure("ALTER TABLE t ALTER COLUMN name SET NOT NULL");
  EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(error.what(), HasSubstr("name"));
  Run("ALTER TABLE t ALTER COLUMN id DROP NOT NULL");
  Run("INSERT INTO t (name) VALUES ('no id')");
  EXPECT_EQ(Text("SELECT count(*) FROM t WHERE id IS NULL"), "1");
}

TEST_F(TableChangeTest, PropertiesAreSetAndReset) {
  Run("ALTER TABLE t SET ('owner'='me', 'write.parquet.compression-codec'='snappy')");
  EXPECT_EQ(Metadata("main", "t")->properties.at("owner"), "me");
  Run("ALTER TABLE t RESET ('owner')");
  EXPECT_EQ(Metadata("main", "t")->properties.count("owner"), 0);
  Run("ALTER TABLE t SET TBLPROPERTIES ('format-version'='3')");
  EXPECT_EQ(Metadata("main", "t")->format_version, 3);
  EXPECT_EQ(Failure("ALTER TABLE t SET ('format-version'='2')").code(),
            ErrorCode::kInvalidArgument);
}

TEST_F(TableChangeTest, NamesOfPropertiesNeedNoQuotes) {
  Run("ALTER TABLE t SET (gc.enabled = false, write.metadata.previous-versions-max = 5)");
  auto metadata = Metadata("main", "t");
  EXPECT_EQ(metadata->properties.at("gc.enabled"), "false");
  EXPECT_EQ(metadata->properties.at("write.metadata.previous-versions-max"), "5");
  Run("ALTER TABLE t RESET (gc.enabled)");
  EXPECT_EQ(Metadata("main", "t")->properties.count("gc.enabled"), 0);
  Run("CREATE TABLE u WITH (gc.enabled = false) AS SELECT 1 AS a");
  EXPECT_EQ(Metadata("main", "u")->properties.count("gc.enabled"), 1);
}

// The plan's post-hook on what is Iceberg already.
TEST_F(TableChangeTest, BecomingIcebergIsDoneAlready) {
  size_t before = Files("/main/t", ".metadata.json").size();
  Run("ALTER TABLE t SET TBLPROPERTIES (format='iceberg')");
  EXPECT_EQ(Files("/main/t", ".metadata.json").size(), before);
  EXPECT_EQ(Failure("ALTER TABLE t SET TBLPROPERTIES (format='delta')").code(),
            ErrorCode::kUnsupported);
}

TEST_F(TableChangeTest, CommentsAreKeptWhereOthersReadThem) {
  Run("COMMENT ON TABLE t IS 'a table'");
  Run("COMMENT ON COLUMN t.name IS 'a name'");
  auto metadata = Metadata("main", "t");
  EXPECT_EQ(metadata->properties.at("comment"), "a table");
  EXPECT_EQ(metadata->CurrentSchema().FindColumn("name")->doc, "a name");
  EXPECT_EQ(Text("SELECT comment FROM duckdb_tables() WHERE table_name = 't'"), "a table");
  EXPECT_EQ(Text("SELECT comment FROM duckdb_columns() WHERE table_name = 't' AND column_name = "
                 "'name'"),
            "a name");
  size_t before = Files("/main/t", ".metadata.json").size();
  Run("COMMENT ON TABLE t IS 'a table'");
  Run("COMMENT ON COLUMN t.name IS 'a name'");
  EXPECT_EQ(Files("/main/t", ".metadata.json").size(), before);
  Run("COMMENT ON TABLE t IS NULL");
  Run("COMMENT ON COLUMN t.name IS NULL");
  metadata = Metadata("main", "t");
  EXPECT_EQ(metadata->properties.count("comment"), 0);
  EXPECT_EQ(metadata->CurrentSchema().FindColumn("name")->doc, std::nullopt);
  EXPECT_EQ(Text("SELECT comment FROM duckdb_tables() WHERE table_name = 't'"), "NULL");
  EXPECT_EQ(Text("SELECT comment FROM duckdb_columns() WHERE table_name = 't' AND column_name = "
                 "'name'"),
            "NULL");
}

TEST_F(TableChangeTest, RenamedTablesKeepTheirData) {
  Run("ALTER TABLE t RENAME TO T2");
  EXPECT_EQ(Text("SELECT name FROM t2"), "one");
  Run("CREATE TABLE other AS SELECT 1 AS i");
  EXPECT_EQ(Failure("ALTER TABLE other RENAME TO t2").code(), ErrorCode::kAlreadyExists);
  Run("ALTER TABLE T2 RENAME TO t2");
  EXPECT_THAT(Rows("SHOW TABLES"), ElementsAre("other", "t2"));
}

TEST_F(TableChangeTest, WhatIsNotSupportedSaysSo) {
  for (const char* change :
       {"ALTER COLUMN id SET DEFAULT 1", "SET PARTITIONED BY (id)", "SET SORTED BY (id)",
        "ADD COLUMN d INTEGER DEFAULT 1", "ADD COLUMN i INTERVAL"}) {
    EXPECT_EQ(Failure(std::string("ALTER TABLE t ") + change).code(), ErrorCode::kUnsupported)
        << change;
  }
  Run("CREATE TABLE one (i INTEGER)");
  EXPECT_EQ(Failure("ALTER TABLE one DROP COLUMN i").code(), ErrorCode::kInvalidArgument);
}

TEST_F(TableChangeTest, OldVersionsKeepTheirColumns) {
  std::string first = std::to_string(Metadata("main", "t")->current_snapshot_id.value());
  Run("ALTER TABLE t RENAME COLUMN name TO title");
  Run("INSERT INTO t (id) VALUES (2)");
  EXPECT_EQ(Text("SELECT name FROM t AT (VERSION => " + first + ")"), "one");
}

}  // namespace
}  // namespace eider::engine

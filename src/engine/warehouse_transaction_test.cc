#include "engine/warehouse_transaction.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "engine/warehouse_fixture.h"

namespace eider::engine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class WarehouseTransactionTest : public WarehouseFixture {
 protected:
  // As another process would: a DuckDB instance of its own on the same warehouse.
  WarehouseTransactionTest() : other_database_(OpenDatabase({})), other_(Open(other_database_)) {}

  std::shared_ptr<Database> other_database_;
  std::unique_ptr<Session> other_;
};

TEST_F(WarehouseTransactionTest, SeveralTablesLandAtOnce) {
  Run("CREATE TABLE a AS SELECT 1 AS i");
  Run("BEGIN");
  Run("INSERT INTO a VALUES (2)");
  Run("CREATE SCHEMA s");
  Run("CREATE TABLE s.b AS SELECT 10 AS i");
  Run("INSERT INTO s.b SELECT i + 1 FROM s.b");
  Run("CREATE VIEW v AS SELECT sum(i) AS total FROM s.b");
  EXPECT_EQ(Text("SELECT sum(i) FROM a"), "3");
  EXPECT_EQ(Text("SELECT total FROM v"), "21");
  EXPECT_EQ(Text(*other_, "SELECT sum(i) FROM a"), "1");
  EXPECT_THAT(Rows(*other_, "SHOW TABLES"), ElementsAre("a"));
  Run("COMMIT");
  EXPECT_EQ(Text(*other_, "SELECT sum(i) FROM a"), "3");
  EXPECT_EQ(Text(*other_, "SELECT total FROM v"), "21");
}

TEST_F(WarehouseTransactionTest, ReadsOneSnapshotOfTheCatalog) {
  Run("CREATE TABLE a AS SELECT 1 AS i");
  Run("CREATE TABLE b AS SELECT 1 AS i");
  Run(*other_, "BEGIN");
  EXPECT_EQ(Text(*other_, "SELECT i FROM a"), "1");
  Run("BEGIN; INSERT INTO a VALUES (2); INSERT INTO b VALUES (2); COMMIT");
  EXPECT_EQ(Text(*other_, "SELECT count(*) FROM a"), "1");
  EXPECT_EQ(Text(*other_, "SELECT count(*) FROM b"), "1");
  Run(*other_, "COMMIT");
  EXPECT_EQ(Text(*other_, "SELECT count(*) FROM b"), "2");
}

TEST_F(WarehouseTransactionTest, RollbackLeavesNoFiles) {
  Run("CREATE TABLE a AS SELECT 1 AS i");
  std::vector<std::string> before = Files("", "");
  Run("BEGIN");
  Run("INSERT INTO a VALUES (2)");
  Run("CREATE OR REPLACE TABLE a AS SELECT 3 AS i");
  Run("CREATE TABLE b AS SELECT 1 AS i");
  Run("DROP TABLE b");
  Run("CREATE VIEW v AS SELECT * FROM a");
  Run("ROLLBACK");
  EXPECT_EQ(Text("SELECT i FROM a"), "1");
  EXPECT_EQ(Files("", ""), before);
}

TEST_F(WarehouseTransactionTest, WhatWasCreatedAndDroppedLeavesNoFiles) {
  Run("CREATE TABLE a AS SELECT 1 AS i");
  std::vector<std::string> before = Files("/main", ".parquet");
  Run("BEGIN; CREATE TABLE b AS SELECT 1 AS i; INSERT INTO b VALUES (2); DROP TABLE b; COMMIT");
  EXPECT_EQ(Files("/main", ".parquet"), before);
  EXPECT_THAT(Rows("SHOW TABLES"), ElementsAre("a"));
}

TEST_F(WarehouseTransactionTest, DroppedTablesGoWithTheirFilesAfterTheCommit) {
  Run("CREATE TABLE a AS SELECT 1 AS i");
  Run("CREATE VIEW v AS SELECT 1 AS i");
  Run("BEGIN; DROP TABLE a; DROP VIEW v");
  EXPECT_THAT(Rows("SHOW TABLES"), IsEmpty());
  EXPECT_THAT(Files("/main/a", ".parquet"), SizeIs(1));
  EXPECT_EQ(Text(*other_, "SELECT i FROM a"), "1");
  Run("COMMIT");
  EXPECT_THAT(Files("/main", ""), IsEmpty());
  EXPECT_THAT(Rows(*other_, "SHOW TABLES"), IsEmpty());
}

TEST_F(WarehouseTransactionTest, ATableIsMadeAnewUnderItsName) {
  Run("CREATE TABLE a AS SELECT 1 AS i");
  std::string uuid = Metadata("main", "a")->table_uuid;
  Run("BEGIN; DROP TABLE a; CREATE TABLE a AS SELECT 2 AS j; COMMIT");
  EXPECT_EQ(Text("SELECT j FROM a"), "2");
  EXPECT_NE(Metadata("main", "a")->table_uuid, uuid);
  EXPECT_THAT(Files("/main", ".parquet"), SizeIs(1));
}

// How dbt replaces a table where it cannot say CREATE OR REPLACE.
TEST_F(WarehouseTransactionTest, TablesChangePlacesByRenaming) {
  Run("CREATE TABLE a AS SELECT 'old' AS i");
  Run("BEGIN; CREATE TABLE a_tmp AS SELECT 'new' AS i; ALTER TABLE a RENAME TO a_backup; "
      "ALTER TABLE a_tmp RENAME TO a; INSERT INTO a VALUES ('more'); DROP TABLE a_backup; COMMIT");
  EXPECT_THAT(Rows(*other_, "SELECT i FROM a ORDER BY i"), ElementsAre("more", "new"));
  EXPECT_THAT(Rows(*other_, "SHOW TABLES"), ElementsAre("a"));

  Run("CREATE TABLE b AS SELECT 'b' AS i");
  Run("BEGIN; ALTER TABLE b RENAME TO c; ALTER TABLE a RENAME TO b; INSERT INTO c VALUES ('c'); "
      "COMMIT");
  EXPECT_EQ(Text(*other_, "SELECT count(*) FROM c"), "2");
  EXPECT_EQ(Text(*other_, "SELECT count(*) FROM b"), "2");
  EXPECT_EQ(Failure("SELECT * FROM a").code(), ErrorCode::kQuery);

  Run("BEGIN; ALTER TABLE b RENAME TO x; ALTER TABLE c RENAME TO b; ALTER TABLE x RENAME TO c");
  EXPECT_EQ(Failure("COMMIT").code(), ErrorCode::kUnsupported);
}

TEST_F(WarehouseTransactionTest, ConcurrentAppendsBothLand) {
  Run("CREATE TABLE a AS SELECT 1 AS i");
  Run("BEGIN; INSERT INTO a VALUES (2)");
  Run(*other_, "INSERT INTO a VALUES (3)");
  Run("COMMIT");
  EXPECT_THAT(Rows("SELECT i FROM a ORDER BY i"), ElementsAre("1", "2", "3"));
  auto metadata = Metadata("main", "a");
  ASSERT_THAT(metadata->snapshots, SizeIs(3));
  EXPECT_EQ(metadata->snapshots[2].parent_snapshot_id, metadata->snapshots[1].snapshot_id);
  // The manifest list of the first try is gone.
  EXPECT_THAT(Files("/main/a/metadata", ".avro"), SizeIs(6));
}

TEST_F(WarehouseTransactionTest, AnAppendLandsOnTheSchemaItFits) {
  Run("CREATE TABLE a AS SELECT 1 AS i, 'x' AS s");
  Run("BEGIN; INSERT INTO a VALUES (2, 'y')");
  Run(*other_, "ALTER TABLE a ADD COLUMN added VARCHAR");
  Run(*other_, "ALTER TABLE a RENAME COLUMN s TO t");
  Run("COMMIT");
  EXPECT_THAT(Rows("SELECT i, t, added FROM a ORDER BY i"), ElementsAre("1|x|NULL", "2|y|NULL"));

  Run("BEGIN; INSERT INTO a VALUES (3, NULL, NULL)");
  Run(*other_, "ALTER TABLE a ALTER COLUMN t SET NOT NULL");
  Error error = Failure("COMMIT");
  EXPECT_EQ(error.code(), ErrorCode::kConflict);
  EXPECT_THAT(error.what(), HasSubstr("column t of table main.a was made NOT NULL"));
  EXPECT_EQ(Text("SELECT count(*) FROM a"), "2");
}

TEST_F(WarehouseTransactionTest, TheLastReplacementWins) {
  Run("CREATE TABLE a AS SELECT 'first' AS i");
  Run("BEGIN; CREATE OR REPLACE TABLE a AS SELECT 'mine' AS i, 1 AS n");
  Run(*other_, "CREATE OR REPLACE TABLE a AS SELECT 'theirs' AS i, 1 AS n");
  Run("COMMIT");
  EXPECT_EQ(Text("SELECT i FROM a"), "mine");
  EXPECT_THAT(Metadata("main", "a")->snapshots, SizeIs(3));
}

TEST_F(WarehouseTransactionTest, AReplacementWhoseIdsMeanOtherColumnsIsRefused) {
  Run("CREATE TABLE a AS SELECT 'first' AS i");
  Run("BEGIN; CREATE OR REPLACE TABLE a AS SELECT 'mine' AS i, 1 AS n");
  Run(*other_, "ALTER TABLE a ADD COLUMN m VARCHAR");
  Error error = Failure("COMMIT");
  EXPECT_EQ(error.code(), ErrorCode::kConflict);
  EXPECT_THAT(error.what(), HasSubstr("table main.a"));
  EXPECT_EQ(Text("SELECT i, m FROM a"), "first|NULL");
  EXPECT_THAT(Files("/main/a/data", ".parquet"), SizeIs(1));
}

TEST_F(WarehouseTransactionTest, CreatingWhatAnotherCreated) {
  Run("BEGIN; CREATE TABLE a AS SELECT 'mine' AS i");
  Run(*other_, "CREATE TABLE a AS SELECT 'theirs' AS i");
  Error error = Failure("COMMIT");
  EXPECT_EQ(error.code(), ErrorCode::kConflict);
  EXPECT_THAT(error.what(), HasSubstr("main.a was created by another commit"));
  EXPECT_EQ(Text("SELECT i FROM a"), "theirs");

  Run("BEGIN; CREATE OR REPLACE TABLE b AS SELECT 'mine' AS i");
  Run(*other_, "CREATE OR REPLACE TABLE b AS SELECT 'theirs' AS i");
  Run("COMMIT");
  EXPECT_EQ(Text("SELECT i FROM b"), "mine");

  Run("BEGIN; CREATE TABLE IF NOT EXISTS c (i VARCHAR); INSERT INTO c VALUES ('mine')");
  Run(*other_, "CREATE TABLE c AS SELECT 'theirs' AS i");
  Run("COMMIT");
  EXPECT_THAT(Rows("SELECT i FROM c ORDER BY i"), ElementsAre("mine", "theirs"));
}

TEST_F(WarehouseTransactionTest, CreatingAViewThatAnotherCreated) {
  Run("BEGIN; CREATE OR REPLACE VIEW v AS SELECT 'mine' AS i");
  Run(*other_, "CREATE OR REPLACE VIEW v AS SELECT 'theirs' AS i");
  Run("COMMIT");
  EXPECT_EQ(Text("SELECT i FROM v"), "mine");
  Run("BEGIN; CREATE VIEW w2 AS SELECT 'mine' AS i");
  Run(*other_, "CREATE TABLE w2 AS SELECT 'theirs' AS i");
  Error error = Failure("COMMIT");
  EXPECT_EQ(error.code(), ErrorCode::kConflict);
  EXPECT_THAT(error.what(), HasSubstr("table main.w2 was created by another commit"));
}

// Nothing is made durable that never lands, and a statement's snapshot can be read before it does.
TEST_F(WarehouseTransactionTest, RowsWrittenAreSeenBeforeTheCommit) {
  Run("BEGIN; CREATE TABLE a AS SELECT 1 AS i");
  EXPECT_THAT(Files("/main/a/metadata", ""), IsEmpty());
  EXPECT_THAT(Rows("SHOW TABLES"), ElementsAre("a"));
  Run("INSERT INTO a VALUES (2); INSERT INTO a SELECT i + 10 FROM a");
  EXPECT_THAT(Rows("SELECT i FROM a ORDER BY i"), ElementsAre("1", "2", "11", "12"));
  Run("COMMIT");
  EXPECT_EQ(Text(*other_, "SELECT sum(i) FROM a"), "26");
  EXPECT_THAT(Metadata("main", "a")->snapshots, SizeIs(3));
}

TEST_F(WarehouseTransactionTest, ATableDroppedMeanwhileIsNamed) {
  Run("CREATE TABLE a AS SELECT 1 AS i");
  Run("BEGIN; INSERT INTO a VALUES (2)");
  Run(*other_, "DROP TABLE a");
  Error error = Failure("COMMIT");
  EXPECT_EQ(error.code(), ErrorCode::kConflict);
  EXPECT_THAT(error.what(), HasSubstr("main.a"));
  EXPECT_THAT(Files("/main", ".parquet"), IsEmpty());
}

TEST_F(WarehouseTransactionTest, OneConflictLandsNothing) {
  Run("CREATE TABLE a AS SELECT 1 AS i");
  Run("CREATE TABLE b AS SELECT 1 AS i");
  Run("BEGIN; INSERT INTO a VALUES (2); INSERT INTO b VALUES (2)");
  Run(*other_, "DROP TABLE b");
  EXPECT_EQ(Failure("COMMIT").code(), ErrorCode::kConflict);
  EXPECT_EQ(Text("SELECT count(*) FROM a"), "1");
}

TEST_F(WarehouseTransactionTest, ManyWritersLoseNothing) {
  Run("CREATE TABLE a (writer INT, n INT)");
  constexpr int kWriters = 4;
  constexpr int kInserts = 8;
  std::atomic<int> failures = 0;
  std::vector<std::thread> writers;
  for (int writer = 0; writer < kWriters; ++writer) {
    writers.emplace_back([&, writer] {
      // Two threads share each DuckDB instance.
      auto session = Open(writer % 2 == 0 ? database_ : other_database_);
      for (int n = 0; n < kInserts; ++n) {
        try {
          session->Execute("INSERT INTO a VALUES (" + std::to_string(writer) + ", " +
                           std::to_string(n) + ")");
        } catch (const Error& error) {
          ADD_FAILURE() << error.what();
          ++failures;
        }
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(Text("SELECT count(*), count(DISTINCT (writer, n)) FROM a"), "32|32");
}

TEST_F(WarehouseTransactionTest, SeveralChangesOfOneTableAreOneMetadataFile) {
  Run("CREATE TABLE a AS SELECT 1 AS i");
  size_t before =
      Files("/main/a", "-metadata.json").size() + Files("/main/a", ".metadata.json").size();
  Run("BEGIN; CREATE OR REPLACE TABLE a AS SELECT 1 AS i, 'x' AS s; COMMENT ON TABLE a IS 'c'; "
      "COMMENT ON COLUMN a.s IS 'd'; INSERT INTO a VALUES (2, 'y'); COMMIT");
  // One, and its name for readers of the folder.
  EXPECT_EQ(Files("/main/a", ".metadata.json").size(), before + 2);
  auto metadata = Metadata("main", "a");
  EXPECT_EQ(metadata->properties.at("comment"), "c");
  EXPECT_EQ(metadata->CurrentSchema().fields[1].doc, "d");
  EXPECT_EQ(Text(*other_, "SELECT count(*) FROM a"), "2");
}

TEST_F(WarehouseTransactionTest, SchemasComeAndGo) {
  Run("CREATE SCHEMA s");
  EXPECT_EQ(Failure("CREATE SCHEMA s").code(), ErrorCode::kAlreadyExists);
  Run("CREATE SCHEMA IF NOT EXISTS s");
  Run("CREATE TABLE s.t AS SELECT 1 AS i");
  Run("CREATE VIEW s.v AS SELECT * FROM s.t");
  Error error = Failure("DROP SCHEMA s");
  EXPECT_EQ(error.code(), ErrorCode::kConflict);
  EXPECT_THAT(error.what(), HasSubstr("s is not empty"));
  Run("DROP SCHEMA s CASCADE");
  EXPECT_EQ(Failure("DROP SCHEMA s").code(), ErrorCode::kNotFound);
  Run("DROP SCHEMA IF EXISTS s");
  EXPECT_THAT(Files("/s", ""), IsEmpty());
  EXPECT_THAT(Rows(*other_, "SELECT schema_name FROM duckdb_schemas() WHERE database_name = 'w'"),
              ElementsAre("main"));
}

// The memory this process has of its own, in bytes.
int64_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  int64_t size = 0, resident = 0;
  statm >> size >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

TEST_F(WarehouseTransactionTest, StatesOfALongTransactionAreNotKept) {
  Run("CREATE TABLE t (i INT)");
  Run("PREPARE total AS SELECT sum(i) FROM t");
  Run("BEGIN");
  Run("EXECUTE total");
  [[maybe_unused]] int64_t before = ResidentBytes();
  constexpr int kInserts = 400;  // with the metadata of each: 80,000 snapshots of over a kilobyte
  for (int i = 0; i < kInserts; ++i) Run("INSERT INTO t VALUES (1)");
#ifndef __SANITIZE_ADDRESS__  // which keeps what was freed for a while
  EXPECT_LT(ResidentBytes() - before, 60 << 20);
#endif
  EXPECT_EQ(Text("EXECUTE total"), "400");
  Run("INSERT INTO t VALUES (1)");
  EXPECT_EQ(Text("EXECUTE total"), "401");
  Run("COMMIT");
  EXPECT_EQ(Text("EXECUTE total"), "401");
}

}  // namespace
}  // namespace eider::engine

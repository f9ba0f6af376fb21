#include "engine/table_write.h"

#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "engine/warehouse_fixture.h"
#include "iceberg/manifest_cache.h"

namespace eider::engine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class TableWriteTest : public WarehouseFixture {
 protected:
  std::vector<iceberg::DataFile> DataFiles(const std::string& table) {
    std::vector<iceberg::DataFile> files;
    auto metadata = Metadata("main", table);
    io::FileSystem& storage = io::LocalFileSystem();
    for (const auto& manifest : *iceberg::LoadManifestList(*metadata->CurrentSnapshot(), storage)) {
      for (const auto& entry : *iceberg::LoadManifest(manifest, storage)) {
        files.push_back(entry.file);
      }
    }
    return files;
  }
};

TEST_F(TableWriteTest, CreateTableAsWritesOneSnapshot) {
  Run("CREATE TABLE t AS SELECT range AS id, 'n' || range AS name FROM range(100)");
  EXPECT_EQ(Text("SELECT count(*), sum(id), max(name) FROM t"), "100|4950|n99");
  auto metadata = Metadata("main", "t");
  EXPECT_EQ(metadata->format_version, 2);
  ASSERT_THAT(metadata->snapshots, SizeIs(1));
  EXPECT_EQ(metadata->snapshots[0].summary.at("total-records"), "100");
  EXPECT_EQ(metadata->snapshots[0].operation(), "append");
  EXPECT_THAT(Files("/main/t/data", ".parquet"), SizeIs(1));
}

TEST_F(TableWriteTest, AnEmptyQueryWritesNoDataFile) {
  Run("CREATE TABLE t AS SELECT 1 AS id WHERE false");
  EXPECT_THAT(Rows("SELECT * FROM t"), IsEmpty());
  EXPECT_THAT(Files("", ".parquet"), IsEmpty());
  Run("INSERT INTO t SELECT 1 WHERE false");
  EXPECT_THAT(Metadata("main", "t")->snapshots, SizeIs(1));
}

TEST_F(TableWriteTest, ReplacingKeepsUuidHistoryAndFieldIds) {
  Run("CREATE TABLE t AS SELECT 1 AS a, 'x' AS b, 2.5::DOUBLE AS c");
  auto before = Metadata("main", "t");
  Run("CREATE OR REPLACE TABLE t AS SELECT 'y' AS b, 3::BIGINT AS a, true AS c, 4 AS d");
  auto after = Metadata("main", "t");
  EXPECT_EQ(after->table_uuid, before->table_uuid);
  EXPECT_EQ(after->location, before->location);
  EXPECT_THAT(after->snapshots, SizeIs(2));
  EXPECT_THAT(after->snapshot_log, SizeIs(2));
  const iceberg::Schema& schema = after->CurrentSchema();
  EXPECT_EQ(schema.FindColumn("a")->id, 1);  // int became long
  EXPECT_EQ(schema.FindColumn("b")->id, 2);
  EXPECT_EQ(schema.FindColumn("c")->id, 4);  // a double cannot become a boolean
  EXPECT_EQ(schema.FindColumn("d")->id, 5);
  EXPECT_EQ(Text("SELECT a, b, c, d FROM t"), "3|y|true|4");
  std::string first = std::to_string(before->current_snapshot_id.value());
  EXPECT_EQ(Text("SELECT * FROM t AT (VERSION => " + first + ")"), "1|x|2.5");
}

TEST_F(TableWriteTest, CreateMeetsAnExistingTable) {
  Run("CREATE TABLE t AS SELECT 1 AS a");
  EXPECT_EQ(Failure("CREATE TABLE T AS SELECT 2 AS a").code(), ErrorCode::kAlreadyExists);
  EXPECT_EQ(Failure("CREATE TABLE t (a INT)").code(), ErrorCode::kAlreadyExists);
  Run("CREATE TABLE IF NOT EXISTS t AS SELECT 2 AS a");
  Run("CREATE TABLE IF NOT EXISTS t (b VARCHAR)");
  EXPECT_EQ(Text("SELECT a FROM t"), "1");
  Run("CREATE OR REPLACE TABLE t (b VARCHAR NOT NULL)");
  EXPECT_THAT(Rows("SELECT b FROM t"), IsEmpty());
  EXPECT_TRUE(Metadata("main", "t")->CurrentSchema().fields[0].required);
}

TEST_F(TableWriteTest, InsertTakesColumnListsAndCasts) {
  Run("CREATE TABLE t (id BIGINT, name VARCHAR, d DECIMAL(9,2), ts TIMESTAMP)");
  Run("INSERT INTO t (name, id) VALUES ('one', 1)");
  Run("INSERT INTO t VALUES (2, 'two', 2.345, '2026-01-31 12:00:00'), (3, NULL, DEFAULT, NULL)");
  Run("INSERT INTO t BY NAME SELECT 'four' AS name, 4 AS id");
  EXPECT_THAT(Rows("SELECT id, name, d, ts FROM t ORDER BY id"),
              ElementsAre("1|one|NULL|NULL", "2|two|2.35|2026-01-31 12:00:00", "3|NULL|NULL|NULL",
                          "4|four|NULL|NULL"));
  EXPECT_THAT(Failure("INSERT INTO t VALUES ('x', 'y', 1, NULL)").what(), HasSubstr("'x'"));
  EXPECT_EQ(Failure("INSERT INTO t (id) VALUES (9) RETURNING id").code(), ErrorCode::kUnsupported);
  EXPECT_EQ(session_->Execute("INSERT INTO t (id) SELECT * FROM range(5)")->rows_changed(), 5);
}

TEST_F(TableWriteTest, NotNullIsCheckedBeforeAnythingLands) {
  Run("CREATE TABLE t (id INTEGER NOT NULL, l INTEGER[] NOT NULL, v VARCHAR)");
  Run("INSERT INTO t VALUES (1, [NULL], NULL)");
  Error scalar = Failure("INSERT INTO t VALUES (NULL, [1], 'x')");
  EXPECT_EQ(scalar.code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(scalar.what(), HasSubstr("main.t.id"));
  EXPECT_THAT(Failure("INSERT INTO t VALUES (2, NULL, 'x')").what(), HasSubstr("main.t.l"));
  EXPECT_THAT(Failure("INSERT INTO t (v) VALUES ('x')").what(), HasSubstr("NOT NULL"));
  // However little of the columns goes into manifests.
  Run("ALTER TABLE t SET ('write.metadata.metrics.default'='none')");
  EXPECT_THAT(Failure("INSERT INTO t VALUES (NULL, [1], 'x')").what(), HasSubstr("main.t.id"));
  EXPECT_EQ(Text("SELECT id, l FROM t"), "1|[NULL]");
  EXPECT_THAT(Files("/main/t/data", ".parquet"), SizeIs(1));
}

TEST_F(TableWriteTest, TypesIcebergHasNotAreStoredAsOthersOrRefused) {
  Run("CREATE TABLE t AS SELECT 1::TINYINT AS ti, 2::UINTEGER AS ui, 3::UBIGINT AS ub, "
      "4::HUGEINT AS h, TIMESTAMP_S '2026-01-31 00:00:01' AS s, 'a'::ENUM('a', 'b') AS e, "
      "[1, 2]::INTEGER[2] AS ar, NULL AS n");
  EXPECT_EQ(Text("SELECT * FROM t"), "1|2|3|4|2026-01-31 00:00:01|a|[1, 2]|NULL");
  EXPECT_THAT(Rows("SELECT column_type FROM (DESCRIBE t)"),
              ElementsAre("INTEGER", "BIGINT", "DECIMAL(20,0)", "DECIMAL(38,0)", "TIMESTAMP",
                          "VARCHAR", "INTEGER[]", "INTEGER"));
  for (const char* column : {"INTERVAL 1 DAY", "'12:00:00+01'::TIMETZ", "'101'::BIT", "1::UHUGEINT",
                             "row(1, 2)", "union_value(a := 1)"}) {
    Error error = Failure(std::string("CREATE TABLE u AS SELECT ") + column + " AS bad");
    EXPECT_EQ(error.code(), ErrorCode::kUnsupported) << column;
    EXPECT_THAT(error.what(), HasSubstr("main.u.bad")) << column;
  }
  EXPECT_THAT(Files("/main", ".parquet"), SizeIs(1));
  EXPECT_THAT(Files("/main/u", ""), IsEmpty());
}

TEST_F(TableWriteTest, WhatTablesCannotHaveIsRefusedByName) {
  for (const char* definition :
       {"(a INT PRIMARY KEY)", "(a INT UNIQUE)", "(a INT CHECK (a > 0))", "(a INT DEFAULT 1)",
        "(a INT, b INT AS (a + 1))", "(a INT) PARTITIONED BY (a)", "(a INT) SORTED BY (a)",
        "WITH ('format'='orc') AS SELECT 1 AS a"}) {
    EXPECT_EQ(Failure(std::string("CREATE TABLE t ") + definition).code(), ErrorCode::kUnsupported)
        << definition;
  }
  EXPECT_THAT(Rows("SHOW TABLES"), IsEmpty());
  Run("CREATE TABLE t AS SELECT 1 AS a");
  EXPECT_EQ(Failure("UPDATE t SET a = 2").code(), ErrorCode::kUnsupported);
  EXPECT_EQ(Failure("DELETE FROM t").code(), ErrorCode::kUnsupported);
}

TEST_F(TableWriteTest, OptionsBecomeLocationAndProperties) {
  std::string location = folder_ + "/elsewhere/t";
  Run("CREATE TABLE t WITH (location='" + location +
      "', 'format'='iceberg', 'write.parquet.compression-codec'='snappy', format_version=3, "
      "owner='me') AS SELECT 1 AS a");
  auto metadata = Metadata("main", "t");
  EXPECT_EQ(metadata->location, "file://" + location);
  EXPECT_EQ(metadata->format_version, 3);
  EXPECT_EQ(metadata->properties.at("owner"), "me");
  EXPECT_EQ(metadata->properties.count("format"), 0);
  EXPECT_EQ(metadata->properties.count("location"), 0);
  EXPECT_EQ(Text("SELECT a FROM t"), "1");
  EXPECT_EQ(
      Text("SELECT DISTINCT compression FROM parquet_metadata('" + location + "/data/*.parquet')"),
      "SNAPPY");
  // The plan's own words.
  Run("CREATE OR REPLACE TABLE p AS (SELECT 7 AS a) USING ICEBERG LOCATION '" + folder_ +
      "/elsewhere/p'");
  EXPECT_EQ(Metadata("main", "p")->location, "file://" + folder_ + "/elsewhere/p");
  EXPECT_EQ(Failure("CREATE TABLE s WITH (location='gs://b/t') AS SELECT 1 AS a").code(),
            ErrorCode::kUnsupported);
}

TEST_F(TableWriteTest, FilesCarryFieldIdsAndZstd) {
  Run("CREATE TABLE t AS SELECT 1 AS a, {'x': 1, 'y': [2]} AS s");
  std::string file = Files("/main/t/data", ".parquet").at(0);
  EXPECT_EQ(Text("SELECT string_agg(name || ':' || field_id, ' ') FROM parquet_schema('" + file +
                 "') WHERE field_id IS NOT NULL"),
            "a:1 s:2 x:3 y:4 element:5");
  EXPECT_EQ(Text("SELECT DISTINCT compression FROM parquet_metadata('" + file + "')"), "ZSTD");
}

TEST_F(TableWriteTest, TargetFileSizeSplitsFiles) {
  Run("CREATE TABLE t WITH ('write.target-file-size-bytes'='100000') AS "
      "SELECT hash(range) AS h FROM range(500000)");
  EXPECT_GT(Files("/main/t/data", ".parquet").size(), 2);
  EXPECT_EQ(Text("SELECT count(*) FROM t"), "500000");
  EXPECT_THAT(
      Failure("CREATE TABLE u WITH ('write.target-file-size-bytes'='many') AS SELECT 1").what(),
      HasSubstr("write.target-file-size-bytes"));
}

TEST_F(TableWriteTest, ManifestsKnowCountsAndBounds) {
  Run("CREATE TABLE t AS SELECT range::INT AS i, "
      "CASE WHEN range > 1 THEN 'a string that is longer than a bound ' || range END AS s "
      "FROM range(5)");
  auto files = DataFiles("t");
  ASSERT_THAT(files, SizeIs(1));
  EXPECT_EQ(files[0].record_count, 5);
  EXPECT_EQ(files[0].value_counts.at(2), 5);
  EXPECT_EQ(files[0].null_value_counts.at(2), 2);
  EXPECT_EQ(files[0].lower_bounds.at(1), std::string("\0\0\0\0", 4));
  EXPECT_EQ(files[0].upper_bounds.at(1), std::string("\4\0\0\0", 4));
  EXPECT_EQ(files[0].lower_bounds.at(2), "a string that is");
  EXPECT_EQ(files[0].upper_bounds.at(2), "a string that it");
  EXPECT_EQ(files[0].file_size_in_bytes, io::LocalFileSystem().Stat(files[0].file_path).size);
}

TEST_F(TableWriteTest, AFailedStatementLeavesNoFiles) {
  Run("CREATE TABLE t AS SELECT 1 AS a");
  size_t files = Files("", "").size();
  EXPECT_EQ(Failure("CREATE OR REPLACE TABLE t AS SELECT CASE WHEN range = 400000 THEN "
                    "error('no')::INT ELSE range::INT END AS a FROM range(500000)")
                .code(),
            ErrorCode::kQuery);
  EXPECT_EQ(Failure("INSERT INTO t SELECT error('no')::INT FROM range(10)").code(),
            ErrorCode::kQuery);
  EXPECT_EQ(Text("SELECT * FROM t"), "1");
  EXPECT_EQ(Files("", "").size(), files);
}

TEST_F(TableWriteTest, ATableThatDoesNotComeToBeLeavesNoFolder) {
  auto exists = [&](const char* table) {
    return std::filesystem::exists(warehouse() + "/main/" + table);
  };
  Failure(
      "CREATE TABLE n AS SELECT CASE WHEN range = 400000 THEN error('no')::INT ELSE range::INT "
      "END AS a FROM range(500000)");
  EXPECT_FALSE(exists("n"));
  Run("BEGIN");
  Run("CREATE TABLE n AS SELECT 1 AS a");
  EXPECT_EQ(Text("SELECT a FROM n"), "1");
  EXPECT_TRUE(exists("n"));
  Run("ROLLBACK");
  EXPECT_FALSE(exists("n"));
  Run("BEGIN");
  Run("CREATE TABLE n AS SELECT 1 AS a");
  Run("DROP TABLE n");
  Run("CREATE TABLE m AS SELECT 1 AS a");
  Run("COMMIT");
  EXPECT_FALSE(exists("n"));
  Run("CREATE TABLE e (a INT)");
  Failure("INSERT INTO e SELECT error('no')::INT FROM range(10)");
  Run("INSERT INTO e VALUES (1)");
  EXPECT_EQ(Text("SELECT a FROM e"), "1");
}

TEST_F(TableWriteTest, AnInterruptedStatementLeavesNoFiles) {
  Run("CREATE TABLE t AS SELECT 1 AS a");
  size_t files = Files("", "").size();
  std::atomic<bool> done = false;
  std::thread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    while (!done) {
      session_->Interrupt();
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  });
  Error error = Failure(
      "CREATE OR REPLACE TABLE t AS SELECT hash(range) AS a FROM "
      "range(100000000000)");
  done = true;
  stopper.join();
  EXPECT_EQ(error.code(), ErrorCode::kInterrupted);
  auto other = Open(database_);
  EXPECT_EQ(Text(*other, "SELECT * FROM t"), "1");
  EXPECT_EQ(Files("", "").size(), files);
}

TEST_F(TableWriteTest, PropertiesOtherWritersKnowDoNotStopOurs) {
  Run("CREATE TABLE t WITH ('write.parquet.row-group-size-bytes'='134217728', "
      "'write.parquet.page-size-bytes'='1048576', 'write.parquet.compression-codec'='gzip', "
      "'write.parquet.compression-level'='6') AS SELECT 1 AS a");
  Run("INSERT INTO t VALUES (2)");
  EXPECT_EQ(Text("SELECT sum(a) FROM t"), "3");
}

TEST_F(TableWriteTest, Version1IsUpgradedBeforeItIsWritten) {
  EXPECT_EQ(Failure("CREATE TABLE t WITH ('format-version'='1') AS SELECT 1 AS a").code(),
            ErrorCode::kUnsupported);
}

TEST_F(TableWriteTest, CopyFromAFileInserts) {
  Run("CREATE TABLE t (a INTEGER, b VARCHAR)");
  Run("COPY (SELECT 1 AS a, 'x' AS b) TO '" + folder_ + "/in.csv'");
  Run("COPY t FROM '" + folder_ + "/in.csv'");
  EXPECT_EQ(Text("SELECT a, b FROM t"), "1|x");
}

TEST_F(TableWriteTest, PreparedInsertsRunAgainAndAgain) {
  Run("CREATE TABLE t (a INT)");
  Run("PREPARE add_row AS INSERT INTO t VALUES ($1)");
  Run("EXECUTE add_row(1)");
  Run("EXECUTE add_row(2)");
  EXPECT_EQ(Text("SELECT sum(a) FROM t"), "3");
}

}  // namespace
}  // namespace eider::engine

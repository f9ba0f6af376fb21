#include "engine/table_scan.h"

#include <gmock/gmock.h>

#include <fstream>

#include "catalog/open_catalog.h"
#include "engine/foreign_commit.h"
#include "engine/reading_fixture.h"
#include "iceberg/snapshot_producer.h"

namespace eider::engine {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class TableScanTest : public ReadingFixture {
 protected:
  // Four files of a thousand rows each, with the numbers 0 to 3999 in turn.
  void MakeFourFiles() {
    Run("CREATE TABLE t (n INTEGER, s VARCHAR, d DOUBLE, day DATE)");
    for (int i = 0; i < 4; ++i) {
      Run("INSERT INTO t SELECT i, 'row ' || lpad(i::VARCHAR, 4, '0'), i / 2, "
          "DATE '2026-01-01' + i::INTEGER FROM range(" +
          std::to_string(i * 1000) + ", " + std::to_string((i + 1) * 1000) + ") t(i)");
    }
  }

  std::string OneDataFile(const std::string& table) {
    return Value("SELECT min(replace(file_path, 'file://', '')) FROM \"" + table + "$files\"");
  }
};

TEST_F(TableScanTest, ATableWithoutSnapshotIsEmpty) {
  Run("CREATE TABLE t (a INTEGER, b STRUCT(c VARCHAR))");
  EXPECT_EQ(Value("SELECT count(*), max(a) FROM t"), "0|NULL");
  EXPECT_EQ(Rows("SELECT * FROM t WHERE a = 1"), Strings{});
}

TEST_F(TableScanTest, PlansThatDuckDbCopiesReadTheSameVersion) {
  Run("CREATE TABLE t AS SELECT range AS i FROM range(3)");
  std::string first = Value("SELECT snapshot_id FROM \"t$snapshots\"");
  Run("INSERT INTO t VALUES (10)");
  // A CTE that is read twice below a LIMIT is copied into both places.
  auto count = [&](const std::string& table) {
    return Value("WITH o AS (SELECT * FROM " + table +
                 " WHERE i > 0) SELECT count(*) FROM (SELECT a.i FROM o a JOIN o b USING (i) LIMIT "
                 "10)");
  };
  EXPECT_EQ(count("t"), "3");
  EXPECT_EQ(count("t AT (VERSION => " + first + ")"), "2");
  Run("BEGIN");
  Run("INSERT INTO t VALUES (11)");
  EXPECT_EQ(count("t"), "4");
  Run("ROLLBACK");
  EXPECT_EQ(count("t"), "3");
}

TEST_F(TableScanTest, FiltersPruneFiles) {
  MakeFourFiles();
  EXPECT_EQ(FilesRead("SELECT sum(d) FROM t"), 4);
  const std::vector<std::pair<const char*, int>> cases = {
      {"n = 1500", 1},
      {"n >= 3000", 1},
      {"n > 998 AND n < 1001", 2},
      {"n BETWEEN 900 AND 1100", 2},
      {"n IN (5, 3500)", 2},
      {"n = 5 OR n = 2500", 2},
      {"5 > n", 1},
      {"s = 'row 2999'", 1},
      {"s LIKE 'row 3%'", 1},
      {"starts_with(s, 'row 00')", 1},
      {"day = DATE '2026-01-10'", 1},
      {"day < TIMESTAMP '2026-01-02 00:00:00'", 4},  // a cast of the column
      {"d < 1.5", 1},
      {"n % 2 = 0 AND n < 10", 1},
  };
  for (const auto& [filter, files] : cases) {
    std::string sql = std::string("SELECT sum(d) FROM t WHERE ") + filter;
    EXPECT_LE(FilesRead(sql), files) << filter;
  }
  EXPECT_EQ(FilesRead("SELECT sum(d) FROM t WHERE n IS NULL"), 0);
  EXPECT_EQ(FilesRead("SELECT sum(d) FROM t WHERE n > 4000"), 0);
}

TEST_F(TableScanTest, FiltersOnFieldsOfStructsPruneFiles) {
  Run("CREATE TABLE t (s STRUCT(a STRUCT(b INTEGER)))");
  Run("INSERT INTO t VALUES ({'a': {'b': 1}}), (NULL)");
  Run("INSERT INTO t VALUES ({'a': {'b': 5}}), ({'a': NULL})");
  EXPECT_EQ(FilesRead("SELECT * FROM t WHERE s.a.b = 5"), 1);
  EXPECT_EQ(Rows("SELECT s.a.b FROM t WHERE s.a.b < 3"), Strings{"1"});
  EXPECT_EQ(Value("SELECT count(*) FROM t WHERE s.a.b IS NULL"), "2");
  EXPECT_EQ(Value("SELECT count(*) FROM t WHERE s.a.b IS NOT NULL"), "2");
  EXPECT_EQ(Value("SELECT count(*) FROM t WHERE s IS NULL"), "1");
}

TEST_F(TableScanTest, PrunedScansGiveTheRowsOfWholeOnes) {
  MakeFourFiles();
  Run("CREATE TABLE memory.main.t AS SELECT * FROM t");
  for (const char* filter :
       {"n = 1500", "n IN (5, 999, 1000, 3999, 4000)", "n BETWEEN 995 AND 1005", "s > 'row 3990'",
        "s LIKE 'row 1%9'", "day = DATE '2026-06-30'", "d <= 0.5", "n <> 0 AND n < 3",
        "n = 1 OR s = 'row 3000'", "NOT (n > 2)", "n IS NOT NULL AND n < 2"}) {
    std::string tail = std::string(" WHERE ") + filter + " ORDER BY n";
    EXPECT_EQ(Rows("SELECT * FROM t" + tail), Rows("SELECT * FROM memory.main.t" + tail)) << filter;
  }
}

TEST_F(TableScanTest, JoinsPruneFilesByTheirOtherSide) {
  MakeFourFiles();
  Run("CREATE TABLE wanted AS SELECT 2500 AS n UNION ALL SELECT 2501");
  std::string sql = "SELECT t.s FROM t JOIN wanted USING (n) ORDER BY 1";
  EXPECT_EQ(Rows(sql), (Strings{"row 2500", "row 2501"}));
  // One of t's four files, and that of the other table.
  EXPECT_LE(FilesRead(sql), 3);
}

TEST_F(TableScanTest, CountsAreAnsweredWithoutOpeningFiles) {
  MakeFourFiles();
  std::filesystem::remove(OneDataFile("t"));
  EXPECT_EQ(Value("SELECT count(*) FROM t"), "4000");
}

TEST_F(TableScanTest, StatisticsReachTheOptimizer) {
  MakeFourFiles();
  std::string plan;
  // A filter that always holds is left out.
  for (const std::string& row : Rows("EXPLAIN SELECT * FROM t WHERE n >= 0")) plan += row;
  EXPECT_THAT(plan, Not(HasSubstr("Filters")));
  EXPECT_EQ(Value("SELECT stats(n) FROM t LIMIT 1").find("[Min: 0, Max: 3999]"), 0u)
      << Value("SELECT stats(n) FROM t LIMIT 1");
  EXPECT_THAT(Value("SELECT stats(n) FROM t LIMIT 1"), HasSubstr("[Has Null: false"));
}

TEST_F(TableScanTest, ColumnsByFieldId) {
  Run("CREATE TABLE t (a INTEGER, b VARCHAR, c REAL, d DECIMAL(5, 2))");
  Run("INSERT INTO t VALUES (1, 'one', 1.5, 1.25), (2, 'two', NULL, 2.5)");
  Run("ALTER TABLE t RENAME COLUMN a TO x");
  Run("ALTER TABLE t RENAME COLUMN b TO a");
  Run("ALTER TABLE t ALTER x TYPE BIGINT");
  Run("ALTER TABLE t ALTER c TYPE DOUBLE");
  Run("ALTER TABLE t ALTER d TYPE DECIMAL(10, 2)");
  Run("ALTER TABLE t ADD COLUMN b DATE");
  Run("INSERT INTO t VALUES (5000000000, 'three', 3.5, 12345678.25, DATE '2026-01-31')");
  EXPECT_EQ(Rows("SELECT * FROM t ORDER BY x"),
            (Strings{"1|one|1.5|1.25|NULL", "2|two|NULL|2.50|NULL",
                     "5000000000|three|3.5|12345678.25|2026-01-31"}));
  EXPECT_EQ(Rows("SELECT a FROM t WHERE x = 2"), Strings{"two"});
  EXPECT_EQ(Rows("SELECT a FROM t WHERE c > 1 ORDER BY x"), (Strings{"one", "three"}));
  EXPECT_EQ(Rows("SELECT a FROM t WHERE d = 2.5"), Strings{"two"});
  EXPECT_EQ(Rows("SELECT x FROM t WHERE b IS NULL ORDER BY x"), (Strings{"1", "2"}));
  EXPECT_EQ(Rows("SELECT x FROM t WHERE b IS NOT NULL"), Strings{"5000000000"});

  // A column of a dropped one's name is another column.
  Run("ALTER TABLE t DROP COLUMN b");
  Run("ALTER TABLE t ADD COLUMN b DATE");
  EXPECT_EQ(Rows("SELECT x FROM t WHERE b IS NOT NULL"), Strings{});
}

TEST_F(TableScanTest, JoinsOverPromotedColumns) {
  Run("CREATE TABLE t (k INTEGER, v VARCHAR)");
  Run("INSERT INTO t SELECT i, 'v' || i FROM range(5000) t(i)");
  Run("ALTER TABLE t ALTER k TYPE BIGINT");
  // More than an IN list of the filter takes, few enough for a Bloom filter to pay.
  Run("CREATE TABLE wanted AS SELECT i * 7 AS k FROM range(300) t(i) WHERE i % 2 = 0");
  EXPECT_EQ(
      Value("SELECT count(*), sum(k) FROM t JOIN (SELECT * FROM wanted WHERE k > 6) USING (k)"),
      Value("SELECT count(*), sum(i * 7) FROM range(300) t(i) WHERE i % 2 = 0 AND i > 0"));
}

TEST_F(TableScanTest, NestedColumnsEvolve) {
  Run("CREATE TABLE t (id INTEGER, s STRUCT(a INTEGER, b VARCHAR), "
      "l STRUCT(x INTEGER)[], m MAP(VARCHAR, STRUCT(p INTEGER)))");
  Run("INSERT INTO t VALUES (1, {'a': 1, 'b': 'one'}, [{'x': 1}], MAP {'k': {'p': 1}}), "
      "(2, NULL, NULL, NULL), (3, {'a': NULL, 'b': NULL}, [], MAP {})");
  Run("ALTER TABLE t ADD COLUMN s.c DOUBLE");
  Run("ALTER TABLE t RENAME COLUMN s.a TO first");
  Run("ALTER TABLE t DROP COLUMN s.b");
  Run("INSERT INTO t (id, s) VALUES (4, {'first': 4, 'c': 4.5})");
  EXPECT_EQ(Rows("SELECT * FROM t ORDER BY id"),
            (Strings{"1|{'first': 1, 'c': NULL}|[{'x': 1}]|{k={'p': 1}}", "2|NULL|NULL|NULL",
                     "3|{'first': NULL, 'c': NULL}|[]|{}", "4|{'first': 4, 'c': 4.5}|NULL|NULL"}));
  EXPECT_EQ(Rows("SELECT s.c, s.first FROM t WHERE s.first >= 1 ORDER BY id"),
            (Strings{"NULL|1", "4.5|4"}));
  EXPECT_EQ(Rows("SELECT id FROM t WHERE s.c IS NOT NULL"), Strings{"4"});
}

TEST_F(TableScanTest, EveryTypeComesBack) {
  Run("CREATE TABLE memory.main.source AS SELECT true AS b, 1::INTEGER AS i, -4::BIGINT AS l, "
      "1.5::FLOAT AS f, 2.5::DOUBLE AS d, 12.34::DECIMAL(5,2) AS d5, 1.2::DECIMAL(15,1) AS d15, "
      "12345678901234567890.123::DECIMAL(38,3) AS d38, DATE '2026-02-28' AS dt, "
      "TIME '12:34:56.789012' AS tm, TIMESTAMP '1969-12-31 23:59:59.5' AS ts, "
      "TIMESTAMPTZ '2026-02-28 12:34:56.789012+02' AS tz, 'naïve ' || chr(0) AS s, "
      "'\\x00\\xFF'::BLOB AS bl, '550e8400-e29b-41d4-a716-446655440000'::UUID AS u, "
      "[1, NULL, 3] AS li, {'x': 1, 'y': ['a', NULL]} AS st, MAP {'a': 1.5, 'b': NULL} AS m, "
      "[[1], [], NULL] AS ll, MAP {1: [{'q': DATE '2026-01-01'}]} AS deep");
  Run("INSERT INTO memory.main.source SELECT NULL::BOOLEAN, * EXCLUDE (b) "
      "REPLACE (NULL AS i, NULL AS l, NULL AS f, NULL AS d, NULL AS d5, NULL AS d15, NULL AS d38, "
      "NULL AS dt, NULL AS tm, NULL AS ts, NULL AS tz, NULL AS s, NULL AS bl, NULL AS u, "
      "NULL AS li, NULL AS st, NULL AS m, NULL AS ll, NULL AS deep) FROM memory.main.source");
  Run("CREATE TABLE t AS SELECT * FROM memory.main.source");
  EXPECT_EQ(Columns("SELECT * FROM t"), Columns("SELECT * FROM memory.main.source"));
  EXPECT_EQ(Rows("SELECT * FROM t ORDER BY b"),
            Rows("SELECT * FROM memory.main.source ORDER BY b"));
  for (const char* column :
       {"b", "i", "l", "f", "d", "d5", "d15", "d38", "dt", "tm", "ts", "tz", "s", "bl", "u"}) {
    std::string sql = std::string("SELECT count(*) FROM t WHERE ") + column + " = (SELECT " +
                      column + " FROM memory.main.source WHERE b)";
    EXPECT_EQ(Value(sql), "1") << column;
    EXPECT_EQ(Value(std::string("SELECT count(*) FROM t WHERE ") + column + " IS NULL"), "1");
  }
}

TEST_F(TableScanTest, VirtualColumns) {
  MakeFourFiles();
  EXPECT_EQ(Rows("SELECT n, file_row_number FROM t WHERE n IN (3, 1007) ORDER BY n"),
            (Strings{"3|3", "1007|7"}));
  EXPECT_EQ(Value("SELECT count(DISTINCT filename) FROM t"), "4");
  EXPECT_EQ(Value("SELECT regexp_matches(min(filename), '^/.*/t/data/.*parquet$') FROM t"), "true");
}

// Late materialization joins two scans that prune differently.
TEST_F(TableScanTest, TopRowsOfManyFiles) {
  MakeFourFiles();
  EXPECT_EQ(Rows("SELECT n, s FROM t ORDER BY n DESC LIMIT 2"),
            (Strings{"3999|row 3999", "3998|row 3998"}));
  EXPECT_EQ(Rows("SELECT n, s, d, day FROM t WHERE n BETWEEN 1500 AND 3500 ORDER BY d LIMIT 1"),
            Strings{"1500|row 1500|750.0|2030-02-09"});
}

TEST_F(TableScanTest, ManyFilesAreOpenedOnlyWhenNeeded) {
  Run("CREATE TABLE t (n INTEGER)");
  Run("BEGIN");
  for (int i = 0; i < 60; ++i) Run("INSERT INTO t VALUES (" + std::to_string(i) + ")");
  Run("COMMIT");
  EXPECT_EQ(Value("SELECT count(*), sum(n) FROM t WHERE n >= 0"), "60|1770");
  EXPECT_EQ(FilesRead("SELECT * FROM t WHERE n = 30"), 1);
}

// Statements that DuckDB has for tables of its own only.
TEST_F(TableScanTest, WhatTablesCannotDoIsSaid) {
  Run("CREATE TABLE t AS SELECT 1 AS n");
  for (const char* sql : {"CREATE INDEX i ON t (n)", "DELETE FROM t", "UPDATE t SET n = 2",
                          "MERGE INTO t USING (SELECT 1 AS n) u ON t.n = u.n WHEN MATCHED THEN "
                          "DELETE"}) {
    EXPECT_EQ(Failure(sql).code(), ErrorCode::kUnsupported) << sql;
  }
  EXPECT_EQ(Failure("INSERT INTO \"t$properties\" VALUES ('a', 'b')").code(),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(Failure("DELETE FROM \"t$files\"").code(), ErrorCode::kUnsupported);
  EXPECT_EQ(Failure("SELECT rowid FROM t").code(), ErrorCode::kQuery);
  EXPECT_EQ(Rows("SELECT * FROM t"), Strings{"1"});
}

TEST_F(TableScanTest, PreparedStatementsSeeNewSnapshots) {
  Run("CREATE TABLE t AS SELECT 1 AS n");
  Run("PREPARE p AS SELECT count(*) FROM t WHERE n = ?");
  EXPECT_EQ(Value("EXECUTE p(1)"), "1");
  Run("INSERT INTO t VALUES (1), (2)");
  EXPECT_EQ(Value("EXECUTE p(1)"), "2");
  EXPECT_EQ(Value("EXECUTE p(2)"), "1");
}

TEST_F(TableScanTest, ATableIsReadWhileItIsReplaced) {
  Run("CREATE TABLE t AS SELECT i AS n FROM range(10) t(i)");
  Run("INSERT INTO t SELECT n + 10 FROM t");
  EXPECT_EQ(Value("SELECT count(*), max(n) FROM t"), "20|19");
  Run("CREATE OR REPLACE TABLE t AS SELECT n * 2 AS n FROM t WHERE n < 5");
  EXPECT_EQ(Value("SELECT count(*), max(n) FROM t"), "5|8");
}

TEST_F(TableScanTest, MissingDataFileIsNamed) {
  Run("CREATE TABLE t AS SELECT 1 AS n");
  std::string path = OneDataFile("t");
  std::filesystem::remove(path);
  Error error = Failure("SELECT * FROM t");
  EXPECT_EQ(error.code(), ErrorCode::kNotFound);
  EXPECT_THAT(error.message(), HasSubstr(path));
  EXPECT_THAT(error.message(), HasSubstr("s.t"));
}

TEST_F(TableScanTest, DamagedDataFilesAreNamed) {
  Run("CREATE TABLE t AS SELECT i AS n, i * i AS m FROM range(10000) t(i)");
  std::string path = OneDataFile("t");
  auto size = std::filesystem::file_size(path);
  std::string bytes(size, '\0');
  std::ifstream(path, std::ios::binary).read(bytes.data(), static_cast<std::streamsize>(size));
  auto expect_named = [&](const std::string& what, const std::string& content) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
    Reopen();
    Error error = Failure("SELECT sum(n), sum(m) FROM t");
    EXPECT_THAT(error.message(), HasSubstr(path)) << what;
    EXPECT_EQ(error.code(), ErrorCode::kCorrupt) << what << ": " << error.what();
  };
  expect_named("no Parquet", "this is not a Parquet file at all, whatever its name says");
  expect_named("cut short", bytes.substr(0, size / 2));
  expect_named("empty", "");
  std::string garbled = bytes;
  for (size_t i = 30; i < size / 2; ++i) garbled[i] = static_cast<char>(garbled[i] ^ 0x5A);
  expect_named("garbled pages", garbled);
}

TEST_F(TableScanTest, MissingManifestsAreNamed) {
  Run("CREATE TABLE t AS SELECT 1 AS n");
  std::string manifest = Value("SELECT replace(path, 'file://', '') FROM \"t$manifests\"");
  std::filesystem::remove(manifest);
  // What was read once is cached for the process, so the table is made another one.
  Run("INSERT INTO t VALUES (2)");
  std::string second = Value(
      "SELECT min(replace(path, 'file://', '')) FROM \"t$manifests\" "
      "WHERE path <> 'file://" +
      manifest + "'");
  std::filesystem::remove(second);
  Error error = Failure("SELECT * FROM t");
  EXPECT_EQ(error.code(), ErrorCode::kNotFound);
  EXPECT_THAT(error.message(), HasSubstr(".avro"));
}

const catalog::TableIdentifier kTable{{"s"}, "t"};

// Files taken over from Hive: neither field ids nor the columns they are partitioned by.
TEST_F(TableScanTest, PartitionColumnsThatAreNotInTheFile) {
  Run("CREATE TABLE t (region VARCHAR, n INTEGER)");
  {
    auto store = catalog::OpenCatalog(warehouse());
    iceberg::PartitionField field;
    field.source_id = 1;
    field.name = "region";
    iceberg::PartitionSpec spec;
    spec.fields = {field};
    spec.spec_id = 1;
    Commit(*store, kTable, {iceberg::AddPartitionSpec{spec}, iceberg::SetDefaultSpec{}});
    iceberg::SnapshotProducer producer(iceberg::SnapshotProducer::Mode::kAppend, {});
    auto metadata = store->LoadTable(store->Find(kTable)->metadata_location);
    Commit(*store, kTable, producer.Produce(*metadata, store->files()));
  }
  std::string path = folder_ + "/part.parquet";
  Run("COPY (SELECT i::INTEGER AS n FROM range(3) t(i)) TO '" + path + "'");
  iceberg::DataFile file;
  file.file_path = "file://" + path;
  file.record_count = 3;
  file.file_size_in_bytes = static_cast<int64_t>(std::filesystem::file_size(path));
  file.partition = {iceberg::Literal{std::string("eu")}};
  AddForeignFile(warehouse(), kTable, file);
  EXPECT_EQ(Rows("SELECT * FROM t ORDER BY n"), (Strings{"eu|0", "eu|1", "eu|2"}));
  EXPECT_EQ(Rows("SELECT n FROM t WHERE region = 'eu' AND n > 1"), Strings{"2"});
  EXPECT_EQ(FilesRead("SELECT * FROM t WHERE region = 'us'"), 0);
  EXPECT_EQ(Value("SELECT count(*), min(region) FROM t WHERE region IS NOT NULL"), "3|eu");
}

// Version 3: a column added with a default has it in files older than the column.
TEST_F(TableScanTest, InitialDefaults) {
  Run("CREATE TABLE t WITH ('format-version'='3') AS SELECT 1 AS n");
  {
    auto store = catalog::OpenCatalog(warehouse());
    auto metadata = store->LoadTable(store->Find(kTable)->metadata_location);
    iceberg::Schema schema = metadata->CurrentSchema();
    auto add = [&](int32_t id, const char* name, iceberg::TypePtr type, const char* value) {
      iceberg::NestedField field;
      field.id = id;
      field.name = name;
      field.type = std::move(type);
      field.initial_default = Json::parse(value);
      field.write_default = field.initial_default;
      schema.fields.push_back(std::move(field));
    };
    add(2, "i", iceberg::Type::Primitive(iceberg::TypeId::kInt), "34");
    add(3, "d", iceberg::Type::Decimal(9, 2), "\"14.20\"");
    add(4, "s", iceberg::Type::Primitive(iceberg::TypeId::kString), "\"none\"");
    add(5, "day", iceberg::Type::Primitive(iceberg::TypeId::kDate), "\"2017-11-16\"");
    schema.schema_id = 1;
    Commit(*store, kTable, {iceberg::AddSchema{schema}, iceberg::SetCurrentSchema{}});
  }
  EXPECT_EQ(Rows("SELECT * FROM t"), Strings{"1|34|14.20|none|2017-11-16"});
  EXPECT_EQ(Rows("SELECT n FROM t WHERE i = 34 AND s = 'none'"), Strings{"1"});
  EXPECT_EQ(Rows("SELECT n FROM t WHERE i IS NULL"), Strings{});
  Run("INSERT INTO t VALUES (2, NULL, 1, 'x', NULL)");
  EXPECT_EQ(Rows("SELECT n FROM t WHERE i IS NULL"), Strings{"2"});
}

TEST_F(TableScanTest, DataFilesOfOtherFormatsAreRefused) {
  Run("CREATE TABLE t AS SELECT 1 AS n");
  iceberg::DataFile file;
  file.file_path = "/data/file.orc";
  file.file_format = "ORC";
  file.record_count = 1;
  AddForeignFile(warehouse(), kTable, file);
  Error error = Failure("SELECT * FROM t");
  EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
  EXPECT_THAT(error.message(), HasSubstr("/data/file.orc"));
}

}  // namespace
}  // namespace eider::engine

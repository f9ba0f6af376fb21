#include "engine/row_deletes.h"

#include <gmock/gmock.h>
#include <zlib.h>

#include "engine/foreign_commit.h"
#include "engine/reading_fixture.h"

namespace eider::engine {
namespace {

using iceberg::DataFile;
using iceberg::FileContent;
using ::testing::HasSubstr;

const catalog::TableIdentifier kTable{{"s"}, "t"};

// The bytes of a deletion vector of positions below 65,536.
std::string VectorBlob(const std::vector<uint16_t>& positions) {
  std::string body = "\xD1\xD3\x39\x64";
  auto little = [&](uint64_t value, int size) {
    for (int i = 0; i < size; ++i) body.push_back(static_cast<char>(value >> (8 * i)));
  };
  little(1, 8);       // bitmaps
  little(0, 4);       // the key of the first
  little(12'346, 4);  // no runs
  little(1, 4);       // containers
  little(0, 2);       // the key of the first
  little(positions.size() - 1, 2);
  little(16, 4);  // where it begins
  for (uint16_t position : positions) little(position, 2);
  auto big = [](uint64_t value) {
    std::string bytes;
    for (int shift : {24, 16, 8, 0}) bytes.push_back(static_cast<char>(value >> shift));
    return bytes;
  };
  auto sum = ::crc32_z(0, reinterpret_cast<const Bytef*>(body.data()), body.size());
  return big(body.size()) + body + big(sum);
}

class RowDeletesTest : public ReadingFixture {
 protected:
  // Four files of a thousand rows each, with the numbers 0 to 3999 in turn.
  void MakeFourFiles(const std::string& options = "") {
    Run("CREATE TABLE t (n INTEGER, s VARCHAR)" + options);
    for (int i = 0; i < 4; ++i) {
      Run("INSERT INTO t SELECT i, 'row ' || i % 10 FROM range(" + std::to_string(i * 1000) + ", " +
          std::to_string((i + 1) * 1000) + ") t(i)");
    }
  }

  // The location of the data file with the row.
  std::string FileWith(int n) {
    return "file://" + Value("SELECT min(filename) FROM t WHERE n = " + std::to_string(n));
  }

  DataFile Written(const std::string& select, const std::string& field_ids) {
    std::string path = folder_ + "/foreign-" + std::to_string(++files_) + ".parquet";
    Run("COPY (" + select + ") TO '" + path + "' (FORMAT parquet" +
        (field_ids.empty() ? "" : ", FIELD_IDS {" + field_ids + "}") + ")");
    DataFile file;
    file.file_path = "file://" + path;
    file.record_count = std::stoll(Value("SELECT count(*) FROM '" + path + "'"));
    file.file_size_in_bytes = static_cast<int64_t>(std::filesystem::file_size(path));
    return file;
  }

  // Deletes the rows `select` gives as (location of the data file, position).
  void DeletePositions(const std::string& select,
                       const std::string& field_ids = "file_path: 2147483546, pos: 2147483545") {
    DataFile file =
        Written("SELECT * FROM (" + select + ") x(file_path, pos) ORDER BY ALL", field_ids);
    file.content = FileContent::kPositionDeletes;
    AddForeignFile(warehouse(), kTable, file);
  }

  void DeleteEqual(const std::string& select, const std::string& field_ids,
                   std::vector<int32_t> equality_ids) {
    DataFile file = Written(select, field_ids);
    file.content = FileContent::kEqualityDeletes;
    file.equality_ids = std::move(equality_ids);
    AddForeignFile(warehouse(), kTable, file);
  }

  // Returns the path of the file with the vector.
  std::string DeleteByVector(const std::string& location, const std::string& blob, int64_t rows) {
    std::string path = folder_ + "/vector-" + std::to_string(++files_) + ".puffin";
    io::LocalFileSystem().WriteNew(path, "PFA1" + blob + "whatever follows");
    DataFile file;
    file.content = FileContent::kPositionDeletes;
    file.file_format = "PUFFIN";
    file.file_path = "file://" + path;
    file.record_count = rows;
    file.referenced_data_file = location;
    file.content_offset = 4;
    file.content_size_in_bytes = static_cast<int64_t>(blob.size());
    AddForeignFile(warehouse(), kTable, file);
    return path;
  }

  int files_ = 0;
};

TEST_F(RowDeletesTest, PositionDeletes) {
  MakeFourFiles();
  std::string before = Value("SELECT max_by(snapshot_id, committed_at) FROM \"t$snapshots\"");
  DeletePositions("SELECT '" + FileWith(5) + "', unnest([0, 5, 999]) UNION ALL SELECT '" +
                  FileWith(2000) + "', range FROM range(1000)");
  EXPECT_EQ(Value("SELECT count(*), min(n), max(n), sum(n) FROM t"),
            "2997|1|3999|" + std::to_string(3999 * 2000 - 1004 - (2000 + 2999) * 500));
  EXPECT_EQ(Value("SELECT count(*) FROM t"), "2997");
  EXPECT_EQ(Value("SELECT count(*) FROM t WHERE n >= 0"), "2997");
  EXPECT_EQ(Rows("SELECT n FROM t WHERE n IN (0, 1, 5, 6, 999, 1000, 2500) ORDER BY n"),
            (Strings{"1", "6", "1000"}));
  EXPECT_EQ(Rows("SELECT n, file_row_number FROM t WHERE n < 8 AND s = 'row 6'"), Strings{"6|6"});
  EXPECT_EQ(Rows("SELECT n, s FROM t WHERE n < 3000 ORDER BY n DESC LIMIT 2"),
            (Strings{"1999|row 9", "1998|row 8"}));
  EXPECT_EQ(Rows("SELECT t.n FROM t JOIN (SELECT unnest([5, 6, 2001]) AS n) USING (n)"),
            Strings{"6"});
  EXPECT_EQ(Value("SELECT count(*), count(n) FROM t AT (VERSION => " + before + ")"), "4000|4000");
  EXPECT_EQ(Rows("SELECT content, count(*), sum(record_count) FROM \"t$files\" GROUP BY ALL "
                 "ORDER BY ALL"),
            (Strings{"0|4|4000", "1|1|1003"}));
}

TEST_F(RowDeletesTest, PositionDeletesByNameWhereTheyHaveNoFieldIds) {
  MakeFourFiles();
  Run("ALTER TABLE t SET ('schema.name-mapping.default' = "
      "'[{\"field-id\": 1, \"names\": [\"n\"]}]')");
  DeletePositions("SELECT '" + FileWith(5) + "', 5", "");
  EXPECT_EQ(Rows("SELECT n FROM t WHERE n BETWEEN 4 AND 6"), (Strings{"4", "6"}));
}

TEST_F(RowDeletesTest, ThousandsOfRowsInManyRowGroups) {
  Run("CREATE TABLE t AS SELECT i::BIGINT AS n, i % 17 AS m FROM range(400000) t(i)");
  DeletePositions("SELECT '" + FileWith(5) +
                  "', i FROM range(400000) t(i) WHERE i % 3 = 1 OR i BETWEEN 100000 AND 250000");
  std::string filter = " WHERE NOT (n % 3 = 1 OR n BETWEEN 100000 AND 250000)";
  std::string all = " FROM (SELECT i AS n, i % 17 AS m FROM range(400000) t(i))" + filter;
  for (const char* tail : {"", " AND m = 3", " AND n > 99990 AND n < 250010", " AND n = 249999"}) {
    std::string condition = *tail == '\0' ? "" : std::string(" WHERE ") + (tail + 5);
    EXPECT_EQ(Value("SELECT count(*), sum(n), sum(m) FROM t" + condition),
              Value("SELECT count(*), sum(n), sum(m)" + all + tail))
        << tail;
  }
}

TEST_F(RowDeletesTest, RowsThatCameLaterStay) {
  Run("CREATE TABLE t AS SELECT 1 AS n");
  DeleteEqual("SELECT 1::INTEGER AS n", "n: 1", {1});
  EXPECT_EQ(Value("SELECT count(*) FROM t"), "0");
  Run("INSERT INTO t VALUES (1), (2)");
  EXPECT_EQ(Rows("SELECT n FROM t"), (Strings{"1", "2"}));
  DeletePositions("SELECT '" + FileWith(2) + "', 1");
  EXPECT_EQ(Rows("SELECT n FROM t"), Strings{"1"});
  EXPECT_EQ(Value("SELECT summary['total-records'] || ' ' || summary['total-delete-files'] || ' ' "
                  "|| summary['total-position-deletes'] || ' ' || "
                  "summary['total-equality-deletes'] FROM \"t$snapshots\" "
                  "ORDER BY committed_at DESC LIMIT 1"),
            "3 2 1 1");
  Run("INSERT INTO t VALUES (3)");
  EXPECT_EQ(Rows("SELECT n FROM t ORDER BY n"), (Strings{"1", "3"}));
  EXPECT_EQ(Value("SELECT summary['total-delete-files'] FROM \"t$snapshots\" "
                  "ORDER BY committed_at DESC LIMIT 1"),
            "2");
}

TEST_F(RowDeletesTest, AReplacedTableHasNoneOfThem) {
  Run("CREATE TABLE t AS SELECT unnest([1, 2, 3]) AS n");
  DeleteEqual("SELECT 1::INTEGER AS n", "n: 1", {1});
  DeletePositions("SELECT '" + FileWith(2) + "', 1");
  std::string before = Value("SELECT max_by(snapshot_id, committed_at) FROM \"t$snapshots\"");
  Run("CREATE OR REPLACE TABLE t AS SELECT n FROM t UNION ALL SELECT 1");
  EXPECT_EQ(Rows("SELECT n FROM t ORDER BY n"), (Strings{"1", "3"}));
  EXPECT_EQ(Rows("SELECT n FROM t AT (VERSION => " + before + ")"), Strings{"3"});
  EXPECT_EQ(Rows("SELECT content, sum(record_count) FROM \"t$files\" GROUP BY ALL"),
            Strings{"0|2"});
  EXPECT_EQ(Value("SELECT concat_ws(' ', summary['total-records'], summary['total-delete-files'], "
                  "summary['total-position-deletes'], summary['total-equality-deletes']) "
                  "FROM \"t$snapshots\" ORDER BY committed_at DESC LIMIT 1"),
            "2 0 0 0");
}

TEST_F(RowDeletesTest, DeletionVectors) {
  MakeFourFiles(" WITH ('format-version'='3')");
  std::string path = DeleteByVector(FileWith(1000), VectorBlob({0, 7, 999}), 3);
  EXPECT_EQ(Value("SELECT count(*), min(n) FROM t WHERE n BETWEEN 1000 AND 1999"), "997|1001");
  EXPECT_EQ(Rows("SELECT n FROM t WHERE n IN (7, 1007, 2007) ORDER BY n"), (Strings{"7", "2007"}));
  EXPECT_EQ(Value("SELECT sum(n) FROM t"), std::to_string(3999 * 2000 - 1000 - 1007 - 1999));
  // Their counts are exact, so that no file is opened.
  std::filesystem::remove(path);
  EXPECT_EQ(Value("SELECT count(*) FROM t"), "3997");
}

TEST_F(RowDeletesTest, DamagedDeletionVectorsAreNamed) {
  MakeFourFiles(" WITH ('format-version'='3')");
  std::string blob = VectorBlob({0, 7, 999});
  blob[30] = static_cast<char>(blob[30] ^ 1);
  std::string path = DeleteByVector(FileWith(1000), blob, 3);
  Error error = Failure("SELECT sum(n) FROM t");
  EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
  EXPECT_THAT(error.message(), HasSubstr(path));
  std::filesystem::remove(path);
  EXPECT_EQ(Failure("SELECT sum(n) FROM t").code(), ErrorCode::kNotFound);
  EXPECT_EQ(Value("SELECT sum(n) FROM t WHERE n < 3"), "3");
}

TEST_F(RowDeletesTest, MissingDeleteFilesAreNamed) {
  MakeFourFiles();
  DeletePositions("SELECT '" + FileWith(5) + "', 5");
  std::string path = folder_ + "/foreign-1.parquet";
  std::filesystem::remove(path);
  Error error = Failure("SELECT sum(n) FROM t");
  EXPECT_EQ(error.code(), ErrorCode::kNotFound);
  EXPECT_THAT(error.message(), HasSubstr("delete file " + path));
  EXPECT_THAT(error.message(), HasSubstr("s.t"));
}

TEST_F(RowDeletesTest, DeleteFilesOfOtherFormatsAreRefused) {
  Run("CREATE TABLE t AS SELECT 1 AS n");
  DataFile file;
  file.content = FileContent::kPositionDeletes;
  file.file_path = "/data/deletes.avro";
  file.file_format = "AVRO";
  file.record_count = 1;
  AddForeignFile(warehouse(), kTable, file);
  for (const char* sql : {"SELECT * FROM t", "SELECT count(*) FROM t"}) {
    Error error = Failure(sql);
    EXPECT_EQ(error.code(), ErrorCode::kUnsupported) << sql;
    EXPECT_THAT(error.message(), HasSubstr("delete file /data/deletes.avro"));
    EXPECT_THAT(error.message(), HasSubstr("AVRO"));
  }
}

TEST_F(RowDeletesTest, EqualityDeletesOfSeveralColumnsWithNulls) {
  Run("CREATE TABLE t (a INTEGER, b VARCHAR, c DOUBLE)");
  Run("INSERT INTO t VALUES (1, 'x', 1.5), (1, 'y', 1.5), (NULL, 'x', 2.5), (NULL, NULL, 3.5), "
      "(2, NULL, 4.5), (3, '', 5.5), (NULL, '', 6.5)");
  // Columns that are not named do not count.
  DeleteEqual(
      "SELECT * FROM (VALUES ('x'::VARCHAR, 1::INTEGER, 99), (NULL, NULL, 99), "
      "('', 3, 99), ('x', 7, 99)) v(other, a, c)",
      "other: 2, a: 1, c: 3", {1, 2});
  EXPECT_EQ(Rows("SELECT * FROM t ORDER BY c"),
            (Strings{"1|y|1.5", "NULL|x|2.5", "2|NULL|4.5", "NULL||6.5"}));
  EXPECT_EQ(Value("SELECT count(*) FROM t"), "4");
  EXPECT_EQ(Value("SELECT count(*) FROM t WHERE a IS NULL"), "2");
}

TEST_F(RowDeletesTest, EqualityDeletesThroughSchemaChanges) {
  Run("CREATE TABLE t (a INTEGER, b VARCHAR, s STRUCT(x INTEGER, y VARCHAR))");
  Run("INSERT INTO t VALUES (1, 'one', {'x': 1, 'y': 'q'}), (2, 'two', {'x': 2, 'y': 'q'}), "
      "(3, 'three', NULL), (4, 'four', {'x': NULL, 'y': 'q'}), (5, 'five', {'x': 5, 'y': 'q'})");
  DeleteEqual("SELECT 'two' AS b", "b: 2", {2});
  Run("ALTER TABLE t DROP COLUMN b");
  EXPECT_EQ(Rows("SELECT a FROM t ORDER BY a"), (Strings{"1", "3", "4", "5"}));
  Run("ALTER TABLE t ALTER a TYPE BIGINT");
  Run("ALTER TABLE t RENAME COLUMN a TO k");
  // One written before the promotion, one after.
  DeleteEqual("SELECT 1::INTEGER AS a", "a: 1", {1});
  DeleteEqual("SELECT 5::BIGINT AS k", "k: 1", {1});
  EXPECT_EQ(Rows("SELECT k FROM t ORDER BY k"), (Strings{"3", "4"}));
  Run("INSERT INTO t VALUES (6, {'x': 6, 'y': 'q'}), (7, {'x': 7, 'y': 'q'})");
  // A null struct is a null of each of its fields.
  DeleteEqual("SELECT unnest([{'x': 6::INTEGER}, NULL]) AS s", "s: {__duckdb_field_id: 3, x: 4}",
              {4});
  EXPECT_EQ(Rows("SELECT k FROM t ORDER BY k"), Strings{"7"});
  // Files older than a column have null in it.
  Run("ALTER TABLE t ADD COLUMN late VARCHAR");
  Run("INSERT INTO t VALUES (8, NULL, 'here')");
  DeleteEqual("SELECT NULL::VARCHAR AS late", "late: 6", {6});
  EXPECT_EQ(Rows("SELECT k FROM t ORDER BY k"), Strings{"8"});
}

// As tables that are written by upserts: every commit deletes what it writes anew.
TEST_F(RowDeletesTest, ManyEqualityDeletesReachWhatIsOlder) {
  Run("CREATE TABLE t (n INTEGER, round INTEGER)");
  Run("CREATE TABLE memory.main.expected (n INTEGER, round INTEGER)");
  for (int round = 0; round < 10; ++round) {
    std::string rows = "SELECT (i * 7 + " + std::to_string(round * 11) + ")::INTEGER % 100 AS n, " +
                       std::to_string(round) + " AS round FROM range(40) r(i)";
    if (round > 0) {
      DeleteEqual("SELECT n FROM (" + rows + ")", "n: 1", {1});
      Run("DELETE FROM memory.main.expected WHERE n IN (SELECT n FROM (" + rows + "))");
    }
    Run("INSERT INTO t " + rows);
    Run("INSERT INTO memory.main.expected " + rows);
  }
  EXPECT_EQ(Rows("SELECT * FROM t ORDER BY ALL"),
            Rows("SELECT * FROM memory.main.expected ORDER BY ALL"));
  EXPECT_EQ(Rows("SELECT * FROM t WHERE round = 3 ORDER BY ALL"),
            Rows("SELECT * FROM memory.main.expected WHERE round = 3 ORDER BY ALL"));
}

TEST_F(RowDeletesTest, EqualityDeletesByWhatIsNoColumnAreRefused) {
  Run("CREATE TABLE t AS SELECT 1 AS n, [1] AS l");
  DeleteEqual("SELECT 1 AS x", "x: 77", {77});
  EXPECT_EQ(Failure("SELECT * FROM t").code(), ErrorCode::kUnsupported);
  EXPECT_EQ(Failure("SELECT count(*) FROM t").code(), ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace eider::engine

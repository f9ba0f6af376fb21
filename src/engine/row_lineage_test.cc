#include "engine/row_lineage.h"

#include <gmock/gmock.h>

#include "engine/foreign_commit.h"
#include "engine/reading_fixture.h"

namespace eider::engine {
namespace {

class RowLineageTest : public ReadingFixture {
 protected:
  RowLineageTest() {
    Run("CREATE TABLE t (n INTEGER) WITH ('format-version'='3')");
    Run("INSERT INTO t SELECT * FROM range(10)");
    Run("INSERT INTO t SELECT * FROM range(10, 20)");
  }

  // Rows another engine took over from older files: (number, row id, sequence number).
  void AddFile(const std::string& values) {
    std::string path = folder_ + "/moved.parquet";
    Run("COPY (SELECT n::INTEGER AS n, r::BIGINT AS _row_id, "
        "s::BIGINT AS _last_updated_sequence_number FROM (VALUES " +
        values + ") v(n, r, s)) TO '" + path +
        "' (FORMAT parquet, FIELD_IDS {n: 1, _row_id: 2147483540, "
        "_last_updated_sequence_number: 2147483539})");
    iceberg::DataFile file;
    file.file_path = "file://" + path;
    file.record_count = 3;
    file.file_size_in_bytes = static_cast<int64_t>(std::filesystem::file_size(path));
    AddForeignFile(warehouse(), {{"s"}, "t"}, file);
  }
};

TEST_F(RowLineageTest, FollowsFromWhereTheRowIs) {
  EXPECT_EQ(Value("SELECT count(*), count(DISTINCT _row_id), min(_row_id), max(_row_id) FROM t"),
            "20|20|0|19");
  EXPECT_EQ(Rows("SELECT n, _row_id, _last_updated_sequence_number FROM t "
                 "WHERE n IN (3, 13) ORDER BY n"),
            (Strings{"3|3|1", "13|13|2"}));
  EXPECT_EQ(Columns("SELECT * FROM t"), "n INTEGER");
}

TEST_F(RowLineageTest, FilesHoldThatOfRowsTheyTookOver) {
  AddFile("(100, 7, 1), (101, NULL, NULL), (102, 12, NULL)");
  EXPECT_EQ(Rows("SELECT n, _row_id, _last_updated_sequence_number FROM t WHERE n >= 100 "
                 "ORDER BY n"),
            (Strings{"100|7|1", "101|21|3", "102|12|3"}));
  // Alone, with the row number, and in another order.
  EXPECT_EQ(Value("SELECT count(*), max(_row_id) FROM t"), "23|21");
  EXPECT_EQ(Rows("SELECT file_row_number, _row_id, n FROM t WHERE n = 101"), Strings{"1|21|101"});
}

TEST_F(RowLineageTest, Filters) {
  AddFile("(100, 7, 1), (101, NULL, NULL), (102, 12, NULL)");
  EXPECT_EQ(Rows("SELECT n FROM t WHERE _row_id > 18 ORDER BY n"), (Strings{"19", "101"}));
  EXPECT_EQ(Rows("SELECT _row_id, n FROM t WHERE _row_id = 7 ORDER BY n"),
            (Strings{"7|7", "7|100"}));
  EXPECT_EQ(Rows("SELECT n, _row_id FROM t WHERE _last_updated_sequence_number = 3 AND n > 5 "
                 "ORDER BY n"),
            (Strings{"101|21", "102|12"}));
  EXPECT_EQ(Rows("SELECT n FROM t JOIN (SELECT unnest([19, 21, 40]) AS r) ON _row_id = r "
                 "ORDER BY n"),
            (Strings{"19", "101"}));
  EXPECT_EQ(Rows("SELECT n FROM t ORDER BY _row_id DESC LIMIT 2"), (Strings{"101", "19"}));
}

TEST_F(RowLineageTest, OfVersionThreeOnly) {
  Run("CREATE TABLE u AS SELECT 1 AS n");
  EXPECT_EQ(Failure("SELECT _row_id FROM u").code(), ErrorCode::kQuery);
}

}  // namespace
}  // namespace eider::engine

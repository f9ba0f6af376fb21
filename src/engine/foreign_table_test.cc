// Tables written by PyIceberg (testdata/foreign_warehouse.py), in its own SQL catalog.
#include <gmock/gmock.h>

#include "engine/reading_fixture.h"

namespace eider::engine {
namespace {

class ForeignTableTest : public ReadingFixture {
 protected:
  ForeignTableTest() {
    std::filesystem::remove_all(kFolder);
    std::filesystem::copy(
        std::filesystem::path(__FILE__).parent_path() / "testdata" / "foreign_warehouse", kFolder,
        std::filesystem::copy_options::recursive);
    database_->AttachWarehouse("foreign", kFolder);
    session_->Use("foreign", "py");
  }
  ~ForeignTableTest() override { std::filesystem::remove_all(kFolder); }

  // Iceberg's metadata holds absolute paths, so there is one place for the copy.
  static constexpr char kFolder[] = "/tmp/eider_foreign_warehouse";
};

TEST_F(ForeignTableTest, EvolvedSchema) {
  EXPECT_EQ(Columns("SELECT * FROM evolved"),
            "amount DECIMAL(12,2), key BIGINT, price DOUBLE, "
            "place STRUCT(town VARCHAR, zip BIGINT, country VARCHAR), tags VARCHAR[], "
            "scores MAP(VARCHAR, INTEGER), added VARCHAR");
  EXPECT_EQ(Rows("SELECT * FROM evolved ORDER BY key"),
            (Strings{"12.34|1|1.5|{'town': Oslo, 'zip': 150, 'country': NULL}|[a, b]|{k=1}|NULL",
                     "-0.01|2|NULL|NULL|[]|{}|NULL",
                     "9999999999.99|5000000000|2.5|{'town': Rome, 'zip': 6000000000, 'country': "
                     "IT}|[c]|{z=26}|new"}));
  EXPECT_EQ(Rows("SELECT key FROM evolved WHERE amount = 12.34"), Strings{"1"});
  EXPECT_EQ(Rows("SELECT key FROM evolved WHERE place.zip = 150"), Strings{"1"});
  EXPECT_EQ(Rows("SELECT key FROM evolved WHERE place.country = 'IT'"), Strings{"5000000000"});
  // Bounds written for narrower types prune as well.
  EXPECT_EQ(FilesRead("SELECT * FROM evolved WHERE key = 2"), 1);
  EXPECT_EQ(FilesRead("SELECT * FROM evolved WHERE amount > 100"), 1);
}

TEST_F(ForeignTableTest, OlderVersionsHaveTheirOwnColumns) {
  std::string first = Value("SELECT min_by(snapshot_id, committed_at) FROM \"evolved$snapshots\"");
  EXPECT_EQ(
      Columns("SELECT * FROM evolved AT (VERSION => " + first + ")"),
      "id INTEGER, price FLOAT, gone VARCHAR, amount DECIMAL(9,2), "
      "place STRUCT(city VARCHAR, zip INTEGER), tags VARCHAR[], scores MAP(VARCHAR, INTEGER)");
  EXPECT_EQ(Rows("SELECT id, gone, place.city FROM evolved AT (VERSION => " + first + ")"),
            (Strings{"1|x|Oslo", "2|y|NULL"}));
}

TEST_F(ForeignTableTest, EveryType) {
  EXPECT_EQ(Rows("SELECT * FROM types WHERE i IS NOT NULL"),
            Strings{"true|-1|1099511627776|0.5|nan|-1234567890123456789012345678.0123456789|"
                    "1969-12-31|01:02:03.456789|2026-01-31 12:00:00.000001|2026-01-31 12:00:00+00|"
                    "naïve|550e8400-e29b-41d4-a716-446655440000|abc|\\x00\\xFF"});
  EXPECT_EQ(Value("SELECT count(*) FROM types WHERE b IS NULL AND u IS NULL AND bin IS NULL"), "1");
  for (const char* filter :
       {"b", "i = -1", "l = 1099511627776", "f = 0.5", "d = 'nan'::DOUBLE", "d > 1e300", "dec < -1",
        "day = DATE '1969-12-31'", "\"time\" = TIME '01:02:03.456789'",
        "ts = TIMESTAMP '2026-01-31 12:00:00.000001'", "tz = TIMESTAMPTZ '2026-01-31 12:00:00+00'",
        "s = 'naïve'", "u = '550e8400-e29b-41d4-a716-446655440000'::UUID", "fixed = 'abc'::BLOB",
        "bin = '\\x00\\xFF'::BLOB"}) {
    EXPECT_EQ(Value(std::string("SELECT count(*) FROM types WHERE ") + filter), "1") << filter;
  }
}

TEST_F(ForeignTableTest, Partitions) {
  EXPECT_EQ(Rows("SELECT region, n FROM partitioned ORDER BY n"),
            (Strings{"eu|1", "eu|2", "us|3", "NULL|4"}));
  EXPECT_EQ(FilesRead("SELECT * FROM partitioned WHERE region = 'eu'"), 1);
  EXPECT_EQ(FilesRead("SELECT * FROM partitioned WHERE region IS NULL"), 1);
  EXPECT_EQ(Rows("SELECT n FROM partitioned WHERE region IS NULL"), Strings{"4"});
  EXPECT_EQ(Rows("SELECT partition.region, record_count, data.n.min, data.n.max "
                 "FROM \"partitioned$partitions\" ORDER BY 1 NULLS LAST"),
            (Strings{"eu|2|1|2", "us|1|3|3", "NULL|1|4|4"}));
}

TEST_F(ForeignTableTest, FilesWithoutFieldIds) {
  EXPECT_EQ(Rows("SELECT * FROM imported ORDER BY n"),
            (Strings{"1|a|{'y': 1}|[1]", "2|b|NULL|[2, 3]"}));
  EXPECT_EQ(Rows("SELECT label, nested.y FROM imported WHERE n = 1"), Strings{"a|1"});
}

TEST_F(ForeignTableTest, FilesWithoutFieldIdsAndWithoutMapping) {
  Run("ALTER TABLE imported RESET ('schema.name-mapping.default')");
  // By the names of today: those of columns renamed since are not found.
  EXPECT_EQ(Rows("SELECT * FROM imported ORDER BY n"),
            (Strings{"1|NULL|{'y': NULL}|[1]", "2|NULL|NULL|[2, 3]"}));
  Run("ALTER TABLE imported SET ('schema.name-mapping.default' = 'no JSON')");
  EXPECT_EQ(Failure("SELECT * FROM imported").code(), ErrorCode::kCorrupt);
}

TEST_F(ForeignTableTest, AnotherWriterMayGoOn) {
  Run("INSERT INTO evolved (key, added) VALUES (3, 'eider')");
  EXPECT_EQ(Rows("SELECT key, added FROM evolved ORDER BY key"),
            (Strings{"1|NULL", "2|NULL", "3|eider", "5000000000|new"}));
}

}  // namespace
}  // namespace eider::engine

// The SQL of the plan, as it stands there, run on a warehouse.
#include <gmock/gmock.h>

#include "engine/reading_fixture.h"

namespace eider::engine {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class PlanFormsTest : public ReadingFixture {};

TEST_F(PlanFormsTest, CreateTableUsingIcebergWithLocation) {
  Run("CREATE TABLE source AS SELECT 1 AS id, 'Ann' AS name");
  std::string location = warehouse() + "/elsewhere/customers";
  Run("CREATE OR REPLACE TABLE customers AS (\n  SELECT * FROM source\n) USING ICEBERG\n"
      "LOCATION '" +
      location + "'");
  EXPECT_EQ(Rows("SELECT * FROM customers"), Strings{"1|Ann"});
  EXPECT_THAT(Value("SELECT file_path FROM \"customers$files\""),
              StartsWith("file://" + location + "/data/"));
  // Once more: a replacement, with the history kept.
  Run("CREATE OR REPLACE TABLE customers AS (SELECT 2 AS id) USING ICEBERG LOCATION '" + location +
      "';");
  EXPECT_EQ(Rows("SELECT * FROM customers"), Strings{"2"});
  EXPECT_EQ(Value("SELECT count(*) FROM \"customers$history\""), "2");
}

TEST_F(PlanFormsTest, CreateTableUsingIcebergWithoutLocation) {
  Run("CREATE TABLE a USING iceberg AS SELECT 1 AS n");
  Run("CREATE TABLE b (n INTEGER, s VARCHAR) USING ICEBERG");
  Run("CREATE TABLE c AS (SELECT 1 AS n) USING ICEBERG "
      "TBLPROPERTIES ('write.parquet.compression-codec'='snappy')");
  EXPECT_EQ(Rows("SELECT n FROM a"), Strings{"1"});
  EXPECT_EQ(Columns("SELECT * FROM b"), "n INTEGER, s VARCHAR");
  EXPECT_EQ(Value("SELECT value FROM \"c$properties\" "
                  "WHERE key = 'write.parquet.compression-codec'"),
            "snappy");
}

TEST_F(PlanFormsTest, SetTableProperties) {
  Run("CREATE TABLE t AS SELECT 1 AS n");
  Run("ALTER TABLE t \n  SET TBLPROPERTIES (format='iceberg')");
  Run("ALTER TABLE w.s.t SET TBLPROPERTIES ('history.expire.min-snapshots-to-keep'='3')");
  EXPECT_EQ(Value("SELECT value FROM \"t$properties\" "
                  "WHERE key = 'history.expire.min-snapshots-to-keep'"),
            "3");
  Run("ALTER TABLE t UNSET TBLPROPERTIES ('history.expire.min-snapshots-to-keep')");
  EXPECT_EQ(Value("SELECT count(*) FROM \"t$properties\" WHERE key LIKE 'history%'"), "0");
  EXPECT_EQ(Rows("SELECT * FROM t"), Strings{"1"});
}

TEST_F(PlanFormsTest, TimeTravelInEveryPlace) {
  Run("CREATE TABLE t AS SELECT 1 AS n");
  std::string first = Value("SELECT snapshot_id FROM \"t$snapshots\"");
  Run("INSERT INTO t VALUES (2)");
  EXPECT_EQ(Value("SELECT sum(n) FROM t FOR VERSION AS OF " + first), "1");
  EXPECT_EQ(Value("SELECT (SELECT sum(n) FROM t) - (SELECT sum(n) FROM w.s.t FOR VERSION AS OF " +
                  first + ")"),
            "2");
  EXPECT_EQ(Value("WITH old AS (SELECT * FROM t FOR VERSION AS OF " + first +
                  ") SELECT count(*) FROM old"),
            "1");
  EXPECT_EQ(Rows("SELECT n FROM t EXCEPT SELECT n FROM t FOR VERSION AS OF " + first),
            Strings{"2"});
  Run("CREATE TABLE copy AS SELECT * FROM t FOR VERSION AS OF " + first + " WHERE n > 0");
  EXPECT_EQ(Rows("SELECT * FROM copy"), Strings{"1"});
  EXPECT_EQ(Value("SELECT sum(n) FROM t FOR TIMESTAMP AS OF current_timestamp"), "3");
  EXPECT_EQ(Value("SELECT sum(n) FROM t FOR SYSTEM_TIME AS OF now()"), "3");
}

TEST_F(PlanFormsTest, ErrorsSpeakOfWhatWasWritten) {
  Error error = Failure("CREATE TABLE t AS (SELECT 1 AS n FROM) USING ICEBERG");
  EXPECT_EQ(error.code(), ErrorCode::kSyntax);
  EXPECT_THAT(std::string(error.what()), HasSubstr("USING ICEBERG"));
  error = Failure("SELEC * FROM t FOR VERSION AS OF 1");
  EXPECT_EQ(error.code(), ErrorCode::kSyntax);
  EXPECT_THAT(std::string(error.what()), HasSubstr("SELEC"));
}

}  // namespace
}  // namespace eider::engine

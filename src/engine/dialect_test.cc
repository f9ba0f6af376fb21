#include "engine/dialect.h"

#include <gtest/gtest.h>

namespace eider::engine {
namespace {

TEST(DialectTest, LeavesWhatHoldsNoForeignForm) {
  EXPECT_EQ(RewriteDialect("SELECT 'FOR VERSION AS OF 1' -- SET TBLPROPERTIES (a=1)"),
            std::nullopt);
}

TEST(DialectTest, TimeTravel) {
  EXPECT_EQ(RewriteDialect("SELECT * FROM t FOR VERSION AS OF 123"),
            "SELECT * FROM t AT (VERSION => 123) ");
  EXPECT_EQ(RewriteDialect("SELECT * FROM t FOR TIMESTAMP AS OF TIMESTAMP '2026-01-01' WHERE a=1"),
            "SELECT * FROM t AT (TIMESTAMP => TIMESTAMP '2026-01-01') WHERE a=1");
  EXPECT_EQ(RewriteDialect("SELECT * FROM t for system_time as of now() - INTERVAL '1' DAY x, u"),
            "SELECT * FROM t x AT (TIMESTAMP => now() - INTERVAL '1' DAY) , u");
  EXPECT_EQ(RewriteDialect("SELECT * FROM t FOR VERSION AS OF 1 AS x WHERE x.a = 1"),
            "SELECT * FROM t AS x AT (VERSION => 1) WHERE x.a = 1");
  EXPECT_EQ(RewriteDialect("SELECT * FROM t VERSION AS OF 1, u TIMESTAMP AS OF '2026-01-01' x"),
            "SELECT * FROM t AT (VERSION => 1) , u x AT (TIMESTAMP => '2026-01-01') ");
  EXPECT_EQ(RewriteDialect("SELECT * FROM t FOR VERSION AS OF 1 old LEFT JOIN u ON true"),
            "SELECT * FROM t old AT (VERSION => 1) LEFT JOIN u ON true");
  EXPECT_EQ(RewriteDialect("SELECT * FROM t FOR VERSION AS OF 1 \"a b\" CROSS JOIN u"),
            "SELECT * FROM t \"a b\" AT (VERSION => 1) CROSS JOIN u");
  EXPECT_EQ(RewriteDialect("(SELECT a FROM t FOR VERSION AS OF 'nightly')"),
            "(SELECT a FROM t AT (VERSION => 'nightly') )");
}

TEST(DialectTest, TimeTravelToAnyExpression) {
  EXPECT_EQ(RewriteDialect("SELECT * FROM t FOR TIMESTAMP AS OF ts - INTERVAL 1 DAY x WHERE a = 1"),
            "SELECT * FROM t x AT (TIMESTAMP => ts - INTERVAL 1 DAY) WHERE a = 1");
  EXPECT_EQ(RewriteDialect("SELECT * FROM t FOR TIMESTAMP AS OF "
                           "'2026-01-01'::timestamp with time zone - interval (2 * 3) days, u"),
            "SELECT * FROM t AT (TIMESTAMP => "
            "'2026-01-01'::timestamp with time zone - interval (2 * 3) days) , u");
  EXPECT_EQ(RewriteDialect("SELECT * FROM t FOR TIMESTAMP AS OF CASE WHEN true THEN now() ELSE "
                           "cast('2026-01-01' AS timestamp) END LEFT JOIN u USING (a)"),
            "SELECT * FROM t AT (TIMESTAMP => CASE WHEN true THEN now() ELSE "
            "cast('2026-01-01' AS timestamp) END) LEFT JOIN u USING (a)");
  EXPECT_EQ(RewriteDialect("SELECT * FROM t FOR TIMESTAMP AS OF "
                           "timestamp '2026-01-01' AT TIME ZONE 'UTC' AS x UNION SELECT 1"),
            "SELECT * FROM t AS x AT (TIMESTAMP => timestamp '2026-01-01' AT TIME ZONE 'UTC') "
            "UNION SELECT 1");
  EXPECT_EQ(RewriteDialect("SELECT * FROM t FOR VERSION AS OF $version; SELECT 1"),
            "SELECT * FROM t AT (VERSION => $version) ; SELECT 1");
  EXPECT_EQ(RewriteDialect("SELECT * FROM t FOR VERSION AS OF 1 -- the first\nWHERE a = 1"),
            "SELECT * FROM t AT (VERSION => 1 -- the first\n) WHERE a = 1");
  EXPECT_EQ(RewriteDialect("SELECT * FROM t FOR VERSION AS OF WHERE a = 1"), std::nullopt);
}

TEST(DialectTest, TableProperties) {
  EXPECT_EQ(RewriteDialect("ALTER TABLE a.b \n SET TBLPROPERTIES (format='iceberg')"),
            "ALTER TABLE a.b \n SET (format='iceberg')");
  EXPECT_EQ(RewriteDialect("ALTER TABLE a.b UNSET TBLPROPERTIES IF EXISTS ('x')"),
            "ALTER TABLE a.b RESET ('x')");
  EXPECT_EQ(RewriteDialect("ALTER TABLE t SET TBLPROPERTIES (write.parquet.compression-codec = "
                           "'zstd', 'b.c'='(,)', d=1); SELECT 1"),
            "ALTER TABLE t SET ('write.parquet.compression-codec'= 'zstd', 'b.c'='(,)', d=1); "
            "SELECT 1");
  EXPECT_EQ(RewriteDialect("ALTER TABLE t UNSET TBLPROPERTIES (a.b, c)"),
            "ALTER TABLE t RESET ('a.b', c)");
  EXPECT_EQ(RewriteDialect("ALTER TABLE t SET TBLPROPERTIES (a"), std::nullopt);
}

TEST(DialectTest, NamesOfOptionsAreQuoted) {
  EXPECT_EQ(
      QuoteOptionNames("SELECT 1; ALTER TABLE t SET (gc.enabled = false, b='x.y', a.b = (1))"),
      "SELECT 1; ALTER TABLE t SET ('gc.enabled' = false, b='x.y', 'a.b' = (1))");
  EXPECT_EQ(QuoteOptionNames("ALTER TABLE s.t RESET (gc.enabled, b)"),
            "ALTER TABLE s.t RESET ('gc.enabled', b)");
  EXPECT_EQ(QuoteOptionNames("CREATE TABLE t (a INT) WITH (a.b=1) "),
            "CREATE TABLE t (a INT) WITH ('a.b'=1) ");
  EXPECT_EQ(QuoteOptionNames("CREATE TABLE t WITH ('a.b'=1, c=2) AS SELECT 1 AS WITH"),
            std::nullopt);
  EXPECT_EQ(QuoteOptionNames("UPDATE t SET (a.b) = (1)"), std::nullopt);
  EXPECT_EQ(RewriteDialect("ALTER TABLE t SET (write.parquet.compression-codec = 'zstd')"),
            "ALTER TABLE t SET ('write.parquet.compression-codec' = 'zstd')");
}

TEST(DialectTest, CreateTableUsingIceberg) {
  EXPECT_EQ(RewriteDialect("CREATE OR REPLACE TABLE x AS (\n SELECT 1 AS a) USING ICEBERG\n"
                           "LOCATION '/data/x'"),
            "CREATE OR REPLACE TABLE x WITH (location='/data/x') AS (\n SELECT 1 AS a) ");
  EXPECT_EQ(RewriteDialect("CREATE TABLE x USING iceberg TBLPROPERTIES ('a'='b') AS SELECT 1"),
            "CREATE TABLE x WITH ('a'='b') AS SELECT 1");
  EXPECT_EQ(RewriteDialect("CREATE TABLE x (a INT) USING ICEBERG LOCATION '/x' "
                           "TBLPROPERTIES (write.format.default='parquet')"),
            "CREATE TABLE x (a INT) WITH (location='/x', 'write.format.default'='parquet') ");
  EXPECT_EQ(RewriteDialect("CREATE TABLE x (a INT) USING ICEBERG; SELECT 1"),
            "CREATE TABLE x (a INT) ; SELECT 1");
}

TEST(DialectTest, SplitsStatements) {
  auto split = SplitStatements("SELECT ';' ; -- a; b\n SELECT 2; ");
  EXPECT_EQ(split.statements, (std::vector<std::string>{"SELECT ';'", "-- a; b\n SELECT 2"}));
  EXPECT_TRUE(split.complete);
  EXPECT_FALSE(SplitStatements("SELECT 1").complete);
  EXPECT_FALSE(SplitStatements("SELECT 1; SELECT 'abc").complete);
  EXPECT_FALSE(SplitStatements("SELECT 1; /* abc").complete);
  EXPECT_TRUE(SplitStatements("SELECT 1; -- done").complete);
  EXPECT_TRUE(SplitStatements("").complete);
}

}  // namespace
}  // namespace eider::engine

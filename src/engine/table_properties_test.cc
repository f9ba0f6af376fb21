#include "engine/table_properties.h"

#include <gmock/gmock.h>

#include "engine/warehouse_fixture.h"

namespace eider::engine {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

TEST(TablePropertiesTest, TakesWhatIcebergNames) {
  CheckTableProperties({{"write.parquet.compression-codec", "ZSTD"},
                        {"write.parquet.compression-level", "3"},
                        {"write.avro.compression-codec", "gzip"},
                        {"write.target-file-size-bytes", "1048576"},
                        {"gc.enabled", "FALSE"},
                        {"write.metadata.metrics.default", "truncate(8)"},
                        {"write.metadata.metrics.column.a.b", "none"},
                        {"owner", "anything"},
                        {"write.parquet.row-group-size-bytes", "of no use to us"}},
                       "s.t");
}

TEST(TablePropertiesTest, RefusesWhatNoWriterTakes) {
  for (const auto& [name, value] :
       std::map<std::string, std::string>{{"write.parquet.compression-codec", "zzz"},
                                          {"write.parquet.compression-level", "high"},
                                          {"write.avro.compression-codec", "snappy"},
                                          {"write.target-file-size-bytes", "128MB"},
                                          {"write.format.default", "orc"},
                                          {"write.metadata.previous-versions-max", "0"},
                                          {"commit.manifest-merge.enabled", "yes"},
                                          {"gc.enabled", "off"},
                                          {"write.metadata.metrics.default", "truncate(x)"},
                                          {"write.metadata.metrics.column.a", "all"}}) {
    try {
      CheckTableProperties({{name, value}}, "s.t");
      ADD_FAILURE() << name;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
      EXPECT_EQ(error.message(),
                "table s.t: the property " + name + " cannot be \"" + value + "\"");
      EXPECT_THAT(error.hint(), HasSubstr("Use ")) << name;
    }
  }
}

using TablePropertiesSqlTest = WarehouseFixture;

TEST_F(TablePropertiesSqlTest, EveryStatementThatSetsThemIsChecked) {
  const std::string wrong = "('write.parquet.compression-codec'='zzz')";
  for (const std::string& sql :
       {"CREATE TABLE t (i INT) WITH " + wrong,
        "CREATE TABLE t WITH " + wrong + " AS SELECT 1 AS i",
        "CREATE TABLE t AS (SELECT 1 AS i) USING ICEBERG TBLPROPERTIES " + wrong}) {
    EXPECT_EQ(Failure(sql).code(), ErrorCode::kInvalidArgument) << sql;
  }
  EXPECT_THAT(Rows("SHOW TABLES"), SizeIs(0));
  Run("CREATE TABLE t AS SELECT 1 AS i");
  Error error = Failure("ALTER TABLE t SET TBLPROPERTIES " + wrong);
  EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(error.hint(), HasSubstr("zstd, snappy"));
  Run("INSERT INTO t VALUES (2)");
  EXPECT_EQ(Text("SELECT sum(i) FROM t"), "3");
}

}  // namespace
}  // namespace eider::engine

#include "engine/metadata_table.h"

#include <gmock/gmock.h>

#include "engine/reading_fixture.h"

namespace eider::engine {
namespace {

TEST(MetadataTableNameTest, Suffixes) {
  auto name = ParseMetadataTableName("orders$snapshots");
  ASSERT_TRUE(name);
  EXPECT_EQ(name->table, "orders");
  EXPECT_EQ(name->kind, MetadataTableKind::kSnapshots);
  EXPECT_EQ(ParseMetadataTableName("a$b$FILES")->table, "a$b");
  EXPECT_FALSE(ParseMetadataTableName("orders"));
  EXPECT_FALSE(ParseMetadataTableName("orders$"));
  EXPECT_FALSE(ParseMetadataTableName("orders$unknown"));
  EXPECT_FALSE(ParseMetadataTableName("$files"));
}

class MetadataTableTest : public ReadingFixture {
 protected:
  void SetUp() override {
    Run("CREATE TABLE t AS SELECT i AS n, 'x' || i AS s FROM range(10) t(i)");
    Run("INSERT INTO t VALUES (100, NULL)");
  }
};

// The columns of Trino 476.
TEST_F(MetadataTableTest, Columns) {
  EXPECT_EQ(Columns("SELECT * FROM \"t$snapshots\""),
            "committed_at TIMESTAMP WITH TIME ZONE, snapshot_id BIGINT, parent_id BIGINT, "
            "operation VARCHAR, manifest_list VARCHAR, summary MAP(VARCHAR, VARCHAR)");
  EXPECT_EQ(Columns("SELECT * FROM \"t$history\""),
            "made_current_at TIMESTAMP WITH TIME ZONE, snapshot_id BIGINT, parent_id BIGINT, "
            "is_current_ancestor BOOLEAN");
  EXPECT_EQ(Columns("SELECT * FROM \"t$files\""),
            "content INTEGER, file_path VARCHAR, file_format VARCHAR, spec_id INTEGER, "
            "record_count BIGINT, file_size_in_bytes BIGINT, column_sizes MAP(INTEGER, BIGINT), "
            "value_counts MAP(INTEGER, BIGINT), null_value_counts MAP(INTEGER, BIGINT), "
            "nan_value_counts MAP(INTEGER, BIGINT), lower_bounds MAP(INTEGER, VARCHAR), "
            "upper_bounds MAP(INTEGER, VARCHAR), key_metadata BLOB, split_offsets BIGINT[], "
            "equality_ids INTEGER[], sort_order_id INTEGER, readable_metrics JSON");
  EXPECT_EQ(Columns("SELECT * FROM \"t$refs\""),
            "name VARCHAR, type VARCHAR, snapshot_id BIGINT, max_reference_age_in_ms BIGINT, "
            "min_snapshots_to_keep INTEGER, max_snapshot_age_in_ms BIGINT");
  EXPECT_EQ(Columns("SELECT * FROM \"t$properties\""), "key VARCHAR, value VARCHAR");
  EXPECT_EQ(Columns("SELECT * FROM \"t$metadata_log_entries\""),
            "timestamp TIMESTAMP WITH TIME ZONE, file VARCHAR, latest_snapshot_id BIGINT, "
            "latest_schema_id INTEGER, latest_sequence_number BIGINT");
  EXPECT_EQ(Columns("SELECT * FROM \"t$manifests\""),
            "path VARCHAR, length BIGINT, partition_spec_id INTEGER, added_snapshot_id BIGINT, "
            "added_data_files_count INTEGER, added_rows_count BIGINT, "
            "existing_data_files_count INTEGER, existing_rows_count BIGINT, "
            "deleted_data_files_count INTEGER, deleted_rows_count BIGINT, "
            "partition_summaries STRUCT(contains_null BOOLEAN, contains_nan BOOLEAN, "
            "lower_bound VARCHAR, upper_bound VARCHAR)[]");
  EXPECT_EQ(Columns("SELECT * FROM \"t$partitions\""),
            "record_count BIGINT, file_count BIGINT, total_size BIGINT, "
            "data STRUCT(n STRUCT(min BIGINT, max BIGINT, null_count BIGINT, nan_count BIGINT), "
            "s STRUCT(min VARCHAR, max VARCHAR, null_count BIGINT, nan_count BIGINT))");
}

TEST_F(MetadataTableTest, SnapshotsAndHistory) {
  EXPECT_EQ(Rows("SELECT operation, summary['total-records'], parent_id IS NULL "
                 "FROM \"t$snapshots\" ORDER BY committed_at"),
            (Strings{"append|10|true", "append|11|false"}));
  EXPECT_EQ(Value("SELECT count(*) FROM \"t$snapshots\" s JOIN \"t$history\" h "
                  "USING (snapshot_id) WHERE h.is_current_ancestor AND "
                  "h.parent_id IS NOT DISTINCT FROM s.parent_id"),
            "2");
  // What is replaced stays in the history, but is no ancestor.
  Run("CREATE OR REPLACE TABLE t AS SELECT 1 AS n");
  EXPECT_EQ(Value("SELECT count(*) FILTER (is_current_ancestor), count(*) FROM \"t$history\""),
            "1|3");
}

TEST_F(MetadataTableTest, Files) {
  EXPECT_EQ(Rows("SELECT content, file_format, record_count, null_value_counts[2], "
                 "lower_bounds[1], upper_bounds[1], readable_metrics->'n'->>'upper_bound' "
                 "FROM \"t$files\" ORDER BY record_count"),
            (Strings{"0|PARQUET|1|1|100|100|100", "0|PARQUET|10|0|0|9|9"}));
  EXPECT_EQ(Value("SELECT bool_and(file_size_in_bytes = size) FROM \"t$files\" "
                  "JOIN read_blob('" +
                  warehouse() +
                  "/**/*.parquet') "
                  "ON file_path = 'file://' || filename"),
            "true");
}

TEST_F(MetadataTableTest, ManifestsAndPartitions) {
  EXPECT_EQ(Value("SELECT count(*), sum(added_data_files_count), sum(added_rows_count) "
                  "FROM \"t$manifests\""),
            "2|2|11");
  EXPECT_EQ(Value("SELECT record_count, file_count, data.n.min, data.n.max, data.s.null_count "
                  "FROM \"t$partitions\""),
            "11|2|0|100|1");
}

TEST_F(MetadataTableTest, RefsPropertiesAndLog) {
  EXPECT_EQ(Value("SELECT r.name, r.type FROM \"t$refs\" r JOIN "
                  "(SELECT max_by(snapshot_id, committed_at) AS id FROM \"t$snapshots\") "
                  "ON snapshot_id = id"),
            "main|BRANCH");
  Run("ALTER TABLE t SET ('write.parquet.compression-codec' = 'zstd')");
  EXPECT_EQ(Rows("SELECT * FROM \"t$properties\""),
            Strings{"write.parquet.compression-codec|zstd"});
  // The newest entry is the file the catalog points at.
  EXPECT_EQ(Value("SELECT count(*), count(DISTINCT file), max(latest_sequence_number) "
                  "FROM \"t$metadata_log_entries\""),
            "3|3|2");
}

TEST_F(MetadataTableTest, OfATransactionsOwnView) {
  Run("BEGIN");
  Run("INSERT INTO t VALUES (7, 'seven')");
  EXPECT_EQ(Value("SELECT count(*) FROM \"t$snapshots\""), "3");
  EXPECT_EQ(Value("SELECT sum(record_count) FROM \"t$files\""), "12");
  Run("ROLLBACK");
  EXPECT_EQ(Value("SELECT count(*) FROM \"t$snapshots\""), "2");
}

TEST_F(MetadataTableTest, ATableWithoutSnapshot) {
  Run("CREATE TABLE empty (a INTEGER)");
  for (const char* kind : {"snapshots", "history", "files", "manifests", "partitions", "refs"}) {
    EXPECT_EQ(Value(std::string("SELECT count(*) FROM \"empty$") + kind + "\""), "0") << kind;
  }
  EXPECT_EQ(Failure("SELECT * FROM \"missing$files\"").code(), ErrorCode::kQuery);
}

}  // namespace
}  // namespace eider::engine

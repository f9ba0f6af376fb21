#include "iceberg/metadata_builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/error_testing.h"

namespace eider::iceberg {
namespace {

using testing::SizeIs;

NestedField Field(const std::string& name, TypePtr type, bool required = false) {
  NestedField field;
  field.name = name;
  field.type = std::move(type);
  field.required = required;
  return field;
}

TypePtr Int() { return Type::Primitive(TypeId::kInt); }
TypePtr Long() { return Type::Primitive(TypeId::kLong); }
TypePtr String() { return Type::Primitive(TypeId::kString); }

Schema SchemaWith(std::vector<NestedField> fields) {
  Schema schema;
  // Placeholders, as a caller without ids gives them.
  int32_t next_id = 1;
  for (NestedField& field : fields) {
    field.id = next_id++;
    schema.fields.push_back(std::move(field));
  }
  return schema;
}

TableMetadata Build(const TableMetadata* base, const std::vector<TableUpdate>& updates) {
  TableMetadataBuilder builder = base != nullptr ? TableMetadataBuilder(*base, "file:///w/old")
                                                 : TableMetadataBuilder(FormatVersionOf(updates));
  for (const TableUpdate& update : updates) builder.Apply(update);
  return builder.Build(1000);
}

TableMetadata NewTable(std::map<std::string, std::string> properties = {}) {
  Schema schema = SchemaWith({Field("a", Int()), Field("b", String())});
  return Build(nullptr, CreateTableUpdates(schema, {}, "file:///w/t/", std::move(properties)));
}

TableUpdate SnapshotOf(int64_t id, int64_t sequence_number, std::optional<int64_t> parent = {}) {
  Snapshot snapshot;
  snapshot.snapshot_id = id;
  snapshot.parent_snapshot_id = parent;
  snapshot.sequence_number = sequence_number;
  snapshot.timestamp_ms = 1000 + sequence_number;
  snapshot.summary["operation"] = "append";
  return AddSnapshot{snapshot};
}

TableUpdate MainAt(int64_t id) {
  SnapshotRef ref;
  ref.snapshot_id = id;
  return SetSnapshotRef{kMainBranch, ref};
}

TEST(MetadataBuilderTest, ANewTableHasAllThatTheSpecAsksFor) {
  TableMetadata table = NewTable({{"format-version", "2"}, {"owner", "me"}});
  EXPECT_EQ(table.format_version, 2);
  EXPECT_THAT(table.table_uuid, SizeIs(36));
  EXPECT_EQ(table.location, "file:///w/t");
  EXPECT_EQ(table.last_column_id, 2);
  EXPECT_EQ(table.current_schema_id, 0);
  EXPECT_EQ(table.DefaultSpec().spec_id, 0);
  EXPECT_EQ(table.default_sort_order_id, 0);
  EXPECT_THAT(table.sort_orders, SizeIs(1));
  EXPECT_EQ(table.properties.count("format-version"), 0);
  EXPECT_EQ(table.properties.at("owner"), "me");
  EXPECT_FALSE(table.next_row_id);
  EXPECT_EQ(NewTable({{"format-version", "3"}}).next_row_id, 0);
  EXPECT_EQ(CodeOf([] { NewTable({{"format-version", "4"}}); }), ErrorCode::kInvalidArgument);
}

TEST(MetadataBuilderTest, SchemasAreAddedOnceAndIdsOnlyGrow) {
  TableMetadata table = NewTable();
  Schema wider = table.CurrentSchema();
  NestedField added = Field("c", Long());
  added.id = 3;
  wider.fields.push_back(added);
  TableMetadata changed = Build(&table, {AddSchema{wider}, SetCurrentSchema{}});
  EXPECT_EQ(changed.current_schema_id, 1);
  EXPECT_EQ(changed.last_column_id, 3);
  // Back to the first schema: found again by its fields.
  TableMetadata back = Build(&changed, {AddSchema{table.CurrentSchema()}, SetCurrentSchema{}});
  EXPECT_EQ(back.current_schema_id, 0);
  EXPECT_EQ(back.last_column_id, 3);
  EXPECT_THAT(back.schemas, SizeIs(2));
  EXPECT_EQ(CodeOf([&] { Build(&table, {SetCurrentSchema{7}}); }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(CodeOf([&] { Build(&table, {SetCurrentSchema{}}); }), ErrorCode::kInvalidArgument);
}

TEST(MetadataBuilderTest, TypesOfNewerVersionsAreRefused) {
  Schema schema = SchemaWith({Field("t", Type::Primitive(TypeId::kTimestampNs))});
  EXPECT_EQ(CodeOf([&] { Build(nullptr, CreateTableUpdates(schema, {}, "file:///w/t", {})); }),
            ErrorCode::kUnsupported);
  Build(nullptr, CreateTableUpdates(schema, {}, "file:///w/t", {{"format-version", "3"}}));
}

TEST(MetadataBuilderTest, AReplacementKeepsIdsOfColumnsWhoseTypeAllowsIt) {
  TableMetadata table = NewTable();
  Schema replacement = ReplacementSchema(
      table, SchemaWith({Field("B", Int()), Field("new", Int()), Field("a", Long())}));
  EXPECT_EQ(replacement.fields[0].id, 3);  // a string cannot become an int
  EXPECT_EQ(replacement.fields[1].id, 4);
  EXPECT_EQ(replacement.fields[2].id, 1);  // an int can become a long
  // Made again, it gives the same ids.
  TableMetadata replaced = Build(&table, ReplaceTableUpdates(table, replacement, {}, {}));
  EXPECT_TRUE(ReplacementSchema(replaced, replacement).SameAs(replacement));
}

TEST(MetadataBuilderTest, AReplacementOfNestedColumnsLooksIntoThem) {
  Schema before = SchemaWith({Field("s", Type::Struct({Field("x", Int()), Field("y", Int())})),
                              Field("l", Type::List(0, Int(), false))});
  TableMetadata table = Build(nullptr, CreateTableUpdates(before, {}, "file:///w/t", {}));
  int32_t x = table.CurrentSchema().fields[0].type->fields[0].id;
  Schema grown = ReplacementSchema(
      table, SchemaWith({Field("s", Type::Struct({Field("z", Int()), Field("x", Long())})),
                         Field("l", Type::List(0, String(), false))}));
  EXPECT_EQ(grown.fields[0].id, 1);
  EXPECT_EQ(grown.fields[0].type->fields[1].id, x);
  EXPECT_GT(grown.fields[0].type->fields[0].id, table.last_column_id);
  EXPECT_GT(grown.fields[1].id, table.last_column_id);
}

TEST(MetadataBuilderTest, ReplacingKeepsUuidSnapshotsAndLog) {
  TableMetadata table = NewTable({{"owner", "me"}});
  table = Build(&table, {SnapshotOf(10, 1), MainAt(10)});
  Schema schema = ReplacementSchema(table, SchemaWith({Field("a", Int())}));
  std::vector<TableUpdate> updates = ReplaceTableUpdates(table, schema, {}, {{"k", "v"}});
  TableMetadata emptied = Build(&table, updates);
  EXPECT_EQ(emptied.table_uuid, table.table_uuid);
  EXPECT_EQ(emptied.CurrentSnapshot(), nullptr);
  EXPECT_THAT(emptied.snapshots, SizeIs(1));
  EXPECT_EQ(emptied.properties.at("owner"), "me");
  EXPECT_EQ(emptied.properties.at("k"), "v");
  updates.push_back(SnapshotOf(11, 2));
  updates.push_back(MainAt(11));
  TableMetadata replaced = Build(&table, updates);
  ASSERT_THAT(replaced.snapshot_log, SizeIs(2));
  EXPECT_EQ(replaced.snapshot_log[0].snapshot_id, 10);
  EXPECT_EQ(replaced.current_snapshot_id, 11);
  EXPECT_EQ(replaced.last_sequence_number, 2);
}

TEST(MetadataBuilderTest, SnapshotsNeedNewIdsAndSequenceNumbers) {
  TableMetadata table = NewTable();
  table = Build(&table, {SnapshotOf(10, 1), MainAt(10)});
  EXPECT_EQ(CodeOf([&] { Build(&table, {SnapshotOf(10, 2, 10)}); }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(CodeOf([&] { Build(&table, {SnapshotOf(11, 1, 10)}); }), ErrorCode::kConflict);
  EXPECT_EQ(CodeOf([&] { Build(&table, {MainAt(99)}); }), ErrorCode::kInvalidArgument);
}

TEST(MetadataBuilderTest, WhatACommitPassesThroughIsNotInTheLog) {
  TableMetadata table = NewTable();
  table = Build(&table, {SnapshotOf(10, 1), MainAt(10)});
  table = Build(&table, {SnapshotOf(11, 2, 10), MainAt(11), SnapshotOf(12, 3, 11), MainAt(12)});
  ASSERT_THAT(table.snapshot_log, SizeIs(2));
  EXPECT_EQ(table.snapshot_log[1].snapshot_id, 12);
  EXPECT_THAT(table.snapshots, SizeIs(3));
}

TEST(MetadataBuilderTest, RemovedSnapshotsTakeTheirHistoryAndStatistics) {
  TableMetadata table = NewTable();
  for (int64_t id : {1, 2, 3}) {
    table = Build(
        &table,
        {SnapshotOf(id, id, id > 1 ? std::optional<int64_t>(id - 1) : std::nullopt), MainAt(id)});
  }
  Json statistics = {{"snapshot-id", 2}, {"statistics-path", "file:///w/t/metadata/s.puffin"}};
  table = Build(&table, {SetStatistics{statistics}});
  EXPECT_THAT(table.statistics, SizeIs(1));
  TableMetadata expired = Build(&table, {RemoveSnapshots{{1, 2}}});
  EXPECT_THAT(expired.snapshots, SizeIs(1));
  EXPECT_THAT(expired.snapshot_log, SizeIs(1));
  EXPECT_TRUE(expired.statistics.empty());
  EXPECT_EQ(CodeOf([&] { Build(&table, {RemoveSnapshots{{3}}}); }), ErrorCode::kInvalidArgument);
}

TEST(MetadataBuilderTest, TheMetadataLogIsAsLongAsTheTableSays) {
  TableMetadata table = NewTable({{"write.metadata.previous-versions-max", "2"}});
  for (int i = 0; i < 5; ++i) {
    TableMetadataBuilder builder(table, "file:///w/t/metadata/" + std::to_string(i));
    table = builder.Build(2000 + i);
  }
  ASSERT_THAT(table.metadata_log, SizeIs(2));
  EXPECT_EQ(table.metadata_log[1].metadata_file, "file:///w/t/metadata/4");
  EXPECT_EQ(table.last_updated_ms, 2004);
  // Time never goes back.
  EXPECT_EQ(TableMetadataBuilder(table, "").Build(1).last_updated_ms, 2004);
}

TEST(MetadataBuilderTest, SpecsAndOrdersAreFoundAgain) {
  TableMetadata table = NewTable();
  PartitionSpec spec;
  PartitionField field;
  field.source_id = 1;
  field.name = "a_bucket";
  field.transform = TransformFromText("bucket[4]");
  spec.fields = {field};
  table = Build(&table, {AddPartitionSpec{spec}, SetDefaultSpec{}});
  EXPECT_EQ(table.default_spec_id, 1);
  EXPECT_EQ(table.DefaultSpec().fields[0].field_id, kFirstPartitionFieldId);
  EXPECT_EQ(table.last_partition_id, kFirstPartitionFieldId);
  TableMetadata back = Build(&table, {AddPartitionSpec{}, SetDefaultSpec{}});
  EXPECT_EQ(back.default_spec_id, 0);
  TableMetadata again = Build(&back, {AddPartitionSpec{spec}, SetDefaultSpec{}});
  EXPECT_EQ(again.default_spec_id, 1);
  EXPECT_EQ(CodeOf([&] { Build(&again, {RemovePartitionSpecs{{1}}}); }),
            ErrorCode::kInvalidArgument);
  EXPECT_THAT(Build(&back, {RemovePartitionSpecs{{1}}}).partition_specs, SizeIs(1));

  SortOrder order;
  SortField sorted;
  sorted.source_id = 1;
  order.fields = {sorted};
  table = Build(&table, {AddSortOrder{order}, SetDefaultSortOrder{}});
  EXPECT_EQ(table.default_sort_order_id, 1);
  EXPECT_EQ(Build(&table, {AddSortOrder{}, SetDefaultSortOrder{}}).default_sort_order_id, 0);
}

TEST(MetadataBuilderTest, VersionsOnlyGoUp) {
  TableMetadata table = NewTable();
  TableMetadata upgraded = Build(&table, {SetProperties{{{"format-version", "3"}}}});
  EXPECT_EQ(upgraded.format_version, 3);
  EXPECT_EQ(upgraded.next_row_id, 0);
  EXPECT_EQ(CodeOf([&] { Build(&upgraded, {UpgradeFormatVersion{2}}); }),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(CodeOf([&] { Build(&upgraded, {UpgradeFormatVersion{4}}); }), ErrorCode::kUnsupported);
  EXPECT_EQ(CodeOf([&] { Build(&table, {AssignUuid{"another"}}); }), ErrorCode::kInvalidArgument);
}

TEST(MetadataBuilderTest, ViewsKeepTheirLastVersions) {
  auto version = [](const std::string& sql) {
    ViewVersion added;
    added.schema_id = kLastAdded;
    added.representations = {{sql, "duckdb"}};
    return AddViewVersion{added};
  };
  Schema schema = SchemaWith({Field("a", Int())});
  ViewMetadata view = BuildViewMetadata(
      nullptr, {SetLocation{"file:///w/v"}, AddSchema{schema}, version("SELECT 0"),
                SetCurrentViewVersion{}, SetProperties{{{"version.history.num-entries", "3"}}}});
  for (int i = 1; i < 6; ++i) {
    view = BuildViewMetadata(&view, {AddSchema{schema}, version("SELECT " + std::to_string(i)),
                                     SetCurrentViewVersion{}});
  }
  EXPECT_THAT(view.versions, SizeIs(3));
  EXPECT_THAT(view.version_log, SizeIs(3));
  EXPECT_THAT(view.schemas, SizeIs(1));
  EXPECT_EQ(view.SqlFor("duckdb")->sql, "SELECT 5");
  EXPECT_EQ(view.SqlFor("trino"), nullptr);
  EXPECT_EQ(CodeOf([&] { BuildViewMetadata(&view, {SetDefaultSpec{}}); }),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(CodeOf([] { BuildViewMetadata(nullptr, {SetLocation{"file:///w/v"}}); }),
            ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace eider::iceberg

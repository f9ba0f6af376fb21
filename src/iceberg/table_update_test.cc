#include "iceberg/table_update.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/error_testing.h"

namespace eider::iceberg {
namespace {

// As the REST specification's examples and other clients write them.
TEST(TableUpdateTest, EveryKindIsReadAsItIsWritten) {
  for (const char* text : {
           R"({"action":"assign-uuid","uuid":"9c12d441-03fe-4693-9a96-a0705ddf69c1"})",
           R"({"action":"upgrade-format-version","format-version":2})",
           R"({"action":"add-schema","schema":{"type":"struct","schema-id":1,"fields":[
               {"id":1,"name":"a","required":false,"type":"int"}]}})",
           R"({"action":"set-current-schema","schema-id":-1})",
           R"({"action":"add-spec","spec":{"spec-id":1,"fields":[
               {"source-id":1,"field-id":1000,"name":"p","transform":"day"}]}})",
           R"({"action":"set-default-spec","spec-id":-1})",
           R"({"action":"add-sort-order","sort-order":{"order-id":1,"fields":[
               {"transform":"identity","source-id":1,"direction":"asc",
                "null-order":"nulls-first"}]}})",
           R"({"action":"set-default-sort-order","sort-order-id":-1})",
           R"({"action":"add-snapshot","snapshot":{"sequence-number":1,"snapshot-id":5,
               "timestamp-ms":1,"summary":{"operation":"append"},
               "manifest-list":"file:///l.avro","schema-id":0}})",
           R"({"action":"set-snapshot-ref","ref-name":"main","type":"branch","snapshot-id":5})",
           R"({"action":"remove-snapshots","snapshot-ids":[1,2]})",
           R"({"action":"remove-snapshot-ref","ref-name":"tag"})",
           R"({"action":"set-location","location":"file:///t"})",
           R"({"action":"set-properties","updates":{"k":"v"}})",
           R"({"action":"remove-properties","removals":["k"]})",
           R"({"action":"remove-partition-specs","spec-ids":[1]})",
           R"({"action":"remove-schemas","schema-ids":[1]})",
           R"({"action":"add-view-version","view-version":{"version-id":1,"timestamp-ms":1,
               "schema-id":-1,"summary":{"engine-name":"x"},"default-namespace":["n"],
               "representations":[{"type":"sql","sql":"SELECT 1","dialect":"duckdb"}]}})",
           R"({"action":"set-current-view-version","view-version-id":-1})",
       }) {
    auto expected = nlohmann::json::parse(text);
    Json written = TableUpdateToJson(TableUpdateFromJson(Json::parse(text)));
    EXPECT_EQ(nlohmann::json::parse(written.dump()), expected) << text;
  }
}

TEST(TableUpdateTest, AnUnknownChangeIsNeverDropped) {
  EXPECT_EQ(CodeOf([] {
              TableUpdateFromJson({{"action", "add-encryption-key"}});
            }),
            ErrorCode::kUnsupported);
}

TEST(TableRequirementTest, EveryKindIsReadAsItIsWritten) {
  for (const char* text : {
           R"({"type":"assert-create"})",
           R"({"type":"assert-table-uuid","uuid":"u"})",
           R"({"type":"assert-view-uuid","uuid":"u"})",
           R"({"type":"assert-ref-snapshot-id","ref":"main","snapshot-id":5})",
           R"({"type":"assert-ref-snapshot-id","ref":"main","snapshot-id":null})",
           R"({"type":"assert-last-assigned-field-id","last-assigned-field-id":3})",
           R"({"type":"assert-current-schema-id","current-schema-id":3})",
           R"({"type":"assert-last-assigned-partition-id","last-assigned-partition-id":3})",
           R"({"type":"assert-default-spec-id","default-spec-id":3})",
           R"({"type":"assert-default-sort-order-id","default-sort-order-id":3})",
       }) {
    auto expected = nlohmann::json::parse(text);
    Json written = TableRequirementToJson(TableRequirementFromJson(Json::parse(text)));
    EXPECT_EQ(nlohmann::json::parse(written.dump()), expected) << text;
  }
}

TEST(TableRequirementTest, WhatDoesNotHoldIsAConflictThatNamesTheTable) {
  TableMetadata table;
  table.table_uuid = "u";
  table.current_schema_id = 1;
  table.last_column_id = 4;
  SnapshotRef main;
  main.snapshot_id = 5;
  table.refs[kMainBranch] = main;
  auto holds = [&](const TableRequirement& requirement) {
    CheckRequirements({requirement}, &table, "table s.t");
  };
  auto violated = [&](const TableRequirement& requirement, const TableMetadata* base) {
    try {
      CheckRequirements({requirement}, base, "table s.t");
    } catch (const Error& error) {
      return error.code() == ErrorCode::kConflict &&
             std::string(error.what()).find("table s.t") != std::string::npos;
    }
    return false;
  };
  holds(TableRequirement::TableUuid("u"));
  holds(TableRequirement::CurrentSchemaId(1));
  holds(TableRequirement::RefSnapshotId(kMainBranch, 5));
  holds(TableRequirement::RefSnapshotId("other", std::nullopt));
  CheckRequirements({TableRequirement::Create()}, nullptr, "table s.t");
  EXPECT_TRUE(violated(TableRequirement::Create(), &table));
  EXPECT_TRUE(violated(TableRequirement::TableUuid("v"), &table));
  EXPECT_TRUE(violated(TableRequirement::TableUuid("u"), nullptr));
  EXPECT_TRUE(violated(TableRequirement::CurrentSchemaId(2), &table));
  EXPECT_TRUE(violated(TableRequirement::RefSnapshotId(kMainBranch, 6), &table));
  EXPECT_TRUE(violated(TableRequirement::RefSnapshotId(kMainBranch, std::nullopt), &table));
  EXPECT_TRUE(violated(TableRequirement::RefSnapshotId("other", 5), &table));
}

TEST(TableRequirementTest, ViewsHaveRequirementsOfTheirOwn) {
  ViewMetadata view;
  view.view_uuid = "u";
  CheckViewRequirements({TableRequirement::ViewUuid("u")}, &view, "view s.v");
  CheckViewRequirements({TableRequirement::Create()}, nullptr, "view s.v");
  EXPECT_EQ(
      CodeOf([&] { CheckViewRequirements({TableRequirement::ViewUuid("w")}, &view, "view s.v"); }),
      ErrorCode::kConflict);
  EXPECT_EQ(CodeOf([&] {
              CheckViewRequirements({TableRequirement::CurrentSchemaId(1)}, &view, "view s.v");
            }),
            ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace eider::iceberg

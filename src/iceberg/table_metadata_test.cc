#include "iceberg/table_metadata.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "iceberg/deflate_testing.h"

namespace eider::iceberg {
namespace {

// A version 2 file with something in every member, and with members no spec knows at every level a
// writer may put them.
constexpr char kVersion2[] = R"({
  "format-version": 2,
  "table-uuid": "9c12d441-03fe-4693-9a96-a0705ddf69c1",
  "location": "s3://bucket/test/location",
  "last-sequence-number": 34,
  "last-updated-ms": 1602638573590,
  "last-column-id": 3,
  "current-schema-id": 1,
  "schemas": [
    {"type": "struct", "schema-id": 0,
     "fields": [{"id": 1, "name": "x", "required": true, "type": "long"}]},
    {"type": "struct", "schema-id": 1, "identifier-field-ids": [1, 2],
     "fields": [
       {"id": 1, "name": "x", "required": true, "type": "long", "x-field": 1},
       {"id": 2, "name": "y", "required": true, "type": "long", "doc": "comment"},
       {"id": 3, "name": "z", "required": true, "type": "long"}],
     "x-schema": true}],
  "default-spec-id": 0,
  "partition-specs": [{"spec-id": 0, "fields": [
    {"name": "x", "transform": "identity", "source-id": 1, "field-id": 1000, "x-part": "p"}]}],
  "last-partition-id": 1000,
  "default-sort-order-id": 3,
  "sort-orders": [{"order-id": 3, "fields": [
    {"transform": "identity", "source-id": 2, "direction": "asc", "null-order": "nulls-first"}]}],
  "properties": {"read.split.target.size": "134217728"},
  "current-snapshot-id": 3055729675574597004,
  "refs": {"main": {"snapshot-id": 3055729675574597004, "type": "branch", "x-ref": [2]},
           "audit": {"snapshot-id": 3051729675574597004, "type": "tag", "max-ref-age-ms": 10}},
  "snapshots": [
    {"sequence-number": 0, "snapshot-id": 3051729675574597004, "timestamp-ms": 1515100955770,
     "summary": {"operation": "append"}, "manifest-list": "s3://a/b/1.avro"},
    {"sequence-number": 1, "snapshot-id": 3055729675574597004,
     "parent-snapshot-id": 3051729675574597004, "timestamp-ms": 1555100955770,
     "summary": {"operation": "append", "a": "1"}, "manifest-list": "s3://a/b/2.avro",
     "schema-id": 1, "x-snapshot": {"deep": null}}],
  "statistics": [{"snapshot-id": 3055729675574597004, "statistics-path": "s3://a/s.puffin"}],
  "partition-statistics": [],
  "snapshot-log": [{"timestamp-ms": 1515100955770, "snapshot-id": 3051729675574597004},
                   {"timestamp-ms": 1555100955770, "snapshot-id": 3055729675574597004}],
  "metadata-log": [{"timestamp-ms": 1500000000000, "metadata-file": "s3://a/b/0.metadata.json"}],
  "x-top": ["kept", 1.5]
})";

constexpr char kVersion1[] = R"({
  "format-version": 1,
  "location": "s3://bucket/v1",
  "last-updated-ms": 1602638573874,
  "last-column-id": 3,
  "schema": {"type": "struct", "fields": [
    {"id": 1, "name": "x", "required": true, "type": "long"},
    {"id": 3, "name": "z", "required": false, "type": "string"}]},
  "partition-spec": [{"name": "x", "transform": "identity", "source-id": 1, "field-id": 1000}],
  "properties": {},
  "current-snapshot-id": -1,
  "snapshots": [{"snapshot-id": 1, "timestamp-ms": 1602638573822, "manifests": ["s3://m.avro"]}]
})";

Json Version2() { return Json::parse(kVersion2); }

TableMetadata Read(const Json& json) { return TableMetadataFromJson(json, "m.json"); }

ErrorCode ReadFailure(const Json& json) {
  try {
    Read(json);
  } catch (const Error& e) {
    EXPECT_NE(e.message().find("m.json"), std::string::npos) << e.message();
    return e.code();
  }
  ADD_FAILURE() << "was read: " << json.dump();
  return ErrorCode::kInternal;
}

TEST(TableMetadata, ARewriteChangesNothingNotEvenUnknownMembers) {
  // Json compares objects with the order of their members, which a rewrite may change.
  using Unordered = nlohmann::json;
  EXPECT_EQ(Unordered::parse(TableMetadataToJson(Read(Version2())).dump()),
            Unordered::parse(kVersion2));
}

TEST(TableMetadata, VersionTwoIsRead) {
  TableMetadata metadata = ParseTableMetadata(kVersion2, "m.json");
  EXPECT_EQ(metadata.CurrentSchema().fields.size(), 3u);
  EXPECT_EQ(metadata.DefaultSpec().fields[0].field_id, 1000);
  EXPECT_EQ(metadata.last_sequence_number, 34);
  ASSERT_NE(metadata.CurrentSnapshot(), nullptr);
  EXPECT_EQ(metadata.CurrentSnapshot()->manifest_list, "s3://a/b/2.avro");
  EXPECT_EQ(metadata.CurrentSnapshot()->operation(), "append");
  EXPECT_EQ(metadata.SnapshotByRef("audit")->snapshot_id, 3051729675574597004);
  EXPECT_FALSE(metadata.refs.at("audit").is_branch);
  EXPECT_EQ(metadata.SnapshotByRef("nobody"), nullptr);
  EXPECT_EQ(&metadata.SchemaOf(*metadata.CurrentSnapshot()), metadata.SchemaById(1));
}

TEST(TableMetadata, WhatWasCurrentIsFoundByTheLog) {
  TableMetadata metadata = Read(Version2());
  EXPECT_EQ(metadata.SnapshotAsOf(1515100955769), nullptr);
  EXPECT_EQ(metadata.SnapshotAsOf(1515100955770)->snapshot_id, 3051729675574597004);
  EXPECT_EQ(metadata.SnapshotAsOf(1555100955769)->snapshot_id, 3051729675574597004);
  EXPECT_EQ(metadata.SnapshotAsOf(1999999999999)->snapshot_id, 3055729675574597004);
}

TEST(TableMetadata, VersionOneIsReadAndStaysVersionOne) {
  TableMetadata metadata = ParseTableMetadata(kVersion1, "v1.json");
  EXPECT_EQ(metadata.format_version, 1);
  EXPECT_EQ(metadata.current_snapshot_id, std::nullopt);
  EXPECT_EQ(metadata.CurrentSchema().fields[1].name, "z");
  EXPECT_EQ(metadata.DefaultSpec().fields[0].name, "x");
  EXPECT_EQ(metadata.last_partition_id, 1000);
  EXPECT_EQ(metadata.snapshots[0].manifests, (std::vector<std::string>{"s3://m.avro"}));
  ASSERT_EQ(metadata.sort_orders.size(), 1u);
  EXPECT_TRUE(metadata.sort_orders[0].fields.empty());

  Json written = TableMetadataToJson(metadata);
  EXPECT_EQ(written["schema"]["fields"].size(), 2u);
  EXPECT_EQ(written["partition-spec"][0]["field-id"], 1000);
  EXPECT_FALSE(written.contains("last-sequence-number"));
  EXPECT_EQ(written["snapshots"][0]["manifests"][0], "s3://m.avro");
  EXPECT_FALSE(written["snapshots"][0].contains("sequence-number"));
  EXPECT_FALSE(written["snapshots"][0].contains("summary"));
}

TEST(TableMetadata, NullStandsForAbsent) {
  Json json = Version2();
  for (const char* key : {"current-snapshot-id", "refs", "snapshots", "snapshot-log",
                          "metadata-log", "statistics", "partition-statistics", "properties"}) {
    json[key] = nullptr;
  }
  TableMetadata metadata = Read(json);
  EXPECT_TRUE(metadata.snapshots.empty());
  EXPECT_TRUE(metadata.refs.empty());
  EXPECT_EQ(TableMetadataToJson(metadata)["statistics"], Json::array());
}

TEST(TableMetadata, MissingRefsMeanTheMainBranchIsCurrent) {
  Json json = Version2();
  json.erase("refs");
  EXPECT_EQ(Read(json).SnapshotByRef("main")->snapshot_id, 3055729675574597004);
  json["refs"] = Json::object();
  EXPECT_EQ(Read(json).SnapshotByRef("main")->snapshot_id, 3055729675574597004);
}

TEST(TableMetadata, ContradictionsAreCorrupt) {
  auto with = [](const char* key, const Json& value) {
    Json json = Version2();
    json[key] = value;
    return json;
  };
  EXPECT_EQ(ReadFailure(with("current-schema-id", 9)), ErrorCode::kCorrupt);
  EXPECT_EQ(ReadFailure(with("default-spec-id", 9)), ErrorCode::kCorrupt);
  EXPECT_EQ(ReadFailure(with("default-sort-order-id", 9)), ErrorCode::kCorrupt);
  EXPECT_EQ(ReadFailure(with("current-snapshot-id", 9)), ErrorCode::kCorrupt);
  // main says otherwise than the current snapshot
  EXPECT_EQ(ReadFailure(with("current-snapshot-id", 3051729675574597004)), ErrorCode::kCorrupt);
  EXPECT_EQ(ReadFailure(with("current-snapshot-id", nullptr)), ErrorCode::kCorrupt);
  Json ref = Version2();
  ref["refs"]["audit"]["snapshot-id"] = 5;
  EXPECT_EQ(ReadFailure(ref), ErrorCode::kCorrupt);
  EXPECT_EQ(ReadFailure(with("schemas", Json::array())), ErrorCode::kCorrupt);
  EXPECT_EQ(ReadFailure(with("partition-specs", Json::array())), ErrorCode::kCorrupt);
}

TEST(TableMetadata, MissingAndMistypedMembersAreCorrupt) {
  for (const char* key : {"format-version", "location", "last-updated-ms", "last-column-id",
                          "schemas", "current-schema-id", "partition-specs", "table-uuid"}) {
    Json json = Version2();
    json.erase(key);
    EXPECT_EQ(ReadFailure(json), ErrorCode::kCorrupt) << key;
  }
  const Json whole = Version2();
  for (const auto& [key, value] : whole.items()) {
    if (key == "x-top") continue;
    Json json = Version2();
    json[key] = value.is_number() ? Json("text") : Json(7);
    EXPECT_EQ(ReadFailure(json), ErrorCode::kCorrupt) << key;
  }
  EXPECT_EQ(ReadFailure(Json::array()), ErrorCode::kCorrupt);
  EXPECT_EQ(ReadFailure(Json(nullptr)), ErrorCode::kCorrupt);
}

TEST(TableMetadata, ANewerVersionIsUnsupported) {
  Json json = Version2();
  json["format-version"] = 4;
  EXPECT_EQ(ReadFailure(json), ErrorCode::kUnsupported);
}

TEST(TableMetadata, BrokenJsonNamesTheFileAndThePlace) {
  try {
    ParseTableMetadata("{\n  \"format-version\": 2,\n  oops", "/w/m.json");
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kCorrupt);
    EXPECT_NE(e.message().find("/w/m.json"), std::string::npos) << e.message();
    EXPECT_NE(e.message().find("line 3"), std::string::npos) << e.message();
  }
}

TEST(TableMetadata, VersionThreeKeepsItsRowIds) {
  Json json = Version2();
  json["format-version"] = 3;
  json["next-row-id"] = 120;
  json["snapshots"][1]["first-row-id"] = 20;
  json["snapshots"][1]["added-rows"] = 100;
  TableMetadata metadata = Read(json);
  EXPECT_EQ(metadata.next_row_id, 120);
  Json written = TableMetadataToJson(metadata);
  EXPECT_EQ(written["next-row-id"], 120);
  EXPECT_EQ(written["snapshots"][1]["first-row-id"], 20);

  // Some writers leave it out; rows must never get an id twice.
  json.erase("next-row-id");
  EXPECT_EQ(Read(json).next_row_id, 120);
}

TEST(TableMetadata, CompressedMetadataIsRead) {
  std::string zipped = Compress(kVersion2, DeflateFormat::kGzip);
  EXPECT_EQ(ParseTableMetadata(zipped, "m.gz.metadata.json").last_sequence_number, 34);
  try {
    ParseTableMetadata(zipped.substr(0, zipped.size() / 2), "m.gz.metadata.json");
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kCorrupt);
    EXPECT_NE(e.message().find("m.gz.metadata.json"), std::string::npos) << e.message();
  }
}

TEST(TableMetadata, IntegerPropertiesAreChecked) {
  TableMetadata metadata = Read(Version2());
  EXPECT_EQ(metadata.IntegerProperty("read.split.target.size", 1), 134217728);
  EXPECT_EQ(metadata.IntegerProperty("nothing", 7), 7);
  metadata.properties["n"] = "12x";
  EXPECT_THROW(metadata.IntegerProperty("n", 7), Error);
}

}  // namespace
}  // namespace eider::iceberg

#include "iceberg/partition_spec.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace eider::iceberg {
namespace {

TEST(Transform, KnownAndUnknownTransformsKeepTheirText) {
  for (const char* text :
       {"identity", "bucket[16]", "truncate[4]", "year", "month", "day", "hour", "void", "zorder",
        "bucket[0]", "bucket[-3]", "bucket[16]x", "truncate[ 4]", "bucket[99999999999]", ""}) {
    EXPECT_EQ(TransformFromText(text).ToString(), text);
  }
  EXPECT_EQ(TransformFromText("bucket[16]").kind, Transform::Kind::kBucket);
  EXPECT_EQ(TransformFromText("bucket[16]").parameter, 16);
  // Nothing can be computed with these; taking them for buckets would divide by zero.
  EXPECT_EQ(TransformFromText("bucket[0]").kind, Transform::Kind::kUnknown);
  EXPECT_EQ(TransformFromText("truncate[-1]").kind, Transform::Kind::kUnknown);
}

TEST(Transform, ResultTypesAreTheSpecs) {
  TypePtr source = Type::Primitive(TypeId::kTimestamp);
  auto result = [&](const char* text) {
    return ResultType(TransformFromText(text), source)->ToString();
  };
  EXPECT_EQ(result("identity"), "timestamp");
  EXPECT_EQ(result("bucket[8]"), "int");
  EXPECT_EQ(result("year"), "int");
  EXPECT_EQ(result("month"), "int");
  EXPECT_EQ(result("day"), "date");
  EXPECT_EQ(result("hour"), "int");
  EXPECT_EQ(result("void"), "timestamp");
}

TEST(PartitionSpec, JsonKeepsUnknownMembers) {
  const Json json = Json::parse(R"({"spec-id": 2, "fields": [
    {"name": "d", "transform": "day", "source-id": 3, "field-id": 1001, "x-by": "writer"}]})");
  PartitionSpec spec = PartitionSpecFromJson(json, "a test");
  EXPECT_EQ(PartitionSpecToJson(spec), json);
  EXPECT_FALSE(spec.is_unpartitioned());
}

// Version 3 names the sources of transforms with several arguments in "source-ids".
TEST(PartitionSpec, SeveralSourcesAreKept) {
  const Json json = Json::parse(R"({"spec-id": 0, "fields": [
    {"name": "b", "transform": "bucketV2[4]", "field-id": 1000, "source-ids": [1, 2]}]})");
  EXPECT_EQ(PartitionSpecToJson(PartitionSpecFromJson(json, "a test")), json);
  const Json order = Json::parse(R"({"order-id": 1, "fields": [
    {"transform": "zorder", "direction": "asc", "null-order": "nulls-first",
     "source-ids": [1, 2]}]})");
  EXPECT_EQ(SortOrderToJson(SortOrderFromJson(order, "a test")), order);
}

TEST(PartitionSpec, VersionOneFieldIdsCountFrom1000) {
  PartitionSpec spec = PartitionFieldsFromJson(
      Json::parse(R"([{"name": "a", "transform": "identity", "source-id": 1},
                      {"name": "b", "transform": "identity", "source-id": 2}])"),
      0, "a test");
  EXPECT_EQ(spec.fields[0].field_id, 1000);
  EXPECT_EQ(spec.fields[1].field_id, 1001);
}

TEST(SortOrder, JsonGoesBothWays) {
  const Json json = Json::parse(R"({"order-id": 3, "fields": [
    {"transform": "bucket[4]", "source-id": 3, "direction": "desc", "null-order": "nulls-last"},
    {"transform": "identity", "source-id": 2, "direction": "asc", "null-order": "nulls-first",
     "x": 1}]})");
  SortOrder order = SortOrderFromJson(json, "a test");
  EXPECT_EQ(SortOrderToJson(order), json);
  EXPECT_FALSE(order.fields[0].ascending);
  EXPECT_FALSE(order.fields[0].nulls_first);
}

TEST(SortOrder, AnUnknownDirectionIsCorrupt) {
  const Json json = Json::parse(R"({"order-id": 1, "fields": [
    {"transform": "identity", "source-id": 2, "direction": "up", "null-order": "nulls-first"}]})");
  EXPECT_THROW(SortOrderFromJson(json, "a test"), Error);
}

}  // namespace
}  // namespace eider::iceberg

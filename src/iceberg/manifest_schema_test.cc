#include "iceberg/manifest_schema.h"

#include <gtest/gtest.h>

#include <functional>
#include <set>

namespace eider::iceberg {
namespace {

TableMetadata Table(int format_version, std::vector<NestedField> fields) {
  TableMetadata metadata;
  metadata.format_version = format_version;
  Schema schema;
  schema.fields = std::move(fields);
  metadata.schemas = {schema};
  return metadata;
}

NestedField Column(int32_t id, const std::string& name, TypePtr type) {
  NestedField field;
  field.id = id;
  field.name = name;
  field.type = std::move(type);
  return field;
}

std::set<int> FieldIds(const Json& schema) {
  std::set<int> ids;
  std::function<void(const Json&)> visit = [&](const Json& json) {
    for (const char* key : {"field-id", "element-id"}) {
      if (json.is_object() && json.contains(key)) ids.insert(json[key].get<int>());
    }
    if (json.is_structured()) {
      for (const auto& item : json) visit(item);
    }
  };
  visit(schema);
  return ids;
}

TEST(ManifestSchemaTest, EntriesHaveTheFieldIdsOfTheSpec) {
  std::set<int> two = FieldIds(ManifestEntrySchema(Table(2, {}), {}));
  for (int id :
       {0,   1,   2,   3,   4,   100, 101, 102, 103, 104, 108, 109, 110, 117, 118, 119, 120, 121,
        122, 125, 126, 127, 128, 129, 130, 131, 132, 133, 134, 135, 136, 137, 138, 139, 140, 143}) {
    EXPECT_EQ(two.count(id), 1U) << id;
  }
  EXPECT_EQ(two.count(142), 0U) << "row ids came with version 3";
  std::set<int> three = FieldIds(ManifestEntrySchema(Table(3, {}), {}));
  for (int id : {142, 144, 145}) EXPECT_EQ(three.count(id), 1U) << id;
}

TEST(ManifestSchemaTest, ListsHaveTheFieldIdsOfTheSpec) {
  std::set<int> two = FieldIds(ManifestListSchema(2));
  for (int id = 500; id <= 519; ++id) EXPECT_EQ(two.count(id), 1U) << id;
  EXPECT_EQ(two.count(520), 0U);
  EXPECT_EQ(FieldIds(ManifestListSchema(3)).count(520), 1U);
}

TEST(ManifestSchemaTest, PartitionTuplesHaveTheTypesOfTheirTransforms) {
  TableMetadata metadata = Table(2, {Column(1, "at", Type::Primitive(TypeId::kTimestamp)),
                                     Column(2, "amount", Type::Decimal(9, 2)),
                                     Column(3, "name", Type::Primitive(TypeId::kString))});
  PartitionSpec spec;
  spec.fields = {{1, 1000, "at day", TransformFromText("day"), Json::object()},
                 {2, 1001, "amount", TransformFromText("identity"), Json::object()},
                 {3, 1002, "name_bucket", TransformFromText("bucket[8]"), Json::object()}};
  std::string text = ManifestEntrySchema(metadata, spec).dump();
  std::set<int> ids = FieldIds(ManifestEntrySchema(metadata, spec));
  for (int id : {1000, 1001, 1002}) EXPECT_EQ(ids.count(id), 1U) << id;
  EXPECT_NE(text.find("\"logicalType\":\"decimal\""), std::string::npos);
  EXPECT_NE(text.find("\"size\":4"), std::string::npos) << "decimal(9, 2) takes four bytes";
  EXPECT_EQ(text.find("\"name\":\"at day\""), std::string::npos) << "Avro's names hold no space";
  EXPECT_EQ(PartitionFieldType(metadata, spec.fields[2])->id, TypeId::kInt);
}

TEST(ManifestSchemaTest, DecimalsTakeAsFewBytesAsTheyNeed) {
  const std::pair<int, int> expected[] = {{1, 1}, {2, 1},  {3, 2},  {4, 2},  {5, 3},
                                          {9, 4}, {10, 5}, {18, 8}, {19, 9}, {38, 16}};
  for (auto [precision, bytes] : expected)
    EXPECT_EQ(DecimalRequiredBytes(precision), bytes) << precision;
}

TEST(ManifestSchemaTest, NamesAreMadeFitForAvro) {
  EXPECT_EQ(AvroName("plain_1"), "plain_1");
  for (const char* odd : {"1st", "a b", "a.b", "é"}) {
    std::string name = AvroName(odd);
    ASSERT_FALSE(name.empty()) << odd;
    EXPECT_TRUE(std::isalpha(static_cast<unsigned char>(name[0])) || name[0] == '_') << name;
    for (char c : name)
      EXPECT_TRUE(std::isalnum(static_cast<unsigned char>(c)) || c == '_') << name;
  }
}

}  // namespace
}  // namespace eider::iceberg

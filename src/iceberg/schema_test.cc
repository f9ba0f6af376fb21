#include "iceberg/schema.h"

#include <gtest/gtest.h>

#include <set>

#include "base/error.h"

namespace eider::iceberg {
namespace {

NestedField Field(const std::string& name, TypePtr type, int32_t id = 0) {
  NestedField field;
  field.id = id;
  field.name = name;
  field.type = std::move(type);
  return field;
}

TypePtr Long() { return Type::Primitive(TypeId::kLong); }
TypePtr String() { return Type::Primitive(TypeId::kString); }

std::vector<int32_t> IdsOf(const Schema& schema) {
  std::vector<int32_t> ids;
  VisitFields(schema.fields, [&](const NestedField& field) { ids.push_back(field.id); });
  return ids;
}

TEST(Schema, JsonKeepsIdentifierFieldsAndUnknownMembers) {
  const Json json = Json::parse(R"({"type": "struct", "schema-id": 4, "identifier-field-ids": [1],
    "fields": [{"id": 1, "name": "k", "required": true, "type": "long"},
               {"id": 2, "name": "v", "required": false, "type": "string"}],
    "x-note": "kept"})");
  Schema schema = SchemaFromJson(json, "a test");
  EXPECT_EQ(SchemaToJson(schema), json);
  EXPECT_EQ(schema.schema_id, 4);
  EXPECT_EQ(schema.HighestFieldId(), 2);
}

TEST(Schema, FindsFieldsAtAnyDepthAndColumnsInAnyCase) {
  Schema schema;
  schema.fields = {
      Field("Id", Long(), 1),
      Field("props", Type::Map(3, String(), 4, Type::List(5, Long(), true), false), 2)};
  ASSERT_NE(schema.FindField(5), nullptr);
  EXPECT_EQ(schema.FindField(5)->name, "element");
  EXPECT_EQ(schema.FindField(6), nullptr);
  ASSERT_NE(schema.FindColumn("iD"), nullptr);
  EXPECT_EQ(schema.FindColumn("iD")->id, 1);
  EXPECT_EQ(schema.FindColumn("element"), nullptr);
}

// The order PyIceberg and Java give: the whole level first, then each nested type.
TEST(Schema, FreshIdsGoLevelByLevel) {
  Schema schema;
  schema.fields = {Field("a", Type::Struct({Field("x", Long()), Field("y", String())})),
                   Field("b", Type::Map(0, String(), 0, Type::List(0, Long(), false), false)),
                   Field("c", Long())};
  int32_t last = 0;
  Schema fresh = AssignFieldIds(schema, nullptr, &last);
  // a=1 (x=4, y=5), b=2 (key=6, value=7 (element=8)), c=3
  EXPECT_EQ(IdsOf(fresh), (std::vector<int32_t>{1, 4, 5, 2, 6, 7, 8, 3}));
  EXPECT_EQ(last, 8);
}

TEST(Schema, ReplacementKeepsIdsOfSameNamedFields) {
  Schema base;
  base.fields = {Field("a", Type::Struct({Field("x", Long(), 3)}), 1), Field("b", Long(), 2)};
  Schema schema;
  schema.fields = {Field("B", Long()), Field("c", Long()),
                   Field("a", Type::Struct({Field("y", Long()), Field("x", Long())}))};
  int32_t last = 10;  // dropped columns once had the ids up to 10
  Schema assigned = AssignFieldIds(schema, &base, &last);
  EXPECT_EQ(IdsOf(assigned), (std::vector<int32_t>{2, 11, 1, 12, 3}));
  EXPECT_EQ(last, 12);
}

// "a.b" is a legal column name; it must not be taken for the field b of the struct a.
TEST(Schema, DottedNamesDoNotShareAnId) {
  Schema base;
  base.fields = {Field("a", Type::Struct({Field("b", Long(), 3)}), 1), Field("a.b", Long(), 2)};
  Schema schema;
  schema.fields = {Field("a.b", Long()), Field("a", Type::Struct({Field("b", Long())}))};
  int32_t last = 3;
  EXPECT_EQ(IdsOf(AssignFieldIds(schema, &base, &last)), (std::vector<int32_t>{2, 1, 3}));
  EXPECT_EQ(last, 3);
}

// A foreign table may hold names that differ only in case.
TEST(Schema, NamesThatDifferInCaseDoNotShareAnId) {
  Schema base;
  base.fields = {Field("a", Long(), 1), Field("A", Long(), 2)};
  int32_t last = 2;
  std::vector<int32_t> ids = IdsOf(AssignFieldIds(base, &base, &last));
  EXPECT_EQ(ids, (std::vector<int32_t>{1, 2}));
}

TEST(Schema, IdentifierFieldsFollowTheNewIds) {
  Schema schema;
  schema.fields = {Field("a", Long(), 7), Field("k", Long(), 9)};
  schema.identifier_field_ids = {9};
  int32_t last = 0;
  EXPECT_EQ(AssignFieldIds(schema, nullptr, &last).identifier_field_ids, (std::vector<int32_t>{2}));
}

TEST(Schema, SameAsLooksAtFieldsOnly) {
  Schema one;
  one.fields = {Field("a", Long(), 1)};
  Schema two = one;
  two.schema_id = 5;
  EXPECT_TRUE(one.SameAs(two));
  two.fields[0].doc = "documented";
  EXPECT_FALSE(one.SameAs(two));
  two = one;
  two.identifier_field_ids = {1};
  EXPECT_FALSE(one.SameAs(two));
}

TEST(Schema, MissingMembersAreCorruptAndNamed) {
  try {
    SchemaFromJson(Json::parse(R"({"type": "struct", "fields": [{"name": "a"}]})"), "file m.json");
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kCorrupt);
    EXPECT_EQ(e.message(), "file m.json: \"id\" is missing");
  }
}

}  // namespace
}  // namespace eider::iceberg

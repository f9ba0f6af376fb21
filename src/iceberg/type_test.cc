#include "iceberg/type.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace eider::iceberg {
namespace {

TypePtr Read(const std::string& json) { return TypeFromJson(Json::parse(json), "a test"); }

TEST(Type, EveryPrimitiveGoesThroughJsonUnchanged) {
  for (const char* name : {"boolean",        "int",
                           "long",           "float",
                           "double",         "date",
                           "time",           "timestamp",
                           "timestamptz",    "timestamp_ns",
                           "timestamptz_ns", "string",
                           "uuid",           "binary",
                           "variant",        "unknown",
                           "decimal(9, 2)",  "decimal(38, 38)",
                           "fixed[16]",      "geometry(srid:4326)",
                           "geography"}) {
    TypePtr type = Read('"' + std::string(name) + '"');
    EXPECT_EQ(TypeToJson(*type), Json(name));
    EXPECT_EQ(type->ToString(), name);
  }
}

TEST(Type, DecimalAndFixedAreReadInAnySpacing) {
  EXPECT_EQ(*Read("\"decimal(9,2)\""), *Type::Decimal(9, 2));
  EXPECT_EQ(*Read("\"decimal( 9 , 2 )\""), *Type::Decimal(9, 2));
  EXPECT_EQ(*Read("\"fixed[ 4 ]\""), *Type::Fixed(4));
}

TEST(Type, ImpossibleTypesAreCorrupt) {
  for (const char* text : {"\"decimal(39, 2)\"", "\"decimal(9, 10)\"", "\"decimal(0, 0)\"",
                           "\"fixed[0]\"", "\"fixed[-1]\"", "{}", "7", "{\"type\": \"list\"}",
                           "{\"type\": \"struct\", \"fields\": 3}"}) {
    try {
      Read(text);
      FAIL() << text << " was read";
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), ErrorCode::kCorrupt) << text;
      EXPECT_NE(e.message().find("a test"), std::string::npos) << e.message();
    }
  }
}

// What looks like a known type but is none keeps its whole name, or a rewrite would change it.
TEST(Type, UnknownTypesKeepTheirName) {
  for (const char* name : {"decimal(9, 2) zerofill", "fixed[4]x", "fixed[99999999999]", "point"}) {
    TypePtr type = Read('"' + std::string(name) + '"');
    EXPECT_EQ(type->id, TypeId::kOther) << name;
    EXPECT_EQ(type->ToString(), name);
  }
}

TEST(Type, NestedTypesGoThroughJson) {
  const Json json = Json::parse(R"({"type": "map", "key-id": 4, "key": "string", "value-id": 5,
    "value": {"type": "struct", "fields": [
      {"id": 6, "name": "x", "required": true, "type": "double", "doc": "a length"},
      {"id": 7, "name": "tags", "required": false,
       "type": {"type": "list", "element-id": 8, "element": "string", "element-required": true}}]},
    "value-required": false})");
  TypePtr type = TypeFromJson(json, "a test");
  EXPECT_EQ(TypeToJson(*type), json);
  ASSERT_EQ(type->id, TypeId::kMap);
  EXPECT_EQ(type->fields[0].id, 4);
  EXPECT_TRUE(type->fields[0].required);
  EXPECT_EQ(type->fields[1].type->fields[1].type->fields[0].id, 8);
  EXPECT_TRUE(type->fields[1].type->fields[1].type->fields[0].required);
}

TEST(Type, DeepNestingIsRefusedInsteadOfOverflowingTheStack) {
  std::string text = "\"int\"";
  for (int i = 0; i < 5000; ++i) {
    text =
        "{\"type\":\"list\",\"element-id\":1,\"element-required\":true,\"element\":" + text + "}";
  }
  EXPECT_THROW(Read(text), Error);
}

TEST(Type, FieldsKeepDefaultsDocAndUnknownMembers) {
  const Json json = Json::parse(R"({"id": 3, "name": "n", "required": false, "type": "int",
    "doc": "count", "initial-default": 0, "write-default": 7, "x-origin": {"a": [1]}})");
  NestedField field = FieldFromJson(json, "a test");
  EXPECT_EQ(FieldToJson(field), json);
  EXPECT_EQ(field.extra["x-origin"]["a"][0], 1);
}

TEST(Type, OnlyTheSpecsPromotionsAreAllowed) {
  auto may = [](const char* from, const char* to) {
    return IsPromotable(*Read('"' + std::string(from) + '"'), *Read('"' + std::string(to) + '"'));
  };
  EXPECT_TRUE(may("int", "long"));
  EXPECT_TRUE(may("float", "double"));
  EXPECT_TRUE(may("decimal(9, 2)", "decimal(18, 2)"));
  EXPECT_TRUE(may("string", "string"));
  EXPECT_TRUE(may("unknown", "string"));
  EXPECT_FALSE(may("long", "int"));
  EXPECT_FALSE(may("double", "float"));
  EXPECT_FALSE(may("decimal(18, 2)", "decimal(9, 2)"));
  EXPECT_FALSE(may("decimal(9, 2)", "decimal(18, 3)"));
  EXPECT_FALSE(may("int", "double"));
  EXPECT_FALSE(may("timestamp", "timestamptz"));
}

TEST(Type, NewTypesNeedVersionThreeAtAnyDepth) {
  EXPECT_EQ(MinimumFormatVersion(*Read("\"timestamp\"")), 1);
  EXPECT_EQ(MinimumFormatVersion(*Read("\"timestamp_ns\"")), 3);
  EXPECT_EQ(MinimumFormatVersion(*Type::List(1, Read("\"variant\""), false)), 3);
  EXPECT_EQ(MinimumFormatVersion(*Type::List(1, Read("\"string\""), false)), 1);
}

}  // namespace
}  // namespace eider::iceberg

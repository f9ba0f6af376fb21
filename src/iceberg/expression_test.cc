#include "iceberg/expression.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace eider::iceberg {
namespace {

using Kind = Expression::Kind;

NestedField Field(int32_t id, const std::string& name, TypePtr type) {
  NestedField field;
  field.id = id;
  field.name = name;
  field.type = std::move(type);
  return field;
}

Schema TestSchema() {
  Schema schema;
  schema.fields = {
      Field(1, "number", Type::Primitive(TypeId::kInt)),
      Field(2, "Name", Type::Primitive(TypeId::kString)),
      Field(3, "day", Type::Primitive(TypeId::kDate)),
      Field(4, "ratio", Type::Primitive(TypeId::kFloat)),
      Field(5, "place",
            Type::Struct({Field(6, "city", Type::Primitive(TypeId::kString)),
                          Field(7, "x.y", Type::Primitive(TypeId::kInt))})),
      Field(8, "tags", Type::List(9, Type::Primitive(TypeId::kString), false)),
      Field(10, "a.b", Type::Primitive(TypeId::kLong)),
  };
  return schema;
}

Expression Read(const std::string& json, bool case_sensitive = true) {
  return ExpressionFromJson(Json::parse(json), TestSchema(), case_sensitive);
}

TEST(ExpressionTest, ConditionsInTheOlderForm) {
  Expression read = Read(R"({"type":"eq","term":"number","value":5})");
  EXPECT_EQ(read.kind, Kind::kEqual);
  EXPECT_EQ(read.field_id, 1);
  EXPECT_EQ(read.values, (std::vector<Literal>{Literal{int64_t{5}}}));
  EXPECT_EQ(read.json, R"({"type":"eq","term":"number","value":5})");
  read = Read(R"({"type":"in","term":{"type":"reference","term":"Name"},"values":["b","a"]})");
  EXPECT_EQ(read.kind, Kind::kIn);
  EXPECT_EQ(read.values,
            (std::vector<Literal>{Literal{std::string("a")}, Literal{std::string("b")}}));
  read = Read(R"({"type":"lt","term":{"type":"transform","transform":"year","term":"day"},
                  "value":{"type":"literal","value":50}})");
  EXPECT_EQ(read.kind, Kind::kLess);
  EXPECT_EQ(read.transform.kind, Transform::Kind::kYear);
  EXPECT_EQ(read.type->id, TypeId::kInt);
  EXPECT_EQ(Read(R"({"type":"not-nan","term":"ratio"})").kind, Kind::kNotNan);
}

TEST(ExpressionTest, ConditionsInTheNewerForm) {
  constexpr char kNumber[] = R"({"type":"reference","id":1})";
  auto with_number = [&](const std::string& text) {
    std::string json = text;
    json.replace(json.find('#'), 1, kNumber);
    return Read(json);
  };
  Expression read = with_number(R"({"type":"gt","left":#,"right":5})");
  EXPECT_EQ(read.kind, Kind::kGreater);
  EXPECT_EQ(read.field_id, 1);
  read = with_number(
      R"({"type":"gt","left":{"type":"literal","value":5,"data-type":"int"},"right":#})");
  EXPECT_EQ(read.kind, Kind::kLess);
  EXPECT_EQ(with_number(R"({"type":"is-null","child":#})").kind, Kind::kIsNull);
  read = with_number(R"({"type":"not-in","child":#,
                         "values":{"type":"literals","values":[1,2],"data-type":"int"}})");
  EXPECT_EQ(read.kind, Kind::kNotIn);
  EXPECT_EQ(read.values.size(), 2u);
  // Nothing that files can be told apart by.
  EXPECT_EQ(
      Read(R"({"type":"eq","left":{"type":"apply","function":"f","arguments":[]},"right":1})").kind,
      Kind::kOpaque);
  EXPECT_EQ(Read(R"({"type":"eq","left":{"type":"reference","name":"number"},
                     "right":{"type":"reference","name":"a.b"}})")
                .kind,
            Kind::kOpaque);
  EXPECT_EQ(Read(R"({"type":"lt","left":1,"right":2})").kind, Kind::kOpaque);
}

TEST(ExpressionTest, ChainsAreFlat) {
  std::string chain = R"({"type":"eq","term":"number","value":0})";
  for (int i = 1; i < 500; ++i) {
    chain = R"({"type":"or","left":)" + chain +
            R"(,"right":{"type":"eq","term":"number","value":)" + std::to_string(i) + "}}";
  }
  Expression read = Read(chain);
  EXPECT_EQ(read.kind, Kind::kOr);
  EXPECT_EQ(read.children.size(), 500u);
}

TEST(ExpressionTest, Constants) {
  EXPECT_EQ(Read("true").kind, Kind::kTrue);
  EXPECT_EQ(Read(R"({"type":"false"})").kind, Kind::kFalse);
  EXPECT_EQ(Read(R"({"type":"literal","value":true})").kind, Kind::kTrue);
  EXPECT_EQ(Read(R"({"type":"in","term":"number","values":[]})").kind, Kind::kFalse);
  EXPECT_EQ(Read(R"({"type":"not-in","term":"number","values":[]})").kind, Kind::kTrue);
}

TEST(ExpressionTest, FieldsByPath) {
  Schema schema = TestSchema();
  auto id = [&](std::string_view path, bool case_sensitive = true) {
    auto found = FindFieldByPath(schema, path, case_sensitive);
    return found.field == nullptr ? 0 : found.field->id;
  };
  EXPECT_EQ(id("Name"), 2);
  EXPECT_EQ(id("name"), 0);
  EXPECT_EQ(id("name", false), 2);
  EXPECT_EQ(id("place.city"), 6);
  EXPECT_EQ(id("place.x.y"), 7);
  EXPECT_EQ(id("a.b"), 10);
  EXPECT_EQ(id("tags.element"), 9);
  EXPECT_EQ(id("place."), 0);
  EXPECT_EQ(Read(R"({"type":"eq","term":"tags.element","value":"x"})").kind, Kind::kOpaque);
  EXPECT_EQ(Read(R"({"type":"is-null","term":"place"})").kind, Kind::kOpaque);
}

// A client may speak of the schema of now where it asks for that of a snapshot.
TEST(ExpressionTest, NamesOfEitherSchema) {
  Schema renamed = TestSchema();
  renamed.fields[0].name = "count";
  renamed.fields[6].name = "number";
  auto read = [&](const std::string& name) {
    std::string json = R"({"type":"eq","term":")" + name + R"(","value":5})";
    return ExpressionFromJson(Json::parse(json), TestSchema(), true, &renamed);
  };
  EXPECT_EQ(read("count").field_id, 1);
  EXPECT_EQ(read("a.b").field_id, 10);
  EXPECT_EQ(read("number").kind, Kind::kOpaque);
  EXPECT_THROW(read("none"), Error);
}

TEST(ExpressionTest, WhatIsNoExpressionIsRefused) {
  for (const char* json : {
           R"(5)",
           R"({})",
           R"({"type":"xor","left":true,"right":true})",
           R"({"type":"and","left":true})",
           R"({"type":"not"})",
           R"({"type":"eq","term":"nothing","value":5})",
           R"({"type":"eq","term":"name","value":"x"})",
           R"({"type":"eq","term":"number"})",
           R"({"type":"eq","term":"number","value":null})",
           R"({"type":"eq","term":"number","value":"five"})",
           R"({"type":"eq","term":"number","value":1,"values":[1]})",
           R"({"type":"is-null","term":"number","value":1})",
           R"({"type":"in","term":"number","values":5})",
           R"({"type":"is-nan","term":"number"})",
           R"({"type":"starts-with","term":"number","value":5})",
           R"({"type":"eq","left":{"type":"reference","id":77},"right":1})",
           R"({"type":"literal","value":5})",
       }) {
    SCOPED_TRACE(json);
    EXPECT_THROW(Read(json), Error);
  }
}

TEST(ExpressionTest, WhatNullsMaySatisfyPrunesNothing) {
  EXPECT_TRUE(PredicateOf(Read(R"({"type":"not-eq","term":"number","value":5})")).is_true());
  EXPECT_TRUE(PredicateOf(Read(R"({"type":"not","child":{"type":"in","term":"number",
                                   "values":[5]}})"))
                  .is_true());
  Predicate opposite = PredicateOf(Read(R"({"type":"not","child":{"type":"or",
      "left":{"type":"lt","term":"number","value":5},
      "right":{"type":"not-eq","term":"number","value":7}}})"));
  ASSERT_EQ(opposite.kind, Predicate::Kind::kAnd);
  EXPECT_EQ(opposite.children[0].kind, Predicate::Kind::kGreaterOrEqual);
  EXPECT_EQ(opposite.children[1].kind, Predicate::Kind::kEqual);
}

// 0.1 is between two values of a float column; either may be meant.
TEST(ExpressionTest, FloatsAreComparedByWhatTheyMayMean) {
  Predicate equal = PredicateOf(Read(R"({"type":"eq","term":"ratio","value":0.1})"));
  ColumnFacts facts;
  facts.lower = facts.upper = Literal{static_cast<double>(0.1F)};
  const Type& type = *Type::Primitive(TypeId::kFloat);
  ASSERT_EQ(equal.kind, Predicate::Kind::kAnd);
  for (const Predicate& child : equal.children) EXPECT_TRUE(MightMatch(child, type, facts));
  Predicate half = PredicateOf(Read(R"({"type":"gt","term":"ratio","value":0.5})"));
  EXPECT_FALSE(MightMatch(half, type, facts));
}

}  // namespace
}  // namespace eider::iceberg

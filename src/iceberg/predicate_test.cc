#include "iceberg/predicate.h"

#include <gtest/gtest.h>

#include <cmath>

#include "iceberg/bucket.h"

namespace eider::iceberg {
namespace {

using Kind = Predicate::Kind;

constexpr int32_t kNumber = 1;
constexpr int32_t kText = 2;
constexpr int32_t kReal = 3;
constexpr int32_t kDay = 4;
constexpr int32_t kInstant = 5;

Schema TestSchema() {
  Schema schema;
  auto add = [&](int32_t id, const std::string& name, TypePtr type) {
    NestedField field;
    field.id = id;
    field.name = name;
    field.type = std::move(type);
    schema.fields.push_back(std::move(field));
  };
  add(kNumber, "number", Type::Primitive(TypeId::kInt));
  add(kText, "text", Type::Primitive(TypeId::kString));
  add(kReal, "real", Type::Primitive(TypeId::kDouble));
  add(kDay, "day", Type::Primitive(TypeId::kDate));
  add(kInstant, "instant", Type::Primitive(TypeId::kTimestamp));
  add(6, "list", Type::List(7, Type::Primitive(TypeId::kInt), false));
  return schema;
}

Predicate Make(Kind kind, int32_t field_id, std::vector<Literal> values = {}) {
  Predicate predicate;
  predicate.kind = kind;
  predicate.field_id = field_id;
  predicate.values = std::move(values);
  return predicate;
}

Literal Integer(int64_t value) { return Literal{value}; }

void Bound(DataFile& file, int32_t id, const Type& type, const Literal& lower,
           const Literal& upper) {
  file.lower_bounds[id] = LiteralToBytes(type, lower);
  file.upper_bounds[id] = LiteralToBytes(type, upper);
}

class PredicateTest : public ::testing::Test {
 protected:
  bool Matches(const Predicate& predicate) { return MightMatch(predicate, file_, schema_, spec_); }
  bool Number(Kind kind, int64_t value) { return Matches(Make(kind, kNumber, {Integer(value)})); }
  bool Real(Kind kind, double value) { return Matches(Make(kind, kReal, {Literal{value}})); }

  void PartitionBy(const std::string& transform, int32_t source_id, Literal value) {
    PartitionField field;
    field.source_id = source_id;
    field.field_id = 1000;
    field.name = "p";
    field.transform = TransformFromText(transform);
    spec_.fields = {field};
    file_.partition = {std::move(value)};
  }

  Schema schema_ = TestSchema();
  PartitionSpec spec_;
  DataFile file_;
};

TEST_F(PredicateTest, ComparisonsAtTheBounds) {
  Bound(file_, kNumber, *Type::Primitive(TypeId::kInt), Integer(10), Integer(20));
  EXPECT_FALSE(Number(Kind::kEqual, 9));
  EXPECT_TRUE(Number(Kind::kEqual, 10));
  EXPECT_TRUE(Number(Kind::kEqual, 20));
  EXPECT_FALSE(Number(Kind::kEqual, 21));
  EXPECT_FALSE(Number(Kind::kLess, 10));
  EXPECT_TRUE(Number(Kind::kLess, 11));
  EXPECT_TRUE(Number(Kind::kLessOrEqual, 10));
  EXPECT_FALSE(Number(Kind::kLessOrEqual, 9));
  EXPECT_FALSE(Number(Kind::kGreater, 20));
  EXPECT_TRUE(Number(Kind::kGreaterOrEqual, 20));
  EXPECT_FALSE(Number(Kind::kGreaterOrEqual, 21));
  EXPECT_TRUE(Number(Kind::kNotEqual, 15));
  EXPECT_FALSE(Matches(Make(Kind::kIn, kNumber, {Integer(1), Integer(30)})));
  EXPECT_TRUE(Matches(Make(Kind::kIn, kNumber, {Integer(1), Integer(12)})));
  EXPECT_FALSE(Matches(Make(Kind::kIn, kNumber)));
}

TEST_F(PredicateTest, WhatIsNotKnownPrunesNothing) {
  EXPECT_TRUE(Number(Kind::kEqual, 1));
  EXPECT_TRUE(Matches(Make(Kind::kIsNull, kNumber)));
  EXPECT_TRUE(Matches(Make(Kind::kEqual, 99, {Integer(1)})));
  EXPECT_TRUE(Matches(Make(Kind::kEqual, 6, {Integer(1)})));
  file_.lower_bounds[kNumber] = "xyz";  // no int
  EXPECT_TRUE(Number(Kind::kLess, 0));
}

TEST_F(PredicateTest, NullCounts) {
  file_.value_counts[kNumber] = 5;
  file_.null_value_counts[kNumber] = 0;
  EXPECT_FALSE(Matches(Make(Kind::kIsNull, kNumber)));
  EXPECT_TRUE(Matches(Make(Kind::kNotNull, kNumber)));
  file_.null_value_counts[kNumber] = 5;
  EXPECT_TRUE(Matches(Make(Kind::kIsNull, kNumber)));
  EXPECT_FALSE(Matches(Make(Kind::kNotNull, kNumber)));
  EXPECT_FALSE(Number(Kind::kEqual, 1));
  EXPECT_FALSE(Number(Kind::kNotEqual, 1));
  EXPECT_FALSE(Number(Kind::kGreater, 1));
}

TEST_F(PredicateTest, NanIsAboveEveryBound) {
  Bound(file_, kReal, *Type::Primitive(TypeId::kDouble), Literal{1.0}, Literal{2.0});
  double nan = std::nan("");
  // Not counted: there may be some.
  EXPECT_TRUE(Real(Kind::kGreater, 5));
  EXPECT_TRUE(Real(Kind::kEqual, nan));
  EXPECT_TRUE(Real(Kind::kGreaterOrEqual, nan));
  EXPECT_FALSE(Real(Kind::kGreater, nan));
  EXPECT_FALSE(Real(Kind::kEqual, 5));
  EXPECT_FALSE(Real(Kind::kLess, 0.5));
  file_.nan_value_counts[kReal] = 0;
  EXPECT_FALSE(Real(Kind::kGreater, 5));
  EXPECT_FALSE(Real(Kind::kEqual, nan));
  EXPECT_FALSE(Real(Kind::kGreaterOrEqual, nan));
  EXPECT_TRUE(Real(Kind::kLess, nan));
}

TEST_F(PredicateTest, PrefixesAgainstTruncatedBounds) {
  Bound(file_, kText, *Type::Primitive(TypeId::kString), Literal{std::string("ab")},
        Literal{std::string("ad")});
  auto starts = [&](const std::string& prefix) {
    return Matches(Make(Kind::kStartsWith, kText, {Literal{prefix}}));
  };
  EXPECT_FALSE(starts("aa"));
  EXPECT_TRUE(starts("a"));
  EXPECT_TRUE(starts("abzzz"));
  EXPECT_TRUE(starts("ad"));
  EXPECT_FALSE(starts("ae"));
}

TEST_F(PredicateTest, Conjunctions) {
  Bound(file_, kNumber, *Type::Primitive(TypeId::kInt), Integer(10), Integer(20));
  Predicate in = Make(Kind::kEqual, kNumber, {Integer(15)});
  Predicate out = Make(Kind::kEqual, kNumber, {Integer(5)});
  Predicate unknown;
  EXPECT_FALSE(Matches(Predicate::And({in, out})));
  EXPECT_TRUE(Matches(Predicate::Or({in, out})));
  EXPECT_FALSE(Matches(Predicate::Or({out, out})));
  // An unknown alternative may hold, an unknown further condition changes nothing.
  EXPECT_TRUE(Matches(Predicate::Or({out, unknown})));
  EXPECT_FALSE(Matches(Predicate::And({out, unknown})));
  EXPECT_TRUE(Predicate::And({unknown, unknown}).is_true());
  EXPECT_TRUE(Predicate::And({}).is_true());
  EXPECT_EQ(Predicate::Or({}).kind, Kind::kFalse);
  EXPECT_FALSE(Matches(Predicate::Or({})));
}

TEST_F(PredicateTest, IdentityPartitions) {
  PartitionBy("identity", kNumber, Integer(3));
  EXPECT_TRUE(Number(Kind::kEqual, 3));
  EXPECT_FALSE(Number(Kind::kEqual, 4));
  EXPECT_FALSE(Matches(Make(Kind::kIsNull, kNumber)));
  PartitionBy("identity", kNumber, Literal{});
  EXPECT_TRUE(Matches(Make(Kind::kIsNull, kNumber)));
  EXPECT_FALSE(Number(Kind::kEqual, 3));
}

TEST_F(PredicateTest, PartitionsOfTime) {
  // 2026-02 is the 673rd month after 1970-01.
  PartitionBy("month", kDay, Integer(673));
  auto day = [&](Kind kind, int64_t days) { return Matches(Make(kind, kDay, {Integer(days)})); };
  constexpr int64_t kFebruary1 = 20485;
  EXPECT_FALSE(day(Kind::kLess, kFebruary1));
  EXPECT_TRUE(day(Kind::kLessOrEqual, kFebruary1));
  EXPECT_TRUE(day(Kind::kEqual, kFebruary1 + 27));
  EXPECT_FALSE(day(Kind::kEqual, kFebruary1 + 28));

  PartitionBy("year", kDay, Integer(-1));  // 1969
  EXPECT_TRUE(day(Kind::kEqual, -365));
  EXPECT_TRUE(day(Kind::kEqual, -366));  // of 1968 to Iceberg before 0.11
  EXPECT_FALSE(day(Kind::kEqual, -732));
  EXPECT_TRUE(day(Kind::kEqual, -1));
  EXPECT_FALSE(day(Kind::kEqual, 0));

  constexpr int64_t kHour = 3'600'000'000;
  PartitionBy("hour", kInstant, Integer(10));
  auto instant = [&](int64_t micros) {
    return Matches(Make(Kind::kEqual, kInstant, {Integer(micros)}));
  };
  EXPECT_FALSE(instant(10 * kHour - 1));
  EXPECT_TRUE(instant(10 * kHour));
  EXPECT_TRUE(instant(11 * kHour - 1));
  EXPECT_FALSE(instant(11 * kHour));

  PartitionBy("day", kInstant, Integer(-1));
  EXPECT_TRUE(instant(-1));
  EXPECT_FALSE(instant(0));
}

TEST_F(PredicateTest, PartitionsOfTruncatedValues) {
  PartitionBy("truncate[10]", kNumber, Integer(20));
  EXPECT_FALSE(Number(Kind::kEqual, 19));
  EXPECT_TRUE(Number(Kind::kEqual, 29));
  EXPECT_FALSE(Number(Kind::kEqual, 30));
  EXPECT_FALSE(Number(Kind::kGreaterOrEqual, 30));
}

TEST_F(PredicateTest, TransformsThatSayNothingOfTheOrder) {
  int64_t bucket = *BucketOf(*Type::Primitive(TypeId::kInt), Integer(1'000'000), 16);
  PartitionBy("bucket[16]", kNumber, Integer(bucket));
  EXPECT_TRUE(Number(Kind::kEqual, 1'000'000));
  EXPECT_TRUE(Number(Kind::kLess, 5));
  PartitionBy("bucket[16]", kNumber, Integer((bucket + 1) % 16));
  EXPECT_FALSE(Number(Kind::kEqual, 1'000'000));
  PartitionBy("void", kNumber, Literal{});
  EXPECT_TRUE(Number(Kind::kEqual, 1));
  // Only null falls into the null bucket.
  PartitionBy("bucket[16]", kNumber, Literal{});
  EXPECT_FALSE(Number(Kind::kEqual, 1));
  EXPECT_TRUE(Matches(Make(Kind::kIsNull, kNumber)));
}

TEST_F(PredicateTest, ManifestSummaries) {
  PartitionBy("identity", kNumber, Integer(0));
  ManifestFile manifest;
  PartitionFieldSummary summary;
  const TypePtr number = Type::Primitive(TypeId::kInt);
  summary.lower_bound = LiteralToBytes(*number, Integer(10));
  summary.upper_bound = LiteralToBytes(*number, Integer(20));
  manifest.partitions = {summary};
  auto matches = [&](const Predicate& predicate) {
    return MightMatch(predicate, manifest, schema_, spec_);
  };
  EXPECT_FALSE(matches(Make(Kind::kEqual, kNumber, {Integer(9)})));
  EXPECT_TRUE(matches(Make(Kind::kEqual, kNumber, {Integer(10)})));
  EXPECT_FALSE(matches(Make(Kind::kIsNull, kNumber)));
  EXPECT_TRUE(matches(Make(Kind::kEqual, kText, {Literal{std::string("x")}})));
  manifest.partitions.clear();  // a writer that gave none
  EXPECT_TRUE(matches(Make(Kind::kEqual, kNumber, {Integer(9)})));

  PartitionBy("day", kInstant, Integer(0));
  summary.lower_bound = LiteralToBytes(*number, Integer(1));
  summary.upper_bound = LiteralToBytes(*number, Integer(2));
  summary.contains_null = true;
  manifest.partitions = {summary};
  constexpr int64_t kMicrosPerDay = 86'400'000'000;
  EXPECT_FALSE(matches(Make(Kind::kLess, kInstant, {Integer(kMicrosPerDay)})));
  EXPECT_TRUE(matches(Make(Kind::kEqual, kInstant, {Integer(3 * kMicrosPerDay - 1)})));
  EXPECT_FALSE(matches(Make(Kind::kGreaterOrEqual, kInstant, {Integer(3 * kMicrosPerDay)})));
  EXPECT_TRUE(matches(Make(Kind::kIsNull, kInstant)));
}

}  // namespace
}  // namespace eider::iceberg

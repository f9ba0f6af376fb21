#include "iceberg/literal_json.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/error.h"

namespace eider::iceberg {
namespace {

TypePtr Of(TypeId id) { return Type::Primitive(id); }

std::string Written(const TypePtr& type, const Literal& literal) {
  std::string text;
  AppendLiteral(*type, literal, text);
  return text;
}

std::optional<Literal> Read(const TypePtr& type, const std::string& json) {
  return LiteralFromJson(*type, Json::parse(json));
}

// Appendix D gives most of these.
TEST(LiteralJsonTest, ValuesOfEachTypeGoThereAndBack) {
  struct Example {
    TypePtr type;
    Literal value;
    const char* json;
  };
  const Example examples[] = {
      {Of(TypeId::kBoolean), Literal{true}, "true"},
      {Of(TypeId::kInt), Literal{int64_t{34}}, "34"},
      {Of(TypeId::kLong), Literal{std::numeric_limits<int64_t>::min()}, "-9223372036854775808"},
      {Of(TypeId::kFloat), Literal{1.0}, "1.0"},
      {Of(TypeId::kFloat), Literal{static_cast<double>(0.1F)}, "0.1"},
      {Of(TypeId::kDouble), Literal{1e300}, "1e+300"},
      {Type::Decimal(9, 2), Literal{Int128{1420}}, "\"14.20\""},
      {Type::Decimal(9, 2), Literal{Int128{-5}}, "\"-0.05\""},
      {Of(TypeId::kDate), Literal{int64_t{17486}}, "\"2017-11-16\""},
      {Of(TypeId::kDate), Literal{int64_t{-1}}, "\"1969-12-31\""},
      {Of(TypeId::kTime), Literal{int64_t{81068123456}}, "\"22:31:08.123456\""},
      {Of(TypeId::kTimestamp), Literal{int64_t{1510871468123456}},
       "\"2017-11-16T22:31:08.123456\""},
      {Of(TypeId::kTimestamp), Literal{int64_t{-1}}, "\"1969-12-31T23:59:59.999999\""},
      {Of(TypeId::kTimestampTz), Literal{int64_t{1510871468123456}},
       "\"2017-11-16T22:31:08.123456+00:00\""},
      {Of(TypeId::kTimestampNs), Literal{int64_t{1510871468123456789}},
       "\"2017-11-16T22:31:08.123456789\""},
      {Of(TypeId::kString), Literal{std::string("a \"b\"\n\xC3\xA9")},
       "\"a \\\"b\\\"\\n\xC3\xA9\""},
      {Of(TypeId::kUuid),
       Literal{std::string("\xF7\x9C\x3E\x09\x67\x7C\x4B\xBD\xA4\x79\x3F\x34\x9C\xB7\x85\xE7", 16)},
       "\"f79c3e09-677c-4bbd-a479-3f349cb785e7\""},
      {Type::Fixed(3), Literal{std::string("\0\1\xFF", 3)}, "\"0001FF\""},
      {Of(TypeId::kBinary), Literal{std::string()}, "\"\""},
  };
  for (const Example& example : examples) {
    SCOPED_TRACE(example.json);
    EXPECT_EQ(Written(example.type, example.value), example.json);
    auto read = Read(example.type, example.json);
    ASSERT_TRUE(read);
    if (example.type->id == TypeId::kFloat) {
      EXPECT_EQ(static_cast<float>(std::get<double>(read->value)),
                static_cast<float>(std::get<double>(example.value.value)));
    } else {
      EXPECT_EQ(*read, example.value);
    }
  }
  EXPECT_EQ(Written(Of(TypeId::kInt), Literal{}), "null");
  EXPECT_EQ(Written(Of(TypeId::kDouble), Literal{std::nan("")}), "\"NaN\"");
  EXPECT_EQ(Written(Of(TypeId::kDouble), Literal{-std::numeric_limits<double>::infinity()}),
            "\"-Infinity\"");
}

TEST(LiteralJsonTest, FormsThatClientsWrite) {
  EXPECT_EQ(Read(Of(TypeId::kDate), "19000"), Literal{int64_t{19000}});
  EXPECT_EQ(Read(Of(TypeId::kTimestamp), "1510871468123456"), Literal{int64_t{1510871468123456}});
  EXPECT_EQ(Read(Of(TypeId::kTimestamp), "\"1970-01-01T00:01\""), Literal{int64_t{60000000}});
  EXPECT_EQ(Read(Of(TypeId::kTimestampTz), "\"1970-01-01T01:00:00.5+01:00\""),
            Literal{int64_t{500000}});
  EXPECT_EQ(Read(Of(TypeId::kTimestampTz), "\"1969-12-31T16:00:00-08:00\""), Literal{int64_t{0}});
  EXPECT_EQ(Read(Of(TypeId::kTimestampTz), "\"1970-01-01 00:00:01Z\""), Literal{int64_t{1000000}});
  EXPECT_EQ(Read(Type::Decimal(9, 2), "14.2"), Literal{Int128{1420}});
  EXPECT_EQ(Read(Type::Decimal(9, 2), "3"), Literal{Int128{300}});
  EXPECT_EQ(Read(Type::Decimal(9, 2), "\"1.5E+1\""), Literal{Int128{1500}});
  EXPECT_EQ(Read(Type::Decimal(9, 2), "\"1.500\""), Literal{Int128{150}});
  EXPECT_EQ(Read(Of(TypeId::kDouble), "3"), Literal{3.0});
  EXPECT_EQ(Read(Type::Fixed(2), "\"0aFf\""), Literal{std::string("\x0A\xFF")});
}

// A comparison with these says something, but not by a value of the type.
TEST(LiteralJsonTest, WhatTheTypeCannotHoldIsLeftToReaders) {
  EXPECT_EQ(Read(Type::Decimal(9, 2), "\"1.234\""), std::nullopt);
  EXPECT_EQ(Read(Type::Decimal(38, 0), "\"1E+38\""), std::nullopt);
  EXPECT_EQ(Read(Of(TypeId::kTimestamp), "\"1970-01-01T00:00:00.0000001\""), std::nullopt);
  EXPECT_EQ(Read(Of(TypeId::kTimestampNs), "1510871468123456"), std::nullopt);
  EXPECT_EQ(Read(Of(TypeId::kTimestampNs), "\"9999-01-01T00:00:00\""), std::nullopt);
  EXPECT_EQ(Read(Of(TypeId::kDouble), "9007199254740993"), std::nullopt);
  EXPECT_EQ(Read(Of(TypeId::kVariant), "1"), std::nullopt);
}

TEST(LiteralJsonTest, WhatCannotBeComparedIsRefused) {
  struct Example {
    TypePtr type;
    const char* json;
  };
  const Example examples[] = {
      {Of(TypeId::kBoolean), "1"},
      {Of(TypeId::kInt), "1.5"},
      {Of(TypeId::kInt), "\"1\""},
      {Of(TypeId::kLong), "18446744073709551615"},
      {Of(TypeId::kString), "1"},
      {Of(TypeId::kDate), "\"2023-02-29\""},
      {Of(TypeId::kDate), "\"2023-02-28T00:00\""},
      {Of(TypeId::kDate), "1.5"},
      {Of(TypeId::kTime), "\"24:00\""},
      {Of(TypeId::kTimestamp), "\"2023-02-28T00:00:00Z\""},
      {Of(TypeId::kTimestampTz), "\"2023-02-28T00:00:00\""},
      {Of(TypeId::kDouble), "\"NaN\""},
      {Type::Decimal(9, 2), "\"1,5\""},
      {Type::Decimal(9, 2), "\"\""},
      {Of(TypeId::kUuid), "\"f79c3e09677c4bbda4793f349cb785e7\""},
      {Type::Fixed(2), "\"00\""},
      {Of(TypeId::kBinary), "\"0g\""},
      {Of(TypeId::kBinary), "{}"},
  };
  for (const Example& example : examples) {
    SCOPED_TRACE(example.json);
    EXPECT_THROW(Read(example.type, example.json), Error);
  }
}

}  // namespace
}  // namespace eider::iceberg

#include "engine/type_mapping.h"

#include <gmock/gmock.h>

#include "base/error.h"

namespace eider::engine {
namespace {

using duckdb::LogicalType;
using duckdb::Value;
using iceberg::Literal;
using iceberg::Type;
using iceberg::TypeId;

std::string Mapped(const LogicalType& type) {
  int32_t next_id = 1;
  return ToIcebergType(type, "c", &next_id)->ToString();
}

TEST(TypeMappingTest, DuckDBsTypesInIceberg) {
  const std::vector<std::pair<LogicalType, std::string>> cases = {
      {LogicalType::BOOLEAN, "boolean"},
      {LogicalType::TINYINT, "int"},
      {LogicalType::SMALLINT, "int"},
      {LogicalType::UTINYINT, "int"},
      {LogicalType::USMALLINT, "int"},
      {LogicalType::INTEGER, "int"},
      {LogicalType::UINTEGER, "long"},
      {LogicalType::BIGINT, "long"},
      {LogicalType::UBIGINT, "decimal(20, 0)"},
      {LogicalType::HUGEINT, "decimal(38, 0)"},
      {LogicalType::FLOAT, "float"},
      {LogicalType::DOUBLE, "double"},
      {LogicalType::DECIMAL(9, 2), "decimal(9, 2)"},
      {LogicalType::DATE, "date"},
      {LogicalType::TIME, "time"},
      {LogicalType::TIMESTAMP, "timestamp"},
      {LogicalType::TIMESTAMP_S, "timestamp"},
      {LogicalType::TIMESTAMP_MS, "timestamp"},
      {LogicalType::TIMESTAMP_TZ, "timestamptz"},
      {LogicalType::VARCHAR, "string"},
      {LogicalType::JSON(), "string"},
      {LogicalType::UUID, "uuid"},
      {LogicalType::BLOB, "binary"},
  };
  for (const auto& [type, iceberg] : cases) EXPECT_EQ(Mapped(type), iceberg) << type.ToString();
}

TEST(TypeMappingTest, NestedTypesGetIdsOfTheirOwn) {
  auto type = LogicalType::STRUCT(
      {{"a", LogicalType::LIST(LogicalType::INTEGER)},
       {"b", LogicalType::MAP(LogicalType::VARCHAR, LogicalType::ARRAY(LogicalType::DATE, 3))}});
  int32_t next_id = 10;
  auto mapped = ToIcebergType(type, "c", &next_id);
  std::vector<int32_t> ids;
  iceberg::VisitFields(mapped->fields,
                       [&](const iceberg::NestedField& field) { ids.push_back(field.id); });
  std::sort(ids.begin(), ids.end());
  EXPECT_EQ(std::adjacent_find(ids.begin(), ids.end()), ids.end());
  EXPECT_EQ(ids.size(), 6u);
  EXPECT_EQ(ids.front(), 10);
  EXPECT_EQ(next_id, 16);
  EXPECT_EQ(ToDuckDBType(*mapped, "c").ToString(), "STRUCT(a INTEGER[], b MAP(VARCHAR, DATE[]))");
}

TEST(TypeMappingTest, WhatIcebergCannotHoldIsNamed) {
  const std::vector<LogicalType> types = {
      LogicalType::INTERVAL,
      LogicalType::TIME_TZ,
      LogicalType::BIT,
      LogicalType::UHUGEINT,
      LogicalType::UNION({{"a", LogicalType::INTEGER}}),
      LogicalType::LIST(LogicalType::STRUCT({{"x", LogicalType::INTERVAL}})),
  };
  for (const LogicalType& type : types) {
    try {
      Mapped(type);
      ADD_FAILURE() << type.ToString();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
      EXPECT_THAT(error.message(), ::testing::HasSubstr("column c"));
      EXPECT_FALSE(error.hint().empty());
    }
  }
}

TEST(TypeMappingTest, ValuesBothWays) {
  const std::vector<std::pair<iceberg::TypePtr, Value>> cases = {
      {Type::Primitive(TypeId::kBoolean), Value::BOOLEAN(true)},
      {Type::Primitive(TypeId::kInt), Value::INTEGER(-7)},
      {Type::Primitive(TypeId::kLong), Value::BIGINT(int64_t{1} << 40)},
      {Type::Primitive(TypeId::kFloat), Value::FLOAT(1.5F)},
      {Type::Primitive(TypeId::kDouble), Value::DOUBLE(-2.25)},
      {Type::Decimal(4, 2), Value::DECIMAL(int16_t{-150}, 4, 2)},
      {Type::Decimal(38, 3), Value::DECIMAL(duckdb::hugeint_t(int64_t{-12345678901234}), 38, 3)},
      {Type::Primitive(TypeId::kDate), Value::DATE(2026, 1, 31)},
      {Type::Primitive(TypeId::kTime), Value::TIME(1, 2, 3, 4)},
      {Type::Primitive(TypeId::kTimestamp), Value::TIMESTAMP(1969, 12, 31, 23, 59, 59, 999999)},
      {Type::Primitive(TypeId::kTimestampTz),
       Value::TIMESTAMPTZ(duckdb::timestamp_tz_t(1767225600000000))},
      {Type::Primitive(TypeId::kTimestampNs),
       Value::TIMESTAMPNS(duckdb::timestamp_ns_t(1767225600000000001))},
      {Type::Primitive(TypeId::kString), Value("naïve")},
      {Type::Primitive(TypeId::kUuid), Value::UUID("f50e8400-e29b-41d4-a716-446655440000")},
      {Type::Primitive(TypeId::kBinary),
       Value::BLOB(reinterpret_cast<duckdb::const_data_ptr_t>("\0\xFF"), 2)},
  };
  for (const auto& [type, value] : cases) {
    auto literal = ToLiteral(*type, value);
    ASSERT_TRUE(literal) << type->ToString();
    EXPECT_EQ(ToValue(*type, *literal), value) << type->ToString();
    EXPECT_EQ(ToValue(*type, *literal).type(), ToDuckDBType(*type, "c")) << type->ToString();
    auto null = ToLiteral(*type, Value(value.type()));
    ASSERT_TRUE(null);
    EXPECT_TRUE(null->is_null());
    EXPECT_TRUE(ToValue(*type, *null).IsNull());
  }
}

TEST(TypeMappingTest, UuidsKeepTheirOrderAsBytes) {
  const auto uuid = Type::Primitive(TypeId::kUuid);
  auto low = ToLiteral(*uuid, Value::UUID("00000000-0000-0000-0000-000000000001"));
  auto high = ToLiteral(*uuid, Value::UUID("f0000000-0000-0000-0000-000000000000"));
  EXPECT_TRUE(iceberg::CompareLiterals(*uuid, *low, *high) < 0);
}

TEST(TypeMappingTest, ValuesWithoutCounterpart) {
  EXPECT_FALSE(ToLiteral(*Type::Primitive(TypeId::kDate), Value("infinity")));
  EXPECT_FALSE(ToLiteral(*Type::Primitive(TypeId::kInt), Value("no number")));
  EXPECT_FALSE(ToLiteral(*Type::Primitive(TypeId::kInt), Value::BIGINT(int64_t{1} << 40)));
}

TEST(TypeMappingTest, Defaults) {
  auto value = [](iceberg::TypePtr type, const char* json) {
    return DefaultValue(*type, Json::parse(json), "c").ToString();
  };
  EXPECT_EQ(value(Type::Primitive(TypeId::kInt), "34"), "34");
  EXPECT_EQ(value(Type::Primitive(TypeId::kBoolean), "true"), "true");
  EXPECT_EQ(value(Type::Primitive(TypeId::kDouble), "1.5"), "1.5");
  EXPECT_EQ(value(Type::Decimal(9, 2), "\"14.20\""), "14.20");
  EXPECT_EQ(value(Type::Primitive(TypeId::kDate), "\"2017-11-16\""), "2017-11-16");
  EXPECT_EQ(value(Type::Primitive(TypeId::kTimestamp), "\"2017-11-16T22:31:08.123456\""),
            "2017-11-16 22:31:08.123456");
  EXPECT_EQ(value(Type::Primitive(TypeId::kTimestampTz), "\"2017-11-16T22:31:08.123456+00:00\""),
            "2017-11-16 22:31:08.123456+00");
  EXPECT_EQ(value(Type::Primitive(TypeId::kUuid), "\"f79c3e09-677c-4bbd-a479-3f349cb785e7\""),
            "f79c3e09-677c-4bbd-a479-3f349cb785e7");
  EXPECT_EQ(value(Type::Primitive(TypeId::kBinary), "\"00ff\""), "\\x00\\xFF");
  EXPECT_TRUE(DefaultValue(*Type::Primitive(TypeId::kInt), nullptr, "c").IsNull());
  EXPECT_THROW(value(Type::Primitive(TypeId::kInt), "\"many\""), Error);
}

}  // namespace
}  // namespace eider::engine

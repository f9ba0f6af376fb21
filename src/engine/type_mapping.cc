#include "engine/type_mapping.h"

#include <fmt/format.h>

#include "base/error.h"
#include "duckdb/common/types/date.hpp"
#include "duckdb/common/types/decimal.hpp"
#include "duckdb/common/types/time.hpp"
#include "duckdb/common/types/timestamp.hpp"
#include "duckdb/common/types/uuid.hpp"

namespace eider::engine {

namespace {

using duckdb::LogicalType;
using duckdb::LogicalTypeId;
using duckdb::Value;
using iceberg::Type;
using iceberg::TypeId;
using iceberg::TypePtr;

[[noreturn]] void Refuse(const std::string& column, const std::string& type,
                         const std::string& hint) {
  throw Error(ErrorCode::kUnsupported,
              fmt::format("column {} has the type {}, which Iceberg cannot hold", column, type))
      .WithHint(hint);
}

iceberg::Int128 ToInt128(duckdb::hugeint_t value) {
  return (static_cast<iceberg::Int128>(value.upper) << 64) | value.lower;
}

duckdb::hugeint_t ToHugeint(iceberg::Int128 value) {
  duckdb::hugeint_t result;
  result.upper = static_cast<int64_t>(value >> 64);
  result.lower = static_cast<uint64_t>(value);
  return result;
}

int64_t FloorDivide(int64_t value, int64_t divisor) {
  return value / divisor - (value % divisor < 0 ? 1 : 0);
}

Value FieldIdsOf(const iceberg::NestedField& field);

void AddChildren(const Type& type, duckdb::child_list_t<Value>& children) {
  for (const iceberg::NestedField& child : type.fields) {
    children.emplace_back(child.name, FieldIdsOf(child));
  }
}

Value FieldIdsOf(const iceberg::NestedField& field) {
  if (!field.type->is_nested()) return Value::INTEGER(field.id);
  duckdb::child_list_t<Value> children;
  children.emplace_back("__duckdb_field_id", Value::INTEGER(field.id));
  AddChildren(*field.type, children);
  return Value::STRUCT(std::move(children));
}

}  // namespace

TypePtr ToIcebergType(const LogicalType& type, const std::string& column, int32_t* next_id) {
  switch (type.id()) {
    case LogicalTypeId::BOOLEAN:
      return Type::Primitive(TypeId::kBoolean);
    case LogicalTypeId::SQLNULL:  // a bare NULL, which DuckDB's own tables make an INTEGER too
    case LogicalTypeId::TINYINT:
    case LogicalTypeId::SMALLINT:
    case LogicalTypeId::UTINYINT:
    case LogicalTypeId::USMALLINT:
    case LogicalTypeId::INTEGER:
      return Type::Primitive(TypeId::kInt);
    case LogicalTypeId::UINTEGER:
    case LogicalTypeId::BIGINT:
      return Type::Primitive(TypeId::kLong);
    case LogicalTypeId::UBIGINT:
      return Type::Decimal(20, 0);
    case LogicalTypeId::HUGEINT:
      return Type::Decimal(38, 0);
    case LogicalTypeId::FLOAT:
      return Type::Primitive(TypeId::kFloat);
    case LogicalTypeId::DOUBLE:
      return Type::Primitive(TypeId::kDouble);
    case LogicalTypeId::DECIMAL:
      return Type::Decimal(duckdb::DecimalType::GetWidth(type),
                           duckdb::DecimalType::GetScale(type));
    case LogicalTypeId::DATE:
      return Type::Primitive(TypeId::kDate);
    case LogicalTypeId::TIME:
      return Type::Primitive(TypeId::kTime);
    case LogicalTypeId::TIMESTAMP:
    case LogicalTypeId::TIMESTAMP_SEC:
    case LogicalTypeId::TIMESTAMP_MS:
      return Type::Primitive(TypeId::kTimestamp);
    case LogicalTypeId::TIMESTAMP_NS:
      return Type::Primitive(TypeId::kTimestampNs);
    case LogicalTypeId::TIMESTAMP_TZ:
      return Type::Primitive(TypeId::kTimestampTz);
    case LogicalTypeId::VARCHAR:
    case LogicalTypeId::ENUM:
      return Type::Primitive(TypeId::kString);
    case LogicalTypeId::UUID:
      return Type::Primitive(TypeId::kUuid);
    case LogicalTypeId::BLOB:
      return Type::Primitive(TypeId::kBinary);
    case LogicalTypeId::STRUCT: {
      if (duckdb::StructType::IsUnnamed(type)) {
        Refuse(column, type.ToString(), "Give the fields names: {'a': 1} instead of row(1).");
      }
      std::vector<iceberg::NestedField> fields;
      for (const auto& [name, child] : duckdb::StructType::GetChildTypes(type)) {
        iceberg::NestedField field;
        field.id = (*next_id)++;
        field.name = name;
        field.type = ToIcebergType(child, column + "." + name, next_id);
        fields.push_back(std::move(field));
      }
      return Type::Struct(std::move(fields));
    }
    case LogicalTypeId::LIST: {
      int32_t id = (*next_id)++;
      return Type::List(id, ToIcebergType(duckdb::ListType::GetChildType(type), column, next_id),
                        false);
    }
    case LogicalTypeId::ARRAY: {
      int32_t id = (*next_id)++;
      return Type::List(id, ToIcebergType(duckdb::ArrayType::GetChildType(type), column, next_id),
                        false);
    }
    case LogicalTypeId::MAP: {
      int32_t key_id = (*next_id)++;
      int32_t value_id = (*next_id)++;
      TypePtr key = ToIcebergType(duckdb::MapType::KeyType(type), column + ".key", next_id);
      TypePtr value = ToIcebergType(duckdb::MapType::ValueType(type), column + ".value", next_id);
      return Type::Map(key_id, key, value_id, value, false);
    }
    case LogicalTypeId::INTERVAL:
    case LogicalTypeId::TIME_TZ:
    case LogicalTypeId::BIT:
      Refuse(column, type.ToString(), "Cast it to VARCHAR, or to a number of your unit.");
    case LogicalTypeId::UHUGEINT:
      Refuse(column, type.ToString(), "Cast it to DECIMAL(38, 0) or VARCHAR.");
    default:
      Refuse(column, type.ToString(), "Cast it to a type Iceberg has, such as VARCHAR.");
  }
}

LogicalType ToDuckDBType(const Type& type, const std::string& column) {
  switch (type.id) {
    case TypeId::kBoolean:
      return LogicalType::BOOLEAN;
    case TypeId::kInt:
      return LogicalType::INTEGER;
    case TypeId::kLong:
      return LogicalType::BIGINT;
    case TypeId::kFloat:
      return LogicalType::FLOAT;
    case TypeId::kDouble:
      return LogicalType::DOUBLE;
    case TypeId::kDecimal:
      return LogicalType::DECIMAL(static_cast<uint8_t>(type.precision),
                                  static_cast<uint8_t>(type.scale));
    case TypeId::kDate:
      return LogicalType::DATE;
    case TypeId::kTime:
      return LogicalType::TIME;
    case TypeId::kTimestamp:
      return LogicalType::TIMESTAMP;
    case TypeId::kTimestampTz:
    case TypeId::kTimestampTzNs:
      return LogicalType::TIMESTAMP_TZ;
    case TypeId::kTimestampNs:
      return LogicalType::TIMESTAMP_NS;
    case TypeId::kString:
      return LogicalType::VARCHAR;
    case TypeId::kUuid:
      return LogicalType::UUID;
    case TypeId::kFixed:
    case TypeId::kBinary:
      return LogicalType::BLOB;
    case TypeId::kUnknown:
      return LogicalType::INTEGER;
    case TypeId::kStruct: {
      duckdb::child_list_t<LogicalType> children;
      for (const iceberg::NestedField& field : type.fields) {
        children.emplace_back(field.name, ToDuckDBType(*field.type, column + "." + field.name));
      }
      return LogicalType::STRUCT(std::move(children));
    }
    case TypeId::kList:
      return LogicalType::LIST(ToDuckDBType(*type.fields[0].type, column));
    case TypeId::kMap:
      return LogicalType::MAP(ToDuckDBType(*type.fields[0].type, column),
                              ToDuckDBType(*type.fields[1].type, column));
    case TypeId::kVariant:
    case TypeId::kOther:
      break;
  }
  throw Error(ErrorCode::kUnsupported,
              fmt::format("column {} has the Iceberg type {}, which Eider does not read", column,
                          type.ToString()));
}

std::optional<iceberg::Literal> ToLiteral(const Type& type, const Value& original) {
  iceberg::Literal literal;
  if (original.IsNull()) return literal;
  if (type.is_nested() || type.id == TypeId::kOther || type.id == TypeId::kVariant) {
    return std::nullopt;
  }
  Value value = original;
  if (!value.DefaultTryCastAs(ToDuckDBType(type, ""))) return std::nullopt;
  switch (type.id) {
    case TypeId::kBoolean:
      literal.value = value.GetValue<bool>();
      return literal;
    case TypeId::kInt:
    case TypeId::kLong:
      literal.value = value.GetValue<int64_t>();
      return literal;
    case TypeId::kFloat:
    case TypeId::kDouble:
      literal.value = value.GetValue<double>();
      return literal;
    case TypeId::kDecimal:
      value = value.DefaultCastAs(LogicalType::DECIMAL(38, static_cast<uint8_t>(type.scale)));
      literal.value = ToInt128(value.GetValueUnsafe<duckdb::hugeint_t>());
      return literal;
    case TypeId::kDate: {
      duckdb::date_t date = value.GetValueUnsafe<duckdb::date_t>();
      if (!duckdb::Date::IsFinite(date)) return std::nullopt;
      literal.value = int64_t{date.days};
      return literal;
    }
    case TypeId::kTime:
      literal.value = value.GetValueUnsafe<duckdb::dtime_t>().micros;
      return literal;
    case TypeId::kTimestamp:
    case TypeId::kTimestampTz: {
      auto timestamp = value.GetValueUnsafe<duckdb::timestamp_t>();
      if (!duckdb::Timestamp::IsFinite(timestamp)) return std::nullopt;
      literal.value = timestamp.value;
      return literal;
    }
    case TypeId::kTimestampNs:
      literal.value = value.GetValueUnsafe<duckdb::timestamp_t>().value;
      return literal;
    case TypeId::kTimestampTzNs:
      return std::nullopt;
    case TypeId::kUuid: {
      auto uuid = value.GetValueUnsafe<duckdb::hugeint_t>();
      // DuckDB flips the sign bit of UUIDs so that they sort as numbers.
      uint64_t upper = static_cast<uint64_t>(uuid.upper) ^ (uint64_t{1} << 63);
      std::string bytes;
      for (int shift = 56; shift >= 0; shift -= 8) {
        bytes += static_cast<char>(static_cast<unsigned char>(upper >> shift));
      }
      for (int shift = 56; shift >= 0; shift -= 8) {
        bytes += static_cast<char>(static_cast<unsigned char>(uuid.lower >> shift));
      }
      literal.value = bytes;
      return literal;
    }
    case TypeId::kString:
    case TypeId::kBinary:
    case TypeId::kFixed:
      literal.value = duckdb::StringValue::Get(value);
      return literal;
    default:
      return std::nullopt;
  }
}

Value ToValue(const Type& type, const iceberg::Literal& literal) {
  LogicalType target = ToDuckDBType(type, "");
  if (literal.is_null()) return Value(target);
  switch (type.id) {
    case TypeId::kBoolean:
      return Value::BOOLEAN(std::get<bool>(literal.value));
    case TypeId::kFloat:
      return Value::FLOAT(static_cast<float>(std::get<double>(literal.value)));
    case TypeId::kDouble:
      return Value::DOUBLE(std::get<double>(literal.value));
    case TypeId::kDecimal:
      return Value::DECIMAL(ToHugeint(std::get<iceberg::Int128>(literal.value)), 38,
                            static_cast<uint8_t>(type.scale))
          .DefaultCastAs(target);
    case TypeId::kDate:
      return Value::DATE(duckdb::date_t(static_cast<int32_t>(std::get<int64_t>(literal.value))));
    case TypeId::kTime:
      return Value::TIME(duckdb::dtime_t(std::get<int64_t>(literal.value)));
    case TypeId::kTimestamp:
      return Value::TIMESTAMP(duckdb::timestamp_t(std::get<int64_t>(literal.value)));
    case TypeId::kTimestampTz:
      return Value::TIMESTAMPTZ(duckdb::timestamp_tz_t(std::get<int64_t>(literal.value)));
    case TypeId::kTimestampNs:
      return Value::TIMESTAMPNS(duckdb::timestamp_ns_t(std::get<int64_t>(literal.value)));
    case TypeId::kTimestampTzNs:
      return Value::TIMESTAMPTZ(
          duckdb::timestamp_tz_t(FloorDivide(std::get<int64_t>(literal.value), 1000)));
    case TypeId::kString:
      return Value(std::get<std::string>(literal.value));
    case TypeId::kBinary:
    case TypeId::kFixed:
      return Value::BLOB(
          reinterpret_cast<duckdb::const_data_ptr_t>(std::get<std::string>(literal.value).data()),
          std::get<std::string>(literal.value).size());
    case TypeId::kUuid:
      return Value::UUID(iceberg::LiteralToText(type, literal));
    default:
      return Value::BIGINT(std::get<int64_t>(literal.value)).DefaultCastAs(target);
  }
}

Value DefaultValue(const Type& type, const Json& json, const std::string& column) {
  LogicalType target = ToDuckDBType(type, column);
  if (json.is_null()) return Value(target);
  // Of structs only the empty default exists: its fields bring their own.
  if (type.is_nested()) return Value(target);
  Value value;
  if (json.is_boolean()) {
    value = Value::BOOLEAN(json.get<bool>());
  } else if (json.is_number_integer()) {
    value = Value::BIGINT(json.get<int64_t>());
  } else if (json.is_number()) {
    value = Value::DOUBLE(json.get<double>());
  } else if (json.is_string() && (type.id == TypeId::kBinary || type.id == TypeId::kFixed)) {
    const auto& hex = json.get_ref<const std::string&>();
    std::string text;
    for (size_t i = 0; i + 1 < hex.size(); i += 2) text += "\\x" + hex.substr(i, 2);
    value = Value(text);
  } else if (json.is_string()) {
    value = Value(json.get<std::string>());
  }
  if (value.IsNull() || !value.DefaultTryCastAs(target)) {
    throw Error(ErrorCode::kCorrupt, fmt::format("column {} of type {} has the default {}", column,
                                                 type.ToString(), json.dump()));
  }
  return value;
}

Value FieldIds(const iceberg::Schema& schema) {
  duckdb::child_list_t<Value> children;
  for (const iceberg::NestedField& field : schema.fields) {
    children.emplace_back(field.name, FieldIdsOf(field));
  }
  return Value::STRUCT(std::move(children));
}

}  // namespace eider::engine

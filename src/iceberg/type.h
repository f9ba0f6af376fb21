// Iceberg's types ("Schemas and Data Types" of the table spec).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace eider::iceberg {

enum class TypeId {
  kBoolean,
  kInt,
  kLong,
  kFloat,
  kDouble,
  kDecimal,
  kDate,
  kTime,
  kTimestamp,
  kTimestampTz,
  kTimestampNs,
  kTimestampTzNs,
  kString,
  kUuid,
  kFixed,
  kBinary,
  kVariant,
  kUnknown,
  kOther,  // read and kept by name, such as geometry(..): no data of it is handled
  kStruct,
  kList,
  kMap,
};

struct Type;
using TypePtr = std::shared_ptr<const Type>;

struct NestedField {
  int32_t id = 0;
  std::string name;
  TypePtr type;
  bool required = false;
  std::optional<std::string> doc;
  std::optional<Json> initial_default;  // JSON single-value form
  std::optional<Json> write_default;
  Json extra = Json::object();  // members the spec does not know, kept on a rewrite

  bool operator==(const NestedField& other) const;
};

// Immutable once shared.
struct Type {
  TypeId id = TypeId::kUnknown;
  int precision = 0;                // kDecimal
  int scale = 0;                    // kDecimal
  int length = 0;                   // kFixed, bytes
  std::string name;                 // kOther
  std::vector<NestedField> fields;  // kStruct: all; kList: element; kMap: key, value

  bool is_nested() const {
    return id == TypeId::kStruct || id == TypeId::kList || id == TypeId::kMap;
  }
  // As the spec writes it: "decimal(9, 2)", "struct<..>".
  std::string ToString() const;
  bool operator==(const Type& other) const;

  static TypePtr Primitive(TypeId id);
  static TypePtr Decimal(int precision, int scale);
  static TypePtr Fixed(int length);
  static TypePtr Struct(std::vector<NestedField> fields);
  static TypePtr List(int32_t element_id, TypePtr element, bool element_required);
  static TypePtr Map(int32_t key_id, TypePtr key, int32_t value_id, TypePtr value,
                     bool value_required);
};

// Appendix C. Errors are kCorrupt and name `what`.
TypePtr TypeFromJson(const Json& json, std::string_view what);
Json TypeToJson(const Type& type);
NestedField FieldFromJson(const Json& json, std::string_view what);
Json FieldToJson(const NestedField& field);

// Whether a column of type `from` may become `to` without rewriting data ("Schema Evolution").
bool IsPromotable(const Type& from, const Type& to);

// The format version a type needs: 3 for timestamp_ns, variant, unknown, .. else 1.
int MinimumFormatVersion(const Type& type);

}  // namespace eider::iceberg

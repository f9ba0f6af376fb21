#include "iceberg/type.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <utility>

#include "base/error.h"
#include "base/text.h"

namespace eider::iceberg {

namespace {

struct PrimitiveName {
  TypeId id;
  const char* name;
};

constexpr std::array<PrimitiveName, 16> kPrimitives = {{
    {TypeId::kBoolean, "boolean"},
    {TypeId::kInt, "int"},
    {TypeId::kLong, "long"},
    {TypeId::kFloat, "float"},
    {TypeId::kDouble, "double"},
    {TypeId::kDate, "date"},
    {TypeId::kTime, "time"},
    {TypeId::kTimestamp, "timestamp"},
    {TypeId::kTimestampTz, "timestamptz"},
    {TypeId::kTimestampNs, "timestamp_ns"},
    {TypeId::kTimestampTzNs, "timestamptz_ns"},
    {TypeId::kString, "string"},
    {TypeId::kUuid, "uuid"},
    {TypeId::kBinary, "binary"},
    {TypeId::kVariant, "variant"},
    {TypeId::kUnknown, "unknown"},
}};

[[noreturn]] void Impossible(const std::string& text, std::string_view what) {
  throw Error(ErrorCode::kCorrupt, fmt::format("{}: impossible type \"{}\"", what, text));
}

// The integers of "name(1, 2)"; false where the text is not of that form as a whole.
bool ReadArguments(std::string_view text, std::string_view name, std::string_view brackets,
                   std::vector<int>& arguments) {
  arguments.clear();
  if (!text.starts_with(name)) return false;
  text.remove_prefix(name.size());
  if (text.size() < 2 || text.front() != brackets[0] || text.back() != brackets[1]) return false;
  for (const std::string& part : Split(text.substr(1, text.size() - 2), ',')) {
    std::string_view number = Trim(part);
    int value = 0;
    auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
    if (error != std::errc() || end != number.data() + number.size()) return false;
    arguments.push_back(value);
  }
  return true;
}

TypePtr PrimitiveFromText(const std::string& text, std::string_view what) {
  for (const PrimitiveName& primitive : kPrimitives) {
    if (text == primitive.name) return Type::Primitive(primitive.id);
  }
  std::vector<int> arguments;
  if (ReadArguments(text, "decimal", "()", arguments) && arguments.size() == 2) {
    int precision = arguments[0];
    int scale = arguments[1];
    if (precision < 1 || precision > 38 || scale < 0 || scale > precision) {
      Impossible(text, what);
    }
    return Type::Decimal(precision, scale);
  }
  if (ReadArguments(text, "fixed", "[]", arguments) && arguments.size() == 1) {
    if (arguments[0] < 1) Impossible(text, what);
    return Type::Fixed(arguments[0]);
  }
  auto other = std::make_shared<Type>();
  other->id = TypeId::kOther;
  other->name = text;
  return other;
}

// Types nest in metadata as deep as its writer likes; the stack does not.
constexpr int kMaxDepth = 200;

struct DepthGuard {
  explicit DepthGuard(std::string_view what) {
    if (++depth > kMaxDepth) {
      --depth;
      throw Error(ErrorCode::kCorrupt,
                  fmt::format("{}: types are nested more than {} deep", what, kMaxDepth));
    }
  }
  ~DepthGuard() { --depth; }
  DepthGuard(const DepthGuard&) = delete;
  DepthGuard& operator=(const DepthGuard&) = delete;

  static thread_local int depth;
};
thread_local int DepthGuard::depth = 0;

}  // namespace

bool NestedField::operator==(const NestedField& other) const {
  return id == other.id && name == other.name && required == other.required && doc == other.doc &&
         initial_default == other.initial_default && write_default == other.write_default &&
         *type == *other.type;
}

bool Type::operator==(const Type& other) const {
  return id == other.id && precision == other.precision && scale == other.scale &&
         length == other.length && name == other.name && fields == other.fields;
}

std::string Type::ToString() const {
  switch (id) {
    case TypeId::kDecimal:
      return fmt::format("decimal({}, {})", precision, scale);
    case TypeId::kFixed:
      return fmt::format("fixed[{}]", length);
    case TypeId::kOther:
      return name;
    case TypeId::kStruct: {
      std::string text = "struct<";
      for (size_t i = 0; i < fields.size(); ++i) {
        text += fmt::format("{}{}: {}: {}{}", i > 0 ? ", " : "", fields[i].id, fields[i].name,
                            fields[i].required ? "" : "optional ", fields[i].type->ToString());
      }
      return text + ">";
    }
    case TypeId::kList:
      return "list<" + fields[0].type->ToString() + ">";
    case TypeId::kMap:
      return "map<" + fields[0].type->ToString() + ", " + fields[1].type->ToString() + ">";
    default:
      for (const PrimitiveName& primitive : kPrimitives) {
        if (primitive.id == id) return primitive.name;
      }
      return "unknown";
  }
}

TypePtr Type::Primitive(TypeId id) {
  static const std::vector<TypePtr> shared = [] {
    std::vector<TypePtr> types;
    for (int i = 0; i <= static_cast<int>(TypeId::kMap); ++i) {
      auto type = std::make_shared<Type>();
      type->id = static_cast<TypeId>(i);
      types.push_back(type);
    }
    return types;
  }();
  return shared[static_cast<size_t>(id)];
}

TypePtr Type::Decimal(int precision, int scale) {
  auto type = std::make_shared<Type>();
  type->id = TypeId::kDecimal;
  type->precision = precision;
  type->scale = scale;
  return type;
}

TypePtr Type::Fixed(int length) {
  auto type = std::make_shared<Type>();
  type->id = TypeId::kFixed;
  type->length = length;
  return type;
}

TypePtr Type::Struct(std::vector<NestedField> fields) {
  auto type = std::make_shared<Type>();
  type->id = TypeId::kStruct;
  type->fields = std::move(fields);
  return type;
}

TypePtr Type::List(int32_t element_id, TypePtr element, bool element_required) {
  auto type = std::make_shared<Type>();
  type->id = TypeId::kList;
  NestedField field;
  field.id = element_id;
  field.name = "element";
  field.type = std::move(element);
  field.required = element_required;
  type->fields = {field};
  return type;
}

TypePtr Type::Map(int32_t key_id, TypePtr key, int32_t value_id, TypePtr value,
                  bool value_required) {
  auto type = std::make_shared<Type>();
  type->id = TypeId::kMap;
  NestedField key_field;
  key_field.id = key_id;
  key_field.name = "key";
  key_field.type = std::move(key);
  key_field.required = true;
  NestedField value_field;
  value_field.id = value_id;
  value_field.name = "value";
  value_field.type = std::move(value);
  value_field.required = value_required;
  type->fields = {key_field, value_field};
  return type;
}

TypePtr TypeFromJson(const Json& json, std::string_view what) {
  DepthGuard guard(what);
  if (json.is_string()) return PrimitiveFromText(json.get<std::string>(), what);
  std::string kind = RequireString(json, "type", what);
  if (kind == "struct") {
    std::vector<NestedField> fields;
    for (const Json& field : RequireArray(json, "fields", what)) {
      fields.push_back(FieldFromJson(field, what));
    }
    return Type::Struct(std::move(fields));
  }
  if (kind == "list") {
    return Type::List(RequireInt32(json, "element-id", what),
                      TypeFromJson(RequireMember(json, "element", what), what),
                      json.value("element-required", false));
  }
  if (kind == "map") {
    return Type::Map(RequireInt32(json, "key-id", what),
                     TypeFromJson(RequireMember(json, "key", what), what),
                     RequireInt32(json, "value-id", what),
                     TypeFromJson(RequireMember(json, "value", what), what),
                     json.value("value-required", false));
  }
  return PrimitiveFromText(kind, what);
}

Json TypeToJson(const Type& type) {
  Json json;
  switch (type.id) {
    case TypeId::kStruct: {
      json["type"] = "struct";
      Json fields = Json::array();
      for (const NestedField& field : type.fields) fields.push_back(FieldToJson(field));
      json["fields"] = std::move(fields);
      return json;
    }
    case TypeId::kList:
      json["type"] = "list";
      json["element-id"] = type.fields[0].id;
      json["element"] = TypeToJson(*type.fields[0].type);
      json["element-required"] = type.fields[0].required;
      return json;
    case TypeId::kMap:
      json["type"] = "map";
      json["key-id"] = type.fields[0].id;
      json["key"] = TypeToJson(*type.fields[0].type);
      json["value-id"] = type.fields[1].id;
      json["value"] = TypeToJson(*type.fields[1].type);
      json["value-required"] = type.fields[1].required;
      return json;
    default:
      return type.ToString();
  }
}

NestedField FieldFromJson(const Json& json, std::string_view what) {
  NestedField field;
  field.id = RequireInt32(json, "id", what);
  field.name = RequireString(json, "name", what);
  field.type = TypeFromJson(RequireMember(json, "type", what), what);
  for (const auto& [key, value] : json.items()) {
    if (key == "required") {
      field.required = value.is_boolean() && value.get<bool>();
    } else if (key == "doc") {
      if (value.is_string()) field.doc = value.get<std::string>();
    } else if (key == "initial-default") {
      field.initial_default = value;
    } else if (key == "write-default") {
      field.write_default = value;
    } else if (key != "id" && key != "name" && key != "type") {
      field.extra[key] = value;
    }
  }
  return field;
}

Json FieldToJson(const NestedField& field) {
  Json json;
  json["id"] = field.id;
  json["name"] = field.name;
  json["required"] = field.required;
  json["type"] = TypeToJson(*field.type);
  if (field.doc) json["doc"] = *field.doc;
  if (field.initial_default) json["initial-default"] = *field.initial_default;
  if (field.write_default) json["write-default"] = *field.write_default;
  for (const auto& [key, value] : field.extra.items()) json[key] = value;
  return json;
}

bool IsPromotable(const Type& from, const Type& to) {
  if (from == to || from.id == TypeId::kUnknown) return true;
  if (from.id == TypeId::kInt && to.id == TypeId::kLong) return true;
  if (from.id == TypeId::kFloat && to.id == TypeId::kDouble) return true;
  return from.id == TypeId::kDecimal && to.id == TypeId::kDecimal && from.scale == to.scale &&
         from.precision <= to.precision;
}

int MinimumFormatVersion(const Type& type) {
  switch (type.id) {
    case TypeId::kTimestampNs:
    case TypeId::kTimestampTzNs:
    case TypeId::kVariant:
    case TypeId::kUnknown:
    case TypeId::kOther:
      return 3;
    default: {
      int version = 1;
      for (const NestedField& field : type.fields) {
        version = std::max(version, MinimumFormatVersion(*field.type));
      }
      return version;
    }
  }
}

}  // namespace eider::iceberg

#include "iceberg/partition_spec.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/error.h"

namespace eider::iceberg {

namespace {

struct NamedTransform {
  const char* name;
  Transform::Kind kind;
};

constexpr NamedTransform kPlain[] = {
    {"identity", Transform::Kind::kIdentity}, {"year", Transform::Kind::kYear},
    {"month", Transform::Kind::kMonth},       {"day", Transform::Kind::kDay},
    {"hour", Transform::Kind::kHour},         {"void", Transform::Kind::kVoid},
};

// The number in "name[number]"; 0 where the text is not of that form or the number is not positive.
int ReadParameter(std::string_view text, std::string_view name) {
  if (!text.starts_with(name) || !text.ends_with(']')) return 0;
  text.remove_prefix(name.size());
  text.remove_suffix(1);
  if (!text.starts_with('[')) return 0;
  text.remove_prefix(1);
  int parameter = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), parameter);
  return error == std::errc() && end == text.data() + text.size() ? std::max(parameter, 0) : 0;
}

bool ReadChoice(const Json& json, const char* key, std::string_view yes, std::string_view no,
                std::string_view what) {
  std::string text = RequireString(json, key, what);
  if (text != yes && text != no) {
    throw Error(ErrorCode::kCorrupt,
                fmt::format("{}: \"{}\" is \"{}\", neither {} nor {}", what, key, text, yes, no));
  }
  return text == yes;
}

// A transform of several arguments names them in "source-ids", which is kept among the rest.
void WriteSource(int32_t source_id, const Json& extra, Json& json) {
  if (!extra.contains("source-ids")) json["source-id"] = source_id;
}

}  // namespace

std::string Transform::ToString() const {
  for (const NamedTransform& plain : kPlain) {
    if (plain.kind == kind) return plain.name;
  }
  if (kind == Kind::kBucket) return "bucket[" + std::to_string(parameter) + "]";
  if (kind == Kind::kTruncate) return "truncate[" + std::to_string(parameter) + "]";
  return name;
}

Transform TransformFromText(const std::string& text) {
  Transform transform;
  for (const NamedTransform& plain : kPlain) {
    if (text == plain.name) {
      transform.kind = plain.kind;
      return transform;
    }
  }
  if ((transform.parameter = ReadParameter(text, "bucket")) > 0) {
    transform.kind = Transform::Kind::kBucket;
  } else if ((transform.parameter = ReadParameter(text, "truncate")) > 0) {
    transform.kind = Transform::Kind::kTruncate;
  } else {
    transform.kind = Transform::Kind::kUnknown;
    transform.name = text;
  }
  return transform;
}

TypePtr ResultType(const Transform& transform, const TypePtr& source) {
  switch (transform.kind) {
    case Transform::Kind::kBucket:
    case Transform::Kind::kYear:
    case Transform::Kind::kMonth:
    case Transform::Kind::kHour:
      return Type::Primitive(TypeId::kInt);
    case Transform::Kind::kDay:
      return Type::Primitive(TypeId::kDate);
    case Transform::Kind::kUnknown:
      return Type::Primitive(TypeId::kString);
    default:
      return source;
  }
}

PartitionSpec PartitionFieldsFromJson(const Json& fields, int32_t spec_id, std::string_view what) {
  PartitionSpec spec;
  spec.spec_id = spec_id;
  int32_t next_id = kFirstPartitionFieldId;
  for (const Json& json : fields) {
    PartitionField field;
    field.name = RequireString(json, "name", what);
    field.transform = TransformFromText(RequireString(json, "transform", what));
    // Version 1 wrote no field ids; they count up from 1000.
    field.field_id = json.contains("field-id") ? RequireInt32(json, "field-id", what) : next_id;
    if (field.field_id == std::numeric_limits<int32_t>::max()) {
      throw Error(ErrorCode::kCorrupt, fmt::format("{}: \"field-id\" is too large", what));
    }
    next_id = field.field_id + 1;
    if (json.contains("source-id")) {
      field.source_id = RequireInt32(json, "source-id", what);
    } else {
      const Json& sources = RequireArray(json, "source-ids", what);
      field.source_id = sources.empty() ? 0 : ToInt32(sources[0], "a source id");
    }
    for (const auto& [key, value] : json.items()) {
      if (key != "name" && key != "transform" && key != "field-id" && key != "source-id") {
        field.extra[key] = value;
      }
    }
    spec.fields.push_back(std::move(field));
  }
  return spec;
}

PartitionSpec PartitionSpecFromJson(const Json& json, std::string_view what) {
  return PartitionFieldsFromJson(RequireArray(json, "fields", what),
                                 FindInt32(json, "spec-id", what).value_or(0), what);
}

Json PartitionSpecToJson(const PartitionSpec& spec) {
  Json json;
  json["spec-id"] = spec.spec_id;
  Json fields = Json::array();
  for (const PartitionField& field : spec.fields) {
    Json item;
    item["name"] = field.name;
    item["transform"] = field.transform.ToString();
    WriteSource(field.source_id, field.extra, item);
    item["field-id"] = field.field_id;
    for (const auto& [key, value] : field.extra.items()) item[key] = value;
    fields.push_back(std::move(item));
  }
  json["fields"] = std::move(fields);
  return json;
}

SortOrder SortOrderFromJson(const Json& json, std::string_view what) {
  SortOrder order;
  if (json.contains("order-id")) order.order_id = RequireInt32(json, "order-id", what);
  for (const Json& item : RequireArray(json, "fields", what)) {
    SortField field;
    field.transform = TransformFromText(RequireString(item, "transform", what));
    if (item.contains("source-id")) field.source_id = RequireInt32(item, "source-id", what);
    field.ascending = ReadChoice(item, "direction", "asc", "desc", what);
    field.nulls_first = ReadChoice(item, "null-order", "nulls-first", "nulls-last", what);
    for (const auto& [key, value] : item.items()) {
      if (key != "transform" && key != "source-id" && key != "direction" && key != "null-order") {
        field.extra[key] = value;
      }
    }
    order.fields.push_back(std::move(field));
  }
  return order;
}

Json SortOrderToJson(const SortOrder& order) {
  Json json;
  json["order-id"] = order.order_id;
  Json fields = Json::array();
  for (const SortField& field : order.fields) {
    Json item;
    item["transform"] = field.transform.ToString();
    WriteSource(field.source_id, field.extra, item);
    item["direction"] = field.ascending ? "asc" : "desc";
    item["null-order"] = field.nulls_first ? "nulls-first" : "nulls-last";
    for (const auto& [key, value] : field.extra.items()) item[key] = value;
    fields.push_back(std::move(item));
  }
  json["fields"] = std::move(fields);
  return json;
}

}  // namespace eider::iceberg

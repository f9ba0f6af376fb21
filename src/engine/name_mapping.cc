#include "engine/name_mapping.h"

#include <fmt/format.h>

#include <string>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"

namespace eider::engine {

namespace {

using duckdb::MultiFileColumnDefinition;
using Columns = duckdb::vector<MultiFileColumnDefinition>;

constexpr char kNameMappingProperty[] = "schema.name-mapping.default";

struct MappedField {
  std::optional<int32_t> id;
  std::vector<std::string> names;
  std::vector<MappedField> fields;
};

std::vector<MappedField> FromFields(const std::vector<iceberg::NestedField>& fields) {
  std::vector<MappedField> mapped;
  for (const iceberg::NestedField& field : fields) {
    mapped.push_back({field.id, {field.name}, FromFields(field.type->fields)});
  }
  return mapped;
}

std::vector<MappedField> FromJson(const Json& json) {
  std::vector<MappedField> mapped;
  for (const Json& item : json) {
    MappedField field;
    if (item.contains("field-id")) field.id = item.at("field-id").get<int32_t>();
    for (const Json& name : item.at("names")) field.names.push_back(name.get<std::string>());
    if (item.contains("fields")) field.fields = FromJson(item.at("fields"));
    mapped.push_back(std::move(field));
  }
  return mapped;
}

std::vector<MappedField> MappingOf(const iceberg::TableMetadata& metadata,
                                   const iceberg::Schema& schema) {
  auto property = metadata.properties.find(kNameMappingProperty);
  if (property == metadata.properties.end()) return FromFields(schema.fields);
  auto fail = [&](const char* reason) {
    return Error(ErrorCode::kCorrupt,
                 fmt::format("property {} of the table at {} is no name mapping: {}",
                             kNameMappingProperty, metadata.location, reason));
  };
  Json json = TryParseJson(property->second);
  if (json.is_discarded()) throw fail("it is not JSON, or nested too deeply");
  try {
    return FromJson(json);
  } catch (const nlohmann::json::exception& error) {
    throw fail(error.what());
  }
}

const MappedField* Find(const std::vector<MappedField>& fields, const std::string& name) {
  for (const MappedField& field : fields) {
    for (const std::string& candidate : field.names) {
      if (candidate == name) return &field;
    }
  }
  for (const MappedField& field : fields) {
    for (const std::string& candidate : field.names) {
      if (EqualsIgnoreCase(candidate, name)) return &field;
    }
  }
  return nullptr;
}

bool AnyHasId(const Columns& columns) {
  for (const MultiFileColumnDefinition& column : columns) {
    if (!column.identifier.IsNull() || AnyHasId(column.children)) return true;
  }
  return false;
}

void Assign(MultiFileColumnDefinition& column, const MappedField* field, int32_t& unknown) {
  static const std::vector<MappedField> kNone;
  column.identifier =
      duckdb::Value::INTEGER(field != nullptr && field->id ? *field->id : unknown--);
  const std::vector<MappedField>& fields = field != nullptr ? field->fields : kNone;
  // The entry of a map is a level of the file, but none of the mapping.
  if (column.type.id() == duckdb::LogicalTypeId::MAP && column.children.size() == 1) {
    column.children[0].identifier = duckdb::Value::INTEGER(unknown--);
    for (MultiFileColumnDefinition& part : column.children[0].children) {
      Assign(part, Find(fields, part.name), unknown);
    }
    return;
  }
  bool is_list = column.type.id() == duckdb::LogicalTypeId::LIST;
  for (MultiFileColumnDefinition& child : column.children) {
    Assign(child, Find(fields, is_list ? "element" : child.name), unknown);
  }
}

// DuckDB's mapper takes the first column without an id for the end of the columns.
void FillGaps(Columns& columns, int32_t& unknown) {
  for (MultiFileColumnDefinition& column : columns) {
    if (column.identifier.IsNull()) column.identifier = duckdb::Value::INTEGER(unknown--);
    FillGaps(column.children, unknown);
  }
}

}  // namespace

void AssignFieldIds(const iceberg::TableMetadata& metadata, const iceberg::Schema& schema,
                    Columns& columns) {
  int32_t unknown = -1;
  if (AnyHasId(columns)) {
    FillGaps(columns, unknown);
    return;
  }
  std::vector<MappedField> mapping = MappingOf(metadata, schema);
  for (MultiFileColumnDefinition& column : columns) {
    Assign(column, Find(mapping, column.name), unknown);
  }
}

}  // namespace eider::engine

#include "iceberg/schema.h"

#include <algorithm>
#include <map>
#include <optional>

#include "base/error.h"
#include "base/text.h"

namespace eider::iceberg {

namespace {

const NestedField* FindIn(const std::vector<NestedField>& fields, int32_t id) {
  for (const NestedField& field : fields) {
    if (field.id == id) return &field;
    if (const NestedField* nested = FindIn(field.type->fields, id)) return nested;
  }
  return nullptr;
}

// Stands between the names of a path: a column may be called "a.b".
constexpr char kPathSeparator = '\0';

struct NamedId {
  std::string name;
  int32_t id = 0;
};

// By path in lower case: names may differ in case alone in tables that others wrote.
using IdsByPath = std::map<std::string, std::vector<NamedId>>;

void CollectIds(const std::vector<NestedField>& fields, const std::string& prefix, IdsByPath& ids) {
  for (const NestedField& field : fields) {
    std::string path = prefix + Lower(field.name);
    ids[path].push_back({field.name, field.id});
    CollectIds(field.type->fields, path + kPathSeparator, ids);
  }
}

class IdAssigner {
 public:
  IdAssigner(const Schema* base, int32_t* last_column_id) : last_column_id_(last_column_id) {
    if (base != nullptr) CollectIds(base->fields, "", base_ids_);
  }

  std::vector<NestedField> Assign(const std::vector<NestedField>& fields,
                                  const std::string& prefix) {
    std::vector<NestedField> assigned = fields;
    for (NestedField& field : assigned) {
      int32_t id = TakeBaseId(prefix, field.name).value_or(0);
      if (id == 0) id = ++*last_column_id_;
      old_to_new_[field.id] = id;
      field.id = id;
    }
    // All of a level before any of the next, as Java's AssignFreshIds does.
    for (NestedField& field : assigned) {
      if (!field.type->is_nested()) continue;
      auto type = std::make_shared<Type>(*field.type);
      type->fields = Assign(field.type->fields, prefix + Lower(field.name) + kPathSeparator);
      field.type = type;
    }
    return assigned;
  }

  int32_t NewId(int32_t old_id) const { return old_to_new_.at(old_id); }

 private:
  // An id is given once; of names equal but for case the one spelt the same is preferred.
  std::optional<int32_t> TakeBaseId(const std::string& prefix, const std::string& name) {
    auto known = base_ids_.find(prefix + Lower(name));
    if (known == base_ids_.end() || known->second.empty()) return std::nullopt;
    std::vector<NamedId>& candidates = known->second;
    auto chosen = std::find_if(candidates.begin(), candidates.end(),
                               [&](const NamedId& candidate) { return candidate.name == name; });
    if (chosen == candidates.end()) chosen = candidates.begin();
    int32_t id = chosen->id;
    candidates.erase(chosen);
    return id;
  }

  int32_t* last_column_id_;
  IdsByPath base_ids_;
  std::map<int32_t, int32_t> old_to_new_;
};

}  // namespace

const NestedField* Schema::FindField(int32_t id) const { return FindIn(fields, id); }

const NestedField* Schema::FindColumn(std::string_view name) const {
  for (const NestedField& field : fields) {
    if (EqualsIgnoreCase(field.name, name)) return &field;
  }
  return nullptr;
}

int32_t Schema::HighestFieldId() const {
  int32_t highest = 0;
  VisitFields(fields, [&](const NestedField& field) { highest = std::max(highest, field.id); });
  return highest;
}

bool Schema::SameAs(const Schema& other) const {
  return fields == other.fields && identifier_field_ids == other.identifier_field_ids;
}

Schema SchemaFromJson(const Json& json, std::string_view what) {
  Schema schema;
  for (const Json& field : RequireArray(json, "fields", what)) {
    schema.fields.push_back(FieldFromJson(field, what));
  }
  for (const auto& [key, value] : json.items()) {
    if (key == "schema-id") {
      schema.schema_id = ToInt32(value, key);
    } else if (key == "identifier-field-ids") {
      schema.identifier_field_ids = ToInt32s(value, key);
    } else if (key != "fields" && key != "type") {
      schema.extra[key] = value;
    }
  }
  return schema;
}

Json SchemaToJson(const Schema& schema) {
  Json json;
  json["type"] = "struct";
  json["schema-id"] = schema.schema_id;
  if (!schema.identifier_field_ids.empty()) {
    json["identifier-field-ids"] = schema.identifier_field_ids;
  }
  Json fields = Json::array();
  for (const NestedField& field : schema.fields) fields.push_back(FieldToJson(field));
  json["fields"] = std::move(fields);
  for (const auto& [key, value] : schema.extra.items()) json[key] = value;
  return json;
}

void VisitFields(const std::vector<NestedField>& fields,
                 const std::function<void(const NestedField&)>& visit) {
  for (const NestedField& field : fields) {
    visit(field);
    VisitFields(field.type->fields, visit);
  }
}

Schema AssignFieldIds(const Schema& schema, const Schema* base, int32_t* last_column_id) {
  IdAssigner assigner(base, last_column_id);
  Schema assigned = schema;
  assigned.fields = assigner.Assign(schema.fields, "");
  for (int32_t& id : assigned.identifier_field_ids) id = assigner.NewId(id);
  return assigned;
}

}  // namespace eider::iceberg

// Table schemas ("Schemas and Data Types", Appendix C of the table spec).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "iceberg/type.h"

namespace eider::iceberg {

struct Schema {
  int32_t schema_id = 0;
  std::vector<NestedField> fields;
  std::vector<int32_t> identifier_field_ids;
  Json extra = Json::object();

  // The field of that id at any depth; nullptr where there is none. Owned by the schema.
  const NestedField* FindField(int32_t id) const;
  // A top-level column by name, ignoring case as DuckDB does; nullptr where there is none.
  const NestedField* FindColumn(std::string_view name) const;
  // The highest field id at any depth, 0 for an empty schema.
  int32_t HighestFieldId() const;
  // Same fields and identifier fields; the schema id does not count.
  bool SameAs(const Schema& other) const;
};

Schema SchemaFromJson(const Json& json, std::string_view what);
Json SchemaToJson(const Schema& schema);

// Calls `visit` for every field at every depth, parents first.
void VisitFields(const std::vector<NestedField>& fields,
                 const std::function<void(const NestedField&)>& visit);

// The schema with new ids, level by level as the reference implementation gives them. Fields that
// `base` has under the same dotted name keep its id; the others get ++*last_column_id.
Schema AssignFieldIds(const Schema& schema, const Schema* base, int32_t* last_column_id);

}  // namespace eider::iceberg

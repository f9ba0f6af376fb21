#include "engine/table_definition.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "duckdb/parser/constraints/not_null_constraint.hpp"
#include "duckdb/parser/expression/cast_expression.hpp"
#include "duckdb/parser/expression/columnref_expression.hpp"
#include "duckdb/parser/expression/constant_expression.hpp"
#include "engine/table_properties.h"
#include "engine/type_mapping.h"
#include "io/file_system.h"

namespace eider::engine {

namespace {

std::string OptionText(const std::string& name, const duckdb::ParsedExpression& expression) {
  switch (expression.GetExpressionClass()) {
    case duckdb::ExpressionClass::CONSTANT: {
      const duckdb::Value& value = expression.Cast<duckdb::ConstantExpression>().value;
      if (!value.IsNull()) return value.ToString();
      break;
    }
    case duckdb::ExpressionClass::COLUMN_REF:  // a bare word: format = iceberg
      return Join(expression.Cast<duckdb::ColumnRefExpression>().column_names, ".");
    case duckdb::ExpressionClass::CAST: {  // true and false are casts to the parser
      const auto& cast = expression.Cast<duckdb::CastExpression>();
      if (cast.child->GetExpressionClass() == duckdb::ExpressionClass::CONSTANT) {
        duckdb::Value value = cast.child->Cast<duckdb::ConstantExpression>().value;
        duckdb::LogicalType type = cast.cast_type;
        if (type.id() == duckdb::LogicalTypeId::UNBOUND) {
          type = duckdb::UnboundType::TryDefaultBind(type);
        }
        if (value.DefaultTryCastAs(type) && !value.IsNull()) return value.ToString();
      }
      break;
    }
    default:
      break;
  }
  throw Error(
      ErrorCode::kInvalidArgument,
      fmt::format("the table option {} needs a constant, not {}", name, expression.ToString()));
}

void CheckConstraints(const duckdb::CreateTableInfo& info, const std::string& table) {
  for (const auto& constraint : info.constraints) {
    if (constraint->type == duckdb::ConstraintType::NOT_NULL) continue;
    throw Error(ErrorCode::kUnsupported,
                fmt::format("table {}: Iceberg tables keep NOT NULL, but not {}", table,
                            constraint->ToString()))
        .WithHint("Leave it out of the table and check it with a test.");
  }
}

}  // namespace

std::map<std::string, std::string> TableOptions(const OptionExpressions& options) {
  std::map<std::string, std::string> result;
  for (const auto& [name, expression] : options) {
    std::string value = OptionText(name, *expression);
    if (EqualsIgnoreCase(name, "format")) {
      if (EqualsIgnoreCase(value, "iceberg") || EqualsIgnoreCase(value, "parquet")) continue;
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("tables of format {} are not supported", value))
          .WithHint("Tables of a warehouse are Iceberg tables over Parquet files.");
    }
    // Trino's spelling.
    result[EqualsIgnoreCase(name, "format_version") ? "format-version" : name] = value;
  }
  return result;
}

TableDefinition DefineTable(const duckdb::CreateTableInfo& info, const std::string& table) {
  CheckConstraints(info, table);
  TableDefinition definition;
  int32_t next_id = 1;
  for (const duckdb::ColumnDefinition& column : info.columns.Logical()) {
    std::string name = table + "." + column.Name();
    if (column.Generated()) {
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("column {} is generated, which Iceberg tables cannot have", name))
          .WithHint("Put the expression into a view over the table.");
    }
    if (column.HasDefaultValue()) {
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("column {} has a DEFAULT, which is not supported yet", name))
          .WithHint("Give the value in the INSERT.");
    }
    iceberg::NestedField field;
    field.id = next_id++;
    field.name = column.Name();
    field.type = ToIcebergType(column.Type(), name, &next_id);
    if (!column.Comment().IsNull()) field.doc = column.Comment().ToString();
    definition.schema.fields.push_back(std::move(field));
  }
  for (const auto& constraint : info.constraints) {
    const auto& not_null = constraint->Cast<duckdb::NotNullConstraint>();
    definition.schema.fields[not_null.index.index].required = true;
  }
  definition.properties = TableOptions(info.options);
  CheckTableProperties(definition.properties, table);
  auto version = definition.properties.find("format-version");
  if (version != definition.properties.end() && version->second == "1") {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("table {}: new tables have format version 2 or 3", table));
  }
  auto location = definition.properties.find("location");
  if (location != definition.properties.end()) {
    definition.location = io::ToLocation(location->second);
    io::PathOf(*definition.location);  // refuses schemes that cannot be written
    definition.properties.erase(location);
  }
  if (!info.comment.IsNull()) definition.properties["comment"] = info.comment.ToString();
  return definition;
}

}  // namespace eider::engine

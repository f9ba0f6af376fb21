#include "dbt/constraints.h"

#include "base/error.h"
#include "base/text.h"
#include "dbt/relation.h"

namespace eider::dbt {

namespace {

std::string TextOf(const Json& object, const char* key) {
  auto found = object.find(key);
  if (found == object.end() || !found->is_string()) return "";
  return found->get<std::string>();
}

std::string ListOf(const Json& object, const char* key) {
  std::vector<std::string> items;
  if (auto found = object.find(key); found != object.end() && found->is_array()) {
    for (const Json& item : *found) items.push_back(item.get<std::string>());
  }
  return Join(items, ", ");
}

// DuckDB takes no catalog in the target of a foreign key.
std::string WithoutDatabase(const std::string& relation) {
  auto parts = Split(relation, '.');
  if (parts.size() <= 2) return relation;
  parts.erase(parts.begin());
  return Join(parts, ".");
}

// "orders (id)" for a foreign key; "" where it does not say what it refers to.
std::string ForeignKeyTarget(const Json& constraint) {
  std::string to = TextOf(constraint, "to");
  std::string columns = ListOf(constraint, "to_columns");
  if (!to.empty() && !columns.empty()) return WithoutDatabase(to) + " (" + columns + ")";
  return TextOf(constraint, "expression");
}

bool IsKept(const Json& constraint, bool iceberg,
            const std::function<void(const std::string&)>& warn) {
  std::string type = TextOf(constraint, "type");
  bool known = type == "check" || type == "not_null" || type == "unique" || type == "primary_key" ||
               type == "foreign_key" || type == "custom";
  if (!known) {
    throw Error(ErrorCode::kInvalidArgument, "Could not parse constraint: " + constraint.dump());
  }
  if (!iceberg || type == "not_null") return true;
  auto quiet = constraint.find("warn_unsupported");
  if (quiet == constraint.end() || !quiet->is_boolean() || quiet->get<bool>()) {
    warn("The constraint type " + type +
         " is not supported by Iceberg tables, and will be ignored. Set 'warn_unsupported: false' "
         "on this constraint to ignore this warning.");
  }
  return false;
}

}  // namespace

std::vector<std::string> RenderColumnConstraints(
    const Json& columns, bool iceberg, const std::function<void(const std::string&)>& warn) {
  std::vector<std::string> out;
  for (const auto& [key, column] : columns.items()) {
    auto quote = column.find("quote");
    bool quoted = quote != column.end() && quote->is_boolean() && quote->get<bool>();
    std::string name = TextOf(column, "name");
    std::string text = (quoted ? QuotedIdentifier(name) : name) + " " + TextOf(column, "data_type");
    auto constraints = column.find("constraints");
    if (constraints != column.end() && constraints->is_array()) {
      for (const Json& constraint : *constraints) {
        if (!IsKept(constraint, iceberg, warn)) continue;
        std::string type = TextOf(constraint, "type");
        std::string expression = TextOf(constraint, "expression");
        std::string rendered;
        if (type == "check" && !expression.empty()) {
          rendered = "check (" + expression + ")";
        } else if (type == "not_null") {
          rendered = "not null " + expression;
        } else if (type == "unique") {
          rendered = "unique " + expression;
        } else if (type == "primary_key") {
          rendered = "primary key " + expression;
        } else if (type == "foreign_key") {
          rendered = "references " + ForeignKeyTarget(constraint);
        } else if (type == "custom") {
          rendered = expression;
        }
        if (auto trimmed = Trim(rendered); !trimmed.empty()) text += " " + std::string(trimmed);
      }
    }
    out.push_back(std::move(text));
  }
  return out;
}

std::vector<std::string> RenderModelConstraints(
    const Json& constraints, bool iceberg, const std::function<void(const std::string&)>& warn) {
  std::vector<std::string> out;
  for (const Json& constraint : constraints) {
    if (!IsKept(constraint, iceberg, warn)) continue;
    std::string type = TextOf(constraint, "type");
    std::string expression = TextOf(constraint, "expression");
    std::string name = TextOf(constraint, "name");
    std::string prefix = name.empty() ? "" : "constraint " + name + " ";
    std::string columns = "(" + ListOf(constraint, "columns") + ")";
    std::string spaced = expression.empty() ? "" : " " + expression;
    if (type == "check" && !expression.empty()) {
      out.push_back(prefix + "check (" + expression + ")");
    } else if (type == "unique") {
      out.push_back(prefix + "unique" + spaced + " " + columns);
    } else if (type == "primary_key") {
      out.push_back(prefix + "primary key" + spaced + " " + columns);
    } else if (type == "foreign_key") {
      out.push_back(prefix + "foreign key " + columns + " references " +
                    ForeignKeyTarget(constraint));
    } else if (type == "custom" && !expression.empty()) {
      out.push_back(prefix + expression);
    }
  }
  return out;
}

}  // namespace eider::dbt

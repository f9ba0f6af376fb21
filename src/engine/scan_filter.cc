#include "engine/scan_filter.h"

#include <optional>
#include <utility>
#include <vector>

#include "duckdb/planner/expression/bound_between_expression.hpp"
#include "duckdb/planner/expression/bound_columnref_expression.hpp"
#include "duckdb/planner/expression/bound_comparison_expression.hpp"
#include "duckdb/planner/expression/bound_conjunction_expression.hpp"
#include "duckdb/planner/expression/bound_constant_expression.hpp"
#include "duckdb/planner/expression/bound_function_expression.hpp"
#include "duckdb/planner/expression/bound_operator_expression.hpp"
#include "duckdb/planner/filter/conjunction_filter.hpp"
#include "duckdb/planner/filter/constant_filter.hpp"
#include "duckdb/planner/filter/dynamic_filter.hpp"
#include "duckdb/planner/filter/in_filter.hpp"
#include "duckdb/planner/filter/optional_filter.hpp"
#include "duckdb/planner/filter/struct_filter.hpp"
#include "engine/type_mapping.h"

namespace eider::engine {

namespace {

using duckdb::Expression;
using duckdb::ExpressionClass;
using duckdb::ExpressionType;
using duckdb::TableFilter;
using duckdb::TableFilterType;
using iceberg::NestedField;
using iceberg::Predicate;

std::optional<Predicate::Kind> ComparisonKind(ExpressionType type) {
  switch (type) {
    case ExpressionType::COMPARE_EQUAL:
      return Predicate::Kind::kEqual;
    case ExpressionType::COMPARE_NOTEQUAL:
      return Predicate::Kind::kNotEqual;
    case ExpressionType::COMPARE_LESSTHAN:
      return Predicate::Kind::kLess;
    case ExpressionType::COMPARE_LESSTHANOREQUALTO:
      return Predicate::Kind::kLessOrEqual;
    case ExpressionType::COMPARE_GREATERTHAN:
      return Predicate::Kind::kGreater;
    case ExpressionType::COMPARE_GREATERTHANOREQUALTO:
      return Predicate::Kind::kGreaterOrEqual;
    default:
      return std::nullopt;
  }
}

// nullopt where the value is null, or of another type than the column: what its comparison means
// after a cast is not ours to guess.
std::optional<iceberg::Literal> ConstantOf(const NestedField& field, const duckdb::Value& value) {
  if (field.type->is_nested() || value.IsNull()) return std::nullopt;
  if (value.type() != ToDuckDBType(*field.type, field.name)) return std::nullopt;
  auto literal = ToLiteral(*field.type, value);
  if (literal && literal->is_null()) return std::nullopt;
  return literal;
}

Predicate Compare(Predicate::Kind kind, const NestedField& field, const duckdb::Value& value) {
  auto literal = ConstantOf(field, value);
  Predicate predicate;
  if (!literal) return predicate;
  predicate.kind = kind;
  predicate.field_id = field.id;
  predicate.values.push_back(std::move(*literal));
  return predicate;
}

Predicate NullTest(const NestedField& field, bool is_null) {
  Predicate predicate;
  if (field.type->is_nested()) return predicate;
  predicate.kind = is_null ? Predicate::Kind::kIsNull : Predicate::Kind::kNotNull;
  predicate.field_id = field.id;
  return predicate;
}

// A null among the values matches nothing and may be left out; anything else that cannot be
// expressed makes the whole list unusable.
template <typename Values>
Predicate In(const NestedField& field, const Values& values) {
  std::vector<iceberg::Literal> literals;
  for (const duckdb::Value& value : values) {
    if (value.IsNull()) continue;
    auto literal = ConstantOf(field, value);
    if (!literal) return {};
    literals.push_back(std::move(*literal));
  }
  return Predicate::In(field.id, *field.type, std::move(literals));
}

class ExpressionReader {
 public:
  ExpressionReader(const iceberg::Schema& schema, const duckdb::MultiFilePushdownInfo& info)
      : schema_(schema), info_(info) {}

  Predicate Read(const Expression& expression) const {
    switch (expression.GetExpressionClass()) {
      case ExpressionClass::BOUND_CONJUNCTION: {
        std::vector<Predicate> children;
        for (const auto& child : expression.Cast<duckdb::BoundConjunctionExpression>().children) {
          children.push_back(Read(*child));
        }
        return expression.GetExpressionType() == ExpressionType::CONJUNCTION_AND
                   ? Predicate::And(std::move(children))
                   : Predicate::Or(std::move(children));
      }
      case ExpressionClass::BOUND_COMPARISON:
        return ReadComparison(expression.Cast<duckdb::BoundComparisonExpression>());
      case ExpressionClass::BOUND_BETWEEN:
        return ReadBetween(expression.Cast<duckdb::BoundBetweenExpression>());
      case ExpressionClass::BOUND_OPERATOR:
        return ReadOperator(expression.Cast<duckdb::BoundOperatorExpression>());
      case ExpressionClass::BOUND_FUNCTION:
        return ReadFunction(expression.Cast<duckdb::BoundFunctionExpression>());
      default:
        return {};
    }
  }

 private:
  // nullptr where the expression is no column of this scan.
  const NestedField* ColumnOf(const Expression& expression) const {
    if (expression.GetExpressionClass() != ExpressionClass::BOUND_COLUMN_REF) return nullptr;
    const auto& column = expression.Cast<duckdb::BoundColumnRefExpression>();
    if (column.binding.table_index != info_.table_index ||
        column.binding.column_index >= info_.column_ids.size()) {
      return nullptr;
    }
    auto id = info_.column_ids[column.binding.column_index];
    if (duckdb::IsVirtualColumn(id) || id >= schema_.fields.size()) return nullptr;
    const NestedField& field = schema_.fields[id];
    // Where a field of a struct is all that is read, the reference stands for that field.
    if (field.type->is_nested() || column.return_type != ToDuckDBType(*field.type, field.name)) {
      return nullptr;
    }
    return &field;
  }

  static const duckdb::Value* ValueOf(const Expression& expression) {
    if (expression.GetExpressionClass() != ExpressionClass::BOUND_CONSTANT) return nullptr;
    return &expression.Cast<duckdb::BoundConstantExpression>().value;
  }

  Predicate CompareWith(const Expression& column, ExpressionType type,
                        const Expression& constant) const {
    const NestedField* field = ColumnOf(column);
    const duckdb::Value* value = ValueOf(constant);
    auto kind = ComparisonKind(type);
    if (field == nullptr || value == nullptr || !kind) return {};
    return Compare(*kind, *field, *value);
  }

  Predicate ReadComparison(const duckdb::BoundComparisonExpression& comparison) const {
    ExpressionType type = comparison.GetExpressionType();
    if (ValueOf(*comparison.left) != nullptr) {
      return CompareWith(*comparison.right, duckdb::FlipComparisonExpression(type),
                         *comparison.left);
    }
    return CompareWith(*comparison.left, type, *comparison.right);
  }

  Predicate ReadBetween(const duckdb::BoundBetweenExpression& between) const {
    std::vector<Predicate> bounds;
    bounds.push_back(CompareWith(*between.input, between.LowerComparisonType(), *between.lower));
    bounds.push_back(CompareWith(*between.input, between.UpperComparisonType(), *between.upper));
    return Predicate::And(std::move(bounds));
  }

  Predicate ReadOperator(const duckdb::BoundOperatorExpression& operation) const {
    if (operation.children.empty()) return {};
    const NestedField* field = ColumnOf(*operation.children[0]);
    if (field == nullptr) return {};
    switch (operation.GetExpressionType()) {
      case ExpressionType::OPERATOR_IS_NULL:
        return NullTest(*field, true);
      case ExpressionType::OPERATOR_IS_NOT_NULL:
        return NullTest(*field, false);
      case ExpressionType::COMPARE_IN: {
        std::vector<duckdb::Value> values;
        for (size_t i = 1; i < operation.children.size(); ++i) {
          const duckdb::Value* value = ValueOf(*operation.children[i]);
          if (value == nullptr) return {};
          values.push_back(*value);
        }
        return In(*field, values);
      }
      default:
        return {};
    }
  }

  // LIKE 'abc%' arrives as prefix().
  Predicate ReadFunction(const duckdb::BoundFunctionExpression& function) const {
    const std::string& name = function.function.name;
    if ((name != "prefix" && name != "starts_with" && name != "^@") ||
        function.children.size() != 2) {
      return {};
    }
    const NestedField* field = ColumnOf(*function.children[0]);
    const duckdb::Value* value = ValueOf(*function.children[1]);
    if (field == nullptr || value == nullptr || field->type->id != iceberg::TypeId::kString) {
      return {};
    }
    return Compare(Predicate::Kind::kStartsWith, *field, *value);
  }

  const iceberg::Schema& schema_;
  const duckdb::MultiFilePushdownInfo& info_;
};

// `in_struct`: the column is a field of a struct, whose null counts do not tell of the structs that
// are null themselves.
Predicate ReadFilter(const NestedField& field, const TableFilter& filter, bool in_struct) {
  switch (filter.filter_type) {
    case TableFilterType::CONSTANT_COMPARISON: {
      const auto& comparison = filter.Cast<duckdb::ConstantFilter>();
      auto kind = ComparisonKind(comparison.comparison_type);
      return kind ? Compare(*kind, field, comparison.constant) : Predicate();
    }
    case TableFilterType::IS_NULL:
      return in_struct ? Predicate() : NullTest(field, true);
    case TableFilterType::IS_NOT_NULL:
      return in_struct ? Predicate() : NullTest(field, false);
    case TableFilterType::IN_FILTER:
      return In(field, filter.Cast<duckdb::InFilter>().values);
    case TableFilterType::CONJUNCTION_AND: {
      std::vector<Predicate> children;
      for (const auto& child : filter.Cast<duckdb::ConjunctionAndFilter>().child_filters) {
        children.push_back(ReadFilter(field, *child, in_struct));
      }
      return Predicate::And(std::move(children));
    }
    case TableFilterType::CONJUNCTION_OR: {
      std::vector<Predicate> children;
      for (const auto& child : filter.Cast<duckdb::ConjunctionOrFilter>().child_filters) {
        children.push_back(ReadFilter(field, *child, in_struct));
      }
      return Predicate::Or(std::move(children));
    }
    case TableFilterType::STRUCT_EXTRACT: {
      const auto& extract = filter.Cast<duckdb::StructFilter>();
      if (field.type->id != iceberg::TypeId::kStruct ||
          extract.child_idx >= field.type->fields.size()) {
        return {};
      }
      return ReadFilter(field.type->fields[extract.child_idx], *extract.child_filter, true);
    }
    case TableFilterType::OPTIONAL_FILTER: {
      const auto& child = filter.Cast<duckdb::OptionalFilter>().child_filter;
      return child ? ReadFilter(field, *child, in_struct) : Predicate();
    }
    case TableFilterType::DYNAMIC_FILTER: {
      const auto& data = filter.Cast<duckdb::DynamicFilter>().filter_data;
      if (!data || !data->initialized) return {};
      duckdb::lock_guard<duckdb::mutex> lock(data->lock);
      return data->filter ? ReadFilter(field, *data->filter, in_struct) : Predicate();
    }
    default:
      return {};
  }
}

}  // namespace

Predicate ToPredicate(const iceberg::Schema& schema, const duckdb::MultiFilePushdownInfo& info,
                      const duckdb::vector<duckdb::unique_ptr<Expression>>& filters) {
  ExpressionReader reader(schema, info);
  std::vector<Predicate> children;
  for (const auto& filter : filters) children.push_back(reader.Read(*filter));
  return Predicate::And(std::move(children));
}

Predicate ToPredicate(const iceberg::Schema& schema,
                      const duckdb::vector<duckdb::column_t>& column_ids,
                      const duckdb::TableFilterSet& filters) {
  std::vector<Predicate> children;
  for (const auto& [index, filter] : filters.filters) {
    if (index >= column_ids.size() || duckdb::IsVirtualColumn(column_ids[index]) ||
        column_ids[index] >= schema.fields.size()) {
      continue;
    }
    children.push_back(ReadFilter(schema.fields[column_ids[index]], *filter, false));
  }
  return Predicate::And(std::move(children));
}

}  // namespace eider::engine

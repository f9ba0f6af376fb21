#include "iceberg/predicate.h"

#include <algorithm>

namespace eider::iceberg {

namespace {

// What is known of one column in one file.
struct ColumnFacts {
  std::optional<Literal> lower;
  std::optional<Literal> upper;
  bool may_be_null = true;
  bool all_null = false;
};

ColumnFacts FactsOf(int32_t field_id, const Type& type, const DataFile& file,
                    const PartitionSpec& spec) {
  ColumnFacts facts;
  for (size_t i = 0; i < spec.fields.size() && i < file.partition.size(); ++i) {
    const PartitionField& field = spec.fields[i];
    if (field.source_id != field_id || field.transform.kind != Transform::Kind::kIdentity) continue;
    const Literal& value = file.partition[i];
    facts.all_null = value.is_null();
    facts.may_be_null = value.is_null();
    if (!value.is_null()) facts.lower = facts.upper = value;
    return facts;
  }
  auto nulls = file.null_value_counts.find(field_id);
  auto values = file.value_counts.find(field_id);
  if (nulls != file.null_value_counts.end()) {
    facts.may_be_null = nulls->second > 0;
    facts.all_null =
        values != file.value_counts.end() && values->second > 0 && nulls->second == values->second;
  }
  // NaN is outside the bounds, so where it may be they exclude nothing.
  if (type.id == TypeId::kFloat || type.id == TypeId::kDouble) {
    auto nans = file.nan_value_counts.find(field_id);
    if (nans == file.nan_value_counts.end() || nans->second > 0) return facts;
  }
  auto lower = file.lower_bounds.find(field_id);
  if (lower != file.lower_bounds.end()) facts.lower = LiteralFromBytes(type, lower->second);
  auto upper = file.upper_bounds.find(field_id);
  if (upper != file.upper_bounds.end()) facts.upper = LiteralFromBytes(type, upper->second);
  return facts;
}

bool MayEqual(const Type& type, const ColumnFacts& facts, const Literal& value) {
  if (facts.all_null) return false;
  if (facts.lower && CompareLiterals(type, value, *facts.lower) < 0) return false;
  return !facts.upper || CompareLiterals(type, value, *facts.upper) <= 0;
}

bool MayStartWith(const ColumnFacts& facts, const std::string& prefix) {
  if (facts.all_null) return false;
  if (facts.lower) {
    const auto& lower = std::get<std::string>(facts.lower->value);
    if (lower.substr(0, prefix.size()) > prefix) return false;
  }
  if (facts.upper) {
    const auto& upper = std::get<std::string>(facts.upper->value);
    if (upper.substr(0, prefix.size()) < prefix) return false;
  }
  return true;
}

}  // namespace

bool MightMatch(const Predicate& predicate, const DataFile& file, const Schema& schema,
                const PartitionSpec& spec) {
  using Kind = Predicate::Kind;
  auto matches = [&](const Predicate& child) { return MightMatch(child, file, schema, spec); };
  switch (predicate.kind) {
    case Kind::kTrue:
      return true;
    case Kind::kFalse:
      return false;
    case Kind::kAnd:
      return std::all_of(predicate.children.begin(), predicate.children.end(), matches);
    case Kind::kOr:
      return std::any_of(predicate.children.begin(), predicate.children.end(), matches);
    default:
      break;
  }
  const NestedField* field = schema.FindField(predicate.field_id);
  if (field == nullptr || field->type->is_nested()) return true;
  const Type& type = *field->type;
  ColumnFacts facts = FactsOf(predicate.field_id, type, file, spec);
  auto compare = [&](const std::optional<Literal>& bound) {
    return CompareLiterals(type, *bound, predicate.values[0]);
  };
  switch (predicate.kind) {
    case Kind::kIsNull:
      return facts.may_be_null;
    case Kind::kNotNull:
      return !facts.all_null;
    case Kind::kEqual:
      return MayEqual(type, facts, predicate.values[0]);
    case Kind::kIn:
      return std::any_of(predicate.values.begin(), predicate.values.end(),
                         [&](const Literal& value) { return MayEqual(type, facts, value); });
    case Kind::kLess:
      return !facts.all_null && (!facts.lower || compare(facts.lower) < 0);
    case Kind::kLessOrEqual:
      return !facts.all_null && (!facts.lower || compare(facts.lower) <= 0);
    case Kind::kGreater:
      return !facts.all_null && (!facts.upper || compare(facts.upper) > 0);
    case Kind::kGreaterOrEqual:
      return !facts.all_null && (!facts.upper || compare(facts.upper) >= 0);
    case Kind::kNotEqual:
      return !facts.all_null;
    case Kind::kStartsWith:
      return MayStartWith(facts, std::get<std::string>(predicate.values[0].value));
    default:
      return true;
  }
}

}  // namespace eider::iceberg

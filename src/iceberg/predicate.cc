#include "iceberg/predicate.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

namespace eider::iceberg {

namespace {

constexpr int64_t kMicrosPerDay = 86'400'000'000;
constexpr int64_t kMicrosPerHour = 3'600'000'000;

bool IsFloat(const Type& type) { return type.id == TypeId::kFloat || type.id == TypeId::kDouble; }

bool IsNan(const Type& type, const Literal& value) {
  return IsFloat(type) && std::isnan(std::get<double>(value.value));
}

// Days from 1970-01-01 to the first day of the month that many months after January 1970.
int64_t DaysToMonth(int64_t months) {
  int64_t year = 1970 + (months >= 0 ? months / 12 : -((11 - months) / 12));
  int64_t month = months - (year - 1970) * 12 + 1;
  // Years that begin in March put the leap day last.
  int64_t shifted_year = month <= 2 ? year - 1 : year;
  int64_t era = (shifted_year >= 0 ? shifted_year : shifted_year - 399) / 400;
  int64_t year_of_era = shifted_year - era * 400;
  int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5;
  int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

// The first value of the source type whose transform gives `ordinal`; nullopt where that cannot be
// said.
std::optional<int64_t> FirstOf(const Transform& transform, const Type& type, int64_t ordinal) {
  int64_t scale = 0;  // source units a day
  switch (type.id) {
    case TypeId::kDate:
      scale = 1;
      break;
    case TypeId::kTimestamp:
    case TypeId::kTimestampTz:
      scale = kMicrosPerDay;
      break;
    default:
      return std::nullopt;
  }
  switch (transform.kind) {
    case Transform::Kind::kYear:
      return DaysToMonth(ordinal * 12) * scale;
    case Transform::Kind::kMonth:
      return DaysToMonth(ordinal) * scale;
    case Transform::Kind::kDay:
      return ordinal * scale;
    case Transform::Kind::kHour:
      if (type.id == TypeId::kDate) return std::nullopt;
      return ordinal * kMicrosPerHour;
    default:
      return std::nullopt;
  }
}

// Bounds of a column whose transformed values lie between `lower` and `upper`.
void BoundByPartition(const Transform& transform, const Type& type,
                      const std::optional<Literal>& lower, const std::optional<Literal>& upper,
                      ColumnFacts& facts) {
  if (transform.kind == Transform::Kind::kIdentity) {
    facts.lower = lower;
    facts.upper = upper;
    return;
  }
  auto ordinal = [](const std::optional<Literal>& value) -> const int64_t* {
    return value ? std::get_if<int64_t>(&value->value) : nullptr;
  };
  // Far beyond any year that is stored, where the products below would overflow.
  constexpr int64_t kFarthest = 10'000'000;
  const int64_t* low = ordinal(lower);
  if (low != nullptr && std::abs(*low) < kFarthest) {
    if (auto first = FirstOf(transform, type, *low)) facts.lower = Literal{*first};
  }
  const int64_t* high = ordinal(upper);
  if (high != nullptr && std::abs(*high) < kFarthest) {
    if (auto next = FirstOf(transform, type, *high + 1)) facts.upper = Literal{*next - 1};
  }
}

bool MayEqual(const Type& type, const ColumnFacts& facts, const Literal& value) {
  if (facts.all_null) return false;
  if (IsNan(type, value)) return facts.may_be_nan;
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

bool MayBeBelow(const Type& type, const ColumnFacts& facts, const Literal& value, bool or_equal) {
  if (facts.all_null) return false;
  if (IsNan(type, value)) return true;
  if (!facts.lower) return true;
  auto order = CompareLiterals(type, *facts.lower, value);
  return order < 0 || (or_equal && order == 0);
}

bool MayBeAbove(const Type& type, const ColumnFacts& facts, const Literal& value, bool or_equal) {
  if (facts.all_null) return false;
  if (IsNan(type, value)) return or_equal && facts.may_be_nan;
  if (facts.may_be_nan || !facts.upper) return true;
  auto order = CompareLiterals(type, *facts.upper, value);
  return order > 0 || (or_equal && order == 0);
}

using FactsFinder = std::function<ColumnFacts(int32_t field_id, const Type& type)>;

bool Evaluate(const Predicate& predicate, const Schema& schema, const FactsFinder& find_facts) {
  using Kind = Predicate::Kind;
  auto matches = [&](const Predicate& child) { return Evaluate(child, schema, find_facts); };
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
  ColumnFacts facts = find_facts(predicate.field_id, type);
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
      return MayBeBelow(type, facts, predicate.values[0], false);
    case Kind::kLessOrEqual:
      return MayBeBelow(type, facts, predicate.values[0], true);
    case Kind::kGreater:
      return MayBeAbove(type, facts, predicate.values[0], false);
    case Kind::kGreaterOrEqual:
      return MayBeAbove(type, facts, predicate.values[0], true);
    case Kind::kNotEqual:
      return !facts.all_null;
    case Kind::kStartsWith:
      return MayStartWith(facts, std::get<std::string>(predicate.values[0].value));
    default:
      return true;
  }
}

Predicate Combine(Predicate::Kind kind, Predicate::Kind neutral, Predicate::Kind absorbing,
                  std::vector<Predicate> children) {
  Predicate combined;
  combined.kind = kind;
  for (Predicate& child : children) {
    if (child.kind == absorbing) {
      combined.kind = absorbing;
      combined.children.clear();
      return combined;
    }
    if (child.kind != neutral) combined.children.push_back(std::move(child));
  }
  if (combined.children.empty()) combined.kind = neutral;
  if (combined.children.size() == 1) {
    Predicate only = std::move(combined.children[0]);
    return only;
  }
  return combined;
}

}  // namespace

Predicate Predicate::And(std::vector<Predicate> children) {
  return Combine(Kind::kAnd, Kind::kTrue, Kind::kFalse, std::move(children));
}

Predicate Predicate::Or(std::vector<Predicate> children) {
  return Combine(Kind::kOr, Kind::kFalse, Kind::kTrue, std::move(children));
}

ColumnFacts FactsOf(int32_t field_id, const Type& type, const DataFile& file,
                    const PartitionSpec& spec) {
  ColumnFacts facts;
  facts.may_be_nan = IsFloat(type);
  for (size_t i = 0; i < spec.fields.size() && i < file.partition.size(); ++i) {
    const PartitionField& field = spec.fields[i];
    if (field.source_id != field_id) continue;
    const Literal& value = file.partition[i];
    if (value.is_null()) {
      // Transforms give null for null alone; void gives it for everything.
      if (field.transform.kind == Transform::Kind::kVoid) continue;
      facts.all_null = true;
      return facts;
    }
    if (field.transform.kind == Transform::Kind::kIdentity) {
      facts.may_be_null = false;
      facts.may_be_nan = IsNan(type, value);
      if (!facts.may_be_nan) facts.lower = facts.upper = value;
      return facts;
    }
    BoundByPartition(field.transform, type, value, value, facts);
  }
  auto nulls = file.null_value_counts.find(field_id);
  auto values = file.value_counts.find(field_id);
  if (nulls != file.null_value_counts.end()) {
    facts.may_be_null = nulls->second > 0;
    facts.all_null =
        values != file.value_counts.end() && values->second > 0 && nulls->second == values->second;
  }
  if (facts.may_be_nan) {
    auto nans = file.nan_value_counts.find(field_id);
    facts.may_be_nan = nans == file.nan_value_counts.end() || nans->second > 0;
  }
  auto read = [&](const std::map<int32_t, std::string>& bounds, std::optional<Literal>& bound) {
    auto bytes = bounds.find(field_id);
    if (bytes == bounds.end()) return;
    auto literal = LiteralFromBytes(type, bytes->second);
    if (literal && !IsNan(type, *literal)) bound = std::move(literal);
  };
  read(file.lower_bounds, facts.lower);
  read(file.upper_bounds, facts.upper);
  return facts;
}

bool MightMatch(const Predicate& predicate, const DataFile& file, const Schema& schema,
                const PartitionSpec& spec) {
  return Evaluate(predicate, schema, [&](int32_t field_id, const Type& type) {
    return FactsOf(field_id, type, file, spec);
  });
}

bool MightMatch(const Predicate& predicate, const ManifestFile& manifest, const Schema& schema,
                const PartitionSpec& spec) {
  if (predicate.is_true() || manifest.partitions.size() != spec.fields.size()) return true;
  return Evaluate(predicate, schema, [&](int32_t field_id, const Type& type) {
    ColumnFacts facts;
    facts.may_be_nan = IsFloat(type);
    for (size_t i = 0; i < spec.fields.size(); ++i) {
      const PartitionField& field = spec.fields[i];
      if (field.source_id != field_id || field.transform.kind == Transform::Kind::kVoid) continue;
      const PartitionFieldSummary& summary = manifest.partitions[i];
      facts.may_be_null = summary.contains_null;
      if (facts.may_be_nan && field.transform.kind == Transform::Kind::kIdentity) {
        facts.may_be_nan = summary.contains_nan.value_or(true);
      }
      TypePtr result = ResultType(field.transform, std::make_shared<const Type>(type));
      auto read = [&](const std::optional<std::string>& bytes) -> std::optional<Literal> {
        if (!bytes) return std::nullopt;
        auto literal = LiteralFromBytes(*result, *bytes);
        if (literal && IsNan(*result, *literal)) return std::nullopt;
        return literal;
      };
      BoundByPartition(field.transform, type, read(summary.lower_bound), read(summary.upper_bound),
                       facts);
    }
    return facts;
  });
}

}  // namespace eider::iceberg

#include "iceberg/predicate.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include "iceberg/bucket.h"
#include "iceberg/calendar.h"

namespace eider::iceberg {

namespace {

constexpr int64_t kMicrosPerDay = 86'400'000'000;

bool IsFloat(const Type& type) { return type.id == TypeId::kFloat || type.id == TypeId::kDouble; }

bool IsNan(const Type& type, const Literal& value) {
  return IsFloat(type) && std::isnan(std::get<double>(value.value));
}

// The first value of the source type whose transform gives `ordinal`; nullopt where that cannot be
// said.
std::optional<int64_t> FirstOf(const Transform& transform, const Type& type, int64_t ordinal) {
  int64_t units_a_day = 0;
  switch (type.id) {
    case TypeId::kDate:
      units_a_day = 1;
      break;
    case TypeId::kTimestamp:
    case TypeId::kTimestampTz:
      units_a_day = kMicrosPerDay;
      break;
    case TypeId::kTimestampNs:
    case TypeId::kTimestampTzNs:
      units_a_day = kMicrosPerDay * 1000;
      break;
    default:
      return std::nullopt;
  }
  int64_t count = ordinal;
  int64_t units = units_a_day;
  switch (transform.kind) {
    case Transform::Kind::kYear:
      count = DaysToMonth(ordinal * 12);
      break;
    case Transform::Kind::kMonth:
      count = DaysToMonth(ordinal);
      break;
    case Transform::Kind::kDay:
      break;
    case Transform::Kind::kHour:
      if (type.id == TypeId::kDate) return std::nullopt;
      units = units_a_day / 24;
      break;
    default:
      return std::nullopt;
  }
  int64_t first = 0;
  if (__builtin_mul_overflow(count, units, &first)) return std::nullopt;
  return first;
}

void BoundByTime(const Transform& transform, const Type& type, const int64_t* low,
                 const int64_t* high, ColumnFacts& facts) {
  // Far beyond any year that is stored, where calendars overflow.
  constexpr int64_t kFarthest = 100'000'000'000;
  if (low != nullptr && std::abs(*low) < kFarthest) {
    // Iceberg before 0.11 rounded towards 1970, so that values before it may be one less.
    int64_t lowest = *low <= 0 ? *low - 1 : *low;
    if (auto first = FirstOf(transform, type, lowest)) facts.lower = Literal{*first};
  }
  if (high != nullptr && std::abs(*high) < kFarthest) {
    if (auto next = FirstOf(transform, type, *high + 1)) facts.upper = Literal{*next - 1};
  }
}

// The largest value that `width` truncates to `value`; nullopt where none is known.
std::optional<Literal> LastTruncatedTo(const Literal& value, int width) {
  if (const auto* integer = std::get_if<int64_t>(&value.value)) {
    int64_t last = 0;
    if (__builtin_add_overflow(*integer, int64_t{width} - 1, &last)) return std::nullopt;
    return Literal{last};
  }
  if (const auto* decimal = std::get_if<Int128>(&value.value)) {
    return Literal{static_cast<Int128>(*decimal + width - 1)};
  }
  return std::nullopt;
}

std::string CommonPrefix(const std::string& a, const std::string& b) {
  return {a.begin(), std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first};
}

void BoundByTruncation(int width, const Type& type, const std::optional<Literal>& lower,
                       const std::optional<Literal>& upper, ColumnFacts& facts) {
  if (lower) facts.lower = lower;
  if (!upper) return;
  const auto* highest = std::get_if<std::string>(&upper->value);
  if (highest == nullptr) {
    facts.upper = LastTruncatedTo(*upper, width);
    return;
  }
  // One longer, so that it is raised where it is cut: above all that begin with it.
  facts.upper = TruncateUpper(type, Literal{*highest + "x"}, width);
  const auto* lowest = lower ? std::get_if<std::string>(&lower->value) : nullptr;
  if (lowest != nullptr) facts.prefix = CommonPrefix(*lowest, *highest);
}

// Bounds of a column whose transformed values lie between `lower` and `upper`.
void BoundByPartition(const Transform& transform, const Type& type,
                      const std::optional<Literal>& lower, const std::optional<Literal>& upper,
                      ColumnFacts& facts) {
  auto ordinal = [](const std::optional<Literal>& value) -> const int64_t* {
    return value ? std::get_if<int64_t>(&value->value) : nullptr;
  };
  const int64_t* low = ordinal(lower);
  const int64_t* high = ordinal(upper);
  switch (transform.kind) {
    case Transform::Kind::kIdentity:
      if (lower) facts.lower = lower;
      if (upper) facts.upper = upper;
      return;
    case Transform::Kind::kTruncate:
      BoundByTruncation(transform.parameter, type, lower, upper, facts);
      return;
    case Transform::Kind::kBucket:
      if (low != nullptr && high != nullptr) {
        facts.buckets = {.count = transform.parameter, .lowest = *low, .highest = *high};
      }
      return;
    case Transform::Kind::kYear:
    case Transform::Kind::kMonth:
    case Transform::Kind::kDay:
    case Transform::Kind::kHour:
      BoundByTime(transform, type, low, high, facts);
      return;
    case Transform::Kind::kVoid:
    case Transform::Kind::kUnknown:
      return;
  }
}

bool MayEqual(const Type& type, const ColumnFacts& facts, const Literal& value) {
  if (facts.all_null) return false;
  if (IsNan(type, value)) return facts.may_be_nan;
  if (facts.buckets) {
    const ColumnFacts::Buckets& buckets = *facts.buckets;
    auto bucket = BucketOf(type, value, buckets.count);
    if (bucket && (*bucket < buckets.lowest || *bucket > buckets.highest)) return false;
  }
  if (facts.lower && CompareLiterals(type, value, *facts.lower) < 0) return false;
  return !facts.upper || CompareLiterals(type, value, *facts.upper) <= 0;
}

// Of values in ascending order, those out of bounds are not looked at.
bool MayEqualAny(const Type& type, const ColumnFacts& facts, const std::vector<Literal>& values) {
  auto less = [&](const Literal& a, const Literal& b) {
    return std::is_lt(CompareLiterals(type, a, b));
  };
  auto first = facts.lower ? std::lower_bound(values.begin(), values.end(), *facts.lower, less)
                           : values.begin();
  for (auto value = first; value != values.end(); ++value) {
    if (MayEqual(type, facts, *value)) return true;
    if (facts.upper && !facts.may_be_nan && less(*facts.upper, *value)) return false;
  }
  return false;
}

bool MayStartWith(const ColumnFacts& facts, const std::string& prefix) {
  if (facts.all_null) return false;
  if (facts.prefix && !facts.prefix->starts_with(prefix) && !prefix.starts_with(*facts.prefix)) {
    return false;
  }
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
  return MightMatch(predicate, *field->type, find_facts(predicate.field_id, *field->type));
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

Predicate Predicate::In(int32_t field_id, const Type& type, std::vector<Literal> values) {
  Predicate predicate;
  predicate.kind = Kind::kIn;
  predicate.field_id = field_id;
  predicate.values = std::move(values);
  std::sort(
      predicate.values.begin(), predicate.values.end(),
      [&](const Literal& a, const Literal& b) { return std::is_lt(CompareLiterals(type, a, b)); });
  return predicate;
}

bool MightMatch(const Predicate& predicate, const Type& type, const ColumnFacts& facts) {
  using Kind = Predicate::Kind;
  switch (predicate.kind) {
    case Kind::kIsNull:
      return facts.may_be_null;
    case Kind::kNotNull:
      return !facts.all_null;
    case Kind::kIsNan:
      return facts.may_be_nan;
    case Kind::kEqual:
      return MayEqual(type, facts, predicate.values[0]);
    case Kind::kIn:
      return MayEqualAny(type, facts, predicate.values);
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

ColumnFacts FactsOfPartition(int32_t field_id, const Type& type,
                             const std::vector<Literal>& partition, const PartitionSpec& spec) {
  ColumnFacts facts;
  facts.may_be_nan = IsFloat(type);
  for (size_t i = 0; i < spec.fields.size() && i < partition.size(); ++i) {
    const PartitionField& field = spec.fields[i];
    if (field.source_id != field_id) continue;
    using Kind = Transform::Kind;
    // Void gives null for everything; of what we do not know, nothing can be told.
    if (field.transform.kind == Kind::kVoid || field.transform.kind == Kind::kUnknown) continue;
    const Literal& value = partition[i];
    if (value.is_null()) {
      facts.all_null = true;
      facts.may_be_nan = false;
      return facts;
    }
    facts.may_be_null = false;
    if (field.transform.kind == Kind::kIdentity) {
      facts.may_be_nan = IsNan(type, value);
      if (facts.may_be_nan) continue;
    }
    BoundByPartition(field.transform, type, value, value, facts);
  }
  return facts;
}

ColumnFacts FactsOf(int32_t field_id, const Type& type, const DataFile& file,
                    const PartitionSpec& spec) {
  ColumnFacts facts = FactsOfPartition(field_id, type, file.partition, spec);
  // Readers take such a column from the partition, whatever the file holds.
  bool is_identity =
      std::any_of(spec.fields.begin(), spec.fields.end(), [&](const PartitionField& field) {
        return field.source_id == field_id && field.transform.kind == Transform::Kind::kIdentity;
      });
  if (facts.all_null || (is_identity && !facts.may_be_null)) return facts;
  auto nulls = file.null_value_counts.find(field_id);
  auto values = file.value_counts.find(field_id);
  if (nulls != file.null_value_counts.end()) {
    facts.may_be_null = facts.may_be_null && nulls->second > 0;
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

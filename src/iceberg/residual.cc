#include "iceberg/residual.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "iceberg/bucket.h"
#include "iceberg/partition_text.h"

namespace eider::iceberg {

namespace {

using Kind = Expression::Kind;

Residual Constant(bool value) {
  return {value ? Truth::kYes : Truth::kNo, value ? "true" : "false"};
}

// The values as a range; `low` equal to `high` where there is but one.
struct Range {
  const Literal* low = nullptr;
  const Literal* high = nullptr;
};

Truth Either(bool no, bool yes) { return no ? Truth::kNo : yes ? Truth::kYes : Truth::kMaybe; }

Truth Opposite(Truth truth) {
  if (truth == Truth::kMaybe) return truth;
  return truth == Truth::kYes ? Truth::kNo : Truth::kYes;
}

Truth Compare(Kind kind, const Type& type, const Range& range, const Literal& value) {
  auto low = range.low == nullptr ? std::partial_ordering::unordered
                                  : std::partial_ordering(CompareLiterals(type, *range.low, value));
  auto high = range.high == nullptr
                  ? std::partial_ordering::unordered
                  : std::partial_ordering(CompareLiterals(type, *range.high, value));
  switch (kind) {
    case Kind::kLess:
      return Either(low >= 0, high < 0);
    case Kind::kLessOrEqual:
      return Either(low > 0, high <= 0);
    case Kind::kGreater:
      return Either(high <= 0, low > 0);
    case Kind::kGreaterOrEqual:
      return Either(high < 0, low >= 0);
    default:
      return Either(low > 0 || high < 0, low == 0 && high == 0);
  }
}

Truth StartsWith(const ColumnFacts& facts, const std::string& prefix) {
  const std::string* known = nullptr;
  bool is_whole = facts.lower && facts.upper && *facts.lower == *facts.upper;
  if (is_whole) {
    known = &std::get<std::string>(facts.lower->value);
  } else if (facts.prefix) {
    known = &*facts.prefix;
  }
  if (known == nullptr) return Truth::kMaybe;
  if (known->starts_with(prefix)) return Truth::kYes;
  return is_whole || !prefix.starts_with(*known) ? Truth::kNo : Truth::kMaybe;
}

// Of a float column, what a client wrote need be none of its values (PredicateOf).
bool IsExact(const Type& type, const Literal& value) {
  if (type.id != TypeId::kFloat) return true;
  double number = std::get<double>(value.value);
  return static_cast<double>(static_cast<float>(number)) == number;
}

Truth EqualsAny(const Expression& condition, const ColumnFacts& facts) {
  const Type& type = *condition.type;
  Range range{facts.lower ? &*facts.lower : nullptr, facts.upper ? &*facts.upper : nullptr};
  Truth any = Truth::kNo;
  for (const Literal& value : condition.values) {
    if (!IsExact(type, value)) return Truth::kMaybe;
    Truth equal = Compare(Kind::kEqual, type, range, value);
    if (equal == Truth::kMaybe && facts.buckets) {
      auto bucket = BucketOf(type, value, facts.buckets->count);
      if (bucket && (*bucket < facts.buckets->lowest || *bucket > facts.buckets->highest)) {
        equal = Truth::kNo;
      }
    }
    if (equal == Truth::kYes) return equal;
    if (equal == Truth::kMaybe) any = equal;
  }
  return any;
}

// Of values that are neither null nor NaN.
Truth TruthOfValues(const Expression& condition, Kind kind, const ColumnFacts& facts) {
  const Type& type = *condition.type;
  switch (kind) {
    case Kind::kLess:
    case Kind::kLessOrEqual:
    case Kind::kGreater:
    case Kind::kGreaterOrEqual: {
      Range range{facts.lower ? &*facts.lower : nullptr, facts.upper ? &*facts.upper : nullptr};
      if (!IsExact(type, condition.values[0])) return Truth::kMaybe;
      return Compare(kind, type, range, condition.values[0]);
    }
    case Kind::kEqual:
    case Kind::kIn:
      return EqualsAny(condition, facts);
    case Kind::kNotEqual:
    case Kind::kNotIn:
      return Opposite(EqualsAny(condition, facts));
    case Kind::kStartsWith:
      return StartsWith(facts, std::get<std::string>(condition.values[0].value));
    case Kind::kNotStartsWith:
      return Opposite(StartsWith(facts, std::get<std::string>(condition.values[0].value)));
    default:
      return Truth::kMaybe;
  }
}

// A chain of `parts`, as flat as pairs allow: readers limit how deep JSON may be nested.
std::string Chain(const char* type, const std::vector<std::string>& parts, size_t begin,
                  size_t end) {
  if (end - begin == 1) return parts[begin];
  size_t middle = begin + (end - begin) / 2;
  return std::string("{\"type\":\"") + type + "\",\"left\":" + Chain(type, parts, begin, middle) +
         ",\"right\":" + Chain(type, parts, middle, end) + "}";
}

class PartialEvaluation {
 public:
  PartialEvaluation(const std::vector<Literal>& partition, const PartitionSpec& spec)
      : partition_(partition), spec_(spec) {}

  // Negations are carried down to the conditions, and written there.
  Residual Evaluate(const Expression& expression, bool negated) const {
    switch (expression.kind) {
      case Kind::kTrue:
      case Kind::kFalse:
        return Constant((expression.kind == Kind::kTrue) != negated);
      case Kind::kNot:
        return Evaluate(expression.children[0], !negated);
      case Kind::kAnd:
      case Kind::kOr:
        return Combine(expression, negated);
      default:
        break;
    }
    Truth truth =
        expression.kind == Kind::kOpaque ? Truth::kMaybe : OfCondition(expression, negated);
    if (truth != Truth::kMaybe) return Constant(truth == Truth::kYes);
    if (!negated) return {truth, expression.json};
    return {truth, "{\"type\":\"not\",\"child\":" + expression.json + "}"};
  }

 private:
  Residual Combine(const Expression& expression, bool negated) const {
    bool is_and = (expression.kind == Kind::kAnd) != negated;
    std::vector<std::string> parts;
    for (const Expression& child : expression.children) {
      Residual part = Evaluate(child, negated);
      if (part.matches == Truth::kMaybe) {
        parts.push_back(std::move(part.json));
      } else if ((part.matches == Truth::kNo) == is_and) {
        return part;
      }
    }
    if (parts.empty()) return Constant(is_and);
    return {Truth::kMaybe, Chain(is_and ? "and" : "or", parts, 0, parts.size())};
  }

  Truth OfCondition(const Expression& condition, bool negated) const {
    if (condition.transform.kind == Transform::Kind::kIdentity) {
      return TruthOf(condition, negated,
                     FactsOfPartition(condition.field_id, *condition.type, partition_, spec_));
    }
    for (size_t i = 0; i < spec_.fields.size() && i < partition_.size(); ++i) {
      const PartitionField& field = spec_.fields[i];
      if (field.source_id != condition.field_id || field.transform != condition.transform) {
        continue;
      }
      return TruthOf(condition, negated, FactsOfTransformed(condition, partition_[i]));
    }
    return Truth::kMaybe;
  }

  // The transform's own result is known.
  static ColumnFacts FactsOfTransformed(const Expression& condition, const Literal& value) {
    PartitionField field;
    field.source_id = condition.field_id;
    PartitionSpec identity;
    identity.fields = {field};
    ColumnFacts facts = FactsOfPartition(condition.field_id, *condition.type, {value}, identity);
    // Of times before 1970 it may be one too high (see BoundByTime).
    const auto* ordinal = facts.lower ? std::get_if<int64_t>(&facts.lower->value) : nullptr;
    using TransformKind = Transform::Kind;
    TransformKind kind = condition.transform.kind;
    bool is_time = kind == TransformKind::kYear || kind == TransformKind::kMonth ||
                   kind == TransformKind::kDay || kind == TransformKind::kHour;
    if (is_time && ordinal != nullptr && *ordinal <= 0) facts.lower = Literal{*ordinal - 1};
    return facts;
  }

  const std::vector<Literal>& partition_;
  const PartitionSpec& spec_;
};

}  // namespace

Truth TruthOf(const Expression& condition, bool negated, const ColumnFacts& facts) {
  Kind kind = negated ? Negated(condition.kind) : condition.kind;
  bool never_null = !facts.may_be_null;
  switch (kind) {
    case Kind::kIsNull:
      return Either(never_null, facts.all_null);
    case Kind::kNotNull:
      return Either(facts.all_null, never_null);
    case Kind::kIsNan:
      return Either(facts.all_null || !facts.may_be_nan, false);
    case Kind::kNotNan:
      return Either(false, never_null && !facts.may_be_nan);
    case Kind::kNotEqual:
    case Kind::kNotIn:
    case Kind::kNotStartsWith:
      if (facts.all_null) return Truth::kMaybe;
      break;
    default:
      if (facts.all_null) return Truth::kNo;
      break;
  }
  if (facts.may_be_nan) return Truth::kMaybe;
  Truth truth = TruthOfValues(condition, kind, facts);
  return truth == Truth::kYes && !never_null ? Truth::kMaybe : truth;
}

const Residual& Residuals::Of(const std::vector<Literal>& partition, const PartitionSpec& spec) {
  std::string key = PartitionText(spec.spec_id, partition);
  auto it = by_partition_.find(key);
  if (it == by_partition_.end()) {
    // A long filter on many partitions must not fill the memory.
    constexpr size_t kMostBytes = 16 << 20;
    if (bytes_ > kMostBytes) {
      by_partition_.clear();
      bytes_ = 0;
    }
    Residual residual = PartialEvaluation(partition, spec).Evaluate(filter_, false);
    bytes_ += key.size() + residual.json.size();
    it = by_partition_.emplace(std::move(key), std::move(residual)).first;
  }
  return it->second;
}

}  // namespace eider::iceberg

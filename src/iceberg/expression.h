// Filters as clients send them: the expressions of the REST specification, bound to a schema.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"
#include "iceberg/predicate.h"
#include "iceberg/schema.h"

namespace eider::iceberg {

struct Expression {
  enum class Kind {
    kTrue,
    kFalse,
    kNot,
    kAnd,
    kOr,
    kIsNull,
    kNotNull,
    kIsNan,
    kNotNan,
    kLess,
    kLessOrEqual,
    kGreater,
    kGreaterOrEqual,
    kEqual,
    kNotEqual,
    kIn,
    kNotIn,
    kStartsWith,
    kNotStartsWith,
    // A condition that only who reads the rows can judge.
    kOpaque,
  };
  Kind kind = Kind::kTrue;
  std::vector<Expression> children;  // kAnd, kOr: two or more; kNot: one

  // The rest are conditions on one field, or on a transform of it.
  int32_t field_id = 0;
  TypePtr type;  // of what is compared
  Transform transform;
  bool is_column = true;        // rather than a part of one
  std::vector<Literal> values;  // none, one, or for kIn and kNotIn several, ascending
  std::string json;             // the condition as the client wrote it
};

// The field of a name like "a.b", "list.element", "map.value"; nullptr where there is none.
// `is_repeated` says whether it is in a list or map.
struct NamedField {
  const NestedField* field = nullptr;
  bool is_column = true;
  bool is_repeated = false;
};
NamedField FindFieldByPath(const Schema& schema, std::string_view path, bool case_sensitive);

// Takes both forms of the specification, with "term" and "value", and with "child", "left" and
// "right". Throws kInvalidArgument for what is no expression, for fields the schema does not have,
// and for constants that cannot be compared with them.
//
// With `other`, names may be those of either schema; where both have one and mean different fields
// by it, the condition is left to who reads the rows.
Expression ExpressionFromJson(const Json& json, const Schema& schema, bool case_sensitive,
                              const Schema* other = nullptr);

// What the rows looked for satisfy, as far as files can be pruned by it. Of a null value Iceberg
// says that it is not equal to anything, so "not-eq" and its like keep what SQL would not.
Predicate PredicateOf(const Expression& expression);

// The kind of the opposite condition: kLess for kGreaterOrEqual. kTrue, kFalse and conditions only.
Expression::Kind Negated(Expression::Kind kind);

}  // namespace eider::iceberg

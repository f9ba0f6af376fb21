#include "iceberg/expression.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "iceberg/literal_json.h"

namespace eider::iceberg {

namespace {

using Kind = Expression::Kind;

struct NamedKind {
  const char* name;
  Kind kind;
};

constexpr NamedKind kConditions[] = {
    {"is-null", Kind::kIsNull},
    {"not-null", Kind::kNotNull},
    {"is-nan", Kind::kIsNan},
    {"not-nan", Kind::kNotNan},
    {"lt", Kind::kLess},
    {"lt-eq", Kind::kLessOrEqual},
    {"gt", Kind::kGreater},
    {"gt-eq", Kind::kGreaterOrEqual},
    {"eq", Kind::kEqual},
    {"not-eq", Kind::kNotEqual},
    {"in", Kind::kIn},
    {"not-in", Kind::kNotIn},
    {"starts-with", Kind::kStartsWith},
    {"not-starts-with", Kind::kNotStartsWith},
};

bool IsUnary(Kind kind) {
  return kind == Kind::kIsNull || kind == Kind::kNotNull || kind == Kind::kIsNan ||
         kind == Kind::kNotNan;
}

bool IsSet(Kind kind) { return kind == Kind::kIn || kind == Kind::kNotIn; }

bool IsPrefixTest(Kind kind) { return kind == Kind::kStartsWith || kind == Kind::kNotStartsWith; }

[[noreturn]] void Refuse(std::string message) {
  throw Error(ErrorCode::kInvalidArgument, std::move(message));
}

const Json& Member(const Json& json, const char* key, const std::string& type) {
  auto it = json.find(key);
  if (it == json.end() || it->is_null()) {
    Refuse(fmt::format("an expression of type {} has no \"{}\"", type, key));
  }
  return *it;
}

std::string Text(const Json& json, const char* key, const std::string& type) {
  const Json& member = Member(json, key, type);
  if (!member.is_string()) Refuse(fmt::format("\"{}\" of {} is not a string", key, type));
  return member.get<std::string>();
}

// What an operand is: a field, a constant, or something that is neither.
struct Operand {
  bool is_field = false;
  bool is_literal = false;
  NamedField field;
  Transform transform;
  const Json* literal = nullptr;
};

// Kind of a < b, said of b and a.
Kind Mirrored(Kind kind) {
  switch (kind) {
    case Kind::kLess:
      return Kind::kGreater;
    case Kind::kLessOrEqual:
      return Kind::kGreaterOrEqual;
    case Kind::kGreater:
      return Kind::kLess;
    case Kind::kGreaterOrEqual:
      return Kind::kLessOrEqual;
    case Kind::kEqual:
    case Kind::kNotEqual:
      return kind;
    default:
      return Kind::kOpaque;
  }
}

class ExpressionReader {
 public:
  ExpressionReader(const Schema& schema, bool case_sensitive, const Schema* other)
      : schema_(schema), other_(other), case_sensitive_(case_sensitive) {}

  Expression Read(const Json& json) const {
    if (json.is_boolean()) return Constant(json.get<bool>());
    if (!json.is_object()) Refuse(fmt::format("{} is not an expression", ShownJson(json)));
    std::string type = Lower(Text(json, "type", "filter"));
    if (type == "true" || type == "false") return Constant(type == "true");
    if (type == "literal") {
      const Json& value = Member(json, "value", type);
      if (!value.is_boolean()) Refuse(fmt::format("{} is not a condition", ShownJson(json)));
      return Constant(value.get<bool>());
    }
    if (type == "not") {
      Expression expression;
      expression.kind = Kind::kNot;
      expression.children.push_back(Read(Member(json, "child", type)));
      return expression;
    }
    if (type == "and" || type == "or") {
      Kind kind = type == "and" ? Kind::kAnd : Kind::kOr;
      Expression expression;
      expression.kind = kind;
      Add(Read(Member(json, "left", type)), expression);
      Add(Read(Member(json, "right", type)), expression);
      return expression;
    }
    for (const NamedKind& named : kConditions) {
      if (type == named.name) return ReadCondition(named.kind, type, json);
    }
    Refuse(fmt::format("\"{}\" is no type of expression", type));
  }

 private:
  static Expression Constant(bool value) {
    Expression expression;
    expression.kind = value ? Kind::kTrue : Kind::kFalse;
    return expression;
  }

  // Clients nest long chains to the one side, as deep as they are long.
  static void Add(Expression&& child, Expression& parent) {
    if (child.kind != parent.kind) {
      parent.children.push_back(std::move(child));
      return;
    }
    for (Expression& grandchild : child.children) {
      parent.children.push_back(std::move(grandchild));
    }
  }

  Expression ReadCondition(Kind kind, const std::string& type, const Json& json) const {
    Expression condition;
    condition.kind = kind;
    condition.json = json.dump(-1, ' ', false, Json::error_handler_t::replace);
    bool is_comparison = !IsUnary(kind) && !IsSet(kind);
    Operand operand;
    const Json* value = nullptr;
    if (json.contains("term")) {
      operand = ReadTerm(json["term"]);
      if (is_comparison) value = &BareValue(Member(json, "value", type));
    } else if (is_comparison) {
      operand = ReadOperand(Member(json, "left", type));
      Operand right = ReadOperand(Member(json, "right", type));
      if (operand.is_literal && right.is_field) {
        std::swap(operand, right);
        condition.kind = Mirrored(kind);
      }
      if (right.is_literal) {
        value = &BareValue(*right.literal);
      } else {
        condition.kind = Kind::kOpaque;
      }
    } else {
      operand = ReadOperand(Member(json, "child", type));
    }
    for (const char* key : {"value", "values"}) {
      bool is_due = std::string_view(key) == "value" ? is_comparison : IsSet(kind);
      if (!is_due && json.contains(key)) {
        Refuse(fmt::format("an expression of type {} has no \"{}\"", type, key));
      }
    }
    std::vector<const Json*> constants;
    if (value != nullptr) constants.push_back(value);
    if (IsSet(kind)) constants = Set(Member(json, "values", type));
    if (!operand.is_field) condition.kind = Kind::kOpaque;
    if (condition.kind != Kind::kOpaque) Bind(operand, constants, condition);
    return condition;
  }

  // The bare value of a constant.
  static const Json& BareValue(const Json& json) {
    if (!json.is_object()) return json;
    if (!json.contains("type") || json["type"] != "literal") {
      Refuse(fmt::format("{} is not a literal", ShownJson(json)));
    }
    return Member(json, "value", "literal");
  }

  static std::vector<const Json*> Set(const Json& json) {
    const Json* values = &json;
    if (json.is_object()) values = &Member(json, "values", "literals");
    if (!values->is_array()) Refuse(fmt::format("{} is not a list of literals", ShownJson(json)));
    std::vector<const Json*> set;
    for (const Json& value : *values) set.push_back(&BareValue(value));
    return set;
  }

  Operand Field(const NamedField& field) const {
    Operand operand;
    operand.is_field = true;
    operand.field = field;
    return operand;
  }

  Operand FieldOfName(const std::string& name) const {
    NamedField field = FindFieldByPath(schema_, name, case_sensitive_);
    if (other_ != nullptr) {
      NamedField other = FindFieldByPath(*other_, name, case_sensitive_);
      if (field.field == nullptr) field = other;
      if (other.field != nullptr && other.field->id != field.field->id) return {};
    }
    if (field.field == nullptr) Refuse(fmt::format("there is no field {}", name));
    return Field(field);
  }

  Operand FieldOfReference(const Json& json) const {
    for (const char* key : {"name", "term"}) {
      if (json.contains(key)) return FieldOfName(Text(json, key, "reference"));
    }
    const Json& id = Member(json, "id", "reference");
    if (!id.is_number_integer()) Refuse("\"id\" of a reference is not a number");
    NamedField found = FindFieldById(schema_.fields, id.get<int64_t>(), true, false);
    if (found.field == nullptr) Refuse(fmt::format("there is no field with id {}", id.dump()));
    return Field(found);
  }

  static NamedField FindFieldById(const std::vector<NestedField>& fields, int64_t id,
                                  bool is_column, bool is_repeated) {
    for (const NestedField& field : fields) {
      if (field.id == id) return {&field, is_column, is_repeated};
      NamedField nested = FindFieldById(field.type->fields, id, false,
                                        is_repeated || field.type->id != TypeId::kStruct);
      if (nested.field != nullptr) return nested;
    }
    return {};
  }

  // The older form: a string is a field.
  Operand ReadTerm(const Json& json) const {
    if (json.is_string()) return FieldOfName(json.get<std::string>());
    if (!json.is_object()) Refuse(fmt::format("{} is not a term", ShownJson(json)));
    std::string type = Text(json, "type", "term");
    if (type == "transform") {
      Operand operand = ReadTerm(Member(json, "term", type));
      std::string name = Text(json, "transform", type);
      if (operand.transform.kind != Transform::Kind::kIdentity) operand.is_field = false;
      operand.transform = TransformFromText(name);
      return operand;
    }
    return ReadOperand(json);
  }

  // The newer form: a string is a literal.
  Operand ReadOperand(const Json& json) const {
    Operand operand;
    if (!json.is_object()) {
      operand.is_literal = true;
      operand.literal = &json;
      return operand;
    }
    std::string type = Text(json, "type", "operand");
    if (type == "reference") return FieldOfReference(json);
    if (type == "literal") {
      operand.is_literal = true;
      operand.literal = &json;
    } else if (type == "transform") {
      return ReadTerm(json);
    } else if (type != "apply") {
      Refuse(fmt::format("{} is no value expression", ShownJson(json)));
    }
    return operand;
  }

  static void Bind(const Operand& operand, const std::vector<const Json*>& constants,
                   Expression& condition) {
    const NestedField& field = *operand.field.field;
    condition.field_id = field.id;
    condition.is_column = operand.field.is_column;
    condition.transform = operand.transform;
    condition.type = ResultType(operand.transform, field.type);
    using TransformKind = Transform::Kind;
    bool is_known = operand.transform.kind != TransformKind::kUnknown &&
                    operand.transform.kind != TransformKind::kVoid;
    if (operand.field.is_repeated || condition.type->is_nested() || !is_known) {
      condition.kind = Kind::kOpaque;
      return;
    }
    Kind kind = condition.kind;
    bool is_float = condition.type->id == TypeId::kFloat || condition.type->id == TypeId::kDouble;
    if ((kind == Kind::kIsNan || kind == Kind::kNotNan) && !is_float) {
      Refuse(fmt::format("{} is of type {}, which has no NaN", field.name,
                         condition.type->ToString()));
    }
    if (IsPrefixTest(kind) && condition.type->id != TypeId::kString) {
      Refuse(fmt::format("{} is of type {}, which begins with no text", field.name,
                         condition.type->ToString()));
    }
    for (const Json* constant : constants) {
      if (constant->is_null()) {
        Refuse(fmt::format("{} is compared with null; use is-null", field.name));
      }
      auto literal = LiteralFromJson(*condition.type, *constant);
      if (!literal) {
        condition.kind = Kind::kOpaque;
        condition.values.clear();
        return;
      }
      condition.values.push_back(std::move(*literal));
    }
    if (!IsSet(kind)) return;
    if (condition.values.empty()) {
      condition = Constant(kind == Kind::kNotIn);
      return;
    }
    const Type& type = *condition.type;
    std::sort(condition.values.begin(), condition.values.end(),
              [&](const Literal& a, const Literal& b) {
                return std::is_lt(CompareLiterals(type, a, b));
              });
  }

  const Schema& schema_;
  const Schema* other_;
  bool case_sensitive_;
};

Predicate Leaf(Predicate::Kind kind, int32_t field_id, std::vector<Literal> values = {}) {
  Predicate predicate;
  predicate.kind = kind;
  predicate.field_id = field_id;
  predicate.values = std::move(values);
  return predicate;
}

// A client's 0.1 is no value of a float column. It may mean the number, or the float next to it;
// the range between both holds either.
struct FloatRange {
  Literal low;
  Literal high;
};

FloatRange RangeOf(const Type& type, const Literal& value) {
  if (type.id != TypeId::kFloat) return {value, value};
  double exact = std::get<double>(value.value);
  double nearest = static_cast<double>(static_cast<float>(exact));
  return {Literal{std::min(exact, nearest)}, Literal{std::max(exact, nearest)}};
}

Predicate Equal(const Expression& condition, const Literal& value) {
  FloatRange range = RangeOf(*condition.type, value);
  if (range.low == range.high) {
    return Leaf(Predicate::Kind::kEqual, condition.field_id, {value});
  }
  return Predicate::And({Leaf(Predicate::Kind::kGreaterOrEqual, condition.field_id, {range.low}),
                         Leaf(Predicate::Kind::kLessOrEqual, condition.field_id, {range.high})});
}

Predicate AnyOf(const Expression& condition) {
  if (condition.type->id != TypeId::kFloat) {
    return Predicate::In(condition.field_id, *condition.type, condition.values);
  }
  std::vector<Predicate> each;
  for (const Literal& value : condition.values) each.push_back(Equal(condition, value));
  return Predicate::Or(std::move(each));
}

Predicate ConditionPredicate(const Expression& condition, Kind kind) {
  if (condition.transform.kind != Transform::Kind::kIdentity) return {};
  auto compare = [&](Predicate::Kind comparison, bool with_high) {
    FloatRange range = RangeOf(*condition.type, condition.values[0]);
    return Leaf(comparison, condition.field_id, {with_high ? range.high : range.low});
  };
  switch (kind) {
    case Kind::kIsNull:
      // A part of a struct is null where the struct is, which its own counts need not tell.
      if (!condition.is_column) return {};
      return Leaf(Predicate::Kind::kIsNull, condition.field_id);
    case Kind::kNotNull:
      return Leaf(Predicate::Kind::kNotNull, condition.field_id);
    case Kind::kIsNan:
      return Leaf(Predicate::Kind::kIsNan, condition.field_id);
    case Kind::kLess:
      return compare(Predicate::Kind::kLess, true);
    case Kind::kLessOrEqual:
      return compare(Predicate::Kind::kLessOrEqual, true);
    case Kind::kGreater:
      return compare(Predicate::Kind::kGreater, false);
    case Kind::kGreaterOrEqual:
      return compare(Predicate::Kind::kGreaterOrEqual, false);
    case Kind::kEqual:
      return Equal(condition, condition.values[0]);
    case Kind::kIn:
      return AnyOf(condition);
    case Kind::kStartsWith:
      return Leaf(Predicate::Kind::kStartsWith, condition.field_id, condition.values);
    default:
      return {};
  }
}

Predicate PredicateOf(const Expression& expression, bool negated) {
  switch (expression.kind) {
    case Kind::kNot:
      return PredicateOf(expression.children[0], !negated);
    case Kind::kAnd:
    case Kind::kOr: {
      std::vector<Predicate> children;
      for (const Expression& child : expression.children) {
        children.push_back(PredicateOf(child, negated));
      }
      bool is_and = (expression.kind == Kind::kAnd) != negated;
      return is_and ? Predicate::And(std::move(children)) : Predicate::Or(std::move(children));
    }
    default:
      break;
  }
  Kind kind = negated ? Negated(expression.kind) : expression.kind;
  if (kind == Kind::kFalse) return Leaf(Predicate::Kind::kFalse, 0);
  if (kind == Kind::kTrue || kind == Kind::kOpaque) return {};
  return ConditionPredicate(expression, kind);
}

// The names by which a child of a nested type is called.
bool IsCalled(std::string_view name, std::string_view called, bool case_sensitive) {
  return case_sensitive ? name == called : EqualsIgnoreCase(name, called);
}

NamedField FindIn(const std::vector<NestedField>& fields, std::string_view path,
                  bool case_sensitive, bool is_column, bool is_repeated) {
  for (const NestedField& field : fields) {
    if (IsCalled(field.name, path, case_sensitive)) return {&field, is_column, is_repeated};
    size_t length = field.name.size();
    if (path.size() <= length || path[length] != '.' ||
        !IsCalled(field.name, path.substr(0, length), case_sensitive)) {
      continue;
    }
    bool in_repeated = is_repeated || field.type->id != TypeId::kStruct;
    NamedField nested =
        FindIn(field.type->fields, path.substr(length + 1), case_sensitive, false, in_repeated);
    if (nested.field != nullptr) return nested;
  }
  return {};
}

}  // namespace

NamedField FindFieldByPath(const Schema& schema, std::string_view path, bool case_sensitive) {
  return FindIn(schema.fields, path, case_sensitive, true, false);
}

Expression ExpressionFromJson(const Json& json, const Schema& schema, bool case_sensitive,
                              const Schema* other) {
  return ExpressionReader(schema, case_sensitive, other).Read(json);
}

Predicate PredicateOf(const Expression& expression) { return PredicateOf(expression, false); }

Expression::Kind Negated(Expression::Kind kind) {
  constexpr std::pair<Kind, Kind> kOpposites[] = {
      {Kind::kTrue, Kind::kFalse},
      {Kind::kIsNull, Kind::kNotNull},
      {Kind::kIsNan, Kind::kNotNan},
      {Kind::kLess, Kind::kGreaterOrEqual},
      {Kind::kLessOrEqual, Kind::kGreater},
      {Kind::kEqual, Kind::kNotEqual},
      {Kind::kIn, Kind::kNotIn},
      {Kind::kStartsWith, Kind::kNotStartsWith},
  };
  for (const auto& [one, other] : kOpposites) {
    if (kind == one) return other;
    if (kind == other) return one;
  }
  return kind;
}

}  // namespace eider::iceberg

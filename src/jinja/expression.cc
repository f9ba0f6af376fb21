// The Interpreter's evaluation of expressions.
#include <algorithm>
#include <utility>

#include "base/error.h"
#include "jinja/interpreter.h"
#include "jinja/methods.h"
#include "jinja/operators.h"
#include "jinja/throw.h"

namespace eider::jinja {

namespace {

const Arguments kNoArguments;

// How an error names the object that lacks an attribute.
std::string DescribeObject(const Value& object) {
  return object.IsNone() ? "None" : object.TypeName() + " object";
}

bool ToleratesAttributes(UndefinedMode mode) {
  return mode == UndefinedMode::kChainable || mode == UndefinedMode::kPermissive;
}

}  // namespace

Value Interpreter::UndefinedName(const std::string& name) const {
  if (environment_.undefined_hook()) return environment_.undefined_hook()(name);
  return Value::Undefined(name, "", environment_.options().undefined);
}

Value Interpreter::MissingAttribute(const Value& object, const Value& name) const {
  UndefinedMode mode = environment_.options().undefined;
  if (!name.IsString()) {
    std::string text = name.Repr();
    std::string message = DescribeObject(object) + " has no element " + text;
    return Value::Undefined(std::move(text), std::move(message), mode);
  }
  return Value::Undefined(name.AsString(),
                          "'" + DescribeObject(object) + "' has no attribute " + name.Repr(), mode);
}

Slot* Interpreter::FindSlot(const Variable& variable) const {
  if (variable.up == 0) return &frame_->slots[variable.slot];
  Activation* activation = frame_->closure.get();
  for (int up = 1; activation && up < variable.up; ++up) activation = activation->parent.get();
  bool known = activation && !activation->slots.empty();
  return known ? &activation->slots[static_cast<size_t>(variable.slot)] : nullptr;
}

const Value& Interpreter::LoadVariable(const NameExpression& name, Value& scratch) {
  Slot* slot = FindSlot(name.variable);
  if (slot && slot->state == Slot::State::kSet) return slot->value;
  if (slot && slot->state == Slot::State::kMissing) return scratch = UndefinedName(*name.name);
  if (!frame_->context->Find(*name.name, &scratch)) return scratch = UndefinedName(*name.name);
  if (name.variable.up > 0) return scratch;
  slot->Set(scratch);
  return slot->value;
}

bool Interpreter::FindInContext(std::string_view name, Value* value) const {
  if (resolver_.Find(name, value)) return true;
  const Value* global = environment_.FindGlobal(name);
  if (!global) return false;
  *value = *global;
  return true;
}

bool Interpreter::FindName(std::string_view name, Value* value) const {
  if (!frame_) return FindInContext(name, value);
  const Slot* slots = frame_->slots;
  const Activation* around = frame_->closure.get();
  for (const LexicalScope* scope = frame_->scope; scope && slots; scope = scope->parent) {
    for (const ScopeSymbol& symbol : scope->symbols) {
      if (*symbol.name != name) continue;
      const Slot& slot = slots[symbol.slot];
      if (slot.state == Slot::State::kSet) {
        *value = slot.value;
        return true;
      }
      if (slot.state == Slot::State::kMissing) return false;
      return frame_->context->Find(name, value);
    }
    if (scope->begins_function) {
      slots = around && !around->slots.empty() ? around->slots.data() : nullptr;
      around = around ? around->parent.get() : nullptr;
    }
  }
  return frame_->context->Find(name, value);
}

const Value& Interpreter::EvaluateRef(const Expression& expression, Value& scratch) {
  switch (expression.kind) {
    case ExpressionKind::kConstant:
      return static_cast<const ConstantExpression&>(expression).value;
    case ExpressionKind::kName:
      return LoadVariable(static_cast<const NameExpression&>(expression), scratch);
    default:
      return scratch = Evaluate(expression);
  }
}

bool Interpreter::EvaluateTruth(const Expression& expression) {
  switch (expression.kind) {
    case ExpressionKind::kAnd: {
      const auto& logical = static_cast<const LogicalExpression&>(expression);
      return EvaluateTruth(*logical.left) && EvaluateTruth(*logical.right);
    }
    case ExpressionKind::kOr: {
      const auto& logical = static_cast<const LogicalExpression&>(expression);
      return EvaluateTruth(*logical.left) || EvaluateTruth(*logical.right);
    }
    case ExpressionKind::kUnary: {
      const auto& unary = static_cast<const UnaryExpression&>(expression);
      if (unary.op == UnaryOperator::kNot) return !EvaluateTruth(*unary.operand);
      break;
    }
    default:
      break;
  }
  Value scratch;
  return EvaluateRef(expression, scratch).Truthy();
}

Value Interpreter::Evaluate(const Expression& expression) {
  switch (expression.kind) {
    case ExpressionKind::kConstant:
      return static_cast<const ConstantExpression&>(expression).value;
    case ExpressionKind::kName: {
      Value scratch;
      const Value& value = LoadVariable(static_cast<const NameExpression&>(expression), scratch);
      return &value == &scratch ? std::move(scratch) : value;
    }
    case ExpressionKind::kList:
    case ExpressionKind::kTuple: {
      const auto& sequence = static_cast<const SequenceExpression&>(expression);
      ValueList items;
      items.reserve(sequence.items.size());
      for (const ExpressionPtr& item : sequence.items) items.push_back(Evaluate(*item));
      return expression.kind == ExpressionKind::kList ? Value::List(std::move(items))
                                                      : Value::Tuple(std::move(items));
    }
    case ExpressionKind::kDict:
      return EvaluateDict(static_cast<const DictExpression&>(expression));
    case ExpressionKind::kUnary: {
      const auto& unary = static_cast<const UnaryExpression&>(expression);
      if (unary.op == UnaryOperator::kNot) return Value(!EvaluateTruth(*unary.operand));
      Value scratch;
      const Value& operand = EvaluateRef(*unary.operand, scratch);
      return unary.op == UnaryOperator::kNegative ? Negative(operand) : Positive(operand);
    }
    case ExpressionKind::kBinary: {
      const auto& binary = static_cast<const BinaryExpression&>(expression);
      Value left_scratch, right_scratch;
      const Value& left = EvaluateRef(*binary.left, left_scratch);
      const Value& right = EvaluateRef(*binary.right, right_scratch);
      return ApplyBinary(*this, binary.op, left, right);
    }
    case ExpressionKind::kCompare:
      return EvaluateCompare(static_cast<const CompareExpression&>(expression));
    case ExpressionKind::kAnd: {
      const auto& logical = static_cast<const LogicalExpression&>(expression);
      Value left = Evaluate(*logical.left);
      return left.Truthy() ? Evaluate(*logical.right) : left;
    }
    case ExpressionKind::kOr: {
      const auto& logical = static_cast<const LogicalExpression&>(expression);
      Value left = Evaluate(*logical.left);
      return left.Truthy() ? left : Evaluate(*logical.right);
    }
    case ExpressionKind::kConcat:
      return EvaluateConcat(static_cast<const ConcatExpression&>(expression));
    case ExpressionKind::kConditional: {
      const auto& conditional = static_cast<const ConditionalExpression&>(expression);
      if (EvaluateTruth(*conditional.condition)) return Evaluate(*conditional.then);
      if (conditional.otherwise) return Evaluate(*conditional.otherwise);
      // Even where undefined values are strict, this one is not.
      UndefinedMode mode = environment_.options().undefined;
      if (mode == UndefinedMode::kStrict) mode = UndefinedMode::kDefault;
      return Value::Undefined(
          "",
          "the inline if-expression on line " + std::to_string(expression.line) + " in '" +
              frame_->source->name() + "' evaluated to false and no else section was defined.",
          mode);
    }
    case ExpressionKind::kAttribute: {
      const auto& attribute = static_cast<const AttributeExpression&>(expression);
      Value scratch;
      return GetAttribute(EvaluateRef(*attribute.object, scratch), *attribute.name);
    }
    case ExpressionKind::kItem:
      return EvaluateItem(static_cast<const ItemExpression&>(expression));
    case ExpressionKind::kCall:
      return EvaluateCall(static_cast<const CallExpression&>(expression), nullptr);
    case ExpressionKind::kFilter:
      return EvaluateFilter(static_cast<const FilterExpression&>(expression), nullptr);
    case ExpressionKind::kTest:
      return EvaluateTest(static_cast<const TestExpression&>(expression));
    case ExpressionKind::kSlice:
    case ExpressionKind::kNamespaceTarget:
      break;  // never stand alone
  }
  Throw("this expression has no value");
}

Value Interpreter::EvaluateDict(const DictExpression& expression) {
  Dict dict;
  for (const auto& [key, value] : expression.entries) {
    Value evaluated = Evaluate(*key);
    dict.Set(std::move(evaluated), Evaluate(*value));
  }
  return Value(std::move(dict));
}

bool Interpreter::CompareOnce(Comparison comparison, const Value& left, const Value& right) {
  auto order = [&](const char* op) -> std::optional<int> {
    // NaN has no order at all.
    if (left.IsFloat() && left.AsFloat() != left.AsFloat()) return std::nullopt;
    if (right.IsFloat() && right.AsFloat() != right.AsFloat()) return std::nullopt;
    try {
      return left.Compare(right);
    } catch (Error& error) {
      std::string_view prefix = "'<' not supported";
      if (error.message().compare(0, prefix.size(), prefix) != 0) throw;
      throw Error(error.code(), "'" + std::string(op) + "'" + error.message().substr(3));
    }
  };
  switch (comparison) {
    case Comparison::kEq:
      return left.Equals(right);
    case Comparison::kNe:
      return !left.Equals(right);
    case Comparison::kLt: {
      auto o = order("<");
      return o && *o < 0;
    }
    case Comparison::kLe: {
      auto o = order("<=");
      return o && *o <= 0;
    }
    case Comparison::kGt: {
      auto o = order(">");
      return o && *o > 0;
    }
    case Comparison::kGe: {
      auto o = order(">=");
      return o && *o >= 0;
    }
    case Comparison::kIn:
      return IsContained(left, right);
    case Comparison::kNotIn:
      return !IsContained(left, right);
  }
  return false;
}

Value Interpreter::EvaluateCompare(const CompareExpression& expression) {
  Value first_scratch, second_scratch;
  if (expression.rest.size() == 1) {
    const auto& [comparison, operand] = expression.rest[0];
    const Value& left = EvaluateRef(*expression.first, first_scratch);
    const Value& right = EvaluateRef(*operand, second_scratch);
    return Value(CompareOnce(comparison, left, right));
  }
  Value left = Evaluate(*expression.first);
  for (const auto& [comparison, operand] : expression.rest) {
    Value right = Evaluate(*operand);
    if (!CompareOnce(comparison, left, right)) return Value(false);
    left = std::move(right);
  }
  return Value(true);
}

Value Interpreter::EvaluateConcat(const ConcatExpression& expression) {
  std::string out;
  bool safe = false;
  if (frame_->autoescape) {
    // One safe part makes the whole safe, and the others are escaped.
    ValueList parts;
    for (const ExpressionPtr& part : expression.parts) {
      parts.push_back(Evaluate(*part));
      safe |= parts.back().IsSafe();
    }
    for (const Value& part : parts) {
      if (safe) {
        out += EscapedText(part);
      } else {
        part.AppendStr(out);
      }
    }
  } else {
    for (const ExpressionPtr& part : expression.parts) {
      Value scratch;
      EvaluateRef(*part, scratch).AppendStr(out);
    }
  }
  return safe ? Value::Safe(std::move(out)) : Value(std::move(out));
}

Value Interpreter::EvaluateItem(const ItemExpression& expression) {
  Value object_scratch;
  const Value& object = EvaluateRef(*expression.object, object_scratch);
  if (expression.index->kind == ExpressionKind::kSlice) {
    const auto& slice = static_cast<const SliceExpression&>(*expression.index);
    auto part = [&](const ExpressionPtr& bound) { return bound ? Evaluate(*bound) : Value(); };
    Value start = part(slice.start);
    Value stop = part(slice.stop);
    Value step = part(slice.step);
    if (object.IsUndefined()) {
      const UndefinedInfo& info = object.AsUndefined();
      if (ToleratesAttributes(info.mode)) return object;
      Throw(info.message);
    }
    bool sliceable = object.IsString() || object.Items() ||
                     (object.IsObject() && object.AsObject()->IsSequence());
    if (sliceable) return SliceOf(object, start, stop, step);
    if (object.IsDict()) Throw("unhashable type: 'slice'");
    Throw("'" + object.TypeName() + "' object is not subscriptable");
  }
  Value index_scratch;
  const Value& index = EvaluateRef(*expression.index, index_scratch);
  return GetItem(object, index);
}

Value Interpreter::GetAttribute(const Value& object, std::string_view name) {
  switch (object.type()) {
    case Value::Type::kUndefined: {
      const UndefinedInfo& info = object.AsUndefined();
      if (!ToleratesAttributes(info.mode)) Throw(info.message);
      return object;
    }
    case Value::Type::kDict:
      if (!FindMethod(object, name)) {
        const Value* item = object.AsDict().Find(name);
        if (item) return *item;
      }
      break;
    case Value::Type::kObject: {
      if (auto value = object.AsObject()->GetAttribute(*this, name)) return std::move(*value);
      if (auto value = object.AsObject()->GetItem(*this, Value(name))) return std::move(*value);
      return MissingAttribute(object, Value(name));
    }
    default:
      break;
  }
  if (auto value = BuiltinAttribute(object, name)) return std::move(*value);
  return MissingAttribute(object, Value(name));
}

Value Interpreter::GetItem(const Value& object, const Value& key) {
  auto position = [&](int64_t length) {
    return ItemPosition(key.IsInt() ? key.AsInt() : static_cast<int64_t>(key.AsBool()), length);
  };
  bool is_index = key.IsInt() || key.IsBool();
  switch (object.type()) {
    case Value::Type::kUndefined: {
      const UndefinedInfo& info = object.AsUndefined();
      if (!ToleratesAttributes(info.mode)) Throw(info.message);
      return object;
    }
    case Value::Type::kDict: {
      if (key.IsList() || key.IsDict()) return MissingAttribute(object, key);
      const Value* item = object.AsDict().Find(key);
      if (item) return *item;
      break;
    }
    case Value::Type::kList:
    case Value::Type::kTuple:
      if (is_index) {
        const ValueList& items = *object.Items();
        int64_t at = position(static_cast<int64_t>(items.size()));
        if (at >= 0) return items[static_cast<size_t>(at)];
      }
      break;
    case Value::Type::kString:
      if (is_index) {
        int64_t at = position(object.Length());
        if (at >= 0) return SliceOf(object, Value(at), Value(at + 1), Value());
      }
      break;
    case Value::Type::kObject: {
      if (auto value = object.AsObject()->GetItem(*this, key)) return std::move(*value);
      if (key.IsString()) {
        if (auto value = object.AsObject()->GetAttribute(*this, key.AsString())) {
          return std::move(*value);
        }
      }
      return MissingAttribute(object, key);
    }
    default:
      break;
  }
  if (key.IsString()) {
    if (auto value = BuiltinAttribute(object, key.AsString())) return std::move(*value);
  }
  return MissingAttribute(object, key);
}

// --- calls

void Interpreter::EvaluateArguments(const CallArguments& source, Arguments& arguments) {
  arguments.positional.reserve(source.positional.size());
  for (const ExpressionPtr& argument : source.positional) {
    arguments.positional.push_back(Evaluate(*argument));
  }
  arguments.keyword.reserve(source.keyword.size());
  for (const auto& [name, value] : source.keyword) {
    arguments.keyword.emplace_back(name, Evaluate(*value));
  }
  if (source.star) {
    Value rest = Evaluate(*source.star);
    if (!rest.IsIterable() && !rest.IsUndefined()) {
      Throw("argument after * must be an iterable, not " + rest.TypeName());
    }
    for (Value& item : rest.Iterate()) arguments.positional.push_back(std::move(item));
  }
  if (source.double_star) {
    Value rest = Evaluate(*source.double_star);
    auto add = [&](const Value& key, Value value) {
      if (!key.IsString()) Throw("keywords must be strings");
      if (arguments.Keyword(key.AsString())) {
        Throw("got multiple values for keyword argument " + key.Repr());
      }
      arguments.keyword.emplace_back(key.AsString(), std::move(value));
    };
    if (rest.IsDict()) {
      for (const auto& [key, value] : rest.AsDict()) add(key, value);
    } else if (rest.IsMapping()) {
      for (const Value& key : rest.Iterate()) add(key, GetItem(rest, key));
    } else {
      if (rest.IsUndefined()) Throw(rest.AsUndefined().message);
      Throw("argument after ** must be a mapping, not " + rest.TypeName());
    }
  }
}

Value Interpreter::EvaluateCall(const CallExpression& expression, const Value* caller) {
  Value scratch;
  if (expression.callee->kind == ExpressionKind::kAttribute) {
    const auto& attribute = static_cast<const AttributeExpression&>(*expression.callee);
    const Value& object = EvaluateRef(*attribute.object, scratch);
    // Python looks the method up before it evaluates the arguments.
    if (object.IsUndefined() && !ToleratesAttributes(object.AsUndefined().mode)) {
      Throw(object.AsUndefined().message);
    }
    Arguments arguments;
    EvaluateArguments(expression.arguments, arguments);
    if (caller) arguments.keyword.emplace_back("caller", *caller);
    frame_->line = expression.line;
    return CallMethod(object, *attribute.name, arguments);
  }
  const Value& found = EvaluateRef(*expression.callee, scratch);
  Value callee = &found == &scratch ? std::move(scratch) : found;
  Arguments arguments;
  EvaluateArguments(expression.arguments, arguments);
  if (caller) arguments.keyword.emplace_back("caller", *caller);
  frame_->line = expression.line;
  return Call(callee, arguments);
}

Value Interpreter::Call(const Value& callee, const Arguments& arguments) {
  if (callee.IsObject()) return callee.AsObject()->Call(*this, arguments);
  if (callee.IsUndefined()) {
    const UndefinedInfo& info = callee.AsUndefined();
    if (info.mode == UndefinedMode::kPermissive) return callee;
    Throw(info.message);
  }
  Throw("'" + callee.TypeName() + "' object is not callable");
}

Value Interpreter::CallMethod(const Value& object, std::string_view name,
                              const Arguments& arguments) {
  if (object.IsObject()) {
    if (auto result = object.AsObject()->CallMethod(*this, name, arguments)) {
      return std::move(*result);
    }
  } else if (const Method* method = FindMethod(object, name)) {
    return method->Call(*this, object, arguments);
  }
  return Call(GetAttribute(object, name), arguments);
}

Value Interpreter::EvaluateFilter(const FilterExpression& expression, const Value* operand) {
  Value scratch;
  // In a block's chain of filters the first one has no operand: it is given the block's text.
  if (operand && expression.operand) {
    scratch = EvaluateFilter(static_cast<const FilterExpression&>(*expression.operand), operand);
    operand = &scratch;
  }
  const Value& value = operand ? *operand : EvaluateRef(*expression.operand, scratch);
  if (!expression.filter) Throw("No filter named '" + expression.name + "' found.");
  if (expression.arguments.empty()) return (*expression.filter)(*this, value, kNoArguments);
  Arguments arguments;
  EvaluateArguments(expression.arguments, arguments);
  frame_->line = expression.line;
  return (*expression.filter)(*this, value, arguments);
}

Value Interpreter::EvaluateTest(const TestExpression& expression) {
  Value scratch;
  const Value& value = EvaluateRef(*expression.operand, scratch);
  if (!expression.test) Throw("No test named '" + expression.name + "' found.");
  if (expression.arguments.empty()) return Value((*expression.test)(*this, value, kNoArguments));
  Arguments arguments;
  EvaluateArguments(expression.arguments, arguments);
  frame_->line = expression.line;
  return Value((*expression.test)(*this, value, arguments));
}

Value Interpreter::CallFilter(std::string_view name, const Value& value,
                              const Arguments& arguments) {
  const FilterFunction* filter = environment_.FindFilter(name);
  if (!filter) Throw("No filter named '" + std::string(name) + "'.");
  return (*filter)(*this, value, arguments);
}

bool Interpreter::CallTest(std::string_view name, const Value& value, const Arguments& arguments) {
  const TestFunction* test = environment_.FindTest(name);
  if (!test) Throw("No test named '" + std::string(name) + "'.");
  return (*test)(*this, value, arguments);
}

}  // namespace eider::jinja

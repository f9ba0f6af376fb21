// Jinja2's tests: what stands after `is`.
#include <utility>

#include "jinja/builtins.h"
#include "jinja/operators.h"
#include "jinja/throw.h"
#include "jinja/unicode.h"

namespace eider::jinja {

namespace {

// A test of the value alone.
template <bool (*kTest)(State&, const Value&)>
bool Alone(State& state, const Value& value, const Arguments& arguments) {
  if (!arguments.positional.empty() || !arguments.keyword.empty()) {
    Throw("the test takes no argument but " +
          std::to_string(arguments.positional.size() + arguments.keyword.size()) + " given");
  }
  return kTest(state, value);
}

bool IsDefined(State&, const Value& value) { return !value.IsUndefined(); }
bool IsUndefined(State&, const Value& value) { return value.IsUndefined(); }
bool IsNone(State&, const Value& value) { return value.IsNone(); }
bool IsBoolean(State&, const Value& value) { return value.IsBool(); }
bool IsTrue(State&, const Value& value) { return value.IsBool() && value.AsBool(); }
bool IsFalse(State&, const Value& value) { return value.IsBool() && !value.AsBool(); }
bool IsInteger(State&, const Value& value) { return value.IsInt(); }
bool IsFloat(State&, const Value& value) { return value.IsFloat(); }
bool IsNumber(State&, const Value& value) { return value.IsNumber(); }
bool IsString(State&, const Value& value) { return value.IsString(); }
bool IsMapping(State&, const Value& value) { return value.IsMapping(); }
bool IsSequence(State&, const Value& value) { return value.IsSequence(); }
bool IsIterable(State&, const Value& value) { return value.IsIterable() || value.IsUndefined(); }
bool IsCallable(State&, const Value& value) { return value.IsCallable(); }
bool IsEscaped(State&, const Value& value) { return value.IsSafe(); }
bool IsLower(State&, const Value& value) { return IsLowerText(value.Str()); }
bool IsUpper(State&, const Value& value) { return IsUpperText(value.Str()); }

bool Remainder(State& state, const Value& value, const Value& divisor, const Value& wanted) {
  return ApplyBinary(state, BinaryOperator::kMod, value, divisor).Equals(wanted);
}
bool IsOdd(State& state, const Value& value) { return Remainder(state, value, Value(2), Value(1)); }
bool IsEven(State& state, const Value& value) {
  return Remainder(state, value, Value(2), Value(0));
}

bool IsDivisibleBy(State& state, const Value& value, const Arguments& arguments) {
  BoundArguments bound("divisibleby", arguments, {"num"}, 1);
  return Remainder(state, value, bound[0], Value(0));
}

bool IsFilter(State& state, const Value& value) {
  return value.IsString() && state.environment().FindFilter(value.AsString());
}
bool IsTest(State& state, const Value& value) {
  return value.IsString() && state.environment().FindTest(value.AsString());
}

bool IsSameAs(State&, const Value& value, const Arguments& arguments) {
  BoundArguments bound("sameas", arguments, {"other"}, 1);
  return value.Is(bound[0]);
}

bool IsIn(State&, const Value& value, const Arguments& arguments) {
  BoundArguments bound("in", arguments, {"seq"}, 1);
  return IsContained(value, bound[0]);
}

bool IsEqual(State&, const Value& value, const Arguments& arguments) {
  BoundArguments bound("eq", arguments, {"other"}, 1);
  return value.Equals(bound[0]);
}
bool IsUnequal(State&, const Value& value, const Arguments& arguments) {
  BoundArguments bound("ne", arguments, {"other"}, 1);
  return !value.Equals(bound[0]);
}

bool IsLess(State&, const Value& value, const Arguments& arguments) {
  BoundArguments bound("lt", arguments, {"other"}, 1);
  return value.Compare(bound[0]) < 0;
}
bool IsLessOrEqual(State&, const Value& value, const Arguments& arguments) {
  BoundArguments bound("le", arguments, {"other"}, 1);
  return value.Compare(bound[0]) <= 0;
}
bool IsGreater(State&, const Value& value, const Arguments& arguments) {
  BoundArguments bound("gt", arguments, {"other"}, 1);
  return value.Compare(bound[0]) > 0;
}
bool IsGreaterOrEqual(State&, const Value& value, const Arguments& arguments) {
  BoundArguments bound("ge", arguments, {"other"}, 1);
  return value.Compare(bound[0]) >= 0;
}

}  // namespace

void AddBuiltinTests(Environment& environment) {
  environment.SetTest("boolean", Alone<IsBoolean>);
  environment.SetTest("callable", Alone<IsCallable>);
  environment.SetTest("defined", Alone<IsDefined>);
  environment.SetTest("divisibleby", IsDivisibleBy);
  environment.SetTest("escaped", Alone<IsEscaped>);
  environment.SetTest("even", Alone<IsEven>);
  environment.SetTest("false", Alone<IsFalse>);
  environment.SetTest("filter", Alone<IsFilter>);
  environment.SetTest("float", Alone<IsFloat>);
  environment.SetTest("in", IsIn);
  environment.SetTest("integer", Alone<IsInteger>);
  environment.SetTest("iterable", Alone<IsIterable>);
  environment.SetTest("lower", Alone<IsLower>);
  environment.SetTest("mapping", Alone<IsMapping>);
  environment.SetTest("none", Alone<IsNone>);
  environment.SetTest("number", Alone<IsNumber>);
  environment.SetTest("odd", Alone<IsOdd>);
  environment.SetTest("sameas", IsSameAs);
  environment.SetTest("sequence", Alone<IsSequence>);
  environment.SetTest("string", Alone<IsString>);
  environment.SetTest("test", Alone<IsTest>);
  environment.SetTest("true", Alone<IsTrue>);
  environment.SetTest("undefined", Alone<IsUndefined>);
  environment.SetTest("upper", Alone<IsUpper>);
  for (const char* name : {"==", "eq", "equalto"}) environment.SetTest(name, IsEqual);
  for (const char* name : {"!=", "ne"}) environment.SetTest(name, IsUnequal);
  for (const char* name : {"<", "lt", "lessthan"}) environment.SetTest(name, IsLess);
  for (const char* name : {"<=", "le"}) environment.SetTest(name, IsLessOrEqual);
  for (const char* name : {">", "gt", "greaterthan"}) environment.SetTest(name, IsGreater);
  for (const char* name : {">=", "ge"}) environment.SetTest(name, IsGreaterOrEqual);
}

}  // namespace eider::jinja

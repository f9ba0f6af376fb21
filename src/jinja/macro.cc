#include "jinja/macro.h"

#include <algorithm>

#include "jinja/interpreter.h"
#include "jinja/throw.h"

namespace eider::jinja {

namespace {

const Name kCallerName = Intern("caller");

// As Python shows it: quoted, or None for a call block.
std::string NameRepr(const MacroNode& macro) {
  return macro.name ? Value(*macro.name).Repr() : "None";
}

}  // namespace

void BindMacroArguments(const MacroNode& macro, const Arguments& arguments, Slot* slots,
                        UndefinedMode mode) {
  const auto& positional = arguments.positional;
  const auto& keyword = arguments.keyword;
  size_t given = std::min(positional.size(), macro.parameters.size());
  for (size_t i = 0; i < given; ++i) slots[macro.parameters[i].slot].Set(positional[i]);

  // Which of the keyword arguments have found their parameter.
  size_t taken_count = 0;
  std::vector<bool> taken;
  auto take = [&](Name name) -> const Value* {
    for (size_t i = 0; i < keyword.size(); ++i) {
      if (keyword[i].first != *name) continue;
      if (taken.empty()) taken.resize(keyword.size());
      taken[i] = true;
      ++taken_count;
      return &keyword[i].second;
    }
    return nullptr;
  };
  if (!keyword.empty()) {
    for (size_t i = given; i < macro.parameters.size(); ++i) {
      const Value* value = take(macro.parameters[i].name);
      if (value) slots[macro.parameters[i].slot].Set(*value);
    }
  }
  if (macro.caller_slot >= 0) {
    const Value* caller = take(kCallerName);
    slots[macro.caller_slot].Set(caller && !caller->IsNone()
                                     ? *caller
                                     : Value::Undefined("caller", "No caller defined", mode));
  }
  if (macro.kwargs_slot >= 0) {
    Dict rest;
    for (size_t i = 0; i < keyword.size(); ++i) {
      if (taken.empty() || !taken[i]) rest.Set(Value(keyword[i].first), keyword[i].second);
    }
    slots[macro.kwargs_slot].Set(Value(std::move(rest)));
  } else if (taken_count < keyword.size()) {
    for (size_t i = 0; i < keyword.size(); ++i) {
      if ((taken.empty() || !taken[i]) && keyword[i].first == *kCallerName) {
        Throw("macro " + NameRepr(macro) +
              " was invoked with two values for the special caller argument. This is most likely a "
              "bug.");
      }
    }
    for (size_t i = 0; i < keyword.size(); ++i) {
      if (taken.empty() || !taken[i]) {
        Throw("macro " + NameRepr(macro) + " takes no keyword argument " +
              Value(keyword[i].first).Repr());
      }
    }
  }
  if (macro.varargs_slot >= 0) {
    slots[macro.varargs_slot].Set(Value::Tuple(
        ValueList(positional.begin() + static_cast<ptrdiff_t>(given), positional.end())));
  } else if (positional.size() > macro.parameters.size()) {
    Throw("macro " + NameRepr(macro) + " takes not more than " +
          std::to_string(macro.parameters.size()) + " argument(s)");
  }
}

MacroValue::MacroValue(std::shared_ptr<const Template> source, const MacroNode& macro,
                       std::shared_ptr<Activation> closure, std::shared_ptr<RenderContext> context)
    : source_(std::move(source)),
      macro_(macro),
      closure_(std::move(closure)),
      context_(std::move(context)) {}

MacroValue::~MacroValue() = default;

std::string MacroValue::Repr() const {
  return "<Macro " + (macro_.name ? NameRepr(macro_) : "anonymous") + ">";
}

Value MacroValue::Call(State& state, const Arguments& arguments) {
  auto& interpreter = static_cast<Interpreter&>(state);
  if (!context_) return interpreter.CallMacro(*source_, macro_, arguments);
  return interpreter.InvokeMacro(*source_, macro_, closure_, context_, arguments);
}

std::optional<Value> MacroValue::GetAttribute(State& state, std::string_view name) {
  if (name == "name" || name == "__name__") {
    return macro_.name ? Value(*macro_.name) : Value();
  }
  if (name == "arguments") {
    ValueList names;
    for (const Parameter& parameter : macro_.parameters) names.emplace_back(*parameter.name);
    return Value::Tuple(std::move(names));
  }
  if (name == "defaults") {
    ValueList values;
    for (const Parameter& parameter : macro_.parameters) {
      if (!parameter.default_value) continue;
      values.push_back(static_cast<Interpreter&>(state).EvaluateDefault(*source_, macro_, parameter,
                                                                        closure_, context_));
    }
    return Value::Tuple(std::move(values));
  }
  if (name == "catch_kwargs") return Value(macro_.kwargs_slot >= 0);
  if (name == "catch_varargs") return Value(macro_.varargs_slot >= 0);
  if (name == "caller") return Value(macro_.uses_caller);
  if (name == "explicit_caller") {
    return Value(
        std::any_of(macro_.parameters.begin(), macro_.parameters.end(),
                    [](const Parameter& parameter) { return parameter.name == kCallerName; }));
  }
  return std::nullopt;
}

std::optional<Value> BlockNamespace::GetAttribute(State& state, std::string_view name) {
  Name block = Intern(name);
  if (!context_->FindBlock(block)) return std::nullopt;
  return BlockReference::Make(context_, block, 0, state.environment().options().undefined);
}

std::optional<Value> BlockNamespace::GetItem(State& state, const Value& key) {
  if (!key.IsString()) return std::nullopt;
  return GetAttribute(state, key.AsString());
}

Value BlockReference::Make(std::shared_ptr<RenderContext> context, Name name, size_t position,
                           UndefinedMode mode) {
  const auto* definitions = context->FindBlock(name);
  if (!definitions || position >= definitions->size()) {
    return Value::Undefined("super", "there is no parent block called '" + *name + "'.", mode);
  }
  return Value(std::make_shared<BlockReference>(std::move(context), name, position));
}

Value BlockReference::Call(State& state, const Arguments& arguments) {
  BoundArguments bound("BlockReference.__call__", arguments, {});
  return static_cast<Interpreter&>(state).RenderBlock(context_, name_, position_);
}

std::optional<Value> BlockReference::GetAttribute(State& state, std::string_view name) {
  if (name != "super") return std::nullopt;
  return Make(context_, name_, position_ + 1, state.environment().options().undefined);
}

std::string ImportedModule::Repr() const { return "<TemplateModule '" + name_ + "'>"; }

std::optional<Value> ImportedModule::GetAttribute(State&, std::string_view name) {
  if (name == "__name__") return Value(name_);
  const Value* value = context_->FindExport(name);
  return value ? std::optional<Value>(*value) : std::nullopt;
}

}  // namespace eider::jinja

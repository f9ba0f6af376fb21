#include <algorithm>
#include <utility>

#include "base/error.h"
#include "jinja/ast.h"
#include "jinja/environment.h"
#include "jinja/interpreter.h"
#include "jinja/macro.h"

namespace eider::jinja {

bool DictResolver::Find(std::string_view name, Value* value) const {
  const Value* found = values_.Find(name);
  if (!found) return false;
  *value = *found;
  return true;
}

const Value* BlockHeader::Option(std::string_view option) const {
  auto it = std::find_if(options.begin(), options.end(),
                         [&](const auto& entry) { return entry.first == option; });
  return it == options.end() ? nullptr : &it->second;
}

Template::Template(const Environment& environment, std::string name, std::string source)
    : environment_(environment), name_(std::move(name)), source_(std::move(source)) {}

Template::~Template() = default;

std::string Template::Render(const Resolver& context) const {
  if (IsPlainText()) return source_;
  Interpreter interpreter(environment_, context);
  Output output;
  interpreter.Run(*this, output);
  return std::move(output.text);
}

std::string Template::Render(Dict context) const {
  return Render(DictResolver(std::move(context)));
}

Value Template::RenderNative(const Resolver& context, bool literal_eval) const {
  Interpreter interpreter(environment_, context);
  ValueList values;
  Output output;
  output.values = &values;
  interpreter.Run(*this, output);
  // Where jinja2 gives None, dbt gives the empty text.
  if (values.empty()) return literal_eval ? Value() : Value("");
  if (values.size() == 1 && !values[0].IsString()) return std::move(values[0]);
  std::string text;
  for (const Value& value : values) value.AppendStr(text);
  // An indented text is not an expression to Python's parser.
  bool indented = !text.empty() && (text[0] == ' ' || text[0] == '\t');
  if (literal_eval && !indented) {
    if (auto value = LiteralEval(text)) return std::move(*value);
  }
  return Value(std::move(text));
}

const MacroInfo* Template::FindMacro(std::string_view name) const {
  // The last definition of a name is the one that holds.
  auto it = std::find_if(macros_.rbegin(), macros_.rend(),
                         [&](const MacroInfo& macro) { return macro.name == name; });
  return it == macros_.rend() ? nullptr : &*it;
}

Value Template::BindMacro(const MacroInfo& macro) const {
  return Value(std::make_shared<MacroValue>(shared_from_this(), *macro.node, nullptr, nullptr));
}

bool Template::IsPlainText() const {
  for (size_t i = source_.find('{'); i != std::string::npos && i + 1 < source_.size();
       i = source_.find('{', i + 1)) {
    char next = source_[i + 1];
    if (next == '{' || next == '%' || next == '#') return false;
  }
  return true;
}

// What a module keeps: its variables, and those its macros close over.
struct Scope {
  std::shared_ptr<RenderContext> context;
  std::vector<std::shared_ptr<Activation>> activations;
  std::vector<std::shared_ptr<RenderContext>> imported;
};

std::shared_ptr<Module> Template::MakeModule(const Resolver& context) const {
  auto scope = std::make_shared<Scope>();
  scope->context = std::make_shared<RenderContext>(environment_, &context);
  Interpreter interpreter(environment_, context);
  std::string text;
  try {
    text = interpreter.RunModule(*this, scope->context);
  } catch (MacroReturn&) {
    throw Error(ErrorCode::kInvalidArgument, "return() was called outside of a macro").At(name_);
  }
  scope->activations = interpreter.TakeEscaped();
  scope->imported = interpreter.TakeContexts();
  return std::make_shared<Module>(shared_from_this(), std::move(scope), std::move(text));
}

Module::Module(std::shared_ptr<const Template> source, std::shared_ptr<Scope> scope,
               std::string text)
    : source_(std::move(source)), scope_(std::move(scope)), text_(std::move(text)) {}

Module::~Module() {
  // Macros and the variables they close over hold each other.
  scope_->context->Clear();
  for (const auto& context : scope_->imported) context->Clear();
  for (const auto& activation : scope_->activations) activation->slots.clear();
}

Dict Module::Exports() const { return scope_->context->Exports(); }

std::optional<Value> Module::Find(std::string_view name) const {
  const Value* value = scope_->context->FindExport(name);
  return value ? std::optional<Value>(*value) : std::nullopt;
}

}  // namespace eider::jinja

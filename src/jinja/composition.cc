// The Interpreter's running of whole templates, and of what puts them together: extends, include,
// import, blocks.
#include <utility>

#include "base/error.h"
#include "jinja/frame_guard.h"
#include "jinja/interpreter.h"
#include "jinja/macro.h"

namespace eider::jinja {

void Interpreter::Run(const Template& source, Output& output) {
  try {
    RunBody(source, context_, output, false);
  } catch (MacroReturn&) {
    throw Error(ErrorCode::kInvalidArgument, "return() was called outside of a macro")
        .At(source.name());
  }
}

std::string Interpreter::RunModule(const Template& source,
                                   const std::shared_ptr<RenderContext>& context) {
  Output output;
  RunBody(source, context, output, false);
  return std::move(output.text);
}

// Runs the body of `source` and then, in the same context, that of the template it extends. With
// `for_macros` it runs for the sake of the variables its macros use: the macros themselves keep
// being found in the context.
void Interpreter::RunBody(const Template& source, const std::shared_ptr<RenderContext>& context,
                          Output& output, bool for_macros) {
  const Template* current = &source;
  while (current) {
    const TemplateNode& root = *current->root_;
    context->AddBlocks(*current, root);
    Frame frame;
    frame.source = current;
    frame.context = context;
    frame.autoescape = environment_.options().autoescape;
    if (for_macros) {
      frame.activation = module_activations_[current] = std::make_shared<Activation>();
      frame.activation->slots.resize(static_cast<size_t>(root.function.slot_count));
    }
    FrameGuard guard(*this, frame, root.function);
    if (for_macros) {
      for (Slot& slot : frame.activation->slots) slot.state = Slot::State::kUnresolved;
    }
    if (root.self_slot >= 0) {
      frame.slots[root.self_slot].Set(std::make_shared<BlockNamespace>(context));
    }
    try {
      for (const StatementPtr& statement : root.body) {
        if (for_macros && statement->kind == StatementKind::kMacro) continue;
        if (ExecuteStatement(*statement, output) == Flow::kReturn) {
          throw Error(ErrorCode::kInvalidArgument, "return() was called outside of a macro");
        }
      }
    } catch (Error& error) {
      Annotate(error, frame);
      throw;
    }
    current = frame.parent_template;
  }
}

std::shared_ptr<Activation> Interpreter::ModuleActivation(const Template& source) {
  // Code whose variables no macro of the file uses need not run.
  if (!source.root_->has_module_code || !source.root_->function.captured) return nullptr;
  auto known = module_activations_.find(&source);
  if (known != module_activations_.end()) return known->second;
  Output discarded;
  contexts_.push_back(std::make_shared<RenderContext>(environment_, &resolver_));
  RunBody(source, contexts_.back(), discarded, true);
  return module_activations_[&source];
}

void Interpreter::ExecuteExtends(const ValueStatement& statement) {
  if (frame_->parent_template) {
    throw Error(ErrorCode::kInvalidArgument, "extended multiple times");
  }
  frame_->parent_template = FindTemplate(Evaluate(*statement.value)).get();
}

// The template of that name, or the first there is of a list of names.
std::shared_ptr<const Template> Interpreter::FindTemplate(const Value& names) {
  if (names.IsUndefined()) {
    throw Error(ErrorCode::kInvalidArgument, names.AsUndefined().message);
  }
  if (names.IsString()) {
    loaded_.push_back(environment_.Load(names.AsString()));
    return loaded_.back();
  }
  std::string tried;
  for (const Value& name : names.Iterate()) {
    try {
      loaded_.push_back(environment_.Load(name.Str()));
      return loaded_.back();
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kNotFound) throw;
    }
    tried += (tried.empty() ? "" : ", ") + name.Str();
  }
  throw Error(ErrorCode::kNotFound, tried.empty()
                                        ? "Tried to select from an empty list of templates."
                                        : "none of the templates given were found: " + tried);
}

std::shared_ptr<RenderContext> Interpreter::ContextWith(const VisibleVariables& variables) {
  auto context = std::make_shared<RenderContext>(
      std::static_pointer_cast<const RenderContext>(frame_->context));
  contexts_.push_back(context);
  for (const auto& [name, variable] : variables) {
    const Slot* slot = FindSlot(variable);
    if (slot && slot->state == Slot::State::kSet) context->SetGiven(name, slot->value);
  }
  return context;
}

std::shared_ptr<RenderContext> Interpreter::ContextWithoutNames() {
  contexts_.push_back(std::make_shared<RenderContext>(environment_, nullptr));
  return contexts_.back();
}

void Interpreter::ExecuteInclude(const IncludeStatement& statement, Output& output) {
  std::shared_ptr<const Template> included;
  Value names = Evaluate(*statement.source);
  try {
    included = FindTemplate(names);
  } catch (const Error& error) {
    if (!statement.ignore_missing || error.code() != ErrorCode::kNotFound) throw;
    return;
  }
  auto context = statement.with_context ? ContextWith(statement.locals) : ContextWithoutNames();
  RunBody(*included, context, output, false);
}

Value Interpreter::ImportModule(const ImportStatement& statement) {
  std::shared_ptr<const Template> source = FindTemplate(Evaluate(*statement.source));
  if (!statement.with_context) {
    auto known = imported_.find(source.get());
    if (known != imported_.end()) return known->second;
  }
  auto context = statement.with_context ? ContextWith(statement.locals) : ContextWithoutNames();
  std::string text = RunModule(*source, context);
  Value module(std::make_shared<ImportedModule>(source->name(), context, std::move(text)));
  if (!statement.with_context) imported_[source.get()] = module;
  return module;
}

void Interpreter::ExecuteImport(const ImportStatement& statement) {
  Value module = ImportModule(statement);
  if (statement.target) {
    frame_->slots[statement.variable.slot].Set(module);
    if (statement.top_level) Export(statement.target, module, false);
    return;
  }
  for (const auto& name : statement.names) {
    auto value = module.AsObject()->GetAttribute(*this, *name.exported);
    if (!value) {
      value = Value::Undefined(*name.exported,
                               "the template " + Value(module.As<ImportedModule>()->name()).Repr() +
                                   " (imported on line " + std::to_string(statement.line) +
                                   " in '" + frame_->source->name() +
                                   "') does not export the requested name '" + *name.exported + "'",
                               environment_.options().undefined);
    }
    frame_->slots[name.variable.slot].Set(*value);
    if (statement.top_level) Export(name.local, *value, false);
  }
}

void Interpreter::ExecuteBlock(const BlockStatement& statement, Output& output) {
  if (statement.top_level && frame_->parent_template) return;
  const auto* definitions = frame_->context->FindBlock(statement.name);
  if (statement.required && definitions && definitions->size() <= 1) {
    throw Error(ErrorCode::kInvalidArgument, "Required block '" + *statement.name + "' not found");
  }
  auto context = statement.scoped ? ContextWith(statement.locals) : frame_->context;
  RunBlock(context, statement.name, 0, output);
}

void Interpreter::RunBlock(const std::shared_ptr<RenderContext>& context, Name name,
                           size_t position, Output& output) {
  const BlockDefinition definition = (*context->FindBlock(name))[position];
  const BlockStatement& block = *definition.block;
  Frame frame;
  frame.source = definition.source;
  frame.context = context;
  frame.autoescape = frame_->autoescape;
  frame.line = block.line;
  FrameGuard guard(*this, frame, block.function);
  if (block.self_slot >= 0) {
    frame.slots[block.self_slot].Set(std::make_shared<BlockNamespace>(context));
  }
  if (block.super_slot >= 0) {
    frame.slots[block.super_slot].Set(
        BlockReference::Make(context, name, position + 1, environment_.options().undefined));
  }
  try {
    if (Execute(block.body, output) == Flow::kReturn) throw MacroReturn{std::move(return_value_)};
  } catch (Error& error) {
    Annotate(error, frame);
    throw;
  }
}

Value Interpreter::RenderBlock(const std::shared_ptr<RenderContext>& context, Name name,
                               size_t position) {
  Output output;
  RunBlock(context, name, position, output);
  return Captured(std::move(output.text));
}

}  // namespace eider::jinja

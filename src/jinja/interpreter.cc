#include "jinja/interpreter.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "jinja/frame_guard.h"
#include "jinja/loop.h"
#include "jinja/macro.h"
#include "jinja/operators.h"

namespace eider::jinja {

namespace {

// What a rendering leaves of the thread's stack to the host functions it calls.
constexpr size_t kStackReserve = 256 * 1024;

// As many levels of the macro stack are shown in an error.
constexpr auto kMaxStackLines = 20;

// The lowest address of the calling thread's stack.
const char* StackBottom() {
  thread_local const char* bottom = [] {
    pthread_attr_t attributes;
    void* address = nullptr;
    size_t size = 0;
    if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
      pthread_attr_getstack(&attributes, &address, &size);
      pthread_attr_destroy(&attributes);
    }
    return static_cast<const char*>(address);
  }();
  return bottom;
}

bool IsExported(Name name) { return name->empty() || (*name)[0] != '_'; }

}  // namespace

// --- slots and frames

Slot* SlotStack::Push(size_t count) {
  if (count == 0) return nullptr;
  while (current_ < chunks_.size() && chunks_[current_].size - chunks_[current_].used < count) {
    ++current_;
  }
  if (current_ == chunks_.size()) {
    size_t size = std::max(kChunk, count);
    chunks_.push_back({std::make_unique<Slot[]>(size), size, 0});
  }
  Chunk& chunk = chunks_[current_];
  Slot* slots = chunk.slots.get() + chunk.used;
  chunk.used += count;
  return slots;
}

void SlotStack::Pop(size_t count) {
  if (count == 0) return;
  while (chunks_[current_].used == 0) --current_;
  Chunk& chunk = chunks_[current_];
  for (size_t i = chunk.used - count; i < chunk.used; ++i) chunk.slots[i] = Slot();
  chunk.used -= count;
}

class ScopeGuard {
 public:
  ScopeGuard(Interpreter& interpreter, const LexicalScope& scope)
      : frame_(*interpreter.frame_), outer_(std::exchange(frame_.scope, &scope)) {
    interpreter.EnterScope(scope);
  }
  ~ScopeGuard() { frame_.scope = outer_; }
  ScopeGuard(const ScopeGuard&) = delete;
  ScopeGuard& operator=(const ScopeGuard&) = delete;

 private:
  Frame& frame_;
  const LexicalScope* outer_;
};

Interpreter::Interpreter(const Environment& environment, const Resolver& resolver)
    : environment_(environment),
      resolver_(resolver),
      context_(std::make_shared<RenderContext>(environment, &resolver)),
      stack_floor_(StackBottom() + kStackReserve) {}

Interpreter::~Interpreter() {
  context_->Clear();
  for (const auto& context : contexts_) context->Clear();
  for (const auto& activation : escaped_) activation->slots.clear();
  for (const auto& [source, activation] : module_activations_) {
    if (activation) activation->slots.clear();
  }
}

void Interpreter::ThrowRecursion() const {
  std::string name = frame_ && frame_->is_macro ? "macro '" + std::string(frame_->macro) + "'"
                     : frame_                   ? "template '" + frame_->source->name() + "'"
                                                : "the template";
  throw Error(ErrorCode::kInvalidArgument,
              "maximum recursion depth exceeded while rendering " + name)
      .WithHint("Does it call or include itself without an end?");
}

void Interpreter::EnterFunction(Frame& frame, const Function& function) {
  size_t count = static_cast<size_t>(function.slot_count);
  if (function.captured) {
    if (!frame.activation) {
      frame.activation = std::make_shared<Activation>();
      frame.activation->parent = frame.closure;
      frame.activation->slots.resize(count);
    }
    frame.slots = frame.activation->slots.data();
  } else {
    frame.slots = slots_.Push(count);
  }
  frame.scope = &function.scope;
  EnterScope(function.scope);
}

void Interpreter::LeaveFunction(Frame& frame, const Function& function) {
  if (!function.captured) {
    slots_.Pop(static_cast<size_t>(function.slot_count));
  } else if (frame.activation.use_count() > 1) {
    escaped_.push_back(std::move(frame.activation));
  }
}

// Gives the scope's own variables their first values.
void Interpreter::EnterScope(const LexicalScope& scope) {
  for (const ScopeSymbol& symbol : scope.symbols) {
    if (!symbol.stored) continue;  // a name of the context: found once for the whole function
    switch (symbol.initial) {
      case Initial::kUndefined:
        frame_->slots[symbol.slot].state = Slot::State::kMissing;
        break;
      case Initial::kContext:
        frame_->slots[symbol.slot].state = Slot::State::kUnresolved;
        break;
      case Initial::kOuter: {
        const Slot* outer = FindSlot(symbol.outer);
        frame_->slots[symbol.slot] = outer ? *outer : Slot();
        break;
      }
      case Initial::kParameter:
        break;
    }
  }
}

void Interpreter::Annotate(Error& error, const Frame& frame) const {
  if (error.file().empty()) error.At(frame.source->name(), frame.line);
  if (!frame.is_macro && error.hint().find("in macro ") == std::string::npos) return;
  // Of an endless recursion the innermost levels tell enough.
  auto levels = std::count(error.hint().begin(), error.hint().end(), '\n');
  if (frame.is_macro && levels >= kMaxStackLines) return;
  std::string place =
      frame.is_macro ? "in macro " + std::string(frame.macro) : std::string("in template");
  place += " (" + frame.source->name() + ":" + std::to_string(frame.line) + ")";
  error.WithHint(error.hint().empty() ? place : error.hint() + "\n" + place);
}

std::vector<StackFrame> Interpreter::Stack() const {
  std::vector<StackFrame> stack;
  for (const Frame* frame = frame_; frame; frame = frame->caller) {
    stack.push_back({frame->macro, frame->source->name(), frame->line});
  }
  std::reverse(stack.begin(), stack.end());
  return stack;
}

// --- macros

Value Interpreter::CallMacro(const Template& source, const MacroNode& macro,
                             const Arguments& arguments) {
  if (!macro_context_) {
    macro_context_ = std::make_shared<RenderContext>(environment_, &resolver_);
  }
  return InvokeMacro(source, macro, ModuleActivation(source), macro_context_, arguments);
}

Value Interpreter::InvokeMacro(const Template& source, const MacroNode& macro,
                               const std::shared_ptr<Activation>& closure,
                               const std::shared_ptr<RenderContext>& context,
                               const Arguments& arguments) {
  Frame frame;
  frame.source = &source;
  frame.macro = macro.name ? std::string_view(*macro.name) : std::string_view("caller");
  frame.is_macro = true;
  frame.line = macro.line;
  frame.closure = closure;
  frame.context = context;
  frame.autoescape = frame_ ? frame_->autoescape : environment_.options().autoescape;
  FrameGuard guard(*this, frame, macro.function);
  try {
    BindMacroArguments(macro, arguments, frame.slots, environment_.options().undefined);
    for (const Parameter& parameter : macro.parameters) {
      Slot& slot = frame.slots[parameter.slot];
      if (slot.state == Slot::State::kSet) continue;
      if (parameter.default_value) {
        slot.Set(Evaluate(*parameter.default_value));
      } else {
        slot.Set(Value::Undefined(*parameter.name,
                                  "parameter '" + *parameter.name + "' was not provided",
                                  environment_.options().undefined));
      }
    }
    Output output;
    if (Execute(macro.body, output) == Flow::kReturn) {
      // A call block has no value of its own: its return() is that of the macro it stands in.
      if (!macro.name) throw MacroReturn{std::move(return_value_)};
      return std::move(return_value_);
    }
    return Captured(std::move(output.text));
  } catch (MacroReturn& result) {
    if (!macro.name) throw;
    return std::move(result.value);
  } catch (Error& error) {
    Annotate(error, frame);
    throw;
  }
}

Value Interpreter::EvaluateDefault(const Template& source, const MacroNode& macro,
                                   const Parameter& parameter,
                                   const std::shared_ptr<Activation>& closure,
                                   const std::shared_ptr<RenderContext>& context) {
  Frame frame;
  frame.source = &source;
  frame.line = macro.line;
  frame.closure = closure;
  frame.context = context;
  FrameGuard guard(*this, frame, macro.function);
  return Evaluate(*parameter.default_value);
}

void Interpreter::ExecuteMacro(const MacroNode& macro) {
  Value value(std::make_shared<MacroValue>(frame_->source->shared_from_this(), macro,
                                           frame_->activation, frame_->context));
  if (macro.top_level) Export(macro.name, value, IsExported(macro.name));
  frame_->slots[macro.variable.slot].Set(std::move(value));
}

void Interpreter::ExecuteCallBlock(const CallBlockStatement& statement, Output& output) {
  Value caller(std::make_shared<MacroValue>(frame_->source->shared_from_this(), *statement.body,
                                            frame_->activation, frame_->context));
  PrintUnescaped(EvaluateCall(*statement.call, &caller), output);
}

// --- statements

Flow Interpreter::Execute(const Statements& body, Output& output) {
  for (const StatementPtr& statement : body) {
    Flow flow = ExecuteStatement(*statement, output);
    if (flow != Flow::kNormal) return flow;
  }
  return Flow::kNormal;
}

Flow Interpreter::ExecuteStatement(const Statement& statement, Output& output) {
  frame_->line = statement.line;
  switch (statement.kind) {
    case StatementKind::kText:
      if (frame_->parent_template && !output.assigned) return Flow::kNormal;
      if (output.values) {
        output.values->emplace_back(static_cast<const TextStatement&>(statement).text);
      } else {
        output.text += static_cast<const TextStatement&>(statement).text;
      }
      return Flow::kNormal;
    case StatementKind::kPrint:
    case StatementKind::kDo:
      return ExecuteValue(static_cast<const ValueStatement&>(statement), output);
    case StatementKind::kIf: {
      const auto& node = static_cast<const IfStatement&>(statement);
      for (const auto& [condition, body] : node.branches) {
        if (EvaluateTruth(*condition)) return Execute(body, output);
      }
      return Execute(node.otherwise, output);
    }
    case StatementKind::kFor:
      return ExecuteFor(static_cast<const ForStatement&>(statement), output);
    case StatementKind::kSet: {
      const auto& set = static_cast<const SetStatement&>(statement);
      Assign(*set.target, Evaluate(*set.value), set.top_level);
      return Flow::kNormal;
    }
    case StatementKind::kSetBlock:
      return ExecuteSetBlock(static_cast<const SetBlockStatement&>(statement));
    case StatementKind::kMacro:
      ExecuteMacro(static_cast<const MacroNode&>(statement));
      return Flow::kNormal;
    case StatementKind::kCallBlock:
      ExecuteCallBlock(static_cast<const CallBlockStatement&>(statement), output);
      return Flow::kNormal;
    case StatementKind::kFilterBlock:
      return ExecuteFilterBlock(static_cast<const FilterBlockStatement&>(statement), output);
    case StatementKind::kWith:
      return ExecuteWith(static_cast<const WithStatement&>(statement), output);
    case StatementKind::kAutoescape: {
      const auto& block = static_cast<const AutoescapeStatement&>(statement);
      ScopeGuard scope(*this, block.scope);
      struct Restore {
        Frame& frame;
        bool before;
        ~Restore() { frame.autoescape = before; }
      } restore{*frame_, frame_->autoescape};
      frame_->autoescape = EvaluateTruth(*block.enabled);
      return Execute(block.body, output);
    }
    case StatementKind::kBlock:
      ExecuteBlock(static_cast<const BlockStatement&>(statement), output);
      return Flow::kNormal;
    case StatementKind::kExtends:
      ExecuteExtends(static_cast<const ValueStatement&>(statement));
      return Flow::kNormal;
    case StatementKind::kInclude:
      ExecuteInclude(static_cast<const IncludeStatement&>(statement), output);
      return Flow::kNormal;
    case StatementKind::kImport:
    case StatementKind::kFromImport:
      ExecuteImport(static_cast<const ImportStatement&>(statement));
      return Flow::kNormal;
    case StatementKind::kBreak:
      return Flow::kBreak;
    case StatementKind::kContinue:
      return Flow::kContinue;
  }
  return Flow::kNormal;
}

Flow Interpreter::ExecuteValue(const ValueStatement& statement, Output& output) {
  // A template that extends another prints nothing of its own outside of blocks.
  if (statement.kind == StatementKind::kPrint && frame_->parent_template && !output.assigned) {
    return Flow::kNormal;
  }
  Value scratch;
  if (statement.may_return && environment_.options().return_function) {
    const auto& call = static_cast<const CallExpression&>(*statement.value);
    const Value* builtin = environment_.FindGlobal("return");
    if (builtin && EvaluateRef(*call.callee, scratch).Is(*builtin)) {
      return_value_ = Evaluate(*call.arguments.positional[0]);
      return Flow::kReturn;
    }
  }
  const Value& value = EvaluateRef(*statement.value, scratch);
  if (statement.kind == StatementKind::kPrint) Print(value, output);
  return Flow::kNormal;
}

Flow Interpreter::ExecuteWith(const WithStatement& statement, Output& output) {
  // The values are those of the scope around, whatever the targets before them are called.
  const LexicalScope* around = frame_->scope;
  ScopeGuard scope(*this, statement.scope);
  for (const auto& [target, value] : statement.bindings) {
    frame_->scope = around;
    Value evaluated = Evaluate(*value);
    frame_->scope = &statement.scope;
    Assign(*target, std::move(evaluated), false);
  }
  return Execute(statement.body, output);
}

Flow Interpreter::ExecuteSetBlock(const SetBlockStatement& statement) {
  Output body;
  body.assigned = true;
  Value value;
  {
    ScopeGuard scope(*this, statement.scope);
    Flow flow = Execute(statement.body, body);
    if (flow != Flow::kNormal) return flow;
    value = Captured(std::move(body.text));
    if (statement.filter) {
      value = EvaluateFilter(static_cast<const FilterExpression&>(*statement.filter), &value);
    }
  }
  Assign(*statement.target, std::move(value), statement.top_level);
  return Flow::kNormal;
}

Flow Interpreter::ExecuteFilterBlock(const FilterBlockStatement& statement, Output& output) {
  Output body;
  body.assigned = output.assigned;
  ScopeGuard scope(*this, statement.scope);
  Flow flow = Execute(statement.body, body);
  if (flow != Flow::kNormal) return flow;
  Value text = Captured(std::move(body.text));
  PrintUnescaped(EvaluateFilter(static_cast<const FilterExpression&>(*statement.filter), &text),
                 output);
  return Flow::kNormal;
}

Value Interpreter::Captured(std::string text) const {
  return autoescape() ? Value::Safe(std::move(text)) : Value(std::move(text));
}

void Interpreter::Print(const Value& value, Output& output) {
  if (output.values) {
    output.values->push_back(value);
  } else if (frame_->autoescape && !value.IsSafe()) {
    AppendEscaped(output.text, value.IsString() ? value.AsString() : value.Str());
  } else {
    value.AppendStr(output.text);
  }
}

void Interpreter::PrintUnescaped(const Value& value, Output& output) {
  if (output.values) {
    output.values->push_back(value);
  } else {
    value.AppendStr(output.text);
  }
}

void Interpreter::Assign(const Expression& target, Value value, bool top_level) {
  switch (target.kind) {
    case ExpressionKind::kName: {
      const auto& name = static_cast<const NameExpression&>(target);
      if (top_level) Export(name.name, value, IsExported(name.name));
      frame_->slots[name.variable.slot].Set(std::move(value));
      return;
    }
    case ExpressionKind::kNamespaceTarget: {
      const auto& name = static_cast<const NamespaceTarget&>(target);
      NameExpression object(*name.object, target.line, 0);
      object.variable = name.variable;
      Value scratch;
      const Value& holder = LoadVariable(object, scratch);
      if (!holder.IsObject() ||
          !holder.AsObject()->SetAttribute(name.attribute, std::move(value))) {
        throw Error(ErrorCode::kInvalidArgument, "cannot assign attribute on non-namespace object");
      }
      return;
    }
    default: {
      const auto& targets = static_cast<const SequenceExpression&>(target).items;
      ValueList items;
      const ValueList* parts = value.Items();
      if (!parts) {
        if (!value.IsIterable() && !value.IsUndefined()) {
          throw Error(ErrorCode::kInvalidArgument,
                      "cannot unpack non-iterable " + value.TypeName() + " object");
        }
        items = value.Iterate();
        parts = &items;
      }
      if (parts->size() > targets.size()) {
        throw Error(ErrorCode::kInvalidArgument,
                    "too many values to unpack (expected " + std::to_string(targets.size()) + ")");
      }
      if (parts->size() < targets.size()) {
        throw Error(ErrorCode::kInvalidArgument, "not enough values to unpack (expected " +
                                                     std::to_string(targets.size()) + ", got " +
                                                     std::to_string(parts->size()) + ")");
      }
      for (size_t i = 0; i < targets.size(); ++i) Assign(*targets[i], (*parts)[i], top_level);
    }
  }
}

void Interpreter::Export(Name name, const Value& value, bool exported) {
  frame_->context->SetVariable(name, value, exported);
}

// --- loops

Flow Interpreter::ExecuteFor(const ForStatement& statement, Output& output) {
  Value iterable = Evaluate(*statement.iterable);
  if (!statement.recursive) return RunLoop(statement, iterable, 0, output);
  // A recursive loop is a function of its own: its text is put together before it is printed.
  Output body;
  body.assigned = output.assigned;
  Flow flow = RunLoop(statement, iterable, 0, body);
  if (flow == Flow::kReturn) return flow;
  PrintUnescaped(Value(std::move(body.text)), output);
  return Flow::kNormal;
}

Flow Interpreter::RunLoop(const ForStatement& statement, const Value& iterable, int64_t depth,
                          Output& output) {
  Frame& frame = *frame_;
  LoopItems items(*this, frame, statement, iterable);
  std::shared_ptr<Loop> loop;
  bool ran = false;
  {
    const LexicalScope* around = frame.scope;
    struct Restore {
      Frame& frame;
      const LexicalScope* scope;
      ~Restore() { frame.scope = scope; }
    } restore{frame, around};
    if (statement.loop.slot >= 0) loop = std::make_shared<Loop>(frame, statement, items, depth);
    // What holds on to the loop variable must not reach into the iteration once it is over.
    struct Detach {
      Loop* loop;
      ~Detach() {
        if (loop) loop->Detach();
      }
    } detach{loop.get()};
    Value item;
    while (items.Next(&item)) {
      frame.scope = &statement.scope;
      EnterScope(statement.scope);
      if (loop) {
        loop->Advance(item);
        frame.slots[statement.loop.slot].Set(loop);
      }
      Assign(*statement.target, std::move(item), false);
      Flow flow = Execute(statement.body, output);
      if (flow == Flow::kBreak) break;
      if (flow == Flow::kReturn) return flow;
      // Jinja2 takes a round that ends with break or continue for none at all.
      ran |= flow == Flow::kNormal;
      frame.line = statement.line;
    }
  }
  if (ran || statement.otherwise.empty()) return Flow::kNormal;
  ScopeGuard scope(*this, statement.otherwise_scope);
  return Execute(statement.otherwise, output);
}

bool Interpreter::AcceptsItem(Frame& frame, const ForStatement& statement, const Value& item,
                              bool peeking) {
  struct Swap {
    Interpreter& interpreter;
    Frame* before;
    ~Swap() { interpreter.frame_ = before; }
  } swap{*this, std::exchange(frame_, &frame)};
  std::vector<Slot> kept;
  if (peeking) {
    for (int slot : statement.target_slots) kept.push_back(frame.slots[slot]);
  }
  Assign(*statement.target, item, false);
  bool accepted = EvaluateTruth(*statement.condition);
  for (size_t i = 0; i < kept.size(); ++i) {
    frame.slots[statement.target_slots[i]] = std::move(kept[i]);
  }
  return accepted;
}

// loop(iterable): the same loop, one level deeper, in the function it stands in.
Value Interpreter::RunLoopAgain(Frame& frame, const ForStatement& statement, const Value& iterable,
                                int64_t depth) {
  char here;
  if (depth_ >= environment_.options().recursion_limit || &here < stack_floor_) ThrowRecursion();
  struct Restore {
    Interpreter& interpreter;
    Frame& frame;
    const ForStatement& statement;
    Frame* current;
    const LexicalScope* scope;
    int line;
    std::vector<Slot> slots;
    ~Restore() {
      std::move(slots.begin(), slots.end(), frame.slots + statement.first_slot);
      frame.scope = scope;
      frame.line = line;
      interpreter.frame_ = current;
      --interpreter.depth_;
    }
  } restore{*this, frame, statement, frame_, frame.scope, frame.line, {}};
  ++depth_;
  frame_ = &frame;
  restore.slots.assign(frame.slots + statement.first_slot, frame.slots + statement.end_slot);
  Output output;
  if (RunLoop(statement, iterable, depth, output) == Flow::kReturn) {
    throw MacroReturn{std::move(return_value_)};
  }
  return Captured(std::move(output.text));
}

}  // namespace eider::jinja

// Runs syntax trees: one Interpreter is one rendering.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "jinja/ast.h"
#include "jinja/environment.h"
#include "jinja/render_context.h"

namespace eider::jinja {

class Loop;

// Where a statement's output goes: text, and in native rendering each printed value besides.
struct Output {
  std::string text;
  ValueList* values = nullptr;  // when not null, everything is collected here instead
  bool assigned = false;        // becomes the value of a variable: {% set %} .. {% endset %}
};

enum class Flow : uint8_t { kNormal, kBreak, kContinue, kReturn };

struct Slot {
  enum class State : uint8_t {
    kUnresolved,  // the context is asked at the first use
    kMissing,     // undefined
    kSet,
  };
  Value value;
  State state = State::kUnresolved;

  void Set(Value v) {
    value = std::move(v);
    state = State::kSet;
  }
};

// The variables of a running function that inner functions use. They live as long as any of those.
struct Activation {
  std::shared_ptr<Activation> parent;
  std::vector<Slot> slots;
};

// The variables of functions that no inner function uses: a stack of slots whose addresses hold.
class SlotStack {
 public:
  Slot* Push(size_t count);
  void Pop(size_t count);

 private:
  static constexpr size_t kChunk = 64;
  struct Chunk {
    std::unique_ptr<Slot[]> slots;
    size_t size = 0;
    size_t used = 0;
  };
  std::vector<Chunk> chunks_;
  size_t current_ = 0;
};

// A function under way.
struct Frame {
  Frame* caller = nullptr;
  const Template* source = nullptr;
  std::string_view macro;  // "" for the template itself
  bool is_macro = false;
  int line = 0;
  Slot* slots = nullptr;
  std::shared_ptr<Activation> activation;  // of these slots when inner functions use them
  std::shared_ptr<Activation> closure;     // of the function around; may be null
  std::shared_ptr<RenderContext> context;
  const LexicalScope* scope = nullptr;
  bool autoescape = false;
  const Template* parent_template = nullptr;  // once {% extends %} has run
};

class Interpreter final : public State {
 public:
  Interpreter(const Environment& environment, const Resolver& resolver);
  ~Interpreter() override;
  Interpreter(const Interpreter&) = delete;
  Interpreter& operator=(const Interpreter&) = delete;

  // Runs the whole of `source`, and the templates it extends.
  void Run(const Template& source, Output& output);
  // Runs `source` for its top-level variables, which go into `context`; returns its text.
  std::string RunModule(const Template& source, const std::shared_ptr<RenderContext>& context);
  // What macros that outlive this rendering refer to; the caller cuts the circles.
  std::vector<std::shared_ptr<Activation>> TakeEscaped() { return std::move(escaped_); }
  std::vector<std::shared_ptr<RenderContext>> TakeContexts() { return std::move(contexts_); }

  const Environment& environment() const override { return environment_; }
  bool FindInContext(std::string_view name, Value* value) const override;
  bool FindName(std::string_view name, Value* value) const override;
  const Resolver& context() const override { return resolver_; }
  Value Call(const Value& callee, const Arguments& arguments) override;
  Value CallMethod(const Value& object, std::string_view name, const Arguments& arguments) override;
  Value CallFilter(std::string_view name, const Value& value, const Arguments& arguments) override;
  bool CallTest(std::string_view name, const Value& value, const Arguments& arguments) override;
  Value GetAttribute(const Value& object, std::string_view name) override;
  Value GetItem(const Value& object, const Value& key) override;
  Value CallMacro(const Template& source, const MacroNode& macro,
                  const Arguments& arguments) override;
  std::vector<StackFrame> Stack() const override;
  bool autoescape() const override { return frame_ ? frame_->autoescape : false; }

  // For the values that templates make: macros, loops and references to blocks.
  Value InvokeMacro(const Template& source, const MacroNode& macro,
                    const std::shared_ptr<Activation>& closure,
                    const std::shared_ptr<RenderContext>& context, const Arguments& arguments);
  Value EvaluateDefault(const Template& source, const MacroNode& macro, const Parameter& parameter,
                        const std::shared_ptr<Activation>& closure,
                        const std::shared_ptr<RenderContext>& context);
  Value RunLoopAgain(Frame& frame, const ForStatement& statement, const Value& iterable,
                     int64_t depth);
  Value RenderBlock(const std::shared_ptr<RenderContext>& context, Name name, size_t position);
  // True when the condition of `statement` holds for `item`. With `peeking` the loop's variables
  // are left as they are.
  bool AcceptsItem(Frame& frame, const ForStatement& statement, const Value& item, bool peeking);

 private:
  friend class FrameGuard;
  friend class ScopeGuard;

  // --- statements (interpreter.cc)
  Flow Execute(const Statements& body, Output& output);
  Flow ExecuteStatement(const Statement& statement, Output& output);
  Flow ExecuteValue(const ValueStatement& statement, Output& output);
  Flow ExecuteFor(const ForStatement& statement, Output& output);
  Flow RunLoop(const ForStatement& statement, const Value& iterable, int64_t depth, Output& output);
  Flow ExecuteWith(const WithStatement& statement, Output& output);
  Flow ExecuteSetBlock(const SetBlockStatement& statement);
  Flow ExecuteFilterBlock(const FilterBlockStatement& statement, Output& output);
  void ExecuteMacro(const MacroNode& macro);
  void ExecuteCallBlock(const CallBlockStatement& statement, Output& output);
  void Print(const Value& value, Output& output);
  void PrintUnescaped(const Value& value, Output& output);
  Value Captured(std::string text) const;
  void Assign(const Expression& target, Value value, bool top_level);
  void Export(Name name, const Value& value, bool exported);

  void EnterScope(const LexicalScope& scope);
  void EnterFunction(Frame& frame, const Function& function);
  void LeaveFunction(Frame& frame, const Function& function);
  [[noreturn]] void ThrowRecursion() const;
  void Annotate(Error& error, const Frame& frame) const;

  // --- whole templates (composition.cc)
  void ExecuteBlock(const BlockStatement& statement, Output& output);
  void ExecuteExtends(const ValueStatement& statement);
  void ExecuteInclude(const IncludeStatement& statement, Output& output);
  void ExecuteImport(const ImportStatement& statement);
  void RunBody(const Template& source, const std::shared_ptr<RenderContext>& context,
               Output& output, bool for_macros);
  void RunBlock(const std::shared_ptr<RenderContext>& context, Name name, size_t position,
                Output& output);
  std::shared_ptr<const Template> FindTemplate(const Value& names);
  std::shared_ptr<RenderContext> ContextWith(const VisibleVariables& variables);
  std::shared_ptr<RenderContext> ContextWithoutNames();
  Value ImportModule(const ImportStatement& statement);
  std::shared_ptr<Activation> ModuleActivation(const Template& source);

  // --- expressions (expression.cc)
  Value Evaluate(const Expression& expression);
  // The value where it stands, when it stands somewhere; else `scratch`, filled. Valid until the
  // next statement.
  const Value& EvaluateRef(const Expression& expression, Value& scratch);
  // The slot of a variable of the current function or one around it; null when that one does not
  // run: the macro was bound without it.
  Slot* FindSlot(const Variable& variable) const;
  const Value& LoadVariable(const NameExpression& name, Value& scratch);
  bool EvaluateTruth(const Expression& expression);
  Value EvaluateDict(const DictExpression& expression);
  Value EvaluateCompare(const CompareExpression& expression);
  bool CompareOnce(Comparison comparison, const Value& left, const Value& right);
  Value EvaluateConcat(const ConcatExpression& expression);
  Value EvaluateItem(const ItemExpression& expression);
  Value EvaluateCall(const CallExpression& expression, const Value* caller);
  Value EvaluateFilter(const FilterExpression& expression, const Value* operand);
  Value EvaluateTest(const TestExpression& expression);
  void EvaluateArguments(const CallArguments& source, Arguments& arguments);
  Value MissingAttribute(const Value& object, const Value& name) const;
  Value UndefinedName(const std::string& name) const;

  const Environment& environment_;
  const Resolver& resolver_;
  std::shared_ptr<RenderContext> context_;
  // Of macros called with CallMacro: they do not see the variables of the template that calls.
  std::shared_ptr<RenderContext> macro_context_;
  Frame* frame_ = nullptr;
  int depth_ = 0;
  const char* stack_floor_;  // the thread's stack may not grow below this address
  SlotStack slots_;
  Value return_value_;
  // Variables that outlived their function because a macro still refers to them. The references
  // may be circular, so they are cut when the rendering ends.
  std::vector<std::shared_ptr<Activation>> escaped_;
  std::vector<std::shared_ptr<RenderContext>> contexts_;  // of included and imported templates
  std::unordered_map<const Template*, std::shared_ptr<Activation>> module_activations_;
  std::unordered_map<const Template*, Value> imported_;
  std::vector<std::shared_ptr<const Template>> loaded_;
};

}  // namespace eider::jinja

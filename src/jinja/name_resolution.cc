#include "jinja/name_resolution.h"

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace eider::jinja {

namespace {

const Name kLoop = Intern("loop");
const Name kSelf = Intern("self");
const Name kSuper = Intern("super");
const Name kCaller = Intern("caller");
const Name kVarargs = Intern("varargs");
const Name kKwargs = Intern("kwargs");
const Name kReturn = Intern("return");

// Two passes over each scope: the first declares the names it owns, without looking into the scopes
// inside it; the second gives each use its variable and goes on into the inner scopes. An inner
// scope thus sees every name of the scopes around it, those too that are assigned further down.
class NameResolver {
 public:
  explicit NameResolver(const std::string& file) : file_(file) {}

  void Resolve(TemplateNode& root) {
    EnterFunction(root.function, nullptr);
    LexicalScope& scope = root.function.scope;
    DeclareParameter(scope, kSelf);
    Declare(scope, root.body);
    PlaceSymbols(scope);
    root_scope_ = &scope;
    BindAll(scope, root.body);
    root.self_slot = SlotIfUsed(scope, kSelf);
    LeaveFunction();
    for (const Pending& pending : pending_) ListVisible(pending);
  }

 private:
  struct FunctionState {
    Function* function;
    FunctionState* outer;
    // Names only ever read from the context: one slot each, whichever scopes use them.
    std::vector<std::pair<Name, int>> context_slots;
  };
  struct Pending {
    VisibleVariables* variables;
    const LexicalScope* scope;
    FunctionState* function;
  };

  [[noreturn]] void Fail(std::string message, int line) const {
    throw Error(ErrorCode::kSyntax, std::move(message)).At(file_, line);
  }

  void EnterFunction(Function& function, const LexicalScope* around) {
    function.scope.parent = around;
    function.scope.begins_function = true;
    functions_.push_back(
        std::make_unique<FunctionState>(FunctionState{&function, around ? current_ : nullptr, {}}));
    resume_.push_back(current_);
    current_ = functions_.back().get();
  }
  void LeaveFunction() {
    current_ = resume_.back();
    resume_.pop_back();
  }

  // --- declaring

  static ScopeSymbol* FindIn(LexicalScope& scope, Name name) {
    for (ScopeSymbol& symbol : scope.symbols) {
      if (symbol.name == name) return &symbol;
    }
    return nullptr;
  }
  static bool IsKnownAround(const LexicalScope& scope, Name name) {
    for (const LexicalScope* s = scope.parent; s; s = s->parent) {
      for (const ScopeSymbol& symbol : s->symbols) {
        if (symbol.name == name) return true;
      }
    }
    return false;
  }

  static void DeclareParameter(LexicalScope& scope, Name name) {
    if (ScopeSymbol* symbol = FindIn(scope, name)) {
      symbol->initial = Initial::kParameter;
      symbol->stored = true;
    } else {
      scope.symbols.push_back({name, Initial::kParameter, true});
    }
  }
  static void DeclareLoad(LexicalScope& scope, Name name) {
    if (!FindIn(scope, name) && !IsKnownAround(scope, name)) {
      scope.symbols.push_back({name, Initial::kContext});
    }
  }
  static void DeclareStore(LexicalScope& scope, Name name) {
    if (ScopeSymbol* symbol = FindIn(scope, name)) {
      symbol->stored = true;
    } else {
      Initial initial = IsKnownAround(scope, name) ? Initial::kOuter : Initial::kUndefined;
      scope.symbols.push_back({name, initial, true});
    }
  }

  void DeclareTarget(LexicalScope& scope, const Expression& target, bool as_parameter) {
    switch (target.kind) {
      case ExpressionKind::kName: {
        Name name = static_cast<const NameExpression&>(target).name;
        as_parameter ? DeclareParameter(scope, name) : DeclareStore(scope, name);
        break;
      }
      case ExpressionKind::kNamespaceTarget:
        DeclareLoad(scope, static_cast<const NamespaceTarget&>(target).object);
        break;
      default:
        for (const auto& item : static_cast<const SequenceExpression&>(target).items) {
          DeclareTarget(scope, *item, as_parameter);
        }
    }
  }

  void DeclareLoads(LexicalScope& scope, const Expression* expression) {
    if (!expression) return;
    if (expression->kind == ExpressionKind::kName) {
      DeclareLoad(scope, static_cast<const NameExpression*>(expression)->name);
      return;
    }
    ForEachChild(*expression, [&](const Expression& child) { DeclareLoads(scope, &child); });
  }

  void Declare(LexicalScope& scope, const Statements& body) {
    for (const StatementPtr& statement : body) Declare(scope, *statement);
  }

  void Declare(LexicalScope& scope, const Statement& statement) {
    switch (statement.kind) {
      case StatementKind::kPrint:
      case StatementKind::kDo:
      case StatementKind::kExtends:
        DeclareLoads(scope, static_cast<const ValueStatement&>(statement).value.get());
        break;
      case StatementKind::kIf:
        DeclareIf(scope, static_cast<const IfStatement&>(statement));
        break;
      case StatementKind::kFor:
        DeclareLoads(scope, static_cast<const ForStatement&>(statement).iterable.get());
        break;
      case StatementKind::kSet: {
        const auto& set = static_cast<const SetStatement&>(statement);
        DeclareLoads(scope, set.value.get());
        DeclareTarget(scope, *set.target, false);
        break;
      }
      case StatementKind::kSetBlock:
        DeclareTarget(scope, *static_cast<const SetBlockStatement&>(statement).target, false);
        break;
      case StatementKind::kMacro:
        DeclareStore(scope, static_cast<const MacroNode&>(statement).name);
        break;
      case StatementKind::kCallBlock:
        DeclareLoads(scope, static_cast<const CallBlockStatement&>(statement).call.get());
        break;
      case StatementKind::kFilterBlock:
        DeclareLoads(scope, static_cast<const FilterBlockStatement&>(statement).filter.get());
        break;
      case StatementKind::kWith:
        for (const auto& [target, value] : static_cast<const WithStatement&>(statement).bindings) {
          DeclareLoads(scope, value.get());
        }
        break;
      case StatementKind::kInclude:
        DeclareLoads(scope, static_cast<const IncludeStatement&>(statement).source.get());
        break;
      case StatementKind::kImport: {
        const auto& import = static_cast<const ImportStatement&>(statement);
        DeclareLoads(scope, import.source.get());
        DeclareStore(scope, import.target);
        break;
      }
      case StatementKind::kFromImport: {
        const auto& import = static_cast<const ImportStatement&>(statement);
        DeclareLoads(scope, import.source.get());
        for (const auto& name : import.names) DeclareStore(scope, name.local);
        break;
      }
      case StatementKind::kText:
      case StatementKind::kAutoescape:
      case StatementKind::kBlock:
      case StatementKind::kBreak:
      case StatementKind::kContinue:
        break;
    }
  }

  // The branches of an if share the scope, but do not see each other's names. What only some of
  // them assign keeps its outer value in the others.
  void DeclareIf(LexicalScope& scope, const IfStatement& statement) {
    DeclareLoads(scope, statement.branches[0].first.get());
    const std::vector<ScopeSymbol> before = scope.symbols;
    std::vector<ScopeSymbol> merged = before;
    auto stored_before = [&](Name name) {
      return std::any_of(before.begin(), before.end(), [&](const ScopeSymbol& symbol) {
        return symbol.name == name && symbol.stored;
      });
    };
    auto merge_branch = [&] {
      for (ScopeSymbol& symbol : scope.symbols) {
        if (symbol.stored && !stored_before(symbol.name)) {
          symbol.initial = IsKnownAround(scope, symbol.name) ? Initial::kOuter : Initial::kContext;
        }
        auto it = std::find_if(merged.begin(), merged.end(),
                               [&](const ScopeSymbol& other) { return other.name == symbol.name; });
        if (it == merged.end()) {
          merged.push_back(symbol);
        } else {
          bool stored = it->stored || symbol.stored;
          if (symbol.stored || !it->stored) it->initial = symbol.initial;
          it->stored = stored;
        }
      }
      scope.symbols = before;
    };
    Declare(scope, statement.branches[0].second);
    merge_branch();
    for (size_t i = 1; i < statement.branches.size(); ++i) {
      DeclareLoads(scope, statement.branches[i].first.get());
      Declare(scope, statement.branches[i].second);
    }
    merge_branch();
    Declare(scope, statement.otherwise);
    merge_branch();
    scope.symbols = std::move(merged);
  }

  int NewSlot() { return current_->function->slot_count++; }

  int ContextSlot(FunctionState& function, Name name) {
    for (const auto& [known, slot] : function.context_slots) {
      if (known == name) return slot;
    }
    int slot = function.function->slot_count++;
    function.context_slots.emplace_back(name, slot);
    return slot;
  }

  void PlaceSymbols(LexicalScope& scope) {
    for (ScopeSymbol& symbol : scope.symbols) {
      if (symbol.slot >= 0) continue;
      bool shared = symbol.initial == Initial::kContext && !symbol.stored && !scope.begins_function;
      symbol.slot = shared ? ContextSlot(*current_, symbol.name) : NewSlot();
      if (symbol.initial == Initial::kOuter) {
        symbol.outer = FindFrom(scope.parent, scope.begins_function ? 1 : 0, symbol.name, current_);
      }
    }
  }

  // Makes `loop` a variable that the loops around `scope` set.
  static void UseLoops(const LexicalScope& scope) {
    for (const LexicalScope* s = &scope; s; s = s->parent) {
      for (const ScopeSymbol& symbol : s->symbols) symbol.used |= symbol.name == kLoop;
    }
  }

  static int SlotIfUsed(LexicalScope& scope, Name name) {
    const ScopeSymbol* symbol = FindIn(scope, name);
    return symbol && symbol->used ? symbol->slot : -1;
  }

  // --- binding

  // The variable `name` as seen from `scope`, which stands `up` functions around `function`.
  Variable FindFrom(const LexicalScope* scope, int up, Name name, FunctionState* function) {
    for (; scope; scope = scope->parent) {
      for (const ScopeSymbol& symbol : scope->symbols) {
        if (symbol.name != name) continue;
        symbol.used = true;
        FunctionState* f = function;
        for (int i = 0; i < up; ++i) {
          f = f->outer;
          f->function->captured = true;
        }
        return {symbol.slot, up};
      }
      if (scope->begins_function) ++up;
    }
    return {ContextSlot(*function, name), 0};
  }
  Variable Find(const LexicalScope& scope, Name name) {
    // To Jinja2 a mention of `loop` makes it a variable of all the loops around.
    if (name == kLoop) UseLoops(scope);
    return FindFrom(&scope, 0, name, current_);
  }

  void Bind(const LexicalScope& scope, Expression* expression) {
    if (!expression) return;
    if (expression->kind == ExpressionKind::kName) {
      auto* name = static_cast<NameExpression*>(expression);
      name->variable = Find(scope, name->name);
    } else if (expression->kind == ExpressionKind::kNamespaceTarget) {
      auto* target = static_cast<NamespaceTarget*>(expression);
      target->variable = Find(scope, target->object);
    } else {
      ForEachChild(*expression,
                   [&](const Expression& child) { Bind(scope, const_cast<Expression*>(&child)); });
    }
  }

  void BindAll(LexicalScope& scope, Statements& body) {
    for (StatementPtr& statement : body) BindStatement(scope, *statement);
  }

  // A scope inside `around` that holds `body`.
  void BindInner(LexicalScope& inner, const LexicalScope& around, Statements& body) {
    inner.parent = &around;
    Declare(inner, body);
    PlaceSymbols(inner);
    BindAll(inner, body);
  }

  void BindStatement(LexicalScope& scope, Statement& statement) {
    bool top_level = &scope == root_scope_;
    switch (statement.kind) {
      case StatementKind::kExtends:
        if (!top_level) Fail("cannot use extend from a non top-level scope", statement.line);
        [[fallthrough]];
      case StatementKind::kPrint:
      case StatementKind::kDo: {
        auto& value = static_cast<ValueStatement&>(statement);
        Bind(scope, value.value.get());
        value.may_return = IsReturn(*value.value);
        break;
      }
      case StatementKind::kIf: {
        auto& node = static_cast<IfStatement&>(statement);
        for (auto& [condition, body] : node.branches) {
          Bind(scope, condition.get());
          BindAll(scope, body);
        }
        BindAll(scope, node.otherwise);
        break;
      }
      case StatementKind::kFor:
        BindFor(scope, static_cast<ForStatement&>(statement));
        break;
      case StatementKind::kSet: {
        auto& set = static_cast<SetStatement&>(statement);
        Bind(scope, set.value.get());
        Bind(scope, set.target.get());
        set.top_level = top_level;
        CheckLoopTarget(*set.target);
        break;
      }
      case StatementKind::kSetBlock: {
        auto& set = static_cast<SetBlockStatement&>(statement);
        Bind(scope, set.target.get());
        set.top_level = top_level;
        CheckLoopTarget(*set.target);
        set.scope.parent = &scope;
        Declare(set.scope, set.body);
        DeclareLoads(set.scope, set.filter.get());
        PlaceSymbols(set.scope);
        Bind(set.scope, set.filter.get());
        BindAll(set.scope, set.body);
        break;
      }
      case StatementKind::kMacro: {
        auto& macro = static_cast<MacroNode&>(statement);
        macro.variable = Find(scope, macro.name);
        macro.top_level = top_level;
        BindMacro(scope, macro);
        break;
      }
      case StatementKind::kCallBlock: {
        auto& block = static_cast<CallBlockStatement&>(statement);
        Bind(scope, block.call.get());
        BindMacro(scope, *block.body);
        break;
      }
      case StatementKind::kFilterBlock: {
        auto& block = static_cast<FilterBlockStatement&>(statement);
        block.scope.parent = &scope;
        Declare(block.scope, block.body);
        DeclareLoads(block.scope, block.filter.get());
        PlaceSymbols(block.scope);
        BindAll(block.scope, block.body);
        Bind(block.scope, block.filter.get());
        break;
      }
      case StatementKind::kWith: {
        auto& with = static_cast<WithStatement&>(statement);
        with.scope.parent = &scope;
        for (auto& [target, value] : with.bindings) {
          Bind(scope, value.get());
          DeclareTarget(with.scope, *target, false);
        }
        Declare(with.scope, with.body);
        PlaceSymbols(with.scope);
        for (auto& [target, value] : with.bindings) Bind(with.scope, target.get());
        BindAll(with.scope, with.body);
        break;
      }
      case StatementKind::kAutoescape: {
        auto& block = static_cast<AutoescapeStatement&>(statement);
        block.scope.parent = &scope;
        DeclareLoads(block.scope, block.enabled.get());
        Declare(block.scope, block.body);
        PlaceSymbols(block.scope);
        Bind(block.scope, block.enabled.get());
        BindAll(block.scope, block.body);
        break;
      }
      case StatementKind::kBlock: {
        auto& block = static_cast<BlockStatement&>(statement);
        block.top_level = top_level;
        if (block.scoped) {
          // It sees the variable `loop` of every loop around it.
          pending_.push_back({&block.locals, &scope, current_});
          UseLoops(scope);
        }
        BindBlock(block);
        break;
      }
      case StatementKind::kInclude: {
        auto& include = static_cast<IncludeStatement&>(statement);
        Bind(scope, include.source.get());
        if (include.with_context) pending_.push_back({&include.locals, &scope, current_});
        break;
      }
      case StatementKind::kImport:
      case StatementKind::kFromImport: {
        auto& import = static_cast<ImportStatement&>(statement);
        Bind(scope, import.source.get());
        if (import.target) import.variable = Find(scope, import.target);
        for (auto& name : import.names) name.variable = Find(scope, name.local);
        import.top_level = top_level;
        if (import.with_context) pending_.push_back({&import.locals, &scope, current_});
        break;
      }
      case StatementKind::kText:
      case StatementKind::kBreak:
      case StatementKind::kContinue:
        break;
    }
  }

  bool IsReturn(const Expression& expression) const {
    if (expression.kind != ExpressionKind::kCall) return false;
    const auto& call = static_cast<const CallExpression&>(expression);
    return call.callee->kind == ExpressionKind::kName &&
           static_cast<const NameExpression&>(*call.callee).name == kReturn &&
           call.arguments.positional.size() == 1 && call.arguments.keyword.empty() &&
           !call.arguments.star && !call.arguments.double_star;
  }

  void BindFor(LexicalScope& scope, ForStatement& loop) {
    Bind(scope, loop.iterable.get());
    loop.first_slot = current_->function->slot_count;
    loop.scope.parent = &scope;
    DeclareParameter(loop.scope, kLoop);
    DeclareTarget(loop.scope, *loop.target, true);
    std::vector<ScopeSymbol> targets(loop.scope.symbols.begin() + 1, loop.scope.symbols.end());
    ++loop_depth_;
    CheckLoopTarget(*loop.target);
    Declare(loop.scope, loop.body);
    PlaceSymbols(loop.scope);
    Bind(loop.scope, loop.target.get());
    for (ScopeSymbol& target : targets) {
      target.slot = FindIn(loop.scope, target.name)->slot;
      loop.target_slots.push_back(target.slot);
    }
    if (loop.condition) {
      // The condition sees the targets, but nothing that the body assigns.
      LexicalScope condition;
      condition.parent = &scope;
      condition.symbols = std::move(targets);
      DeclareLoads(condition, loop.condition.get());
      PlaceSymbols(condition);
      Bind(condition, loop.condition.get());
    }
    BindAll(loop.scope, loop.body);
    --loop_depth_;
    loop.loop.slot = SlotIfUsed(loop.scope, kLoop);
    BindInner(loop.otherwise_scope, scope, loop.otherwise);
    loop.end_slot = current_->function->slot_count;
  }

  void CheckLoopTarget(const Expression& target) const {
    if (loop_depth_ == 0) return;
    if (target.kind == ExpressionKind::kName) {
      if (static_cast<const NameExpression&>(target).name == kLoop) {
        Fail("Can't assign to special loop variable in for-loop target", target.line);
      }
    } else if (target.kind == ExpressionKind::kTuple) {
      for (const auto& item : static_cast<const SequenceExpression&>(target).items) {
        CheckLoopTarget(*item);
      }
    }
  }

  void BindMacro(const LexicalScope& around, MacroNode& macro) {
    EnterFunction(macro.function, &around);
    LexicalScope& scope = macro.function.scope;
    for (const Parameter& parameter : macro.parameters) {
      if (FindIn(scope, parameter.name)) {
        Fail("duplicate argument '" + *parameter.name + "' in the signature of a macro",
             macro.line);
      }
      DeclareParameter(scope, parameter.name);
      if (parameter.name == kCaller && macro.uses_caller && !parameter.default_value) {
        Fail(
            "When defining macros or call blocks the special \"caller\" argument must be omitted "
            "or be given a default.",
            macro.line);
      }
      macro.uses_varargs &= parameter.name != kVarargs;
      macro.uses_kwargs &= parameter.name != kKwargs;
    }
    bool explicit_caller = FindIn(scope, kCaller) != nullptr;
    if (macro.uses_caller) DeclareParameter(scope, kCaller);
    if (macro.uses_varargs) DeclareParameter(scope, kVarargs);
    if (macro.uses_kwargs) DeclareParameter(scope, kKwargs);
    for (const Parameter& parameter : macro.parameters) {
      DeclareLoads(scope, parameter.default_value.get());
    }
    Declare(scope, macro.body);
    PlaceSymbols(scope);
    for (Parameter& parameter : macro.parameters) {
      parameter.slot = FindIn(scope, parameter.name)->slot;
      Bind(scope, parameter.default_value.get());
    }
    if (macro.uses_caller && !explicit_caller) macro.caller_slot = FindIn(scope, kCaller)->slot;
    if (macro.uses_varargs) macro.varargs_slot = FindIn(scope, kVarargs)->slot;
    if (macro.uses_kwargs) macro.kwargs_slot = FindIn(scope, kKwargs)->slot;
    int loops = std::exchange(loop_depth_, 0);
    BindAll(scope, macro.body);
    loop_depth_ = loops;
    LeaveFunction();
  }

  void BindBlock(BlockStatement& block) {
    EnterFunction(block.function, nullptr);
    LexicalScope& scope = block.function.scope;
    DeclareParameter(scope, kSelf);
    DeclareParameter(scope, kSuper);
    Declare(scope, block.body);
    PlaceSymbols(scope);
    int loops = std::exchange(loop_depth_, 0);
    BindAll(scope, block.body);
    loop_depth_ = loops;
    block.self_slot = SlotIfUsed(scope, kSelf);
    block.super_slot = SlotIfUsed(scope, kSuper);
    LeaveFunction();
  }

  void ListVisible(const Pending& pending) {
    int up = 0;
    for (const LexicalScope* scope = pending.scope; scope; scope = scope->parent) {
      for (const ScopeSymbol& symbol : scope->symbols) {
        bool special = symbol.name == kLoop || symbol.name == kSelf || symbol.name == kSuper;
        bool known = std::any_of(pending.variables->begin(), pending.variables->end(),
                                 [&](const auto& entry) { return entry.first == symbol.name; });
        if (!symbol.stored || known || (special && !symbol.used)) continue;
        pending.variables->emplace_back(symbol.name,
                                        FindFrom(scope, up, symbol.name, pending.function));
      }
      if (scope->begins_function) ++up;
    }
  }

  const std::string& file_;
  std::vector<std::unique_ptr<FunctionState>> functions_;
  std::vector<FunctionState*> resume_;
  FunctionState* current_ = nullptr;
  const LexicalScope* root_scope_ = nullptr;
  std::vector<Pending> pending_;
  int loop_depth_ = 0;
};

}  // namespace

void ResolveNames(TemplateNode& root, const std::string& file) { NameResolver(file).Resolve(root); }

}  // namespace eider::jinja

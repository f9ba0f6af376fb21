// The syntax tree of a template. Immutable once parsed; nodes own their children.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "jinja/environment.h"
#include "jinja/value.h"

namespace eider::jinja {

// A name made unique for the life of the process, so that names compare by address.
using Name = const std::string*;
Name Intern(std::string_view name);

// Where the value of a name lives while the template runs: a slot of the function (the template's
// own body, a block, a macro, the body of a call block) that stands `up` functions further out.
// ResolveNames fills these in.
struct Variable {
  int32_t slot = -1;
  int32_t up = 0;
};

// What a variable holds when its scope is entered.
enum class Initial : uint8_t {
  kUndefined,  // nothing, until it is assigned
  kContext,    // what the context gives for its name, asked for at the first use
  kOuter,      // the value of the same name in the scope around it
  kParameter,  // set by whoever enters the scope
};

struct ScopeSymbol {
  Name name;
  Initial initial;
  bool stored = false;
  mutable bool used = false;  // by a name expression
  int slot = -1;
  Variable outer = {};  // of kOuter
};

// The names that belong to one scope: a function, the body of a loop, of a with block, ..
struct LexicalScope {
  const LexicalScope* parent = nullptr;  // the scope around it, perhaps in another function
  bool begins_function = false;
  std::vector<ScopeSymbol> symbols;
};

struct Function {
  LexicalScope scope;
  int slot_count = 0;
  // An inner function uses its variables: they must live as long as that one.
  bool captured = false;
};

enum class ExpressionKind : uint8_t {
  kConstant,
  kName,
  kList,
  kTuple,
  kDict,
  kUnary,
  kBinary,
  kCompare,
  kAnd,
  kOr,
  kConcat,
  kConditional,
  kAttribute,
  kItem,
  kSlice,
  kCall,
  kFilter,
  kTest,
  kNamespaceTarget,
};

struct Expression {
  Expression(ExpressionKind kind, int line) : kind(kind), line(line) {}
  virtual ~Expression() = default;
  const ExpressionKind kind;
  int line;
};
using ExpressionPtr = std::unique_ptr<Expression>;
using Expressions = std::vector<ExpressionPtr>;

struct ConstantExpression : Expression {
  ConstantExpression(Value value, int line)
      : Expression(ExpressionKind::kConstant, line), value(std::move(value)) {}
  Value value;
};

struct NameExpression : Expression {
  NameExpression(std::string_view name, int line, size_t offset)
      : Expression(ExpressionKind::kName, line), name(Intern(name)), offset(offset) {}
  Name name;
  size_t offset;  // in the source
  Variable variable;
};

// A list or a tuple.
struct SequenceExpression : Expression {
  using Expression::Expression;
  Expressions items;
};

struct DictExpression : Expression {
  explicit DictExpression(int line) : Expression(ExpressionKind::kDict, line) {}
  std::vector<std::pair<ExpressionPtr, ExpressionPtr>> entries;
};

enum class UnaryOperator : uint8_t { kNot, kNegative, kPositive };

struct UnaryExpression : Expression {
  UnaryExpression(UnaryOperator op, ExpressionPtr operand, int line)
      : Expression(ExpressionKind::kUnary, line), op(op), operand(std::move(operand)) {}
  UnaryOperator op;
  ExpressionPtr operand;
};

struct BinaryExpression : Expression {
  BinaryExpression(BinaryOperator op, ExpressionPtr left, ExpressionPtr right, int line)
      : Expression(ExpressionKind::kBinary, line),
        op(op),
        left(std::move(left)),
        right(std::move(right)) {}
  BinaryOperator op;
  ExpressionPtr left, right;
};

enum class Comparison : uint8_t { kEq, kNe, kLt, kLe, kGt, kGe, kIn, kNotIn };

struct CompareExpression : Expression {
  explicit CompareExpression(int line) : Expression(ExpressionKind::kCompare, line) {}
  ExpressionPtr first;
  std::vector<std::pair<Comparison, ExpressionPtr>> rest;
};

// `and`, `or`.
struct LogicalExpression : Expression {
  LogicalExpression(ExpressionKind kind, ExpressionPtr left, ExpressionPtr right, int line)
      : Expression(kind, line), left(std::move(left)), right(std::move(right)) {}
  ExpressionPtr left, right;
};

struct ConcatExpression : Expression {
  explicit ConcatExpression(int line) : Expression(ExpressionKind::kConcat, line) {}
  Expressions parts;
};

struct ConditionalExpression : Expression {
  explicit ConditionalExpression(int line) : Expression(ExpressionKind::kConditional, line) {}
  ExpressionPtr condition, then, otherwise;  // otherwise may be null
};

struct AttributeExpression : Expression {
  AttributeExpression(ExpressionPtr object, std::string_view name, int line)
      : Expression(ExpressionKind::kAttribute, line),
        object(std::move(object)),
        name(Intern(name)) {}
  ExpressionPtr object;
  Name name;
};

struct ItemExpression : Expression {
  ItemExpression(ExpressionPtr object, ExpressionPtr index, int line)
      : Expression(ExpressionKind::kItem, line),
        object(std::move(object)),
        index(std::move(index)) {}
  ExpressionPtr object, index;
};

// Only ever the index of an ItemExpression; each part may be null.
struct SliceExpression : Expression {
  explicit SliceExpression(int line) : Expression(ExpressionKind::kSlice, line) {}
  ExpressionPtr start, stop, step;
};

struct CallArguments {
  Expressions positional;
  std::vector<std::pair<std::string, ExpressionPtr>> keyword;
  ExpressionPtr star, double_star;  // may be null
  bool empty() const { return positional.empty() && keyword.empty() && !star && !double_star; }
};

struct CallExpression : Expression {
  CallExpression(ExpressionPtr callee, CallArguments arguments, int line)
      : Expression(ExpressionKind::kCall, line),
        callee(std::move(callee)),
        arguments(std::move(arguments)) {}
  ExpressionPtr callee;
  CallArguments arguments;
};

struct FilterExpression : Expression {
  explicit FilterExpression(int line) : Expression(ExpressionKind::kFilter, line) {}
  ExpressionPtr operand;  // null in {% filter %} and {% set %}: the block's text
  std::string name;
  const FilterFunction* filter = nullptr;  // null: unknown, an error when reached
  CallArguments arguments;
};

struct TestExpression : Expression {
  explicit TestExpression(int line) : Expression(ExpressionKind::kTest, line) {}
  ExpressionPtr operand;
  std::string name;
  const TestFunction* test = nullptr;
  CallArguments arguments;
};

// `ns.attribute` as the target of a {% set %}.
struct NamespaceTarget : Expression {
  NamespaceTarget(std::string_view object, std::string_view attribute, int line)
      : Expression(ExpressionKind::kNamespaceTarget, line),
        object(Intern(object)),
        attribute(attribute) {}
  Name object;
  std::string attribute;
  Variable variable;
};

// Calls `visit` with each expression directly inside `expression`, in the order of the source.
template <typename Visit>
void ForEachChild(const Expression& expression, const Visit& visit) {
  auto each = [&](const ExpressionPtr& child) {
    if (child) visit(*child);
  };
  auto each_of = [&](const Expressions& children) {
    for (const ExpressionPtr& child : children) each(child);
  };
  auto each_argument = [&](const CallArguments& arguments) {
    each_of(arguments.positional);
    for (const auto& [name, value] : arguments.keyword) each(value);
    each(arguments.star);
    each(arguments.double_star);
  };
  switch (expression.kind) {
    case ExpressionKind::kConstant:
    case ExpressionKind::kName:
    case ExpressionKind::kNamespaceTarget:
      return;
    case ExpressionKind::kList:
    case ExpressionKind::kTuple:
      each_of(static_cast<const SequenceExpression&>(expression).items);
      return;
    case ExpressionKind::kDict:
      for (const auto& [key, value] : static_cast<const DictExpression&>(expression).entries) {
        each(key);
        each(value);
      }
      return;
    case ExpressionKind::kUnary:
      each(static_cast<const UnaryExpression&>(expression).operand);
      return;
    case ExpressionKind::kBinary:
      each(static_cast<const BinaryExpression&>(expression).left);
      each(static_cast<const BinaryExpression&>(expression).right);
      return;
    case ExpressionKind::kCompare:
      each(static_cast<const CompareExpression&>(expression).first);
      for (const auto& [op, operand] : static_cast<const CompareExpression&>(expression).rest) {
        each(operand);
      }
      return;
    case ExpressionKind::kAnd:
    case ExpressionKind::kOr:
      each(static_cast<const LogicalExpression&>(expression).left);
      each(static_cast<const LogicalExpression&>(expression).right);
      return;
    case ExpressionKind::kConcat:
      each_of(static_cast<const ConcatExpression&>(expression).parts);
      return;
    case ExpressionKind::kConditional: {
      const auto& conditional = static_cast<const ConditionalExpression&>(expression);
      each(conditional.then);
      each(conditional.condition);
      each(conditional.otherwise);
      return;
    }
    case ExpressionKind::kAttribute:
      each(static_cast<const AttributeExpression&>(expression).object);
      return;
    case ExpressionKind::kItem:
      each(static_cast<const ItemExpression&>(expression).object);
      each(static_cast<const ItemExpression&>(expression).index);
      return;
    case ExpressionKind::kSlice: {
      const auto& slice = static_cast<const SliceExpression&>(expression);
      each(slice.start);
      each(slice.stop);
      each(slice.step);
      return;
    }
    case ExpressionKind::kCall:
      each(static_cast<const CallExpression&>(expression).callee);
      each_argument(static_cast<const CallExpression&>(expression).arguments);
      return;
    case ExpressionKind::kFilter:
      each(static_cast<const FilterExpression&>(expression).operand);
      each_argument(static_cast<const FilterExpression&>(expression).arguments);
      return;
    case ExpressionKind::kTest:
      each(static_cast<const TestExpression&>(expression).operand);
      each_argument(static_cast<const TestExpression&>(expression).arguments);
      return;
  }
}

enum class StatementKind : uint8_t {
  kText,
  kPrint,
  kIf,
  kFor,
  kSet,
  kSetBlock,
  kMacro,
  kCallBlock,
  kFilterBlock,
  kWith,
  kAutoescape,
  kDo,
  kBlock,
  kExtends,
  kInclude,
  kImport,
  kFromImport,
  kBreak,
  kContinue,
};

struct Statement {
  Statement(StatementKind kind, int line) : kind(kind), line(line) {}
  virtual ~Statement() = default;
  const StatementKind kind;
  int line;
};
using StatementPtr = std::unique_ptr<Statement>;
using Statements = std::vector<StatementPtr>;

struct TextStatement : Statement {
  TextStatement(std::string text, int line)
      : Statement(StatementKind::kText, line), text(std::move(text)) {}
  std::string text;
};

// `{{ value }}`, and `{% do value %}`, which prints nothing.
struct ValueStatement : Statement {
  ValueStatement(StatementKind kind, ExpressionPtr value, int line)
      : Statement(kind, line), value(std::move(value)) {}
  ExpressionPtr value;
  // A call of `return`: it can end the macro without an exception.
  bool may_return = false;
};

struct IfStatement : Statement {
  explicit IfStatement(int line) : Statement(StatementKind::kIf, line) {}
  std::vector<std::pair<ExpressionPtr, Statements>> branches;
  Statements otherwise;
};

struct ForStatement : Statement {
  explicit ForStatement(int line) : Statement(StatementKind::kFor, line) {}
  ExpressionPtr target, iterable, condition;  // condition may be null
  bool recursive = false;
  Statements body, otherwise;
  LexicalScope scope, otherwise_scope;
  Variable loop;  // slot -1: the body does not use it
  // The slots of the body's scope and of all scopes in it: what a recursive call must set aside.
  int first_slot = 0, end_slot = 0;
  std::vector<int> target_slots;
};

struct SetStatement : Statement {
  explicit SetStatement(int line) : Statement(StatementKind::kSet, line) {}
  ExpressionPtr target, value;
  bool top_level = false;  // also seen by blocks and by importers
};

// {% set x %}body{% endset %}.
struct SetBlockStatement : Statement {
  explicit SetBlockStatement(int line) : Statement(StatementKind::kSetBlock, line) {}
  ExpressionPtr target, filter;  // filter may be null
  Statements body;
  LexicalScope scope;
  bool top_level = false;
};

struct Parameter {
  Name name;
  ExpressionPtr default_value;  // may be null
  std::string default_source;
  int slot = -1;
};

// A macro, a block tag parsed as one, or the body of a call block.
struct MacroNode : Statement {
  explicit MacroNode(int line) : Statement(StatementKind::kMacro, line) {}
  Name name = nullptr;  // null for the body of a call block
  std::vector<Parameter> parameters;
  Statements body;
  bool uses_caller = false, uses_varargs = false, uses_kwargs = false;
  Function function;
  Variable variable;  // of its name, where it is defined
  // The slots of the special names, -1 where the body does not use them or a parameter has the
  // name.
  int caller_slot = -1, varargs_slot = -1, kwargs_slot = -1;
  bool top_level = false;
};

struct CallBlockStatement : Statement {
  explicit CallBlockStatement(int line) : Statement(StatementKind::kCallBlock, line) {}
  std::unique_ptr<CallExpression> call;
  std::unique_ptr<MacroNode> body;
};

struct FilterBlockStatement : Statement {
  explicit FilterBlockStatement(int line) : Statement(StatementKind::kFilterBlock, line) {}
  ExpressionPtr filter;
  Statements body;
  LexicalScope scope;
};

struct WithStatement : Statement {
  explicit WithStatement(int line) : Statement(StatementKind::kWith, line) {}
  std::vector<std::pair<ExpressionPtr, ExpressionPtr>> bindings;
  Statements body;
  LexicalScope scope;
};

struct AutoescapeStatement : Statement {
  explicit AutoescapeStatement(int line) : Statement(StatementKind::kAutoescape, line) {}
  ExpressionPtr enabled;
  Statements body;
  LexicalScope scope;
};

// The variables around a statement that a template it names can see.
using VisibleVariables = std::vector<std::pair<Name, Variable>>;

struct BlockStatement : Statement {
  explicit BlockStatement(int line) : Statement(StatementKind::kBlock, line) {}
  Name name = nullptr;
  bool scoped = false, required = false;
  Statements body;
  Function function;
  int self_slot = -1, super_slot = -1;  // -1: the body does not use it
  VisibleVariables locals;              // of a scoped block
  bool top_level = false;
};

struct IncludeStatement : Statement {
  explicit IncludeStatement(int line) : Statement(StatementKind::kInclude, line) {}
  ExpressionPtr source;
  bool ignore_missing = false, with_context = true;
  VisibleVariables locals;
};

// {% import x as target %}, {% from x import names %}.
struct ImportStatement : Statement {
  using Statement::Statement;
  struct ImportedName {
    Name exported;
    Name local;
    Variable variable;
  };
  ExpressionPtr source;
  Name target = nullptr;
  Variable variable;  // of `target`
  std::vector<ImportedName> names;
  bool with_context = false;
  bool top_level = false;
  VisibleVariables locals;
};

struct TemplateNode {
  Statements body;
  std::vector<const BlockStatement*> blocks;  // all of them, nested ones too
  bool extends = false;
  // Something at the top level beside text and macros: calling a macro of this file runs it first.
  bool has_module_code = false;
  Function function;
  int self_slot = -1;
};

}  // namespace eider::jinja

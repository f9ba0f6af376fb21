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
};

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
};

struct SetStatement : Statement {
  explicit SetStatement(int line) : Statement(StatementKind::kSet, line) {}
  ExpressionPtr target, value;
};

struct SetBlockStatement : Statement {
  explicit SetBlockStatement(int line) : Statement(StatementKind::kSetBlock, line) {}
  ExpressionPtr target, filter;  // filter may be null
  Statements body;
};

struct Parameter {
  Name name;
  ExpressionPtr default_value;  // may be null
  std::string default_source;
};

// A macro, a block tag parsed as one, or the body of a call block.
struct MacroNode : Statement {
  explicit MacroNode(int line) : Statement(StatementKind::kMacro, line) {}
  Name name = nullptr;  // null for the body of a call block
  std::vector<Parameter> parameters;
  Statements body;
  bool uses_caller = false, uses_varargs = false, uses_kwargs = false;
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
};

struct WithStatement : Statement {
  explicit WithStatement(int line) : Statement(StatementKind::kWith, line) {}
  std::vector<std::pair<ExpressionPtr, ExpressionPtr>> bindings;
  Statements body;
};

struct AutoescapeStatement : Statement {
  explicit AutoescapeStatement(int line) : Statement(StatementKind::kAutoescape, line) {}
  ExpressionPtr enabled;
  Statements body;
};

struct BlockStatement : Statement {
  explicit BlockStatement(int line) : Statement(StatementKind::kBlock, line) {}
  Name name = nullptr;
  bool scoped = false, required = false;
  Statements body;
};

struct IncludeStatement : Statement {
  explicit IncludeStatement(int line) : Statement(StatementKind::kInclude, line) {}
  ExpressionPtr source;
  bool ignore_missing = false, with_context = true;
};

// {% import x as target %}, {% from x import names %}.
struct ImportStatement : Statement {
  using Statement::Statement;
  ExpressionPtr source;
  Name target = nullptr;
  std::vector<std::pair<Name, Name>> names;  // exported name, local name
  bool with_context = false;
};

struct TemplateNode {
  Statements body;
  std::vector<const BlockStatement*> blocks;  // all of them, nested ones too
  bool extends = false;
  // Something at the top level beside text and macros: calling a macro of this file runs it first.
  bool has_module_code = false;
};

}  // namespace eider::jinja

// Template::VisitCalls: the calls of a source, found without running it.
#include <string>
#include <string_view>

#include "jinja/ast.h"
#include "jinja/environment.h"

namespace eider::jinja {

namespace {

using Visit = std::function<void(const CallSite&)>;

class CallFinder {
 public:
  explicit CallFinder(const Visit& visit) : visit_(visit) {}

  void Search(const Statements& body) {
    for (const StatementPtr& statement : body) Search(*statement);
  }

 private:
  void Search(const Statement& statement) {
    switch (statement.kind) {
      case StatementKind::kPrint:
      case StatementKind::kDo:
      case StatementKind::kExtends:
        Search(static_cast<const ValueStatement&>(statement).value);
        break;
      case StatementKind::kIf: {
        const auto& node = static_cast<const IfStatement&>(statement);
        // The first condition is always asked.
        Search(node.branches[0].first);
        Conditional inside(*this);
        Search(node.branches[0].second);
        for (size_t i = 1; i < node.branches.size(); ++i) {
          Search(node.branches[i].first);
          Search(node.branches[i].second);
        }
        Search(node.otherwise);
        break;
      }
      case StatementKind::kFor: {
        const auto& loop = static_cast<const ForStatement&>(statement);
        Search(loop.iterable);
        Conditional inside(*this);
        Search(loop.condition);
        Search(loop.body);
        Search(loop.otherwise);
        break;
      }
      case StatementKind::kSet:
        Search(static_cast<const SetStatement&>(statement).value);
        break;
      case StatementKind::kSetBlock:
        Search(static_cast<const SetBlockStatement&>(statement).filter);
        Search(static_cast<const SetBlockStatement&>(statement).body);
        break;
      case StatementKind::kMacro:
        SearchMacro(static_cast<const MacroNode&>(statement));
        break;
      case StatementKind::kCallBlock: {
        const auto& block = static_cast<const CallBlockStatement&>(statement);
        Search(*block.call);
        for (const Parameter& parameter : block.body->parameters) Search(parameter.default_value);
        Search(block.body->body);
        break;
      }
      case StatementKind::kFilterBlock:
        Search(static_cast<const FilterBlockStatement&>(statement).filter);
        Search(static_cast<const FilterBlockStatement&>(statement).body);
        break;
      case StatementKind::kWith:
        for (const auto& [target, value] : static_cast<const WithStatement&>(statement).bindings) {
          Search(value);
        }
        Search(static_cast<const WithStatement&>(statement).body);
        break;
      case StatementKind::kAutoescape:
        Search(static_cast<const AutoescapeStatement&>(statement).enabled);
        Search(static_cast<const AutoescapeStatement&>(statement).body);
        break;
      case StatementKind::kBlock:
        Search(static_cast<const BlockStatement&>(statement).body);
        break;
      case StatementKind::kInclude:
        Search(static_cast<const IncludeStatement&>(statement).source);
        break;
      case StatementKind::kImport:
      case StatementKind::kFromImport:
        Search(static_cast<const ImportStatement&>(statement).source);
        break;
      case StatementKind::kText:
      case StatementKind::kBreak:
      case StatementKind::kContinue:
        break;
    }
  }

  struct Conditional {
    explicit Conditional(CallFinder& finder) : finder(finder) { ++finder.conditional_; }
    ~Conditional() { --finder.conditional_; }
    CallFinder& finder;
  };

  void SearchMacro(const MacroNode& macro) {
    std::string_view around = std::exchange(macro_, std::string_view(*macro.name));
    int conditional = std::exchange(conditional_, 0);
    for (const Parameter& parameter : macro.parameters) Search(parameter.default_value);
    Search(macro.body);
    conditional_ = conditional;
    macro_ = around;
  }

  void Search(const ExpressionPtr& expression) {
    if (expression) Search(*expression);
  }

  void Search(const Expression& expression) {
    if (expression.kind == ExpressionKind::kCall) {
      Report(static_cast<const CallExpression&>(expression));
    }
    if (expression.kind == ExpressionKind::kConditional) {
      const auto& conditional = static_cast<const ConditionalExpression&>(expression);
      {
        Conditional inside(*this);
        Search(conditional.then);
      }
      Search(conditional.condition);
      Conditional inside(*this);
      Search(conditional.otherwise);
      return;
    }
    ForEachChild(expression, [&](const Expression& child) { Search(child); });
  }

  // False when the callee is not a name or attributes of one.
  static bool DottedName(const Expression& callee, std::string* name, size_t* offset) {
    if (callee.kind == ExpressionKind::kName) {
      const auto& node = static_cast<const NameExpression&>(callee);
      *name = *node.name;
      *offset = node.offset;
      return true;
    }
    if (callee.kind != ExpressionKind::kAttribute) return false;
    const auto& attribute = static_cast<const AttributeExpression&>(callee);
    if (!DottedName(*attribute.object, name, offset)) return false;
    *name += "." + *attribute.name;
    return true;
  }

  // The value of a literal, or of a list, tuple or dict of literals.
  static bool ConstantValue(const Expression& expression, Value* value) {
    switch (expression.kind) {
      case ExpressionKind::kConstant:
        *value = static_cast<const ConstantExpression&>(expression).value;
        return true;
      case ExpressionKind::kList:
      case ExpressionKind::kTuple: {
        ValueList items;
        for (const auto& item : static_cast<const SequenceExpression&>(expression).items) {
          Value constant;
          if (!ConstantValue(*item, &constant)) return false;
          items.push_back(std::move(constant));
        }
        *value = expression.kind == ExpressionKind::kList ? Value::List(std::move(items))
                                                          : Value::Tuple(std::move(items));
        return true;
      }
      case ExpressionKind::kDict: {
        Dict dict;
        for (const auto& [key, item] : static_cast<const DictExpression&>(expression).entries) {
          Value constant_key, constant;
          if (!ConstantValue(*key, &constant_key) || !ConstantValue(*item, &constant)) return false;
          if (constant_key.IsList() || constant_key.IsDict()) return false;
          dict.Set(std::move(constant_key), std::move(constant));
        }
        *value = Value(std::move(dict));
        return true;
      }
      case ExpressionKind::kUnary: {
        const auto& unary = static_cast<const UnaryExpression&>(expression);
        Value operand;
        if (!ConstantValue(*unary.operand, &operand)) return false;
        if (unary.op == UnaryOperator::kNegative && operand.IsInt()) {
          *value = Value(-operand.AsInt());
          return true;
        }
        if (unary.op == UnaryOperator::kNegative && operand.IsFloat()) {
          *value = Value(-operand.AsFloat());
          return true;
        }
        return false;
      }
      default:
        return false;
    }
  }

  void Report(const CallExpression& call) {
    CallSite site;
    if (!DottedName(*call.callee, &site.function, &site.offset)) return;
    auto constant = [&](const Expression& expression) {
      Value value;
      if (ConstantValue(expression, &value)) return value;
      site.constant = false;
      return Value::Undefined("", "the argument is not a literal");
    };
    for (const auto& argument : call.arguments.positional) {
      site.arguments.positional.push_back(constant(*argument));
    }
    for (const auto& [name, value] : call.arguments.keyword) {
      site.arguments.keyword.emplace_back(name, constant(*value));
    }
    site.unpacks = call.arguments.star || call.arguments.double_star;
    if (site.unpacks) site.constant = false;
    site.line = call.line;
    site.macro = macro_;
    site.conditional = conditional_ > 0;
    visit_(site);
  }

  const Visit& visit_;
  std::string_view macro_;
  int conditional_ = 0;
};

}  // namespace

void Template::VisitCalls(const std::function<void(const CallSite&)>& visit) const {
  CallFinder(visit).Search(root_->body);
}

}  // namespace eider::jinja

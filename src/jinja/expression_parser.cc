#include "jinja/expression_parser.h"

#include <unordered_set>

namespace eider::jinja {

ExpressionPtr ExpressionParser::ParseTarget(std::string_view end_name, bool with_namespace) {
  int line = Current().line;
  std::vector<ExpressionPtr> parts;
  bool is_tuple = false;
  for (;;) {
    if (!parts.empty()) ExpectOperator(",");
    if (AtTupleEnd(end_name)) break;
    parts.push_back(ParseTargetPart(with_namespace));
    if (!IsOperator(",")) break;
    is_tuple = true;
  }
  if (parts.empty()) {
    Fail("Expected an expression, got '" + DescribeToken(Current()) + "'", Current().line);
  }
  if (!is_tuple) return std::move(parts[0]);
  auto tuple = std::make_unique<SequenceExpression>(ExpressionKind::kTuple, line);
  tuple->items = std::move(parts);
  return tuple;
}

ExpressionPtr ExpressionParser::ParseTargetPart(bool with_namespace) {
  const Token& token = Current();
  if (token.type == TokenType::kName) {
    static const std::unordered_set<std::string> kReserved = {"true", "false", "none",
                                                              "True", "False", "None"};
    if (kReserved.contains(token.text)) Fail("can't assign to 'const'", token.line);
    Next();
    if (with_namespace && SkipOperator(".")) {
      return std::make_unique<NamespaceTarget>(token.text, ExpectName().text, token.line);
    }
    return std::make_unique<NameExpression>(token.text, token.line, token.begin);
  }
  if (SkipOperator("(")) {
    ExpressionPtr inner = ParseTarget("", false);
    ExpectOperator(")");
    return inner;
  }
  if (token.type == TokenType::kOperator) {
    Fail("unexpected '" + DescribeToken(token) + "'", token.line);
  }
  if (token.type == TokenType::kString || token.type == TokenType::kInteger ||
      token.type == TokenType::kFloat) {
    Fail("can't assign to 'const'", token.line);
  }
  Fail("unexpected '" + DescribeToken(token) + "'", token.line);
}

bool ExpressionParser::AtTupleEnd(std::string_view end_name) const {
  TokenType type = Current().type;
  return type == TokenType::kPrintEnd || type == TokenType::kBlockEnd || IsOperator(")") ||
         (!end_name.empty() && IsName(end_name));
}

ExpressionPtr ExpressionParser::ParseTuple(bool with_conditional, std::string_view end_name,
                                           bool in_parentheses) {
  int line = Current().line;
  Expressions items;
  bool is_tuple = false;
  for (;;) {
    if (!items.empty()) ExpectOperator(",");
    if (AtTupleEnd(end_name)) break;
    items.push_back(with_conditional ? ParseExpression() : ParseOr());
    if (!IsOperator(",")) break;
    is_tuple = true;
  }
  if (!is_tuple) {
    if (!items.empty()) return std::move(items[0]);
    if (!in_parentheses) {
      Fail("Expected an expression, got '" + DescribeToken(Current()) + "'", Current().line);
    }
  }
  return MakeSequence(ExpressionKind::kTuple, std::move(items), line);
}

ExpressionPtr ExpressionParser::MakeSequence(ExpressionKind kind, Expressions items, int line) {
  bool constant = kind == ExpressionKind::kTuple &&
                  std::all_of(items.begin(), items.end(), [](const ExpressionPtr& item) {
                    return item->kind == ExpressionKind::kConstant;
                  });
  if (constant) {
    ValueList values;
    for (const ExpressionPtr& item : items) {
      values.push_back(static_cast<const ConstantExpression&>(*item).value);
    }
    return std::make_unique<ConstantExpression>(Value::Tuple(std::move(values)), line);
  }
  auto sequence = std::make_unique<SequenceExpression>(kind, line);
  sequence->items = std::move(items);
  return sequence;
}

ExpressionPtr ExpressionParser::ParseExpression() {
  Depth depth(*this);
  int line = Current().line;
  ExpressionPtr expression = ParseOr();
  while (SkipName("if")) {
    auto conditional = std::make_unique<ConditionalExpression>(line);
    ++conditional_depth_;
    conditional->condition = ParseOr();
    conditional->then = std::move(expression);
    if (SkipName("else")) conditional->otherwise = ParseExpression();
    --conditional_depth_;
    expression = std::move(conditional);
  }
  return expression;
}

ExpressionPtr ExpressionParser::ParseOr() {
  ExpressionPtr left = ParseAnd();
  while (IsName("or")) {
    int line = Next().line;
    ExpressionPtr right = ParseAnd();
    left = std::make_unique<LogicalExpression>(ExpressionKind::kOr, std::move(left),
                                               std::move(right), line);
  }
  return left;
}

ExpressionPtr ExpressionParser::ParseAnd() {
  ExpressionPtr left = ParseNot();
  while (IsName("and")) {
    int line = Next().line;
    ExpressionPtr right = ParseNot();
    left = std::make_unique<LogicalExpression>(ExpressionKind::kAnd, std::move(left),
                                               std::move(right), line);
  }
  return left;
}

ExpressionPtr ExpressionParser::ParseNot() {
  if (!IsName("not")) return ParseComparison();
  Depth depth(*this);
  int line = Next().line;
  return std::make_unique<UnaryExpression>(UnaryOperator::kNot, ParseNot(), line);
}

bool ExpressionParser::NextComparison(Comparison* comparison) {
  static constexpr std::pair<std::string_view, Comparison> kComparisons[] = {
      {"==", Comparison::kEq}, {"!=", Comparison::kNe}, {"<", Comparison::kLt},
      {"<=", Comparison::kLe}, {">", Comparison::kGt},  {">=", Comparison::kGe}};
  if (Current().type == TokenType::kOperator) {
    for (const auto& [text, kind] : kComparisons) {
      if (!SkipOperator(text)) continue;
      *comparison = kind;
      return true;
    }
    return false;
  }
  if (SkipName("in")) {
    *comparison = Comparison::kIn;
    return true;
  }
  if (IsName("not") && Look().type == TokenType::kName && Look().text == "in") {
    Next();
    Next();
    *comparison = Comparison::kNotIn;
    return true;
  }
  return false;
}

ExpressionPtr ExpressionParser::ParseComparison() {
  int line = Current().line;
  ExpressionPtr first = ParseSum();
  Comparison comparison;
  if (!NextComparison(&comparison)) return first;
  auto compare = std::make_unique<CompareExpression>(line);
  compare->first = std::move(first);
  do {
    compare->rest.emplace_back(comparison, ParseSum());
  } while (NextComparison(&comparison));
  return compare;
}

ExpressionPtr ExpressionParser::ParseSum() {
  ExpressionPtr left = ParseConcat();
  while (IsOperator("+") || IsOperator("-")) {
    const Token& op = Next();
    ExpressionPtr right = ParseConcat();
    left = std::make_unique<BinaryExpression>(
        op.text == "+" ? BinaryOperator::kAdd : BinaryOperator::kSub, std::move(left),
        std::move(right), op.line);
  }
  return left;
}

ExpressionPtr ExpressionParser::ParseConcat() {
  ExpressionPtr first = ParseProduct();
  if (!IsOperator("~")) return first;
  auto concat = std::make_unique<ConcatExpression>(Current().line);
  concat->parts.push_back(std::move(first));
  while (SkipOperator("~")) concat->parts.push_back(ParseProduct());
  return concat;
}

ExpressionPtr ExpressionParser::ParseProduct() {
  ExpressionPtr left = ParsePower();
  while (IsOperator("*") || IsOperator("/") || IsOperator("//") || IsOperator("%")) {
    const Token& op = Next();
    ExpressionPtr right = ParsePower();
    BinaryOperator kind = op.text == "*"    ? BinaryOperator::kMul
                          : op.text == "/"  ? BinaryOperator::kDiv
                          : op.text == "//" ? BinaryOperator::kFloorDiv
                                            : BinaryOperator::kMod;
    left = std::make_unique<BinaryExpression>(kind, std::move(left), std::move(right), op.line);
  }
  return left;
}

ExpressionPtr ExpressionParser::ParsePower() {
  ExpressionPtr left = ParseUnary(true);
  while (IsOperator("**")) {
    int line = Next().line;
    ExpressionPtr right = ParseUnary(true);
    left = std::make_unique<BinaryExpression>(BinaryOperator::kPow, std::move(left),
                                              std::move(right), line);
  }
  return left;
}

ExpressionPtr ExpressionParser::ParseUnary(bool with_filter) {
  Depth depth(*this);
  ExpressionPtr node;
  if (IsOperator("-") || IsOperator("+")) {
    const Token& op = Next();
    ExpressionPtr operand = ParseUnary(false);
    node = std::make_unique<UnaryExpression>(
        op.text == "-" ? UnaryOperator::kNegative : UnaryOperator::kPositive, std::move(operand),
        op.line);
  } else {
    node = ParsePrimary();
  }
  node = ParsePostfix(std::move(node));
  return with_filter ? ParseFilterChain(std::move(node)) : std::move(node);
}

ExpressionPtr ExpressionParser::ParsePrimary() {
  const Token& token = Current();
  auto constant = [&](Value value) {
    return std::make_unique<ConstantExpression>(std::move(value), token.line);
  };
  switch (token.type) {
    case TokenType::kName:
      Next();
      if (token.text == "true" || token.text == "True") return constant(true);
      if (token.text == "false" || token.text == "False") return constant(false);
      if (token.text == "none" || token.text == "None") return constant(nullptr);
      NoteSpecialName(token.text);
      return std::make_unique<NameExpression>(token.text, token.line, token.begin);
    case TokenType::kString: {
      std::string text;
      while (Current().type == TokenType::kString) text += Next().text;
      return constant(std::move(text));
    }
    case TokenType::kInteger:
    case TokenType::kFloat:
      Next();
      return constant(token.number);
    case TokenType::kOperator:
      if (SkipOperator("(")) {
        ExpressionPtr inner = ParseTuple(true, "", true);
        ExpectOperator(")");
        return inner;
      }
      if (SkipOperator("[")) return ParseList(token.line);
      if (SkipOperator("{")) return ParseDict(token.line);
      [[fallthrough]];
    default:
      Fail("unexpected '" + DescribeToken(token) + "'", token.line);
  }
}

void ExpressionParser::NoteSpecialName(const std::string& name) {
  for (MacroNode* macro : open_macros_) {
    macro->uses_caller |= name == "caller";
    macro->uses_varargs |= name == "varargs";
    macro->uses_kwargs |= name == "kwargs";
  }
}

ExpressionPtr ExpressionParser::ParseList(int line) {
  Expressions items;
  while (!IsOperator("]")) {
    if (!items.empty()) ExpectOperator(",");
    if (IsOperator("]")) break;
    items.push_back(ParseExpression());
  }
  ExpectOperator("]");
  return MakeSequence(ExpressionKind::kList, std::move(items), line);
}

ExpressionPtr ExpressionParser::ParseDict(int line) {
  auto dict = std::make_unique<DictExpression>(line);
  while (!IsOperator("}")) {
    if (!dict->entries.empty()) ExpectOperator(",");
    if (IsOperator("}")) break;
    ExpressionPtr key = ParseExpression();
    ExpectOperator(":");
    dict->entries.emplace_back(std::move(key), ParseExpression());
  }
  ExpectOperator("}");
  return dict;
}

ExpressionPtr ExpressionParser::ParsePostfix(ExpressionPtr node) {
  for (;;) {
    if (IsOperator(".")) {
      int line = Next().line;
      const Token& token = Next();
      if (token.type == TokenType::kName) {
        node = std::make_unique<AttributeExpression>(std::move(node), token.text, line);
      } else if (token.type == TokenType::kInteger) {
        node = std::make_unique<ItemExpression>(
            std::move(node), std::make_unique<ConstantExpression>(token.number, line), line);
      } else {
        Fail("expected name or number", token.line);
      }
    } else if (IsOperator("[")) {
      node = ParseSubscript(std::move(node));
    } else if (IsOperator("(")) {
      node = ParseCall(std::move(node));
    } else {
      return node;
    }
  }
}

ExpressionPtr ExpressionParser::ParseSubscript(ExpressionPtr node) {
  int line = Next().line;
  Expressions indexes;
  while (!IsOperator("]")) {
    if (!indexes.empty()) ExpectOperator(",");
    indexes.push_back(ParseIndex());
  }
  ExpectOperator("]");
  ExpressionPtr index = indexes.size() == 1
                            ? std::move(indexes[0])
                            : MakeSequence(ExpressionKind::kTuple, std::move(indexes), line);
  return std::make_unique<ItemExpression>(std::move(node), std::move(index), line);
}

ExpressionPtr ExpressionParser::ParseIndex() {
  int line = Current().line;
  ExpressionPtr start;
  if (!IsOperator(":")) {
    start = ParseExpression();
    if (!IsOperator(":")) return start;
  }
  Next();
  auto slice = std::make_unique<SliceExpression>(line);
  slice->start = std::move(start);
  auto at_end = [&] { return IsOperator("]") || IsOperator(","); };
  if (!IsOperator(":") && !at_end()) slice->stop = ParseExpression();
  if (SkipOperator(":") && !at_end()) slice->step = ParseExpression();
  return slice;
}

CallArguments ExpressionParser::ParseArguments() {
  int line = ExpectOperator("(").line;
  auto require = [&](bool valid) {
    if (!valid) Fail("invalid syntax for function call expression", line);
  };
  CallArguments arguments;
  for (bool first = true; !IsOperator(")"); first = false) {
    if (!first) {
      ExpectOperator(",");
      if (IsOperator(")")) break;
    }
    if (SkipOperator("*")) {
      require(!arguments.star && !arguments.double_star);
      arguments.star = ParseExpression();
    } else if (SkipOperator("**")) {
      require(!arguments.double_star);
      arguments.double_star = ParseExpression();
    } else if (Current().type == TokenType::kName && Look().type == TokenType::kOperator &&
               Look().text == "=") {
      require(!arguments.double_star);
      std::string name = Next().text;
      Next();
      for (const auto& [existing, value] : arguments.keyword) {
        if (existing == name) Fail("keyword argument repeated: " + name, line);
      }
      arguments.keyword.emplace_back(std::move(name), ParseExpression());
    } else {
      require(!arguments.star && !arguments.double_star && arguments.keyword.empty());
      arguments.positional.push_back(ParseExpression());
    }
  }
  ExpectOperator(")");
  return arguments;
}

ExpressionPtr ExpressionParser::ParseCall(ExpressionPtr callee) {
  int line = Current().line;
  CallArguments arguments = ParseArguments();
  return std::make_unique<CallExpression>(std::move(callee), std::move(arguments), line);
}

ExpressionPtr ExpressionParser::ParseFilterChain(ExpressionPtr node) {
  for (;;) {
    if (IsOperator("|")) {
      node = ParseFilters(std::move(node), false);
    } else if (IsName("is")) {
      node = ParseTest(std::move(node));
    } else if (IsOperator("(")) {
      node = ParseCall(std::move(node));
    } else {
      return node;
    }
  }
}

std::string ExpressionParser::ParseDottedName() {
  std::string name = ExpectName().text;
  while (SkipOperator(".")) name += "." + ExpectName().text;
  return name;
}

ExpressionPtr ExpressionParser::ParseFilters(ExpressionPtr node, bool inline_first) {
  while (inline_first || IsOperator("|")) {
    if (!inline_first) Next();
    inline_first = false;
    auto filter = std::make_unique<FilterExpression>(Current().line);
    filter->name = ParseDottedName();
    if (IsOperator("(")) filter->arguments = ParseArguments();
    filter->filter = environment_.FindFilter(filter->name);
    if (!filter->filter && conditional_depth_ == 0) {
      Fail("No filter named '" + filter->name + "'.", filter->line);
    }
    filter->operand = std::move(node);
    node = std::move(filter);
  }
  return node;
}

ExpressionPtr ExpressionParser::ParseTest(ExpressionPtr node) {
  int line = Next().line;
  bool negated = SkipName("not");
  auto test = std::make_unique<TestExpression>(line);
  test->name = ParseDottedName();
  if (IsOperator("(")) {
    test->arguments = ParseArguments();
  } else if (AtTestArgument()) {
    if (IsName("is")) Fail("You cannot chain multiple tests with is", Current().line);
    test->arguments.positional.push_back(ParsePostfix(ParsePrimary()));
  }
  test->test = environment_.FindTest(test->name);
  if (!test->test && conditional_depth_ == 0) {
    Fail("No test named '" + test->name + "'.", test->line);
  }
  test->operand = std::move(node);
  if (!negated) return test;
  return std::make_unique<UnaryExpression>(UnaryOperator::kNot, std::move(test), line);
}

bool ExpressionParser::AtTestArgument() const {
  switch (Current().type) {
    case TokenType::kName:
      return !IsName("else") && !IsName("or") && !IsName("and");
    case TokenType::kString:
    case TokenType::kInteger:
    case TokenType::kFloat:
      return true;
    default:
      return IsOperator("[") || IsOperator("{");
  }
}

std::optional<Value> ExpressionParser::ConstantValue(const Expression& expression) {
  switch (expression.kind) {
    case ExpressionKind::kConstant:
      return static_cast<const ConstantExpression&>(expression).value;
    case ExpressionKind::kList: {
      ValueList items;
      for (const auto& item : static_cast<const SequenceExpression&>(expression).items) {
        auto value = ConstantValue(*item);
        if (!value) return std::nullopt;
        items.push_back(std::move(*value));
      }
      return Value::List(std::move(items));
    }
    default:
      return std::nullopt;
  }
}

}  // namespace eider::jinja

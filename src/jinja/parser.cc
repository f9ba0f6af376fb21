#include "jinja/parser.h"

#include <algorithm>
#include <mutex>
#include <unordered_set>

#include "base/error.h"
#include "base/text.h"
#include "jinja/lexer.h"
#include "jinja/name_resolution.h"

namespace eider::jinja {

Name Intern(std::string_view name) {
  static std::mutex mutex;
  static auto& names = *new std::unordered_set<std::string>();
  std::lock_guard lock(mutex);
  return &*names.emplace(name).first;
}

namespace {

// Expressions nest on the stack while they are parsed and evaluated.
constexpr int kMaxDepth = 200;

class Parser {
 public:
  Parser(const std::string& source, const std::string& file, const Environment& environment)
      : source_(source),
        file_(file),
        environment_(environment),
        tokens_(Tokenize(source, file, environment)) {}

  ParsedTemplate Parse() {
    root_ = std::make_unique<TemplateNode>();
    root_->body = ParseUntil({});
    root_->has_module_code =
        std::any_of(root_->body.begin(), root_->body.end(), [](const StatementPtr& statement) {
          return statement->kind != StatementKind::kText &&
                 statement->kind != StatementKind::kMacro;
        });
    ResolveNames(*root_, file_);
    return {std::move(root_), std::move(macros_)};
  }

 private:
  // --- tokens

  const Token& Current() const { return tokens_[position_]; }
  const Token& Look(size_t ahead = 1) const {
    return tokens_[std::min(position_ + ahead, tokens_.size() - 1)];
  }
  const Token& Next() {
    const Token& token = tokens_[position_];
    if (position_ + 1 < tokens_.size()) ++position_;
    return token;
  }

  bool IsOperator(std::string_view op) const {
    const Token& token = Current();
    return token.type == TokenType::kOperator && token.text[0] == op[0] && token.text == op;
  }
  bool IsName(std::string_view name) const {
    return Current().type == TokenType::kName && Current().text == name;
  }
  bool SkipOperator(std::string_view op) {
    if (!IsOperator(op)) return false;
    Next();
    return true;
  }
  bool SkipName(std::string_view name) {
    if (!IsName(name)) return false;
    Next();
    return true;
  }

  [[noreturn]] void Fail(std::string message, int line) const {
    throw Error(ErrorCode::kSyntax, std::move(message)).At(file_, line);
  }
  [[noreturn]] void FailExpected(const std::string& expected) const {
    if (Current().type == TokenType::kEnd) {
      Fail("unexpected end of template, expected '" + expected + "'.", Current().line);
    }
    Fail("expected token '" + expected + "', got '" + DescribeToken(Current()) + "'",
         Current().line);
  }

  const Token& ExpectOperator(const char* op) {
    if (!IsOperator(op)) FailExpected(op);
    return Next();
  }
  const Token& ExpectName() {
    if (Current().type != TokenType::kName) FailExpected("name");
    return Next();
  }
  void ExpectKeyword(const char* name) {
    if (!SkipName(name)) FailExpected(name);
  }
  void ExpectBlockEnd() {
    if (Current().type != TokenType::kBlockEnd) FailExpected("end of statement block");
    Next();
  }

  std::string SourceBetween(size_t begin, size_t end) const {
    return std::string(Trim(std::string_view(source_).substr(begin, end - begin)));
  }

  // The end of the token before the current one.
  size_t PreviousEnd() const { return position_ == 0 ? 0 : tokens_[position_ - 1].end; }

  struct Depth {
    explicit Depth(Parser& parser) : parser(parser) {
      if (++parser.depth_ > kMaxDepth) {
        --parser.depth_;
        parser.Fail("expression or block is nested too deeply", parser.Current().line);
      }
    }
    ~Depth() { --parser.depth_; }
    Parser& parser;
  };

  // --- blocks

  // Statements up to a tag that opens with one of `end_tags`, which becomes the current token; to
  // the end of the source when there are none.
  Statements ParseUntil(const std::vector<std::string>& end_tags) {
    if (!end_tags.empty()) end_tags_.push_back(end_tags);
    Statements body;
    while (Current().type != TokenType::kEnd) {
      const Token& token = Current();
      switch (token.type) {
        case TokenType::kText:
          body.push_back(std::make_unique<TextStatement>(token.text, token.line));
          Next();
          break;
        case TokenType::kPrintBegin:
          Next();
          body.push_back(std::make_unique<ValueStatement>(StatementKind::kPrint, ParseTuple(true),
                                                          token.line));
          if (Current().type != TokenType::kPrintEnd) FailExpected("end of print statement");
          Next();
          break;
        default:
          block_begin_ = token.begin;
          Next();
          if (Current().type == TokenType::kName && Contains(end_tags, Current().text)) {
            end_tags_.pop_back();
            return body;
          }
          if (StatementPtr statement = ParseStatement()) body.push_back(std::move(statement));
          ExpectBlockEnd();
      }
    }
    if (!end_tags.empty()) FailUnknownTag(nullptr);
    return body;
  }

  static bool Contains(const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  }

  // The body of a block, from the end of its opening tag; the end tag's name is consumed.
  Statements ParseBody(const std::vector<std::string>& end_tags) {
    SkipOperator(":");
    ExpectBlockEnd();
    return ParseUntil(end_tags);
  }
  Statements ParseClosedBody(const char* end_tag) {
    Statements body = ParseBody({end_tag});
    Next();
    return body;
  }

  [[noreturn]] void FailUnknownTag(const Token* token) {
    std::string message =
        token ? "Encountered unknown tag '" + token->text + "'." : "Unexpected end of template.";
    if (!end_tags_.empty()) {
      std::string looking;
      for (const std::string& tag : end_tags_.back()) {
        looking += (looking.empty() ? "'" : " or '") + tag + "'";
      }
      bool elsewhere =
          token && std::any_of(end_tags_.begin(), end_tags_.end(),
                               [&](const auto& tags) { return Contains(tags, token->text); });
      message += elsewhere
                     ? " You probably made a nesting mistake. Jinja is expecting this tag, but "
                       "currently looking for " +
                           looking + "."
                     : " Jinja was looking for the following tags: " + looking + ".";
    }
    if (!open_tags_.empty()) {
      message +=
          " The innermost block that needs to be closed is '" + open_tags_.back().first + "'.";
    }
    Error error(ErrorCode::kSyntax, std::move(message));
    error.At(file_, token ? token->line : Current().line);
    if (!token && !open_tags_.empty()) {
      error.WithHint("The block '" + open_tags_.back().first + "' begins on line " +
                     std::to_string(open_tags_.back().second) + ".");
    }
    throw error;
  }

  StatementPtr ParseStatement() {
    Depth depth(*this);
    const Token& token = Current();
    if (token.type != TokenType::kName) Fail("tag name expected", token.line);
    open_tags_.emplace_back(token.text, token.line);
    StatementPtr statement = ParseKnownStatement(token);
    open_tags_.pop_back();
    return statement;
  }

  StatementPtr ParseKnownStatement(const Token& token) {
    const std::string& tag = token.text;
    int line = token.line;
    const EnvironmentOptions& options = environment_.options();
    if (tag == "if") return ParseIf();
    if (tag == "for") return ParseFor();
    if (tag == "set") return ParseSet();
    if (tag == "macro") return ParseMacro();
    if (tag == "call") return ParseCallBlock();
    if (tag == "filter") return ParseFilterBlock();
    if (tag == "with") return ParseWith();
    if (tag == "print") return ParsePrint();
    if (tag == "do" && options.do_statement) {
      Next();
      return std::make_unique<ValueStatement>(StatementKind::kDo, ParseTuple(true), line);
    }
    if (tag == "block") return ParseBlock();
    if (tag == "extends") {
      Next();
      auto statement =
          std::make_unique<ValueStatement>(StatementKind::kExtends, ParseExpression(), line);
      root_->extends = true;
      return statement;
    }
    if (tag == "include") return ParseInclude();
    if (tag == "import") return ParseImport();
    if (tag == "from") return ParseFromImport();
    if (tag == "autoescape") {
      Next();
      auto statement = std::make_unique<AutoescapeStatement>(line);
      statement->enabled = ParseExpression();
      statement->body = ParseClosedBody("endautoescape");
      return statement;
    }
    if (options.loop_controls && (tag == "break" || tag == "continue")) {
      if (loop_depth_ == 0) Fail("'" + tag + "' outside loop", line);
      Next();
      return std::make_unique<Statement>(
          tag == "break" ? StatementKind::kBreak : StatementKind::kContinue, line);
    }
    if (const BlockTag* block = environment_.FindBlockTag(tag)) return ParseBlockTag(*block);
    open_tags_.pop_back();
    FailUnknownTag(&token);
  }

  StatementPtr ParseIf() {
    auto statement = std::make_unique<IfStatement>(Next().line);
    ++conditional_depth_;
    for (;;) {
      ExpressionPtr condition = ParseTuple(false);
      Statements body = ParseBody({"elif", "else", "endif"});
      statement->branches.emplace_back(std::move(condition), std::move(body));
      const std::string& tag = Next().text;
      if (tag == "elif") continue;
      if (tag == "else") statement->otherwise = ParseClosedBody("endif");
      break;
    }
    --conditional_depth_;
    return statement;
  }

  StatementPtr ParseFor() {
    auto statement = std::make_unique<ForStatement>(Next().line);
    statement->target = ParseTarget("in", false);
    ExpectKeyword("in");
    statement->iterable = ParseTuple(false, "recursive");
    if (SkipName("if")) statement->condition = ParseExpression();
    statement->recursive = SkipName("recursive");
    ++loop_depth_;
    statement->body = ParseBody({"endfor", "else"});
    --loop_depth_;
    if (Next().text == "else") statement->otherwise = ParseClosedBody("endfor");
    return statement;
  }

  StatementPtr ParseSet() {
    int line = Next().line;
    ExpressionPtr target = ParseTarget("", true);
    if (SkipOperator("=")) {
      auto statement = std::make_unique<SetStatement>(line);
      statement->target = std::move(target);
      statement->value = ParseTuple(true);
      return statement;
    }
    auto statement = std::make_unique<SetBlockStatement>(line);
    statement->target = std::move(target);
    if (IsOperator("|")) statement->filter = ParseFilters(nullptr, false);
    statement->body = ParseClosedBody("endset");
    return statement;
  }

  void ParseSignature(MacroNode& macro) {
    ExpectOperator("(");
    while (!IsOperator(")")) {
      if (!macro.parameters.empty()) ExpectOperator(",");
      const Token& name = ExpectName();
      Parameter parameter{Intern(name.text), nullptr, "", -1};
      if (SkipOperator("=")) {
        size_t begin = Current().begin;
        parameter.default_value = ParseExpression();
        parameter.default_source = SourceBetween(begin, PreviousEnd());
      } else if (!macro.parameters.empty() && macro.parameters.back().default_value) {
        Fail("non-default argument follows default argument", Current().line);
      }
      macro.parameters.push_back(std::move(parameter));
    }
    ExpectOperator(")");
  }

  // The body of `macro`, whose special names are noted as they are met.
  void ParseMacroBody(MacroNode& macro, const std::vector<std::string>& end_tags) {
    open_macros_.push_back(&macro);
    int loops = std::exchange(loop_depth_, 0);
    macro.body = ParseBody(end_tags);
    Next();
    loop_depth_ = loops;
    open_macros_.pop_back();
  }

  // The macro's listing, once its end tag has been read up to its closing delimiter.
  void ListMacro(const MacroNode& macro, MacroInfo info, size_t begin, size_t body_token,
                 size_t end_begin) {
    if (!open_macros_.empty()) return;
    info.name = *macro.name;
    info.node = &macro;
    info.line = macro.line;
    info.begin = begin;
    info.body_begin = tokens_[body_token].end;
    info.body_end = end_begin;
    info.end = Current().end;
    for (const Parameter& parameter : macro.parameters) {
      info.parameters.push_back(
          {*parameter.name, parameter.default_value != nullptr, parameter.default_source});
    }
    macros_.push_back(std::move(info));
  }

  StatementPtr ParseMacro() {
    size_t begin = block_begin_;
    auto macro = std::make_unique<MacroNode>(Next().line);
    macro->name = Intern(ExpectName().text);
    ParseSignature(*macro);
    size_t body_token = position_;
    ParseMacroBody(*macro, {"endmacro"});
    MacroInfo info;
    info.header.tag = "macro";
    info.header.name = *macro->name;
    ListMacro(*macro, std::move(info), begin, body_token, block_begin_);
    return macro;
  }

  // A host's block: its header by its form, then the body as a macro's.
  StatementPtr ParseBlockTag(const BlockTag& block) {
    size_t begin = block_begin_;
    MacroInfo info;
    info.header.tag = Current().text;
    auto macro = std::make_unique<MacroNode>(Next().line);
    info.header.name = ExpectName().text;
    if (block.form == BlockForm::kSignature) ParseSignature(*macro);
    while (block.form == BlockForm::kOptions && SkipOperator(",")) {
      std::string option = ExpectName().text;
      Value value(true);
      ExpressionPtr expression;
      size_t value_begin = 0;
      if (SkipOperator("=")) {
        value_begin = Current().begin;
        expression = ParseExpression();
        auto constant = ConstantValue(*expression);
        if (!constant) {
          Fail("the option '" + option + "' of '" + info.header.tag + "' must be a literal",
               macro->line);
        }
        value = std::move(*constant);
      }
      if (Contains(block.parameter_options, option)) {
        std::string text = SourceBetween(value_begin, PreviousEnd());
        macro->parameters.push_back({Intern(option), std::move(expression), std::move(text), -1});
      }
      info.header.options.emplace_back(std::move(option), std::move(value));
    }
    std::string name = info.header.name;
    if (block.macro_name) {
      try {
        name = block.macro_name(info.header);
      } catch (Error& e) {
        if (e.file().empty()) e.At(file_, macro->line);
        throw;
      }
    }
    macro->name = Intern(name);
    size_t body_token = position_;
    ParseMacroBody(*macro, block.end_tags);
    ListMacro(*macro, std::move(info), begin, body_token, block_begin_);
    return macro;
  }

  StatementPtr ParseCallBlock() {
    auto statement = std::make_unique<CallBlockStatement>(Next().line);
    statement->body = std::make_unique<MacroNode>(statement->line);
    if (IsOperator("(")) ParseSignature(*statement->body);
    ExpressionPtr call = ParseExpression();
    if (call->kind != ExpressionKind::kCall) Fail("expected call", statement->line);
    statement->call.reset(static_cast<CallExpression*>(call.release()));
    ParseMacroBody(*statement->body, {"endcall"});
    return statement;
  }

  StatementPtr ParseFilterBlock() {
    auto statement = std::make_unique<FilterBlockStatement>(Next().line);
    statement->filter = ParseFilters(nullptr, true);
    statement->body = ParseClosedBody("endfilter");
    return statement;
  }

  StatementPtr ParseWith() {
    auto statement = std::make_unique<WithStatement>(Next().line);
    while (Current().type != TokenType::kBlockEnd) {
      if (!statement->bindings.empty()) ExpectOperator(",");
      ExpressionPtr target = ParseTarget("", false);
      ExpectOperator("=");
      statement->bindings.emplace_back(std::move(target), ParseExpression());
    }
    statement->body = ParseClosedBody("endwith");
    return statement;
  }

  StatementPtr ParsePrint() {
    int line = Next().line;
    auto concat = std::make_unique<ConcatExpression>(line);
    while (Current().type != TokenType::kBlockEnd) {
      if (!concat->parts.empty()) ExpectOperator(",");
      concat->parts.push_back(ParseExpression());
    }
    return std::make_unique<ValueStatement>(StatementKind::kPrint, std::move(concat), line);
  }

  StatementPtr ParseBlock() {
    auto statement = std::make_unique<BlockStatement>(Next().line);
    const Token& name = ExpectName();
    statement->name = Intern(name.text);
    statement->scoped = SkipName("scoped");
    statement->required = SkipName("required");
    if (IsOperator("-")) {
      Fail(
          "Block names in Jinja have to be valid Python identifiers and may not contain hyphens, "
          "use "
          "an underscore instead.",
          Current().line);
    }
    for (const BlockStatement* block : root_->blocks) {
      if (block->name == statement->name) {
        Fail("block '" + name.text + "' defined twice", statement->line);
      }
    }
    root_->blocks.push_back(statement.get());
    statement->body = ParseClosedBody("endblock");
    if (statement->required) {
      for (const StatementPtr& part : statement->body) {
        bool blank = part->kind == StatementKind::kText &&
                     Trim(static_cast<const TextStatement&>(*part).text).empty();
        if (!blank)
          Fail("Required blocks can only contain comments or whitespace", statement->line);
      }
    }
    SkipName(name.text);
    return statement;
  }

  bool ParseWithContext(bool fallback) {
    if ((IsName("with") || IsName("without")) && Look().type == TokenType::kName &&
        Look().text == "context") {
      bool with = Next().text == "with";
      Next();
      return with;
    }
    return fallback;
  }

  StatementPtr ParseInclude() {
    auto statement = std::make_unique<IncludeStatement>(Next().line);
    statement->source = ParseExpression();
    if (IsName("ignore") && Look().text == "missing") {
      statement->ignore_missing = true;
      Next();
      Next();
    }
    statement->with_context = ParseWithContext(true);
    return statement;
  }

  StatementPtr ParseImport() {
    auto statement = std::make_unique<ImportStatement>(StatementKind::kImport, Next().line);
    statement->source = ParseExpression();
    ExpectKeyword("as");
    statement->target = Intern(ExpectName().text);
    statement->with_context = ParseWithContext(false);
    return statement;
  }

  StatementPtr ParseFromImport() {
    auto statement = std::make_unique<ImportStatement>(StatementKind::kFromImport, Next().line);
    statement->source = ParseExpression();
    ExpectKeyword("import");
    auto at_context = [&] {
      return (IsName("with") || IsName("without")) && Look().type == TokenType::kName &&
             Look().text == "context";
    };
    for (;;) {
      if (!statement->names.empty()) ExpectOperator(",");
      if (at_context()) break;
      const Token& name = ExpectName();
      if (name.text[0] == '_') {
        Fail("names starting with an underline can not be imported", name.line);
      }
      Name exported = Intern(name.text);
      Name local = SkipName("as") ? Intern(ExpectName().text) : exported;
      statement->names.push_back({exported, local, {}});
      if (at_context() || !IsOperator(",")) break;
    }
    statement->with_context = ParseWithContext(false);
    return statement;
  }

  // --- expressions

  // The target of an assignment: a name, a tuple of them, or `namespace.attribute`.
  ExpressionPtr ParseTarget(std::string_view end_name, bool with_namespace) {
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

  ExpressionPtr ParseTargetPart(bool with_namespace) {
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

  bool AtTupleEnd(std::string_view end_name) const {
    TokenType type = Current().type;
    return type == TokenType::kPrintEnd || type == TokenType::kBlockEnd || IsOperator(")") ||
           (!end_name.empty() && IsName(end_name));
  }

  ExpressionPtr ParseTuple(bool with_conditional, std::string_view end_name = "",
                           bool in_parentheses = false) {
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

  ExpressionPtr MakeSequence(ExpressionKind kind, Expressions items, int line) {
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

  ExpressionPtr ParseExpression() {
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

  ExpressionPtr ParseOr() {
    ExpressionPtr left = ParseAnd();
    while (IsName("or")) {
      int line = Next().line;
      ExpressionPtr right = ParseAnd();
      left = std::make_unique<LogicalExpression>(ExpressionKind::kOr, std::move(left),
                                                 std::move(right), line);
    }
    return left;
  }

  ExpressionPtr ParseAnd() {
    ExpressionPtr left = ParseNot();
    while (IsName("and")) {
      int line = Next().line;
      ExpressionPtr right = ParseNot();
      left = std::make_unique<LogicalExpression>(ExpressionKind::kAnd, std::move(left),
                                                 std::move(right), line);
    }
    return left;
  }

  ExpressionPtr ParseNot() {
    if (!IsName("not")) return ParseComparison();
    Depth depth(*this);
    int line = Next().line;
    return std::make_unique<UnaryExpression>(UnaryOperator::kNot, ParseNot(), line);
  }

  bool NextComparison(Comparison* comparison) {
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

  ExpressionPtr ParseComparison() {
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

  ExpressionPtr ParseSum() {
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

  ExpressionPtr ParseConcat() {
    ExpressionPtr first = ParseProduct();
    if (!IsOperator("~")) return first;
    auto concat = std::make_unique<ConcatExpression>(Current().line);
    concat->parts.push_back(std::move(first));
    while (SkipOperator("~")) concat->parts.push_back(ParseProduct());
    return concat;
  }

  ExpressionPtr ParseProduct() {
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

  ExpressionPtr ParsePower() {
    ExpressionPtr left = ParseUnary(true);
    while (IsOperator("**")) {
      int line = Next().line;
      ExpressionPtr right = ParseUnary(true);
      left = std::make_unique<BinaryExpression>(BinaryOperator::kPow, std::move(left),
                                                std::move(right), line);
    }
    return left;
  }

  ExpressionPtr ParseUnary(bool with_filter) {
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

  ExpressionPtr ParsePrimary() {
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

  // A macro whose body names caller, varargs or kwargs takes them (Jinja2's macro flags).
  void NoteSpecialName(const std::string& name) {
    for (MacroNode* macro : open_macros_) {
      macro->uses_caller |= name == "caller";
      macro->uses_varargs |= name == "varargs";
      macro->uses_kwargs |= name == "kwargs";
    }
  }

  ExpressionPtr ParseList(int line) {
    Expressions items;
    while (!IsOperator("]")) {
      if (!items.empty()) ExpectOperator(",");
      if (IsOperator("]")) break;
      items.push_back(ParseExpression());
    }
    ExpectOperator("]");
    return MakeSequence(ExpressionKind::kList, std::move(items), line);
  }

  ExpressionPtr ParseDict(int line) {
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

  ExpressionPtr ParsePostfix(ExpressionPtr node) {
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

  ExpressionPtr ParseSubscript(ExpressionPtr node) {
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

  ExpressionPtr ParseIndex() {
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

  CallArguments ParseArguments() {
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

  ExpressionPtr ParseCall(ExpressionPtr callee) {
    int line = Current().line;
    CallArguments arguments = ParseArguments();
    return std::make_unique<CallExpression>(std::move(callee), std::move(arguments), line);
  }

  ExpressionPtr ParseFilterChain(ExpressionPtr node) {
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

  std::string ParseDottedName() {
    std::string name = ExpectName().text;
    while (SkipOperator(".")) name += "." + ExpectName().text;
    return name;
  }

  ExpressionPtr ParseFilters(ExpressionPtr node, bool inline_first) {
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

  ExpressionPtr ParseTest(ExpressionPtr node) {
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

  bool AtTestArgument() const {
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

  // The value of a literal, of lists, tuples and dicts of them, or nothing.
  static std::optional<Value> ConstantValue(const Expression& expression) {
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

  const std::string& source_;
  const std::string& file_;
  const Environment& environment_;
  std::vector<Token> tokens_;
  size_t position_ = 0;
  size_t block_begin_ = 0;  // offset of the last {% read
  int depth_ = 0;
  int conditional_depth_ = 0;
  int loop_depth_ = 0;
  std::vector<std::pair<std::string, int>> open_tags_;  // with their lines
  std::vector<std::vector<std::string>> end_tags_;
  std::vector<MacroNode*> open_macros_;
  std::unique_ptr<TemplateNode> root_;
  std::vector<MacroInfo> macros_;
};

}  // namespace

ParsedTemplate ParseTemplate(const std::string& source, const std::string& file,
                             const Environment& environment) {
  return Parser(source, file, environment).Parse();
}

}  // namespace eider::jinja

#include "jinja/parser.h"

#include <algorithm>
#include <mutex>
#include <unordered_set>

#include "base/error.h"
#include "base/text.h"
#include "jinja/expression_parser.h"
#include "jinja/name_resolution.h"

namespace eider::jinja {

Name Intern(std::string_view name) {
  static std::mutex mutex;
  static auto& names = *new std::unordered_set<std::string>();
  std::lock_guard lock(mutex);
  return &*names.emplace(name).first;
}

namespace {

class Parser : private ExpressionParser {
 public:
  Parser(const std::string& source, const std::string& file, const Environment& environment)
      : ExpressionParser(source, file, environment), source_(source) {}

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
  std::string SourceBetween(size_t begin, size_t end) const {
    return std::string(Trim(std::string_view(source_).substr(begin, end - begin)));
  }

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

  const std::string& source_;
  size_t block_begin_ = 0;  // offset of the last {% read
  int loop_depth_ = 0;
  std::vector<std::pair<std::string, int>> open_tags_;  // with their lines
  std::vector<std::vector<std::string>> end_tags_;
  std::unique_ptr<TemplateNode> root_;
  std::vector<MacroInfo> macros_;
};

}  // namespace

ParsedTemplate ParseTemplate(const std::string& source, const std::string& file,
                             const Environment& environment) {
  return Parser(source, file, environment).Parse();
}

}  // namespace eider::jinja

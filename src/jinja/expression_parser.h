// The grammar of expressions; what the parser of templates (parser.cc) stands on.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "jinja/ast.h"
#include "jinja/environment.h"
#include "jinja/lexer.h"

namespace eider::jinja {

class ExpressionParser {
 protected:
  // `file` and `environment` must outlive the parser.
  ExpressionParser(const std::string& source, const std::string& file,
                   const Environment& environment)
      : file_(file), environment_(environment), tokens_(Tokenize(source, file, environment)) {}

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

  // The end of the token before the current one.
  size_t PreviousEnd() const { return position_ == 0 ? 0 : tokens_[position_ - 1].end; }

  // Expressions nest on the stack while they are parsed and evaluated.
  static constexpr int kMaxDepth = 200;

  struct Depth {
    explicit Depth(ExpressionParser& parser) : parser(parser) {
      if (++parser.depth_ > kMaxDepth) {
        --parser.depth_;
        parser.Fail("expression or block is nested too deeply", parser.Current().line);
      }
    }
    ~Depth() { --parser.depth_; }
    ExpressionParser& parser;
  };

  // --- expressions

  // The target of an assignment: a name, a tuple of them, or `namespace.attribute`.
  ExpressionPtr ParseTarget(std::string_view end_name, bool with_namespace);
  ExpressionPtr ParseTuple(bool with_conditional, std::string_view end_name = "",
                           bool in_parentheses = false);
  ExpressionPtr ParseExpression();
  ExpressionPtr ParseFilters(ExpressionPtr node, bool inline_first);
  // The value of a literal, of lists, tuples and dicts of them, or nothing.
  static std::optional<Value> ConstantValue(const Expression& expression);

  const std::string& file_;
  const Environment& environment_;
  std::vector<Token> tokens_;
  size_t position_ = 0;
  int conditional_depth_ = 0;  // inside, a filter or test may be unknown until it runs
  std::vector<MacroNode*> open_macros_;

 private:
  ExpressionPtr ParseTargetPart(bool with_namespace);
  bool AtTupleEnd(std::string_view end_name) const;
  ExpressionPtr MakeSequence(ExpressionKind kind, Expressions items, int line);
  ExpressionPtr ParseOr();
  ExpressionPtr ParseAnd();
  ExpressionPtr ParseNot();
  bool NextComparison(Comparison* comparison);
  ExpressionPtr ParseComparison();
  ExpressionPtr ParseSum();
  ExpressionPtr ParseConcat();
  ExpressionPtr ParseProduct();
  ExpressionPtr ParsePower();
  ExpressionPtr ParseUnary(bool with_filter);
  ExpressionPtr ParsePrimary();
  // A macro whose body names caller, varargs or kwargs takes them (Jinja2's macro flags).
  void NoteSpecialName(const std::string& name);
  ExpressionPtr ParseList(int line);
  ExpressionPtr ParseDict(int line);
  ExpressionPtr ParsePostfix(ExpressionPtr node);
  ExpressionPtr ParseSubscript(ExpressionPtr node);
  ExpressionPtr ParseIndex();
  CallArguments ParseArguments();
  ExpressionPtr ParseCall(ExpressionPtr callee);
  ExpressionPtr ParseFilterChain(ExpressionPtr node);
  std::string ParseDottedName();
  ExpressionPtr ParseTest(ExpressionPtr node);
  bool AtTestArgument() const;

  int depth_ = 0;
};

}  // namespace eider::jinja

#include "jinja/lexer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace eider::jinja {
namespace {

using ::testing::HasSubstr;

// The tokens as words, text in quotes.
std::string Words(std::string_view source, EnvironmentOptions options = {}) {
  Environment environment(options);
  std::string normalized = NormalizeSource(source, options);
  std::string out;
  for (const Token& token : Tokenize(normalized, "t.sql", environment)) {
    if (token.type == TokenType::kEnd) break;
    if (!out.empty()) out += ' ';
    switch (token.type) {
      case TokenType::kText:
        out += Value(token.text).Repr();
        break;
      case TokenType::kPrintBegin:
        out += "{{";
        break;
      case TokenType::kPrintEnd:
        out += "}}";
        break;
      case TokenType::kBlockBegin:
        out += "{%";
        break;
      case TokenType::kBlockEnd:
        out += "%}";
        break;
      case TokenType::kString:
        out += "s:" + token.text;
        break;
      case TokenType::kInteger:
      case TokenType::kFloat:
        out += token.number.Repr();
        break;
      default:
        out += token.text;
    }
  }
  return out;
}

Error ErrorOf(std::string_view source) {
  try {
    Words(source);
  } catch (const Error& error) {
    return error;
  }
  return Error(ErrorCode::kInternal, "no error");
}

TEST(LexerTest, CutsTagsIntoTokens) {
  EXPECT_EQ(Words("a {{ x.y[1] }} b"), "'a ' {{ x . y [ 1 ] }} ' b'");
  EXPECT_EQ(Words("{% if a<=b %}"), "{% if a <= b %}");
  EXPECT_EQ(Words("{{ 'a' \"b\" ~ 1_000 // 2.5e1 ** 0x1F }}"),
            "{{ s:a s:b ~ 1000 // 25.0 ** 31 }}");
}

TEST(LexerTest, BracketsKeepATagOpen) {
  EXPECT_EQ(Words("{{ {'a': {}}}}"), "{{ { s:a : { } } }}");
  EXPECT_EQ(Words("{{ '}}' }}"), "{{ s:}} }}");
}

TEST(LexerTest, StringsAreUnescaped) {
  EXPECT_EQ(Words(R"({{ '\x41\u00e9\'\n\q' }})"), "{{ s:Aé'\n\\q }}");
}

TEST(LexerTest, SignsStripTheTextAround) {
  EXPECT_EQ(Words("a \n {{- x -}} \n b"), "'a' {{ x }} 'b'");
  EXPECT_EQ(Words("a {#- c -#} b"), "'a' 'b'");
}

TEST(LexerTest, OptionsTrimBlocks) {
  EnvironmentOptions options;
  options.trim_blocks = options.lstrip_blocks = true;
  EXPECT_EQ(Words("  {% if x %}\ny\n  {% endif %}\n", options), "{% if x %} 'y\\n' {% endif %}");
  EXPECT_EQ(Words("  {%+ if x +%}\ny", options), "'  ' {% if x %} '\\ny'");
  EXPECT_EQ(Words("z  {% if x %}", options), "'z  ' {% if x %}");
}

TEST(LexerTest, RawAndCommentsHideTags) {
  EXPECT_EQ(Words("{% raw %}{{ x }}{% endraw %}"), "'{{ x }}'");
  EXPECT_EQ(Words("a{# {{ x }} #}b"), "'a' 'b'");
}

TEST(LexerTest, OneNewlineAtTheEndIsDropped) {
  EXPECT_EQ(Words("a\n\n"), "'a\\n'");
  EnvironmentOptions options;
  options.keep_trailing_newline = true;
  EXPECT_EQ(Words("a\r\n", options), "'a\\n'");
}

TEST(LexerTest, BodiesOfRawBlockTagsAreText) {
  Environment environment;
  environment.AddBlockTag({.tag = "docs", .end_tags = {"enddocs"}, .raw_body = true});
  auto tokens = Tokenize("{% docs a %}{{ x }}{% if %}{% enddocs %}", "t", environment);
  ASSERT_GT(tokens.size(), 4u);
  EXPECT_EQ(tokens[4].type, TokenType::kText);
  EXPECT_EQ(tokens[4].text, "{{ x }}{% if %}");
}

TEST(LexerTest, ErrorsNameTheLine) {
  Error unterminated = ErrorOf("a\n{# never closed");
  EXPECT_EQ(unterminated.message(), "Missing end of comment tag");
  EXPECT_EQ(unterminated.line(), 2);
  EXPECT_EQ(unterminated.file(), "t.sql");
  EXPECT_THAT(ErrorOf("{{ a ? b }}").message(), HasSubstr("unexpected char '?' at 5"));
  EXPECT_EQ(ErrorOf("{{ (a] }}").message(), "unexpected ']', expected ')'");
  EXPECT_EQ(ErrorOf("{{ a) }}").message(), "unexpected ')'");
  EXPECT_THAT(ErrorOf("{{ 99999999999999999999 }}").message(), HasSubstr("does not fit 64 bits"));
}

}  // namespace
}  // namespace eider::jinja

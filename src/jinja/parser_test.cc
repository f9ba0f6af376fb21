#include "jinja/parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace eider::jinja {
namespace {

using ::testing::HasSubstr;

Error ErrorOf(const std::string& source) {
  Environment environment;
  try {
    ParseTemplate(source, "t.sql", environment);
  } catch (const Error& error) {
    return error;
  }
  return Error(ErrorCode::kInternal, "no error");
}

TEST(ParserTest, ListsMacrosWithTheirPlaces) {
  Environment environment;
  std::string source =
      "-- head\n{% macro first(a, b=1 + 2, c='x') %}body{% endmacro %}\n{% macro second() %}"
      "{% macro inner() %}{% endmacro %}{% endmacro %}";
  ParsedTemplate parsed = ParseTemplate(source, "t.sql", environment);
  ASSERT_EQ(parsed.macros.size(), 2u);
  const MacroInfo& first = parsed.macros[0];
  EXPECT_EQ(first.name, "first");
  EXPECT_EQ(first.line, 2);
  EXPECT_EQ(source.substr(first.begin, first.end - first.begin),
            "{% macro first(a, b=1 + 2, c='x') %}body{% endmacro %}");
  EXPECT_EQ(source.substr(first.body_begin, first.body_end - first.body_begin), "body");
  ASSERT_EQ(first.parameters.size(), 3u);
  EXPECT_FALSE(first.parameters[0].has_default);
  EXPECT_EQ(first.parameters[1].default_source, "1 + 2");
  EXPECT_EQ(first.parameters[2].default_source, "'x'");
  EXPECT_EQ(parsed.macros[1].name, "second");
}

TEST(ParserTest, ReadsTheHeadersOfHostsBlocks) {
  Environment environment;
  environment.AddBlockTag({.tag = "materialization",
                           .end_tags = {"endmaterialization"},
                           .form = BlockForm::kOptions,
                           .macro_name = [](const BlockHeader& header) {
                             return "mat_" + header.name + "_" +
                                    (header.Option("adapter") ? header.Option("adapter")->Str()
                                                              : "default");
                           }});
  environment.AddBlockTag(
      {.tag = "test", .end_tags = {"endtest", "enddata_test"}, .form = BlockForm::kSignature});
  ParsedTemplate parsed = ParseTemplate(
      "{% materialization table, adapter='duckdb', supported_languages=['sql', 'python'] %}x"
      "{% endmaterialization %}{% test unique(model, n=1) %}y{% enddata_test %}",
      "t.sql", environment);
  ASSERT_EQ(parsed.macros.size(), 2u);
  EXPECT_EQ(parsed.macros[0].name, "mat_table_duckdb");
  EXPECT_EQ(parsed.macros[0].header.tag, "materialization");
  EXPECT_EQ(parsed.macros[0].header.Option("supported_languages")->Repr(), "['sql', 'python']");
  EXPECT_EQ(parsed.macros[0].header.Option("default"), nullptr);
  EXPECT_EQ(parsed.macros[1].name, "unique");
  EXPECT_EQ(parsed.macros[1].parameters.size(), 2u);
}

TEST(ParserTest, ErrorsSayWhatWasExpectedAndWhere) {
  Error error = ErrorOf("a\n{% if x %}\nb\n");
  EXPECT_EQ(error.code(), ErrorCode::kSyntax);
  EXPECT_THAT(error.message(), HasSubstr("'elif' or 'else' or 'endif'"));
  EXPECT_THAT(error.hint(), HasSubstr("The block 'if' begins on line 2"));
  EXPECT_THAT(ErrorOf("{% nosuch %}").message(), HasSubstr("Encountered unknown tag 'nosuch'."));
  EXPECT_THAT(ErrorOf("{% if x %}{% endfor %}").message(), HasSubstr("Jinja was looking for"));
  EXPECT_EQ(ErrorOf("\n\n{{ x | nosuch }}").message(), "No filter named 'nosuch'.");
  EXPECT_EQ(ErrorOf("\n\n{{ x | nosuch }}").line(), 3);
  EXPECT_EQ(ErrorOf("{{ x is nosuch }}").message(), "No test named 'nosuch'.");
  EXPECT_EQ(ErrorOf("{% set true = 1 %}").message(), "can't assign to 'const'");
  EXPECT_EQ(ErrorOf("{{ f(a=1, a=2) }}").message(), "keyword argument repeated: a");
  EXPECT_THAT(ErrorOf("{{ }}").message(), HasSubstr("Expected an expression"));
}

TEST(ParserTest, UnknownFiltersAreAnErrorOnlyWhereTheyAreReached) {
  Environment environment;
  EXPECT_NO_THROW(ParseTemplate("{% if false %}{{ x | nosuch }}{% endif %}", "t.sql", environment));
}

TEST(ParserTest, NestingIsLimited) {
  std::string deep = "{{ " + std::string(5000, '(') + "1" + std::string(5000, ')') + " }}";
  EXPECT_THAT(ErrorOf(deep).message(), HasSubstr("nested too deeply"));
  std::string blocks;
  for (int i = 0; i < 5000; ++i) blocks += "{% if x %}";
  EXPECT_THAT(ErrorOf(blocks).message(), HasSubstr("nested too deeply"));
}

}  // namespace
}  // namespace eider::jinja

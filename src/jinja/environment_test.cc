#include "jinja/environment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/error.h"

namespace eider::jinja {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(EnvironmentTest, RendersWithAContextThenTheGlobals) {
  Environment environment;
  environment.SetGlobal("x", "global");
  environment.SetGlobal("y", "global");
  EXPECT_EQ(environment.Compile("{{ x }} {{ y }}", "t")->Render(Dict{{"x", "context"}}),
            "context global");
}

TEST(EnvironmentTest, ResolversAreAskedOnlyForWhatIsUsed) {
  class Counting final : public Resolver {
   public:
    bool Find(std::string_view name, Value* value) const override {
      asked += std::string(name) + " ";
      *value = Value(1);
      return true;
    }
    mutable std::string asked;
  };
  Environment environment;
  Counting resolver;
  environment.Compile("{% if false %}{{ unused }}{% endif %}{{ used }}{{ used }}", "t")
      ->Render(resolver);
  EXPECT_EQ(resolver.asked, "used ");
}

TEST(EnvironmentTest, HostFiltersAndTestsAreFound) {
  Environment environment;
  environment.SetFilter("twice", [](State&, const Value& value, const Arguments&) {
    return Value(value.Str() + value.Str());
  });
  environment.SetTest(
      "short", [](State&, const Value& value, const Arguments&) { return value.Length() < 3; });
  EXPECT_EQ(
      environment
          .Compile("{{ 'ab' | twice }}{{ 'ab' is short }}{{ ['a'] | map('twice') | join }}", "t")
          ->Render(),
      "ababTrueaa");
}

TEST(EnvironmentTest, TheLoaderServesIncludesImportsAndInheritance) {
  Environment environment;
  int loads = 0;
  environment.SetLoader([&](const std::string& name) -> std::optional<std::string> {
    ++loads;
    if (name == "base") return "<{% block a %}base{% endblock %}>";
    if (name == "macros") return "{% macro m(x) %}[{{ x }}]{% endmacro %}";
    if (name == "part") return "{{ v }}";
    return std::nullopt;
  });
  auto source = environment.Compile(
      "{% extends 'base' %}{% from 'macros' import m %}{% block a %}{{ super() }}{{ m(1) }}"
      "{% with v = 2 %}{% include 'part' %}{% endwith %}{% endblock %}",
      "t");
  EXPECT_EQ(source->Render(), "<base[1]2>");
  EXPECT_EQ(source->Render(), "<base[1]2>");
  EXPECT_EQ(loads, 3);
  try {
    environment.Compile("{% include 'nosuch' %}", "t")->Render();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kNotFound);
    EXPECT_THAT(error.message(), HasSubstr("'nosuch'"));
  }
}

TEST(EnvironmentTest, TheHookMakesUndefinedNames) {
  Environment environment;
  environment.SetUndefinedHook([](const std::string& name) { return Value("<" + name + ">"); });
  EXPECT_EQ(environment.Compile("{{ a }}", "t")->Render(), "<a>");
}

TEST(TemplateTest, NativeRenderingKeepsValues) {
  Environment environment;
  auto native = [&](const std::string& source, bool literal_eval) {
    Dict context{{"l", Value::List({1})}, {"n", 5}};
    return environment.Compile(source, "t")
        ->RenderNative(DictResolver(context), literal_eval)
        .Repr();
  };
  EXPECT_EQ(native("{{ l }}", false), "[1]");
  EXPECT_EQ(native("{{ n }}", false), "5");
  EXPECT_EQ(native("{{ n }}{{ n }}", false), "'55'");
  EXPECT_EQ(native("{{ n }}{{ n }}", true), "55");
  EXPECT_EQ(native("[{{ n }}]", true), "[5]");
  EXPECT_EQ(native("text", true), "'text'");
  EXPECT_EQ(native("", false), "''");
}

TEST(TemplateTest, ModulesExportTheirTopLevel) {
  Environment environment;
  auto module = environment
                    .Compile(
                        "text{% set a = 1 %}{% set _b = 2 %}{% macro m(x) %}{{ x }}{{ a }}"
                        "{% endmacro %}",
                        "t")
                    ->MakeModule(DictResolver({}));
  EXPECT_EQ(module->text(), "text");
  EXPECT_EQ(*module->Find("a"), Value(1));
  EXPECT_FALSE(module->Find("_b"));
  EXPECT_EQ(module->Exports().size(), 2u);
  EXPECT_EQ(environment.Compile("{{ m('x') }}", "u")->Render(Dict{{"m", *module->Find("m")}}),
            "x1");
}

TEST(TemplateTest, BoundMacrosResolveNamesWhereTheyAreCalled) {
  Environment environment;
  auto macros = environment.Compile(
      "{% set suffix = '!' %}{% macro greet(who='you') %}{{ hello }} {{ who }}{{ suffix }}{{ "
      "other() }}"
      "{% endmacro %}{% macro other() %}own{% endmacro %}",
      "macros.sql");
  ASSERT_NE(macros->FindMacro("greet"), nullptr);
  Value greet = macros->BindMacro(*macros->FindMacro("greet"));
  Dict context{{"greet", greet}, {"hello", "Hi"}};
  context.Set(Value("other"), Value::Function("other", [](State&, const Arguments&) {
                return Value(" (found in the context)");
              }));
  auto source = environment.Compile("{% set suffix = '?' %}{{ greet('Ada') }}", "model.sql");
  EXPECT_EQ(source->Render(context), "Hi Ada! (found in the context)");
  EXPECT_EQ(
      environment
          .Compile("{{ greet.name }}{{ greet.arguments }}{{ greet.defaults }}{{ greet }}", "t")
          ->Render(context),
      "greet('who',)('you',)<Macro 'greet'>");
}

TEST(TemplateTest, BoundMacrosTellTheirFileInErrors) {
  Environment environment;
  auto macros =
      environment.Compile("\n{% macro m() %}\n{{ nothing.x }}{% endmacro %}", "macros.sql");
  Dict context{{"m", macros->BindMacro(*macros->FindMacro("m"))}};
  try {
    environment.Compile("{{ m() }}", "model.sql")->Render(context);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.file(), "macros.sql");
    EXPECT_EQ(error.line(), 3);
    EXPECT_EQ(error.hint(), "in macro m (macros.sql:3)\nin template (model.sql:1)");
  }
}

TEST(TemplateTest, CallsAreFoundWithoutRunning) {
  Environment environment;
  auto source = environment.Compile(
      "{{ config(materialized='table', tags=['a', 1], meta={'k': -2}) }}\n"
      "{% if x %}{{ ref('a') }}{% endif %}{{ adapter.dispatch('m', 'p')(ref(var('v'))) }}"
      "{% macro m(d=ref('b')) %}{{ source('s', 't', *more) }}{% endmacro %}"
      "{{ ref('c') if y() else ref(name) }}",
      "t");
  std::vector<std::string> seen;
  source->VisitCalls([&](const CallSite& site) {
    std::string text = site.function + "(";
    for (const Value& value : site.arguments.positional) text += value.Repr() + ",";
    for (const auto& [name, value] : site.arguments.keyword)
      text += name + "=" + value.Repr() + ",";
    text += ")";
    if (site.conditional) text += " conditional";
    if (!site.constant) text += " variable";
    if (site.unpacks) text += " unpacks";
    if (!site.macro.empty()) text += " in " + std::string(site.macro);
    seen.push_back(text + " line " + std::to_string(site.line));
    EXPECT_EQ(source->source().compare(site.offset,
                                       site.function.substr(0, site.function.find('.')).size(),
                                       site.function.substr(0, site.function.find('.'))),
              0);
  });
  EXPECT_THAT(
      seen,
      ElementsAre("config(materialized='table',tags=['a', 1],meta={'k': -2},) line 1",
                  "ref('a',) conditional line 2", "adapter.dispatch('m','p',) line 2",
                  "ref(Undefined,) variable line 2", "var('v',) line 2", "ref('b',) in m line 2",
                  "source('s','t',) variable unpacks in m line 2", "ref('c',) conditional line 2",
                  "y() line 2", "ref(Undefined,) conditional variable line 2"));
}

TEST(TemplateTest, PlainTextIsKnown) {
  Environment environment;
  EXPECT_TRUE(environment.Compile("select {1} %", "t")->IsPlainText());
  EXPECT_FALSE(environment.Compile("{# c #}", "t")->IsPlainText());
  EXPECT_FALSE(environment.Compile("{{ 1 }}", "t")->IsPlainText());
}

TEST(TemplateTest, OneTemplateRendersInManyThreads) {
  Environment environment;
  auto macros =
      environment.Compile("{% set k = 3 %}{% macro m(x) %}{{ x * k }}{% endmacro %}", "m");
  Value m = macros->BindMacro(*macros->FindMacro("m"));
  auto source = environment.Compile("{% for i in range(50) %}{{ m(i) }},{% endfor %}", "t");
  std::string expected = source->Render(Dict{{"m", m}});
  std::vector<std::thread> threads;
  std::atomic<int> same = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 50; ++j) same += source->Render(Dict{{"m", m}}) == expected;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(same, 200);
}

TEST(LiteralEvalTest, ReadsPythonsLiteralsOnly) {
  auto eval = [](std::string_view text) {
    auto value = LiteralEval(text);
    return value ? value->Repr() : "no literal";
  };
  EXPECT_EQ(eval(" [1, 'a', None, True, (2.5,), {'k': -1}] "),
            "[1, 'a', None, True, (2.5,), {'k': -1}]");
  EXPECT_EQ(eval("'a' \"b\""), "'ab'");
  EXPECT_EQ(eval("'\\x41\\n'"), "'A\\n'");
  EXPECT_EQ(eval("1, 2"), "(1, 2)");
  EXPECT_EQ(eval("0x1F"), "31");
  EXPECT_EQ(eval("1e3"), "1000.0");
  for (const char* text : {"", "a", "true", "1 + 1", "007", "[1", "f()", "1 2", "--1", "'a", "{1}",
                           "99999999999999999999", "{[]: 1}", "1.2.3"}) {
    EXPECT_EQ(eval(text), "no literal") << text;
  }
}

}  // namespace
}  // namespace eider::jinja

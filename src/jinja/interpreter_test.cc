#include "jinja/interpreter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace eider::jinja {
namespace {

using ::testing::HasSubstr;

std::string Render(const std::string& source, Dict context = {}, EnvironmentOptions options = {}) {
  options.loop_controls = true;
  Environment environment(options);
  return environment.Compile(source, "t.sql")->Render(std::move(context));
}

Error ErrorOf(const std::string& source, Dict context = {}, EnvironmentOptions options = {}) {
  try {
    Render(source, std::move(context), options);
  } catch (const Error& error) {
    return error;
  }
  return Error(ErrorCode::kInternal, "no error");
}

TEST(InterpreterTest, ScopesAreJinjas) {
  EXPECT_EQ(Render("{% set x = 1 %}{% for i in [2, 3] %}{% set x = i %}{{ x }}{% endfor %}{{ x }}"),
            "231");
  EXPECT_EQ(Render("{% if true %}{% set x = 1 %}{% endif %}{{ x }}"), "1");
  EXPECT_EQ(Render("{% with x = 1 %}{{ x }}{% endwith %}{{ x }}"), "1");
  // Assigned later, the name is the template's own from the start.
  EXPECT_EQ(Render("{% macro m() %}{{ x }}{% endmacro %}{{ m() }}{% set x = 5 %}{{ m() }}",
                   Dict{{"x", "context"}}),
            "5");
  EXPECT_EQ(Render("{{ x }}{% set x = 5 %}{{ x }}", Dict{{"x", "context"}}), "context5");
}

TEST(InterpreterTest, NamespacesCrossScopes) {
  EXPECT_EQ(Render("{% set n = namespace(c=0) %}{% for i in [1, 2] %}{% set n.c = n.c + i %}"
                   "{% endfor %}{{ n.c }}"),
            "3");
}

TEST(InterpreterTest, LoopsKnowTheirPlace) {
  EXPECT_EQ(
      Render("{% for i in 'abc' %}{{ loop.index }}{{ i }}{{ ',' if not loop.last }}{% endfor %}"),
      "1a,2b,3c");
  EXPECT_EQ(
      Render("{% for i in [1, 2, 3, 4] if i is even %}{{ loop.length }}:{{ i }} {% endfor %}"),
      "2:2 2:4 ");
  EXPECT_EQ(Render("{% for i in [1, [2, [3]]] recursive %}{{ loop(i) if i is iterable else i }}"
                   "{% endfor %}"),
            "123");
}

TEST(InterpreterTest, ListsMayGrowWhileTheyAreGoneThrough) {
  EXPECT_EQ(Render("{% set l = [3] %}{% for i in l %}{{ i }}{% if i %}{% do l.append(i - 1) %}"
                   "{% endif %}{% endfor %}"),
            "3210");
  EXPECT_EQ(ErrorOf("{% set d = {'a': 1} %}{% for k in d %}{% do d.update({k ~ 'x': 1}) %}"
                    "{% endfor %}")
                .message(),
            "dictionary changed size during iteration");
}

TEST(InterpreterTest, MacrosTakeArgumentsAsJinjasDo) {
  EXPECT_EQ(Render("{% macro m(a, b=a ~ '!') %}{{ a }}{{ b }}{{ varargs }}{{ kwargs }}"
                   "{% endmacro %}{{ m(1) }} {{ m(1, 2, 3, c=4) }}"),
            "11!(){} 12(3,){'c': 4}");
  EXPECT_EQ(ErrorOf("{% macro m(a) %}{% endmacro %}{{ m(1, 2) }}").message(),
            "macro 'm' takes not more than 1 argument(s)");
  EXPECT_EQ(ErrorOf("{% macro m(a) %}{% endmacro %}{{ m(z=2) }}").message(),
            "macro 'm' takes no keyword argument 'z'");
}

TEST(InterpreterTest, CallBlocksSeeWhatIsAroundThem) {
  EXPECT_EQ(Render("{% macro m() %}<{{ caller(7) }}>{% endmacro %}{% set y = 1 %}"
                   "{% call(x) m() %}{{ x }}{{ y }}{% endcall %}"),
            "<71>");
}

TEST(InterpreterTest, MacrosMayOutliveTheFunctionThatDefinesThem) {
  EXPECT_EQ(Render("{% set n = namespace() %}{% macro make(x) %}{% macro inner() %}{{ x }}"
                   "{% endmacro %}{% set n.f = inner %}{% endmacro %}{% do make(5) %}{{ n.f() }}"),
            "5");
}

TEST(InterpreterTest, ReturnEndsAMacroWithAnyValue) {
  EnvironmentOptions options;
  options.return_function = true;
  EXPECT_EQ(Render("{% macro m() %}text{% for i in [1, 2] %}{{ return([i, 'x']) }}{% endfor %}"
                   "{% endmacro %}{{ m()[0] + 1 }}",
                   {}, options),
            "2");
  // In the middle of an expression, too.
  EXPECT_EQ(Render("{% macro m() %}{{ 1 + return(5) }}{% endmacro %}{{ m() }}", {}, options), "5");
  // In a call block it ends the macro that called back.
  EXPECT_EQ(Render("{% macro wrap() %}a{{ caller() }}b{% endmacro %}{% macro m() %}<"
                   "{% call wrap() %}{% do return(9) %}{% endcall %}>{% endmacro %}{{ m() }}",
                   {}, options),
            "<9>");
  EXPECT_THAT(ErrorOf("{{ return(1) }}", {}, options).message(), HasSubstr("outside of a macro"));
}

TEST(InterpreterTest, ErrorsTellTheMacroStack) {
  Error error = ErrorOf(
      "{% macro inner(x) %}\n{{ x.y.z }}\n{% endmacro %}\n"
      "{% macro outer() %}{{ inner(none) }}{% endmacro %}\n\n{{ outer() }}");
  EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(error.message(), "'None' has no attribute 'y'");
  EXPECT_EQ(error.file(), "t.sql");
  EXPECT_EQ(error.line(), 2);
  EXPECT_EQ(error.hint(),
            "in macro inner (t.sql:2)\nin macro outer (t.sql:4)\nin template (t.sql:6)");
}

TEST(InterpreterTest, ErrorsOfTheHostKeepTheirCode) {
  Environment environment;
  environment.SetGlobal("fail", Value::Function("fail", [](State&, const Arguments&) -> Value {
                          throw Error(ErrorCode::kNotFound, "no such relation");
                        }));
  try {
    environment.Compile("\n{{ fail() }}", "t.sql")->Render();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kNotFound);
    EXPECT_EQ(std::string(error.what()), "t.sql:2: no such relation");
  }
}

TEST(InterpreterTest, EndlessRecursionIsAnError) {
  Error error = ErrorOf("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}");
  EXPECT_THAT(error.message(), HasSubstr("maximum recursion depth exceeded"));
  EXPECT_THAT(error.hint(), HasSubstr("Does it call or include itself"));
  EnvironmentOptions unlimited;
  unlimited.recursion_limit = 1 << 30;  // the stack still ends it
  EXPECT_THAT(ErrorOf("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", {}, unlimited).message(),
              HasSubstr("maximum recursion depth exceeded"));
}

TEST(InterpreterTest, UndefinedModes) {
  EXPECT_EQ(Render("{{ x }}{{ x is defined }}"), "False");
  EXPECT_EQ(ErrorOf("{{ x.y }}").message(), "'x' is undefined");
  EnvironmentOptions options;
  options.undefined = UndefinedMode::kStrict;
  EXPECT_EQ(ErrorOf("{{ x }}", {}, options).message(), "'x' is undefined");
  options.undefined = UndefinedMode::kChainable;
  EXPECT_EQ(Render("{{ x.y.z }}", {}, options), "");
  EXPECT_EQ(ErrorOf("{{ x.y() }}", {}, options).message(), "'x' is undefined");
  options.undefined = UndefinedMode::kPermissive;
  EXPECT_EQ(Render("{{ x.y(1).z }}", {}, options), "");
}

TEST(InterpreterTest, BreakAndContinueLeaveInnerScopes) {
  EXPECT_EQ(
      Render("{% for i in [1, 2, 3] %}{% with a = i %}{% if a == 2 %}{% continue %}{% endif %}"
             "{% endwith %}{{ i }}{% endfor %}"),
      "13");
}

TEST(InterpreterTest, AutoescapingKeepsMacrosSafe) {
  EnvironmentOptions options;
  options.autoescape = true;
  EXPECT_EQ(
      Render("{% macro m(x) %}<b>{{ x }}</b>{% endmacro %}{{ m('<') }}{{ '<' }}", {}, options),
      "<b>&lt;</b>&lt;");
}

// A host object, as a relation or an adapter is one.
class Counter final : public Object {
 public:
  std::string TypeName() const override { return "Counter"; }
  std::optional<Value> GetAttribute(State&, std::string_view name) override {
    return name == "count" ? std::optional<Value>(count_) : std::nullopt;
  }
  std::optional<Value> CallMethod(State&, std::string_view name,
                                  const Arguments& arguments) override {
    if (name != "add") return std::nullopt;
    BoundArguments bound("add", arguments, {"by"});
    count_ += bound.Int(0, 1);
    return Value(count_);
  }

 private:
  int64_t count_ = 0;
};

TEST(InterpreterTest, HostObjectsAreCalledAndRead) {
  Dict context{{"c", Value(std::make_shared<Counter>())}};
  EXPECT_EQ(Render("{{ c.add() }}{{ c.add(by=4) }}{{ c.count }}{{ c.nosuch is defined }}", context),
            "155False");
  EXPECT_EQ(ErrorOf("{{ c.nosuch() }}", context).message(),
            "'Counter object' has no attribute 'nosuch'");
  EXPECT_EQ(ErrorOf("{{ c() }}", context).message(), "'Counter' object is not callable");
}

TEST(InterpreterTest, FunctionsSeeNamesAsTheCallerDoes) {
  Environment environment;
  environment.SetGlobal("find", Value::Function("find", [](State& state, const Arguments& a) {
                          Value value;
                          return state.FindName(a.positional[0].AsString(), &value) ? value
                                                                                    : Value("?");
                        }));
  auto source = environment.Compile(
      "{% set top = 1 %}{% for i in [2] %}{{ find('i') }}{{ find('top') }}{{ find('given') }}"
      "{{ find('none') }}{% endfor %}{{ find('i') }}",
      "t.sql");
  EXPECT_EQ(source->Render(Dict{{"given", "g"}}), "21g??");
}

}  // namespace
}  // namespace eider::jinja

#include "dbt/python_datetime.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "dbt/base_context.h"
#include "dbt/environment.h"

namespace eider::dbt {
namespace {

std::string Render(const std::string& text) {
  jinja::Dict context;
  context.Set("modules", MakeModules());
  context.Set("started", MakeDatetime(1'577'934'245'000'678));  // 2020-01-02 03:04:05.000678
  return RunEnvironment().Compile(text, "test.sql")->Render(std::move(context));
}

struct Case {
  const char* text;
  const char* printed;
};

// What Python 3.11 prints.
constexpr Case kCases[] = {
    {"{{ started }}", "2020-01-02 03:04:05.000678+00:00"},
    {"{{ started.isoformat() }}", "2020-01-02T03:04:05.000678+00:00"},
    {"{{ started.strftime('%Y-%m-%d %H:%M:%S.%f %j %a %A %b %B %p %y %z') }}",
     "2020-01-02 03:04:05.000678 002 Thu Thursday Jan January AM 20 +0000"},
    {"{{ started.strftime('%-d/%-m %I %%') }}", "2/1 03 %"},
    {"{{ started.year }}{{ started.month }}{{ started.day }}", "202012"},
    {"{{ started.date() }}", "2020-01-02"},
    {"{{ started.weekday() }} {{ started.isoweekday() }}", "3 4"},
    {"{{ started.timestamp() }}", "1577934245.000678"},
    {"{{ started.replace(day=29, month=2) }}", "2020-02-29 03:04:05.000678+00:00"},
    {"{{ modules.datetime.datetime(2024, 2, 29) }}", "2024-02-29 00:00:00"},
    {"{{ modules.datetime.date(2024, 2, 28) + modules.datetime.timedelta(days=2) }}", "2024-03-01"},
    {"{{ modules.datetime.datetime(2024, 1, 1) - modules.datetime.timedelta(hours=1) }}",
     "2023-12-31 23:00:00"},
    {"{{ (modules.datetime.date(2024, 3, 1) - modules.datetime.date(2024, 2, 1)).days }}", "29"},
    {"{{ modules.datetime.datetime(2024, 1, 2) > modules.datetime.datetime(2024, 1, 1) }}", "True"},
    {"{{ modules.datetime.datetime.strptime('03 Feb 2021 17:05', '%d %b %Y %H:%M') }}",
     "2021-02-03 17:05:00"},
    {"{{ modules.datetime.datetime.fromisoformat('2021-02-03T04:05:06') }}", "2021-02-03 04:05:06"},
    {"{{ modules.datetime.timedelta(days=1, hours=2, seconds=3) }}", "1 day, 2:00:03"},
    {"{{ modules.datetime.timedelta(minutes=90).total_seconds() }}", "5400.0"},
    {"{{ started.astimezone(modules.pytz.utc) == started }}", "True"},
    {"{{ modules.re.match('(\\\\d+)-(?P<word>\\\\w+)', '12-ab').group('word') }}", "ab"},
    {"{{ modules.re.search('x', 'abc') is none }}", "True"},
    {"{{ modules.re.sub('[^a-z]+', '_', 'a b--c') }}", "a_b_c"},
    {"{{ modules.re.sub('(a)(b)', '\\\\2\\\\1', 'abab') }}", "baba"},
    {"{{ modules.re.findall('[0-9]+', 'a1b22') }}", "['1', '22']"},
    {"{{ modules.re.split(',\\\\s*', 'a, b,c') }}", "['a', 'b', 'c']"},
    {"{{ modules.re.compile('A', modules.re.IGNORECASE).search('xa').start() }}", "1"},
    {"{{ modules.itertools.product([1, 2], ['a']) | list }}", "[(1, 'a'), (2, 'a')]"},
    {"{{ modules.itertools.chain([1], [2, 3]) | list }}", "[1, 2, 3]"},
    {"{{ modules.itertools.combinations([1, 2, 3], 2) | list }}", "[(1, 2), (1, 3), (2, 3)]"},
};

TEST(PythonModules, PrintWhatPythonPrints) {
  for (const auto& [text, printed] : kCases) EXPECT_EQ(Render(text), printed) << text;
}

TEST(PythonModules, FaultsAreTold) {
  for (const char* text :
       {"{{ modules.datetime.datetime(2023, 2, 29) }}",
        "{{ modules.datetime.datetime.strptime('x', '%Y') }}", "{{ modules.re.match('(', 'x') }}",
        "{{ modules.pytz.timezone('Europe/Berlin') }}"}) {
    EXPECT_THROW(Render(text), Error) << text;
  }
}

}  // namespace
}  // namespace eider::dbt

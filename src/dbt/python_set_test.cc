#include "dbt/python_set.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "dbt/environment.h"

namespace eider::dbt {
namespace {

using jinja::Arguments;
using jinja::Dict;
using jinja::State;
using jinja::Value;

std::string Render(const std::string& text) {
  Dict context{{"set", Value::Function("set", [](State&, const Arguments& arguments) {
                  return PythonSet::Make(arguments.positional[0]);
                })}};
  return RunEnvironment().Compile(text, "test.sql")->Render(std::move(context));
}

TEST(PythonSetTest, ComparesWithoutRegardToOrder) {
  EXPECT_EQ(Render("{{ set([1, 2, 1]) == set([2, 1]) }} {{ set([1]) != set([1, 2]) }} "
                   "{{ set([1]) == [1] }}"),
            "True True False");
}

TEST(PythonSetTest, HoldsEachItemOnce) {
  EXPECT_EQ(
      Render("{% set s = set('abab') %}{{ s }} {{ s | length }} {{ 'a' in s }} {{ 'c' in s }} "
             "{{ s | sort | join }} {{ set([]) }} {{ 'full' if set([]) else 'empty' }}"),
      "{'a', 'b'} 2 True False ab set() empty");
}

TEST(PythonSetTest, HasPythonsMethods) {
  EXPECT_EQ(Render("{% set s = set([1, 2, 3]) %}{% set t = set([3, 4]) %}"
                   "{{ s - t }} {{ s.difference([1]) }} {{ s.union(t, [9]) }} "
                   "{{ s.intersection(t) }} {{ s.symmetric_difference(t) }} "
                   "{{ s.issubset([1, 2, 3, 4]) }} {{ s.issuperset(t) }} {{ s.isdisjoint([7]) }}"),
            "{1, 2} {2, 3} {1, 2, 3, 4, 9} {3} {1, 2, 4} True False True");
  EXPECT_EQ(Render("{% set s = set([1]) %}{% do s.add(2) %}{% do s.update([3]) %}"
                   "{% do s.discard(1) %}{% do s.discard(7) %}{{ s }}"),
            "{2, 3}");
  EXPECT_THROW(Render("{% do set([1]).remove(2) %}"), Error);
  EXPECT_THROW(Render("{{ set([[1]]) }}"), Error);
}

}  // namespace
}  // namespace eider::dbt

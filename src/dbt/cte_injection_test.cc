#include "dbt/cte_injection.h"

#include <gtest/gtest.h>

namespace eider::dbt {
namespace {

const std::vector<InjectedCte> kCtes = {{"model.p.a", " __dbt__cte__a as (\nselect 1\n)"},
                                        {"model.p.b", " __dbt__cte__b as (\nselect 2\n)"}};

TEST(CteInjectionTest, PutsAWithBeforeAQueryThatHasNone) {
  EXPECT_EQ(InjectCtes("select * from __dbt__cte__a", {kCtes[0]}),
            "with __dbt__cte__a as (\nselect 1\n) select * from __dbt__cte__a");
}

TEST(CteInjectionTest, JoinsAWithThatIsThere) {
  EXPECT_EQ(
      InjectCtes("-- with\nWITH x as (select 1) select 2", kCtes),
      "-- with\nWITH __dbt__cte__a as (\nselect 1\n),  __dbt__cte__b as (\nselect 2\n),  x as "
      "(select 1) select 2");
  EXPECT_EQ(InjectCtes("with recursive r as (select 1) select 2", {kCtes[0]}),
            "with recursive __dbt__cte__a as (\nselect 1\n),  r as (select 1) select 2");
}

TEST(CteInjectionTest, KnowsAWithFromAName) {
  EXPECT_EQ(InjectCtes("within", {kCtes[0]}), "with __dbt__cte__a as (\nselect 1\n) within");
  EXPECT_EQ(InjectCtes("/* a */ select 1", {kCtes[0]}),
            "/* a */ with __dbt__cte__a as (\nselect 1\n) select 1");
}

TEST(CteInjectionTest, LeavesAQueryWithoutCtesAlone) {
  EXPECT_EQ(InjectCtes("select 1", {}), "select 1");
}

}  // namespace
}  // namespace eider::dbt

// Ephemeral models inside the queries that refer to them.
#pragma once

#include <string>
#include <vector>

#include "dbt/node.h"

namespace eider::dbt {

// `sql` with `ctes` ("__dbt__cte__a as (..)" each) put before its own common table expressions, or
// before all of it where it has none.
std::string InjectCtes(const std::string& sql, const std::vector<InjectedCte>& ctes);

}  // namespace eider::dbt

// Whether a test passed.
#pragma once

#include "dbt/node.h"
#include "dbt/run_results.h"
#include "dbt/table.h"

namespace eider::dbt {

// Sets status, failures and message of `result` from the one row a test's query gives: failures,
// should_warn, should_error. `warn_error` makes failures of warnings. Throws kInvalidArgument where
// the query gives something else.
void JudgeTest(const Node& test, const Table& table, bool warn_error, NodeResult& result);

}  // namespace eider::dbt

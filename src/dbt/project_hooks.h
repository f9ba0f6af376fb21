// on-run-start and on-run-end.
#pragma once

#include <string>
#include <vector>

#include "dbt/compiler.h"
#include "dbt/run_results.h"

namespace eider::dbt {

// Runs the hooks of `phase` ("on-run-start", "on-run-end"), the root project's first, each outside
// of a transaction, and adds their results to `results`. After one that fails the rest are skipped.
// Returns whether all went well. At the end of a run hooks see `schemas`, `database_schemas` and
// `results` of the nodes in `results`.
bool RunProjectHooks(Compiler& compiler, const std::string& phase, RunResults& results);

}  // namespace eider::dbt

// The lines before and after the nodes of a run.
#pragma once

#include <map>
#include <set>
#include <string>

#include "dbt/events.h"
#include "dbt/manifest.h"
#include "dbt/run_results.h"

namespace eider::cli {

// "5 models, 3 seeds, 20 data tests, 497 macros".
std::string ResourceCounts(const dbt::Manifest& manifest);

// "3 seeds, 5 table models, 20 data tests": the nodes that ran.
std::string ResultCounts(const dbt::RunResults& results, const dbt::Manifest& manifest);

// "3 seeds", "1 seed", "2 analyses".
std::string Counted(int64_t count, const std::string& noun);

// " in 0 hours 0 minutes and 0.10 seconds".
std::string Duration(double seconds);

// "Found ..", and "Concurrency: .." between empty lines.
void EmitFound(dbt::EventSink& sink, const dbt::Manifest& manifest);
void EmitConcurrency(dbt::EventSink& sink, const dbt::Config& config, size_t nodes);

// "Finished running ..", the outcome, every failure and warning with its compiled code's path, and
// "Done. PASS=.. ".
void EmitSummary(dbt::EventSink& sink, const dbt::RunResults& results,
                 const dbt::Manifest& manifest);

}  // namespace eider::cli

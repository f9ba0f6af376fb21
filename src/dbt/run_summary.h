// What is told at the end of a run.
#pragma once

#include "dbt/events.h"
#include "dbt/manifest.h"
#include "dbt/run_results.h"

namespace eider::dbt {

// "Finished running 3 seeds, 2 table models, .. in 0 hours 0 minutes and 1.18 seconds (1.18s)."
void EmitFinished(EventSink& sink, const Manifest& manifest, const RunResults& results);

// "Completed successfully" or the list of what went wrong, and the line of counts.
void EmitSummary(EventSink& sink, const Manifest& manifest, const RunResults& results);

}  // namespace eider::dbt

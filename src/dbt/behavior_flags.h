// `adapter.behavior`: the switches by which dbt's adapters change their ways, set under `flags:` of
// dbt_project.yml.
#pragma once

#include "dbt/config.h"
#include "jinja/value.h"

namespace eider::dbt {

// enable_truthy_nulls_equals_macro and require_batched_execution_for_custom_microbatch_strategy,
// both off by default. Each is true or false by itself, and has `setting` and `no_warn`.
jinja::Value BehaviorFlags(const Config& config);

}  // namespace eider::dbt

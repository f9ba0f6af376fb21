// The template environments of dbt: the template language with dbt's block tags, filters and
// return(). All three are made once and shared by every thread.
#pragma once

#include "jinja/environment.h"

namespace eider::dbt {

// Parsing: an undefined name passes through every use, since execution may define it.
const jinja::Environment& ParseEnvironment();
// Execution: an undefined name prints as "" and fails when more is asked of it.
const jinja::Environment& RunEnvironment();
// Values of YAML files: as RunEnvironment, with filters as_bool, as_number and as_native
// converting.
const jinja::Environment& NativeEnvironment();

}  // namespace eider::dbt

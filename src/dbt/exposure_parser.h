// Exposures and groups of property files.
#pragma once

#include <vector>

#include "dbt/parse_state.h"
#include "dbt/property_file.h"

namespace eider::dbt {

// Adds the exposures, enabled ones and others, to the manifest; their references are resolved
// later. Throws with file and line.
void ParseExposures(ParseState& state, const std::vector<PropertyFile>& files);

void ParseGroups(ParseState& state, const std::vector<PropertyFile>& files);

}  // namespace eider::dbt

// "Found 5 models, 3 seeds, 20 data tests, 497 macros".
#pragma once

#include <cstdint>
#include <string>

#include "dbt/events.h"
#include "dbt/manifest.h"

namespace eider::cli {

// "5 models, 3 seeds, 20 data tests, 497 macros".
std::string ResourceCounts(const dbt::Manifest& manifest);

// "3 seeds", "1 seed", "2 analyses".
std::string Counted(int64_t count, const std::string& noun);

// Tells what the project holds.
void EmitFound(dbt::EventSink& sink, const dbt::Manifest& manifest);

}  // namespace eider::cli

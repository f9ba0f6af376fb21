// JSON text as Python's json.dumps writes it: ", " and ": " between, ASCII only.
#pragma once

#include <string>

#include "base/json.h"

namespace eider::dbt {

std::string DumpPythonJson(const Json& value, bool sort_keys = false);

}  // namespace eider::dbt

// Errors as dbt words them on behalf of a node.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "dbt/node.h"

namespace eider::dbt {

// "Compilation Error in model a (models/a.sql)\n  <message>", each line of the message indented by
// two, then where it stands, what to do and the macros it came through. What templates raise is a
// Compilation Error; what the warehouse raises is a Runtime Error, told without the macros that
// every statement goes through. `names` are those an undefined name may have meant.
std::string NodeErrorMessage(const Node& node, const Error& error,
                             const std::vector<std::string>& names = {});

}  // namespace eider::dbt

// Errors as dbt words them on behalf of a node.
#pragma once

#include <string>

#include "base/error.h"
#include "dbt/node.h"

namespace eider::dbt {

// "Compilation Error in model a (models/a.sql)\n  <message>\n  <where>\n  <hint>", each line of the
// message indented by two. What templates raise is a Compilation Error, what the warehouse raises a
// Runtime Error.
std::string NodeErrorMessage(const Node& node, const Error& error);

}  // namespace eider::dbt

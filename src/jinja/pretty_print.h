// Values laid out over several lines, as Python's pprint does.
#pragma once

#include <string>

#include "jinja/value.h"

namespace eider::jinja {

// pprint.pformat(value): 80 columns, the keys of dicts sorted.
std::string PrettyPrint(const Value& value);

}  // namespace eider::jinja

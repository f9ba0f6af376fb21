// Python's three ways to format: % on strings, str.format, and the format specification of one
// value.
#pragma once

#include <string>
#include <string_view>

#include "jinja/object.h"
#include "jinja/value.h"

namespace eider::jinja {

// format(value, specification), the mini-language: "[[fill]align][sign][#][0][width][,][.n][type]".
std::string FormatValue(const Value& value, std::string_view specification);

// `format % arguments`. A safe format escapes what is put into it and stays safe.
Value PercentFormat(State& state, const Value& format, const Value& arguments);

// format.format(*positional, **keyword), safe formats as above.
Value FormatText(State& state, const Value& format, const Arguments& arguments);

}  // namespace eider::jinja

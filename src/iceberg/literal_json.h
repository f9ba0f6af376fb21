// Single values in JSON: "JSON single-value serialization" (Appendix D of the table spec), and the
// shorter forms in which clients write the constants of filters.
#pragma once

#include <optional>
#include <string>

#include "base/json.h"
#include "iceberg/literal.h"

namespace eider::iceberg {

// A constant that is compared with values of `type`. Dates, times and timestamps may be numbers, of
// days and microseconds. nullopt where the constant is none of the values that `type` has, or
// cannot be told: such a comparison is left to whoever reads the rows. Throws kInvalidArgument for
// what cannot be compared with the type at all.
std::optional<Literal> LiteralFromJson(const Type& type, const Json& json);

// Appends the JSON text of a value, which may be null. NaN and infinities, for which JSON has no
// numbers, are written as strings, as the reference implementation does.
void AppendLiteral(const Type& type, const Literal& literal, std::string& text);
// Appends a JSON string.
void AppendJsonString(std::string_view value, std::string& text);

// For messages: not longer than people read.
std::string ShownJson(const Json& json);

}  // namespace eider::iceberg

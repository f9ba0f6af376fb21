// The names of properties as users write them.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace eider::catalog {

// The one of `names` that is meant: in any case, and with "_" for "-" and "." where those cannot be
// written (ATTACH options, YAML in dbt's manner). "" for none.
std::string FindPropertyName(std::string_view written, std::span<const std::string_view> names);
// The same; throws kInvalidArgument, which says what has no such property ("REST catalogs").
std::string RequirePropertyName(std::string_view written, std::span<const std::string_view> names,
                                const char* owner);

}  // namespace eider::catalog

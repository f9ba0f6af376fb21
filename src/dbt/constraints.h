// Constraints of contracted models as DDL.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/json.h"

namespace eider::dbt {

// "id integer not null" for each column of `columns` (the manifest's form, by name). On Iceberg
// only not_null can be kept; what else was asked for is left out and told to `warn`, unless the
// constraint says `warn_unsupported: false`. Throws kInvalidArgument for an unknown type of
// constraint.
std::vector<std::string> RenderColumnConstraints(
    const Json& columns, bool iceberg, const std::function<void(const std::string&)>& warn);

// "primary key (id)" for each of a model's own constraints.
std::vector<std::string> RenderModelConstraints(
    const Json& constraints, bool iceberg, const std::function<void(const std::string&)>& warn);

}  // namespace eider::dbt

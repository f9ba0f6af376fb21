// The database, schema and alias of a node, as the project's generate_*_name macros make them.
#pragma once

#include <memory>

#include "dbt/node.h"
#include "dbt/parse_state.h"

namespace eider::dbt {

// Sets database, schema, alias and relation_name of `node` from its final config. Safe to call from
// several threads for different nodes.
void NameRelation(const ParseState& state, Node& node);

}  // namespace eider::dbt

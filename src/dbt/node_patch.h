// Property files applied to the nodes they describe.
#pragma once

#include <vector>

#include "dbt/parse_state.h"
#include "dbt/property_file.h"

namespace eider::dbt {

// Snapshots that exist only in property files, by their `relation`.
std::vector<Node> ParseYamlSnapshots(const ParseState& state,
                                     const std::vector<PropertyFile>& files);

// Gives every node its description, columns, version and so on from the entry that describes it.
// Returns the `config` of each node's entry, by the node's position; null where there is none.
// Entries without a node are warned of. Throws kAlreadyExists where two entries describe one node.
std::vector<Json> PatchNodes(ParseState& state, std::vector<Node>& nodes,
                             const std::vector<PropertyFile>& files);

// What a model's contract and constraints ask of it, once its configuration is settled: checks
// them, and adds what foreign keys refer to. Throws kInvalidArgument.
void ApplyConstraints(Node& node);

}  // namespace eider::dbt

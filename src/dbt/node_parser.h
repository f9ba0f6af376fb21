// Nodes that are files or blocks of files: models, seeds, snapshots, singular tests, analyses, and
// the project's own hooks.
#pragma once

#include <string>
#include <vector>

#include "dbt/parse_state.h"
#include "dbt/source_files.h"

namespace eider::dbt {

// A node of `project` with everything that its place says, and nothing its text says.
Node MakeNode(const ParseState& state, NodeType type, const Project& project, const Origin& origin,
              const std::string& name);

// Reads the node's template for its refs, sources, config() calls and macros. `text` is its code,
// with line breaks before it so that lines count as in its file.
void ReadTemplate(const ParseState& state, Node& node, std::string text);

// The nodes of all packages' files, each with what its own text says; configuration and names are
// settled by CompleteNode. Works on all cores. Throws the error of the first faulty file.
std::vector<Node> ParseNodeFiles(const ParseState& state,
                                 const std::vector<const PackageFiles*>& packages);

// Settles configuration, relation name and hooks. `properties` is the `config` of the node's
// property file, or null.
void CompleteNode(const ParseState& state, Node& node, const Json* properties);

}  // namespace eider::dbt

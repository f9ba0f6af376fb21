// From the names that resources use to the resources that are meant.
#pragma once

#include "dbt/parse_state.h"

namespace eider::dbt {

// Fills depends_on_nodes of every node and exposure of the manifest. A missing or disabled target
// is an error, but of a test: it is disabled, with a warning where the target is missing. Throws
// kNotFound.
void ResolveReferences(ParseState& state);

// The same for one node.
void ResolveNode(ParseState& state, Node& node);

// Renders descriptions, whose {{ doc(..) }} name docs blocks. Throws kNotFound.
void RenderDescriptions(ParseState& state);

// Models' primary_key, from constraints and tests.
void InferPrimaryKeys(Manifest& manifest);

// Groups and access: throws kInvalidArgument for a group that does not exist, a reference to what
// is private elsewhere, a public ephemeral model.
void CheckAccess(const Manifest& manifest);

}  // namespace eider::dbt

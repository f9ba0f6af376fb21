// Node selection: --select, --exclude, --selector, --resource-type.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "dbt/graph.h"
#include "dbt/manifest.h"

namespace eider::dbt {

enum class IndirectSelection { kEager, kCautious, kBuildable, kEmpty };

// Throws kInvalidArgument for another word.
IndirectSelection IndirectSelectionFromName(std::string_view name);

struct SelectionOptions {
  std::vector<std::string> select =
      {};  // as given; each may hold several, by space. Empty: everything
  std::vector<std::string> exclude = {};  // likewise
  std::optional<std::string> selector = {};
  std::vector<NodeType> resource_types = {};  // the types the command works on; empty: all
  IndirectSelection indirect = IndirectSelection::kEager;
};

// The unique ids selected. Unknown methods throw kInvalidArgument; a criterion that matches nothing
// adds a sentence to `warnings` when given.
std::set<std::string> SelectNodes(const Manifest& manifest, const Graph& graph,
                                  const SelectionOptions& options,
                                  std::vector<std::string>* warnings = nullptr);

}  // namespace eider::dbt

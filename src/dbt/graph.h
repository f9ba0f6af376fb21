// The dependency graph of a manifest: nodes, sources and exposures by unique id.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "dbt/manifest.h"

namespace eider::dbt {

class Graph {
 public:
  // Throws kInvalidArgument "Found a cycle: a --> b --> a" when there is one.
  explicit Graph(const Manifest& manifest);

  const std::vector<std::string>& ids() const { return ids_; }
  bool Contains(std::string_view id) const { return index_.contains(std::string(id)); }
  const std::set<std::string>& Parents(const std::string& id) const;
  const std::set<std::string>& Children(const std::string& id) const;

  // Transitive, without the start; `depth` < 0 is unlimited.
  std::set<std::string> Ancestors(const std::set<std::string>& start, int depth = -1) const;
  std::set<std::string> Descendants(const std::set<std::string>& start, int depth = -1) const;

  // The ids of `selected` in an order in which parents come first (paths through nodes that are not
  // selected count too); stable: by unique id among equals.
  std::vector<std::string> TopologicalOrder(const std::set<std::string>& selected) const;

  // For each of `selected`, the selected nodes it must wait for: through any path.
  std::unordered_map<std::string, std::set<std::string>> SelectedParents(
      const std::set<std::string>& selected) const;

  // `build` makes models wait for the tests of their parents: adds those edges.
  void AddTestEdges(const Manifest& manifest);

 private:
  std::vector<std::string> ids_;
  std::unordered_map<std::string, size_t> index_;
  std::vector<std::set<std::string>> parents_;
  std::vector<std::set<std::string>> children_;
};

}  // namespace eider::dbt

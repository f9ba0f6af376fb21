#include "dbt/graph.h"

#include <algorithm>
#include <functional>
#include <queue>

#include "base/error.h"

namespace eider::dbt {

namespace {

const std::set<std::string> kNone;

// "a --> b --> a" when following `parents` leads back to where it began; "" when it never does.
std::string DescribeCycle(const std::vector<std::string>& ids,
                          const std::vector<std::vector<size_t>>& children) {
  enum class Mark : uint8_t { kUnseen, kOpen, kDone };
  std::vector<Mark> marks(ids.size(), Mark::kUnseen);
  // A path kept by hand: a chain of 10,000 models must not exhaust the stack.
  std::vector<std::pair<size_t, size_t>> path;  // node, position of the next child to look at
  for (size_t start = 0; start < ids.size(); ++start) {
    if (marks[start] != Mark::kUnseen) continue;
    path.emplace_back(start, 0);
    marks[start] = Mark::kOpen;
    while (!path.empty()) {
      auto& [node, next] = path.back();
      if (next == children[node].size()) {
        marks[node] = Mark::kDone;
        path.pop_back();
        continue;
      }
      size_t child = children[node][next++];
      if (marks[child] == Mark::kUnseen) {
        marks[child] = Mark::kOpen;
        path.emplace_back(child, 0);
      } else if (marks[child] == Mark::kOpen) {
        std::string text;
        bool inside = false;
        for (const auto& [step, position] : path) {
          inside = inside || step == child;
          if (inside) text += ids[step] + " --> ";
        }
        return text + ids[child];
      }
    }
  }
  return "";
}

}  // namespace

Graph::Graph(const Manifest& manifest) {
  auto add_id = [&](const std::string& id) {
    if (index_.try_emplace(id, ids_.size()).second) ids_.push_back(id);
  };
  for (const auto& [id, node] : manifest.nodes) add_id(id);
  for (const auto& [id, source] : manifest.sources) add_id(id);
  for (const auto& [id, exposure] : manifest.exposures) add_id(id);
  parents_.resize(ids_.size());
  children_.resize(ids_.size());

  std::vector<std::vector<size_t>> children(ids_.size());
  auto add_edges = [&](const std::string& id, const std::vector<std::string>& parents) {
    size_t own = index_.at(id);
    for (const auto& parent : parents) {
      auto found = index_.find(parent);
      if (found == index_.end()) continue;
      if (!parents_[own].insert(parent).second) continue;
      children_[found->second].insert(id);
      children[found->second].push_back(own);
    }
  };
  for (const auto& [id, node] : manifest.nodes) add_edges(id, node.depends_on_nodes);
  for (const auto& [id, exposure] : manifest.exposures) add_edges(id, exposure.depends_on_nodes);

  if (std::string cycle = DescribeCycle(ids_, children); !cycle.empty()) {
    throw Error(ErrorCode::kInvalidArgument, "Found a cycle: " + cycle)
        .WithHint("Each of these depends on the one before it. Take one ref out of the circle.");
  }
}

const std::set<std::string>& Graph::Parents(const std::string& id) const {
  auto found = index_.find(id);
  return found == index_.end() ? kNone : parents_[found->second];
}

const std::set<std::string>& Graph::Children(const std::string& id) const {
  auto found = index_.find(id);
  return found == index_.end() ? kNone : children_[found->second];
}

namespace {

// Everything reached from `start` in up to `depth` steps, level by level.
std::set<std::string> Reach(
    const std::set<std::string>& start, int depth,
    const std::function<const std::set<std::string>&(const std::string&)>& next) {
  std::set<std::string> reached;
  std::vector<std::string> level(start.begin(), start.end());
  for (int step = 0; !level.empty() && (depth < 0 || step < depth); ++step) {
    std::vector<std::string> following;
    for (const auto& id : level) {
      for (const auto& neighbour : next(id)) {
        if (reached.insert(neighbour).second) following.push_back(neighbour);
      }
    }
    level = std::move(following);
  }
  for (const auto& id : start) reached.erase(id);
  return reached;
}

}  // namespace

std::set<std::string> Graph::Ancestors(const std::set<std::string>& start, int depth) const {
  return Reach(start, depth, [this](const std::string& id) -> const std::set<std::string>& {
    return Parents(id);
  });
}

std::set<std::string> Graph::Descendants(const std::set<std::string>& start, int depth) const {
  return Reach(start, depth, [this](const std::string& id) -> const std::set<std::string>& {
    return Children(id);
  });
}

std::vector<std::string> Graph::TopologicalOrder(const std::set<std::string>& selected) const {
  // The order over the whole graph keeps paths through nodes that are not selected.
  std::vector<size_t> missing(ids_.size());
  std::priority_queue<std::string, std::vector<std::string>, std::greater<>> ready;
  for (size_t i = 0; i < ids_.size(); ++i) {
    missing[i] = parents_[i].size();
    if (missing[i] == 0) ready.push(ids_[i]);
  }
  std::vector<std::string> order;
  while (!ready.empty()) {
    std::string id = ready.top();
    ready.pop();
    for (const auto& child : Children(id)) {
      if (--missing[index_.at(child)] == 0) ready.push(child);
    }
    if (selected.contains(id)) order.push_back(std::move(id));
  }
  return order;
}

std::unordered_map<std::string, std::set<std::string>> Graph::SelectedParents(
    const std::set<std::string>& selected) const {
  // Going down the graph, each node hands its children itself where it is selected, else what it
  // was handed.
  std::vector<std::set<std::string>> nearest(ids_.size());
  std::unordered_map<std::string, std::set<std::string>> out;
  std::set<std::string> all(ids_.begin(), ids_.end());
  for (const auto& id : TopologicalOrder(all)) {
    size_t own = index_.at(id);
    std::set<std::string> waits;
    for (const auto& parent : parents_[own]) {
      if (selected.contains(parent)) {
        waits.insert(parent);
      } else {
        const auto& handed = nearest[index_.at(parent)];
        waits.insert(handed.begin(), handed.end());
      }
    }
    if (selected.contains(id)) {
      out.emplace(id, std::move(waits));
    } else {
      nearest[own] = std::move(waits);
    }
  }
  return out;
}

void Graph::AddTestEdges(const Manifest& manifest) {
  std::vector<std::vector<size_t>> children(ids_.size());
  for (size_t i = 0; i < ids_.size(); ++i) {
    for (const auto& child : children_[i]) children[i].push_back(index_.at(child));
  }
  std::vector<bool> waits(ids_.size());  // nodes that run and are no tests
  std::vector<size_t> tests;
  for (const auto& [id, node] : manifest.nodes) {
    size_t own = index_.at(id);
    waits[own] = node.type != NodeType::kTest;
    if (!waits[own]) tests.push_back(own);
  }
  std::vector<std::pair<size_t, size_t>> edges;
  std::vector<int> reached(ids_.size()), visited(ids_.size());
  for (size_t test : tests) {
    // The nodes below everything that the test reads wait for it. Only the first of them on each
    // path need an edge: the rest wait for those.
    const auto& reads = parents_[test];
    int count = static_cast<int>(reads.size());
    if (count == 0) continue;
    if (count == 1) {
      for (size_t child : children[index_.at(*reads.begin())]) {
        if (waits[child]) edges.emplace_back(test, child);
      }
      continue;
    }
    // How many of the nodes that the test reads stand above each node; `last` gets those below the
    // last of them.
    std::fill(reached.begin(), reached.end(), 0);
    std::fill(visited.begin(), visited.end(), 0);
    int pass = 0;
    std::vector<size_t> last;
    for (const auto& read : reads) {
      ++pass;
      last.clear();
      std::vector<size_t> open = {index_.at(read)};
      while (!open.empty()) {
        size_t node = open.back();
        open.pop_back();
        for (size_t child : children[node]) {
          if (!waits[child] || visited[child] == pass) continue;
          visited[child] = pass;
          ++reached[child];
          last.push_back(child);
          open.push_back(child);
        }
      }
    }
    for (size_t node : last) {
      if (reached[node] != count) continue;
      const auto& parents = parents_[node];
      bool first = std::none_of(parents.begin(), parents.end(), [&](const std::string& parent) {
        return reached[index_.at(parent)] == count;
      });
      if (first) edges.emplace_back(test, node);
    }
  }
  for (auto [test, node] : edges) {
    children_[test].insert(ids_[node]);
    parents_[node].insert(ids_[test]);
  }
}

}  // namespace eider::dbt

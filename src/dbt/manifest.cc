#include "dbt/manifest.h"

#include <algorithm>
#include <set>

namespace eider::dbt {

namespace {

bool IsRefable(NodeType type) {
  return type == NodeType::kModel || type == NodeType::kSeed || type == NodeType::kSnapshot;
}

std::string VersionText(const Json& version) {
  return version.is_string() ? version.get<std::string>() : version.dump();
}

std::string SourceKey(const std::string& source_name, const std::string& table_name) {
  return source_name + "." + table_name;
}

// The packages searched for a name used in `from_package`, in order; nothing means any package.
std::vector<std::optional<std::string>> PackagesToSearch(const std::string& root,
                                                         std::string_view from_package,
                                                         const std::optional<std::string>& given) {
  if (given) return {given};
  if (root == from_package) return {root, std::nullopt};
  return {root, std::string(from_package), std::nullopt};
}

template <typename T>
T* FirstOfPackage(const std::unordered_map<std::string, std::vector<T*>>& index,
                  const std::string& key, const std::optional<std::string>& package) {
  auto found = index.find(key);
  if (found == index.end()) return nullptr;
  for (T* candidate : found->second) {
    if (!package || candidate->package_name == *package) return candidate;
  }
  return nullptr;
}

template <typename T>
Lookup<T> Search(const std::unordered_map<std::string, std::vector<T*>>& enabled,
                 const std::unordered_map<std::string, std::vector<T*>>& disabled,
                 const std::string& key, const std::vector<std::optional<std::string>>& packages) {
  Lookup<T> out;
  for (const auto& package : packages) {
    if (T* found = FirstOfPackage(enabled, key, package)) return {found, false};
  }
  for (const auto& package : packages) {
    if (T* found = FirstOfPackage(disabled, key, package)) return {found, true};
  }
  return out;
}

}  // namespace

void Manifest::BuildLookups() {
  refs_by_name_.clear();
  disabled_by_name_.clear();
  sources_by_key_.clear();
  disabled_sources_by_key_.clear();
  auto add = [](auto& index, Node& node) {
    if (!IsRefable(node.type)) return;
    if (node.version.is_null()) {
      index[node.name].push_back(&node);
      return;
    }
    index[node.search_name()].push_back(&node);
    if (node.version == node.latest_version) index[node.name].push_back(&node);
  };
  for (auto& [id, node] : nodes) add(refs_by_name_, node);
  for (auto& [id, list] : disabled) {
    for (auto& node : list) add(disabled_by_name_, node);
  }
  for (auto& [id, source] : sources) {
    sources_by_key_[SourceKey(source.source_name, source.name)].push_back(&source);
  }
  for (auto& [id, list] : disabled_sources) {
    for (auto& source : list) {
      disabled_sources_by_key_[SourceKey(source.source_name, source.name)].push_back(&source);
    }
  }
}

void Manifest::BuildMaps() {
  parent_map.clear();
  child_map.clear();
  auto add = [&](const std::string& id, const std::vector<std::string>& parents) {
    auto& own = parent_map[id];
    own = parents;
    std::sort(own.begin(), own.end());
    own.erase(std::unique(own.begin(), own.end()), own.end());
    child_map[id];
    for (const auto& parent : own) child_map[parent].push_back(id);
  };
  for (const auto& [id, node] : nodes) add(id, node.depends_on_nodes);
  for (const auto& [id, source] : sources) add(id, {});
  for (const auto& [id, exposure] : exposures) add(id, exposure.depends_on_nodes);
  for (auto& [id, children] : child_map) std::sort(children.begin(), children.end());
}

Lookup<Node> Manifest::FindRef(const std::optional<std::string>& package, const std::string& name,
                               const Json& version, std::string_view from_package) {
  std::string key = version.is_null() ? name : name + ".v" + VersionText(version);
  return Search(refs_by_name_, disabled_by_name_, key,
                PackagesToSearch(config->project.name, from_package, package));
}

Lookup<Source> Manifest::FindSource(const std::string& source_name, const std::string& table_name,
                                    std::string_view from_package) {
  return Search(sources_by_key_, disabled_sources_by_key_, SourceKey(source_name, table_name),
                PackagesToSearch(config->project.name, from_package, std::nullopt));
}

const Doc* Manifest::FindDoc(const std::optional<std::string>& package, const std::string& name,
                             std::string_view from_package) const {
  for (const auto& place : PackagesToSearch(config->project.name, from_package, package)) {
    if (place) {
      auto found = docs.find("doc." + *place + "." + name);
      if (found != docs.end()) return &found->second;
      continue;
    }
    for (const auto& [id, doc] : docs) {
      if (doc.name == name) return &doc;
    }
  }
  return nullptr;
}

std::vector<std::string> Manifest::RefNames() const {
  std::set<std::string> names;
  for (const auto& [name, found] : refs_by_name_) names.insert(name);
  return {names.begin(), names.end()};
}

std::vector<std::string> Manifest::SourceNames() const {
  std::set<std::string> names;
  for (const auto& [key, found] : sources_by_key_) names.insert(key);
  return {names.begin(), names.end()};
}

}  // namespace eider::dbt

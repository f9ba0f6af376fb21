// The parsed project. Filled by ParseProject; afterwards only per-node compile results change, each
// by the one thread that works on that node.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/json.h"
#include "dbt/config.h"
#include "dbt/node.h"

namespace eider::dbt {

class MacroLibrary;

template <typename T>
using ById = std::map<std::string, T, std::less<>>;

// What a ref or a source led to.
template <typename T>
struct Lookup {
  T* found = nullptr;
  bool disabled = false;  // it exists, but is disabled
};

class Manifest {
 public:
  std::shared_ptr<const Config> config;

  ById<Node> nodes;  // enabled models, seeds, tests, analyses, snapshots, operations
  ById<Source> sources;
  ById<Macro> macros;
  ById<Doc> docs;
  ById<Exposure> exposures;
  ById<Group> groups;
  // Disabled resources by unique id; a name may be disabled several times.
  ById<std::vector<Node>> disabled;
  ById<std::vector<Source>> disabled_sources;
  ById<std::vector<Exposure>> disabled_exposures;
  Json selectors = Json::object();

  // Edges between nodes, sources and exposures, sorted.
  ById<std::vector<std::string>> parent_map;
  ById<std::vector<std::string>> child_map;

  // The compiled macros and their resolution.
  std::shared_ptr<MacroLibrary> macro_library;

  // Warnings of parsing, complete sentences, in order.
  std::vector<std::string> warnings;

  // Builds the name indexes below from the maps above. Call after the maps change.
  void BuildLookups();
  // Builds parent_map and child_map from depends_on.
  void BuildMaps();

  // ref(name) from `from_package`: the named package, else the caller's, the root's, any other.
  // `version` null means the latest.
  Lookup<Node> FindRef(const std::optional<std::string>& package, const std::string& name,
                       const Json& version, std::string_view from_package);
  Lookup<Source> FindSource(const std::string& source_name, const std::string& table_name,
                            std::string_view from_package);
  const Doc* FindDoc(const std::optional<std::string>& package, const std::string& name,
                     std::string_view from_package) const;

  // Every name `ref` could take, for "did you mean".
  std::vector<std::string> RefNames() const;
  std::vector<std::string> SourceNames() const;

 private:
  std::unordered_map<std::string, std::vector<Node*>> refs_by_name_;
  std::unordered_map<std::string, std::vector<Node*>> disabled_by_name_;
  std::unordered_map<std::string, std::vector<Source*>> sources_by_key_;
  std::unordered_map<std::string, std::vector<Source*>> disabled_sources_by_key_;
};

}  // namespace eider::dbt

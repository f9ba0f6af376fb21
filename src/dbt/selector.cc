#include "dbt/selector.h"

#include <fnmatch.h>

#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "base/text.h"
#include "dbt/selection_spec.h"

namespace eider::dbt {

namespace fs = std::filesystem;

namespace {

using Ids = std::set<std::string>;

bool Matches(const std::string& text, const std::string& pattern) {
  return fnmatch(pattern.c_str(), text.c_str(), 0) == 0;
}

bool HasWildcard(std::string_view text) { return text.find_first_of("*?[]") != text.npos; }

bool IsSubset(const std::vector<std::string>& small, const Ids& large) {
  return std::all_of(small.begin(), small.end(),
                     [&](const auto& id) { return large.contains(id); });
}

// What every kind of resource in the graph has.
struct Resource {
  const std::string& id;
  NodeType type;
  const Origin& origin;
  const std::string& name;
  const std::vector<std::string>& fqn;
  const std::vector<std::string>& tags;
  const NodeConfig& config;
  const std::optional<std::string>* patch_path = nullptr;
  const Node* node = nullptr;
  const Source* source = nullptr;
};

// fqn:a.b: the name alone, a path of the fqn from its beginning (with or without the package), or
// one with wildcards from some level on.
bool MatchesFqn(const std::vector<std::string>& fqn, const std::string& selector, bool versioned) {
  if (fqn.empty()) return false;
  std::vector<std::string> wanted = Split(selector, '.');
  if (versioned && fqn.size() > 1) {
    const std::string& name = fqn[fqn.size() - 2];
    if (name == selector) return true;
    size_t from = wanted.size() > 2 ? wanted.size() - 2 : 0;
    std::string last = Join({wanted.begin() + static_cast<long>(from), wanted.end()}, "_");
    if (last == name + "_" + fqn.back()) return true;
  } else if (fqn.back() == selector) {
    return true;
  }
  std::vector<std::string> flat;
  for (const auto& part : fqn) {
    for (auto& piece : Split(part, '.')) flat.push_back(std::move(piece));
  }
  if (flat.size() < wanted.size()) return false;
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (HasWildcard(wanted[i])) {
      auto tail = [&](const std::vector<std::string>& parts) {
        return Join({parts.begin() + static_cast<long>(i), parts.end()}, ".");
      };
      if (Matches(tail(flat), tail(wanted))) return true;
      if (wanted.size() > 1) return false;
      return Matches(versioned && fqn.size() > 1 ? fqn[fqn.size() - 2] : fqn.back(), selector);
    }
    if (flat[i] != wanted[i]) return false;
  }
  return true;
}

// A path against a pattern of folders, in which "**" stands for any number of them.
bool MatchesPath(const std::vector<std::string>& path, size_t at,
                 const std::vector<std::string>& pattern, size_t part) {
  if (part == pattern.size()) return at == path.size();
  if (pattern[part] == "**") {
    for (size_t skip = at; skip <= path.size(); ++skip) {
      if (MatchesPath(path, skip, pattern, part + 1)) return true;
    }
    return false;
  }
  return at < path.size() && Matches(path[at], pattern[part]) &&
         MatchesPath(path, at + 1, pattern, part + 1);
}

class Evaluator {
 public:
  Evaluator(const Manifest& manifest, const Graph& graph, std::vector<std::string>* warnings)
      : manifest_(manifest), graph_(graph), warnings_(warnings) {
    for (const auto& [id, node] : manifest.nodes) {
      if (!node.config.enabled()) continue;
      resources_.push_back({id, node.type, node, node.name, node.fqn, node.tags, node.config,
                            &node.patch_path, &node, nullptr});
    }
    for (const auto& [id, source] : manifest.sources) {
      resources_.push_back({id, NodeType::kSource, source, source.name, source.fqn, source.tags,
                            source.config, &source.patch_path, nullptr, &source});
    }
    for (const auto& [id, exposure] : manifest.exposures) {
      resources_.push_back({id, NodeType::kExposure, exposure, exposure.name, exposure.fqn,
                            exposure.tags, exposure.config, nullptr, nullptr, nullptr});
    }
    for (const auto& resource : resources_) members_.insert(resource.id);
  }

  Ids Evaluate(const Selection& selection) { return Select(selection).direct; }

 private:
  // What is selected, and the tests that would be if their other parents were.
  struct Selected {
    Ids direct;
    Ids indirect;
  };

  Selected Select(const Selection& selection) {
    if (selection.kind == Selection::Kind::kCriterion) return SelectCriterion(selection);
    std::vector<Ids> direct, all;
    for (const auto& part : selection.parts) {
      Selected selected = Select(part);
      Ids both = selected.direct;
      both.insert(selected.indirect.begin(), selected.indirect.end());
      direct.push_back(std::move(selected.direct));
      all.push_back(std::move(both));
    }
    Selected out;
    out.indirect = Combine(selection.kind, all);
    out.direct = Combine(selection.kind, direct);
    AddComplete(out, selection.indirect);
    if (selection.expect_exists && out.direct.empty() && warnings_) {
      warnings_->push_back("The selection criterion '" + selection.text +
                           "' does not match any enabled nodes");
    }
    return out;
  }

  static Ids Combine(Selection::Kind kind, std::vector<Ids>& sets) {
    if (sets.empty()) return {};
    Ids out = std::move(sets[0]);
    for (size_t i = 1; i < sets.size(); ++i) {
      if (kind == Selection::Kind::kUnion) {
        out.insert(sets[i].begin(), sets[i].end());
        continue;
      }
      bool keep = kind == Selection::Kind::kIntersection;
      std::erase_if(out, [&](const std::string& id) { return sets[i].contains(id) != keep; });
    }
    return out;
  }

  // The tests waiting for their other parents, where these are selected by now.
  void AddComplete(Selected& selected, IndirectSelection mode) const {
    bool buildable = mode == IndirectSelection::kBuildable;
    if (mode != IndirectSelection::kCautious && !buildable) return;
    Ids reachable = selected.direct;
    if (buildable) reachable.merge(graph_.Ancestors(selected.direct));
    for (const auto& id : selected.indirect) {
      auto node = manifest_.nodes.find(id);
      if (node != manifest_.nodes.end() && IsSubset(node->second.depends_on_nodes, reachable)) {
        selected.direct.insert(id);
      }
    }
  }

  Selected SelectCriterion(const Selection& selection) {
    const Criterion& criterion = selection.criterion;
    Ids found = Search(criterion);
    Ids out = found;
    if (criterion.childrens_parents) {
      Ids below = graph_.Descendants(found);
      below.insert(found.begin(), found.end());
      out.merge(graph_.Ancestors(below));
      out.merge(below);
    }
    if (criterion.parents) out.merge(graph_.Ancestors(found, *criterion.parents));
    if (criterion.children) out.merge(graph_.Descendants(found, *criterion.children));
    std::erase_if(out, [&](const std::string& id) { return !members_.contains(id); });
    return WithTests(std::move(out), selection.indirect);
  }

  Selected WithTests(Ids selected, IndirectSelection mode) const {
    if (mode == IndirectSelection::kEmpty) return {std::move(selected), {}};
    Ids buildable;
    if (mode == IndirectSelection::kBuildable) {
      buildable = graph_.Ancestors(selected);
      buildable.insert(selected.begin(), selected.end());
      for (const auto& [id, source] : manifest_.sources) buildable.insert(id);
    }
    Selected out;
    for (const auto& id : selected) {
      for (const auto& child : graph_.Children(id)) {
        auto node = manifest_.nodes.find(child);
        if (node == manifest_.nodes.end() || node->second.type != NodeType::kTest) continue;
        if (!members_.contains(child)) continue;
        const auto& reads = node->second.depends_on_nodes;
        bool direct = mode == IndirectSelection::kEager || IsSubset(reads, selected) ||
                      (mode == IndirectSelection::kBuildable && IsSubset(reads, buildable));
        (direct ? out.direct : out.indirect).insert(child);
      }
    }
    out.direct.merge(selected);
    return out;
  }

  Ids Search(const Criterion& criterion) const {
    Ids found;
    auto add_where = [&](auto matches) {
      for (const auto& resource : resources_) {
        if (matches(resource)) found.insert(resource.id);
      }
    };
    const std::string& method = criterion.method;
    if (method == "config") {
      add_where([&](const Resource& r) { return MatchesConfig(r, criterion); });
      return found;
    }
    if (!criterion.value.is_string()) {
      throw Error(ErrorCode::kInvalidArgument, "the value of the selection method '" + method +
                                                   "' is no text: " + criterion.value.dump());
    }
    std::string value = criterion.value.get<std::string>();
    if (method == "fqn") {
      add_where([&](const Resource& r) {
        if (r.source) return false;
        bool versioned = r.node && !r.node->version.is_null();
        std::vector<std::string> unscoped(r.fqn.begin() + 1, r.fqn.end());
        return MatchesFqn(r.fqn, value, versioned) || MatchesFqn(unscoped, value, versioned);
      });
    } else if (method == "tag") {
      add_where([&](const Resource& r) {
        return std::any_of(r.tags.begin(), r.tags.end(),
                           [&](const std::string& tag) { return Matches(tag, value); });
      });
    } else if (method == "group") {
      add_where([&](const Resource& r) {
        return r.node && r.node->group && Matches(*r.node->group, value);
      });
    } else if (method == "access") {
      add_where([&](const Resource& r) {
        return r.node && r.type == NodeType::kModel && r.node->access == value;
      });
    } else if (method == "source") {
      auto parts = Dotted(value, 3, "source");
      add_where([&](const Resource& r) {
        return r.source && Matches(r.origin.package_name, parts[0]) &&
               Matches(r.source->source_name, parts[1]) && Matches(r.name, parts[2]);
      });
    } else if (method == "exposure") {
      auto parts = Dotted(value, 2, "exposure");
      add_where([&](const Resource& r) {
        return r.type == NodeType::kExposure && Matches(r.origin.package_name, parts[0]) &&
               Matches(r.name, parts[1]);
      });
    } else if (method == "path") {
      auto pattern = PathPattern(value);
      add_where([&](const Resource& r) { return MatchesPathOf(r, pattern); });
    } else if (method == "file") {
      add_where([&](const Resource& r) {
        fs::path path = r.origin.original_file_path;
        return Matches(path.filename().string(), value) || Matches(path.stem().string(), value);
      });
    } else if (method == "package") {
      if (value == "this") value = manifest_.config->project.name;
      add_where([&](const Resource& r) { return Matches(r.origin.package_name, value); });
    } else if (method == "resource_type") {
      auto type = NodeTypeFromName(value);
      if (!type) {
        throw Error(ErrorCode::kInvalidArgument, "Invalid resource_type selector \"" + value + "\"")
            .WithHint("The types are model, seed, snapshot, test, analysis, source and exposure.");
      }
      add_where([&](const Resource& r) { return r.type == *type; });
    } else if (method == "test_name") {
      add_where([&](const Resource& r) {
        return r.node && r.node->test_metadata && Matches(r.node->test_metadata->name, value);
      });
    } else if (method == "test_type") {
      add_where([&](const Resource& r) { return MatchesTestType(r, value); });
    } else if (method == "version") {
      add_where([&](const Resource& r) { return MatchesVersion(r, value); });
    } else if (method == "state" || method == "result" || method == "source_status") {
      throw Error(ErrorCode::kUnsupported, "the selection method '" + method +
                                               "' compares with an earlier run, which is not "
                                               "supported yet")
          .WithHint("Select by name, path, tag, source or config instead.");
    }
    // Metrics, saved queries, semantic models and unit tests: there are none.
    return found;
  }

  // The parts of a dotted name, those left out in front being "*" (and of a source, its tables).
  static std::vector<std::string> Dotted(const std::string& value, size_t count,
                                         const std::string& kind) {
    auto parts = Split(value, '.');
    if (parts.size() > count) {
      throw Error(ErrorCode::kInvalidArgument,
                  "Invalid " + kind + " selector value \"" + value + "\"")
          .WithHint(kind == "source" ? "The forms are source, source.table and "
                                       "package.source.table."
                                     : "The forms are exposure and package.exposure.");
    }
    if (kind == "source" && parts.size() == 1) parts.push_back("*");
    while (parts.size() < count) parts.insert(parts.begin(), "*");
    return parts;
  }

  std::vector<std::string> PathPattern(const std::string& value) const {
    fs::path path = value;
    const fs::path& root = manifest_.config->project.root;
    if (path.is_absolute()) path = path.lexically_relative(root);
    std::vector<std::string> parts;
    for (const auto& part : path.lexically_normal()) {
      if (!part.empty() && part != ".") parts.push_back(part.string());
    }
    return parts;
  }

  static bool MatchesPathOf(const Resource& resource, const std::vector<std::string>& pattern) {
    auto parts_of = [](const std::string& path) {
      std::vector<std::string> parts;
      for (const auto& part : fs::path(path).lexically_normal()) parts.push_back(part.string());
      return parts;
    };
    // The file, any folder above it, or its property file.
    auto parts = parts_of(resource.origin.original_file_path);
    while (!parts.empty()) {
      if (MatchesPath(parts, 0, pattern, 0)) return true;
      parts.pop_back();
    }
    if (!resource.patch_path || !*resource.patch_path) return false;
    const std::string& patch = **resource.patch_path;
    size_t begin = patch.find("://");
    return begin != patch.npos && MatchesPath(parts_of(patch.substr(begin + 3)), 0, pattern, 0);
  }

  static bool MatchesConfig(const Resource& resource, const Criterion& criterion) {
    if (resource.type == NodeType::kExposure) return false;
    const Json* value = &resource.config.values();
    for (const auto& key : criterion.arguments) {
      if (!value->is_object()) return false;
      auto found = value->find(key);
      // Templates and the command line write pre_hook for pre-hook.
      if (found == value->end()) found = value->find(ReplaceAll(key, "_", "-"));
      if (found == value->end()) return false;
      value = &*found;
    }
    bool any_case = criterion.arguments == std::vector<std::string>{"severity"};
    auto equals = [&](const Json& item) {
      const Json& wanted = criterion.value;
      if (item == wanted) return true;
      if (!wanted.is_string()) return false;
      std::string text = wanted.get<std::string>();
      if (item.is_boolean()) return EqualsIgnoreCase(text, item.get<bool>() ? "true" : "false");
      return any_case && item.is_string() && EqualsIgnoreCase(text, item.get<std::string>());
    };
    if (value->is_array()) return std::any_of(value->begin(), value->end(), equals);
    return equals(*value);
  }

  static bool MatchesTestType(const Resource& resource, const std::string& value) {
    bool generic = value == "generic" || value == "schema";
    bool singular = value == "singular";
    if (value == "data") generic = singular = true;
    if (!generic && !singular && value != "unit") {
      throw Error(ErrorCode::kInvalidArgument, "Invalid test type selector " + value)
          .WithHint("The types are generic, singular, data and unit.");
    }
    if (resource.type != NodeType::kTest) return false;
    return resource.node->test_metadata ? generic : singular;
  }

  static bool MatchesVersion(const Resource& resource, const std::string& value) {
    if (value != "latest" && value != "prerelease" && value != "old" && value != "none") {
      throw Error(ErrorCode::kInvalidArgument, "Invalid version type selector " + value)
          .WithHint("The types are latest, prerelease, old and none.");
    }
    if (resource.type != NodeType::kModel) return false;
    const Json& version = resource.node->version;
    const Json& latest = resource.node->latest_version;
    if (value == "none") return version.is_null();
    if (version.is_null()) return false;
    if (version == latest) return value == "latest";
    bool numbers = version.is_number() && latest.is_number();
    bool later =
        numbers ? version.get<double>() > latest.get<double>() : version.dump() > latest.dump();
    return value == (later ? "prerelease" : "old");
  }

  const Manifest& manifest_;
  const Graph& graph_;
  std::vector<std::string>* warnings_;
  std::vector<Resource> resources_;
  Ids members_;
};

}  // namespace

std::set<std::string> SelectNodes(const Manifest& manifest, const Graph& graph,
                                  const SelectionOptions& options,
                                  std::vector<std::string>* warnings) {
  Selection selection = ParseSelection(manifest.config->project, options);
  Ids selected = Evaluator(manifest, graph, warnings).Evaluate(selection);
  std::erase_if(selected, [&](const std::string& id) {
    NodeType type = NodeType::kExposure;
    if (auto node = manifest.nodes.find(id); node != manifest.nodes.end()) {
      type = node->second.type;
      // A file without code makes nothing.
      bool code = type != NodeType::kSeed;
      if (code && Trim(node->second.raw_code).empty()) return true;
    } else if (manifest.sources.contains(id)) {
      type = NodeType::kSource;
    }
    const auto& wanted = options.resource_types;
    return !wanted.empty() && std::find(wanted.begin(), wanted.end(), type) == wanted.end();
  });
  return selected;
}

}  // namespace eider::dbt

#include "dbt/parser.h"

#include <algorithm>
#include <set>

#include "base/clock.h"
#include "base/error.h"
#include "base/parallel.h"
#include "base/text.h"
#include "base/uuid.h"
#include "dbt/base_context.h"
#include "dbt/exposure_parser.h"
#include "dbt/generic_test_parser.h"
#include "dbt/macro_parser.h"
#include "dbt/node_parser.h"
#include "dbt/node_patch.h"
#include "dbt/parse_state.h"
#include "dbt/property_file.h"
#include "dbt/reference_resolver.h"
#include "dbt/selection_spec.h"
#include "dbt/source_files.h"
#include "dbt/source_parser.h"

namespace eider::dbt {

namespace {

bool IsRefable(NodeType type) {
  return type == NodeType::kModel || type == NodeType::kSeed || type == NodeType::kSnapshot;
}

ParseState MakeState(std::shared_ptr<const Config> config, Manifest& manifest,
                     std::function<void(std::string)> warn) {
  ParseState state{.config = config,
                   .manifest = manifest,
                   .macros = std::make_shared<MacroLibrary>(config),
                   .base = MakeBaseContext(*config, {}),
                   .warn = std::move(warn),
                   .created_at = static_cast<double>(NowMicros()) / 1e6};
  return state;
}

// What several tests are declared on keeps its place while the tests are parsed.
class TestList {
 public:
  void AddOf(const ParseState& state, const PropertyFile& file, const NodeEntry& entry) {
    if (!IsRefable(entry.type)) return;
    if (entry.versions.empty()) {
      Add(state, file, entry, nullptr, entry.columns, entry.tests);
      return;
    }
    for (const auto& version : entry.versions) {
      Add(state, file, entry, &version, entry.ColumnsOf(version),
          version.tests ? *version.tests : entry.tests);
    }
  }

  void AddAll(const std::vector<TestDeclaration>& tests) {
    tests_.insert(tests_.end(), tests.begin(), tests.end());
  }

  const std::vector<TestDeclaration>& tests() const { return tests_; }

 private:
  void Add(const ParseState& state, const PropertyFile& file, const NodeEntry& entry,
           const VersionEntry* version, const std::vector<ColumnEntry>& columns,
           const std::vector<TestEntry>& tests) {
    auto target = std::make_unique<TestTarget>();
    target->origin = file;
    target->key = std::string(SectionName(entry.type)) + "." + entry.name;
    target->name = entry.name;
    target->ref = RefArgs{.name = entry.name, .package = std::nullopt, .version = nullptr};
    target->reference = "ref('" + entry.name + "'";
    if (version) {
      target->version = target->ref->version = version->version;
      target->reference += ", version='" + version->Suffix().substr(1) + "'";
    }
    target->reference += ")";
    for (const auto& column : columns) {
      bool quote = column.column.quote.value_or(entry.quote_columns.value_or(false));
      std::string name = ColumnAsSql(state, column.column.name, quote);
      for (const auto& test : column.tests) {
        tests_.push_back({target.get(), Keep(test), name, column.column.tags});
      }
    }
    for (const auto& test : tests) tests_.push_back({target.get(), Keep(test), std::nullopt, {}});
    targets_.push_back(std::move(target));
  }

  const TestEntry* Keep(const TestEntry& entry) {
    entries_.push_back(std::make_unique<TestEntry>(entry));
    return entries_.back().get();
  }

  std::vector<std::unique_ptr<TestTarget>> targets_;
  std::vector<std::unique_ptr<TestEntry>> entries_;
  std::vector<TestDeclaration> tests_;
};

std::string PluralOf(NodeType type) {
  return type == NodeType::kAnalysis ? "analyses" : std::string(NodeTypeName(type)) + "s";
}

[[noreturn]] void ThrowDuplicate(const Node& first, const Node& second) {
  std::string kind = first.type == second.type ? PluralOf(first.type) : "resources";
  std::string looking = IsRefable(first.type) ? "ref(\"" + first.name + "\")" : first.name;
  if (first.is_generic_test()) {
    looking = "tests";
    kind = "tests";
  }
  throw Error(ErrorCode::kAlreadyExists,
              "dbt found two " + kind + " with the name \"" + first.name + "\"")
      .WithHint(
          "Since these resources have the same name, dbt will be unable to find the correct "
          "resource when looking for " +
          looking + ". Change the name of one of these resources:\n- " + first.unique_id + " (" +
          first.original_file_path + ")\n- " + second.unique_id + " (" + second.original_file_path +
          ")")
      .At(second.original_file_path);
}

void AddNode(Manifest& manifest, Node node) {
  std::string id = node.unique_id;
  if (!node.config.enabled()) {
    manifest.disabled[id].push_back(std::move(node));
    return;
  }
  auto [place, fresh] = manifest.nodes.try_emplace(id, std::move(node));
  // try_emplace leaves `node` alone where it does not take it.
  if (!fresh) ThrowDuplicate(place->second, node);
}

void AddSource(Manifest& manifest, ParsedSource& parsed, const std::string& file) {
  std::string id = parsed.source.unique_id;
  if (!parsed.source.config.enabled()) {
    manifest.disabled_sources[id].push_back(std::move(parsed.source));
    return;
  }
  auto [place, fresh] = manifest.sources.try_emplace(id, std::move(parsed.source));
  if (fresh) return;
  const Source& other = place->second;
  throw Error(ErrorCode::kAlreadyExists, "dbt found two sources with the name \"" +
                                             other.source_name + "_" + other.name + "\"")
      .WithHint(
          "Since these resources have the same name, dbt will be unable to find the correct "
          "resource when looking for source(\"" +
          other.source_name + "\", \"" + other.name + "\"). The other stands in " +
          other.original_file_path + ".")
      .At(file, parsed.line);
}

// A test belongs to the model, seed or snapshot it is declared on, enabled or not.
void AttachTest(Manifest& manifest, const TestDeclaration& declaration, Node& test) {
  const TestTarget& target = *declaration.target;
  if (!target.ref) return;
  auto found = manifest.FindRef(target.origin.package_name, target.name, target.version,
                                target.origin.package_name);
  if (!found.found) found = manifest.FindRef(std::nullopt, target.name, target.version, "");
  if (!found.found) return;
  test.attached_node = found.found->unique_id;
  test.group = found.found->group;
}

// No two resources may make the same relation, nor have one name in one package.
void CheckUniqueness(const Manifest& manifest) {
  std::map<std::string, const Node*> by_relation;
  std::map<std::pair<std::string, std::string>, const Node*> by_name;
  for (const auto& [id, node] : manifest.nodes) {
    if (!node.is_relational() || !node.config.enabled()) continue;
    if (IsRefable(node.type)) {
      auto [place, fresh] = by_name.try_emplace({node.package_name, node.search_name()}, &node);
      if (!fresh) ThrowDuplicate(*place->second, node);
    }
    if (!node.relation_name) continue;
    auto [place, fresh] = by_relation.try_emplace(*node.relation_name, &node);
    if (fresh) continue;
    const Node& other = *place->second;
    throw Error(ErrorCode::kAlreadyExists,
                "dbt found two resources with the database "
                "representation \"" +
                    Lower(*node.relation_name) + "\"")
        .WithHint(
            "dbt cannot create two resources with identical database representations. "
            "Change the configuration of one of these resources:\n- " +
            other.unique_id + " (" + other.original_file_path + ")\n- " + node.unique_id + " (" +
            node.original_file_path + ")")
        .At(node.original_file_path);
  }
}

// The paths of a configuration tree that hold settings.
void CollectPaths(const Json& tree, std::vector<std::string>& path,
                  std::set<std::vector<std::string>>& paths) {
  for (auto& [key, value] : tree.items()) {
    if (value.is_object() && !key.starts_with('+')) {
      path.push_back(key);
      CollectPaths(value, path, paths);
      path.pop_back();
    } else {
      paths.insert(path);
    }
  }
}

void WarnUnusedConfig(const ParseState& state) {
  const Manifest& manifest = state.manifest;
  const Project& project = state.config->project;
  using Fqn = std::vector<std::string>;
  std::map<NodeType, std::set<Fqn>> used;
  std::set<Fqn> disabled;
  for (const auto& [id, node] : manifest.nodes) used[node.type].insert(node.fqn);
  for (const auto& [id, source] : manifest.sources) used[NodeType::kSource].insert(source.fqn);
  for (const auto& [id, exposure] : manifest.exposures) {
    used[NodeType::kExposure].insert(exposure.fqn);
  }
  auto add_disabled = [&](const auto& resources) {
    for (const auto& [id, list] : resources) {
      for (const auto& resource : list) disabled.insert(resource.fqn);
    }
  };
  add_disabled(manifest.disabled);
  add_disabled(manifest.disabled_sources);
  add_disabled(manifest.disabled_exposures);

  struct Tree {
    const char* name;
    NodeType type;
    const Json& settings;
  };
  std::vector<std::string> unused;
  for (const Tree& tree : {Tree{"models", NodeType::kModel, project.models},
                           Tree{"seeds", NodeType::kSeed, project.seeds},
                           Tree{"snapshots", NodeType::kSnapshot, project.snapshots},
                           Tree{"sources", NodeType::kSource, project.sources},
                           Tree{"data_tests", NodeType::kTest, project.tests},
                           Tree{"exposures", NodeType::kExposure, project.exposures}}) {
    std::set<Fqn> paths;
    Fqn path;
    CollectPaths(tree.settings, path, paths);
    auto begins = [](const std::set<Fqn>& fqns, const Fqn& prefix) {
      auto next = fqns.lower_bound(prefix);
      return next != fqns.end() && next->size() >= prefix.size() &&
             std::equal(prefix.begin(), prefix.end(), next->begin());
    };
    for (const auto& prefix : paths) {
      if (begins(used[tree.type], prefix) || begins(disabled, prefix)) continue;
      std::string name = tree.name;
      for (const auto& part : prefix) name += "." + part;
      unused.push_back(std::move(name));
    }
  }
  if (unused.empty()) return;
  state.warn(
      "Configuration paths exist in your dbt_project.yml file which do not apply to any "
      "resources.\nThere are " +
      std::to_string(unused.size()) + " unused configuration paths:\n- " + Join(unused, "\n- "));
}

void WarnDeprecated(const ParseState& state) {
  std::string now = FormatInstant(NowMicros()).substr(0, 19);
  for (const auto& [id, node] : state.manifest.nodes) {
    if (!node.deprecation_date) continue;
    bool past = node.deprecation_date->substr(0, 19) < now;
    std::string name = node.search_name();
    if (past) {
      state.warn("Model " + name + " has passed its deprecation date of " + *node.deprecation_date +
                 ". This model should be disabled or removed.");
    }
    for (const auto& child : state.manifest.child_map.at(id)) {
      auto found = state.manifest.nodes.find(child);
      if (found == state.manifest.nodes.end() || found->second.type != NodeType::kModel) continue;
      state.warn("While compiling '" + found->second.name + "': Found a reference to " + name +
                 ", which " + (past ? "was deprecated on '" : "is slated for deprecation on '") +
                 *node.deprecation_date + "'.");
    }
  }
}

// Names with spaces are refused, or warned of where the project's flags allow them.
void CheckSpacesInNames(const ParseState& state) {
  std::vector<const Node*> spaced;
  for (const auto& [id, node] : state.manifest.nodes) {
    if (node.name.find(' ') != std::string::npos) spaced.push_back(&node);
  }
  if (spaced.empty()) return;
  const Json& flags = state.config->project.flags;
  auto flag = flags.find("require_resource_names_without_spaces");
  if (flag != flags.end() && *flag == false) {
    for (const Node* node : spaced) {
      state.warn("Found spaces in the name of `" + node->unique_id + "`");
    }
    return;
  }
  std::string list;
  for (const Node* node : spaced) {
    list += "\n  * '" + node->unique_id + "' (" + node->original_file_path + ")";
  }
  throw Error(ErrorCode::kInvalidArgument, "Resource names cannot contain spaces:" + list)
      .WithHint(
          "Rename what is listed, or set `require_resource_names_without_spaces: false` "
          "under `flags` of dbt_project.yml.");
}

}  // namespace

std::shared_ptr<Manifest> ParseProject(const ParseOptions& options) {
  auto manifest = std::make_shared<Manifest>();
  manifest->config = options.config;
  ParseState state = MakeState(options.config, *manifest, [&](std::string warning) {
    if (options.config->options.warn_error) {
      throw Error(ErrorCode::kInvalidArgument, warning)
          .WithHint("This is a warning, and --warn-error makes every warning an error.");
    }
    manifest->warnings.push_back(warning);
    if (options.on_warning) options.on_warning(warning);
  });
  manifest->macro_library = state.macros;

  std::vector<const Project*> projects = {&options.config->project};
  for (const auto& package : options.config->packages) projects.push_back(&package);
  std::vector<PackageFiles> loaded;
  for (const auto* project : projects) loaded.push_back(LoadFiles(*project));
  std::vector<const PackageFiles*> packages;
  for (const auto& files : loaded) packages.push_back(&files);

  ParseMacros(state, packages);
  ParseDocs(state, BuiltinDocs());
  for (const auto* files : packages) ParseDocs(state, *files);
  std::vector<Node> nodes = ParseNodeFiles(state, packages);

  std::vector<const SourceFile*> property_files;
  for (const auto* files : packages) {
    for (const auto& file : files->properties) property_files.push_back(&file);
  }
  std::vector<PropertyFile> properties(property_files.size());
  ParallelFor(properties.size(),
              [&](size_t i) { properties[i] = ReadPropertyFile(state, *property_files[i]); });
  for (const auto& file : properties) {
    for (const auto& warning : file.warnings) state.warn(warning);
  }

  for (auto& snapshot : ParseYamlSnapshots(state, properties)) nodes.push_back(std::move(snapshot));
  std::vector<Json> configs = PatchNodes(state, nodes, properties);
  ParallelFor(nodes.size(), [&](size_t i) {
    CompleteNode(state, nodes[i], configs[i].is_null() ? nullptr : &configs[i]);
    ApplyConstraints(nodes[i]);
  });
  for (auto& node : nodes) AddNode(*manifest, std::move(node));
  PatchMacros(state, properties);
  ParseExposures(state, properties);
  ParseGroups(state, properties);

  TestList tests;
  for (const auto& file : properties) {
    for (const auto& entry : file.nodes) tests.AddOf(state, file, entry);
  }
  auto sources = ParseSources(state, properties);
  for (const auto& source : sources) tests.AddAll(source->tests);
  manifest->BuildLookups();
  std::vector<Node> test_nodes(tests.tests().size());
  ParallelFor(test_nodes.size(), [&](size_t i) {
    test_nodes[i] = ParseGenericTest(state, tests.tests()[i]);
    AttachTest(*manifest, tests.tests()[i], test_nodes[i]);
  });
  for (auto& test : test_nodes) AddNode(*manifest, std::move(test));
  for (auto& source : sources) {
    std::string file = source->source.original_file_path;
    AddSource(*manifest, *source, file);
  }

  manifest->selectors = SelectorsForManifest(options.config->project);
  manifest->BuildLookups();
  ResolveReferences(state);
  RenderDescriptions(state);
  InferPrimaryKeys(*manifest);
  CheckAccess(*manifest);
  CheckUniqueness(*manifest);
  manifest->BuildMaps();
  WarnDeprecated(state);
  CheckSpacesInNames(state);
  WarnUnusedConfig(state);
  return manifest;
}

Node ParseInline(Manifest& manifest, const std::string& sql) {
  ParseState state = MakeState(manifest.config, manifest, [](std::string) {});
  state.macros = manifest.macro_library;
  Origin origin;
  origin.package_name = manifest.config->project.name;
  origin.root_path = manifest.config->project.root.string();
  origin.path = origin.original_file_path = "from remote system.sql";
  Node node =
      MakeNode(state, NodeType::kSqlOperation, manifest.config->project, origin, "inline_query");
  node.raw_code = sql;
  ReadTemplate(state, node, sql);
  CompleteNode(state, node, nullptr);
  ResolveNode(state, node);
  return node;
}

}  // namespace eider::dbt

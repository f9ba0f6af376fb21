#include "dbt/node_parser.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/error.h"
#include "base/parallel.h"
#include "base/text.h"
#include "dbt/context.h"
#include "dbt/environment.h"
#include "dbt/node_config.h"
#include "dbt/parse_context.h"
#include "dbt/relation_names.h"
#include "dbt/yaml_rendering.h"

namespace eider::dbt {

namespace fs = std::filesystem;

namespace {

// The folders of `path`, then `name`, after the package.
std::vector<std::string> MakeFqn(const std::string& package, const fs::path& path,
                                 const std::string& name) {
  std::vector<std::string> fqn = {package};
  for (const auto& part : path.parent_path()) fqn.push_back(part.string());
  fqn.push_back(name);
  return fqn;
}

// A file or block that becomes a node.
struct Job {
  NodeType type;
  const Project* project;
  const SourceFile* file;
};

void AddJobs(const ParseState& state, const PackageFiles& files, std::vector<Job>& jobs) {
  auto add = [&](NodeType type, const std::vector<SourceFile>& list) {
    for (const auto& file : list) {
      jobs.push_back({type, state.config->FindPackage(file.package_name), &file});
    }
  };
  add(NodeType::kModel, files.models);
  add(NodeType::kSnapshot, files.snapshots);
  add(NodeType::kAnalysis, files.analyses);
  add(NodeType::kTest, files.singular_tests);
  add(NodeType::kSeed, files.seeds);
}

std::vector<Node> ParseSnapshots(const ParseState& state, const Job& job) {
  std::vector<Node> nodes;
  auto source = ParseEnvironment().Compile(AtFileLines(*job.file, job.file->text),
                                           job.file->original_file_path);
  for (const auto& info : source->Macros()) {
    if (info.header.tag != "snapshot") continue;
    Node node = MakeNode(state, NodeType::kSnapshot, *job.project, *job.file, info.header.name);
    // The fqn of a snapshot holds its file too, since a file may hold several.
    node.fqn.insert(node.fqn.end() - 1, fs::path(job.file->path).stem().string());
    node.checksum = job.file->checksum;
    node.raw_code = source->source().substr(info.body_begin, info.body_end - info.body_begin);
    ReadTemplate(state, node,
                 std::string(static_cast<size_t>(info.line - 1), '\n') + node.raw_code);
    nodes.push_back(std::move(node));
  }
  return nodes;
}

// Python models have their place in the graph, so that what refers to them is found; running one
// is refused (Compiler::Compile).
void ReadPythonModel(Node& node) {
  node.language = "python";
  node.config_call = {{"materialized", "table"}};
}

std::vector<Node> ParseFile(const ParseState& state, const Job& job) {
  if (job.type == NodeType::kSnapshot) return ParseSnapshots(state, job);
  std::string name = fs::path(job.file->path).stem().string();
  Origin origin = *job.file;
  if (job.type == NodeType::kAnalysis) origin.path = "analysis/" + origin.path;
  Node node = MakeNode(state, job.type, *job.project, origin, name);
  node.checksum = job.file->checksum;
  if (job.type != NodeType::kSeed) {
    node.raw_code = job.file->text;
    if (job.type == NodeType::kModel && Lower(job.file->path).ends_with(".py")) {
      ReadPythonModel(node);
      return {std::move(node)};
    }
    ReadTemplate(state, node, AtFileLines(*job.file, job.file->text));
  }
  std::vector<Node> nodes;
  nodes.push_back(std::move(node));
  return nodes;
}

void AddHooks(const ParseState& state, const Project& project, std::vector<Node>& nodes) {
  auto add = [&](const char* kind, const std::vector<std::string>& hooks) {
    for (size_t i = 0; i < hooks.size(); ++i) {
      Origin origin;
      origin.package_name = project.name;
      origin.root_path = project.root.string();
      origin.original_file_path = "dbt_project.yml";
      std::string name = project.name + "-" + kind + "-" + std::to_string(i);
      origin.path = "hooks/" + name + ".sql";
      Node node = MakeNode(state, NodeType::kOperation, project, origin, name);
      node.original_file_path = "./dbt_project.yml";
      node.raw_code = hooks[i];
      node.checksum = project.checksum;
      node.index = static_cast<int>(i);
      node.tags = {kind};
      ReadTemplate(state, node, node.raw_code);
      nodes.push_back(std::move(node));
    }
  };
  add("on-run-start", project.on_run_start);
  add("on-run-end", project.on_run_end);
}

// Whether a project puts a macro in the place of ref, source or config: then only rendering tells
// what a call does.
bool ReplacesBuiltins(const ParseState& state, const std::string& package) {
  for (const char* name : {"ref", "source", "config"}) {
    if (state.macros->FindInPackage(name, package)) return true;
    if (state.macros->FindInPackage(name, state.config->project.name)) return true;
  }
  return false;
}

// What the template's calls say, where all of them are refs, sources and configs of constants that
// are always reached. False where only rendering can tell; then nothing was noted.
bool ReadStatically(const ParseState& state, const jinja::Template& source, Node& node) {
  if (source.IsPlainText()) return true;
  if (!source.Macros().empty()) return false;
  bool plain = true;
  std::vector<RefArgs> refs;
  std::vector<SourceArgs> sources;
  Json config_call = Json::object();
  source.VisitCalls([&](const jinja::CallSite& call) {
    if (!plain) return;
    plain = call.constant && !call.unpacks && !call.conditional && call.macro.empty();
    if (!plain) return;
    if (call.function == "ref") {
      refs.push_back(ReadRef(call.arguments));
    } else if (call.function == "source") {
      sources.push_back(ReadSource(call.arguments));
    } else if (call.function == "config") {
      MergeConfigCall(config_call, ReadConfigCall(call.arguments));
    } else {
      plain = false;
    }
  });
  if (!plain || ReplacesBuiltins(state, node.package_name)) return false;
  node.refs = std::move(refs);
  node.sources = std::move(sources);
  node.config_call = std::move(config_call);
  return true;
}

void RenderHooks(const ParseState& state, Node& node) {
  std::unique_ptr<Context> context;
  for (const char* key : {"pre-hook", "post-hook"}) {
    const Json* hooks = node.config.Find(key);
    if (!hooks) continue;
    for (const Json& hook : *hooks) {
      std::string sql = hook.value("sql", "");
      if (!HasTemplate(sql)) continue;
      if (!context) context = MakeParseContext(state, node);
      try {
        ParseEnvironment().Compile(sql, node.original_file_path)->Render(*context);
      } catch (Error& error) {
        error.WithContext(std::string("in the ") + key + " of '" + node.unique_id + "'");
        throw;
      }
    }
  }
}

void CopyFromConfig(Node& node) {
  const NodeConfig& config = node.config;
  for (const auto& tag : config.tags()) {
    if (std::find(node.tags.begin(), node.tags.end(), tag) == node.tags.end()) {
      node.tags.push_back(tag);
    }
  }
  if (const Json* meta = config.Find("meta"); meta && !meta->empty()) node.meta = *meta;
  if (const Json* group = config.Find("group")) node.group = group->get<std::string>();
  if (const Json* docs = config.Find("docs"); docs && docs->is_object()) {
    node.docs.show = docs->value("show", true);
    auto color = docs->find("node_color");
    if (color != docs->end() && color->is_string())
      node.docs.node_color = color->get<std::string>();
  }
  if (const Json* contract = config.Find("contract"); contract && contract->is_object()) {
    node.contract.enforced = contract->value("enforced", false);
    node.contract.alias_types = contract->value("alias_types", true);
  }
  if (node.type != NodeType::kModel) return;
  std::string access = config.String("access", "protected");
  if (access != "private" && access != "protected" && access != "public") {
    throw Error(ErrorCode::kInvalidArgument, "Node " + node.unique_id + " has an invalid value (" +
                                                 access + ") for the access field")
        .WithHint("The values are private, protected and public.");
  }
  node.access = access;
}

}  // namespace

Node MakeNode(const ParseState& state, NodeType type, const Project& project, const Origin& origin,
              const std::string& name) {
  Node node;
  static_cast<Origin&>(node) = origin;
  node.type = type;
  node.name = node.alias = name;
  node.unique_id = std::string(NodeTypeName(type)) + "." + project.name + "." + name;
  node.fqn = MakeFqn(project.name, origin.path, name);
  node.schema = state.config->target.schema;
  if (state.config->adapter) {
    node.database = state.config->adapter->DatabaseName(state.config->target);
  }
  node.created_at = state.created_at;
  return node;
}

void ReadTemplate(const ParseState& state, Node& node, std::string text) {
  auto source = ParseEnvironment().Compile(std::move(text), node.original_file_path);
  try {
    if (ReadStatically(state, *source, node)) return;
  } catch (const Error&) {
    // Rendering finds the same fault and knows its line.
  }
  node.config_call = Json::object();
  auto context = MakeParseContext(state, node);
  source->Render(*context);
}

std::vector<Node> ParseNodeFiles(const ParseState& state,
                                 const std::vector<const PackageFiles*>& packages) {
  std::vector<Job> jobs;
  for (const auto* files : packages) AddJobs(state, *files, jobs);
  std::vector<std::vector<Node>> parsed(jobs.size());
  ParallelFor(jobs.size(), [&](size_t i) { parsed[i] = ParseFile(state, jobs[i]); });
  std::vector<Node> nodes;
  for (auto& list : parsed) {
    std::move(list.begin(), list.end(), std::back_inserter(nodes));
  }
  for (const auto& package : state.config->packages) AddHooks(state, package, nodes);
  AddHooks(state, state.config->project, nodes);
  return nodes;
}

void CompleteNode(const ParseState& state, Node& node, const Json* properties) {
  ConfigLayers layers{.properties = properties, .call = &node.config_call};
  auto build = [&] {
    return NodeConfig(BuildConfig(*state.config, node.type, node.package_name, node.fqn, layers));
  };
  try {
    if (properties && properties->contains("tags")) {
      // A node's own list of tags begins with those it has without its property file.
      layers.properties = nullptr;
      for (const auto& tag : build().tags()) {
        if (std::find(node.tags.begin(), node.tags.end(), tag) == node.tags.end()) {
          node.tags.push_back(tag);
        }
      }
      layers.properties = properties;
    }
    node.config = build();
    CopyFromConfig(node);
  } catch (Error& error) {
    Error named = error.WithContext("in the configuration of '" + node.unique_id + "'");
    if (named.file().empty()) named.At(node.original_file_path);
    throw named;
  }
  node.unrendered_config =
      BuildUnrenderedConfig(*state.config, node.type, node.package_name, node.fqn, layers);
  NameRelation(state, node);
  if (node.type != NodeType::kTest) RenderHooks(state, node);
}

}  // namespace eider::dbt

#include "dbt/compiler.h"

#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "base/text.h"
#include "dbt/base_context.h"
#include "dbt/cte_injection.h"
#include "dbt/environment.h"
#include "dbt/execution_context.h"
#include "dbt/iceberg_placement.h"
#include "dbt/manifest_artifact.h"
#include "dbt/parse_context.h"
#include "dbt/relation.h"
#include "dbt/secret.h"

namespace eider::dbt {

namespace fs = std::filesystem;

using jinja::Dict;
using jinja::Value;

namespace {

BaseContextHooks MakeHooks(EventSink& sink) {
  BaseContextHooks hooks;
  hooks.log = [&sink](const std::string& message, bool info) {
    EmitNote(sink, info ? EventLevel::kInfo : EventLevel::kDebug, message,
             info ? "JinjaLogInfo" : "JinjaLogDebug", info ? "I062" : "I063");
  };
  hooks.print = [&sink](const std::string& message) {
    EmitNote(sink, EventLevel::kInfo, message, "PrintEvent", "Z052");
  };
  hooks.warn = [&sink](const std::string& message) {
    EmitNote(sink, EventLevel::kWarn, message, "JinjaLogWarning", "I061");
  };
  return hooks;
}

// The relation that `ref('a')` or `source('a', 'b')` in a foreign key leads to.
std::string ForeignKeyRelation(Manifest& manifest, const Node& node, const std::string& text) {
  std::vector<RefArgs> refs;
  std::vector<SourceArgs> sources;
  if (!ReadReferenceText(text, refs, sources)) return text;
  if (!refs.empty()) {
    const RefArgs& ref = refs.front();
    auto lookup = manifest.FindRef(ref.package, ref.name, ref.version, node.package_name);
    if (lookup.found) return RelationOf(*lookup.found, manifest.config->quoting()).Render();
  } else {
    auto lookup = manifest.FindSource(sources.front().source_name, sources.front().table_name,
                                      node.package_name);
    if (lookup.found) return RelationOf(*lookup.found).Render();
  }
  throw Error(ErrorCode::kNotFound,
              "'" + node.unique_id + "' has a foreign key to " + text + ", which was not found");
}

void ResolveForeignKeys(Manifest& manifest, Node& node) {
  auto resolve = [&](Json& constraints) {
    for (Json& constraint : constraints) {
      auto to = constraint.find("to");
      if (to == constraint.end() || !to->is_string()) continue;
      *to = ForeignKeyRelation(manifest, node, to->get<std::string>());
    }
  };
  resolve(node.constraints);
  for (auto& [name, column] : node.columns) resolve(column.constraints);
}

}  // namespace

Compiler::Compiler(Manifest& manifest, Adapter& adapter, CompileOptions options)
    : manifest_(manifest),
      adapter_(adapter),
      options_(options),
      base_context_(MakeBaseContext(adapter.config(), MakeHooks(adapter.sink()))) {
  for (const auto& [alias, location] : PlaceIcebergRelations(manifest)) {
    adapter.AttachWarehouse(alias, location);
  }
  selected_ = Value::List();
}

void Compiler::set_selected(const std::set<std::string>& ids) {
  selected_ = Value::List(jinja::ValueList(ids.begin(), ids.end()));
}

Value Compiler::graph() {
  std::lock_guard<std::mutex> lock(graph_mutex_);
  if (graph_) return *graph_;
  std::unique_lock<std::shared_mutex> results_lock(results_mutex_);
  Dict nodes, sources, exposures, groups;
  for (const auto& [id, node] : manifest_.nodes) {
    nodes.Set(Value(id), Value::FromJson(NodeToJson(node)));
  }
  for (const auto& [id, source] : manifest_.sources) {
    sources.Set(Value(id), Value::FromJson(SourceToJson(source)));
  }
  for (const auto& [id, exposure] : manifest_.exposures) {
    exposures.Set(Value(id), Value::FromJson(ExposureToJson(exposure)));
  }
  for (const auto& [id, group] : manifest_.groups) {
    groups.Set(Value(id), Value::FromJson(GroupToJson(group)));
  }
  graph_ = Value(Dict{{"nodes", Value(std::move(nodes))},
                      {"sources", Value(std::move(sources))},
                      {"exposures", Value(std::move(exposures))},
                      {"groups", Value(std::move(groups))},
                      {"metrics", Value(Dict{})},
                      {"semantic_models", Value(Dict{})},
                      {"saved_queries", Value(Dict{})},
                      {"functions", Value(Dict{})}});
  return *graph_;
}

void Compiler::Render(Node& node, Connection& connection, const Dict* extras) {
  {
    std::shared_lock<std::shared_mutex> lock(results_mutex_);
    node.extra_ctes.clear();
    node.extra_ctes_injected = false;
  }
  ExecutionContext context(*this, connection, node);
  if (extras) context.SetAll(*extras);
  context.SetTestArguments();
  auto source = RunEnvironment().Compile(node.raw_code, node.original_file_path);
  std::string code = source->Render(context.resolver());
  std::shared_lock<std::shared_mutex> lock(results_mutex_);
  node.compiled_code = std::move(code);
  node.compiled = true;
  if (node.type == NodeType::kModel) ResolveForeignKeys(manifest_, node);
  if (node.type == NodeType::kTest && !node.relation_name && node.is_relational()) {
    node.relation_name = RelationOf(node, adapter_.config().quoting()).Render();
  }
}

// Puts the code of every ephemeral model `node` refers to, and of those they refer to, before it.
void Compiler::InjectEphemeral(Node& node, Connection& connection) {
  if (node.extra_ctes_injected) return;
  std::vector<InjectedCte> ctes;
  auto add = [&](const InjectedCte& cte) {
    for (const auto& known : ctes) {
      if (known.id == cte.id) return;
    }
    ctes.push_back(cte);
  };
  for (const auto& reference : node.extra_ctes) {
    Node& parent = manifest_.nodes.at(reference.id);
    if (!parent.extra_ctes_injected) {
      Render(parent, connection, nullptr);
      ephemeral_code_[parent.unique_id] = *parent.compiled_code;
      InjectEphemeral(parent, connection);
      SetCompiledPath(parent);
      WriteCode(parent, "compiled", *parent.compiled_code);
    }
    for (const auto& cte : parent.extra_ctes) add(cte);
    add({parent.unique_id, " " + EphemeralRelation(parent).Render() + " as (\n" +
                               ephemeral_code_[parent.unique_id] + "\n)"});
  }
  std::shared_lock<std::shared_mutex> lock(results_mutex_);
  node.compiled_code = InjectCtes(*node.compiled_code, ctes);
  node.extra_ctes = std::move(ctes);
  node.extra_ctes_injected = true;
}

void Compiler::Compile(Node& node, Connection& connection, const Dict* extras) {
  if (node.type == NodeType::kSeed) return;
  if (node.language == "python") {
    throw Error(ErrorCode::kUnsupported,
                "Python models are not supported, and " + node.original_file_path + " is one")
        .WithHint("Write it in SQL, or give it `enabled: false` in a property file.");
  }
  if (node.is_ephemeral()) {
    std::lock_guard<std::mutex> lock(ephemeral_mutex_);
    if (node.extra_ctes_injected) return;
    Render(node, connection, extras);
    ephemeral_code_[node.unique_id] = *node.compiled_code;
    InjectEphemeral(node, connection);
  } else {
    Render(node, connection, extras);
    if (node.extra_ctes.empty()) {
      std::shared_lock<std::shared_mutex> lock(results_mutex_);
      node.extra_ctes_injected = true;
    } else {
      std::lock_guard<std::mutex> lock(ephemeral_mutex_);
      InjectEphemeral(node, connection);
    }
  }
  SetCompiledPath(node);
  WriteCode(node, "compiled", *node.compiled_code);
}

void Compiler::SetCompiledPath(Node& node) {
  std::string path = CodePath(node, "compiled");
  std::shared_lock<std::shared_mutex> lock(results_mutex_);
  node.compiled_path = std::move(path);
}

void Compiler::SetQueryComment(Node& node, Connection& connection) {
  const Json& configured = manifest_.config->project.query_comment;
  Json comment = configured;
  bool append = false;
  if (configured.is_object()) {
    comment = configured.value("comment", Json());
    append = configured.value("append", false);
  }
  if (!comment.is_string() || comment.get<std::string>().empty()) return;
  ExecutionContext context(*this, connection, node);
  context.Set("node", Value::FromJson(NodeToJson(node)));
  context.Set("connection_name", Value(connection.name()));
  auto source = RunEnvironment().Compile(comment.get<std::string>(), "dbt_project.yml");
  std::string text(Trim(source->Render(context.resolver())));
  if (text.find("*/") != text.npos) {
    throw Error(ErrorCode::kInvalidArgument, "query-comment contains illegal value \"*/\": " + text)
        .At("dbt_project.yml");
  }
  connection.set_comment(std::move(text), append);
}

std::string Compiler::CodePath(const Node& node, std::string_view folder) const {
  fs::path path = node.original_file_path;
  // Several nodes of one file: each has a file of its own below it.
  if (fs::path(node.path).filename() != path.filename()) path /= node.path;
  fs::path target = adapter_.config().target_dir();
  fs::path below = target.lexically_relative(adapter_.config().project.root);
  if (!below.empty() && *below.begin() != "..") target = below;
  return (target / folder / node.package_name / path).string();
}

void Compiler::WriteCode(const Node& node, std::string_view folder, const std::string& code) const {
  if (!options_.write || code.empty()) return;
  fs::path path = adapter_.config().project.root / CodePath(node, folder);
  std::error_code failure;
  fs::create_directories(path.parent_path(), failure);
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << ScrubSecrets(code);
  out.close();
  if (failure || !out) {
    throw Error(ErrorCode::kIo,
                "the code of " + node.unique_id + " could not be written to " + path.string());
  }
}

}  // namespace eider::dbt

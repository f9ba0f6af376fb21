// ls: which resources there are, or are selected.
#include <algorithm>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/dbt_options.h"
#include "cli/failure.h"
#include "cli/invocation.h"
#include "dbt/manifest_artifact.h"

namespace eider::cli {

namespace {

using dbt::NodeType;

// One listed resource, in each of the forms it can be listed in.
struct Listed {
  std::string selector;
  std::string name;
  std::string path;
  Json json;
};

Listed Describe(const dbt::Manifest& manifest, const std::string& id) {
  if (auto node = manifest.nodes.find(id); node != manifest.nodes.end()) {
    return {Join(node->second.fqn, "."), node->second.search_name(),
            node->second.original_file_path, dbt::NodeToJson(node->second)};
  }
  if (auto source = manifest.sources.find(id); source != manifest.sources.end()) {
    const dbt::Source& found = source->second;
    std::string name = found.source_name + "." + found.name;
    return {"source:" + found.package_name + "." + name, name, found.original_file_path,
            dbt::SourceToJson(found)};
  }
  const dbt::Exposure& exposure = manifest.exposures.at(id);
  return {"exposure:" + exposure.package_name + "." + exposure.name, exposure.name,
          exposure.original_file_path, dbt::ExposureToJson(exposure)};
}

// The member at "config.materialized"; null when there is none.
const Json* Member(const Json& object, const std::string& path) {
  const Json* current = &object;
  for (const std::string& key : Split(path, '.')) {
    if (!current->is_object()) return nullptr;
    auto found = current->find(key);
    if (found == current->end()) return nullptr;
    current = &*found;
  }
  return current;
}

Json ChosenMembers(const Json& resource, const std::vector<std::string>& keys) {
  Json chosen = Json::object();
  if (!keys.empty()) {
    for (const std::string& key : keys) {
      if (const Json* value = Member(resource, key)) chosen[key] = *value;
    }
    return chosen;
  }
  static const std::vector<std::string> kDefault = {
      "alias",  "name",          "package_name", "depends_on",         "tags",
      "config", "resource_type", "source_name",  "original_file_path", "unique_id"};
  for (auto& [key, value] : resource.items()) {
    if (std::find(kDefault.begin(), kDefault.end(), key) != kDefault.end()) chosen[key] = value;
  }
  return chosen;
}

int RunList(Invocation& invocation) {
  const Arguments& arguments = invocation.arguments();
  const dbt::Manifest& manifest = invocation.manifest();
  // All that can be listed; analyses only where they are named.
  std::vector<NodeType> types = {NodeType::kModel, NodeType::kSnapshot, NodeType::kSeed,
                                 NodeType::kTest,  NodeType::kSource,   NodeType::kExposure};
  for (const std::string& word : arguments.List("resource-type")) {
    if (word == "all" || word == "analysis") types.push_back(NodeType::kAnalysis);
  }
  std::set<std::string> selected = invocation.Select(types);
  if (selected.empty()) invocation.Warn("No nodes selected!", "NoNodesSelected", "Q038");

  std::string output = arguments.Text("output").value_or("selector");
  std::vector<std::string> keys;
  for (const std::string& words : arguments.List("output-keys")) {
    for (const std::string& key : Split(words, ' ')) {
      if (!key.empty()) keys.push_back(key);
    }
  }
  for (const std::string& id : selected) {
    Listed listed = Describe(manifest, id);
    if (output == "name") {
      invocation.Print(listed.name);
    } else if (output == "path") {
      invocation.Print(listed.path);
    } else if (output == "json") {
      invocation.Print(ChosenMembers(listed.json, keys).dump());
    } else {
      invocation.Print(listed.selector);
    }
  }
  invocation.WriteArtifacts();
  return kSuccess;
}

}  // namespace

Command ListCommand() {
  using Kind = Option::Kind;
  Command command;
  command.name = "ls";
  command.aliases = {"list"};
  command.summary = "List the project's resources, or those selected";
  command.options =
      Concatenate({SelectionOptions(),
                   ResourceTypeOptions(),
                   {{"--output",
                     Kind::kText,
                     "FORM",
                     "What is printed of each.",
                     "",
                     {"json", "name", "path", "selector"}},
                    {"--output-keys",
                     Kind::kList,
                     "KEY",
                     "Members of the JSON form; config.materialized reaches into objects.",
                     "",
                     {}}},
                   ProjectOptions()});
  command.run = [](const Arguments& arguments) { return RunInvocation(arguments, RunList); };
  return command;
}

}  // namespace eider::cli

#include "dbt/node_patch.h"

#include <algorithm>
#include <filesystem>
#include <map>

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"
#include "dbt/node_parser.h"
#include "dbt/parse_context.h"
#include "jinja/value.h"

namespace eider::dbt {

namespace fs = std::filesystem;

namespace {

bool IsRefable(NodeType type) {
  return type == NodeType::kModel || type == NodeType::kSeed || type == NodeType::kSnapshot;
}

void SetColumns(Node& node, const std::vector<ColumnEntry>& columns) {
  for (const auto& entry : columns) {
    auto [place, fresh] = node.columns.insert_or_assign(entry.column.name, entry.column);
    if (fresh) node.column_order.push_back(entry.column.name);
  }
}

class Patcher {
 public:
  Patcher(ParseState& state, std::vector<Node>& nodes) : state_(state), nodes_(nodes) {
    configs_.resize(nodes.size());
    for (size_t i = 0; i < nodes.size(); ++i) by_name_[nodes[i].name].push_back(i);
  }

  void Apply(const PropertyFile& file) {
    for (const auto& entry : file.nodes) {
      if (entry.versions.empty()) {
        ApplyEntry(file, entry);
      } else {
        ApplyVersions(file, entry);
      }
    }
  }

  std::vector<Json> Take() { return std::move(configs_); }

 private:
  // The positions of the nodes named `name` that an entry of `file` can mean: of its own package,
  // else of any.
  std::vector<size_t> Find(const PropertyFile& file, NodeType type, const std::string& name) const {
    auto found = by_name_.find(name);
    if (found == by_name_.end()) return {};
    std::vector<size_t> own, others;
    for (size_t i : found->second) {
      const Node& node = nodes_[i];
      if (node.type != type || !node.version.is_null()) continue;
      (node.package_name == file.package_name ? own : others).push_back(i);
    }
    return own.empty() ? others : own;
  }

  void WarnUnmatched(const PropertyFile& file, const NodeEntry& entry, const std::string& name) {
    std::string section(SectionName(entry.type));
    if (auto found = by_name_.find(name); found != by_name_.end() && IsRefable(entry.type)) {
      for (size_t i : found->second) {
        if (!IsRefable(nodes_[i].type)) continue;
        std::string type(NodeTypeName(nodes_[i].type));
        state_.warn("'" + name + "' is a " + type + " node, but it is specified in the " + section +
                    " section of " + file.original_file_path + ". To fix this error, place the `" +
                    name + "` specification under the " + std::string(SectionName(nodes_[i].type)) +
                    " key instead.");
        return;
      }
    }
    state_.warn("Did not find matching node for patch with name '" + name + "' in the '" + section +
                "' section of file '" + file.original_file_path + "'");
  }

  void Claim(const PropertyFile& file, const NodeEntry& entry, Node& node) {
    if (node.patch_path) {
      std::string other = node.patch_path->substr(node.patch_path->find("://") + 3);
      throw Error(ErrorCode::kAlreadyExists,
                  "dbt found two schema.yml entries for the same resource named " + entry.name)
          .WithHint(
              "Resources and their associated columns may only be described a single time. "
              "Remove the entry for " +
              entry.name + " in one of these files:\n - " + file.original_file_path + "\n - " +
              other)
          .At(file.original_file_path, entry.line);
    }
    node.patch_path = file.patch_path();
  }

  void ApplyEntry(const PropertyFile& file, const NodeEntry& entry) {
    auto found = Find(file, entry.type, entry.name);
    if (found.empty()) return WarnUnmatched(file, entry, entry.name);
    // Several nodes of one name are all disabled, or an error later.
    for (size_t i : found) {
      Node& node = nodes_[i];
      Claim(file, entry, node);
      node.description = entry.description;
      SetColumns(node, entry.columns);
      if (node.type == NodeType::kModel) {
        node.constraints = entry.constraints;
        node.deprecation_date = entry.deprecation_date;
        node.time_spine = entry.time_spine;
      }
      if (!entry.config.empty()) configs_[i] = entry.config;
    }
  }

  void ApplyVersions(const PropertyFile& file, const NodeEntry& entry) {
    for (const auto& version : entry.versions) {
      std::string file_name = version.defined_in.value_or(entry.name + "_" + version.Suffix());
      auto found = Find(file, entry.type, file_name);
      // The latest version's file may go without the suffix.
      if (found.empty() && version.version == entry.latest_version) {
        found = Find(file, entry.type, entry.name);
      }
      if (found.empty()) {
        WarnUnmatched(file, entry, file_name);
        continue;
      }
      Node& node = nodes_[found[0]];
      Claim(file, entry, node);
      node.name = entry.name;
      node.version = version.version;
      node.latest_version = entry.latest_version;
      node.unique_id = "model." + node.package_name + "." + entry.name + "." + version.Suffix();
      node.fqn.back() = entry.name;
      node.fqn.push_back(version.Suffix());
      node.description = version.description.empty() ? entry.description : version.description;
      SetColumns(node, entry.ColumnsOf(version));
      node.constraints = version.constraints.empty() ? entry.constraints : version.constraints;
      node.deprecation_date = version.deprecation_date;
      Json config = entry.config;
      config.update(version.config, /*merge_objects=*/true);
      if (version.access) config["access"] = *version.access;
      if (!config.empty()) configs_[found[0]] = std::move(config);
    }
  }

  ParseState& state_;
  std::vector<Node>& nodes_;
  std::vector<Json> configs_;
  std::map<std::string, std::vector<size_t>> by_name_;
};

// A constraint as Python prints it, which is what dbt's checksum of a contract is made of.
std::string PythonConstraint(const Json& constraint, bool of_model) {
  auto repr = [&](const char* key) { return jinja::Value::FromJson(constraint[key]).Repr(); };
  std::string type = constraint["type"].get<std::string>();
  std::string out = of_model ? "ModelLevelConstraint(" : "ColumnLevelConstraint(";
  out += "type=<ConstraintType." + type + ": '" + type + "'>";
  for (const char* key :
       {"name", "expression", "warn_unenforced", "warn_unsupported", "to", "to_columns"}) {
    out += std::string(", ") + key + "=" + repr(key);
  }
  if (of_model) out += ", columns=" + repr("columns");
  return out + ")";
}

std::string PythonConstraints(const Json& constraints, bool of_model) {
  std::vector<std::string> items;
  for (const Json& constraint : constraints) {
    items.push_back(PythonConstraint(constraint, of_model));
  }
  return "[" + Join(items, ", ") + "]";
}

std::string ContractChecksum(const Node& node) {
  std::string text;
  for (const auto& [name, column] : node.columns) {
    text += "|" + name + column.data_type.value_or("None") +
            PythonConstraints(column.constraints, false);
  }
  std::string materialized = node.config.materialized();
  if (materialized == "table" || materialized == "incremental") {
    text += materialized + PythonConstraints(node.constraints, true);
  }
  return Sha256Hex(text);
}

void CheckPrimaryKeys(const Node& node) {
  std::vector<std::string> keys;
  for (const auto& [name, column] : node.columns) {
    for (const Json& constraint : column.constraints) {
      if (constraint["type"] == "primary_key") keys.push_back(name);
    }
  }
  bool of_model = std::any_of(node.constraints.begin(), node.constraints.end(),
                              [](const Json& c) { return c["type"] == "primary_key"; });
  std::string problem;
  if (keys.size() > 1) {
    problem = "Found " + std::to_string(keys.size()) + " columns (" + Join(keys, ", ") +
              ") with primary key constraints defined. Primary keys for multiple columns must be "
              "defined as a model level constraint.";
  } else if (!keys.empty() && of_model) {
    problem =
        "Primary key constraints defined at the model level and the columns level. Primary "
        "keys can be defined at the model level or the column level, not both.";
  }
  if (problem.empty()) return;
  throw Error(ErrorCode::kInvalidArgument,
              "Primary key constraint error: (" + node.original_file_path + ")\n" + problem);
}

void CheckAndApplyConstraints(Node& node) {
  if (node.contract.enforced && node.columns.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                "Contract enforcement failed for: (" + node.original_file_path + ")")
        .WithHint(
            "Constraints must be defined in a `yml` schema configuration file like "
            "`schema.yml`: give the columns of '" +
            node.name + "' with name and data_type.");
  }
  CheckPrimaryKeys(node);
  auto add_target = [&](const Json& constraint) {
    if (constraint["type"] != "foreign_key" || !constraint["to"].is_string()) return;
    std::string target = constraint["to"].get<std::string>();
    if (ReadReferenceText(target, node.refs, node.sources)) return;
    throw Error(ErrorCode::kInvalidArgument,
                "Invalid 'ref' or 'source' syntax on foreign key constraint 'to' on model " +
                    node.name + ": " + target + ".");
  };
  for (const Json& constraint : node.constraints) add_target(constraint);
  for (const auto& name : node.column_order) {
    for (const Json& constraint : node.columns.at(name).constraints) add_target(constraint);
  }
  if (node.contract.enforced) node.contract.checksum = ContractChecksum(node);
}

}  // namespace

std::vector<Node> ParseYamlSnapshots(const ParseState& state,
                                     const std::vector<PropertyFile>& files) {
  std::vector<Node> nodes;
  for (const auto& file : files) {
    for (const auto& entry : file.nodes) {
      if (!entry.relation) continue;
      Origin origin = file;
      Node node = MakeNode(state, NodeType::kSnapshot,
                           *state.config->FindPackage(file.package_name), origin, entry.name);
      node.path = file.path + "/" + entry.name + ".sql";
      node.checksum = file.checksum;
      node.raw_code = "select * from {{ " + *entry.relation + " }}";
      if (!ReadReferenceText(*entry.relation, node.refs, node.sources)) {
        throw Error(ErrorCode::kInvalidArgument, "the relation of snapshot '" + entry.name +
                                                     "' is '" + *entry.relation +
                                                     "', which is neither ref(..) nor source(..)")
            .At(file.original_file_path, entry.line);
      }
      nodes.push_back(std::move(node));
    }
  }
  return nodes;
}

std::vector<Json> PatchNodes(ParseState& state, std::vector<Node>& nodes,
                             const std::vector<PropertyFile>& files) {
  Patcher patcher(state, nodes);
  for (const auto& file : files) patcher.Apply(file);
  return patcher.Take();
}

void ApplyConstraints(Node& node) {
  if (node.type != NodeType::kModel || !node.patch_path) return;
  try {
    CheckAndApplyConstraints(node);
  } catch (Error& error) {
    throw error.At(node.original_file_path);
  }
}

}  // namespace eider::dbt

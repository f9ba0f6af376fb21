#include "dbt/node.h"

#include <algorithm>
#include <array>

namespace eider::dbt {

namespace {

struct TypeName {
  NodeType type;
  std::string_view name;
};

constexpr std::array kTypeNames = {
    TypeName{NodeType::kModel, "model"},
    TypeName{NodeType::kSeed, "seed"},
    TypeName{NodeType::kTest, "test"},
    TypeName{NodeType::kSnapshot, "snapshot"},
    TypeName{NodeType::kAnalysis, "analysis"},
    TypeName{NodeType::kOperation, "operation"},
    TypeName{NodeType::kSqlOperation, "sql_operation"},
    TypeName{NodeType::kSource, "source"},
    TypeName{NodeType::kExposure, "exposure"},
    TypeName{NodeType::kMacro, "macro"},
    TypeName{NodeType::kDoc, "doc"},
    TypeName{NodeType::kGroup, "group"},
};

}  // namespace

std::string_view NodeTypeName(NodeType type) {
  for (const auto& entry : kTypeNames) {
    if (entry.type == type) return entry.name;
  }
  return "";
}

std::optional<NodeType> NodeTypeFromName(std::string_view name) {
  for (const auto& entry : kTypeNames) {
    if (entry.name == name) return entry.type;
  }
  return std::nullopt;
}

const Json* NodeConfig::Find(std::string_view key) const {
  if (!values_.is_object()) return nullptr;
  auto found = values_.find(key);
  if (found == values_.end() || found->is_null()) return nullptr;
  return &*found;
}

std::string NodeConfig::String(std::string_view key, std::string_view fallback) const {
  const Json* value = Find(key);
  if (!value) return std::string(fallback);
  return value->is_string() ? value->get<std::string>() : value->dump();
}

std::optional<bool> NodeConfig::Bool(std::string_view key) const {
  const Json* value = Find(key);
  if (!value) return std::nullopt;
  if (value->is_boolean()) return value->get<bool>();
  if (value->is_number()) return value->get<double>() != 0;
  if (value->is_string()) {
    const auto& text = value->get_ref<const std::string&>();
    if (text == "true" || text == "True") return true;
    if (text == "false" || text == "False" || text.empty()) return false;
  }
  return std::nullopt;
}

std::optional<int64_t> NodeConfig::Integer(std::string_view key) const {
  const Json* value = Find(key);
  if (!value || !value->is_number()) return std::nullopt;
  return value->get<int64_t>();
}

std::vector<std::string> NodeConfig::Strings(std::string_view key) const {
  std::vector<std::string> out;
  const Json* value = Find(key);
  if (!value) return out;
  auto add = [&](const Json& item) {
    out.push_back(item.is_string() ? item.get<std::string>() : item.dump());
  };
  if (value->is_array()) {
    for (const Json& item : *value) add(item);
  } else {
    add(*value);
  }
  return out;
}

bool NodeConfig::persist_relation_docs() const {
  const Json* docs = Find("persist_docs");
  return docs && docs->is_object() && docs->value("relation", false);
}

bool NodeConfig::persist_column_docs() const {
  const Json* docs = Find("persist_docs");
  return docs && docs->is_object() && docs->value("columns", false);
}

std::vector<Hook> NodeConfig::Hooks(std::string_view key) const {
  std::vector<Hook> hooks;
  const Json* list = Find(key);
  if (!list || !list->is_array()) return hooks;
  for (const Json& item : *list) {
    Hook hook;
    if (item.is_string()) {
      hook.sql = item.get<std::string>();
    } else if (item.is_object()) {
      hook.sql = item.value("sql", "");
      hook.transaction = item.value("transaction", true);
      if (auto index = item.find("index"); index != item.end() && index->is_number()) {
        hook.index = index->get<int>();
      }
    }
    hooks.push_back(std::move(hook));
  }
  return hooks;
}

bool Node::is_relational() const {
  switch (type) {
    case NodeType::kModel:
    case NodeType::kSeed:
    case NodeType::kSnapshot:
      return true;
    case NodeType::kTest:
      return config.Bool("store_failures").value_or(false);
    default:
      return false;
  }
}

std::string Node::search_name() const {
  if (version.is_null()) return name;
  return name + ".v" + (version.is_string() ? version.get<std::string>() : version.dump());
}

}  // namespace eider::dbt

#include "dbt/node_config.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace eider::dbt {

namespace {

enum class Merge { kReplace, kAppend, kUpdate, kGrants };

Merge MergeRule(std::string_view key) {
  if (key == "tags" || key == "pre-hook" || key == "post-hook" || key == "packages") {
    return Merge::kAppend;
  }
  if (key == "meta" || key == "docs" || key == "quoting" || key == "column_types" ||
      key == "contract" || key == "snapshot_meta_column_names") {
    return Merge::kUpdate;
  }
  return key == "grants" ? Merge::kGrants : Merge::kReplace;
}

std::string CanonicalKey(std::string_view key) {
  key = Trim(key);
  if (key == "pre_hook") return "pre-hook";
  if (key == "post_hook") return "post-hook";
  if (key == "dataset") return "schema";
  return std::string(key);
}

Json Listify(const Json& value) {
  if (value.is_array()) return value;
  if (value.is_null()) return Json::array();
  return Json::array({value});
}

void Append(Json& list, const Json& items) {
  list = Listify(list);
  for (const Json& item : Listify(items)) list.push_back(item);
}

void MergeGrants(Json& grants, const Json& update) {
  if (!grants.is_object()) grants = Json::object();
  if (!update.is_object()) return;
  for (auto& [key, value] : update.items()) {
    if (key.starts_with('+')) {
      Append(grants[key.substr(1)], value);
    } else {
      grants[key] = Listify(value);
    }
  }
}

Json NodeDefaults() {
  return Json::parse(R"json({
    "enabled": true, "alias": null, "schema": null, "database": null, "tags": [], "meta": {},
    "group": null, "static_analysis": null, "materialized": "view", "incremental_strategy": null,
    "batch_size": null, "lookback": 1, "begin": null, "persist_docs": {}, "post-hook": [],
    "pre-hook": [], "quoting": {}, "column_types": {}, "full_refresh": null, "unique_key": null,
    "on_schema_change": "ignore", "on_configuration_change": "apply", "grants": {},
    "packages": [], "docs": {"show": true, "node_color": null},
    "contract": {"enforced": false, "alias_types": true}, "event_time": null,
    "concurrent_batches": null})json");
}

Json MakeDefaults(NodeType type) {
  switch (type) {
    case NodeType::kModel: {
      Json out = NodeDefaults();
      out["access"] = "protected";
      out["freshness"] = nullptr;
      return out;
    }
    case NodeType::kSeed: {
      Json out = NodeDefaults();
      out["materialized"] = "seed";
      out["delimiter"] = ",";
      out["quote_columns"] = nullptr;
      return out;
    }
    case NodeType::kSnapshot: {
      Json out = NodeDefaults();
      out["materialized"] = "snapshot";
      for (const char* key :
           {"strategy", "target_schema", "target_database", "updated_at", "check_cols"}) {
        out[key] = nullptr;
      }
      out["snapshot_meta_column_names"] = Json::parse(
          R"json({"dbt_valid_to": null, "dbt_valid_from": null, "dbt_scd_id": null,
              "dbt_updated_at": null, "dbt_is_deleted": null})json");
      out["dbt_valid_to_current"] = nullptr;
      return out;
    }
    case NodeType::kTest:
      return Json::parse(R"json({
        "enabled": true, "alias": null, "schema": "dbt_test__audit", "database": null, "tags": [],
        "meta": {}, "group": null, "static_analysis": null, "materialized": "test",
        "severity": "ERROR", "store_failures": null, "store_failures_as": null, "where": null,
        "limit": null, "fail_calc": "count(*)", "warn_if": "!= 0", "error_if": "!= 0"})json");
    case NodeType::kSource:
      return Json::parse(R"json({
        "enabled": true, "event_time": null,
        "freshness": {"warn_after": {"count": null, "period": null},
                      "error_after": {"count": null, "period": null}, "filter": null},
        "loaded_at_field": null, "loaded_at_query": null, "meta": {}, "tags": [],
        "static_analysis": null})json");
    case NodeType::kExposure:
      return Json::parse(R"json({"enabled": true, "tags": [], "meta": {}})json");
    default:
      return NodeDefaults();
  }
}

const Json& Defaults(NodeType type) {
  static const Json kModel = MakeDefaults(NodeType::kModel);
  static const Json kSeed = MakeDefaults(NodeType::kSeed);
  static const Json kSnapshot = MakeDefaults(NodeType::kSnapshot);
  static const Json kTest = MakeDefaults(NodeType::kTest);
  static const Json kSource = MakeDefaults(NodeType::kSource);
  static const Json kExposure = MakeDefaults(NodeType::kExposure);
  static const Json kOther = MakeDefaults(NodeType::kAnalysis);
  switch (type) {
    case NodeType::kModel:
      return kModel;
    case NodeType::kSeed:
      return kSeed;
    case NodeType::kSnapshot:
      return kSnapshot;
    case NodeType::kTest:
      return kTest;
    case NodeType::kSource:
      return kSource;
    case NodeType::kExposure:
      return kExposure;
    default:
      return kOther;
  }
}

const Json& Tree(const Project& project, NodeType type) {
  switch (type) {
    case NodeType::kSeed:
      return project.seeds;
    case NodeType::kSnapshot:
      return project.snapshots;
    case NodeType::kTest:
      return project.tests;
    case NodeType::kSource:
      return project.sources;
    case NodeType::kExposure:
      return project.exposures;
    default:
      return project.models;
  }
}

const Json& UnrenderedTree(const Project& project, NodeType type) {
  static const Json kEmpty = Json::object();
  const char* key = "models";
  if (type == NodeType::kSeed) key = "seeds";
  if (type == NodeType::kSnapshot) key = "snapshots";
  if (type == NodeType::kTest) key = "data_tests";
  if (type == NodeType::kSource) key = "sources";
  if (type == NodeType::kExposure) key = "exposures";
  auto found = project.unrendered.find(key);
  return found != project.unrendered.end() && found->is_object() ? *found : kEmpty;
}

// The settings of one level of a tree: keys with "+", and those that are no mapping and so cannot
// be a level below.
Json LevelSettings(const Json& level) {
  Json out = Json::object();
  for (auto& [key, value] : level.items()) {
    if (key.starts_with('+')) {
      out[std::string(Trim(std::string_view(key).substr(1)))] = value;
    } else if (!value.is_object()) {
      out[key] = value;
    }
  }
  return out;
}

std::vector<Json> Levels(const Json& tree, const std::vector<std::string>& fqn) {
  std::vector<Json> out;
  if (!tree.is_object()) return out;
  out.push_back(LevelSettings(tree));
  const Json* level = &tree;
  for (const auto& part : fqn) {
    auto found = level->find(part);
    if (found == level->end() || !found->is_object()) break;
    level = &*found;
    out.push_back(LevelSettings(*level));
  }
  return out;
}

// What a test's store_failures and store_failures_as mean together: the latter decides.
void SettleStoreFailures(Json& config) {
  const Json& as = config["store_failures_as"];
  if (as.is_string()) {
    config["store_failures"] = as != "ephemeral";
  } else if (const Json& store = config["store_failures"]; store.is_boolean()) {
    config["store_failures_as"] = store.get<bool>() ? "table" : "ephemeral";
  }
}

void Validate(const Json& config, NodeType type) {
  auto complain = [&](const char* key, const char* wanted) {
    throw Error(ErrorCode::kInvalidArgument, "Invalid value for '" + std::string(key) +
                                                 "': " + config[key].dump() + " is not " + wanted);
  };
  auto boolean = [&](const char* key) {
    auto found = config.find(key);
    if (found != config.end() && !found->is_null() && !found->is_boolean()) {
      complain(key, "true or false");
    }
  };
  auto text = [&](const char* key) {
    auto found = config.find(key);
    if (found != config.end() && !found->is_null() && !found->is_string()) complain(key, "text");
  };
  boolean("enabled");
  for (const char* key : {"materialized", "alias", "schema", "database", "group"}) text(key);
  if (auto meta = config.find("meta"); meta != config.end() && !meta->is_object()) {
    complain("meta", "a mapping");
  }
  if (auto tags = config.find("tags"); tags != config.end() && tags->is_array()) {
    for (const Json& tag : *tags) {
      if (!tag.is_string()) complain("tags", "a list of text");
    }
  }
  if (type == NodeType::kTest) {
    auto severity = config.find("severity");
    std::string word = severity->is_string() ? Lower(severity->get<std::string>()) : "";
    if (word != "warn" && word != "error") complain("severity", "'warn' or 'error'");
  } else {
    boolean("full_refresh");
  }
  if (type == NodeType::kSeed && config["materialized"] != "seed") {
    throw Error(ErrorCode::kInvalidArgument, "A seed must have a materialized value of 'seed'");
  }
  if (type == NodeType::kModel && config["materialized"] == "incremental") {
    const Json& contract = config["contract"];
    const Json& change = config["on_schema_change"];
    if (contract.is_object() && contract.value("enforced", false) &&
        change != "append_new_columns" && change != "fail") {
      throw Error(ErrorCode::kInvalidArgument,
                  "Invalid value for on_schema_change: " + change.dump() +
                      ". Models materialized as incremental with contracts enabled must set "
                      "on_schema_change to 'append_new_columns' or 'fail'");
    }
  }
}

}  // namespace

void MergeConfig(Json& config, const Json& update) {
  if (!update.is_object()) return;
  for (auto& [written, value] : update.items()) {
    std::string key = CanonicalKey(written);
    switch (MergeRule(key)) {
      case Merge::kAppend:
        Append(config[key], value);
        break;
      case Merge::kUpdate:
        if (!value.is_object()) {
          if (!value.is_null()) config[key] = value;
        } else {
          if (!config[key].is_object()) config[key] = Json::object();
          config[key].update(value);
        }
        break;
      case Merge::kGrants:
        MergeGrants(config[key], value);
        break;
      case Merge::kReplace:
        config[key] = value;
        break;
    }
  }
}

Json NormalizeHook(const Json& hook) {
  Json out = {{"sql", ""}, {"transaction", true}, {"index", nullptr}};
  if (hook.is_object()) {
    out.update(hook);
    return out;
  }
  std::string text = hook.is_string() ? hook.get<std::string>() : hook.dump();
  // A hook may also be JSON text, which is what before_begin() and after_commit() give.
  Json parsed = TryParseJson(text);
  if (parsed.is_object() && parsed.contains("sql")) {
    out.update(parsed);
  } else {
    out["sql"] = text;
  }
  return out;
}

Json BuildConfig(const Config& config, NodeType type, const std::string& package,
                 const std::vector<std::string>& fqn, const ConfigLayers& layers) {
  Json out = Defaults(type);
  const Project* own = config.FindPackage(package);
  if (own) {
    for (const Json& level : Levels(Tree(*own, type), fqn)) MergeConfig(out, level);
  }
  if (layers.properties) MergeConfig(out, *layers.properties);
  if (layers.call) MergeConfig(out, *layers.call);
  if (own && own != &config.project) {
    for (const Json& level : Levels(Tree(config.project, type), fqn)) MergeConfig(out, level);
  }
  // A null given for a field that has a default means the default.
  const Json& defaults = Defaults(type);
  for (auto& [key, value] : out.items()) {
    if (!value.is_null()) continue;
    if (auto known = defaults.find(key); known != defaults.end()) {
      bool freshness = type == NodeType::kSource && key == "freshness";
      if (!freshness) value = *known;
    }
  }
  for (const char* key : {"pre-hook", "post-hook"}) {
    auto hooks = out.find(key);
    if (hooks == out.end()) continue;
    for (Json& hook : *hooks) hook = NormalizeHook(hook);
  }
  if (auto tags = out.find("tags"); tags != out.end()) *tags = Listify(*tags);
  if (type == NodeType::kTest) SettleStoreFailures(out);
  if (auto setting = out.find("static_analysis"); setting != out.end() && setting->is_boolean()) {
    *setting = setting->get<bool>() ? "on" : "off";
  }
  Validate(out, type);
  return out;
}

Json BuildUnrenderedConfig(const Config& config, NodeType type, const std::string& package,
                           const std::vector<std::string>& fqn, const ConfigLayers& layers) {
  Json out = Json::object();
  const Project* own = config.FindPackage(package);
  if (own) {
    for (const Json& level : Levels(UnrenderedTree(*own, type), fqn)) out.update(level);
  }
  if (layers.properties && layers.properties->is_object()) out.update(*layers.properties);
  if (layers.call && layers.call->is_object()) out.update(*layers.call);
  if (own && own != &config.project) {
    for (const Json& level : Levels(UnrenderedTree(config.project, type), fqn)) out.update(level);
  }
  return out;
}

}  // namespace eider::dbt

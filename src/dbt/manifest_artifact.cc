#include "dbt/manifest_artifact.h"

#include <algorithm>
#include <string_view>

#include "base/clock.h"
#include "base/hash.h"
#include "base/parallel.h"
#include "base/text.h"
#include "dbt/base_context.h"
#include "dbt/secret.h"
#include "io/file_system.h"

namespace eider::dbt {

namespace {

constexpr const char* kSchemaVersion = "https://schemas.getdbt.com/dbt/manifest/v12.json";

// An object written key by key: keys are known to be distinct, so none is looked for.
class Writer {
 public:
  // Room for `expected` members, since growing copies the keys.
  explicit Writer(size_t expected = 8) { object_.reserve(expected); }
  Writer& Set(const char* key, Json value) {
    object_.push_back({key, std::move(value)});
    return *this;
  }
  template <typename T>
  Writer& Set(const char* key, const std::optional<T>& value) {
    return Set(key, value ? Json(*value) : Json());
  }
  Json Take() { return Json(std::move(object_)); }

 private:
  Json::object_t object_;
};

Json DocsToJson(const Docs& docs) {
  return Writer().Set("show", docs.show).Set("node_color", docs.node_color).Take();
}

Json QuotingToJson(const Quoting& quoting) {
  return Writer()
      .Set("database", quoting.database)
      .Set("schema", quoting.schema)
      .Set("identifier", quoting.identifier)
      .Set("column", quoting.column)
      .Take();
}

Json ColumnToJson(const Column& column) {
  Writer out(10 + column.extra.size());
  out.Set("name", column.name)
      .Set("description", column.description)
      .Set("meta", column.meta)
      .Set("data_type", column.data_type)
      .Set("constraints", column.constraints)
      .Set("quote", column.quote)
      .Set("config", Writer().Set("meta", column.meta).Set("tags", column.tags).Take())
      .Set("tags", column.tags)
      .Set("granularity", column.granularity)
      .Set("doc_blocks", column.doc_blocks);
  for (auto& [key, value] : column.extra.items()) out.Set(key.c_str(), value);
  return out.Take();
}

Json ColumnsToJson(const std::map<std::string, Column>& columns,
                   const std::vector<std::string>& order) {
  Writer out(order.size());
  for (const auto& name : order) {
    auto found = columns.find(name);
    if (found != columns.end()) out.Set(name.c_str(), ColumnToJson(found->second));
  }
  return out.Take();
}

Json RefsToJson(const std::vector<RefArgs>& refs) {
  Json out = Json::array();
  for (const auto& ref : refs) {
    out.push_back(Writer()
                      .Set("name", ref.name)
                      .Set("package", ref.package)
                      .Set("version", ref.version)
                      .Take());
  }
  return out;
}

Json SourcesToJson(const std::vector<SourceArgs>& sources) {
  Json out = Json::array();
  for (const auto& source : sources) {
    out.push_back(Json::array({source.source_name, source.table_name}));
  }
  return out;
}

Json ContractToJson(const Contract& contract) {
  return Writer()
      .Set("enforced", contract.enforced)
      .Set("alias_types", contract.alias_types)
      .Set("checksum", contract.checksum)
      .Take();
}

void AddModelFields(const Node& node, Writer& out) {
  out.Set("access", node.access)
      .Set("constraints", node.constraints)
      .Set("version", node.version)
      .Set("latest_version", node.latest_version)
      .Set("deprecation_date", node.deprecation_date)
      .Set("primary_key", node.primary_key)
      .Set("time_spine", node.time_spine);
}

void AddGenericTestFields(const Node& node, Writer& out) {
  out.Set("column_name", node.column_name)
      .Set("file_key_name", node.file_key_name)
      .Set("attached_node", node.attached_node)
      .Set("test_metadata", Writer()
                                .Set("name", node.test_metadata->name)
                                .Set("kwargs", node.test_metadata->kwargs)
                                .Set("namespace", node.test_metadata->ns)
                                .Take());
}

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// The resources as one JSON object, made on all cores: entries are written and forgotten one by
// one, since a tree of all of them costs several times as much.
template <typename T>
std::string ObjectText(const T& resources, Json (*to_json)(const typename T::mapped_type&)) {
  std::vector<const typename T::value_type*> entries;
  for (const auto& entry : resources) entries.push_back(&entry);
  constexpr size_t kChunk = 64;
  std::vector<std::string> chunks((entries.size() + kChunk - 1) / kChunk);
  ParallelFor(chunks.size(), [&](size_t chunk) {
    std::string& text = chunks[chunk];
    size_t end = std::min(entries.size(), (chunk + 1) * kChunk);
    for (size_t i = chunk * kChunk; i < end; ++i) {
      if (i > 0) text += ',';
      text += Dump(entries[i]->first) + ':' + Dump(to_json(entries[i]->second));
    }
  });
  return '{' + Join(chunks, "") + '}';
}

Json IdsToJson(const std::vector<std::string>& ids) { return ids; }

Json Disabled(const Manifest& manifest) {
  Writer out;
  auto add = [&](const auto& resources, auto to_json) {
    for (const auto& [id, list] : resources) {
      Json items = Json::array();
      for (const auto& resource : list) items.push_back(to_json(resource));
      if (!items.empty()) out.Set(id.c_str(), std::move(items));
    }
  };
  add(manifest.disabled, NodeToJson);
  add(manifest.disabled_sources, SourceToJson);
  add(manifest.disabled_exposures, ExposureToJson);
  return out.Take();
}

Json GroupMap(const Manifest& manifest) {
  std::map<std::string, std::vector<std::string>> members;
  for (const auto& [id, group] : manifest.groups) members[group.name];
  for (const auto& [id, node] : manifest.nodes) {
    if (node.group) members[*node.group].push_back(id);
  }
  return members;
}

Json Metadata(const Manifest& manifest) {
  const Config& config = *manifest.config;
  Json env = Json::object();
  for (auto& [name, value] : MetadataEnvironment()) env[name] = value;
  std::string started = FormatInstant(config.run_started_at);
  return Writer()
      .Set("dbt_schema_version", kSchemaVersion)
      .Set("dbt_version", kDbtVersion)
      .Set("generated_at", FormatInstant(NowMicros()))
      .Set("invocation_id", config.invocation_id)
      .Set("invocation_started_at", started)
      .Set("env", std::move(env))
      .Set("project_name", config.project.name)
      .Set("project_id", Md5Hex(config.project.name))
      .Set("user_id", nullptr)
      .Set("send_anonymous_usage_stats", false)
      .Set("adapter_type", config.adapter ? Json(config.adapter->type()) : Json())
      .Set("quoting", QuotingToJson(config.quoting()))
      .Set("run_started_at", started.substr(0, started.size() - 1) + "+00:00")
      .Take();
}

}  // namespace

Json NodeToJson(const Node& node) {
  Writer out(48);
  out.Set("database", node.database)
      .Set("schema", node.schema)
      .Set("name", node.name)
      .Set("resource_type", NodeTypeName(node.type))
      .Set("package_name", node.package_name)
      .Set("path", node.path)
      .Set("original_file_path", node.original_file_path)
      .Set("unique_id", node.unique_id)
      .Set("fqn", node.fqn)
      .Set("alias", node.alias)
      .Set("checksum",
           Writer().Set("name", node.checksum.name).Set("checksum", node.checksum.checksum).Take())
      .Set("config", node.config.values())
      .Set("tags", node.tags)
      .Set("description", node.description)
      .Set("columns", ColumnsToJson(node.columns, node.column_order))
      .Set("meta", node.meta)
      .Set("group", node.group)
      .Set("docs", DocsToJson(node.docs))
      .Set("patch_path", node.patch_path)
      .Set("build_path", node.build_path)
      .Set("unrendered_config", node.unrendered_config)
      .Set("created_at", node.created_at)
      .Set("relation_name", node.relation_name)
      .Set("raw_code", node.raw_code)
      .Set("doc_blocks", node.doc_blocks);
  if (node.type == NodeType::kSeed) {
    out.Set("root_path", node.root_path)
        .Set("depends_on", Writer().Set("macros", node.depends_on_macros).Take());
    return out.Take();
  }
  out.Set("language", node.language)
      .Set("refs", RefsToJson(node.refs))
      .Set("sources", SourcesToJson(node.sources))
      .Set("metrics", node.metrics)
      .Set("functions", Json::array())
      .Set(
          "depends_on",
          Writer().Set("macros", node.depends_on_macros).Set("nodes", node.depends_on_nodes).Take())
      .Set("compiled_path", node.compiled_path);
  if (node.compiled) {
    Json ctes = Json::array();
    for (const auto& cte : node.extra_ctes) {
      ctes.push_back(Writer().Set("id", cte.id).Set("sql", cte.sql).Take());
    }
    out.Set("compiled", true)
        .Set("compiled_code", node.compiled_code)
        .Set("extra_ctes_injected", node.extra_ctes_injected)
        .Set("extra_ctes", std::move(ctes));
  }
  out.Set("contract", ContractToJson(node.contract));
  if (node.type == NodeType::kModel) AddModelFields(node, out);
  if (node.test_metadata) AddGenericTestFields(node, out);
  if (node.type == NodeType::kOperation) out.Set("index", node.index);
  return out.Take();
}

Json SourceToJson(const Source& source) {
  return Writer(32)
      .Set("database", source.database)
      .Set("schema", source.schema)
      .Set("name", source.name)
      .Set("resource_type", "source")
      .Set("package_name", source.package_name)
      .Set("path", source.path)
      .Set("original_file_path", source.original_file_path)
      .Set("unique_id", source.unique_id)
      .Set("fqn", source.fqn)
      .Set("source_name", source.source_name)
      .Set("source_description", source.source_description)
      .Set("loader", source.loader)
      .Set("identifier", source.identifier)
      .Set("quoting", QuotingToJson(source.quoting))
      .Set("loaded_at_field", source.loaded_at_field)
      .Set("loaded_at_query", source.loaded_at_query)
      .Set("freshness", source.freshness)
      .Set("external", source.external)
      .Set("description", source.description)
      .Set("columns", ColumnsToJson(source.columns, source.column_order))
      .Set("meta", source.meta)
      .Set("source_meta", source.source_meta)
      .Set("tags", source.tags)
      .Set("config", source.config.values())
      .Set("patch_path", source.patch_path)
      .Set("unrendered_config", source.unrendered_config)
      .Set("relation_name", source.relation_name)
      .Set("created_at", source.created_at)
      .Set("unrendered_database", source.unrendered_database)
      .Set("unrendered_schema", source.unrendered_schema)
      .Set("doc_blocks", source.doc_blocks)
      .Take();
}

Json ExposureToJson(const Exposure& exposure) {
  return Writer(24)
      .Set("name", exposure.name)
      .Set("resource_type", "exposure")
      .Set("package_name", exposure.package_name)
      .Set("path", exposure.path)
      .Set("original_file_path", exposure.original_file_path)
      .Set("unique_id", exposure.unique_id)
      .Set("fqn", exposure.fqn)
      .Set("type", exposure.exposure_type)
      .Set("owner", exposure.owner)
      .Set("description", exposure.description)
      .Set("label", exposure.label)
      .Set("maturity", exposure.maturity)
      .Set("meta", exposure.meta)
      .Set("tags", exposure.tags)
      .Set("config", exposure.config.values())
      .Set("unrendered_config", exposure.unrendered_config)
      .Set("url", exposure.url)
      .Set("depends_on",
           Writer().Set("macros", Json::array()).Set("nodes", exposure.depends_on_nodes).Take())
      .Set("refs", RefsToJson(exposure.refs))
      .Set("sources", SourcesToJson(exposure.sources))
      .Set("metrics", exposure.metrics)
      .Set("created_at", exposure.created_at)
      .Take();
}

Json MacroToJson(const Macro& macro) {
  Json arguments = Json::array();
  for (const auto& argument : macro.arguments) {
    arguments.push_back(Writer()
                            .Set("name", argument.name)
                            .Set("type", argument.type)
                            .Set("description", argument.description)
                            .Take());
  }
  return Writer(16)
      .Set("name", macro.name)
      .Set("resource_type", "macro")
      .Set("package_name", macro.package_name)
      .Set("path", macro.path)
      .Set("original_file_path", macro.original_file_path)
      .Set("unique_id", macro.unique_id)
      .Set("macro_sql", macro.macro_sql)
      .Set("depends_on", Writer().Set("macros", macro.depends_on_macros).Take())
      .Set("description", macro.description)
      .Set("meta", macro.meta)
      .Set("docs", DocsToJson(macro.docs))
      .Set("config", Writer().Set("meta", macro.meta).Set("docs", DocsToJson(macro.docs)).Take())
      .Set("patch_path", macro.patch_path)
      .Set("arguments", std::move(arguments))
      .Set("created_at", macro.created_at)
      .Set("supported_languages",
           macro.supported_languages.empty() ? Json() : Json(macro.supported_languages))
      .Take();
}

Json DocToJson(const Doc& doc) {
  return Writer()
      .Set("name", doc.name)
      .Set("resource_type", "doc")
      .Set("package_name", doc.package_name)
      .Set("path", doc.path)
      .Set("original_file_path", doc.original_file_path)
      .Set("unique_id", doc.unique_id)
      .Set("block_contents", doc.block_contents)
      .Take();
}

Json GroupToJson(const Group& group) {
  return Writer()
      .Set("name", group.name)
      .Set("resource_type", "group")
      .Set("package_name", group.package_name)
      .Set("path", group.path)
      .Set("original_file_path", group.original_file_path)
      .Set("unique_id", group.unique_id)
      .Set("owner", group.owner)
      .Set("description", group.description)
      .Set("config", group.config.values())
      .Take();
}

std::string ManifestText(const Manifest& manifest) {
  std::string text = "{";
  auto add = [&](const char* key, const std::string& value) {
    if (text.size() > 1) text += ',';
    text += Dump(key) + ':' + value;
  };
  add("metadata", Dump(Metadata(manifest)));
  add("nodes", ObjectText(manifest.nodes, NodeToJson));
  add("sources", ObjectText(manifest.sources, SourceToJson));
  add("macros", ObjectText(manifest.macros, MacroToJson));
  add("docs", ObjectText(manifest.docs, DocToJson));
  add("exposures", ObjectText(manifest.exposures, ExposureToJson));
  add("metrics", "{}");
  add("groups", ObjectText(manifest.groups, GroupToJson));
  add("selectors", Dump(manifest.selectors));
  add("disabled", Dump(Disabled(manifest)));
  add("parent_map", ObjectText(manifest.parent_map, IdsToJson));
  add("child_map", ObjectText(manifest.child_map, IdsToJson));
  add("group_map", Dump(GroupMap(manifest)));
  for (const char* key : {"saved_queries", "semantic_models", "unit_tests", "functions"}) {
    add(key, "{}");
  }
  return text + '}';
}

void WriteManifest(const Manifest& manifest, const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  io::LocalFileSystem().Replace((folder / "manifest.json").string(),
                                ScrubSecrets(ManifestText(manifest)));
}

}  // namespace eider::dbt

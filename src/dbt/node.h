// The resources of a dbt project as its manifest (version 12) describes them. The field names are
// the manifest's; fields that only some resource types have say so.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"

namespace eider::dbt {

enum class NodeType {
  kModel,
  kSeed,
  kTest,
  kSnapshot,
  kAnalysis,
  kOperation,     // an on-run-start or on-run-end hook, or `run-operation`
  kSqlOperation,  // an inline query of `show` or `compile`
  kSource,
  kExposure,
  kMacro,
  kDoc,
  kGroup,
};

// The manifest's `resource_type`: "model", "seed", "test", "sql_operation", "doc", ..
std::string_view NodeTypeName(NodeType type);
std::optional<NodeType> NodeTypeFromName(std::string_view name);

struct Hook {
  std::string sql;
  bool transaction = true;
  std::optional<int> index;
};

// A resource's final configuration: exactly the manifest's `config` object, dbt's known fields with
// their defaults first, the user's own after them. Typed accessors for what the engine itself
// reads.
class NodeConfig {
 public:
  NodeConfig() : values_(Json::object()) {}
  explicit NodeConfig(Json values) : values_(std::move(values)) {}

  const Json& values() const { return values_; }
  Json& values() { return values_; }

  // Null when the key is absent or its value is null.
  const Json* Find(std::string_view key) const;
  std::string String(std::string_view key, std::string_view fallback = "") const;
  std::optional<bool> Bool(std::string_view key) const;
  std::optional<int64_t> Integer(std::string_view key) const;
  // A lone string counts as a list of one.
  std::vector<std::string> Strings(std::string_view key) const;

  bool enabled() const { return Bool("enabled").value_or(true); }
  std::string materialized() const { return String("materialized"); }
  std::vector<std::string> tags() const { return Strings("tags"); }
  // True, false, or not set (then the command's --full-refresh decides).
  std::optional<bool> full_refresh() const { return Bool("full_refresh"); }
  // persist_docs.relation and persist_docs.columns.
  bool persist_relation_docs() const;
  bool persist_column_docs() const;
  std::vector<Hook> pre_hooks() const { return Hooks("pre-hook"); }
  std::vector<Hook> post_hooks() const { return Hooks("post-hook"); }

  // Tests.
  std::string severity() const { return String("severity", "ERROR"); }
  std::string warn_if() const { return String("warn_if", "!= 0"); }
  std::string error_if() const { return String("error_if", "!= 0"); }
  std::string fail_calc() const { return String("fail_calc", "count(*)"); }

 private:
  std::vector<Hook> Hooks(std::string_view key) const;

  Json values_;
};

struct FileChecksum {
  std::string name = "none";  // "sha256", "path" (seeds over 1 MiB) or "none"
  std::string checksum;
};

struct RefArgs {
  std::string name;
  std::optional<std::string> package;
  Json version;  // null, a string or a number

  bool operator==(const RefArgs&) const = default;
};

struct SourceArgs {
  std::string source_name;
  std::string table_name;

  bool operator==(const SourceArgs&) const = default;
};

struct Docs {
  bool show = true;
  std::optional<std::string> node_color;
};

// A column as a property file describes it. `constraints` keeps the manifest's form
// ([{type, name, expression, warn_unenforced, warn_unsupported, to, to_columns}]).
struct Column {
  std::string name;
  std::string description;
  Json meta = Json::object();
  std::optional<std::string> data_type;
  Json constraints = Json::array();
  std::optional<bool> quote;
  std::vector<std::string> tags;
  std::optional<std::string> granularity;
  std::vector<std::string> doc_blocks;  // unique ids of the docs its description names
  Json extra = Json::object();          // keys dbt does not know, written beside the known ones
};

struct Contract {
  bool enforced = false;
  bool alias_types = true;
  std::optional<std::string> checksum;
};

struct TestMetadata {
  std::string name;  // without "test_"
  Json kwargs = Json::object();
  std::optional<std::string> ns;  // manifest: `namespace`; the package a test is qualified with
};

struct InjectedCte {
  std::string id;
  std::string sql;
};

// What the parser knows about where a resource came from.
struct Origin {
  std::string package_name;
  std::string path;                // relative to the resource folder: "staging/stg_orders.sql"
  std::string original_file_path;  // relative to the package: "models/staging/stg_orders.sql"
  std::string root_path;           // absolute folder of the package
};

// Models, seeds, tests, analyses, snapshots, operations.
struct Node : Origin {
  NodeType type = NodeType::kModel;
  std::string unique_id;
  std::string name;
  std::vector<std::string> fqn;
  std::optional<std::string> database;
  std::string schema;
  std::string alias;
  FileChecksum checksum;
  NodeConfig config;
  std::vector<std::string> tags;
  std::string description;
  std::map<std::string, Column>
      columns;  // by name as written; `column_order` keeps the file's order
  std::vector<std::string> column_order;
  Json meta = Json::object();
  std::optional<std::string> group;
  Docs docs;
  std::optional<std::string> patch_path;  // "package://models/schema.yml"
  std::optional<std::string> build_path;
  Json unrendered_config = Json::object();
  double created_at = 0;  // seconds since the epoch
  std::optional<std::string>
      relation_name;  // null for ephemeral models and tests that store nothing
  std::string raw_code;
  std::vector<std::string> doc_blocks;
  std::string language = "sql";

  std::vector<RefArgs> refs;
  std::vector<SourceArgs> sources;
  std::vector<std::vector<std::string>> metrics;
  std::vector<std::string> depends_on_nodes;   // unique ids, in order of first mention
  std::vector<std::string> depends_on_macros;  // unique ids of the macros its own code calls

  // The in-file `config()` calls, merged; the running side's `config` object starts from `config`.
  Json config_call = Json::object();
  // Keys `config.require` style validators may look at are in `config`; nothing else is kept.

  // Filled when compiled.
  std::optional<std::string> compiled_path;
  bool compiled = false;
  std::optional<std::string> compiled_code;
  bool extra_ctes_injected = false;
  std::vector<InjectedCte> extra_ctes;
  Contract contract;

  // Models.
  std::string access = "protected";
  Json constraints = Json::array();
  Json version;         // null, a string or a number
  Json latest_version;  // likewise
  std::optional<std::string> deprecation_date;
  std::vector<std::string> primary_key;
  Json time_spine;

  // Generic tests.
  std::optional<TestMetadata> test_metadata;
  std::optional<std::string> column_name;
  std::optional<std::string> file_key_name;  // "models.customers": where the test was declared
  std::optional<std::string> attached_node;  // the unique id it was declared on

  // Operations: the position in on-run-start or on-run-end.
  std::optional<int> index;

  bool is_generic_test() const { return type == NodeType::kTest && test_metadata.has_value(); }
  bool is_ephemeral() const {
    return type == NodeType::kModel && config.materialized() == "ephemeral";
  }
  // A node whose run makes (or, a test that stores failures, may make) a relation.
  bool is_relational() const;
  // The name `ref` uses for errors and lists: "name" or "name.v2".
  std::string search_name() const;
};

struct Quoting {
  std::optional<bool> database = {};
  std::optional<bool> schema = {};
  std::optional<bool> identifier = {};
  std::optional<bool> column = {};
};

struct Source : Origin {
  std::string unique_id;  // "source.package.source_name.table"
  std::string name;       // the table
  std::vector<std::string> fqn;
  std::optional<std::string> database;
  std::string schema;
  std::string source_name;
  std::string source_description;
  std::string loader;
  std::string identifier;
  Quoting quoting;
  std::optional<std::string> loaded_at_field;
  std::optional<std::string> loaded_at_query;
  Json freshness;  // null, or {warn_after: {count, period}, error_after: .., filter}
  Json external;   // null or as written
  std::string description;
  std::map<std::string, Column> columns;
  std::vector<std::string> column_order;
  Json meta = Json::object();
  Json source_meta = Json::object();
  std::vector<std::string> tags;
  NodeConfig config;
  std::optional<std::string> patch_path;
  Json unrendered_config = Json::object();
  std::optional<std::string> relation_name;
  double created_at = 0;
  std::optional<std::string> unrendered_database;
  std::optional<std::string> unrendered_schema;
  std::vector<std::string> doc_blocks;
};

struct Exposure : Origin {
  std::string unique_id;
  std::string name;
  std::vector<std::string> fqn;
  std::string exposure_type;  // manifest: `type`: dashboard, notebook, analysis, ml, application
  Json owner = Json::object();
  std::string description;
  std::optional<std::string> label;
  std::optional<std::string> maturity;
  Json meta = Json::object();
  std::vector<std::string> tags;
  NodeConfig config;
  Json unrendered_config = Json::object();
  std::optional<std::string> url;
  std::vector<RefArgs> refs;
  std::vector<SourceArgs> sources;
  std::vector<std::vector<std::string>> metrics;
  std::vector<std::string> depends_on_nodes;
  double created_at = 0;
};

struct MacroArgument {
  std::string name;
  std::optional<std::string> type;
  std::string description;
};

struct Macro : Origin {
  std::string unique_id;  // "macro.package.name"; tests are "macro.package.test_name"
  std::string name;       // with the prefixes dbt gives: test_x, materialization_x_default
  std::string macro_sql;
  int line = 1;  // of the block's opening tag in its file
  std::vector<std::string> depends_on_macros;
  std::string description;
  Json meta = Json::object();
  Docs docs;
  NodeConfig config;
  std::optional<std::string> patch_path;
  std::vector<MacroArgument> arguments;
  std::vector<std::string> supported_languages;  // materializations only
  double created_at = 0;
};

struct Doc : Origin {
  std::string unique_id;  // "doc.package.name"
  std::string name;
  std::string block_contents;
};

struct Group : Origin {
  std::string unique_id;  // "group.package.name"
  std::string name;
  Json owner = Json::object();
  std::optional<std::string> description;
  NodeConfig config;
};

}  // namespace eider::dbt

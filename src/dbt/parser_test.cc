#include "dbt/parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "dbt/graph.h"
#include "dbt/test_project.h"

namespace eider::dbt {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Parser, AModelWithRefAndSource) {
  TestProject project(
      {{"models/staging/stg_orders.sql",
        "{{ config(materialized='table', tags=['x'], custom=[1, 'a']) }}\n"
        "select * from {{ source('raw', 'orders') }}"},
       {"models/orders.sql", "select * from {{ ref('stg_orders') }}"},
       {"models/sources.yml", "sources:\n  - name: raw\n    tables: [{name: orders}]\n"}});
  auto manifest = project.Parse();
  const Node& staging = manifest->nodes.at("model.shop.stg_orders");
  EXPECT_EQ(staging.path, "staging/stg_orders.sql");
  EXPECT_EQ(staging.original_file_path, "models/staging/stg_orders.sql");
  EXPECT_THAT(staging.fqn, ElementsAre("shop", "staging", "stg_orders"));
  EXPECT_EQ(staging.config.materialized(), "table");
  EXPECT_EQ(staging.config.values()["custom"], Json::parse("[1, \"a\"]"));
  EXPECT_EQ(staging.relation_name, "\"memory\".\"dev\".\"stg_orders\"");
  EXPECT_THAT(staging.depends_on_nodes, ElementsAre("source.shop.raw.orders"));
  EXPECT_EQ(staging.checksum.name, "sha256");
  const Node& orders = manifest->nodes.at("model.shop.orders");
  EXPECT_EQ(orders.config.materialized(), "view");
  EXPECT_THAT(orders.depends_on_nodes, ElementsAre("model.shop.stg_orders"));
  EXPECT_THAT(manifest->child_map.at("model.shop.stg_orders"), ElementsAre("model.shop.orders"));
  EXPECT_THAT(manifest->parent_map.at("model.shop.stg_orders"),
              ElementsAre("source.shop.raw.orders"));
}

TEST(Parser, CallsInBranchesAndMacrosAreFoundByRendering) {
  TestProject project({
      {"macros/tools.sql",
       "{% macro cents(c) %}{{ c }} / 100{% endmacro %}\n"
       "{% macro tagged() %}{{ config(tags=['from_macro']) }}{% endmacro %}"},
      {"models/a.sql", "select 1 as x"},
      {"models/b.sql", "select 2 as x"},
      {"models/c.sql",
       "{% for name in ['a', 'b'] %}select {{ cents('x') }} from {{ ref(name) }}\n"
       "{% if not loop.last %}union all{% endif %}{% endfor %}{{ tagged() }}"
       "{% if var('missing') == 1 %}{{ ref('nowhere') }}{% endif %}"},
  });
  auto manifest = project.Parse();
  const Node& node = manifest->nodes.at("model.shop.c");
  EXPECT_THAT(node.depends_on_nodes, ElementsAre("model.shop.a", "model.shop.b"));
  EXPECT_THAT(node.depends_on_macros, ElementsAre("macro.shop.cents", "macro.shop.tagged"));
  EXPECT_THAT(node.tags, ElementsAre("from_macro"));
}

TEST(Parser, AMacroMayTakeThePlaceOfRef) {
  TestProject project(
      {{"macros/ref.sql",
        "{% macro ref(name) %}{{ return(builtins.ref(name ~ '_v2')) }}{% endmacro %}"},
       {"models/a_v2.sql", "select 1"},
       {"models/b.sql", "select * from {{ ref('a') }}"}});
  EXPECT_THAT(project.Parse()->nodes.at("model.shop.b").depends_on_nodes,
              ElementsAre("model.shop.a_v2"));
}

TEST(Parser, PropertyFilesDescribeModels) {
  TestProject project(
      {{"models/docs.md",
        "# Notes\n{{ not a template }}\n{% docs id_doc %}\nThe *key*.\n{% enddocs %}"},
       {"models/a.sql", "{{ config(tags=['in_file'], meta={'z': 1}) }}select 1 as id"},
       {"models/schema.yml", R"(
models:
  - name: a
    description: "All of {{ doc('id_doc') }}"
    docs: {show: false}
    config: {tags: [in_yaml], meta: {y: 2}, materialized: table}
    columns:
      - name: id
        description: "{{ doc('shop', 'id_doc') }}"
        data_type: integer
        quote: true
        tags: [key]
        config: {meta: {pii: false}}
        unknown: kept
)"}});
  auto manifest = project.Parse();
  const Node& node = manifest->nodes.at("model.shop.a");
  EXPECT_EQ(node.description, "All of The *key*.");
  EXPECT_THAT(node.doc_blocks, ElementsAre("doc.shop.id_doc"));
  EXPECT_EQ(node.patch_path, "shop://models/schema.yml");
  EXPECT_FALSE(node.docs.show);
  EXPECT_THAT(node.config.tags(), ElementsAre("in_yaml", "in_file"));
  EXPECT_THAT(node.tags, ElementsAre("in_file", "in_yaml"));
  EXPECT_EQ(node.meta, Json::parse(R"({"y": 2, "z": 1})"));
  EXPECT_EQ(node.config.materialized(), "table");
  const Column& column = node.columns.at("id");
  EXPECT_EQ(column.description, "The *key*.");
  EXPECT_EQ(column.data_type, "integer");
  EXPECT_EQ(column.quote, true);
  EXPECT_THAT(column.tags, ElementsAre("key"));
  EXPECT_EQ(column.meta["pii"], false);
  EXPECT_EQ(column.extra["unknown"], "kept");
}

TEST(Parser, OwnNamingMacrosAreCalled) {
  TestProject project(
      {{"macros/names.sql", R"(
{% macro generate_schema_name(custom_schema_name, node) %}
  {{ custom_schema_name or target.schema }}
{% endmacro %}
{% macro generate_alias_name(custom_alias_name, node) %}
  {{ node.fqn | join('__') if node.config.materialized == 'table' else node.name }}
{% endmacro %})"},
       {"models/marts/a.sql", "{{ config(schema='marts', materialized='table') }}select 1"},
       {"models/b.sql", "select 1"}});
  auto manifest = project.Parse();
  const Node& a = manifest->nodes.at("model.shop.a");
  EXPECT_EQ(a.schema, "marts");
  EXPECT_EQ(a.alias, "shop__marts__a");
  EXPECT_EQ(a.relation_name, "\"memory\".\"marts\".\"shop__marts__a\"");
  EXPECT_EQ(manifest->nodes.at("model.shop.b").schema, "dev");
}

TEST(Parser, BuiltInNamesFollowSchemaAndAlias) {
  TestProject project({{"models/a.sql", "{{ config(schema='marts', alias='x') }}select 1"},
                       {"models/e.sql", "{{ config(materialized='ephemeral') }}select 1"}});
  auto manifest = project.Parse();
  EXPECT_EQ(manifest->nodes.at("model.shop.a").relation_name, "\"memory\".\"dev_marts\".\"x\"");
  EXPECT_EQ(manifest->nodes.at("model.shop.e").relation_name, std::nullopt);
}

TEST(Parser, DisabledModelsAreKeptApart) {
  TestProject project({{"models/a.sql", "{{ config(enabled=false) }}select 1"},
                       {"models/b.sql", "select 1"},
                       {"models/c.sql", "select 1"},
                       {"models/schema.yml",
                        "models:\n  - name: b\n    config: {enabled: false}\n"
                        "    columns: [{name: x, tests: [unique]}]\n  - name: c\n"}});
  auto manifest = project.Parse();
  EXPECT_TRUE(manifest->disabled.contains("model.shop.a"));
  EXPECT_TRUE(manifest->disabled.contains("model.shop.b"));
  // A test on a disabled model goes with it, without a word.
  const Node& test = manifest->nodes.lower_bound("test.shop.unique_b_x.")->second;
  EXPECT_FALSE(test.config.enabled());
  EXPECT_EQ(test.attached_node, "model.shop.b");
  EXPECT_THAT(manifest->warnings, IsEmpty());
}

TEST(Parser, VersionsAreModelsOfTheirOwn) {
  TestProject project({{"models/dim_v1.sql", "select 1 as a, 2 as b"},
                       {"models/dim_new.sql", "select 1 as a, 3 as c"},
                       {"models/use.sql", "select * from {{ ref('dim') }}, {{ ref('dim', v=1) }}"},
                       {"models/schema.yml", R"(
models:
  - name: dim
    latest_version: 2
    config: {materialized: table}
    columns: [{name: a, tests: [not_null]}, {name: b}]
    versions:
      - v: 1
        config: {alias: dim_one}
      - v: 2
        defined_in: dim_new
        columns:
          - {include: all, exclude: [b]}
          - {name: c, tests: [unique]}
)"}});
  auto manifest = project.Parse();
  const Node& one = manifest->nodes.at("model.shop.dim.v1");
  const Node& two = manifest->nodes.at("model.shop.dim.v2");
  EXPECT_EQ(one.alias, "dim_one");
  EXPECT_EQ(two.alias, "dim_v2");
  EXPECT_THAT(one.column_order, ElementsAre("a", "b"));
  EXPECT_THAT(two.column_order, ElementsAre("a", "c"));
  EXPECT_THAT(two.fqn, ElementsAre("shop", "dim", "v2"));
  EXPECT_EQ(two.search_name(), "dim.v2");
  EXPECT_THAT(manifest->nodes.at("model.shop.use").depends_on_nodes,
              ElementsAre("model.shop.dim.v2", "model.shop.dim.v1"));
  EXPECT_TRUE(manifest->nodes.contains("test.shop.not_null_dim_v1_a." + std::string("")) ||
              manifest->nodes.lower_bound("test.shop.not_null_dim_v1_a.")
                  ->first.starts_with("test.shop.not_null_dim_v1_a."));
}

TEST(Parser, ContractsHaveTheChecksumOfDbt) {
  // The same model and checksum as dbt-core 1.11.16 has them.
  TestProject project({{"seeds/countries.csv", "id,name\n1,a\n"},
                       {"models/contract.sql", "select 1 as id, 'x' as name"},
                       {"models/schema.yml", R"(
models:
  - name: contract
    config: {contract: {enforced: true}, materialized: table}
    constraints:
      - {type: primary_key, columns: [id]}
      - {type: check, expression: "id > 0", name: chk}
    columns:
      - name: id
        data_type: integer
        constraints: [{type: not_null}, {type: foreign_key, to: ref('countries'), to_columns: [id]}]
      - {name: name, data_type: varchar}
)"}});
  auto manifest = project.Parse();
  const Node& node = manifest->nodes.at("model.shop.contract");
  EXPECT_TRUE(node.contract.enforced);
  EXPECT_EQ(node.contract.checksum,
            "0b3a510b89d7f97b518e3f0f0de9994c95d83776ed5eb9f13ec1aa0adc70e8bd");
  EXPECT_THAT(node.depends_on_nodes, ElementsAre("seed.shop.countries"));
  EXPECT_THAT(node.primary_key, ElementsAre("id"));
}

TEST(Parser, SourcesInheritFromTheirSourceAndTests) {
  TestProject project({{"models/sources.yml", R"(
sources:
  - name: raw
    description: raw data
    database: rawdb
    schema: "{{ target.schema }}_raw"
    tags: [s]
    meta: {a: 1}
    loaded_at_field: ts
    freshness: {warn_after: {count: 12, period: hour}, error_after: {count: 24, period: hour}}
    quoting: {database: false}
    tables:
      - name: orders
        identifier: orders_2020
        tags: [t]
        config: {meta: {b: 2}}
        freshness: {warn_after: {count: 6, period: hour}}
        data_tests: [{row_count: {arguments: {at_least: 1}}}]
        columns: [{name: id, tests: [unique]}]
      - name: gone
        config: {enabled: false}
)"},
                       {"macros/row_count.sql",
                        "{% test row_count(model, at_least) %}select 1 where false{% endtest %}"}});
  auto manifest = project.Parse();
  const Source& source = manifest->sources.at("source.shop.raw.orders");
  EXPECT_EQ(source.relation_name, "rawdb.\"dev_raw\".\"orders_2020\"");
  EXPECT_EQ(source.unrendered_schema, "{{ target.schema }}_raw");
  EXPECT_THAT(source.tags, ElementsAre("s", "t"));
  EXPECT_EQ(source.meta, Json::parse(R"({"a": 1, "b": 2})"));
  EXPECT_EQ(source.source_meta, Json::parse(R"({"a": 1})"));
  EXPECT_EQ(source.freshness["warn_after"]["count"], 6);
  EXPECT_EQ(source.freshness["error_after"]["count"], 24);
  EXPECT_EQ(source.loaded_at_field, "ts");
  EXPECT_TRUE(manifest->disabled_sources.contains("source.shop.raw.gone"));
  const Node& test =
      manifest->nodes.lower_bound("test.shop.source_row_count_raw_orders_1.")->second;
  EXPECT_EQ(test.file_key_name, "sources.raw");
  EXPECT_THAT(test.depends_on_nodes, ElementsAre("source.shop.raw.orders"));
  EXPECT_THAT(test.tags, ElementsAre("s", "t"));
}

TEST(Parser, SnapshotsSeedsAnalysesHooksAndExposures) {
  TestProject project(
      {{"dbt_project.yml",
        "name: shop\nprofile: shop\non-run-start: \"create table if not exists log(x int)\"\n"
        "on-run-end:\n  - select 1\n  - \"select * from {{ ref('countries') }}\"\n"
        "models:\n  +post-hook: \"select * from {{ ref('countries') }}\"\n"},
       {"seeds/countries.csv", "id\n1\n"},
       {"snapshots/s.sql",
        "{% snapshot snap %}\n{{ config(unique_key='id', strategy='check', check_cols='all') }}\n"
        "select * from {{ ref('countries') }}\n{% endsnapshot %}"},
       {"snapshots/s.yml",
        "snapshots:\n  - name: from_yaml\n    relation: ref('countries')\n"
        "    config: {unique_key: id, strategy: check, check_cols: all, schema: snaps}\n"},
       {"analyses/deep/a.sql", "select * from {{ ref('m') }}"},
       {"models/m.sql", "select 1"},
       {"models/e.yml",
        "exposures:\n  - name: board\n    type: dashboard\n    owner: {name: Me}\n"
        "    depends_on: [ref('m')]\n"
        "groups:\n  - name: finance\n    owner: {email: a@b.c}\n"}});
  auto manifest = project.Parse();
  EXPECT_EQ(manifest->nodes.at("seed.shop.countries").config.materialized(), "seed");
  const Node& snapshot = manifest->nodes.at("snapshot.shop.snap");
  EXPECT_THAT(snapshot.fqn, ElementsAre("shop", "s", "snap"));
  EXPECT_THAT(snapshot.depends_on_nodes, ElementsAre("seed.shop.countries"));
  const Node& yaml = manifest->nodes.at("snapshot.shop.from_yaml");
  EXPECT_EQ(yaml.raw_code, "select * from {{ ref('countries') }}");
  EXPECT_EQ(yaml.schema, "dev_snaps");
  const Node& analysis = manifest->nodes.at("analysis.shop.a");
  EXPECT_EQ(analysis.path, "analysis/deep/a.sql");
  EXPECT_THAT(analysis.fqn, ElementsAre("shop", "analysis", "deep", "a"));
  // A hook's refs are the model's own.
  EXPECT_THAT(manifest->nodes.at("model.shop.m").depends_on_nodes,
              ElementsAre("seed.shop.countries"));
  const Node& hook = manifest->nodes.at("operation.shop.shop-on-run-end-1");
  EXPECT_EQ(hook.index, 1);
  EXPECT_THAT(hook.tags, ElementsAre("on-run-end"));
  EXPECT_THAT(hook.depends_on_nodes, ElementsAre("seed.shop.countries"));
  EXPECT_TRUE(manifest->nodes.contains("operation.shop.shop-on-run-start-0"));
  EXPECT_THAT(manifest->exposures.at("exposure.shop.board").depends_on_nodes,
              ElementsAre("model.shop.m"));
  EXPECT_EQ(manifest->groups.at("group.shop.finance").owner["email"], "a@b.c");
}

TEST(Parser, PackagesSeeTheirOwnMacrosAndVariables) {
  TestProject project(
      {{"dbt_project.yml",
        "name: shop\nprofile: shop\nvars: {tools: {flavor: mint}}\n"
        "models: {tools: {+schema: from_root}}\n"},
       {"packages.yml", "packages: [{local: dbt_packages/tools}]\n"},
       {"dbt_packages/tools/dbt_project.yml",
        "name: tools\nvars: {flavor: plain, size: 3}\nmodels: {tools: {+materialized: table}}\n"},
       {"dbt_packages/tools/macros/m.sql",
        "{% macro word() %}{{ return(adapter.dispatch('word', 'tools')()) }}{% endmacro %}\n"
        "{% macro default__word() %}{{ config(tags=[var('flavor'), var('size') ~ '']) }}"
        "{% endmacro %}\n{% macro plain() %}1{% endmacro %}"},
       {"dbt_packages/tools/models/t.sql", "{{ word() }}select 1"},
       {"models/a.sql", "select {{ tools.plain() }} from {{ ref('tools', 't') }}"}});
  auto manifest = project.Parse();
  const Node& node = manifest->nodes.at("model.tools.t");
  EXPECT_EQ(node.config.materialized(), "table");
  EXPECT_EQ(node.schema, "dev_from_root");
  EXPECT_THAT(node.tags, ElementsAre("mint", "3"));
  EXPECT_THAT(manifest->nodes.at("model.shop.a").depends_on_macros,
              ElementsAre("macro.tools.plain"));
  EXPECT_THAT(manifest->nodes.at("model.shop.a").depends_on_nodes, ElementsAre("model.tools.t"));
  EXPECT_THAT(manifest->macros.at("macro.tools.word").depends_on_macros,
              ElementsAre("macro.tools.default__word"));
}

TEST(Parser, MacrosHavePropertiesAndKnowWhatTheyCall) {
  TestProject project(
      {{"macros/m.sql",
        "{% macro outer(a, b=1) %}{{ inner(a) }}{{ dbt.current_timestamp() }}{% endmacro %}\n\n"
        "{% macro inner(x) %}{{ x }}{% endmacro %}"},
       {"macros/m.yml",
        "macros:\n  - name: outer\n    description: does it\n"
        "    arguments: [{name: a, type: string, description: first}]\n"}});
  auto manifest = project.Parse();
  const Macro& macro = manifest->macros.at("macro.shop.outer");
  EXPECT_THAT(macro.depends_on_macros,
              ElementsAre("macro.shop.inner", "macro.dbt.current_timestamp"));
  EXPECT_EQ(macro.description, "does it");
  ASSERT_EQ(macro.arguments.size(), 1u);
  EXPECT_EQ(macro.arguments[0].type, "string");
  EXPECT_EQ(manifest->macros.at("macro.shop.inner").macro_sql,
            "{% macro inner(x) %}{{ x }}{% endmacro %}");
  EXPECT_EQ(manifest->macros.at("macro.shop.inner").line, 3);
}

TEST(Parser, InlineQueriesAreNodes) {
  TestProject project({{"models/a.sql", "select 1"}});
  auto manifest = project.Parse();
  Node node = ParseInline(*manifest, "select * from {{ ref('a') }}");
  EXPECT_EQ(node.type, NodeType::kSqlOperation);
  EXPECT_THAT(node.depends_on_nodes, ElementsAre("model.shop.a"));
  EXPECT_THROW(ParseInline(*manifest, "{{ ref('b') }}"), Error);
}

TEST(Parser, NamesWithSpacesAreRefusedUnlessAllowed) {
  TestProject project({{"models/a b.sql", "select 1 as id"}});
  Error error = project.ParseError();
  EXPECT_EQ(error.message(),
            "Resource names cannot contain spaces:\n  * 'model.shop.a b' (models/a b.sql)");
  EXPECT_THAT(error.hint(), HasSubstr("require_resource_names_without_spaces: false"));
  project.Write("dbt_project.yml",
                "name: shop\nprofile: shop\n"
                "flags: {require_resource_names_without_spaces: false}\n");
  EXPECT_THAT(project.Parse()->warnings,
              ElementsAre("Found spaces in the name of `model.shop.a b`"));
}

TEST(Parser, ExposuresWithOddNamesAreWarnedOf) {
  TestProject project(
      {{"models/e.yml", "exposures: [{name: my board, type: dashboard, owner: {name: x}}]\n"}});
  auto manifest = project.Parse();
  EXPECT_EQ(manifest->exposures.count("exposure.shop.my board"), 1U);
  EXPECT_THAT(manifest->warnings, ElementsAre(HasSubstr("my board does not follow this pattern")));
}

TEST(Parser, WarningsOfWhatMatchesNothing) {
  TestProject project(
      {{"dbt_project.yml",
        "name: shop\nprofile: shop\nmodels:\n  shop:\n    nowhere: {+materialized: table}\n"},
       {"models/a.sql", "select 1"},
       {"seeds/s.csv", "x\n1\n"},
       {"models/schema.yml",
        "models:\n  - name: gone\n    columns: [{name: x, tests: [unique]}]\n  - name: s\n"
        "macros: [{name: nope}]\nunit_tests: [{name: u}]\n"}});
  EXPECT_THAT(project.Parse()->warnings,
              AllOf(Contains(HasSubstr("Did not find matching node for patch with name 'gone' in "
                                       "the 'models' section of file 'models/schema.yml'")),
                    Contains(HasSubstr("'s' is a seed node, but it is specified in the models")),
                    Contains(HasSubstr("Found patch for macro \"nope\" which was not found")),
                    Contains(HasSubstr("depends on a node named 'gone' which was not found")),
                    Contains(HasSubstr("- models.shop.nowhere")),
                    Contains(HasSubstr("'unit_tests' of models/schema.yml"))));
}

TEST(Parser, WarningsAreErrorsWhereAskedFor) {
  TestProject project({{"models/schema.yml", "models: [{name: gone}]\n"}});
  ConfigOptions options = project.Options();
  options.warn_error = true;
  try {
    ParseProject({LoadConfig(options), nullptr});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), HasSubstr("Did not find matching node"));
    EXPECT_THAT(error.hint(), HasSubstr("--warn-error"));
  }
}

struct Fault {
  const char* path;
  const char* text;
  ErrorCode code;
  const char* file;
  int line;
  const char* message;
  const char* hint = "";
};

class ParserFault : public testing::TestWithParam<Fault> {};

TEST_P(ParserFault, IsToldWithFileAndLine) {
  const Fault& fault = GetParam();
  TestProject project({{"models/good.sql", "select 1 as id"},
                       {"models/off.sql", "{{ config(enabled=false) }}select 1"},
                       {fault.path, fault.text}});
  Error error = project.ParseError();
  EXPECT_EQ(error.code(), fault.code) << error.what();
  EXPECT_THAT(error.message(), HasSubstr(fault.message));
  EXPECT_THAT(error.hint(), HasSubstr(fault.hint));
  EXPECT_EQ(error.file(), fault.file);
  EXPECT_EQ(error.line(), fault.line);
}

INSTANTIATE_TEST_SUITE_P(
    Parser, ParserFault,
    testing::Values(
        Fault{"models/bad.sql", "select 1\nfrom {{ ref('goood') }}", ErrorCode::kNotFound,
              "models/bad.sql", 2,
              "Model 'model.shop.bad' (models/bad.sql) depends on a node named 'goood' which was "
              "not found",
              "Did you mean 'good'?"},
        Fault{"models/bad.sql", "select * from {{ ref('off') }}", ErrorCode::kNotFound,
              "models/bad.sql", 1, "depends on a node named 'off' which is disabled"},
        Fault{"models/bad.sql", "select * from {{ ref('good', v=3) }}", ErrorCode::kNotFound,
              "models/bad.sql", 1, "named 'good' with version '3' which was not found"},
        Fault{"models/bad.sql", "select * from {{ source('raw', 'x') }}", ErrorCode::kNotFound,
              "models/bad.sql", 1, "depends on a source named 'raw.x' which was not found"},
        Fault{"models/bad.sql", "\n\nselect {% if %} 1", ErrorCode::kSyntax, "models/bad.sql", 3,
              ""},
        Fault{"models/bad.sql", "select 1\n{{ ref(1) }}", ErrorCode::kInvalidArgument,
              "models/bad.sql", 2, "The name argument to ref() must be a string"},
        Fault{"models/bad.sql", "{{ config(enabled='maybe') }}select 1",
              ErrorCode::kInvalidArgument, "models/bad.sql", 0, "Invalid value for 'enabled'"},
        Fault{"models/sub/good.sql", "select 1", ErrorCode::kAlreadyExists, "models/sub/good.sql",
              0, "dbt found two models with the name \"good\"", "- model.shop.good"},
        Fault{"models/bad.sql", "{{ config(alias='good') }}select 1", ErrorCode::kAlreadyExists,
              "models/good.sql", 0,
              "two resources with the database representation \"\"memory\".\"dev\".\"good\"\""},
        Fault{"macros/bad.sql", "{% macro a() %}{% endmacro %}\n{% macro a() %}{% endmacro %}",
              ErrorCode::kAlreadyExists, "macros/bad.sql", 2, "two macros named \"a\""},
        Fault{"macros/bad.sql", "{% macro a() %}\n{{ 1 + }}{% endmacro %}", ErrorCode::kSyntax,
              "macros/bad.sql", 2, ""},
        Fault{"models/bad.yml", "models:\n  - name: good\n   x: 1\n", ErrorCode::kSyntax,
              "models/bad.yml", 3, ""},
        Fault{"models/bad.yml", "models: {a: 1}\n", ErrorCode::kInvalidArgument, "models/bad.yml",
              1, "models must be a list"},
        Fault{"models/bad.yml", "models:\n  - description: x\n", ErrorCode::kInvalidArgument,
              "models/bad.yml", 2, "An entry of 'models' has no name"},
        Fault{"models/bad.yml", "models:\n  - name: good\n    description: [a]\n",
              ErrorCode::kInvalidArgument, "models/bad.yml", 3,
              "'description' of 'good' is a list, not text"},
        Fault{"models/bad.yml", "models:\n  - name: good\n    columns:\n      - id\n",
              ErrorCode::kInvalidArgument, "models/bad.yml", 4, "a column of 'good' is text"},
        Fault{"models/bad.yml",
              "models:\n  - name: good\n    meta: {a: 1}\n    config: {meta: {b: 1}}\n",
              ErrorCode::kInvalidArgument, "models/bad.yml", 3, "found meta dictionary"},
        Fault{"models/bad.yml", "models:\n  - name: good\n  - name: good\n",
              ErrorCode::kAlreadyExists, "models/bad.yml", 3,
              "two schema.yml entries for the same resource named good"},
        Fault{"models/bad.yml", "models:\n  - name: good\n    description: \"{{ doc('x') }}\"\n",
              ErrorCode::kNotFound, "models/bad.yml", 1, "depends on doc 'x' which was not found"},
        Fault{"models/bad.yml",
              "models:\n  - name: good\n    config: {contract: {enforced: true}}\n",
              ErrorCode::kInvalidArgument, "models/good.sql", 0, "Contract enforcement failed"},
        Fault{"models/bad.yml", "models:\n  - name: good\n    config: {group: nobody}\n",
              ErrorCode::kInvalidArgument, "models/good.sql", 0, "Invalid group 'nobody'"},
        Fault{"models/bad.yml", "models:\n  - name: good\n    config: {access: open}\n",
              ErrorCode::kInvalidArgument, "models/good.sql", 0, "for the access field"},
        Fault{"models/bad.yml", "models:\n  - name: good\n    constraints: [{type: nonsense}]\n",
              ErrorCode::kInvalidArgument, "models/bad.yml", 3, "Invalid constraint type"},
        Fault{"models/bad.yml", "sources:\n  - name: s\n    tables: [{name: t}, {name: t}]\n",
              ErrorCode::kAlreadyExists, "models/bad.yml", 3, "two sources with the name \"s_t\""},
        Fault{"models/bad.yml",
              "sources:\n  - name: s\n    schema: \"{{ env_var('EIDER_NO') }}\"\n",
              ErrorCode::kNotFound, "models/bad.yml", 2, "Env var required but not provided"},
        Fault{"models/bad.yml", "exposures:\n  - name: e\n    type: table\n    owner: {name: x}\n",
              ErrorCode::kInvalidArgument, "models/bad.yml", 2, "'type' of 'e' is 'table'"},
        Fault{"models/bad.yml",
              "exposures:\n  - name: e\n    type: ml\n    owner: {name: x}\n"
              "    depends_on: [ref('god')]\n",
              ErrorCode::kNotFound, "models/bad.yml", 0, "named 'god' which was not found"},
        Fault{"models/bad.md", "text\n{% docs open %}\nnever closed", ErrorCode::kSyntax,
              "models/bad.md", 2, "not closed"}));

TEST(Parser, ACycleIsFoundByTheGraph) {
  TestProject project({{"models/a.sql", "select * from {{ ref('b') }}"},
                       {"models/b.sql", "select * from {{ ref('a') }}"}});
  auto manifest = project.Parse();
  try {
    Graph graph(*manifest);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "Found a cycle: model.shop.a --> model.shop.b --> model.shop.a");
  }
}

}  // namespace
}  // namespace eider::dbt

#include "dbt/selector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "dbt/selection_spec.h"
#include "dbt/test_project.h"

namespace eider::dbt {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const TestProject& Project() {
  static const TestProject project({
      {"models/staging/stg_a.sql",
       "{{ config(tags=['stg']) }}select * from {{ source('raw', 'a') }}"},
      {"models/staging/stg_b.sql",
       "{{ config(tags=['stg', 'stg_b_only']) }}select * from {{ ref('b') }}"},
      {"models/marts/mart.sql",
       "{{ config(materialized='table', meta={'owner': 'me', 'ok': true}) }}select * from {{ "
       "ref('stg_a') }}, {{ ref('stg_b') }}"},
      {"models/marts/deep/leaf.sql", "select * from {{ ref('mart') }}"},
      {"models/lonely.sql", "select 1 as id"},
      {"models/dim_v1.sql", "select 1 as id"},
      {"models/dim_v2.sql", "select 2 as id"},
      {"seeds/b.csv", R"(id
1
)"},
      {"snapshots/snap.sql",
       "{% snapshot snap %}{{ config(unique_key='id', strategy='check', check_cols='all') }}select "
       "* from {{ ref('stg_a') }}{% endsnapshot %}"},
      {"tests/mart_is_ok.sql", "select * from {{ ref('mart') }} where false"},
      {"models/schema.yml", R"(groups: [{name: fin, owner: {name: Fin}}]
sources:
  - name: raw
    tables:
      - name: a
        columns: [{name: id, data_tests: [not_null]}]
      - name: unused
exposures:
  - {name: board, type: dashboard, owner: {name: Me}, depends_on: [ref('mart')]}
models:
  - name: stg_a
    columns: [{name: id, data_tests: [unique]}]
  - name: mart
    config: {group: fin, access: public, tags: [nightly]}
    columns:
      - name: id
        data_tests:
          - relationships: {arguments: {to: ref('stg_a'), field: id}, config: {severity: warn}}
  - name: dim
    latest_version: 1
    versions: [{v: 1}, {v: 2}]
)"},
      {"selectors.yml", R"(selectors:
  - name: nightly
    definition: {method: tag, value: nightly, parents: true, parents_depth: 1}
  - name: most
    definition:
      union:
        - 'path:models/staging'
        - intersection: ['fqn:shop.marts', 'config.materialized:table']
        - exclude: ['stg_b']
  - name: again
    definition: {method: selector, value: nightly}
  - name: cautious
    definition: {method: fqn, value: mart, indirect_selection: cautious}
)"},
  });
  return project;
}

std::shared_ptr<Manifest> Parsed() {
  static const auto manifest = Project().Parse();
  return manifest;
}

// What is selected, by names without type, package and hash, sorted.
std::string Select(const SelectionOptions& options, std::vector<std::string>* warnings = nullptr) {
  Graph graph(*Parsed());
  SelectionOptions all = options;
  // `ls` leaves out operations, analyses and the like.
  all.resource_types = {NodeType::kModel, NodeType::kSeed,   NodeType::kSnapshot,
                        NodeType::kTest,  NodeType::kSource, NodeType::kExposure};
  std::vector<std::string> names;
  for (const auto& id : SelectNodes(*Parsed(), graph, all, warnings)) {
    std::string name = id.substr(id.find(".shop.") + 6);
    if (id.starts_with("test.")) name = name.substr(0, name.rfind('.'));
    names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return Join(names, " ");
}

struct Expression {
  const char* select;
  const char* selected;
};

// Everything below is what `dbt ls` of dbt-core 1.11.16 gives.
constexpr Expression kExpressions[] = {
    {"mart", "mart mart_is_ok relationships_mart_id__id__ref_stg_a_"},
    {"shop.mart", ""},
    {"shop.marts", "leaf mart mart_is_ok relationships_mart_id__id__ref_stg_a_"},
    {"marts", "leaf mart mart_is_ok relationships_mart_id__id__ref_stg_a_"},
    {"marts.deep", "leaf"},
    {"shop.marts.deep.leaf", "leaf"},
    {"shop",
     "b board dim.v1 dim.v2 leaf lonely mart mart_is_ok relationships_mart_id__id__ref_stg_a_ snap "
     "source_not_null_raw_a_id stg_a stg_b unique_stg_a_id"},
    {"*",
     "b board dim.v1 dim.v2 leaf lonely mart mart_is_ok relationships_mart_id__id__ref_stg_a_ snap "
     "source_not_null_raw_a_id stg_a stg_b unique_stg_a_id"},
    {"stg_*", "relationships_mart_id__id__ref_stg_a_ stg_a stg_b unique_stg_a_id"},
    {"shop.staging.*", "relationships_mart_id__id__ref_stg_a_ stg_a stg_b unique_stg_a_id"},
    {"mart?", ""},
    {"+mart",
     "b mart mart_is_ok raw.a relationships_mart_id__id__ref_stg_a_ source_not_null_raw_a_id stg_a "
     "stg_b unique_stg_a_id"},
    {"mart+", "board leaf mart mart_is_ok relationships_mart_id__id__ref_stg_a_"},
    {"1+leaf", "leaf mart mart_is_ok relationships_mart_id__id__ref_stg_a_"},
    {"2+leaf",
     "leaf mart mart_is_ok relationships_mart_id__id__ref_stg_a_ stg_a stg_b unique_stg_a_id"},
    {"0+leaf", "leaf"},
    {"mart+1", "board leaf mart mart_is_ok relationships_mart_id__id__ref_stg_a_"},
    {"+mart+",
     "b board leaf mart mart_is_ok raw.a relationships_mart_id__id__ref_stg_a_ "
     "source_not_null_raw_a_id stg_a stg_b unique_stg_a_id"},
    {"1+mart+1",
     "board leaf mart mart_is_ok relationships_mart_id__id__ref_stg_a_ stg_a stg_b "
     "unique_stg_a_id"},
    {"@stg_a",
     "b board leaf mart mart_is_ok raw.a relationships_mart_id__id__ref_stg_a_ snap "
     "source_not_null_raw_a_id stg_a stg_b unique_stg_a_id"},
    {"@lonely", "lonely"},
    {"tag:stg", "relationships_mart_id__id__ref_stg_a_ stg_a stg_b unique_stg_a_id"},
    {"tag:st*", "relationships_mart_id__id__ref_stg_a_ stg_a stg_b unique_stg_a_id"},
    {"tag:stg,tag:stg_b_only", "stg_b"},
    {"tag:nightly", "mart mart_is_ok relationships_mart_id__id__ref_stg_a_"},
    {"stg_a lonely", "lonely relationships_mart_id__id__ref_stg_a_ stg_a unique_stg_a_id"},
    {"stg_a,lonely", ""},
    {"+mart,tag:stg", "relationships_mart_id__id__ref_stg_a_ stg_a stg_b unique_stg_a_id"},
    {"source:raw", "raw.a raw.unused source_not_null_raw_a_id"},
    {"source:raw.a", "raw.a source_not_null_raw_a_id"},
    {"source:shop.raw.a", "raw.a source_not_null_raw_a_id"},
    {"source:raw.a+",
     "board leaf mart mart_is_ok raw.a relationships_mart_id__id__ref_stg_a_ snap "
     "source_not_null_raw_a_id stg_a unique_stg_a_id"},
    {"source:*", "raw.a raw.unused source_not_null_raw_a_id"},
    {"exposure:board", "board"},
    {"+exposure:board",
     "b board mart mart_is_ok raw.a relationships_mart_id__id__ref_stg_a_ source_not_null_raw_a_id "
     "stg_a stg_b unique_stg_a_id"},
    {"exposure:*", "board"},
    {"path:models/staging", "relationships_mart_id__id__ref_stg_a_ stg_a stg_b unique_stg_a_id"},
    {"path:models/staging/stg_a.sql",
     "relationships_mart_id__id__ref_stg_a_ stg_a unique_stg_a_id"},
    {"path:models/*/stg_b.sql", "stg_b"},
    {"path:models/**/leaf.sql", "leaf"},
    {"models/marts", "leaf mart mart_is_ok relationships_mart_id__id__ref_stg_a_"},
    {"models/schema.yml",
     "board dim.v1 dim.v2 mart mart_is_ok raw.a raw.unused relationships_mart_id__id__ref_stg_a_ "
     "source_not_null_raw_a_id stg_a unique_stg_a_id"},
    {"stg_a.sql", "relationships_mart_id__id__ref_stg_a_ stg_a unique_stg_a_id"},
    {"file:stg_a.sql", "relationships_mart_id__id__ref_stg_a_ stg_a unique_stg_a_id"},
    {"file:stg_*", "relationships_mart_id__id__ref_stg_a_ stg_a stg_b unique_stg_a_id"},
    {"resource_type:seed", "b"},
    {"resource_type:snapshot", "snap"},
    {"resource_type:source", "raw.a raw.unused source_not_null_raw_a_id"},
    {"resource_type:test",
     "mart_is_ok relationships_mart_id__id__ref_stg_a_ source_not_null_raw_a_id unique_stg_a_id"},
    {"test_type:generic",
     "relationships_mart_id__id__ref_stg_a_ source_not_null_raw_a_id unique_stg_a_id"},
    {"test_type:singular", "mart_is_ok"},
    {"test_name:unique", "unique_stg_a_id"},
    {"test_name:not_*", "source_not_null_raw_a_id"},
    {"package:shop",
     "b board dim.v1 dim.v2 leaf lonely mart mart_is_ok raw.a raw.unused "
     "relationships_mart_id__id__ref_stg_a_ snap source_not_null_raw_a_id stg_a stg_b "
     "unique_stg_a_id"},
    {"package:this",
     "b board dim.v1 dim.v2 leaf lonely mart mart_is_ok raw.a raw.unused "
     "relationships_mart_id__id__ref_stg_a_ snap source_not_null_raw_a_id stg_a stg_b "
     "unique_stg_a_id"},
    {"config.materialized:table", "mart mart_is_ok relationships_mart_id__id__ref_stg_a_"},
    {"config.materialized:view",
     "dim.v1 dim.v2 leaf lonely relationships_mart_id__id__ref_stg_a_ stg_a stg_b unique_stg_a_id"},
    {"config.tags:stg", "relationships_mart_id__id__ref_stg_a_ stg_a stg_b unique_stg_a_id"},
    {"config.meta.owner:me", "mart mart_is_ok relationships_mart_id__id__ref_stg_a_"},
    {"config.meta.ok:true", "mart mart_is_ok relationships_mart_id__id__ref_stg_a_"},
    {"config.severity:warn", "relationships_mart_id__id__ref_stg_a_"},
    {"config.severity:WARN", "relationships_mart_id__id__ref_stg_a_"},
    {"group:fin", "mart mart_is_ok relationships_mart_id__id__ref_stg_a_"},
    {"access:public", "mart mart_is_ok relationships_mart_id__id__ref_stg_a_"},
    {"version:latest", "dim.v1"},
    {"version:old", ""},
    {"version:prerelease", "dim.v2"},
    {"version:none",
     "leaf lonely mart mart_is_ok relationships_mart_id__id__ref_stg_a_ stg_a stg_b "
     "unique_stg_a_id"},
    {"dim", "dim.v1 dim.v2"},
    {"dim.v1", "dim.v1"},
    {"dim_v2", "dim.v2"},
    {"dim.v2+", "dim.v2"},
    {"mart_is_ok", "mart_is_ok"},
    {"unique_stg_a_id", "unique_stg_a_id"},
    {"nothing", ""},
    {"b+", "b board leaf mart mart_is_ok relationships_mart_id__id__ref_stg_a_ stg_b"},
    {"snap", "snap"},
    {"+snap",
     "raw.a relationships_mart_id__id__ref_stg_a_ snap source_not_null_raw_a_id stg_a "
     "unique_stg_a_id"},
};

TEST(Selector, SelectsWhatDbtSelects) {
  for (const auto& [select, selected] : kExpressions) {
    EXPECT_EQ(Select({.select = {select}}), selected) << select;
  }
}

struct Exclusion {
  const char* select;
  const char* exclude;
  const char* indirect;
  const char* selected;
};

constexpr Exclusion kExclusions[] = {
    {"*", "tag:stg", "eager",
     "b board dim.v1 dim.v2 leaf lonely mart mart_is_ok snap source_not_null_raw_a_id"},
    {"+mart", "stg_b", "eager",
     "b mart mart_is_ok raw.a relationships_mart_id__id__ref_stg_a_ source_not_null_raw_a_id stg_a "
     "unique_stg_a_id"},
    {"mart", "test_type:singular", "eager", "mart relationships_mart_id__id__ref_stg_a_"},
    {"stg_a", "", "cautious", "stg_a unique_stg_a_id"},
    {"mart", "", "cautious", "mart mart_is_ok"},
    {"stg_a mart", "", "cautious",
     "mart mart_is_ok relationships_mart_id__id__ref_stg_a_ stg_a unique_stg_a_id"},
    {"mart", "", "buildable", "mart mart_is_ok relationships_mart_id__id__ref_stg_a_"},
    {"stg_b", "", "buildable", "stg_b"},
    {"stg_a", "", "empty", "stg_a"},
    {"mart+", "", "empty", "board leaf mart mart_is_ok relationships_mart_id__id__ref_stg_a_"},
    {"", "stg_a+", "eager",
     "b dim.v1 dim.v2 lonely raw.a raw.unused source_not_null_raw_a_id stg_b"},
};

TEST(Selector, ExcludesAndIndirectSelectionAreThoseOfDbt) {
  for (const auto& [select, exclude, indirect, selected] : kExclusions) {
    SelectionOptions options;
    if (*select) options.select = {select};
    if (*exclude) options.exclude = {exclude};
    options.indirect = IndirectSelectionFromName(indirect);
    EXPECT_EQ(Select(options), selected) << select << " without " << exclude << ", " << indirect;
  }
}

constexpr Expression kSelectors[] = {
    {"nightly",
     "mart mart_is_ok relationships_mart_id__id__ref_stg_a_ stg_a stg_b unique_stg_a_id"},
    {"most", "mart mart_is_ok relationships_mart_id__id__ref_stg_a_ stg_a unique_stg_a_id"},
    {"again", "mart mart_is_ok relationships_mart_id__id__ref_stg_a_ stg_a stg_b unique_stg_a_id"},
    {"cautious", "mart mart_is_ok"},
};

TEST(Selector, SelectorsOfTheFile) {
  for (const auto& [name, selected] : kSelectors) {
    EXPECT_EQ(Select({.selector = name}), selected) << name;
  }
  EXPECT_EQ(Parsed()->selectors["most"]["definition"]["union"][1],
            Json::parse(R"({"intersection": [{"method": "fqn", "value": "shop.marts"},
                            {"method": "config.materialized", "value": "table"}]})"));
}

TEST(Selector, ResourceTypesAreFilteredLast) {
  Graph graph(*Parsed());
  SelectionOptions options{.select = {"+mart"}, .resource_types = {NodeType::kSeed}};
  EXPECT_THAT(SelectNodes(*Parsed(), graph, options), ElementsAre("seed.shop.b"));
}

TEST(Selector, WhatMatchesNothingIsWarnedOf) {
  std::vector<std::string> warnings;
  Select({.select = {"mart nothing", "tag:none"}}, &warnings);
  EXPECT_THAT(warnings,
              ElementsAre("The selection criterion 'nothing' does not match any enabled nodes",
                          "The selection criterion 'tag:none' does not match any enabled nodes"));
  warnings.clear();
  Select({}, &warnings);
  EXPECT_THAT(warnings, IsEmpty());
}

TEST(Selector, FaultsAreTold) {
  auto message = [](const std::string& select) -> std::string {
    try {
      Select({.select = {select}});
    } catch (const Error& error) {
      return error.message();
    }
    return "no error";
  };
  EXPECT_EQ(message("foo:bar"), "'foo' is not a valid method name");
  EXPECT_THAT(message("@mart+"), HasSubstr("are incompatible"));
  EXPECT_THAT(message("state:modified"), HasSubstr("not supported yet"));
  EXPECT_THAT(message("result:error"), HasSubstr("not supported yet"));
  EXPECT_THAT(message("resource_type:table"), HasSubstr("Invalid resource_type selector"));
  EXPECT_THAT(message("source:a.b.c.d"), HasSubstr("Invalid source selector value"));
  EXPECT_THAT(message("config:table"), HasSubstr("needs a key"));
  EXPECT_THAT(message("tag.x:y"), HasSubstr("takes no arguments"));
  try {
    Select({.selector = "nobody"});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kNotFound);
    EXPECT_THAT(error.hint(), HasSubstr("nightly, most, again, cautious"));
  }
}

TEST(ParseCriterion, ReadsOperatorsAroundTheValue) {
  Criterion criterion = ParseCriterion("2+config.meta.owner:me+3");
  EXPECT_EQ(criterion.method, "config");
  EXPECT_THAT(criterion.arguments, ElementsAre("meta", "owner"));
  EXPECT_EQ(criterion.value, "me");
  EXPECT_EQ(criterion.parents, 2);
  EXPECT_EQ(criterion.children, 3);
  EXPECT_EQ(ParseCriterion("+x").parents, -1);
  EXPECT_EQ(ParseCriterion("x").children, std::nullopt);
  EXPECT_TRUE(ParseCriterion("@x").childrens_parents);
  EXPECT_EQ(ParseCriterion("models/x").method, "path");
  EXPECT_EQ(ParseCriterion("x.csv").method, "file");
}

}  // namespace
}  // namespace eider::dbt

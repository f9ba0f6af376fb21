#include "dbt/node_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "dbt/test_project.h"

namespace eider::dbt {
namespace {

using testing::HasSubstr;

TEST(MergeConfig, EachKeyByItsRule) {
  Json config = Json::parse(
      R"({"tags": ["a"], "meta": {"x": 1, "y": 1}, "schema": "s", "grants": {"select": ["p"]},
          "post-hook": ["one"]})");
  MergeConfig(config, Json::parse(R"({"tags": "b", "meta": {"y": 2}, "schema": "t",
                                      "grants": {"+select": ["q"], "insert": "r"},
                                      "post_hook": "two"})"));
  EXPECT_EQ(config, Json::parse(R"({"tags": ["a", "b"], "meta": {"x": 1, "y": 2}, "schema": "t",
                                    "grants": {"select": ["p", "q"], "insert": ["r"]},
                                    "post-hook": ["one", "two"]})"));
}

TEST(BuildConfig, LevelsOfTheFqnThenPropertiesThenCalls) {
  TestProject project({{"dbt_project.yml", R"(
name: shop
profile: shop
models:
  +tags: root
  shop:
    materialized: table
    marts: {+schema: marts, +tags: [marts], deep: {+alias: x}}
    other: {+schema: other}
)"}});
  auto config = project.Load();
  Json properties = {{"tags", {"yaml"}}, {"schema", "yaml"}};
  Json call = {{"tags", {"call"}}, {"own_key", 5}};
  Json built = BuildConfig(*config, NodeType::kModel, "shop", {"shop", "marts", "m"},
                           {.properties = &properties, .call = &call});
  EXPECT_EQ(built["materialized"], "table");
  EXPECT_EQ(built["schema"], "yaml");
  EXPECT_EQ(built["alias"], nullptr);
  EXPECT_EQ(built["tags"], Json::parse(R"(["root", "marts", "yaml", "call"])"));
  EXPECT_EQ(built["own_key"], 5);
  EXPECT_EQ(built["on_schema_change"], "ignore");
  EXPECT_EQ(built["access"], "protected");
  Json unrendered = BuildUnrenderedConfig(*config, NodeType::kModel, "shop", {"shop", "marts", "m"},
                                          {.properties = &properties, .call = &call});
  EXPECT_EQ(unrendered, Json::parse(R"({"tags": ["call"], "materialized": "table",
                                        "schema": "yaml", "own_key": 5})"));
}

TEST(BuildConfig, TheRootProjectHasTheLastWordOnPackages) {
  TestProject project(
      {{"dbt_project.yml", "name: shop\nprofile: shop\nmodels: {tools: {+materialized: table}}\n"},
       {"dbt_packages/tools/dbt_project.yml",
        "name: tools\nmodels: {+materialized: ephemeral}\n"}});
  Json call = {{"materialized", "view"}};
  Json built = BuildConfig(*project.Load(), NodeType::kModel, "tools", {"tools", "t"},
                           {.properties = nullptr, .call = &call});
  EXPECT_EQ(built["materialized"], "table");
}

TEST(BuildConfig, WrongTypesAreRefused) {
  TestProject project;
  auto config = project.Load();
  auto message = [&](NodeType type, Json call) -> std::string {
    try {
      BuildConfig(*config, type, "shop", {"shop", "m"}, {.properties = nullptr, .call = &call});
    } catch (const Error& error) {
      return error.message();
    }
    return "no error";
  };
  EXPECT_THAT(message(NodeType::kModel, {{"enabled", "no"}}), HasSubstr("'enabled'"));
  EXPECT_THAT(message(NodeType::kModel, {{"materialized", 5}}), HasSubstr("'materialized'"));
  EXPECT_THAT(message(NodeType::kModel, {{"tags", {1}}}), HasSubstr("'tags'"));
  EXPECT_THAT(message(NodeType::kModel, {{"meta", "x"}}), HasSubstr("'meta'"));
  EXPECT_THAT(message(NodeType::kTest, {{"severity", "bad"}}), HasSubstr("'severity'"));
  EXPECT_THAT(message(NodeType::kSeed, {{"materialized", "table"}}), HasSubstr("A seed must"));
  EXPECT_THAT(message(NodeType::kModel, Json::parse(R"({"materialized": "incremental",
                                                        "contract": {"enforced": true}})")),
              HasSubstr("on_schema_change"));
}

TEST(BuildConfig, StoreFailuresAndItsForm) {
  TestProject project;
  auto config = project.Load();
  auto build = [&](Json call) {
    return BuildConfig(*config, NodeType::kTest, "shop", {"shop", "t"},
                       {.properties = nullptr, .call = &call});
  };
  EXPECT_EQ(build({{"store_failures", true}})["store_failures_as"], "table");
  EXPECT_EQ(build({{"store_failures_as", "view"}})["store_failures"], true);
  EXPECT_EQ(build({{"store_failures_as", "ephemeral"}})["store_failures"], false);
  EXPECT_EQ(build(Json::object())["store_failures"], nullptr);
}

TEST(NormalizeHook, TextMappingAndJsonText) {
  EXPECT_EQ(NormalizeHook("x"), Json::parse(R"({"sql": "x", "transaction": true, "index": null})"));
  EXPECT_EQ(NormalizeHook(R"({"sql": "y", "transaction": false})")["transaction"], false);
  EXPECT_EQ(NormalizeHook(Json{{"sql", "z"}})["sql"], "z");
}

}  // namespace
}  // namespace eider::dbt

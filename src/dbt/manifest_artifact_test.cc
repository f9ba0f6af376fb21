#include "dbt/manifest_artifact.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "dbt/base_context.h"
#include "dbt/test_project.h"

namespace eider::dbt {
namespace {

using testing::ElementsAre;

std::vector<std::string> KeysOf(const Json& object) {
  std::vector<std::string> keys;
  for (auto& [key, value] : object.items()) keys.push_back(key);
  return keys;
}

TEST(ManifestArtifact, HasTheSectionsOfVersion12) {
  TestProject project(
      {{"models/a.sql", "select 1 as id"},
       {"models/off.sql", "{{ config(enabled=false) }}select 1"},
       {"models/schema.yml", "models: [{name: a, columns: [{name: id, tests: [unique]}]}]\n"}});
  auto manifest = project.Parse();
  Json json = ParseJson(ManifestText(*manifest), "manifest");
  EXPECT_THAT(KeysOf(json),
              ElementsAre("metadata", "nodes", "sources", "macros", "docs", "exposures", "metrics",
                          "groups", "selectors", "disabled", "parent_map", "child_map", "group_map",
                          "saved_queries", "semantic_models", "unit_tests", "functions"));
  EXPECT_EQ(json["metadata"]["dbt_schema_version"],
            "https://schemas.getdbt.com/dbt/manifest/v12.json");
  EXPECT_EQ(json["metadata"]["dbt_version"], kDbtVersion);
  EXPECT_EQ(json["metadata"]["adapter_type"], "duckdb");
  EXPECT_EQ(json["nodes"].size(), 2u);
  EXPECT_EQ(json["nodes"]["model.shop.a"]["relation_name"], "\"memory\".\"dev\".\"a\"");
  EXPECT_EQ(json["disabled"]["model.shop.off"][0]["config"]["enabled"], false);
  EXPECT_EQ(json["macros"].size(), manifest->macros.size());
  ASSERT_EQ(json["child_map"]["model.shop.a"].size(), 1u);
}

TEST(ManifestArtifact, WhatCompilingAddsIsThereOnlyAfterwards) {
  TestProject project({{"models/a.sql", "select 1 as id"}});
  auto manifest = project.Parse();
  Node& node = manifest->nodes.at("model.shop.a");
  EXPECT_FALSE(NodeToJson(node).contains("compiled_code"));
  node.compiled = true;
  node.compiled_code = "select 1 as id";
  Json json = NodeToJson(node);
  EXPECT_EQ(json["compiled_code"], "select 1 as id");
  EXPECT_EQ(json["extra_ctes"], Json::array());
}

TEST(ManifestArtifact, SecretsAreNotWritten) {
  setenv("DBT_ENV_SECRET_MANIFEST", "in-no-artifact", 1);
  TestProject project({{"models/a.sql", "select 'in-no-artifact' as x"}});
  WriteManifest(*project.Parse(), project.root() / "target");
  std::string text = project.Read("target/manifest.json");
  EXPECT_EQ(text.find("in-no-artifact"), std::string::npos);
  EXPECT_NE(text.find("select '*****' as x"), std::string::npos);
}

}  // namespace
}  // namespace eider::dbt

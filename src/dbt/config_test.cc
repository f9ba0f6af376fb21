#include "dbt/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "dbt/test_project.h"

namespace eider::dbt {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Config, VariablesOfTheCommandLineThenRootThenPackage) {
  TestProject project(
      {{"dbt_project.yml",
        "name: shop\nprofile: shop\nvars: {a: root, b: root, c: root, tools: {b: for_tools}}\n"},
       {"dbt_packages/tools/dbt_project.yml",
        "name: tools\nvars: {a: own, d: own, tools: {e: section}}\n"}});
  ConfigOptions options = project.Options();
  options.cli_vars = Json{{"c", "cli"}};
  auto config = LoadConfig(options);
  auto var = [&](const char* package, const char* name) -> std::string {
    const Json* found = config->FindVar(package, name);
    return found ? found->get<std::string>() : "none";
  };
  EXPECT_EQ(var("shop", "a"), "root");
  EXPECT_EQ(var("shop", "b"), "root");
  EXPECT_EQ(var("shop", "c"), "cli");
  EXPECT_EQ(var("shop", "d"), "none");
  EXPECT_EQ(var("tools", "a"), "root");
  EXPECT_EQ(var("tools", "b"), "for_tools");
  EXPECT_EQ(var("tools", "d"), "own");
  EXPECT_EQ(var("tools", "e"), "section");
  EXPECT_EQ(config->VarsFor("tools")["b"], "for_tools");
}

TEST(Config, TargetPathAndThreadsOfTheCommandLine) {
  TestProject project;
  ConfigOptions options = project.Options();
  options.threads = 7;
  options.target_path = "out";
  auto config = LoadConfig(options);
  EXPECT_EQ(config->target.threads, 7);
  EXPECT_EQ(config->target_dir(), project.root() / "out");
  EXPECT_EQ(project.Load()->target_dir(), project.root() / "target");
}

TEST(Config, DispatchLooksInTheRootFirst) {
  TestProject project({{"dbt_project.yml",
                        "name: shop\nprofile: shop\n"
                        "dispatch: [{macro_namespace: x, search_order: [shop, y, x]}]\n"},
                       {"dbt_packages/tools/dbt_project.yml", "name: tools\n"}});
  auto config = project.Load();
  EXPECT_THAT(config->DispatchSearchOrder("x"), ElementsAre("shop", "y", "x"));
  EXPECT_THAT(config->DispatchSearchOrder("tools"), ElementsAre("shop", "tools"));
  EXPECT_THAT(config->DispatchSearchOrder("dbt"), ElementsAre("shop", "dbt"));
  EXPECT_THAT(config->DispatchSearchOrder("unknown"), IsEmpty());
}

TEST(Config, PackagesThatAreNotInstalledAreNamed) {
  TestProject project({{"packages.yml", "packages: [{local: ../x}]\n"}});
  try {
    project.Load();
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), HasSubstr("only 0 package(s) installed in dbt_packages"));
    EXPECT_THAT(error.hint(), HasSubstr("dbt deps"));
  }
}

TEST(Config, TwoPackagesOfOneNameAreRefused) {
  TestProject project({{"dbt_packages/a/dbt_project.yml", "name: tools\n"},
                       {"dbt_packages/b/dbt_project.yml", "name: tools\n"}});
  EXPECT_THROW(project.Load(), Error);
}

TEST(Config, VarsAreYaml) {
  EXPECT_EQ(ParseCliVars("{a: 1, b: [x]}"), Json::parse(R"({"a": 1, "b": ["x"]})"));
  EXPECT_EQ(ParseCliVars(""), Json::object());
  EXPECT_THROW(ParseCliVars("- a"), Error);
  EXPECT_THROW(ParseCliVars("{a: "), Error);
}

}  // namespace
}  // namespace eider::dbt

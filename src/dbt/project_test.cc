#include "dbt/project.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/error.h"
#include "dbt/test_project.h"

namespace eider::dbt {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Project Load(const TestProject& project, const Json& vars = Json::object()) {
  return LoadProject(project.root(), vars, Json{{"name", "dev"}, {"schema", "main"}});
}

TEST(Project, Defaults) {
  Project project = Load(TestProject());
  EXPECT_EQ(project.name, "shop");
  EXPECT_THAT(project.model_paths, ElementsAre("models"));
  EXPECT_THAT(project.macro_paths, ElementsAre("macros"));
  EXPECT_EQ(project.target_path, "target");
  EXPECT_EQ(project.packages_install_path, "dbt_packages");
}

TEST(Project, ValuesAreRenderedAndHooksAreNot) {
  setenv("EIDER_TEST_SCHEMA", "from_env", 1);
  TestProject files({{"dbt_project.yml", R"(
name: shop
version: 1.0
profile: shop
model-paths: [a, b]
on-run-end: "{{ my_macro() }}"
models:
  shop:
    +schema: "{{ env_var('EIDER_TEST_SCHEMA') }}"
    +materialized: "{{ 'table' if target.name == 'dev' else 'view' }}"
    +enabled: "{{ var('on') | as_bool }}"
    +post-hook: "{{ this }}"
vars: {text: "{{ stays }}"}
query-comment: "{{ stays }}"
)"}});
  Project project = Load(files, Json{{"on", false}});
  EXPECT_EQ(project.version, "1.0");
  EXPECT_THAT(project.model_paths, ElementsAre("a", "b"));
  EXPECT_THAT(project.on_run_end, ElementsAre("{{ my_macro() }}"));
  EXPECT_EQ(project.models["shop"]["+schema"], "from_env");
  EXPECT_EQ(project.models["shop"]["+materialized"], "table");
  EXPECT_EQ(project.models["shop"]["+enabled"], false);
  EXPECT_EQ(project.models["shop"]["+post-hook"], "{{ this }}");
  EXPECT_EQ(project.vars["text"], "{{ stays }}");
  EXPECT_EQ(project.unrendered["models"]["shop"]["+schema"], "{{ env_var('EIDER_TEST_SCHEMA') }}");
}

TEST(Project, OldNamesOfKeysStillCount) {
  TestProject files({{"dbt_project.yml",
                      "name: shop\nprofile: shop\ntests: {+severity: warn}\n"
                      "source-paths: [sql]\ndata-paths: [data]\n"}});
  Project project = Load(files);
  EXPECT_EQ(project.tests["+severity"], "warn");
  EXPECT_THAT(project.model_paths, ElementsAre("sql"));
  EXPECT_THAT(project.seed_paths, ElementsAre("data"));
}

struct Fault {
  const char* text;
  int line;
  const char* message;
};

TEST(Project, FaultsAreToldWithFileAndLine) {
  for (const Fault& fault : {
           Fault{"profile: x\n", 0, "Required \"name\" field not present"},
           Fault{"name: my-shop\n", 1, "The project name 'my-shop' is not valid"},
           Fault{"name: shop\nmodels: [a]\n", 2, "'models' is not a mapping"},
           Fault{"name: shop\nmodel-paths: {a: 1}\n", 2, "'model-paths' is not a list"},
           Fault{"name: shop\ndispatch: [{macro_namespace: x}]\n", 2, "lacks macro_namespace or"},
           Fault{"name: shop\nrequire-dbt-version: '>=2.0.0'\n", 2,
                 "not supported with the 'shop'"},
           Fault{"name: shop\n  x: 1\n", 2, ""},
           Fault{"- a\n", 0, "does not parse to a dictionary"},
       }) {
    TestProject files({{"dbt_project.yml", fault.text}});
    try {
      Load(files);
      ADD_FAILURE() << "no error: " << fault.text;
    } catch (const Error& error) {
      EXPECT_THAT(error.message(), HasSubstr(fault.message)) << fault.text;
      EXPECT_THAT(error.file(), HasSubstr("dbt_project.yml")) << fault.text;
      EXPECT_EQ(error.line(), fault.line) << fault.text;
    }
  }
}

TEST(Project, TheVersionCheckCanBeLeftOut) {
  TestProject project(
      {{"dbt_project.yml", "name: shop\nprofile: shop\nrequire-dbt-version: '>=2.0.0'\n"}});
  EXPECT_THROW(LoadProject(project.root(), Json::object(), Json::object()), Error);
  EXPECT_EQ(LoadProject(project.root(), Json::object(), Json::object(), false).name, "shop");
}

TEST(Project, AFolderWithoutAProjectIsNamed) {
  try {
    LoadProject("/nowhere/at/all", Json::object(), Json::object());
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kNotFound);
    EXPECT_THAT(error.message(), HasSubstr("/nowhere/at/all/dbt_project.yml"));
    EXPECT_THAT(error.hint(), HasSubstr("--project-dir"));
  }
}

}  // namespace
}  // namespace eider::dbt

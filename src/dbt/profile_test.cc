#include "dbt/profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/error.h"
#include "dbt/secret.h"
#include "dbt/test_project.h"

namespace eider::dbt {
namespace {

using testing::HasSubstr;

Target Load(const TestProject& project, std::optional<std::string> target = std::nullopt,
            std::string profile = "shop") {
  return LoadTarget({.profiles_dir = project.root(),
                     .project_dir = project.root(),
                     .profile = std::nullopt,
                     .target = target,
                     .threads = std::nullopt,
                     .project_profile = std::move(profile),
                     .cli_vars = Json::object()});
}

const char* const kProfiles = R"(
shop:
  target: "{{ env_var('EIDER_TEST_TARGET', 'dev') }}"
  outputs:
    dev:
      type: duckdb
      path: "{{ env_var('EIDER_TEST_HOME', '/data') }}/x.duckdb"
      threads: "{{ 2 + 1 }}"
      schema: main
      settings: {s3_secret_access_key: "{{ env_var('DBT_ENV_SECRET_EIDER_KEY') }}"}
    prod: {type: eider, warehouse: /lake, database: lake}
)";

TEST(Profile, TheTargetIsRendered) {
  setenv("DBT_ENV_SECRET_EIDER_KEY", "hush-hush-1", 1);
  TestProject project({{"profiles.yml", kProfiles}});
  Target target = Load(project);
  EXPECT_EQ(target.profile_name, "shop");
  EXPECT_EQ(target.target_name, "dev");
  EXPECT_EQ(target.type, "duckdb");
  EXPECT_EQ(target.threads, 3);
  EXPECT_EQ(target.schema, "main");
  EXPECT_EQ(target.credentials["path"], "/data/x.duckdb");
  EXPECT_EQ(Load(project, "prod").database, "lake");
}

TEST(Profile, SecretsReachTheAdapterAndNobodyElse) {
  setenv("DBT_ENV_SECRET_EIDER_KEY", "hush-hush-2", 1);
  TestProject project({{"profiles.yml", kProfiles}});
  Target target = Load(project);
  EXPECT_EQ(target.credentials["settings"]["s3_secret_access_key"], "hush-hush-2");
  EXPECT_EQ(ScrubSecrets("key=hush-hush-2."), "key=*****.");
  std::string shown = TargetForTemplates(target, "x").dump();
  EXPECT_EQ(shown.find("hush-hush-2"), std::string::npos);
  EXPECT_EQ(TargetForTemplates(target, "x")["name"], "dev");
}

TEST(Profile, PlainPasswordsAreSecretsToo) {
  TestProject project(
      {{"profiles.yml",
        "shop:\n  outputs:\n    default: {type: duckdb, password: plain-password-3}\n"}});
  Load(project);
  EXPECT_EQ(ScrubSecrets("plain-password-3"), "*****");
}

struct Fault {
  const char* profiles;
  const char* message;
  const char* hint;
};

TEST(Profile, FaultsAreToldWithWhatThereIs) {
  for (const Fault& fault : {
           Fault{"shpo: {outputs: {dev: {type: duckdb}}}", "Could not find profile named 'shop'",
                 "Did you mean 'shpo'?"},
           Fault{"shop: {target: dev, outputs: {prod: {type: duckdb}}}",
                 "does not have a target named 'dev'", " - prod"},
           Fault{"shop: {target: dev}", "outputs not specified in profile 'shop'", ""},
           Fault{"shop: {target: dev, outputs: {dev: {path: x}}}",
                 "required field \"type\" not found", ""},
           Fault{"shop: {target: dev, outputs: {dev: {type: duckdb, threads: many}}}",
                 "threads of target 'dev' is not a positive number", ""},
           Fault{"shop: {target: dev, outputs: {dev: \"{{ env_var('EIDER_TEST_UNSET') }}\"}}",
                 "misconfigured", ""},
           Fault{"- a list", "not a mapping of profiles", ""},
       }) {
    TestProject project({{"profiles.yml", fault.profiles}});
    try {
      Load(project);
      ADD_FAILURE() << "no error: " << fault.profiles;
    } catch (const Error& error) {
      EXPECT_THAT(error.message(), HasSubstr(fault.message)) << fault.profiles;
      EXPECT_THAT(error.hint(), HasSubstr(fault.hint)) << fault.profiles;
      EXPECT_THAT(error.file(), HasSubstr("profiles.yml"));
    }
  }
}

TEST(Profile, AMissingFileIsNamed) {
  TestProject project;
  std::filesystem::remove(project.root() / "profiles.yml");
  try {
    Load(project);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kNotFound);
    EXPECT_THAT(error.message(), HasSubstr((project.root() / "profiles.yml").string()));
    EXPECT_THAT(error.hint(), HasSubstr("--profiles-dir"));
  }
}

TEST(Profile, AProjectWithoutAProfileIsToldHowToNameOne) {
  TestProject project;
  EXPECT_THROW(Load(project, std::nullopt, ""), Error);
}

}  // namespace
}  // namespace eider::dbt

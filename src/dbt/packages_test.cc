#include "dbt/packages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "dbt/test_project.h"

namespace eider::dbt {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Project RootOf(const TestProject& project) {
  return LoadProject(project.root(), Json::object(), Json::object());
}

TEST(Packages, LocalPackagesAndTheirOwnAreInstalled) {
  TestProject project({{"packages.yml", "packages:\n  - local: lib/a\n"},
                       {"lib/a/dbt_project.yml", "name: a\n"},
                       {"lib/a/macros/m.sql", "{% macro m() %}{% endmacro %}"},
                       {"lib/a/packages.yml", "packages: [{local: ../b}]\n"},
                       {"lib/b/dbt_project.yml", "name: b\n"}});
  EXPECT_THAT(InstallPackages(RootOf(project), Json::object()), ElementsAre("a", "b"));
  EXPECT_TRUE(std::filesystem::exists(project.root() / "dbt_packages/a/macros/m.sql"));
  EXPECT_TRUE(std::filesystem::exists(project.root() / "dbt_packages/b/dbt_project.yml"));
  // As dbt-core 1.11.16 writes it for one local package.
  EXPECT_THAT(project.Read("package-lock.yml"),
              HasSubstr("packages:\n  - local: lib/a\n    name: a\n"));
  EXPECT_EQ(project.Load()->packages.size(), 2u);
  // Again: nothing is left over from the first time.
  EXPECT_THAT(InstallPackages(RootOf(project), Json::object()), ElementsAre("a", "b"));
}

TEST(Packages, VersionsAreCheckedUnlessItIsOff) {
  TestProject project({{"packages.yml", "packages:\n  - local: lib\n"},
                       {"lib/dbt_project.yml", "name: a\nrequire-dbt-version: '>=2.0.0'\n"}});
  EXPECT_THROW(InstallPackages(RootOf(project), Json::object()), Error);
  EXPECT_THAT(InstallPackages(RootOf(project), Json::object(), /*version_check=*/false),
              ElementsAre("a"));
}

TEST(Packages, DependenciesFileIsReadWithoutRendering) {
  TestProject project({{"dependencies.yml", "packages: [{local: lib}]\n"}});
  auto specs = LoadPackageSpecs(RootOf(project), Json::object());
  ASSERT_EQ(specs.size(), 1u);
  EXPECT_EQ(specs[0].local, "lib");
}

TEST(Packages, NoFileMeansNone) {
  EXPECT_THAT(LoadPackageSpecs(RootOf(TestProject()), Json::object()), IsEmpty());
}

TEST(Packages, FaultsAreToldWithFileAndLine) {
  struct Fault {
    const char* packages;
    ErrorCode code;
    const char* message;
  };
  for (const Fault& fault :
       {Fault{"packages:\n  - package: dbt-labs/dbt_utils\n    version: 1.0.0\n",
              ErrorCode::kUnsupported, "'package'"},
        Fault{"packages:\n  - git: https://x\n", ErrorCode::kUnsupported, "'git'"},
        Fault{"packages: {a: 1}\n", ErrorCode::kInvalidArgument, "'packages' is not a list"}}) {
    TestProject project({{"packages.yml", fault.packages}});
    try {
      LoadPackageSpecs(RootOf(project), Json::object());
      ADD_FAILURE() << "no error: " << fault.packages;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), fault.code);
      EXPECT_THAT(error.message(), HasSubstr(fault.message));
      EXPECT_THAT(error.file(), HasSubstr("packages.yml"));
      EXPECT_GT(error.line(), 0);
    }
  }
}

TEST(Packages, AFolderWithoutAProjectIsNamed) {
  TestProject project({{"packages.yml", "packages: [{local: nowhere}]\n"}});
  try {
    InstallPackages(RootOf(project), Json::object());
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), HasSubstr("no dbt_project.yml found at the local package"));
  }
}

}  // namespace
}  // namespace eider::dbt

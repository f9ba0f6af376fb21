// packages.yml and dependencies.yml, and the installed packages they lead to.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "dbt/project.h"

namespace eider::dbt {

// An entry of packages.yml or dependencies.yml.
struct PackageSpec {
  std::string local;  // the folder, relative to the project
  Json raw;           // as written
};

// Throws kUnsupported for a package that is not `local:`.
std::vector<PackageSpec> LoadPackageSpecs(const Project& project, const Json& cli_vars);

// `dbt deps`: links (or copies where links are refused) every local package, and those they name,
// into packages_install_path, and writes package-lock.yml. `version_check` is whether their
// require-dbt-version must be met. Returns the installed packages' names.
std::vector<std::string> InstallPackages(const Project& project, const Json& cli_vars,
                                         bool version_check = true);

}  // namespace eider::dbt

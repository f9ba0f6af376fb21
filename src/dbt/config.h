// Everything one invocation is configured by: the root project, its packages, the target, the
// command line's variables and flags.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "dbt/adapter_traits.h"
#include "dbt/profile.h"
#include "dbt/project.h"

namespace eider::dbt {

struct ConfigOptions {
  std::filesystem::path project_dir = ".";
  std::optional<std::filesystem::path> profiles_dir;
  std::optional<std::string> profile;
  std::optional<std::string> target;
  std::optional<int> threads;
  std::optional<std::string> target_path;  // --target-path
  Json cli_vars = Json::object();
  bool full_refresh = false;
  bool warn_error = false;
  bool version_check = true;  // of require-dbt-version
  std::string command;        // "build", "run", ..: flags.WHICH
};

class Config {
 public:
  Project project;                // the root
  std::vector<Project> packages;  // installed packages, without the root and the built-in ones
  Target target;
  std::unique_ptr<AdapterTraits> adapter;
  ConfigOptions options;
  int64_t run_started_at = 0;  // micros
  std::string invocation_id;

  // The root or an installed package; null for built-in and unknown names.
  const Project* FindPackage(std::string_view name) const;
  // Absolute, --target-path, DBT_TARGET_PATH or the project's target-path.
  std::filesystem::path target_dir() const;
  // A variable as `package` sees it: --vars, root project (package section, then global), package
  // itself. Null when undefined.
  const Json* FindVar(std::string_view package, const std::string& name) const;
  // Every variable `package` sees, merged, for messages.
  Json VarsFor(std::string_view package) const;
  // The quoting of relations: project over adapter default.
  Quoting quoting() const;
  // Packages searched by adapter.dispatch for a namespace: dispatch config of the root project,
  // else root, the package itself; internal packages are appended by macro resolution.
  std::vector<std::string> DispatchSearchOrder(const std::string& macro_namespace) const;
};

// Loads project, packages and profile. `need_profile` false leaves `target` empty (deps, clean).
std::shared_ptr<const Config> LoadConfig(const ConfigOptions& options, bool need_profile = true);

// --vars: YAML or JSON of a mapping. Throws kInvalidArgument.
Json ParseCliVars(std::string_view text);

}  // namespace eider::dbt

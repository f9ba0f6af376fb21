// profiles.yml: how to reach the warehouse. One target of one profile is chosen per invocation.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"

namespace eider::dbt {

// The chosen output. `credentials` is the output as written, rendered, with every key (type,
// schema, path, threads, ..): adapters read their own keys from it.
struct Target {
  std::string profile_name;
  std::string target_name;
  std::string type;  // "eider", "duckdb", "postgres", ..
  std::string schema;
  std::optional<std::string>
      database;  // the output's `database` or `dbname`; adapters may default it
  int threads = 1;
  Json credentials = Json::object();
  std::filesystem::path profiles_file;
};

struct ProfileOptions {
  std::optional<std::filesystem::path> profiles_dir;  // --profiles-dir
  std::filesystem::path project_dir;
  std::optional<std::string> profile;  // --profile
  std::optional<std::string> target;   // --target
  std::optional<int> threads;          // --threads
  std::string project_profile;         // `profile:` of dbt_project.yml
  Json cli_vars = Json::object();
};

// `target` as templates see it: the credentials that may be shown, with name, profile_name,
// threads.
Json TargetForTemplates(const Target& target, const std::string& database);

// The folder searched: --profiles-dir, DBT_PROFILES_DIR, the current folder, ~/.dbt; the first two
// are taken as they are, of the others the first that holds a profiles.yml.
std::filesystem::path ResolveProfilesDir(const std::optional<std::filesystem::path>& option);

// Throws kNotFound (no file, unknown profile or target, with the ones there are) or
// kInvalidArgument.
Target LoadTarget(const ProfileOptions& options);

}  // namespace eider::dbt

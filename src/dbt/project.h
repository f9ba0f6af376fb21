// dbt_project.yml of the root project or of a package.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "dbt/node.h"

namespace eider::dbt {

struct DispatchEntry {
  std::string macro_namespace;
  std::vector<std::string> search_order;
};

struct Project {
  std::string name;
  std::string version;
  std::string profile;
  std::filesystem::path root;  // absolute
  FileChecksum checksum;       // of dbt_project.yml

  // Relative to `root`.
  std::vector<std::string> model_paths, seed_paths, test_paths, analysis_paths, macro_paths,
      snapshot_paths, docs_paths, asset_paths;
  std::string target_path = "target";
  std::string log_path = "logs";
  std::string packages_install_path = "dbt_packages";
  std::vector<std::string> clean_targets;

  // Configuration trees by resource folder, with keys as written ("+tags"): models, seeds, ..
  // Rendered with vars and environment; hooks stay unrendered.
  Json models = Json::object(), seeds = Json::object(), snapshots = Json::object(),
       tests = Json::object(), sources = Json::object(), analyses = Json::object(),
       exposures = Json::object();
  // The same trees before rendering, for the manifest's `unrendered_config`.
  Json unrendered = Json::object();

  std::vector<std::string> on_run_start;
  std::vector<std::string> on_run_end;
  std::vector<DispatchEntry> dispatch;
  Json vars = Json::object();
  Json flags = Json::object();
  Quoting quoting;
  Json query_comment;  // null when not set, a string, or {comment, append, job-label}
  std::vector<std::string> require_dbt_version;
  Json selectors = Json::array();  // of selectors.yml, as written
};

// The `profile:` and `name:` of `root`/dbt_project.yml, before the target is known. Throws as
// LoadProject.
struct ProjectHead {
  std::string name;
  std::string profile;  // "" when not set
};
ProjectHead LoadProjectHead(const std::filesystem::path& root, const Json& cli_vars);

// Reads `root`/dbt_project.yml, rendering its values with `cli_vars` and `target` (an empty Json
// where there is none). Throws kNotFound, kSyntax or kInvalidArgument with file and line.
// `version_check` is whether its require-dbt-version must be met.
Project LoadProject(const std::filesystem::path& root, const Json& cli_vars, const Json& target,
                    bool version_check = true);

}  // namespace eider::dbt

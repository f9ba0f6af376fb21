#include "dbt/config.h"

#include <algorithm>
#include <cstdlib>

#include "base/clock.h"
#include "base/error.h"
#include "base/uuid.h"
#include "base/yaml.h"
#include "dbt/packages.h"
#include "dbt/secret.h"

namespace eider::dbt {

namespace fs = std::filesystem;

namespace {

const Json* FindIn(const Json& vars, std::string_view package, const std::string& name) {
  if (!vars.is_object()) return nullptr;
  if (auto section = vars.find(package); section != vars.end() && section->is_object()) {
    if (auto found = section->find(name); found != section->end()) return &*found;
  }
  auto found = vars.find(name);
  return found == vars.end() ? nullptr : &*found;
}

// The folders of installed packages, by name.
std::vector<fs::path> InstalledPackages(const Project& project) {
  std::vector<fs::path> folders;
  fs::path root = project.root / project.packages_install_path;
  if (!fs::is_directory(root)) return folders;
  for (const auto& entry : fs::directory_iterator(root)) {
    std::string name = entry.path().filename().string();
    if (name.starts_with("__") || name.starts_with(".")) continue;
    if (fs::exists(entry.path() / "dbt_project.yml")) folders.push_back(entry.path());
  }
  std::sort(folders.begin(), folders.end());
  return folders;
}

}  // namespace

const Project* Config::FindPackage(std::string_view name) const {
  if (project.name == name) return &project;
  for (const auto& package : packages) {
    if (package.name == name) return &package;
  }
  return nullptr;
}

fs::path Config::target_dir() const {
  fs::path path = project.target_path;
  if (options.target_path) {
    path = *options.target_path;
  } else if (const char* variable = std::getenv("DBT_TARGET_PATH"); variable && *variable) {
    path = variable;
  }
  return path.is_absolute() ? path : project.root / path;
}

const Json* Config::FindVar(std::string_view package, const std::string& name) const {
  if (auto found = options.cli_vars.find(name); found != options.cli_vars.end()) return &*found;
  if (const Json* found = FindIn(project.vars, package, name)) return found;
  const Project* own = FindPackage(package);
  if (own && own != &project) return FindIn(own->vars, package, name);
  return nullptr;
}

Json Config::VarsFor(std::string_view package) const {
  Json out = Json::object();
  auto merge = [&](const Json& vars) {
    if (!vars.is_object()) return;
    for (auto& [key, value] : vars.items()) {
      bool section = value.is_object() && FindPackage(key);
      if (!section) out[key] = value;
    }
    if (auto own = vars.find(package); own != vars.end() && own->is_object()) out.update(*own);
  };
  const Project* own = FindPackage(package);
  if (own && own != &project) merge(own->vars);
  merge(project.vars);
  out.update(options.cli_vars);
  return out;
}

Quoting Config::quoting() const {
  Quoting out = adapter ? adapter->default_quoting() : Quoting{};
  const Quoting& own = project.quoting;
  if (own.database) out.database = own.database;
  if (own.schema) out.schema = own.schema;
  if (own.identifier) out.identifier = own.identifier;
  if (own.column) out.column = own.column;
  return out;
}

std::vector<std::string> Config::DispatchSearchOrder(const std::string& macro_namespace) const {
  for (const auto& entry : project.dispatch) {
    if (entry.macro_namespace == macro_namespace) return entry.search_order;
  }
  bool internal = macro_namespace == "dbt";
  if (adapter) {
    auto names = adapter->internal_packages();
    internal = internal || std::find(names.begin(), names.end(), macro_namespace) != names.end();
  }
  if (internal || FindPackage(macro_namespace)) return {project.name, macro_namespace};
  return {};
}

std::shared_ptr<const Config> LoadConfig(const ConfigOptions& options, bool need_profile) {
  RegisterSecretsFromEnvironment();
  auto config = std::make_shared<Config>();
  config->options = options;
  config->run_started_at = NowMicros();
  config->invocation_id = NewUuid();
  fs::path root = fs::absolute(options.project_dir).lexically_normal();

  ProjectHead head = LoadProjectHead(root, options.cli_vars);
  Json target = Json::object();
  if (need_profile) {
    config->target = LoadTarget({.profiles_dir = options.profiles_dir,
                                 .project_dir = root,
                                 .profile = options.profile,
                                 .target = options.target,
                                 .threads = options.threads,
                                 .project_profile = head.profile,
                                 .cli_vars = options.cli_vars});
    config->adapter = MakeAdapterTraits(config->target);
    target = TargetForTemplates(config->target, config->adapter->DatabaseName(config->target));
  }
  config->project = LoadProject(root, options.cli_vars, target, options.version_check);
  if (!need_profile) return config;

  auto required = LoadPackageSpecs(config->project, options.cli_vars);
  auto folders = InstalledPackages(config->project);
  if (folders.size() < required.size()) {
    throw Error(ErrorCode::kNotFound, "dbt found " + std::to_string(required.size()) +
                                          " package(s) specified in packages.yml, but only " +
                                          std::to_string(folders.size()) +
                                          " package(s) installed in " +
                                          config->project.packages_install_path)
        .WithHint("Run \"dbt deps\" to install package dependencies.");
  }
  for (const auto& folder : folders) {
    Project package = LoadProject(folder, options.cli_vars, target, options.version_check);
    if (const Project* same = config->FindPackage(package.name)) {
      throw Error(ErrorCode::kAlreadyExists, "dbt found more than one package with the name '" +
                                                 package.name + "' included in this project: " +
                                                 same->root.string() + " and " + folder.string())
          .WithHint("Package names must be unique in a project. Please rename one of them.");
    }
    config->packages.push_back(std::move(package));
  }
  return config;
}

Json ParseCliVars(std::string_view text) {
  YamlNode node = ParseYaml(text, "--vars");
  if (node.IsNull()) return Json::object();
  if (!node.IsMapping()) {
    throw Error(ErrorCode::kInvalidArgument, "The YAML provided in the --vars argument is " +
                                                 std::string(node.KindName()) +
                                                 ", not a mapping of names to values")
        .WithHint("Write --vars '{name: value}'.");
  }
  return node.ToJson();
}

}  // namespace eider::dbt

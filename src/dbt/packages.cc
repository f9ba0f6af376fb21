#include "dbt/packages.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"
#include "base/yaml.h"
#include "dbt/base_context.h"
#include "dbt/yaml_rendering.h"
#include "io/file_system.h"
#include "jinja/json_text.h"

namespace eider::dbt {

namespace fs = std::filesystem;

namespace {

struct Resolved {
  std::string local;  // as the lock file names it, relative to the root project
  fs::path folder;
  std::string name;
};

void Resolve(const Project& project, const Project& root, const Json& cli_vars, bool version_check,
             std::vector<Resolved>& out) {
  for (const auto& spec : LoadPackageSpecs(project, cli_vars)) {
    fs::path folder = (project.root / spec.local).lexically_normal();
    if (folder.filename().empty()) folder = folder.parent_path();
    if (!fs::exists(folder / "dbt_project.yml")) {
      throw Error(ErrorCode::kNotFound, "no dbt_project.yml found at the local package " +
                                            folder.string() + ", named by the project '" +
                                            project.name + "'");
    }
    ProjectHead head = LoadProjectHead(folder, cli_vars);
    auto same = std::find_if(out.begin(), out.end(),
                             [&](const Resolved& r) { return r.name == head.name; });
    if (same != out.end()) {
      if (same->folder == folder) continue;
      throw Error(ErrorCode::kAlreadyExists, "dbt found two packages with the name '" + head.name +
                                                 "': " + same->folder.string() + " and " +
                                                 folder.string());
    }
    std::string local = &project == &root ? spec.local : fs::relative(folder, root.root).string();
    out.push_back({local, folder, head.name});
    Project package = LoadProject(folder, cli_vars, Json::object(), version_check);
    Resolve(package, root, cli_vars, version_check, out);
  }
}

}  // namespace

std::vector<PackageSpec> LoadPackageSpecs(const Project& project, const Json& cli_vars) {
  fs::path packages_file = project.root / "packages.yml";
  fs::path dependencies_file = project.root / "dependencies.yml";
  bool has_packages = fs::exists(packages_file);
  bool has_dependencies = fs::exists(dependencies_file);
  if (!has_packages && !has_dependencies) return {};

  auto read = [](const fs::path& path) {
    return ParseYaml(io::LocalFileSystem().Read(path.string()), path.string());
  };
  std::string file = (has_packages ? packages_file : dependencies_file).string();
  YamlNode document = read(file);
  if (has_packages && has_dependencies) {
    YamlNode other = read(dependencies_file);
    if (other.Find("packages")) {
      throw Error(ErrorCode::kInvalidArgument,
                  "The 'packages' key cannot be specified in both packages.yml and "
                  "dependencies.yml")
          .At(dependencies_file.string(), other.Find("packages")->line);
    }
  }
  if (document.IsNull()) return {};
  const YamlNode* list = document.Find("packages");
  if (!list || list->IsNull()) return {};
  if (!list->IsSequence()) {
    throw Error(ErrorCode::kInvalidArgument, "'packages' is not a list").At(file, list->line);
  }

  jinja::Dict values;
  Config vars_only;
  vars_only.options.cli_vars = cli_vars;
  values.Set("env_var", MakeEnvVar(true));
  values.Set("var", MakeVar(vars_only, "", "packages.yml"));
  jinja::DictResolver context(std::move(values));

  std::vector<PackageSpec> specs;
  for (const YamlNode& item : list->items) {
    PackageSpec spec;
    spec.raw = has_packages ? RenderYamlWithSecrets(item.ToJson(), context, file) : item.ToJson();
    auto local = spec.raw.find("local");
    if (!spec.raw.is_object() || local == spec.raw.end() || !local->is_string()) {
      std::string what = spec.raw.is_object() && !spec.raw.empty() ? spec.raw.begin().key() : "?";
      throw Error(ErrorCode::kUnsupported, "packages of the kind '" + what + "' are not installed")
          .WithHint("Copy the package beside the project and name it with `local:`.")
          .At(file, item.line);
    }
    spec.local = local->get<std::string>();
    specs.push_back(std::move(spec));
  }
  return specs;
}

std::vector<std::string> InstallPackages(const Project& project, const Json& cli_vars,
                                         bool version_check) {
  auto specs = LoadPackageSpecs(project, cli_vars);
  if (specs.empty()) return {};
  std::vector<Resolved> resolved;
  Resolve(project, project, cli_vars, version_check, resolved);

  // The lock file and its hash, as dbt writes them.
  std::vector<std::string> entries;
  for (const auto& spec : specs) {
    Json entry = {{"local", spec.local}};
    Json raw = Json::object();
    raw["local"] = spec.local;
    entry["unrendered"] = raw;
    entries.push_back(
        jinja::JsonText(jinja::Value::FromJson(entry), {.sort_keys = true, .indent = {}}));
  }
  std::sort(entries.begin(), entries.end());
  std::string lock = "packages:\n";
  for (const auto& package : resolved) {
    lock += "  - local: " + package.local + "\n    name: " + package.name + "\n";
  }
  lock += "sha1_hash: " + Sha1Hex(Join(entries, "\n")) + "\n";
  io::LocalFileSystem().Replace((project.root / "package-lock.yml").string(), lock);

  fs::path folder = project.root / project.packages_install_path;
  fs::remove_all(folder);
  fs::create_directories(folder);
  std::vector<std::string> names;
  for (const auto& package : resolved) {
    fs::path place = folder / package.name;
    std::error_code refused;
    fs::create_directory_symlink(package.folder, place, refused);
    if (refused) {
      fs::copy(package.folder, place, fs::copy_options::recursive);
    }
    names.push_back(package.name);
  }
  return names;
}

}  // namespace eider::dbt

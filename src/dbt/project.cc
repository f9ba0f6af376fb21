#include "dbt/project.h"

#include <algorithm>
#include <cctype>

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"
#include "base/yaml.h"
#include "dbt/base_context.h"
#include "dbt/yaml_rendering.h"
#include "io/file_system.h"

namespace eider::dbt {

namespace fs = std::filesystem;

namespace {

// dbt_project.yml while it is read: knows where each key stands.
class ProjectFile {
 public:
  explicit ProjectFile(const fs::path& root) : path_((root / "dbt_project.yml").string()) {
    if (!fs::exists(path_)) {
      throw Error(ErrorCode::kNotFound, "No dbt_project.yml found at expected path " + path_)
          .WithHint("Run this in a dbt project, or name its folder with --project-dir.");
    }
    std::string text = io::LocalFileSystem().Read(path_);
    checksum_ = {"sha256", Sha256Hex(Trim(text))};
    document_ = ParseYaml(text, path_);
    if (!document_.IsMapping()) {
      throw Error(ErrorCode::kInvalidArgument, "dbt_project.yml does not parse to a dictionary")
          .At(path_);
    }
  }

  const std::string& path() const { return path_; }
  const YamlNode& document() const { return document_; }
  const FileChecksum& checksum() const { return checksum_; }

  [[noreturn]] void Fail(const std::string& key, const std::string& problem) const {
    const YamlNode* node = document_.Find(key);
    throw Error(ErrorCode::kInvalidArgument, problem).At(path_, node ? node->line : 0);
  }

 private:
  std::string path_;
  YamlNode document_;
  FileChecksum checksum_;
};

std::string ReadName(const ProjectFile& file) {
  const YamlNode* name = file.document().Find("name");
  if (!name || !name->IsString() || name->text.empty()) {
    file.Fail("name", "Required \"name\" field not present in project");
  }
  const std::string& text = name->text;
  bool valid = !std::isdigit(static_cast<unsigned char>(text[0]));
  for (char c : text) {
    valid = valid && (std::isalnum(static_cast<unsigned char>(c)) || c == '_');
  }
  if (!valid) {
    file.Fail("name", "The project name '" + text +
                          "' is not valid: only letters, digits and underscores are allowed, and "
                          "it may not begin with a digit");
  }
  return text;
}

jinja::DictResolver MakeContext(const Config& vars, const Json& target) {
  jinja::Dict values;
  values.Set("env_var", MakeEnvVar(false));
  values.Set("var", MakeVar(vars, "", "dbt_project.yml"));
  values.Set("target", jinja::Value::FromJson(target));
  values.Set("dbt_version", jinja::Value(kDbtVersion));
  return jinja::DictResolver(std::move(values));
}

// Whether dbt renders the text at `path` when it loads the project: not hooks, which need the
// database, and not vars.
bool RendersLater(const std::vector<std::string>& path) {
  if (path.empty()) return false;
  const std::string& first = path[0];
  if (first == "on-run-start" || first == "on-run-end" || first == "query-comment" ||
      first == "vars") {
    return true;
  }
  for (const char* tree : {"seeds", "models", "snapshots", "tests", "data_tests"}) {
    if (first != tree) continue;
    for (std::string_view key : path) {
      while (!key.empty() && (key[0] == '+' || key[0] == ' ')) key.remove_prefix(1);
      if (key == "pre-hook" || key == "post-hook" || key == "pre_hook" || key == "post_hook") {
        return true;
      }
    }
  }
  return false;
}

std::vector<int> VersionNumbers(std::string_view text) {
  std::vector<int> numbers;
  for (const auto& part : Split(text, '.')) numbers.push_back(std::atoi(part.c_str()));
  numbers.resize(3);
  return numbers;
}

// `requirement` is such as ">=1.6.0", "<2.0.0" or "1.11.16".
bool Satisfies(const std::string& requirement, const std::string& installed) {
  size_t digits = requirement.find_first_of("0123456789");
  if (digits == requirement.npos) return false;
  std::string comparison(Trim(std::string_view(requirement).substr(0, digits)));
  auto wanted = VersionNumbers(std::string_view(requirement).substr(digits));
  auto have = VersionNumbers(installed);
  if (comparison == ">=") return have >= wanted;
  if (comparison == ">") return have > wanted;
  if (comparison == "<=") return have <= wanted;
  if (comparison == "<") return have < wanted;
  return have == wanted;
}

void CheckVersion(const ProjectFile& file, const Project& project) {
  for (const auto& requirement : project.require_dbt_version) {
    if (Satisfies(requirement, kDbtVersion)) continue;
    file.Fail("require-dbt-version", "This version of dbt (" + std::string(kDbtVersion) +
                                         ") is not supported with the '" + project.name +
                                         "' package, which requires " +
                                         Join(project.require_dbt_version, ", "));
  }
}

Quoting ReadQuoting(const Json& json) {
  Quoting quoting;
  if (!json.is_object()) return quoting;
  auto read = [&](const char* key, std::optional<bool>& out) {
    if (auto found = json.find(key); found != json.end() && found->is_boolean()) {
      out = found->get<bool>();
    }
  };
  read("database", quoting.database);
  read("schema", quoting.schema);
  read("identifier", quoting.identifier);
  read("column", quoting.column);
  return quoting;
}

}  // namespace

ProjectHead LoadProjectHead(const fs::path& root, const Json& cli_vars) {
  ProjectFile file(root);
  ProjectHead head;
  head.name = ReadName(file);
  if (const YamlNode* profile = file.document().Find("profile"); profile && !profile->IsNull()) {
    Config vars;
    vars.options.cli_vars = cli_vars;
    Json rendered = RenderYaml(profile->ToJson(), MakeContext(vars, Json::object()), file.path());
    head.profile = rendered.is_string() ? rendered.get<std::string>() : rendered.dump();
  }
  return head;
}

Project LoadProject(const fs::path& root, const Json& cli_vars, const Json& target,
                    bool version_check) {
  ProjectFile file(root);
  Project project;
  project.root = fs::absolute(root).lexically_normal();
  project.name = ReadName(file);
  project.checksum = file.checksum();

  Json raw = file.document().ToJson();
  if (raw.contains("tests") && !raw.contains("data_tests")) {
    raw["data_tests"] = raw["tests"];
    raw.erase("tests");
  }
  Config vars;
  vars.options.cli_vars = cli_vars;
  Json rendered = RenderYaml(raw, MakeContext(vars, target), file.path(), RendersLater);

  auto text = [&](const char* key, std::string& out) {
    auto found = rendered.find(key);
    if (found == rendered.end() || found->is_null()) return;
    out = found->is_string() ? found->get<std::string>() : found->dump();
  };
  auto strings = [&](const char* key, std::vector<std::string>& out) -> bool {
    auto found = rendered.find(key);
    if (found == rendered.end() || found->is_null()) return false;
    out.clear();
    if (found->is_string()) {
      out.push_back(found->get<std::string>());
    } else if (found->is_array()) {
      for (const Json& item : *found) {
        if (!item.is_string()) file.Fail(key, std::string("'") + key + "' is not a list of text");
        out.push_back(item.get<std::string>());
      }
    } else {
      file.Fail(key, std::string("'") + key + "' is not a list");
    }
    return true;
  };
  auto tree = [&](const char* key, Json& out) {
    auto found = rendered.find(key);
    if (found == rendered.end() || found->is_null()) return;
    if (!found->is_object()) file.Fail(key, std::string("'") + key + "' is not a mapping");
    out = *found;
  };

  text("version", project.version);
  text("profile", project.profile);
  project.model_paths = {"models"};
  project.seed_paths = {"seeds"};
  project.test_paths = {"tests"};
  project.analysis_paths = {"analyses"};
  project.macro_paths = {"macros"};
  project.snapshot_paths = {"snapshots"};
  if (!strings("model-paths", project.model_paths)) strings("source-paths", project.model_paths);
  if (!strings("seed-paths", project.seed_paths)) strings("data-paths", project.seed_paths);
  strings("test-paths", project.test_paths);
  strings("analysis-paths", project.analysis_paths);
  strings("macro-paths", project.macro_paths);
  strings("snapshot-paths", project.snapshot_paths);
  strings("asset-paths", project.asset_paths);
  if (!strings("docs-paths", project.docs_paths)) {
    for (const auto* paths : {&project.model_paths, &project.seed_paths, &project.snapshot_paths,
                              &project.analysis_paths, &project.macro_paths, &project.test_paths}) {
      for (const auto& path : *paths) {
        bool known = std::find(project.docs_paths.begin(), project.docs_paths.end(), path) !=
                     project.docs_paths.end();
        if (!known) project.docs_paths.push_back(path);
      }
    }
  }
  text("target-path", project.target_path);
  text("log-path", project.log_path);
  text("packages-install-path", project.packages_install_path);
  project.clean_targets = {project.target_path};
  strings("clean-targets", project.clean_targets);
  strings("on-run-start", project.on_run_start);
  strings("on-run-end", project.on_run_end);

  tree("models", project.models);
  tree("seeds", project.seeds);
  tree("snapshots", project.snapshots);
  tree("data_tests", project.tests);
  tree("sources", project.sources);
  tree("analyses", project.analyses);
  tree("exposures", project.exposures);
  tree("vars", project.vars);
  tree("flags", project.flags);
  project.unrendered = std::move(raw);

  Json quoting;
  tree("quoting", quoting);
  project.quoting = ReadQuoting(quoting);
  if (auto comment = rendered.find("query-comment"); comment != rendered.end()) {
    project.query_comment = *comment;
  }

  if (auto dispatch = rendered.find("dispatch"); dispatch != rendered.end()) {
    if (!dispatch->is_array()) file.Fail("dispatch", "'dispatch' is not a list");
    for (const Json& item : *dispatch) {
      DispatchEntry entry;
      bool valid = item.is_object() && item.contains("macro_namespace") &&
                   item["macro_namespace"].is_string() && item.contains("search_order") &&
                   item["search_order"].is_array();
      if (!valid) {
        file.Fail("dispatch", "an entry of 'dispatch' lacks macro_namespace or search_order");
      }
      entry.macro_namespace = item["macro_namespace"].get<std::string>();
      for (const Json& place : item["search_order"]) {
        entry.search_order.push_back(place.get<std::string>());
      }
      project.dispatch.push_back(std::move(entry));
    }
  }

  std::vector<std::string> requirements;
  strings("require-dbt-version", requirements);
  for (const auto& requirement : requirements) {
    for (const auto& part : Split(requirement, ',')) {
      project.require_dbt_version.emplace_back(Trim(part));
    }
  }
  if (version_check) CheckVersion(file, project);

  fs::path selectors = project.root / "selectors.yml";
  if (fs::exists(selectors)) {
    YamlNode document =
        ParseYaml(io::LocalFileSystem().Read(selectors.string()), selectors.string());
    if (const YamlNode* list = document.Find("selectors")) {
      if (!list->IsSequence()) {
        throw Error(ErrorCode::kInvalidArgument, "'selectors' is not a list")
            .At(selectors.string(), list->line);
      }
      project.selectors = RenderYaml(list->ToJson(), MakeContext(vars, target), selectors.string());
    }
  }
  return project;
}

}  // namespace eider::dbt

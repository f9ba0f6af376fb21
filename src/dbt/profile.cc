#include "dbt/profile.h"

#include <cstdlib>

#include "base/error.h"
#include "base/text.h"
#include "base/yaml.h"
#include "catalog/open_catalog.h"
#include "dbt/base_context.h"
#include "dbt/secret.h"
#include "dbt/yaml_rendering.h"
#include "io/file_system.h"

namespace eider::dbt {

namespace fs = std::filesystem;

namespace {

std::vector<std::string> Keys(const Json& object) {
  std::vector<std::string> keys;
  for (auto& [key, value] : object.items()) {
    if (key != "config") keys.push_back(key);
  }
  return keys;
}

std::string Listing(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& name : names) out += "\n - " + name;
  return out;
}

bool LooksSecret(std::string_view key) {
  std::string name = Lower(key);
  for (const char* word : {"password", "passwd", "pass", "secret", "token", "private_key",
                           "access_key", "keyfile", "credential"}) {
    if (name.find(word) != name.npos) return true;
  }
  return false;
}

Json WithoutSecrets(const Json& value) {
  if (!value.is_structured()) return value;
  Json out = value.is_array() ? Json::array() : Json::object();
  if (value.is_array()) {
    for (const Json& item : value) out.push_back(WithoutSecrets(item));
    return out;
  }
  for (auto& [key, member] : value.items()) {
    if (!LooksSecret(key)) out[key] = WithoutSecrets(member);
  }
  return out;
}

// Passwords and keys of the profile must not be shown either, wherever they came from.
void RegisterCredentialSecrets(const Json& value, bool secret) {
  if (value.is_object()) {
    for (auto& [key, member] : value.items()) {
      RegisterCredentialSecrets(member, secret || LooksSecret(key));
    }
  } else if (value.is_array()) {
    for (const Json& item : value) RegisterCredentialSecrets(item, secret);
  } else if (secret && value.is_string() && value.get_ref<const std::string&>().size() > 3) {
    RegisterSecret(value.get_ref<const std::string&>());
  }
}

}  // namespace

Json TargetForTemplates(const Target& target, const std::string& database) {
  Json out = WithoutSecrets(target.credentials);
  if (auto store = out.find("catalog"); store != out.end() && store->is_string()) {
    *store = catalog::ShownStore(store->get<std::string>());
  }
  out["type"] = target.type;
  out["schema"] = target.schema;
  out["database"] = database;
  out["threads"] = target.threads;
  out["name"] = target.target_name;
  out["target_name"] = target.target_name;
  out["profile_name"] = target.profile_name;
  return out;
}

fs::path ResolveProfilesDir(const std::optional<fs::path>& option) {
  if (option) return fs::absolute(*option);
  if (const char* folder = std::getenv("DBT_PROFILES_DIR"); folder && *folder) {
    return fs::absolute(folder);
  }
  if (fs::exists("profiles.yml")) return fs::current_path();
  const char* home = std::getenv("HOME");
  return fs::path(home ? home : "/") / ".dbt";
}

Target LoadTarget(const ProfileOptions& options) {
  Target target;
  target.profile_name = options.profile.value_or(options.project_profile);
  fs::path folder = ResolveProfilesDir(options.profiles_dir);
  bool folder_is_given = options.profiles_dir || std::getenv("DBT_PROFILES_DIR");
  // dbt also takes a profiles.yml beside the project it was pointed to with --project-dir.
  if (!folder_is_given && !fs::exists(folder / "profiles.yml") && !options.project_dir.empty() &&
      fs::exists(options.project_dir / "profiles.yml")) {
    folder = fs::absolute(options.project_dir);
  }
  target.profiles_file = (folder / "profiles.yml").lexically_normal();
  std::string file = target.profiles_file.string();
  if (target.profile_name.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                "dbt cannot run because no profile was specified for this dbt project.")
        .WithHint("Add `profile: <name>` to dbt_project.yml, or pass --profile.");
  }
  if (!fs::exists(target.profiles_file)) {
    throw Error(ErrorCode::kNotFound,
                "Could not find profile named '" + target.profile_name + "': there is no " + file)
        .WithHint("Pass --profiles-dir, set DBT_PROFILES_DIR, or create the file.");
  }
  YamlNode document = ParseYaml(io::LocalFileSystem().Read(file), file);
  if (!document.IsMapping()) {
    throw Error(ErrorCode::kInvalidArgument, "profiles.yml is not a mapping of profiles").At(file);
  }
  const YamlNode* node = document.Find(target.profile_name);
  if (!node) {
    auto names = Keys(document.ToJson());
    std::string near = ClosestMatch(target.profile_name, names);
    throw Error(ErrorCode::kNotFound, "Could not find profile named '" + target.profile_name + "'")
        .WithHint((near.empty() ? "" : "Did you mean '" + near + "'? ") +
                  "The profiles are:" + Listing(names))
        .At(file);
  }
  Json profile = node->ToJson();
  auto complain = [&](const std::string& message, const YamlNode* at) {
    throw Error(ErrorCode::kInvalidArgument, message).At(file, at ? at->line : 0);
  };
  if (!profile.is_object() || profile.empty()) {
    complain("Profile " + target.profile_name + " in profiles.yml is empty", node);
  }

  jinja::Dict values;
  Config vars_only;
  vars_only.options.cli_vars = options.cli_vars;
  values.Set("env_var", MakeEnvVar(true));
  values.Set("var", MakeVar(vars_only, "", "profiles.yml"));
  jinja::DictResolver context(std::move(values));

  if (options.target) {
    target.target_name = *options.target;
  } else if (profile.contains("target")) {
    Json name = RenderYamlWithSecrets(profile["target"], context, file);
    target.target_name = name.is_string() ? name.get<std::string>() : name.dump();
  } else {
    target.target_name = "default";
  }
  if (!profile.contains("outputs") || !profile["outputs"].is_object()) {
    complain("outputs not specified in profile '" + target.profile_name + "'", node);
  }
  const Json& outputs = profile["outputs"];
  if (!outputs.contains(target.target_name)) {
    auto names = Keys(outputs);
    throw Error(ErrorCode::kNotFound, "The profile '" + target.profile_name +
                                          "' does not have a target named '" + target.target_name +
                                          "'")
        .WithHint("The valid target names for this profile are:" + Listing(names))
        .At(file, node->line);
  }
  const YamlNode* output = node->Find("outputs")->Find(target.target_name);
  if (!outputs[target.target_name].is_object()) {
    complain("output '" + target.target_name + "' of profile '" + target.profile_name +
                 "' is misconfigured in profiles.yml",
             output);
  }
  target.credentials = RenderYamlWithSecrets(outputs[target.target_name], context, file);
  RegisterCredentialSecrets(target.credentials, false);
  if (auto store = target.credentials.find("catalog");
      store != target.credentials.end() && store->is_string()) {
    RegisterSecret(catalog::PasswordOfStore(store->get<std::string>()));
  }

  auto text = [&](const char* key) -> std::optional<std::string> {
    auto found = target.credentials.find(key);
    if (found == target.credentials.end() || found->is_null()) return std::nullopt;
    return found->is_string() ? found->get<std::string>() : found->dump();
  };
  auto type = text("type");
  if (!type) {
    complain("required field \"type\" not found in profile " + target.profile_name +
                 " and target " + target.target_name,
             output);
  }
  target.type = *type;
  target.schema = text("schema").value_or("main");
  target.database = text("database");
  if (!target.database) target.database = text("dbname");
  target.threads = 1;
  if (auto threads = target.credentials.find("threads"); threads != target.credentials.end()) {
    if (!threads->is_number_integer() || threads->get<int64_t>() < 1) {
      complain("threads of target '" + target.target_name + "' is not a positive number", output);
    }
    target.threads = threads->get<int>();
  }
  if (options.threads) target.threads = *options.threads;
  return target;
}

}  // namespace eider::dbt

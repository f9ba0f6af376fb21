#include "dbt/exposure_parser.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "dbt/environment.h"
#include "dbt/node_config.h"
#include "dbt/parse_context.h"

namespace eider::dbt {

namespace {

constexpr std::array kExposureTypes = {"dashboard", "notebook", "analysis", "ml", "application"};
constexpr std::array kMaturities = {"low", "medium", "high"};

// One entry, with its place for errors.
class Entry {
 public:
  Entry(const PropertyFile& file, const OtherEntry& entry, const char* section)
      : file_(file), entry_(entry), section_(section) {}

  std::string name() const { return entry_.properties.value("name", ""); }

  [[noreturn]] void Fail(const std::string& problem) const {
    throw Error(ErrorCode::kInvalidArgument, "Invalid " + std::string(section_) +
                                                 " config given in " + file_.original_file_path +
                                                 ": " + problem)
        .At(file_.original_file_path, entry_.line);
  }

  std::optional<std::string> Text(const char* key) const {
    auto found = entry_.properties.find(key);
    if (found == entry_.properties.end() || found->is_null()) return std::nullopt;
    if (!found->is_string()) Fail("'" + std::string(key) + "' of '" + name() + "' is no text");
    return found->get<std::string>();
  }

  template <size_t N>
  void CheckWord(const char* key, const std::string& word,
                 const std::array<const char*, N>& known) const {
    if (std::find(known.begin(), known.end(), word) != known.end()) return;
    Fail("'" + std::string(key) + "' of '" + name() + "' is '" + word + "', not one of " +
         Join({known.begin(), known.end()}, ", "));
  }

  Json Mapping(const char* key) const {
    auto found = entry_.properties.find(key);
    return found != entry_.properties.end() && found->is_object() ? *found : Json::object();
  }

  Json Owner() const {
    Json given = Mapping("owner");
    if (!given.contains("email") && !given.contains("name")) {
      Fail("the owner of '" + name() + "' must have at least one of 'name' or 'email'");
    }
    Json owner = {{"email", nullptr}, {"name", nullptr}};
    owner.update(given);
    return owner;
  }

 private:
  const PropertyFile& file_;
  const OtherEntry& entry_;
  const char* section_;
};

std::vector<std::string> Texts(const Json& owner, const char* key) {
  std::vector<std::string> out;
  auto found = owner.find(key);
  if (found == owner.end()) return out;
  if (found->is_string()) out.push_back(found->get<std::string>());
  if (!found->is_array()) return out;
  for (const Json& item : *found) {
    if (item.is_string()) out.push_back(item.get<std::string>());
  }
  return out;
}

Exposure ParseExposure(const ParseState& state, const PropertyFile& file, const OtherEntry& given) {
  Entry entry(file, given, "exposures");
  Exposure exposure;
  static_cast<Origin&>(exposure) = file;
  exposure.name = entry.name();
  bool valid = std::all_of(exposure.name.begin(), exposure.name.end(), [](char c) {
    return c == '_' || std::isalnum(static_cast<unsigned char>(c));
  });
  if (!valid) {
    state.warn(
        "Starting in v1.3, the 'name' of an exposure should contain only letters, numbers, "
        "and underscores. " +
        exposure.name +
        " does not follow this pattern. Please update the 'name', and use the 'label' "
        "property for a human-friendly title.");
  }
  exposure.unique_id = "exposure." + file.package_name + "." + exposure.name;
  exposure.fqn = {file.package_name};
  for (const auto& part : std::filesystem::path(file.path).parent_path()) {
    exposure.fqn.push_back(part.string());
  }
  exposure.fqn.push_back(exposure.name);
  auto type = entry.Text("type");
  if (!type) entry.Fail("'" + exposure.name + "' has no type");
  entry.CheckWord("type", *type, kExposureTypes);
  exposure.exposure_type = *type;
  exposure.owner = entry.Owner();
  exposure.description = entry.Text("description").value_or("");
  exposure.label = entry.Text("label");
  exposure.maturity = entry.Text("maturity");
  if (exposure.maturity) entry.CheckWord("maturity", *exposure.maturity, kMaturities);
  exposure.url = entry.Text("url");
  exposure.created_at = state.created_at;

  Json config = entry.Mapping("config");
  ConfigLayers layers{.properties = &config, .call = nullptr};
  Json settled =
      BuildConfig(*state.config, NodeType::kExposure, file.package_name, exposure.fqn, layers);
  std::set<std::string> tags;
  for (auto& tag : Texts(given.properties, "tags")) tags.insert(tag);
  for (auto& tag : Texts(settled, "tags")) tags.insert(tag);
  exposure.tags = {tags.begin(), tags.end()};
  exposure.meta = entry.Mapping("meta");
  exposure.meta.update(settled["meta"]);
  settled["tags"] = exposure.tags;
  settled["meta"] = exposure.meta;
  exposure.config = NodeConfig(std::move(settled));
  layers.properties = &given.unrendered_config;
  exposure.unrendered_config = BuildUnrenderedConfig(*state.config, NodeType::kExposure,
                                                     file.package_name, exposure.fqn, layers);

  std::string references;
  for (const auto& reference : Texts(given.properties, "depends_on")) {
    references += "{{ " + reference + " }}\n";
  }
  auto context = MakeReferenceContext(
      state, file.package_name,
      {.refs = &exposure.refs, .sources = &exposure.sources, .metrics = &exposure.metrics});
  try {
    ParseEnvironment().Compile(references, file.original_file_path)->Render(*context);
  } catch (Error& error) {
    error.WithContext("in depends_on of the exposure '" + exposure.name + "'");
    throw error.At(file.original_file_path, given.line);
  }
  return exposure;
}

}  // namespace

void ParseExposures(ParseState& state, const std::vector<PropertyFile>& files) {
  for (const auto& file : files) {
    for (const auto& entry : file.exposures) {
      Exposure exposure = ParseExposure(state, file, entry);
      std::string id = exposure.unique_id;
      if (!exposure.config.enabled()) {
        state.manifest.disabled_exposures[id].push_back(std::move(exposure));
      } else if (!state.manifest.exposures.try_emplace(id, std::move(exposure)).second) {
        throw Error(ErrorCode::kAlreadyExists, "dbt found two exposures with the name \"" +
                                                   entry.properties.value("name", "") + "\"")
            .WithHint("Change the name of one of them; the other stands in " +
                      state.manifest.exposures.at(id).original_file_path + ".")
            .At(file.original_file_path, entry.line);
      }
    }
  }
}

void ParseGroups(ParseState& state, const std::vector<PropertyFile>& files) {
  for (const auto& file : files) {
    for (const auto& given : file.groups) {
      Entry entry(file, given, "groups");
      Group group;
      static_cast<Origin&>(group) = file;
      group.name = entry.name();
      group.unique_id = "group." + file.package_name + "." + group.name;
      group.owner = entry.Owner();
      group.description = entry.Text("description");
      Json config = entry.Mapping("config");
      Json settled = {{"meta", Json::object()}};
      settled.update(config);
      group.config = NodeConfig(std::move(settled));
      if (!state.manifest.groups.try_emplace(group.unique_id, group).second) {
        throw Error(ErrorCode::kAlreadyExists,
                    "dbt found two groups with the name \"" + group.name + "\"")
            .At(file.original_file_path, given.line);
      }
    }
  }
}

}  // namespace eider::dbt

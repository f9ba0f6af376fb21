#include "dbt/generic_test_parser.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <set>

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"
#include "dbt/base_context.h"
#include "dbt/environment.h"
#include "dbt/node_config.h"
#include "dbt/node_parser.h"
#include "dbt/parse_context.h"
#include "dbt/yaml_rendering.h"

namespace eider::dbt {

using jinja::Value;

namespace {

// Settings that may stand among a test's arguments, in dbt's order.
constexpr std::array kConfigKeys = {
    "severity",  "tags",           "enabled",           "where", "limit",    "warn_if", "error_if",
    "fail_calc", "store_failures", "store_failures_as", "meta",  "database", "schema",  "alias"};

bool IsFalsy(const Json& value) {
  return value.is_null() || value == false || value == 0 || value == "" ||
         (value.is_structured() && value.empty());
}

bool IsIdentifier(std::string_view text) {
  if (text.empty() || std::isdigit(static_cast<unsigned char>(text[0]))) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return c == '_' || std::isalnum(static_cast<unsigned char>(c));
  });
}

// Every scalar as Python's str, mappings ordered by key: what dbt's hash of a test is made of.
Json Hashable(const Json& value) {
  if (value.is_object()) {
    std::map<std::string, Json> sorted;
    for (auto& [key, member] : value.items()) sorted[key] = Hashable(member);
    Json out = Json::object();
    for (auto& [key, member] : sorted) out[key] = std::move(member);
    return out;
  }
  if (value.is_array()) {
    Json out = Json::array();
    for (const Json& item : value) out.push_back(Hashable(item));
    return out;
  }
  return Value::FromJson(value).Str();
}

class Builder {
 public:
  Builder(const ParseState& state, const TestDeclaration& declaration)
      : state_(state), declaration_(declaration), target_(*declaration.target) {}

  Node Build() {
    SplitDefinition();
    if (arguments_.contains("model")) {
      Fail("Test arguments include \"model\", which is a reserved argument");
    }
    SplitName();
    arguments_["model"] = "{{ get_where_subquery(" + target_.reference + ") }}";
    TakeConfig();
    std::string description = TakeText("description").value_or("");
    std::optional<std::string> custom_name = TakeText("name");
    TestName name;
    if (custom_name) {
      name = {*custom_name, *custom_name};
    } else {
      std::string type = target_.source ? "source_" + name_ : name_;
      if (namespace_) type = *namespace_ + "_" + type;
      std::string target = target_.name;
      if (!target_.version.is_null()) target += "_v" + VersionText();
      name = SynthesizeTestName(type, target, arguments_);
      if (name.short_name != name.full_name && !config_.contains("alias")) {
        config_["alias"] = name.short_name;
      }
    }
    const MacroEntry& macro = FindMacro();
    Node node = MakeTestNode(name, description);
    node.depends_on_macros.push_back(macro.macro->unique_id);
    Read(node, macro);
    CompleteNode(state_, node, nullptr);
    return node;
  }

 private:
  [[noreturn]] void Fail(const std::string& problem, const std::string& hint = "") const {
    Error error(ErrorCode::kInvalidArgument, problem);
    if (!hint.empty()) error.WithHint(hint);
    throw error.At(target_.origin.original_file_path, declaration_.entry->line);
  }

  std::string VersionText() const {
    const Json& version = target_.version;
    return version.is_string() ? version.get<std::string>() : version.dump();
  }

  // `- unique`, `- unique: {arguments}` or `- {test_name: unique, ..}`.
  void SplitDefinition() {
    const Json& definition = declaration_.entry->definition;
    Json given = Json::object();
    if (definition.is_string()) {
      full_name_ = definition.get<std::string>();
    } else if (auto name = definition.find("test_name"); name != definition.end()) {
      given = definition;
      if (!name->is_string())
        Fail("the test_name of a data test of " + target_.key + " is no text");
      full_name_ = name->get<std::string>();
      given.erase("test_name");
    } else {
      if (definition.size() != 1) {
        std::vector<std::string> keys;
        for (auto& [key, value] : definition.items()) keys.push_back(key);
        Fail("test definition dictionary must have exactly one key, got " + Join(keys, ", ") +
                 " instead (" + std::to_string(definition.size()) + " keys)",
             "Indent the test's arguments below its name.");
      }
      full_name_ = definition.begin().key();
      given = definition.begin().value();
      if (given.is_null()) given = Json::object();
      if (!given.is_object()) {
        Fail("test arguments must be a dict, got " + given.dump() + " for the test '" + full_name_ +
             "' of " + target_.key);
      }
    }
    if (declaration_.column_name) given["column_name"] = *declaration_.column_name;
    Json nested = Json::object();
    if (auto found = given.find("arguments"); found != given.end()) {
      nested = *found;
      given.erase("arguments");
    }
    arguments_ = std::move(given);
    if (nested.is_object()) {
      for (auto& [key, value] : nested.items()) arguments_[key] = value;
    }
  }

  void SplitName() {
    size_t dot = full_name_.find('.');
    if (dot == full_name_.npos) {
      name_ = full_name_;
    } else {
      namespace_ = full_name_.substr(0, dot);
      name_ = full_name_.substr(dot + 1);
    }
    if (!IsIdentifier(name_) || (namespace_ && !IsIdentifier(*namespace_))) {
      Fail("Test name string did not match expected pattern: " + full_name_);
    }
  }

  Json RenderConfigValue(const Json& value) const {
    if (!value.is_string() || !HasTemplate(value.get_ref<const std::string&>())) return value;
    Context context(nullptr, target_.origin.package_name, state_.base);
    context.Set("var", MakeVar(*state_.config, target_.origin.package_name,
                               target_.origin.original_file_path));
    try {
      return RenderYaml(value, context, target_.origin.original_file_path);
    } catch (Error& error) {
      error.WithContext("in the configuration of the test '" + full_name_ + "' of " + target_.key);
      throw error.At(target_.origin.original_file_path, declaration_.entry->line);
    }
  }

  void TakeConfig() {
    Json nested = Json::object();
    if (auto found = arguments_.find("config"); found != arguments_.end()) {
      if (found->is_object()) nested = *found;
      arguments_.erase("config");
    }
    auto take = [](Json& from, const char* key) {
      auto found = from.find(key);
      if (found == from.end()) return Json();
      Json value = *found;
      from.erase(key);
      return value;
    };
    for (const char* key : kConfigKeys) {
      Json value = take(arguments_, key);
      if (!IsFalsy(value) && nested.contains(key)) {
        Fail("Test cannot have the same key at the top-level and in config: '" + std::string(key) +
             "' of the test '" + full_name_ + "' of " + target_.key);
      }
      if (IsFalsy(value) && nested.contains(key)) value = take(nested, key);
      value = RenderConfigValue(value);
      if (!value.is_null()) config_[key] = std::move(value);
    }
    for (auto& [key, value] : nested.items()) {
      Json rendered = RenderConfigValue(value);
      if (!rendered.is_null()) config_[key] = std::move(rendered);
    }
  }

  std::optional<std::string> TakeText(const char* key) {
    auto found = arguments_.find(key);
    if (found == arguments_.end()) return std::nullopt;
    if (!found->is_string()) {
      Fail("the " + std::string(key) + " of the test '" + full_name_ + "' of " + target_.key +
           " is no text");
    }
    std::string text = found->get<std::string>();
    arguments_.erase(key);
    return text;
  }

  const MacroEntry& FindMacro() const {
    std::string macro_name = "test_" + name_;
    const MacroEntry* macro = namespace_
                                  ? state_.macros->FindInPackage(macro_name, *namespace_)
                                  : state_.macros->Find(macro_name, target_.origin.package_name);
    if (macro) return *macro;
    std::vector<std::string> known;
    for (const auto& name : state_.macros->Names()) {
      size_t dot = name.find('.');
      std::string_view own = dot == name.npos ? name : std::string_view(name).substr(dot + 1);
      if (own.starts_with("test_")) known.emplace_back(own.substr(5));
    }
    std::string near = ClosestMatch(name_, known);
    std::string hint = "A data test is a {% test " + name_ +
                       "(model, ..) %} block in tests/generic "
                       "or macros, of the project or of an installed package.";
    if (!near.empty() && near != name_) hint = "Did you mean '" + near + "'? " + hint;
    throw Error(ErrorCode::kNotFound, "the data test '" + full_name_ + "' of " + target_.key +
                                          " is not defined: '" + macro_name + "' is undefined")
        .WithHint(hint)
        .At(target_.origin.original_file_path, declaration_.entry->line);
  }

  std::vector<std::string> Tags() const {
    std::set<std::string> tags(declaration_.tags.begin(), declaration_.tags.end());
    auto found = config_.find("tags");
    if (found == config_.end()) return {tags.begin(), tags.end()};
    if (found->is_string()) {
      tags.insert(found->get<std::string>());
    } else {
      bool texts = found->is_array() && std::all_of(found->begin(), found->end(),
                                                    [](const Json& t) { return t.is_string(); });
      if (!texts) {
        Fail("the tags of the test '" + full_name_ + "' of " + target_.key +
             " are not a list of text");
      }
      for (const Json& tag : *found) tags.insert(tag.get<std::string>());
    }
    return {tags.begin(), tags.end()};
  }

  Node MakeTestNode(const TestName& name, const std::string& description) const {
    Origin origin = target_.origin;
    std::filesystem::path file = origin.original_file_path;
    // The folder of the resource type does not count.
    std::filesystem::path folders;
    bool first = true;
    for (const auto& part : file.parent_path()) {
      if (!first) folders /= part;
      first = false;
    }
    origin.path = (folders / "x.yml").string();
    const Project& project = *state_.config->FindPackage(origin.package_name);
    Node node = MakeNode(state_, NodeType::kTest, project, origin, name.full_name);
    node.path = name.short_name + ".sql";
    node.test_metadata = TestMetadata{name_, arguments_, namespace_};
    node.column_name = declaration_.column_name;
    node.file_key_name = target_.key;
    node.description = description;
    node.tags = Tags();
    node.raw_code = RawCode();
    Json metadata = {{"namespace", namespace_ ? Json(*namespace_) : Json()},
                     {"name", name_},
                     {"kwargs", arguments_}};
    std::string hash = Md5Hex(name.full_name + Value::FromJson(Hashable(metadata)).Repr());
    node.unique_id += "." + hash.substr(hash.size() - 10);
    return node;
  }

  std::string RawCode() const {
    std::string macro = "test_" + name_;
    if (namespace_) macro = *namespace_ + "." + macro;
    std::string code = "{{ " + macro + "(**_dbt_generic_test_kwargs) }}";
    if (config_.empty()) return code;
    std::vector<std::string> settings;
    for (auto& [key, value] : config_.items()) {
      std::string text = value.is_string()
                             ? '"' + ReplaceAll(value.get<std::string>(), "\"", "\\\"") + '"'
                             : Value::FromJson(value).Str();
      settings.push_back(key + "=" + text);
    }
    return code + "{{ config(" + Join(settings, ",") + ") }}";
  }

  // Notes what the test refers to, and the config() calls of its macro.
  void Read(Node& node, const MacroEntry& macro) const {
    node.config_call = config_;
    const std::string& id = macro.macro->unique_id;
    if (id == "macro.dbt.test_not_null" || id == "macro.dbt.test_unique") {
      // The two most used tests ask for nothing but their model.
      if (target_.source) node.sources.push_back(*target_.source);
      if (target_.ref) node.refs.push_back(*target_.ref);
      return;
    }
    auto context = MakeParseContext(state_, node);
    const std::string& file = target_.origin.original_file_path;
    try {
      context->Set("_dbt_generic_test_kwargs",
                   RenderTestArguments(arguments_, *context, ParseEnvironment(), file));
      ParseEnvironment().Compile(node.raw_code, file)->Render(*context);
    } catch (Error& error) {
      error.WithContext("in the test '" + full_name_ + "' of " + target_.key);
      if (error.file().empty() || error.file() == file) error.At(file, declaration_.entry->line);
      throw;
    }
  }

  const ParseState& state_;
  const TestDeclaration& declaration_;
  const TestTarget& target_;
  std::string full_name_;  // as declared, with its namespace
  std::string name_;
  std::optional<std::string> namespace_;
  Json arguments_ = Json::object();
  Json config_ = Json::object();
};

// "ref('x')" and the like, given as the text of an argument.
bool IsReferenceCall(std::string_view text) {
  text = Trim(text);
  for (std::string_view name : {"env_var", "ref", "var", "source", "doc"}) {
    if (!text.starts_with(name)) continue;
    std::string_view rest = text.substr(name.size());
    while (!rest.empty() && std::isspace(static_cast<unsigned char>(rest.front()))) {
      rest.remove_prefix(1);
    }
    if (rest.size() > 2 && rest.front() == '(' && rest.back() == ')') return true;
  }
  return false;
}

Value RenderArgument(const Json& value, const jinja::Resolver& context,
                     const jinja::Environment& environment, const std::string& file) {
  if (value.is_object()) {
    jinja::Dict out;
    for (auto& [key, member] : value.items()) {
      out.Set(Value(key), RenderArgument(member, context, environment, file));
    }
    return Value(std::move(out));
  }
  if (value.is_array()) {
    jinja::ValueList items;
    for (const Json& item : value) {
      items.push_back(RenderArgument(item, context, environment, file));
    }
    return Value::List(std::move(items));
  }
  if (!value.is_string()) return Value::FromJson(value);
  std::string text = value.get<std::string>();
  if (IsReferenceCall(text)) text = "{{ " + text + " }}";
  if (!HasTemplate(text)) return Value(std::move(text));
  return environment.Compile(text, file)->RenderNative(context, false);
}

}  // namespace

TestName SynthesizeTestName(const std::string& type, const std::string& target,
                            const Json& arguments) {
  std::map<std::string, const Json*> sorted;
  for (auto& [key, value] : arguments.items()) {
    if (key != "model") sorted[key] = &value;
  }
  std::vector<std::string> parts;
  for (const auto& [key, value] : sorted) {
    if (value->is_structured()) {
      for (const Json& item : *value) parts.push_back(Value::FromJson(item).Str());
    } else {
      parts.push_back(Value::FromJson(*value).Str());
    }
  }
  for (auto& part : parts) {
    std::string clean;
    for (char c : part) {
      bool plain = c == '_' || (std::isalnum(static_cast<unsigned char>(c)) &&
                                static_cast<unsigned char>(c) < 128);
      if (plain) {
        clean += c;
      } else if (clean.empty() || clean.back() != '\0') {
        clean += '\0';  // stands for a run of other characters
      }
    }
    std::replace(clean.begin(), clean.end(), '\0', '_');
    part = std::move(clean);
  }
  std::string identifier = type + "_" + target;
  std::string full = identifier + "_" + Join(parts, "__");
  if (full.size() < 64) return {full, full};
  return {identifier.substr(0, 30) + "_" + Md5Hex(full), full};
}

Value RenderTestArguments(const Json& arguments, const jinja::Resolver& context,
                          const jinja::Environment& environment, const std::string& file) {
  jinja::Dict out;
  for (auto& [key, value] : arguments.items()) {
    out.Set(Value(key), key == "column_name" ? Value::FromJson(value)
                                             : RenderArgument(value, context, environment, file));
  }
  return Value(std::move(out));
}

Node ParseGenericTest(const ParseState& state, const TestDeclaration& declaration) {
  return Builder(state, declaration).Build();
}

}  // namespace eider::dbt

#include "dbt/selection_spec.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/error.h"
#include "base/text.h"

namespace eider::dbt {

namespace {

constexpr std::array kMethods = {
    "fqn",       "tag",         "group",         "access",    "source",        "path",
    "file",      "package",     "config",        "test_name", "test_type",     "resource_type",
    "state",     "exposure",    "metric",        "result",    "source_status", "version",
    "unit_test", "saved_query", "semantic_model"};

bool IsDigit(char c) { return std::isdigit(static_cast<unsigned char>(c)); }

[[noreturn]] void Fail(const std::string& problem, const std::string& hint = "") {
  Error error(ErrorCode::kInvalidArgument, problem);
  if (!hint.empty()) error.WithHint(hint);
  throw error;
}

void SetMethod(Criterion& criterion, std::string_view method) {
  std::vector<std::string> parts = Split(method, '.');
  criterion.method = parts[0];
  criterion.arguments.assign(parts.begin() + 1, parts.end());
  if (std::find(kMethods.begin(), kMethods.end(), criterion.method) == kMethods.end()) {
    Fail("'" + criterion.method + "' is not a valid method name",
         "The methods are " + Join({kMethods.begin(), kMethods.end()}, ", ") + ".");
  }
  bool takes_arguments = criterion.method == "config";
  if (takes_arguments == criterion.arguments.empty()) {
    Fail(takes_arguments ? "the selection method 'config' needs a key: config.materialized:table"
                         : "the selection method '" + criterion.method +
                               "' takes no arguments, got '" + std::string(method) + "'");
  }
}

int Depth(std::string_view digits) {
  if (digits.empty()) return -1;
  if (digits.size() > 6) return -1;  // deeper than any graph
  return std::stoi(std::string(digits));
}

std::string_view DefaultMethod(std::string_view value) {
  if (value.find('/') != value.npos) return "path";
  std::string lower = Lower(value);
  for (const char* extension : {".sql", ".py", ".csv"}) {
    if (lower.ends_with(extension)) return "file";
  }
  return "fqn";
}

Selection Of(Criterion criterion, IndirectSelection indirect, std::string text) {
  Selection out;
  out.kind = Selection::Kind::kCriterion;
  out.criterion = std::move(criterion);
  out.indirect = indirect;
  out.text = std::move(text);
  return out;
}

// {"a b", "c,d"}: the union of a, b, and the intersection of c and d.
Selection ParseUnion(const std::vector<std::string>& texts, IndirectSelection indirect,
                     bool expect_exists) {
  Selection out;
  out.indirect = indirect;
  for (const auto& text : texts) {
    for (const auto& word : Split(text, ' ')) {
      if (word.empty()) continue;
      Selection intersection;
      intersection.kind = Selection::Kind::kIntersection;
      intersection.indirect = indirect;
      intersection.expect_exists = expect_exists;
      intersection.text = word;
      for (const auto& part : Split(word, ',')) {
        intersection.parts.push_back(Of(ParseCriterion(part), indirect, part));
      }
      out.parts.push_back(std::move(intersection));
    }
  }
  return out;
}

Selection Difference(Selection from, std::vector<Selection> taken) {
  if (taken.empty()) return from;
  Selection out;
  out.kind = Selection::Kind::kDifference;
  out.indirect = from.indirect;
  out.parts.push_back(std::move(from));
  for (auto& part : taken) out.parts.push_back(std::move(part));
  return out;
}

// selectors.yml, definition by definition.
class SelectorFile {
 public:
  SelectorFile(const Project& project, IndirectSelection indirect)
      : project_(project), indirect_(indirect) {}

  const Json* Find(const std::string& name) const {
    for (const Json& selector : project_.selectors) {
      if (selector.is_object() && selector.value("name", "") == name) return &selector;
    }
    return nullptr;
  }

  std::optional<std::string> DefaultName() const {
    for (const Json& selector : project_.selectors) {
      if (!selector.is_object()) continue;
      auto flag = selector.find("default");
      if (flag != selector.end() && flag->is_boolean() && flag->get<bool>()) {
        return selector.value("name", "");
      }
    }
    return std::nullopt;
  }

  Selection Parse(const std::string& name) {
    const Json* selector = Find(name);
    if (!selector) {
      std::vector<std::string> names;
      for (const Json& known : project_.selectors) names.push_back(known.value("name", ""));
      throw Error(ErrorCode::kNotFound, "Could not find selector named " + name)
          .WithHint("The selectors are " + Join(names, ", ") + ".");
    }
    if (std::find(open_.begin(), open_.end(), name) != open_.end()) {
      Fail("the selector '" + name + "' is defined by itself");
    }
    open_.push_back(name);
    auto definition = selector->find("definition");
    if (definition == selector->end()) Fail("the selector '" + name + "' has no definition");
    Selection out = Parse(*definition);
    open_.pop_back();
    return out;
  }

 private:
  Selection Parse(const Json& definition) {
    if (definition.is_string()) {
      std::string text = definition.get<std::string>();
      return Of(ParseCriterion(text), indirect_, text);
    }
    if (!definition.is_object()) {
      Fail("a part of selector '" + open_.back() +
           "' is neither text nor a mapping: " + definition.dump());
    }
    if (definition.contains("union")) return Combine(definition["union"], Selection::Kind::kUnion);
    if (definition.contains("intersection")) {
      return Combine(definition["intersection"], Selection::Kind::kIntersection);
    }
    return ParseCriterionMapping(definition);
  }

  Selection Combine(const Json& list, Selection::Kind kind) {
    if (!list.is_array()) {
      Fail("a union or intersection of selector '" + open_.back() + "' is not a list");
    }
    Selection out;
    out.kind = kind;
    std::vector<Selection> excluded;
    for (const Json& item : list) {
      if (item.is_object() && item.contains("exclude")) {
        if (!excluded.empty()) {
          Fail(
              "You cannot provide multiple exclude arguments to the same selector set operator, "
              "in selector '" +
              open_.back() + "'");
        }
        if (item.contains("method")) {
          out.parts.push_back(ParseCriterionMapping(item));
          continue;
        }
        excluded = ParseList(item["exclude"]);
      } else {
        out.parts.push_back(Parse(item));
      }
    }
    return Difference(std::move(out), std::move(excluded));
  }

  std::vector<Selection> ParseList(const Json& list) {
    if (!list.is_array()) {
      Fail("Invalid value for key \"exclude\" of selector '" + open_.back() +
           "'. Expected a list.");
    }
    std::vector<Selection> out;
    for (const Json& item : list) out.push_back(Parse(item));
    return out;
  }

  Selection ParseCriterionMapping(const Json& definition) {
    Criterion criterion;
    if (definition.size() == 1) {
      SetMethod(criterion, definition.begin().key());
      criterion.value = definition.begin().value();
      return Of(std::move(criterion), indirect_, definition.dump());
    }
    auto method = definition.find("method");
    auto value = definition.find("value");
    if (method == definition.end() || !method->is_string() || value == definition.end()) {
      std::vector<std::string> keys;
      for (auto& [key, member] : definition.items()) keys.push_back(key);
      Fail("Expected either 1 key or else \"method\" and \"value\" keys, but got " +
           Join(keys, ", ") + " in selector '" + open_.back() + "'");
    }
    if (*method == "selector") return Parse(value->get<std::string>());
    SetMethod(criterion, method->get<std::string>());
    criterion.value = *value;
    auto flag = [&](const char* key) {
      auto found = definition.find(key);
      return found != definition.end() && found->is_boolean() && found->get<bool>();
    };
    auto depth = [&](const char* key) {
      auto found = definition.find(key);
      return found != definition.end() && found->is_number() ? found->get<int>() : -1;
    };
    criterion.childrens_parents = flag("childrens_parents");
    if (flag("parents")) criterion.parents = depth("parents_depth");
    if (flag("children")) criterion.children = depth("children_depth");
    if (criterion.childrens_parents && criterion.children) {
      Fail("Invalid node spec in selector '" + open_.back() +
           "': \"childrens_parents\" and \"children\" are incompatible");
    }
    IndirectSelection indirect = indirect_;
    if (auto mode = definition.find("indirect_selection"); mode != definition.end()) {
      indirect = IndirectSelectionFromName(mode->is_string() ? mode->get<std::string>() : "");
    }
    std::vector<Selection> excluded;
    if (auto list = definition.find("exclude"); list != definition.end()) {
      excluded = ParseList(*list);
    }
    return Difference(Of(std::move(criterion), indirect, definition.dump()), std::move(excluded));
  }

  const Project& project_;
  IndirectSelection indirect_;
  std::vector<std::string> open_;  // the selectors being parsed, outermost first
};

// A definition with every criterion as {method, value, ..}.
Json SpellOut(const Json& definition) {
  if (definition.is_string()) {
    Criterion criterion = ParseCriterion(definition.get<std::string>());
    std::string method = criterion.method;
    for (const auto& argument : criterion.arguments) method += "." + argument;
    Json out = {{"method", method}, {"value", criterion.value}};
    if (criterion.childrens_parents) out["childrens_parents"] = true;
    if (criterion.parents) {
      out["parents"] = true;
      if (*criterion.parents >= 0) out["parents_depth"] = *criterion.parents;
    }
    if (criterion.children) {
      out["children"] = true;
      if (*criterion.children >= 0) out["children_depth"] = *criterion.children;
    }
    return out;
  }
  if (definition.is_array()) {
    Json out = Json::array();
    for (const Json& item : definition) out.push_back(SpellOut(item));
    return out;
  }
  if (!definition.is_object()) return definition;
  Json out = Json::object();
  bool one = definition.size() == 1;
  for (auto& [key, value] : definition.items()) {
    if (key == "union" || key == "intersection" || key == "exclude") {
      out[key] = SpellOut(value);
    } else if (one) {
      out = {{"method", key}, {"value", value}};
    } else {
      out[key] = value;
    }
  }
  return out;
}

}  // namespace

IndirectSelection IndirectSelectionFromName(std::string_view name) {
  if (name == "eager") return IndirectSelection::kEager;
  if (name == "cautious") return IndirectSelection::kCautious;
  if (name == "buildable") return IndirectSelection::kBuildable;
  if (name == "empty") return IndirectSelection::kEmpty;
  Fail("'" + std::string(name) + "' is no mode of indirect selection",
       "The modes are eager, cautious, buildable and empty.");
}

Criterion ParseCriterion(std::string_view text) {
  Criterion criterion;
  std::string_view rest = text;
  if (rest.starts_with('@')) {
    criterion.childrens_parents = true;
    rest.remove_prefix(1);
  }
  size_t digits = 0;
  while (digits < rest.size() && IsDigit(rest[digits])) ++digits;
  if (digits < rest.size() && rest[digits] == '+') {
    criterion.parents = Depth(rest.substr(0, digits));
    rest.remove_prefix(digits + 1);
  }
  size_t end = rest.size();
  while (end > 0 && IsDigit(rest[end - 1])) --end;
  if (end > 0 && rest[end - 1] == '+') {
    criterion.children = Depth(rest.substr(end));
    rest = rest.substr(0, end - 1);
  }
  if (criterion.childrens_parents && criterion.children) {
    Fail("Invalid node spec '" + std::string(text) +
         "' - \"@\" prefix and \"+\" suffix are incompatible");
  }
  size_t colon = rest.find(':');
  bool named = colon != rest.npos && colon > 0 &&
               std::all_of(rest.begin(), rest.begin() + static_cast<long>(colon), [](char c) {
                 return c == '_' || c == '.' || std::isalnum(static_cast<unsigned char>(c));
               });
  if (named) {
    SetMethod(criterion, rest.substr(0, colon));
    rest.remove_prefix(colon + 1);
  } else {
    criterion.method = DefaultMethod(rest);
  }
  if (rest.empty()) Fail("the selection '" + std::string(text) + "' names nothing");
  criterion.value = std::string(rest);
  return criterion;
}

Selection ParseSelection(const Project& project, const SelectionOptions& options) {
  SelectorFile file(project, options.indirect);
  if (options.selector) return file.Parse(*options.selector);
  if (options.select.empty() && options.exclude.empty()) {
    if (auto name = file.DefaultName()) return file.Parse(*name);
  }
  bool all = options.select.empty();
  Selection included =
      all ? ParseUnion({"fqn:*", "source:*", "exposure:*"}, options.indirect, false)
          : ParseUnion(options.select, options.indirect, true);
  Selection excluded = ParseUnion(options.exclude, options.indirect, true);
  if (excluded.parts.empty()) return included;
  std::vector<Selection> taken;
  taken.push_back(std::move(excluded));
  return Difference(std::move(included), std::move(taken));
}

Json SelectorsForManifest(const Project& project) {
  Json out = Json::object();
  for (const Json& selector : project.selectors) {
    if (!selector.is_object() || !selector.contains("name")) continue;
    Json entry = selector;
    if (auto definition = selector.find("definition"); definition != selector.end()) {
      entry["definition"] = SpellOut(*definition);
    }
    out[selector["name"].get<std::string>()] = std::move(entry);
  }
  return out;
}

}  // namespace eider::dbt

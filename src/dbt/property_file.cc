#include "dbt/property_file.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "base/yaml.h"
#include "dbt/base_context.h"
#include "dbt/context.h"
#include "dbt/yaml_rendering.h"

namespace eider::dbt {

namespace {

constexpr std::array kNodeSections = {
    std::pair{NodeType::kModel, "models"},       std::pair{NodeType::kSeed, "seeds"},
    std::pair{NodeType::kSnapshot, "snapshots"}, std::pair{NodeType::kAnalysis, "analyses"},
    std::pair{NodeType::kTest, "data_tests"},
};
constexpr std::array kUnsupportedSections = {"unit_tests", "metrics", "semantic_models",
                                             "saved_queries", "functions"};
constexpr std::array kConstraintTypes = {"check",       "not_null",    "unique",
                                         "primary_key", "foreign_key", "custom"};

// Whether the text at `path` below an entry is rendered later, when more is known.
bool RendersLater(const std::vector<std::string>& path) {
  for (const auto& key : path) {
    if (key == "tests" || key == "data_tests" || key == "description" || key == "loaded_at_query") {
      return true;
    }
  }
  if (path.size() < 2 || path[0] != "config") return false;
  const std::string& key = path[1];
  return key == "pre_hook" || key == "post_hook" || key == "pre-hook" || key == "post-hook";
}

const char* KindOf(const Json& value) {
  if (value.is_string()) return "text";
  if (value.is_array()) return "a list";
  if (value.is_object()) return "a mapping";
  if (value.is_boolean()) return "true or false";
  if (value.is_number()) return "a number";
  return "nothing";
}

std::string DateTimeText(const std::string& date) {
  // A date alone means its first moment.
  return date.find_first_of("T ") == date.npos ? date + "T00:00:00+00:00" : date;
}

// Reads one file; knows where everything stands.
class Reader {
 public:
  Reader(const ParseState& state, const SourceFile& file) : state_(state), file_(file) {
    static_cast<Origin&>(out_) = file;
    out_.checksum = file.checksum;
    auto context = std::make_unique<Context>(nullptr, file.package_name, state.base);
    context->Set("var", MakeVar(*state.config, file.package_name, file.original_file_path));
    context_ = std::move(context);
  }

  PropertyFile Read() {
    std::vector<YamlDuplicate> duplicates;
    document_ = ParseYaml(AtFileLines(file_, file_.text), file_.original_file_path, &duplicates);
    if (document_.IsNull()) return std::move(out_);
    if (!document_.IsMapping()) {
      Fail(document_.line, "the file is " + std::string(document_.KindName()) +
                               ", not a mapping of sections such as `models:`");
    }
    for (const auto& duplicate : duplicates) {
      out_.warnings.push_back("Duplicate key '" + duplicate.key + "' in \"" +
                              file_.original_file_path + "\", line " +
                              std::to_string(duplicate.line) + ": only the last one counts");
    }
    for (const auto& [type, section] : kNodeSections) {
      ForEntries(section, [&, type = type](const YamlNode& entry) {
        out_.nodes.push_back(ReadNode(type, entry));
      });
    }
    ForEntries("sources",
               [&](const YamlNode& entry) { out_.sources.push_back(ReadSource(entry)); });
    ForEntries("exposures",
               [&](const YamlNode& entry) { out_.exposures.push_back(ReadOther(entry)); });
    ForEntries("groups", [&](const YamlNode& entry) { out_.groups.push_back(ReadOther(entry)); });
    ForEntries("macros", [&](const YamlNode& entry) { out_.macros.push_back(ReadOther(entry)); });
    for (const char* section : kUnsupportedSections) {
      const YamlNode* found = document_.Find(section);
      if (!found || found->items.empty()) continue;
      out_.warnings.push_back("The section '" + std::string(section) + "' of " +
                              file_.original_file_path +
                              " is not supported yet: its entries are left out");
    }
    return std::move(out_);
  }

 private:
  [[noreturn]] void Fail(int line, const std::string& problem) const {
    throw Error(ErrorCode::kInvalidArgument, problem).At(file_.original_file_path, line);
  }

  // `value` of a section or key of `owner`, which is named in the message.
  [[noreturn]] void FailType(int line, const std::string& what, const Json& value,
                             const char* wanted) const {
    Fail(line, "Invalid " + section_ + " config given in " + file_.original_file_path + ": " +
                   what + " is " + KindOf(value) + ", not " + wanted);
  }

  template <typename Read>
  void ForEntries(const char* section, Read read) {
    const YamlNode* list = document_.Find(section);
    if (!list || list->IsNull()) return;
    section_ = section;
    if (!list->IsSequence()) {
      Fail(list->line, std::string(section) + " must be a list, got " +
                           std::string(list->KindName()) + " instead");
    }
    for (const YamlNode& entry : list->items) {
      if (!entry.IsMapping()) {
        Fail(entry.line, "Invalid " + section_ + " config given in " + file_.original_file_path +
                             ": an entry is " + std::string(entry.KindName()) + ", not a mapping");
      }
      const YamlNode* name = entry.Find("name");
      if (!name) Fail(entry.line, "An entry of '" + section_ + "' has no name");
      if (!name->IsString()) {
        FailType(name->line, "the name of an entry", name->ToJson(), "text");
      }
      entry_name_ = name->text;
      read(entry);
    }
  }

  Json Render(const YamlNode& entry) const { return Render(entry.ToJson(), entry.line); }
  Json Render(const Json& value, int line) const {
    try {
      return RenderYaml(value, *context_, file_.original_file_path, RendersLater);
    } catch (Error& error) {
      throw error.At(file_.original_file_path, line);
    }
  }

  int LineOf(const YamlNode& node, const char* key) const {
    const YamlNode* found = node.Find(key);
    return found ? found->line : node.line;
  }

  // The text at `key`; nothing where it is not given.
  std::optional<std::string> Text(const Json& json, const YamlNode& node, const char* key) const {
    auto found = json.find(key);
    if (found == json.end() || found->is_null()) return std::nullopt;
    if (!found->is_string()) {
      FailType(LineOf(node, key), "'" + std::string(key) + "' of '" + entry_name_ + "'", *found,
               "text");
    }
    return found->get<std::string>();
  }

  Json Mapping(const Json& json, const YamlNode& node, const char* key) const {
    auto found = json.find(key);
    if (found == json.end() || found->is_null()) return Json::object();
    if (!found->is_object()) {
      FailType(LineOf(node, key), "'" + std::string(key) + "' of '" + entry_name_ + "'", *found,
               "a mapping");
    }
    return *found;
  }

  std::vector<std::string> Texts(const Json& json, const YamlNode& node, const char* key) const {
    std::vector<std::string> out;
    auto found = json.find(key);
    if (found == json.end() || found->is_null()) return out;
    if (found->is_string()) return {found->get<std::string>()};
    if (!found->is_array()) {
      FailType(LineOf(node, key), "'" + std::string(key) + "' of '" + entry_name_ + "'", *found,
               "a list");
    }
    for (const Json& item : *found) {
      if (!item.is_string()) {
        FailType(LineOf(node, key),
                 "an item of '" + std::string(key) + "' of '" + entry_name_ + "'", item, "text");
      }
      out.push_back(item.get<std::string>());
    }
    return out;
  }

  std::optional<bool> Flag(const Json& json, const YamlNode& node, const char* key) const {
    auto found = json.find(key);
    if (found == json.end() || found->is_null()) return std::nullopt;
    if (!found->is_boolean()) {
      FailType(LineOf(node, key), "'" + std::string(key) + "' of '" + entry_name_ + "'", *found,
               "true or false");
    }
    return found->get<bool>();
  }

  // data_tests, or tests as they were called.
  std::optional<std::vector<TestEntry>> Tests(const YamlNode& node) const {
    const YamlNode* old_name = node.Find("tests");
    const YamlNode* list = node.Find("data_tests");
    bool old_given = old_name && !old_name->items.empty();
    if (old_given && list) {
      Fail(old_name->line,
           "Invalid test config: cannot have both 'tests' and 'data_tests' defined");
    }
    if (!list) list = old_name;
    if (!list || list->IsNull()) return std::nullopt;
    if (!list->IsSequence()) {
      FailType(list->line, "the data tests of '" + entry_name_ + "'", list->ToJson(), "a list");
    }
    std::vector<TestEntry> tests;
    for (const YamlNode& item : list->items) {
      if (!item.IsString() && !item.IsMapping()) {
        Fail(item.line, "a data test of '" + entry_name_ + "' must be dict or str, got " +
                            std::string(item.KindName()));
      }
      tests.push_back({item.ToJson(), item.line});
    }
    return tests;
  }

  Json Constraints(const Json& json, const YamlNode& node, bool of_model) const {
    auto found = json.find("constraints");
    Json out = Json::array();
    if (found == json.end() || found->is_null()) return out;
    int line = LineOf(node, "constraints");
    if (!found->is_array()) {
      FailType(line, "'constraints' of '" + entry_name_ + "'", *found, "a list");
    }
    for (const Json& item : *found) {
      auto type = item.is_object() ? item.find("type") : item.end();
      bool known = item.is_object() && type != item.end() && type->is_string() &&
                   std::find(kConstraintTypes.begin(), kConstraintTypes.end(),
                             type->get<std::string>()) != kConstraintTypes.end();
      if (!known) {
        throw Error(ErrorCode::kInvalidArgument, std::string("Invalid constraint type on ") +
                                                     (of_model ? "model " : "column ") +
                                                     json.value("name", entry_name_))
            .WithHint("Type must be one of " +
                      Join({kConstraintTypes.begin(), kConstraintTypes.end()}, ", ") + ".")
            .At(file_.original_file_path, line);
      }
      Json constraint = {{"type", *type},
                         {"name", item.value("name", Json())},
                         {"expression", item.value("expression", Json())},
                         {"warn_unenforced", item.value("warn_unenforced", Json(true))},
                         {"warn_unsupported", item.value("warn_unsupported", Json(true))},
                         {"to", item.value("to", Json())},
                         {"to_columns", item.value("to_columns", Json::array())}};
      if (of_model) constraint["columns"] = item.value("columns", Json::array());
      out.push_back(std::move(constraint));
    }
    return out;
  }

  ColumnEntry ReadColumn(const Json& json, const YamlNode& node) const {
    if (!json.is_object()) {
      FailType(node.line, "a column of '" + entry_name_ + "'", json, "a mapping");
    }
    ColumnEntry entry;
    Column& column = entry.column;
    auto name = json.find("name");
    if (name == json.end()) Fail(node.line, "A column of '" + entry_name_ + "' has no name");
    if (!name->is_string()) {
      FailType(LineOf(node, "name"), "the name of a column of '" + entry_name_ + "'", *name,
               "text");
    }
    column.name = name->get<std::string>();
    column.description = Text(json, node, "description").value_or("");
    column.data_type = Text(json, node, "data_type");
    column.granularity = Text(json, node, "granularity");
    column.quote = Flag(json, node, "quote");
    column.constraints = Constraints(json, node, false);
    Json config = Mapping(json, node, "config");
    column.meta = Mapping(json, node, "meta");
    if (auto meta = config.find("meta"); meta != config.end() && meta->is_object()) {
      column.meta.update(*meta);
    }
    column.tags = Texts(json, node, "tags");
    if (auto tags = config.find("tags"); tags != config.end()) {
      for (auto& tag : Texts(config, node, "tags")) {
        if (std::find(column.tags.begin(), column.tags.end(), tag) == column.tags.end()) {
          column.tags.push_back(tag);
        }
      }
    }
    static const std::set<std::string_view> kKnown = {
        "name",  "description", "meta",  "data_type",  "constraints", "docs",      "config",
        "quote", "tags",        "tests", "data_tests", "granularity", "doc_blocks"};
    for (auto& [key, value] : json.items()) {
      if (!kKnown.contains(key)) column.extra[key] = value;
    }
    if (auto tests = Tests(node)) entry.tests = std::move(*tests);
    return entry;
  }

  std::vector<ColumnEntry> Columns(const Json& json, const YamlNode& node) const {
    std::vector<ColumnEntry> columns;
    auto list = json.find("columns");
    if (list == json.end() || list->is_null()) return columns;
    const YamlNode* nodes = node.Find("columns");
    if (!list->is_array()) {
      FailType(nodes->line, "'columns' of '" + entry_name_ + "'", *list, "a list");
    }
    for (size_t i = 0; i < list->size(); ++i) {
      columns.push_back(ReadColumn((*list)[i], nodes->items[i]));
    }
    return columns;
  }

  VersionEntry ReadVersion(const Json& json, const YamlNode& node) const {
    VersionEntry entry;
    entry.line = node.line;
    if (!json.is_object() || !json.contains("v") || json["v"].is_null()) {
      Fail(node.line, "A version of '" + entry_name_ + "' has no `v`");
    }
    entry.version = json["v"];
    entry.defined_in = Text(json, node, "defined_in");
    entry.description = Text(json, node, "description").value_or("");
    entry.access = Text(json, node, "access");
    entry.deprecation_date = Text(json, node, "deprecation_date");
    entry.config = Mapping(json, node, "config");
    entry.constraints = Constraints(json, node, true);
    entry.tests = Tests(node);
    auto list = json.find("columns");
    if (list == json.end() || !list->is_array()) return entry;
    const YamlNode* nodes = node.Find("columns");
    bool chosen = false;
    for (size_t i = 0; i < list->size(); ++i) {
      const Json& item = (*list)[i];
      if (!item.is_object() || !item.contains("include")) {
        entry.columns.push_back(ReadColumn(item, nodes->items[i]));
        continue;
      }
      if (chosen) {
        Fail(nodes->items[i].line, "version can have at most one include/exclude element");
      }
      chosen = true;
      bool all = item["include"] == "all" || item["include"] == "*";
      if (!all) entry.include = Texts(item, nodes->items[i], "include");
      entry.exclude = Texts(item, nodes->items[i], "exclude");
    }
    return entry;
  }

  NodeEntry ReadNode(NodeType type, const YamlNode& node) const {
    NodeEntry entry;
    entry.type = type;
    entry.line = node.line;
    Json json = Render(node);
    entry.name = json.value("name", entry_name_);
    entry.description = Text(json, node, "description").value_or("");
    entry.config = Mapping(json, node, "config");
    for (const char* key : {"meta", "docs", "group", "contract", "access"}) {
      auto beside = json.find(key);
      if (beside == json.end() || beside->is_null()) continue;
      if (entry.config.contains(key)) {
        Fail(LineOf(node, key), std::string("found ") + key +
                                    " dictionary in 'config' dictionary "
                                    "and as top-level key of '" +
                                    entry.name +
                                    "'. Remove the "
                                    "top-level key and define it under 'config' dictionary only.");
      }
      entry.config[key] = *beside;
    }
    entry.columns = Columns(json, node);
    if (auto tests = Tests(node)) entry.tests = std::move(*tests);
    entry.constraints = Constraints(json, node, true);
    entry.quote_columns = Flag(json, node, "quote_columns");
    if (auto date = Text(json, node, "deprecation_date")) {
      entry.deprecation_date = DateTimeText(*date);
    }
    if (auto spine = json.find("time_spine"); spine != json.end()) entry.time_spine = *spine;
    if (type == NodeType::kSnapshot) entry.relation = Text(json, node, "relation");
    if (type == NodeType::kModel) ReadVersions(json, node, entry);
    return entry;
  }

  void ReadVersions(const Json& json, const YamlNode& node, NodeEntry& entry) const {
    auto list = json.find("versions");
    if (list == json.end() || list->is_null()) return;
    if (!list->is_array()) {
      FailType(LineOf(node, "versions"), "'versions' of '" + entry.name + "'", *list, "a list");
    }
    std::set<std::string> seen;
    for (size_t i = 0; i < list->size(); ++i) {
      const YamlNode& item = node.Find("versions")->items[i];
      VersionEntry version = ReadVersion((*list)[i], item);
      if (version.deprecation_date) {
        version.deprecation_date = DateTimeText(*version.deprecation_date);
      }
      if (!seen.insert(version.Suffix()).second) {
        Fail(item.line, "Found duplicate version: '" + version.Suffix().substr(1) +
                            "' in versions list of model '" + entry.name + "'");
      }
      entry.versions.push_back(std::move(version));
    }
    auto latest = json.find("latest_version");
    if (latest != json.end() && !latest->is_null()) {
      entry.latest_version = *latest;
      bool known = std::any_of(entry.versions.begin(), entry.versions.end(),
                               [&](const auto& v) { return v.version == entry.latest_version; });
      if (!known) {
        Fail(LineOf(node, "latest_version"), "latest_version: " + latest->dump() +
                                                 " is not one of model '" + entry.name +
                                                 "' versions");
      }
      return;
    }
    // The greatest, as numbers where all are.
    auto less = [](const VersionEntry& a, const VersionEntry& b) {
      if (a.version.is_number() && b.version.is_number()) {
        return a.version.get<double>() < b.version.get<double>();
      }
      return a.Suffix() < b.Suffix();
    };
    if (!entry.versions.empty()) {
      entry.latest_version =
          std::max_element(entry.versions.begin(), entry.versions.end(), less)->version;
    }
  }

  SourceEntry ReadSource(const YamlNode& node) const {
    SourceEntry entry;
    entry.line = node.line;
    Json json = Render(node);
    auto unrendered = [&](const char* key) -> std::optional<std::string> {
      const YamlNode* found = node.Find(key);
      if (!found || found->IsNull()) return std::nullopt;
      return found->text;
    };
    entry.unrendered_database = unrendered("database");
    entry.unrendered_schema = unrendered("schema");
    entry.overrides = Text(json, node, "overrides");
    for (const char* key : {"description", "database", "schema", "loader", "loaded_at_field"}) {
      Text(json, node, key);
    }
    Mapping(json, node, "meta");
    Mapping(json, node, "config");
    auto tables = json.find("tables");
    if (tables != json.end() && !tables->is_null()) {
      const YamlNode* nodes = node.Find("tables");
      if (!tables->is_array()) {
        FailType(nodes->line, "'tables' of source '" + entry_name_ + "'", *tables, "a list");
      }
      for (size_t i = 0; i < tables->size(); ++i) {
        const Json& table = (*tables)[i];
        const YamlNode& place = nodes->items[i];
        auto name = table.is_object() ? table.find("name") : table.end();
        if (!table.is_object() || name == table.end() || !name->is_string()) {
          Fail(place.line, "A table of source '" + entry_name_ + "' has no name");
        }
        for (const char* key : {"description", "identifier", "loaded_at_field"}) {
          Text(table, place, key);
        }
        Mapping(table, place, "config");
        Mapping(table, place, "meta");
        SourceTableEntry out{table, Columns(table, place), {}, place.line};
        if (auto tests = Tests(place)) out.tests = std::move(*tests);
        entry.tables.push_back(std::move(out));
      }
      json.erase("tables");
    }
    entry.properties = std::move(json);
    return entry;
  }

  OtherEntry ReadOther(const YamlNode& node) const {
    OtherEntry entry;
    entry.line = node.line;
    Json written = node.ToJson();
    if (auto config = written.find("config"); config != written.end() && config->is_object()) {
      entry.unrendered_config = *config;
    }
    entry.properties = Render(written, node.line);
    Text(entry.properties, node, "description");
    Mapping(entry.properties, node, "config");
    Mapping(entry.properties, node, "meta");
    return entry;
  }

  const ParseState& state_;
  const SourceFile& file_;
  YamlNode document_;
  std::unique_ptr<Context> context_;
  std::string section_;
  std::string entry_name_;
  PropertyFile out_;
};

}  // namespace

std::string_view SectionName(NodeType type) {
  for (const auto& [known, name] : kNodeSections) {
    if (known == type) return name;
  }
  return "";
}

std::string VersionEntry::Suffix() const {
  return "v" + (version.is_string() ? version.get<std::string>() : version.dump());
}

std::vector<ColumnEntry> NodeEntry::ColumnsOf(const VersionEntry& version) const {
  auto contains = [](const std::vector<std::string>& list, const std::string& name) {
    return std::find(list.begin(), list.end(), name) != list.end();
  };
  std::vector<ColumnEntry> out;
  for (const auto& entry : columns) {
    bool included = version.include.empty() || contains(version.include, entry.column.name);
    if (included && !contains(version.exclude, entry.column.name)) out.push_back(entry);
  }
  out.insert(out.end(), version.columns.begin(), version.columns.end());
  return out;
}

PropertyFile ReadPropertyFile(const ParseState& state, const SourceFile& file) {
  return Reader(state, file).Read();
}

}  // namespace eider::dbt

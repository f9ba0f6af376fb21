#include "dbt/source_parser.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "dbt/node_config.h"
#include "dbt/relation.h"

namespace eider::dbt {

namespace {

// A source of a package, by which overrides find it.
using SourceKey = std::pair<std::string, std::string>;

struct Override {
  const PropertyFile* file = nullptr;
  const SourceEntry* entry = nullptr;
  std::set<std::string> unused_tables;
  bool used = false;
};

Json MemberOr(const Json& object, const char* key, Json fallback) {
  auto found = object.find(key);
  return found == object.end() ? fallback : *found;
}

std::optional<std::string> TextOf(const Json& object, const char* key) {
  auto found = object.find(key);
  if (found == object.end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

Json ConfigOf(const Json& object) {
  auto found = object.find("config");
  return found != object.end() && found->is_object() ? *found : Json::object();
}

std::vector<std::string> TagsOf(const Json& object) {
  std::vector<std::string> tags;
  auto found = object.find("tags");
  if (found == object.end()) return tags;
  if (found->is_string()) tags.push_back(found->get<std::string>());
  if (!found->is_array()) return tags;
  for (const Json& tag : *found) {
    if (tag.is_string()) tags.push_back(tag.get<std::string>());
  }
  return tags;
}

Quoting ReadQuoting(const Json& object) {
  Quoting quoting;
  auto found = object.find("quoting");
  if (found == object.end() || !found->is_object()) return quoting;
  auto read = [&](const char* key, std::optional<bool>& part) {
    auto value = found->find(key);
    if (value != found->end() && value->is_boolean()) part = value->get<bool>();
  };
  read("database", quoting.database);
  read("schema", quoting.schema);
  read("identifier", quoting.identifier);
  read("column", quoting.column);
  return quoting;
}

Quoting MergeQuoting(Quoting base, const Quoting& over) {
  if (over.database) base.database = over.database;
  if (over.schema) base.schema = over.schema;
  if (over.identifier) base.identifier = over.identifier;
  if (over.column) base.column = over.column;
  return base;
}

// Freshness as the manifest has it: null where it was set to null, else warn_after and error_after,
// each null or {count, period}, and filter.
Json ReadTime(const Json& freshness, const char* key) {
  auto found = freshness.find(key);
  if (found != freshness.end() && found->is_null()) return nullptr;
  Json time = {{"count", nullptr}, {"period", nullptr}};
  if (found != freshness.end() && found->is_object()) time.update(*found);
  return time;
}

Json ReadFreshness(const Json& owner) {
  auto found = owner.find("freshness");
  if (found != owner.end() && found->is_null()) return nullptr;
  const Json given = found != owner.end() && found->is_object() ? *found : Json::object();
  return {{"warn_after", ReadTime(given, "warn_after")},
          {"error_after", ReadTime(given, "error_after")},
          {"filter", MemberOr(given, "filter", nullptr)}};
}

bool IsSet(const Json& time) {
  return time.is_object() && !time["count"].is_null() && !time["period"].is_null();
}

bool HasFreshness(const Json& freshness) {
  return freshness.is_object() &&
         (IsSet(freshness["warn_after"]) || IsSet(freshness["error_after"]));
}

Json MergeTime(const Json& base, const Json& over) {
  if (over.is_null()) return nullptr;
  return IsSet(over) || base.is_null() ? over : base;
}

Json MergeFreshness(const Json& base, const Json& over) {
  if (base.is_null()) return HasFreshness(over) ? over : Json();
  if (over.is_null()) return nullptr;
  return {{"warn_after", MergeTime(base["warn_after"], over["warn_after"])},
          {"error_after", MergeTime(base["error_after"], over["error_after"])},
          {"filter", over["filter"].is_null() ? base["filter"] : over["filter"]}};
}

Json ReadExternal(const Json& table) {
  auto found = table.find("external");
  if (found == table.end() || !found->is_object()) return nullptr;
  Json external = Json::object();
  for (const char* key :
       {"location", "file_format", "row_format", "tbl_properties", "partitions"}) {
    external[key] = nullptr;
  }
  external.update(*found);
  return external;
}

// One table of one source entry, overrides applied.
class TableParser {
 public:
  TableParser(const ParseState& state, const PropertyFile& file, const SourceEntry& entry,
              const SourceTableEntry& table, const Override* over)
      : state_(state),
        file_(file),
        entry_(entry),
        table_entry_(&table),
        source_(entry.properties),
        table_(table.properties) {
    if (!over) return;
    for (auto& [key, value] : over->entry->properties.items()) {
      if (key != "overrides" && key != "name") source_[key] = value;
    }
    for (const auto& other : over->entry->tables) {
      if (other.properties["name"] != table_["name"]) continue;
      table_.update(other.properties);
      over_table_ = &other;
    }
  }

  std::unique_ptr<ParsedSource> Parse() {
    auto out = std::make_unique<ParsedSource>();
    out->line = table_entry_->line;
    Source& source = out->source;
    static_cast<Origin&>(source) = file_;
    source.path = file_.original_file_path;
    source.source_name = entry_.name();
    source.name = table_["name"].get<std::string>();
    source.unique_id =
        "source." + file_.package_name + "." + source.source_name + "." + source.name;
    source.fqn = {file_.package_name};
    for (const auto& part : std::filesystem::path(file_.path).parent_path()) {
      source.fqn.push_back(part.string());
    }
    source.fqn.push_back(source.source_name);
    source.fqn.push_back(source.name);
    source.database = TextOf(source_, "database");
    if (!source.database && state_.config->adapter) {
      source.database = state_.config->adapter->DatabaseName(state_.config->target);
    }
    source.schema = TextOf(source_, "schema").value_or(source.source_name);
    source.identifier = TextOf(table_, "identifier").value_or(source.name);
    source.source_description = TextOf(source_, "description").value_or("");
    source.description = TextOf(table_, "description").value_or("");
    source.loader = TextOf(source_, "loader").value_or("");
    source.quoting = MergeQuoting(ReadQuoting(source_), ReadQuoting(table_));
    source.external = ReadExternal(table_);
    source.unrendered_database = entry_.unrendered_database;
    source.unrendered_schema = entry_.unrendered_schema;
    source.created_at = state_.created_at;
    const auto& columns =
        over_table_ && !over_table_->columns.empty() ? over_table_->columns : table_entry_->columns;
    for (const auto& column : columns) {
      auto [place, fresh] = source.columns.insert_or_assign(column.column.name, column.column);
      if (fresh) source.column_order.push_back(column.column.name);
    }
    Configure(source);
    // The project's quoting is about what the project makes, not about its sources.
    source.relation_name = RelationOf(source).Render();
    DeclareTests(*out, columns);
    return out;
  }

 private:
  void Configure(Source& source) {
    Json source_config = ConfigOf(source_), table_config = ConfigOf(table_);
    Json config = source_config;
    config.update(table_config);

    Json freshness = ReadFreshness(source_);
    for (const Json* level : {&source_config, &table_, &table_config}) {
      freshness = MergeFreshness(freshness, ReadFreshness(*level));
    }
    config.erase("freshness");
    if (HasFreshness(freshness) || freshness.is_null()) config["freshness"] = freshness;

    auto field = [&](const char* key) {
      for (const Json* level : {&table_, &table_config, &source_, &source_config}) {
        auto found = level->find(key);
        // An explicit null in the table takes back what the source says.
        if (found != level->end() && (level == &table_ || !found->is_null())) return *found;
      }
      return Json();
    };
    config["loaded_at_field"] = field("loaded_at_field");
    config["loaded_at_query"] = field("loaded_at_query");
    bool both = !config["loaded_at_field"].is_null() && !config["loaded_at_query"].is_null();
    if (both && !table_.contains("loaded_at_field")) {
      throw Error(ErrorCode::kInvalidArgument,
                  "Cannot specify both loaded_at_field and loaded_at_query for source '" +
                      source.source_name + "." + source.name + "'")
          .At(file_.original_file_path, table_entry_->line);
    }
    if (both) config["loaded_at_query"] = nullptr;

    Json meta = MemberOr(source_, "meta", Json::object());
    if (!meta.is_object()) meta = Json::object();
    auto add_meta = [&](const Json& owner) {
      auto found = owner.find("meta");
      if (found != owner.end() && found->is_object()) meta.update(*found);
    };
    add_meta(source_config);
    source.source_meta = meta;
    add_meta(table_);
    add_meta(table_config);
    config["meta"] = meta;

    std::set<std::string> tags;
    for (const Json* level : {&source_, &source_config, &table_, &table_config}) {
      for (auto& tag : TagsOf(*level)) tags.insert(tag);
    }
    config["tags"] = std::vector<std::string>(tags.begin(), tags.end());

    ConfigLayers layers{.properties = &config, .call = nullptr};
    try {
      source.config = NodeConfig(
          BuildConfig(*state_.config, NodeType::kSource, file_.package_name, source.fqn, layers));
    } catch (Error& error) {
      error.WithContext("in the configuration of '" + source.unique_id + "'");
      throw error.At(file_.original_file_path, table_entry_->line);
    }
    source.unrendered_config = BuildUnrenderedConfig(*state_.config, NodeType::kSource,
                                                     file_.package_name, source.fqn, layers);
    source.tags = source.config.tags();
    source.meta = source.config.values().value("meta", Json::object());
    source.freshness = source.config.values().value("freshness", Json());
    source.loaded_at_field = TextOf(source.config.values(), "loaded_at_field");
    source.loaded_at_query = TextOf(source.config.values(), "loaded_at_query");
  }

  void DeclareTests(ParsedSource& out, const std::vector<ColumnEntry>& columns) {
    const Source& source = out.source;
    out.target.origin = file_;
    out.target.key = "sources." + source.source_name;
    out.target.name = source.source_name + "_" + source.name;
    out.target.source = SourceArgs{source.source_name, source.name};
    out.target.reference = "source('" + source.source_name + "', '" + source.name + "')";
    std::vector<std::string> tags = TagsOf(source_);
    for (auto& tag : TagsOf(table_)) tags.push_back(tag);
    const auto& tests =
        over_table_ && !over_table_->tests.empty() ? over_table_->tests : table_entry_->tests;
    for (const auto& test : tests) out.tests.push_back({&out.target, &test, std::nullopt, tags});
    for (const auto& column : columns) {
      std::vector<std::string> column_tags = tags;
      column_tags.insert(column_tags.end(), column.column.tags.begin(), column.column.tags.end());
      bool quote = column.column.quote.value_or(source.quoting.column.value_or(false));
      std::string name = ColumnAsSql(state_, column.column.name, quote);
      for (const auto& test : column.tests) {
        out.tests.push_back({&out.target, &test, name, column_tags});
      }
    }
  }

  const ParseState& state_;
  const PropertyFile& file_;
  const SourceEntry& entry_;
  const SourceTableEntry* table_entry_;
  const SourceTableEntry* over_table_ = nullptr;
  Json source_;
  Json table_;
};

void WarnUnused(ParseState& state, const std::map<SourceKey, Override>& overrides) {
  std::vector<std::string> unused;
  for (const auto& [key, over] : overrides) {
    std::string name = key.first + "." + key.second;
    if (!over.used) {
      unused.push_back("  - Source " + name + " (in " + over.file->original_file_path + ")");
      continue;
    }
    for (const auto& table : over.unused_tables) {
      unused.push_back("  - Source table " + name + "." + table + " (in " +
                       over.file->original_file_path + ")");
    }
  }
  if (unused.empty()) return;
  state.warn("During parsing, dbt encountered source overrides that had no target:\n" +
             Join(unused, "\n"));
}

}  // namespace

std::vector<std::unique_ptr<ParsedSource>> ParseSources(ParseState& state,
                                                        const std::vector<PropertyFile>& files) {
  std::map<SourceKey, Override> overrides;
  for (const auto& file : files) {
    for (const auto& entry : file.sources) {
      if (!entry.overrides) continue;
      auto [place, fresh] = overrides.try_emplace({*entry.overrides, entry.name()});
      if (!fresh) {
        throw Error(ErrorCode::kAlreadyExists,
                    "dbt found two schema.yml entries for the same source named " + entry.name() +
                        " in package " + *entry.overrides)
            .WithHint("Sources may only be overridden a single time; the other entry stands in " +
                      place->second.file->original_file_path + ".")
            .At(file.original_file_path, entry.line);
      }
      place->second.file = &file;
      place->second.entry = &entry;
      for (const auto& table : entry.tables) {
        place->second.unused_tables.insert(table.properties["name"].get<std::string>());
      }
    }
  }
  std::vector<std::unique_ptr<ParsedSource>> out;
  for (const auto& file : files) {
    for (const auto& entry : file.sources) {
      if (entry.overrides) continue;
      auto over = overrides.find({file.package_name, entry.name()});
      for (const auto& table : entry.tables) {
        if (over != overrides.end()) {
          over->second.used = true;
          over->second.unused_tables.erase(table.properties["name"].get<std::string>());
        }
        out.push_back(TableParser(state, file, entry, table,
                                  over == overrides.end() ? nullptr : &over->second)
                          .Parse());
      }
    }
  }
  WarnUnused(state, overrides);
  return out;
}

std::string ColumnAsSql(const ParseState& state, const std::string& name, bool quote) {
  if (!quote || !state.config->adapter) return name;
  return state.config->adapter->RelationName(std::nullopt, "", name, {.identifier = true});
}

}  // namespace eider::dbt

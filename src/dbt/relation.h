// A table or view by name, as SQL and as templates see it (dbt's Relation objects).
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "dbt/node.h"
#include "jinja/object.h"

namespace eider::dbt {

enum class RelationType { kTable, kView, kCte, kExternal, kEphemeral };

// "table", "view", "cte", "external", "ephemeral".
std::string_view RelationTypeName(RelationType type);
std::optional<RelationType> RelationTypeFromName(std::string_view name);

struct Relation {
  std::optional<std::string> database;
  std::optional<std::string> schema;
  std::optional<std::string> identifier;
  std::optional<RelationType> type;
  // Which parts are quoted, and which are written at all.
  bool quote_database = true, quote_schema = true, quote_identifier = true;
  bool include_database = true, include_schema = true, include_identifier = true;
  // Where the relation is not a name but a place to read from ("read_csv('x.csv')"), as
  // dbt-duckdb's external sources have it.
  std::optional<std::string> external_location;
  // Rendered as a subquery of no rows (--empty) or of a bounded number.
  std::optional<int64_t> limit;
  // Written after the name: "tables" in "db".INFORMATION_SCHEMA.tables.
  std::optional<std::string> information_schema_view;

  // The name as SQL, as the parts are included and quoted.
  std::string Render() const;
  // What `{{ relation }}` prints: Render(), or a subquery of it where `limit` is set.
  std::string RenderLimited() const;
  // Without regard to case and quoting: what the cache compares by.
  std::string Key() const;
  // All three parts, where `other` gives them, are equal without regard to case.
  bool Matches(const std::optional<std::string>& database, const std::optional<std::string>& schema,
               const std::optional<std::string>& identifier) const;

  bool is_table() const { return type == RelationType::kTable; }
  bool is_view() const { return type == RelationType::kView; }
};

// `quoting` is the project's (Config::quoting); what the node's own config says goes before it.
Relation RelationOf(const Node& node, const Quoting& quoting);
// As in dbt, the project's quoting does not count for sources.
Relation RelationOf(const Source& source);
// `ref` of an ephemeral model: the name of its CTE.
Relation EphemeralRelation(const Node& node);

// A Relation in templates: database, schema, identifier, name, table, type, is_table, is_view,
// is_cte, is_external, render(), include(), quote(), replace_path(), incorporate(),
// without_identifier(), information_schema(), information_schema_only(), matches(), quoted(), path,
// ... `can_be_renamed`, `can_be_replaced`.
class RelationValue final : public jinja::Object {
 public:
  explicit RelationValue(Relation relation) : relation_(std::move(relation)) {}
  static jinja::Value Make(Relation relation);

  const Relation& relation() const { return relation_; }

  std::string TypeName() const override { return "DuckDBRelation"; }
  std::string Repr() const override;
  std::string Str() const override { return relation_.RenderLimited(); }
  // Packages tell relations from names by asking whether they are mappings.
  bool IsMapping() const override { return true; }
  bool IsIterable() const override { return true; }
  jinja::ValueList Iterate() override;
  std::optional<Json> ToJson() const override;
  bool Equals(const jinja::Value& other) const override;
  size_t Hash() const override;
  std::optional<jinja::Value> GetAttribute(jinja::State& state, std::string_view name) override;
  std::optional<jinja::Value> GetItem(jinja::State& state, const jinja::Value& key) override;

 private:
  Relation relation_;
};

// `api.Relation`, `adapter.Relation`: the class, with create(database=, schema=, identifier=,
// type=) and its constants Table, View, CTE, External.
jinja::Value RelationClass(const Quoting& quoting);

// Quotes `identifier` as dbt does: between double quotes.
std::string QuotedIdentifier(std::string_view identifier);

// The relation a template passed; throws kInvalidArgument naming `function` for anything else.
const Relation& RequireRelation(const jinja::Value& value, std::string_view function);

}  // namespace eider::dbt

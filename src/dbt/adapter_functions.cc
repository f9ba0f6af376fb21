// `adapter` in templates: Adapter::TemplateValue.

#include <algorithm>
#include <filesystem>
#include <map>

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"
#include "dbt/adapter.h"
#include "dbt/adapter_response.h"
#include "dbt/behavior_flags.h"
#include "dbt/column.h"
#include "dbt/constraints.h"
#include "dbt/decimal.h"
#include "dbt/external_files.h"
#include "dbt/macro_library.h"
#include "dbt/python_datetime.h"
#include "dbt/seed.h"

namespace eider::dbt {

using jinja::Arguments;
using jinja::BoundArguments;
using jinja::Dict;
using jinja::State;
using jinja::Value;
using jinja::ValueList;

namespace {

constexpr std::string_view kIncrementalStrategies[] = {"append", "delete+insert", "merge",
                                                       "microbatch"};

std::string SqlLiteral(const Value& value) {
  if (value.IsNone()) return "NULL";
  if (value.IsBool()) return value.AsBool() ? "true" : "false";
  bool is_number = value.IsNumber() || value.As<DecimalValue>() != nullptr;
  return is_number ? value.Str() : engine::QuoteLiteral(value.Str());
}

// `sql` with the values of `bindings` in place of its question marks, those in quotes left alone.
std::string Bind(const std::string& sql, const ValueList& bindings) {
  std::string out;
  size_t next = 0;
  char quote = 0;
  for (char c : sql) {
    if (quote) {
      if (c == quote) quote = 0;
    } else if (c == '\'' || c == '"') {
      quote = c;
    } else if (c == '?' && next < bindings.size()) {
      out += SqlLiteral(bindings[next++]);
      continue;
    }
    out += c;
  }
  return out;
}

class AdapterValue final : public jinja::Object {
 public:
  AdapterValue(Adapter& adapter, Connection& connection, const Node* node, std::string package,
               const MacroLibrary& macros)
      : adapter_(adapter),
        connection_(connection),
        node_(node),
        package_(std::move(package)),
        macros_(macros) {}

  std::string TypeName() const override { return "RuntimeDatabaseWrapper"; }

  std::optional<Value> GetAttribute(State&, std::string_view name) override {
    if (name == "Relation") return RelationClass(adapter_.config().quoting());
    if (name == "Column") return ColumnClass();
    if (name == "behavior") return BehaviorFlags(adapter_.config());
    if (name == "config") {
      return Value(Dict{{"project_name", Value(adapter_.config().project.name)}});
    }
    auto method = Methods().find(name);
    if (method == Methods().end()) return std::nullopt;
    auto self = std::static_pointer_cast<AdapterValue>(shared_from_this());
    return Value::Function(std::string(name),
                           [self, body = method->second](State& state, const Arguments& arguments) {
                             return (self.get()->*body)(state, arguments);
                           });
  }

  std::optional<Value> CallMethod(State& state, std::string_view name,
                                  const Arguments& arguments) override {
    auto method = Methods().find(name);
    if (method == Methods().end()) return std::nullopt;
    return (this->*method->second)(state, arguments);
  }

 private:
  using Method = Value (AdapterValue::*)(State&, const Arguments&);

  static const std::map<std::string_view, Method>& Methods() {
    static const std::map<std::string_view, Method> kMethods = {
        {"type", &AdapterValue::Type},
        {"dispatch", &AdapterValue::Dispatch},
        {"quote", &AdapterValue::Quote},
        {"quote_as_configured", &AdapterValue::QuoteAsConfigured},
        {"quote_seed_column", &AdapterValue::QuoteSeedColumn},
        {"escape_sql_string", &AdapterValue::EscapeSqlString},
        {"execute", &AdapterValue::Execute},
        {"add_query", &AdapterValue::AddQuery},
        {"commit", &AdapterValue::Commit},
        {"rollback", &AdapterValue::Rollback},
        {"clear_transaction", &AdapterValue::ClearTransaction},
        {"ensure_transaction", &AdapterValue::EnsureTransaction},
        {"disable_transactions", &AdapterValue::DisableTransactions},
        {"get_relation", &AdapterValue::GetRelation},
        {"load_relation", &AdapterValue::LoadRelation},
        {"list_relations", &AdapterValue::ListRelations},
        {"list_relations_without_caching", &AdapterValue::ListRelationsWithoutCaching},
        {"cache_added", &AdapterValue::CacheAdded},
        {"cache_dropped", &AdapterValue::CacheDropped},
        {"cache_renamed", &AdapterValue::CacheRenamed},
        {"check_schema_exists", &AdapterValue::CheckSchemaExists},
        {"list_schemas", &AdapterValue::ListSchemas},
        {"create_schema", &AdapterValue::CreateSchema},
        {"drop_schema", &AdapterValue::DropSchema},
        {"drop_relation", &AdapterValue::DropRelation},
        {"truncate_relation", &AdapterValue::TruncateRelation},
        {"rename_relation", &AdapterValue::RenameRelation},
        {"get_columns_in_relation", &AdapterValue::GetColumnsInRelation},
        {"get_columns_in_table", &AdapterValue::GetColumnsInTable},
        {"get_missing_columns", &AdapterValue::GetMissingColumns},
        {"expand_target_column_types", &AdapterValue::ExpandTargetColumnTypes},
        {"get_column_schema_from_query", &AdapterValue::GetColumnSchemaFromQuery},
        {"already_exists", &AdapterValue::AlreadyExists},
        {"get_rows_different_sql", &AdapterValue::GetRowsDifferentSql},
        {"convert_type", &AdapterValue::ConvertType},
        {"convert_datetimes_to_strs", &AdapterValue::ConvertDatetimesToStrs},
        {"standardize_grants_dict", &AdapterValue::StandardizeGrantsDict},
        {"render_raw_columns_constraints", &AdapterValue::RenderRawColumnsConstraints},
        {"render_raw_model_constraints", &AdapterValue::RenderRawModelConstraints},
        {"existing_key_constraint_types", &AdapterValue::ExistingKeyConstraintTypes},
        {"catalog_supports_foreign_keys", &AdapterValue::CatalogSupportsForeignKeys},
        {"valid_incremental_strategies", &AdapterValue::ValidIncrementalStrategies},
        {"get_incremental_strategy_macro", &AdapterValue::GetIncrementalStrategyMacro},
        {"get_hard_deletes_behavior", &AdapterValue::GetHardDeletesBehavior},
        {"valid_snapshot_target", &AdapterValue::ValidSnapshotTarget},
        {"assert_valid_snapshot_target_given_strategy", &AdapterValue::ValidSnapshotTarget},
        {"verify_database", &AdapterValue::VerifyDatabase},
        {"is_motherduck", &AdapterValue::No},
        {"is_ducklake", &AdapterValue::No},
        {"use_ducklake_table_workarounds", &AdapterValue::No},
        {"supports", &AdapterValue::No},
        {"is_iceberg", &AdapterValue::IsIceberg},
        {"get_seed_file_path", &AdapterValue::GetSeedFilePath},
        {"seed_query", &AdapterValue::SeedQueryText},
        {"load_seed", &AdapterValue::LoadSeed},
        {"location_exists", &AdapterValue::LocationExists},
        {"external_root", &AdapterValue::ExternalRoot},
        {"external_write_options", &AdapterValue::ExternalWriteOptions},
        {"external_read_location", &AdapterValue::ExternalReadLocation},
        {"get_binding_char", &AdapterValue::GetBindingChar},
        {"warn_once", &AdapterValue::WarnOnce},
        {"parse_index", &AdapterValue::ParseIndex},
        {"get_temp_relation_path", &AdapterValue::GetTempRelationPath},
        {"batch_id_for_model", &AdapterValue::BatchIdForModel},
        {"build_catalog_relation", &AdapterValue::BuildCatalogRelation},
    };
    return kMethods;
  }

  Value Type(State&, const Arguments&) { return Value(adapter_.config().adapter->type()); }

  Value Dispatch(State&, const Arguments& arguments) {
    BoundArguments bound("dispatch", arguments, {"macro_name", "macro_namespace", "packages"}, 1);
    std::string name = bound.String(0);
    if (size_t dot = name.find('.'); dot != name.npos) {
      throw Error(ErrorCode::kInvalidArgument,
                  "In adapter.dispatch, got a macro name of \"" + name +
                      "\", but \".\" is not a valid macro name component. Did you mean "
                      "`adapter.dispatch(\"" +
                      name.substr(dot + 1) + "\", macro_namespace=\"" + name.substr(0, dot) +
                      "\")`?");
    }
    std::optional<std::string> macro_namespace;
    if (bound.Has(1) && bound[1].IsString()) macro_namespace = bound[1].AsString();
    return macros_.Dispatch(name, macro_namespace, package_).callable;
  }

  Value Quote(State&, const Arguments& arguments) {
    BoundArguments bound("quote", arguments, {"identifier"}, 1);
    return Value(QuotedIdentifier(bound[0].Str()));
  }

  Value QuoteAsConfigured(State&, const Arguments& arguments) {
    BoundArguments bound("quote_as_configured", arguments, {"identifier", "quote_key"}, 2);
    Quoting quoting = adapter_.config().quoting();
    std::string key = bound[1].Str();
    bool quote = (key == "database" && quoting.database.value_or(true)) ||
                 (key == "schema" && quoting.schema.value_or(true)) ||
                 (key == "identifier" && quoting.identifier.value_or(true));
    return quote ? Value(QuotedIdentifier(bound[0].Str())) : bound[0];
  }

  Value QuoteSeedColumn(State&, const Arguments& arguments) {
    BoundArguments bound("quote_seed_column", arguments, {"column", "quote_config"}, 1);
    bool quote = !bound[1].IsBool() || bound[1].AsBool();
    return quote ? Value(QuotedIdentifier(bound[0].Str())) : bound[0];
  }

  Value EscapeSqlString(State&, const Arguments& arguments) {
    BoundArguments bound("escape_sql_string", arguments, {"value"}, 1);
    return Value(ReplaceAll(bound[0].Str(), "'", "''"));
  }

  Value Execute(State&, const Arguments& arguments) {
    BoundArguments bound("execute", arguments, {"sql", "auto_begin", "fetch", "limit"}, 1);
    std::shared_ptr<Table> table;
    bool auto_begin = bound.Bool(1) && adapter_.uses_transactions();
    AdapterResponse response =
        connection_.Execute(bound[0].Str(), auto_begin, bound.Bool(2), &table);
    return Value::Tuple({AdapterResponseValue::Make(std::move(response)), Value(table)});
  }

  Value AddQuery(State&, const Arguments& arguments) {
    BoundArguments bound("add_query", arguments,
                         {"sql", "auto_begin", "bindings", "abridge_sql_log"}, 1);
    std::string sql = bound[0].Str();
    if (bound.Has(2) && bound[2].Items()) sql = Bind(sql, *bound[2].Items());
    connection_.Execute(sql, bound.Bool(1, true), false);
    return Value::Tuple({Value(), Value()});
  }

  Value Commit(State&, const Arguments&) {
    connection_.Commit();
    return Value("");
  }
  Value Rollback(State&, const Arguments&) {
    connection_.Rollback();
    return Value("");
  }
  Value ClearTransaction(State&, const Arguments&) {
    connection_.Commit();
    return Value("");
  }
  Value EnsureTransaction(State&, const Arguments&) {
    if (!connection_.in_transaction()) connection_.Begin();
    return Value("");
  }
  Value DisableTransactions(State&, const Arguments&) {
    return Value(!adapter_.uses_transactions());
  }

  static Value OptionalRelation(std::optional<Relation> relation) {
    return relation ? RelationValue::Make(std::move(*relation)) : Value();
  }

  static Value RelationList(std::vector<Relation> relations) {
    ValueList out;
    for (auto& relation : relations) out.push_back(RelationValue::Make(std::move(relation)));
    return Value::List(std::move(out));
  }

  std::string DatabaseOr(const Value& database) const {
    return database.IsNone() || database.IsUndefined() ? adapter_.default_database()
                                                       : database.Str();
  }

  Value GetRelation(State&, const Arguments& arguments) {
    BoundArguments bound("get_relation", arguments, {"database", "schema", "identifier"}, 3);
    return OptionalRelation(
        adapter_.FindRelation(connection_, DatabaseOr(bound[0]), bound[1].Str(), bound[2].Str()));
  }

  Value LoadRelation(State&, const Arguments& arguments) {
    BoundArguments bound("load_relation", arguments, {"relation"}, 1);
    const Relation& relation = RequireRelation(bound[0], "load_relation");
    return OptionalRelation(
        adapter_.FindRelation(connection_, relation.database.value_or(adapter_.default_database()),
                              relation.schema.value_or(""), relation.identifier.value_or("")));
  }

  Value ListRelations(State&, const Arguments& arguments) {
    BoundArguments bound("list_relations", arguments, {"database", "schema"}, 2);
    std::string database = DatabaseOr(bound[0]);
    std::string schema = bound[1].Str();
    if (!adapter_.cache().HasSchema(database, schema)) {
      adapter_.CacheSchemas(connection_, {{database, schema}});
    }
    return RelationList(adapter_.cache().List(database, schema));
  }

  Value ListRelationsWithoutCaching(State&, const Arguments& arguments) {
    BoundArguments bound("list_relations_without_caching", arguments, {"schema_relation"}, 1);
    const Relation& schema = RequireRelation(bound[0], "list_relations_without_caching");
    return RelationList(
        adapter_.ListRelations(connection_, schema.database.value_or(adapter_.default_database()),
                               schema.schema.value_or("")));
  }

  Value CacheAdded(State&, const Arguments& arguments) {
    BoundArguments bound("cache_added", arguments, {"relation"}, 1);
    adapter_.cache().Add(RequireRelation(bound[0], "cache_added"));
    return Value("");
  }
  Value CacheDropped(State&, const Arguments& arguments) {
    BoundArguments bound("cache_dropped", arguments, {"relation"}, 1);
    adapter_.cache().Drop(RequireRelation(bound[0], "cache_dropped"));
    return Value("");
  }
  Value CacheRenamed(State&, const Arguments& arguments) {
    BoundArguments bound("cache_renamed", arguments, {"from_relation", "to_relation"}, 2);
    adapter_.cache().Rename(RequireRelation(bound[0], "cache_renamed"),
                            RequireRelation(bound[1], "cache_renamed"));
    return Value("");
  }

  Value CheckSchemaExists(State&, const Arguments& arguments) {
    BoundArguments bound("check_schema_exists", arguments, {"database", "schema"}, 2);
    auto schemas = adapter_.ListSchemas(connection_, DatabaseOr(bound[0]));
    std::string wanted = bound[1].Str();
    return Value(std::any_of(schemas.begin(), schemas.end(), [&](const std::string& schema) {
      return EqualsIgnoreCase(schema, wanted);
    }));
  }

  Value ListSchemas(State&, const Arguments& arguments) {
    BoundArguments bound("list_schemas", arguments, {"database"});
    ValueList names;
    for (auto& name : adapter_.ListSchemas(connection_, DatabaseOr(bound[0]))) {
      names.emplace_back(std::move(name));
    }
    return Value::List(std::move(names));
  }

  // The macro `name` as dbt itself calls it, so that projects can put their own in its place.
  Value CallMacro(State& state, std::string_view name, ValueList positional) {
    const MacroEntry* macro = macros_.Find(name, adapter_.config().project.name);
    if (!macro) {
      throw Error(ErrorCode::kNotFound, "dbt could not find a macro with the name \"" +
                                            std::string(name) + "\" in any package");
    }
    Arguments arguments;
    arguments.positional = std::move(positional);
    return state.Call(macro->callable, arguments);
  }

  static Value WithoutIdentifier(Relation relation) {
    relation.identifier.reset();
    relation.include_identifier = false;
    return RelationValue::Make(std::move(relation));
  }

  Value CreateSchema(State& state, const Arguments& arguments) {
    BoundArguments bound("create_schema", arguments, {"relation"}, 1);
    const Relation& relation = RequireRelation(bound[0], "create_schema");
    CallMacro(state, "create_schema", {WithoutIdentifier(relation)});
    connection_.Commit();
    return Value("");
  }

  Value DropSchema(State& state, const Arguments& arguments) {
    BoundArguments bound("drop_schema", arguments, {"relation"}, 1);
    const Relation& relation = RequireRelation(bound[0], "drop_schema");
    CallMacro(state, "drop_schema", {WithoutIdentifier(relation)});
    connection_.Commit();
    adapter_.cache().DropSchema(relation.database.value_or(adapter_.default_database()),
                                relation.schema.value_or(""));
    return Value("");
  }

  Value DropRelation(State& state, const Arguments& arguments) {
    BoundArguments bound("drop_relation", arguments, {"relation"}, 1);
    if (bound[0].IsNone()) return Value("");
    const Relation& relation = RequireRelation(bound[0], "drop_relation");
    if (!relation.type) {
      throw Error(ErrorCode::kInvalidArgument,
                  "Tried to drop relation " + relation.Render() + ", but its type is null.");
    }
    adapter_.cache().Drop(relation);
    CallMacro(state, "drop_relation", {bound[0]});
    return Value("");
  }

  Value TruncateRelation(State& state, const Arguments& arguments) {
    BoundArguments bound("truncate_relation", arguments, {"relation"}, 1);
    RequireRelation(bound[0], "truncate_relation");
    CallMacro(state, "truncate_relation", {bound[0]});
    return Value("");
  }

  Value RenameRelation(State& state, const Arguments& arguments) {
    BoundArguments bound("rename_relation", arguments, {"from_relation", "to_relation"}, 2);
    adapter_.cache().Rename(RequireRelation(bound[0], "rename_relation"),
                            RequireRelation(bound[1], "rename_relation"));
    CallMacro(state, "rename_relation", {bound[0], bound[1]});
    return Value("");
  }

  static Value ColumnList(const std::vector<std::pair<std::string, std::string>>& columns) {
    ValueList out;
    for (const auto& [name, type] : columns) out.push_back(ColumnValue::Make(name, type));
    return Value::List(std::move(out));
  }

  // A project's own version of a macro that is otherwise answered here.
  const MacroEntry* ProjectOverride(std::string_view name) const {
    for (const auto& prefix : adapter_.config().adapter->dispatch_prefixes()) {
      const auto* entry =
          macros_.FindInPackage(prefix + "__" + std::string(name), adapter_.config().project.name);
      if (entry) return entry;
    }
    return nullptr;
  }

  Value GetColumnsInRelation(State& state, const Arguments& arguments) {
    BoundArguments bound("get_columns_in_relation", arguments, {"relation"}, 1);
    const Relation& relation = RequireRelation(bound[0], "get_columns_in_relation");
    if (const auto* macro = ProjectOverride("get_columns_in_relation")) {
      Arguments call;
      call.positional = {bound[0]};
      return state.Call(macro->callable, call);
    }
    return ColumnList(adapter_.Columns(connection_, relation));
  }

  Value GetColumnsInTable(State&, const Arguments& arguments) {
    BoundArguments bound("get_columns_in_table", arguments, {"schema", "identifier"}, 2);
    Relation relation;
    relation.database = adapter_.default_database();
    relation.schema = bound[0].Str();
    relation.identifier = bound[1].Str();
    return ColumnList(adapter_.Columns(connection_, relation));
  }

  Value GetMissingColumns(State&, const Arguments& arguments) {
    BoundArguments bound("get_missing_columns", arguments, {"from_relation", "to_relation"}, 2);
    auto from = adapter_.Columns(connection_, RequireRelation(bound[0], "get_missing_columns"));
    auto to = adapter_.Columns(connection_, RequireRelation(bound[1], "get_missing_columns"));
    std::erase_if(from, [&](const auto& column) {
      return std::any_of(to.begin(), to.end(),
                         [&](const auto& other) { return other.first == column.first; });
    });
    return ColumnList(from);
  }

  // DuckDB's text has no width to expand.
  Value ExpandTargetColumnTypes(State&, const Arguments& arguments) {
    BoundArguments bound("expand_target_column_types", arguments, {"from_relation", "to_relation"},
                         2);
    RequireRelation(bound[0], "expand_target_column_types");
    RequireRelation(bound[1], "expand_target_column_types");
    return Value("");
  }

  Value GetColumnSchemaFromQuery(State&, const Arguments& arguments) {
    BoundArguments bound("get_column_schema_from_query", arguments, {"sql"}, 1);
    auto result = connection_.Query("DESCRIBE (" + bound[0].Str() + ")");
    std::vector<engine::Cell> row;
    ValueList columns;
    while (result->Next(row)) {
      for (auto& column : ColumnValue(row[0].text, row[1].text).Flatten()) {
        columns.push_back(std::move(column));
      }
    }
    return Value::List(std::move(columns));
  }

  Value AlreadyExists(State&, const Arguments& arguments) {
    BoundArguments bound("already_exists", arguments, {"schema", "name"}, 2);
    return Value(
        adapter_
            .FindRelation(connection_, adapter_.default_database(), bound[0].Str(), bound[1].Str())
            .has_value());
  }

  Value GetRowsDifferentSql(State&, const Arguments& arguments) {
    BoundArguments bound("get_rows_different_sql", arguments,
                         {"relation_a", "relation_b", "column_names", "except_operator"}, 2);
    const Relation& a = RequireRelation(bound[0], "get_rows_different_sql");
    const Relation& b = RequireRelation(bound[1], "get_rows_different_sql");
    std::vector<std::string> names;
    if (bound.Has(2) && bound[2].Items()) {
      for (const auto& name : *bound[2].Items()) names.push_back(QuotedIdentifier(name.Str()));
    } else {
      for (const auto& [name, type] : adapter_.Columns(connection_, a)) {
        names.push_back(QuotedIdentifier(name));
      }
    }
    std::sort(names.begin(), names.end());
    std::string columns = Join(names, ", ");
    std::string except = bound.String(3, "EXCEPT");
    auto missing = [&](const Relation& from, const Relation& other) {
      return "(SELECT " + columns + " FROM " + from.Render() + " " + except + " SELECT " + columns +
             " FROM " + other.Render() + ")";
    };
    return Value("SELECT (SELECT count(*) FROM " + a.Render() + ") - (SELECT count(*) FROM " +
                 b.Render() + ") AS row_count_difference, (SELECT count(*) FROM (" + missing(a, b) +
                 " UNION ALL " + missing(b, a) + ")) AS num_mismatched");
  }

  static const Table& RequireTable(const Value& value, std::string_view function) {
    const auto* table = value.As<Table>();
    if (!table) {
      throw Error(ErrorCode::kInvalidArgument,
                  std::string(function) + "() takes a table, not " + value.TypeName());
    }
    return *table;
  }

  Value ConvertType(State&, const Arguments& arguments) {
    BoundArguments bound("convert_type", arguments, {"agate_table", "col_idx"}, 2);
    const Table& table = RequireTable(bound[0], "convert_type");
    auto index = static_cast<size_t>(bound.Int(1));
    if (index >= table.column_types().size()) {
      throw Error(ErrorCode::kInvalidArgument,
                  "convert_type(): there is no column " + std::to_string(index) + " in the table");
    }
    return Value(table.column_types()[index]);
  }

  Value ConvertDatetimesToStrs(State&, const Arguments& arguments) {
    BoundArguments bound("convert_datetimes_to_strs", arguments, {"table"}, 1);
    const Table& table = RequireTable(bound[0], "convert_datetimes_to_strs");
    auto rows = table.rows();
    for (auto& row : rows) {
      for (Value& value : row) {
        const auto* datetime = value.As<PythonDatetime>();
        if (datetime && !datetime->date_only()) value = Value(datetime->Str());
      }
    }
    return Value(
        std::make_shared<Table>(table.column_names(), table.column_types(), std::move(rows)));
  }

  Value StandardizeGrantsDict(State& state, const Arguments& arguments) {
    BoundArguments bound("standardize_grants_dict", arguments, {"grants_table"}, 1);
    Dict grants;
    for (const auto& row : bound[0].Iterate()) {
      Value privilege = state.GetItem(row, Value("privilege_type"));
      Value* grantees = grants.Find(privilege);
      if (!grantees) {
        grants.Set(privilege, Value::List());
        grantees = grants.Find(privilege);
      }
      grantees->AsList().push_back(state.GetItem(row, Value("grantee")));
    }
    return Value(std::move(grants));
  }

  bool OnIceberg() const { return node_ && adapter_.IsIceberg(node_->database); }

  Value RenderRawColumnsConstraints(State&, const Arguments& arguments) {
    BoundArguments bound("render_raw_columns_constraints", arguments, {"raw_columns"}, 1);
    ValueList out;
    for (auto& text : RenderColumnConstraints(bound[0].ToJson(), OnIceberg(), Warnings())) {
      out.emplace_back(std::move(text));
    }
    return Value::List(std::move(out));
  }

  Value RenderRawModelConstraints(State&, const Arguments& arguments) {
    BoundArguments bound("render_raw_model_constraints", arguments, {"raw_constraints"}, 1);
    ValueList out;
    for (auto& text : RenderModelConstraints(bound[0].ToJson(), OnIceberg(), Warnings())) {
      out.emplace_back(std::move(text));
    }
    return Value::List(std::move(out));
  }

  std::function<void(const std::string&)> Warnings() {
    return [this](const std::string& message) { adapter_.WarnOnce(message); };
  }

  Value CatalogSupportsForeignKeys(State&, const Arguments& arguments) {
    BoundArguments bound("catalog_supports_foreign_keys", arguments, {"database"}, 1);
    return Value(!adapter_.IsIceberg(DatabaseOr(bound[0])));
  }

  Value ExistingKeyConstraintTypes(State&, const Arguments& arguments) {
    BoundArguments bound("existing_key_constraint_types", arguments, {"relation"}, 1);
    const Relation& relation = RequireRelation(bound[0], "existing_key_constraint_types");
    if (adapter_.IsIceberg(relation.database)) return Value::List();
    auto literal = [](const std::optional<std::string>& text) {
      return engine::QuoteLiteral(Lower(text.value_or("")));
    };
    auto result = connection_.Query(
        "SELECT DISTINCT replace(lower(constraint_type), ' ', '_') FROM duckdb_constraints() WHERE "
        "lower(database_name) = " +
        literal(relation.database) + " AND lower(schema_name) = " + literal(relation.schema) +
        " AND lower(table_name) = " + literal(relation.identifier) +
        " AND constraint_type IN ('PRIMARY KEY', 'UNIQUE', 'FOREIGN KEY') ORDER BY 1");
    ValueList types;
    std::vector<engine::Cell> row;
    while (result->Next(row)) types.emplace_back(row[0].text);
    return Value::List(std::move(types));
  }

  Value ValidIncrementalStrategies(State&, const Arguments&) {
    ValueList out;
    for (auto strategy : kIncrementalStrategies) {
      if (OnIceberg() && strategy != "append") continue;
      out.emplace_back(strategy);
    }
    return Value::List(std::move(out));
  }

  Value GetIncrementalStrategyMacro(State&, const Arguments& arguments) {
    BoundArguments bound("get_incremental_strategy_macro", arguments, {"model_context", "strategy"},
                         2);
    std::string strategy = bound[1].IsNone() ? "default" : bound[1].Str();
    bool built_in = strategy == "insert_overwrite" ||
                    std::find(std::begin(kIncrementalStrategies), std::end(kIncrementalStrategies),
                              strategy) != std::end(kIncrementalStrategies);
    if (strategy == "insert_overwrite") {
      throw Error(ErrorCode::kInvalidArgument,
                  "The incremental strategy 'insert_overwrite' is not valid for this adapter");
    }
    if (OnIceberg() && built_in && strategy != "append") {
      throw Error(ErrorCode::kUnsupported,
                  "The incremental strategy '" + strategy + "' of " + node_->name +
                      " changes rows in place, which Iceberg tables do not take yet")
          .WithHint(
              "Use incremental_strategy: append, materialized: table, or run with --full-refresh.");
    }
    std::string macro_name = "get_incremental_" + ReplaceAll(strategy, "+", "_") + "_sql";
    const MacroEntry* macro = macros_.Find(macro_name, package_);
    if (!macro) {
      throw Error(ErrorCode::kNotFound,
                  "dbt could not find an incremental strategy macro with the name \"" + macro_name +
                      "\" in " + adapter_.config().project.name);
    }
    return macro->callable;
  }

  Value GetHardDeletesBehavior(State& state, const Arguments& arguments) {
    BoundArguments bound("get_hard_deletes_behavior", arguments, {"config"}, 1);
    auto option = [&](const char* name) {
      Arguments call;
      call.positional = {Value(name), Value()};
      return state.CallMethod(bound[0], "get", call);
    };
    Value invalidate = option("invalidate_hard_deletes");
    Value behavior = option("hard_deletes");
    if (!invalidate.IsNone() && !behavior.IsNone()) {
      throw Error(ErrorCode::kInvalidArgument,
                  "You cannot set both the invalidate_hard_deletes and hard_deletes config "
                  "properties on the same snapshot.");
    }
    if (invalidate.Truthy()) return Value("invalidate");
    if (behavior.IsNone()) return Value("ignore");
    std::string name = behavior.Str();
    if (name != "invalidate" && name != "new_record" && name != "ignore") {
      throw Error(ErrorCode::kInvalidArgument, "Invalid setting for property hard_deletes.");
    }
    return behavior;
  }

  Value ValidSnapshotTarget(State&, const Arguments& arguments) {
    BoundArguments bound("valid_snapshot_target", arguments,
                         {"relation", "column_names", "strategy"}, 1);
    auto columns =
        adapter_.Columns(connection_, RequireRelation(bound[0], "valid_snapshot_target"));
    std::vector<std::string> missing;
    for (const char* column : {"dbt_scd_id", "dbt_valid_from", "dbt_valid_to"}) {
      std::string wanted = column;
      if (bound[1].IsDict()) {
        if (const Value* renamed = bound[1].AsDict().Find(std::string_view(column)))
          wanted = renamed->Str();
      }
      bool found = std::any_of(columns.begin(), columns.end(), [&](const auto& existing) {
        return EqualsIgnoreCase(existing.first, wanted);
      });
      if (!found) missing.push_back(wanted);
    }
    if (!missing.empty()) {
      throw Error(ErrorCode::kInvalidArgument,
                  "Snapshot target is missing configured columns (missing \"" +
                      Join(missing, "\", \"") + "\"). See the snapshot's documentation.");
    }
    return Value("");
  }

  Value VerifyDatabase(State&, const Arguments& arguments) {
    BoundArguments bound("verify_database", arguments, {"database"}, 1);
    return bound[0];
  }

  Value No(State&, const Arguments&) { return Value(false); }

  Value IsIceberg(State&, const Arguments& arguments) {
    BoundArguments bound("is_iceberg", arguments, {"relation"}, 1);
    if (bound[0].IsNone()) return Value(false);
    return Value(adapter_.IsIceberg(RequireRelation(bound[0], "is_iceberg").database));
  }

  const Node& RequireSeed(std::string_view function) const {
    if (!node_ || node_->type != NodeType::kSeed) {
      throw Error(ErrorCode::kInvalidArgument,
                  "adapter." + std::string(function) + "() is for seeds only");
    }
    return *node_;
  }

  Value GetSeedFilePath(State& state, const Arguments& arguments) {
    BoundArguments bound("get_seed_file_path", arguments, {"model"}, 1);
    if (node_ && node_->type == NodeType::kSeed) return Value(SeedPath(*node_).string());
    std::filesystem::path root = state.GetItem(bound[0], Value("root_path")).Str();
    return Value((root / state.GetItem(bound[0], Value("original_file_path")).Str()).string());
  }

  Value SeedQueryText(State&, const Arguments&) {
    const Node& node = RequireSeed("seed_query");
    return Value(SeedQuery(node, InferSeed(node)));
  }

  Value LoadSeed(State&, const Arguments& arguments) {
    BoundArguments bound("load_seed", arguments, {"model", "relation"}, 2);
    const Node& node = RequireSeed("load_seed");
    const Relation& relation = RequireRelation(bound[1], "load_seed");
    SeedSchema schema = InferSeed(node);
    connection_.Execute(
        "CREATE OR REPLACE TABLE " + relation.Render() + " AS " + SeedQuery(node, schema), true,
        false);
    return Value(schema.row_count);
  }

  Value LocationExists(State&, const Arguments& arguments) {
    BoundArguments bound("location_exists", arguments, {"location"}, 1);
    try {
      connection_.Query("SELECT 1 FROM " + engine::QuoteLiteral(bound[0].Str()) + " WHERE 1=0");
      return Value(true);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kInterrupted) throw;
      return Value(false);
    }
  }

  Value ExternalRoot(State&, const Arguments&) { return Value(adapter_.external_root()); }

  Value ExternalWriteOptions(State&, const Arguments& arguments) {
    BoundArguments bound("external_write_options", arguments,
                         {"write_location", "rendered_options"}, 2);
    return Value(RenderWriteOptions(bound[0].Str(), bound[1].AsDict()));
  }

  Value ExternalReadLocation(State&, const Arguments& arguments) {
    BoundArguments bound("external_read_location", arguments,
                         {"write_location", "rendered_options"}, 2);
    return Value(RenderReadLocation(bound[0].Str(), bound[1].AsDict()));
  }

  Value GetBindingChar(State&, const Arguments&) { return Value("?"); }

  Value WarnOnce(State&, const Arguments& arguments) {
    BoundArguments bound("warn_once", arguments, {"msg"}, 1);
    adapter_.WarnOnce(bound[0].Str());
    return Value("");
  }

  Value ParseIndex(State&, const Arguments& arguments) {
    BoundArguments bound("parse_index", arguments, {"raw_index"}, 1);
    if (bound[0].IsNone()) return Value();
    if (!bound[0].IsDict()) {
      throw Error(ErrorCode::kInvalidArgument,
                  "an index must be a mapping with `columns`, not " + bound[0].Repr());
    }
    const Dict& raw = bound[0].AsDict();
    const Value* columns = raw.Find(std::string_view("columns"));
    if (!columns || !columns->Items()) {
      throw Error(ErrorCode::kInvalidArgument, "an index needs `columns`, a list of names");
    }
    Dict index;
    Value unique = raw.Get("unique", Value(false));
    index.Set(Value("columns"), *columns);
    index.Set(Value("unique"), unique);
    std::string parts;
    for (const auto& column : *columns->Items()) parts += column.Str() + "_";
    index.Set(Value("render"),
              Value::Function("render", [parts, unique](State&, const Arguments& arguments) {
                BoundArguments inner("render", arguments, {"relation"}, 1);
                return Value(Md5Hex(parts + inner[0].Str() + "_" + unique.Str()));
              }));
    return Value(std::move(index));
  }

  Value GetTempRelationPath(State& state, const Arguments& arguments) {
    BoundArguments bound("get_temp_relation_path", arguments, {"model", "batch_id"}, 1);
    Value identifier = state.GetAttribute(bound[0], "identifier");
    return Value(Dict{{"database", state.GetAttribute(bound[0], "database")},
                      {"schema", Value("dbt_temp")},
                      {"identifier", Value(identifier.Str() + "__temp")}});
  }

  Value BatchIdForModel(State&, const Arguments&) { return Value(""); }

  Value BuildCatalogRelation(State&, const Arguments&) { return Value(); }

  Adapter& adapter_;
  Connection& connection_;
  const Node* node_;
  std::string package_;
  const MacroLibrary& macros_;
};

}  // namespace

Value Adapter::TemplateValue(Connection& connection, const Node* node, std::string package,
                             const MacroLibrary& macros) {
  return Value(std::make_shared<AdapterValue>(*this, connection, node, std::move(package), macros));
}

}  // namespace eider::dbt

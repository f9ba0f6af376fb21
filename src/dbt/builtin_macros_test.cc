#include "dbt/builtin_macros.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/error.h"
#include "base/text.h"
#include "dbt/base_context.h"
#include "dbt/behavior_flags.h"
#include "dbt/context.h"
#include "dbt/environment.h"
#include "dbt/macro_library.h"

namespace eider::dbt {
namespace {

using jinja::Arguments;
using jinja::BoundArguments;
using jinja::Dict;
using jinja::State;
using jinja::Value;
using testing::HasSubstr;
using testing::IsEmpty;

// The built-in macros as a project without macros of its own sees them.
class BuiltinMacros {
 public:
  explicit BuiltinMacros(const std::string& type = "duckdb", Json flags = Json::object()) {
    auto config = std::make_shared<Config>();
    config->project.flags = std::move(flags);
    config->project.name = "shop";
    config->target.type = type;
    config->target.schema = "main";
    config->target.target_name = "dev";
    config->adapter = MakeAdapterTraits(config->target);
    library_ = std::make_shared<MacroLibrary>(config);
    for (const auto& source : Sources()) {
      for (const auto& info : source.compiled->Macros()) {
        Macro macro;
        macro.name = info.name;
        macro.package_name = source.package;
        macro.unique_id = "macro." + macro.package_name + "." + macro.name;
        auto [place, fresh] = macros_.emplace(macro.unique_id, macro);
        if (!fresh) repeated_.push_back(macro.unique_id);
        library_->Add(place->second, source.compiled, info);
      }
    }
  }

  struct Source {
    std::string package;
    std::shared_ptr<const jinja::Template> compiled;
  };
  // Compiled once for all tests.
  static const std::vector<Source>& Sources() {
    static const std::vector<Source> sources = [] {
      std::vector<Source> out;
      for (const auto& file : BuiltinMacroFiles()) {
        if (!file.path.ends_with(".sql")) continue;
        out.push_back({std::string(file.package),
                       RunEnvironment().Compile(std::string(file.text), std::string(file.path))});
      }
      return out;
    }();
    return sources;
  }

  const MacroLibrary& library() const { return *library_; }
  const std::vector<std::string>& repeated() const { return repeated_; }

  // Whether relations are in an Iceberg warehouse.
  bool iceberg = false;
  // The config of the model.
  Dict config;

  // What `text` renders to, each run of white space as one space.
  std::string Render(const std::string& text) const {
    Context context(library_, "shop");
    context.Set("adapter", Value(Adapter()));
    context.Set("api", Value(Dict{{"Column", Value(ColumnClass())}}));
    context.Set("modules", MakeModules());
    context.Set("execute", Value(true));
    context.Set(
        "try_or_compiler_error",
        Value::Function("try_or_compiler_error", [](State& state, const Arguments& arguments) {
          const auto& all = arguments.positional;
          return state.Call(all[1], {{all.begin() + 2, all.end()}, {}});
        }));
    context.Set("config", Value(config));
    context.Set("model", Value(Dict{{"unique_id", Value("model.shop.orders")}}));
    context.Set(
        "target",
        Value(Dict{{"schema", Value("main")}, {"name", Value("dev")}, {"database", Value("db")}}));
    context.Set("exceptions",
                Value(Dict{{"raise_compiler_error",
                            Value::Function("raise_compiler_error",
                                            [](State&, const Arguments& arguments) -> Value {
                                              throw Error(ErrorCode::kInvalidArgument,
                                                          arguments.positional[0].Str());
                                            })}}));
    std::string rendered = RunEnvironment().Compile(text, "test.sql")->Render(context);
    std::string out;
    for (char c : rendered) {
      bool space = std::isspace(static_cast<unsigned char>(c));
      if (!space) {
        out += c;
      } else if (!out.empty() && out.back() != ' ') {
        out += ' ';
      }
    }
    if (!out.empty() && out.back() == ' ') out.pop_back();
    return out;
  }

 private:
  Dict Adapter() const {
    auto constant = [](const char* name, Value value) {
      return Value::Function(name, [value](State&, const Arguments&) { return value; });
    };
    return Dict{
        {"type", constant("type", Value(library_->config().target.type))},
        {"is_iceberg", constant("is_iceberg", Value(iceberg))},
        {"is_ducklake", constant("is_ducklake", Value(false))},
        {"warn_once", constant("warn_once", Value(""))},
        {"behavior", BehaviorFlags(library_->config())},
        {"quote", Value::Function("quote",
                                  [](State&, const Arguments& arguments) {
                                    return Value('"' + arguments.positional[0].Str() + '"');
                                  })},
        {"dispatch", Value::Function("dispatch",
                                     [this](State&, const Arguments& arguments) {
                                       return library_
                                           ->Dispatch(arguments.positional[0].Str(),
                                                      arguments.positional[1].Str(), "shop")
                                           .callable;
                                     })},
    };
  }

  static Dict ColumnClass() {
    return Dict{
        {"translate_type", Value::Function("translate_type",
                                           [](State&, const Arguments& arguments) {
                                             std::string label = arguments.positional[0].Str();
                                             return Value(label == "string" ? "TEXT" : label);
                                           })},
        {"numeric_type", Value::Function("numeric_type",
                                         [](State&, const Arguments& arguments) {
                                           return Value(arguments.positional[0].Str() + "(" +
                                                        arguments.positional[1].Str() + "," +
                                                        arguments.positional[2].Str() + ")");
                                         })},
    };
  }

  std::shared_ptr<MacroLibrary> library_;
  std::map<std::string, Macro> macros_;
  std::vector<std::string> repeated_;
};

// What a dbt 1.11 project may call or override, apart from the macros of unit tests, functions and
// Python models.
constexpr std::string_view kPublicNames = R"(
  after_commit alter_column_comment alter_column_type alter_relation_add_remove_columns
  alter_relation_comment any_value apply_grants array_append array_concat array_construct
  assert_columns_equivalent before_begin bool_or build_snapshot_staging_table build_snapshot_table
  call_dcl_statements can_clone_table cast cast_bool_to_text check_for_schema_changes
  check_schema_exists check_time_data_types collect_freshness collect_freshness_custom_sql concat
  convert_datetime copy_grants create_columns create_csv_table create_indexes
  create_or_replace_clone create_or_replace_view create_schema create_table_as create_view_as
  current_timestamp current_timestamp_backcompat current_timestamp_in_utc_backcompat date date_spine
  date_trunc dateadd datediff dates_in_range default_last_day diff_column_data_types diff_columns
  drop_indexes_on_relation drop_materialized_view drop_relation drop_relation_if_exists drop_schema
  drop_schema_named drop_table drop_view duckdb_escape_comment equals escape_single_quotes except
  external_location format_columns generate_alias_name generate_database_name
  generate_latest_version_pointer_alias generate_schema_name generate_schema_name_for_env
  generate_series get_alter_materialized_view_as_sql get_assert_columns_equivalent get_batch_size
  get_binding_char get_catalog get_catalog_for_single_relation get_catalog_relations
  get_column_names get_column_schema_from_query get_columns_in_query get_columns_in_relation
  get_create_backup_sql get_create_index_sql get_create_intermediate_sql
  get_create_materialized_view_as_sql get_create_sql get_create_table_as_sql get_create_view_as_sql
  get_csv_sql get_dbt_valid_to_current get_dcl_statement_list get_delete_insert_merge_sql
  get_drop_backup_sql get_drop_index_sql get_drop_sql get_empty_schema_sql get_empty_subquery_sql
  get_grant_sql get_incremental_append_sql get_incremental_default_sql
  get_incremental_delete_insert_sql get_incremental_insert_overwrite_sql get_incremental_merge_sql
  get_incremental_microbatch_sql get_insert_into_sql get_insert_overwrite_merge_sql
  get_intervals_between get_limit_subquery_sql get_list_of_column_names
  get_materialized_view_configuration_changes get_merge_sql get_merge_unique_key_match
  get_merge_update_columns get_or_create_relation get_powers_of_two get_quoted_csv
  get_relation_last_modified get_relations get_rename_intermediate_sql
  get_rename_materialized_view_sql get_rename_sql get_rename_table_sql get_rename_view_sql
  get_replace_materialized_view_sql get_replace_sql get_replace_table_sql get_replace_view_sql
  get_revoke_sql get_seed_column_quoted_csv get_select_subquery get_show_grant_sql
  get_show_indexes_sql get_show_sql get_snapshot_get_time_data_type get_snapshot_table_column_names
  get_table_columns_and_constraints get_test_sql get_true_sql get_updated_at_column_data_type
  get_where_subquery handle_existing_table hash in_transaction
  incremental_validate_on_schema_change information_schema_name intersect is_core_v2 is_incremental
  last_day length list_function_relations_without_caching list_relations_without_caching
  list_schemas listagg load_cached_relation load_csv_rows load_relation location_exists
  make_backup_relation make_hook_config make_intermediate_relation make_temp_relation
  materialization_clone_default materialization_external_duckdb materialization_incremental_default
  materialization_incremental_duckdb materialization_materialized_view_default
  materialization_seed_default materialization_snapshot_default
  materialization_table_default materialization_table_duckdb
  materialization_table_function_duckdb materialization_test_default materialization_view_default
  materialized_view_execute_build_sql materialized_view_execute_no_op
  materialized_view_get_build_sql materialized_view_setup materialized_view_teardown
  merge_clause_defaults noop_statement normalize_incremental_predicates normalize_string_or_list
  partition_range persist_docs position post_snapshot process_schema_changes py_current_timestring
  refresh_materialized_view register_upstream_external_models rename_relation render_write_options
  replace reset_csv_table resolve_model_name right run_hooks run_query safe_cast set_sql_header
  should_full_refresh should_revoke should_store_failures snapshot_check_all_get_existing_columns
  snapshot_check_strategy snapshot_get_time snapshot_hash_arguments snapshot_merge_sql
  snapshot_staging_table snapshot_string_as_time snapshot_timestamp_strategy split_part
  sql_convert_columns_in_relation statement strategy_dispatch string_literal
  support_multiple_grantees_per_dcl_statement sync_column_schemas table_columns_and_constraints
  test_accepted_values test_not_null test_relationships test_unique truncate_relation type_bigint
  type_boolean type_float type_int type_numeric type_string type_timestamp unique_key_fields
  unique_key_is_not_null unique_key_is_null unique_key_join_on validate_doc_columns
  validate_merge_config validate_sql write_to_file _split_part_negative
)";

std::vector<std::string> Words(std::string_view text) {
  std::vector<std::string> words(1);
  for (char c : text) {
    if (!std::isspace(static_cast<unsigned char>(c))) {
      words.back() += c;
    } else if (!words.back().empty()) {
      words.emplace_back();
    }
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

TEST(BuiltinMacrosTest, HoldsWhatProjectsCallAndOverride) {
  BuiltinMacros macros;
  EXPECT_THAT(macros.repeated(), IsEmpty());
  std::vector<std::string> missing;
  for (const auto& name : Words(kPublicNames)) {
    if (!macros.library().FindInPackage(name, "dbt")) missing.push_back(name);
  }
  EXPECT_THAT(missing, IsEmpty());
}

TEST(BuiltinMacrosTest, EveryDispatchFindsAnImplementation) {
  for (const char* type : {"duckdb", "eider"}) {
    BuiltinMacros macros(type);
    int dispatches = 0;
    for (const auto& source : BuiltinMacros::Sources()) {
      source.compiled->VisitCalls([&](const jinja::CallSite& call) {
        if (call.function != "adapter.dispatch" || !call.constant) return;
        ++dispatches;
        EXPECT_NO_THROW(
            macros.library().Dispatch(call.arguments.positional[0].AsString(), "dbt", "shop"))
            << source.compiled->name() << ":" << call.line;
      });
    }
    EXPECT_GT(dispatches, 100);
  }
}

TEST(BuiltinMacrosTest, EveryMacroThatIsCalledExists) {
  // What dbt's context gives besides macros, and the parameters and variables that hold macros.
  const std::set<std::string> given = {"caller",
                                       "doc",
                                       "env_var",
                                       "fromjson",
                                       "load_agate_table",
                                       "load_result",
                                       "log",
                                       "namespace",
                                       "print",
                                       "range",
                                       "ref",
                                       "render",
                                       "return",
                                       "source",
                                       "store_raw_result",
                                       "store_result",
                                       "submit_python_job",
                                       "tojson",
                                       "try_or_compiler_error",
                                       "var",
                                       "write",
                                       "diff_of_two_dicts",
                                       "dict",
                                       "zip",
                                       "get_dcl_macro",
                                       "implementation",
                                       "strategy"};
  BuiltinMacros macros;
  for (const auto& source : BuiltinMacros::Sources()) {
    source.compiled->VisitCalls([&](const jinja::CallSite& call) {
      std::string name = call.function;
      if (name.starts_with("dbt.")) name = name.substr(4);
      if (name.empty() || name.find('.') != name.npos || given.contains(name)) return;
      EXPECT_TRUE(macros.library().FindInPackage(name, "dbt"))
          << source.compiled->name() << ":" << call.line << " calls " << name;
    });
  }
}

struct Rendering {
  const char* text;
  const char* expected;
};

TEST(BuiltinMacrosTest, WritesSqlAsDuckDbHasIt) {
  const Rendering renderings[] = {
      {"{{ dbt.dateadd('day', 3, 'd') }}", "(d + cast(3 as bigint) * interval 1 day)"},
      {"{{ dbt.dateadd('quarter', '-1', 'd') }}",
       "(d + cast(-1 as bigint) * 3 * interval 1 month)"},
      {"{{ dbt.dateadd('WEEK', 'n', 'd') }}", "(d + cast(n as bigint) * 7 * interval 1 day)"},
      {"{{ dbt.datediff('a', 'b', 'hour') }}", "(date_diff('hour', a::timestamp, b::timestamp))"},
      {"{{ dbt.datediff('a', 'b', 'week') }}",
       "((date_diff('day', a::timestamp, b::timestamp)) // 7 + case when date_part('dow', "
       "(a)::timestamp) <= date_part('dow', (b)::timestamp) then case when a <= b then 0 else -1 "
       "end else case when a <= b then 1 else 0 end end)"},
      {"{{ dbt.date_trunc('month', 'd') }}", "date_trunc('month', d)"},
      {"{{ dbt.last_day('d', 'month') }}",
       "cast(((date_trunc('month', d) + cast(1 as bigint) * interval 1 month) + cast(-1 as bigint) "
       "* interval 1 day) as date)"},
      {"{{ dbt.last_day('d', 'quarter') }}",
       "cast(((date_trunc('quarter', d) + cast(3 as bigint) * interval 1 month) + cast(-1 as "
       "bigint) * interval 1 day) as date)"},
      {"{{ dbt.date(2026, 2, 3) }}", "make_date(2026, 2, 3)"},
      {"{{ dbt.hash('x') }}", "md5(cast(x as TEXT))"},
      {"{{ dbt.concat(['a', 'b']) }}", "a || b"},
      {"{{ dbt.length('x') }}", "length(x)"},
      {"{{ dbt.position('a', 'b') }}", "position(a in b)"},
      {"{{ dbt.replace('f', 'o', 'n') }}", "replace(f, o, n)"},
      {"{{ dbt.right('f', 2) }}", "right(f, 2)"},
      {"{{ dbt.split_part('f', \"'|'\", 2) }}", "string_split(f, '|')[ 2 ]"},
      {"{{ dbt.string_literal(dbt.escape_single_quotes(\"it's\")) }}", "'it''s'"},
      {"{{ dbt.cast('f', 'int') }} {{ dbt.safe_cast('f', 'int') }}",
       "cast(f as int) cast(f as int)"},
      {"{{ dbt.cast_bool_to_text('f') }}", "cast(f as TEXT)"},
      {"{{ dbt.any_value('f') }} {{ dbt.bool_or('f') }}", "arbitrary(f) bool_or(f)"},
      {"{{ dbt.listagg('f') }}", "string_agg(f, ',')"},
      {"{{ dbt.listagg('f', \"'; '\", 'order by g', 2) }}",
       "list_aggr((array_agg(f order by g))[1:2], 'string_agg', '; ')"},
      {"{{ dbt.array_construct([1, 2]) }} {{ dbt.array_construct() }}",
       "array[ 1 , 2 ] array[]::integer[]"},
      {"{{ dbt.array_append('a', 1) }} {{ dbt.array_concat('a', 'b') }}",
       "array_append(a, 1) array_cat(a, b)"},
      {"a {{ dbt.except() }} b {{ dbt.intersect() }} c", "a except b intersect c"},
      {"{{ dbt.equals('a', 'b') }}", "(a = b)"},
      {"{{ dbt.type_string() }} {{ dbt.type_numeric() }} {{ dbt.type_int() }}",
       "TEXT numeric(28,6) integer"},
      {"{{ dbt.current_timestamp() }} {{ dbt.snapshot_get_time() }}", "now() now()::timestamp"},
      {"{{ dbt.generate_series(5) }}",
       "select generate_series as generated_number from generate_series(1, 5)"},
      {"{{ dbt.get_powers_of_two(1000) }} {{ dbt.get_powers_of_two(1) }}", "10 1"},
      {"{{ partition_range('20260130,20260201') | join(' ') }}", "20260130 20260131 20260201"},
  };
  BuiltinMacros macros;
  for (const auto& [text, expected] : renderings) {
    EXPECT_EQ(macros.Render(text), expected) << text;
  }
}

TEST(BuiltinMacrosTest, DefaultsServeOtherDatabases) {
  BuiltinMacros macros;
  EXPECT_EQ(macros.Render("{{ default__listagg('f', \"','\", 'order by g', 2) }}"),
            "array_to_string(array_slice(array_agg(f) within group (order by g), 0, 2), ',')");
  EXPECT_EQ(macros.Render("{{ default__datediff('a', 'b', 'day') }}"), "datediff(day, a, b)");
  EXPECT_EQ(macros.Render("{{ default__date(2026, 2, 3) }}"),
            "to_date('2026-02-03', 'YYYY-MM-DD')");
  EXPECT_EQ(macros.Render("{{ default__generate_series(4) }}"),
            "with p as ( select 0 as generated_number union all select 1 ), unioned as ( select "
            "p0.generated_number * power(2, 0) + p1.generated_number * power(2, 1) + 1 as "
            "generated_number from p as p0 cross join p as p1 ) select * from unioned where "
            "generated_number <= 4 order by generated_number");
}

TEST(BuiltinMacrosTest, NullsAreEqualWhereTheProjectSaysSo) {
  BuiltinMacros macros("duckdb", {{"enable_truthy_nulls_equals_macro", true}});
  EXPECT_EQ(macros.Render("{{ dbt.equals('a', 'b') }}"),
            "case when (a = b) or (a is null and b is null) then 0 else 1 end = 0");
}

TEST(BuiltinMacrosTest, NamesSchemasAndAliases) {
  BuiltinMacros macros;
  EXPECT_EQ(macros.Render("{{ generate_schema_name(none) }} {{ generate_schema_name(' x ') }}"),
            "main main_x");
  EXPECT_EQ(macros.Render("{{ generate_schema_name_for_env('x', none) }}"), "main");
  EXPECT_EQ(macros.Render("{{ generate_database_name() }} {{ generate_database_name('y') }}"),
            "db y");
  EXPECT_EQ(macros.Render("{{ generate_alias_name(none, {'name': 'a'}) }} "
                          "{{ generate_alias_name('b', {'name': 'a'}) }} "
                          "{{ generate_alias_name(none, {'name': 'a', 'version': 1.5}) }}"),
            "a b a_v1_5");
}

TEST(BuiltinMacrosTest, GenericTestsSelectTheRowsThatFail) {
  BuiltinMacros macros;
  macros.config.Set("store_failures", Value(false));
  EXPECT_EQ(macros.Render("{{ test_not_null('t', 'c') }}"), "select c from t where c is null");
  EXPECT_EQ(macros.Render("{{ test_accepted_values('t', 'c', ['a', 'b']) }}"),
            "with all_values as ( select c as value_field, count(*) as n_records from t group by c "
            ") select * from all_values where value_field not in ('a','b')");
  EXPECT_EQ(macros.Render("{{ get_test_sql('select 1', 'count(*)', '!= 0', '> 5', none) }}"),
            "select count(*) as failures, count(*) != 0 as should_warn, count(*) > 5 as "
            "should_error from ( select 1 ) dbt_internal_test");
  EXPECT_EQ(macros.Render("{{ get_where_subquery('t') }}"), "t");
  macros.config.Set("where", Value("c > 1"));
  EXPECT_EQ(macros.Render("{{ get_where_subquery('t') }}"),
            "(select * from t where c > 1) dbt_subquery");
}

TEST(BuiltinMacrosTest, IcebergRelationsAreReplacedInOneStatement) {
  BuiltinMacros macros("eider");
  EXPECT_EQ(macros.Render("{{ replaces_in_place('t') }}"), "False");
  macros.iceberg = true;
  EXPECT_EQ(macros.Render("{{ replaces_in_place('t') }}"), "True");
  EXPECT_EQ(macros.Render("{{ get_replace_table_sql('t', 'select 1') }}"),
            "create or replace table t as ( select 1 );");
  EXPECT_EQ(macros.Render("{{ get_replace_view_sql('t', 'select 1') }}"),
            "create or replace view t as ( select 1 );");
}

constexpr const char* kDeleteInsert =
    "{{ get_delete_insert_merge_sql('t', 's', key, [{'name': 'a'}, {'name': 'b'}], none) }}";

TEST(BuiltinMacrosTest, StrategiesChangeRowsOnlyWhereTheTableTakesIt) {
  BuiltinMacros macros;
  auto with_key = [](const char* key) {
    return "{% set key = " + std::string(key) + " %}" + kDeleteInsert;
  };
  const std::string insert = R"(insert into t ("a", "b") ( select "a", "b" from s ))";
  EXPECT_EQ(macros.Render(with_key("none")), insert);
  EXPECT_EQ(macros.Render(with_key("'a'")),
            "delete from t where (a) in (select (a) from s); " + insert);
  EXPECT_EQ(macros.Render(with_key("['a', 'b']")),
            "delete from t as DBT_INCREMENTAL_TARGET using s where s.a = DBT_INCREMENTAL_TARGET.a "
            "and s.b = DBT_INCREMENTAL_TARGET.b; " +
                insert);
  EXPECT_EQ(macros.Render("{{ get_merge_sql('t', 's', 'a', [{'name': 'a'}]) }}"),
            "merge into t as DBT_INTERNAL_DEST using s as DBT_INTERNAL_SOURCE on "
            "(DBT_INTERNAL_SOURCE.a = DBT_INTERNAL_DEST.a) when matched then update by name when "
            "not matched then insert by name");

  macros.iceberg = true;
  EXPECT_EQ(macros.Render(with_key("none")), insert);
  for (const std::string& text :
       {with_key("'a'"), std::string("{{ get_merge_sql('t', 's', 'a', [{'name': 'a'}]) }}")}) {
    try {
      macros.Render(text);
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_THAT(error.message(), HasSubstr("changes single rows of t")) << text;
    }
  }
}

TEST(BuiltinMacrosTest, MergeSettingsThatMakeNoSenseAreAllNamed) {
  BuiltinMacros macros;
  macros.config.Set("merge_update_columns", Value("a"));
  macros.config.Set("merge_clauses", Value(Dict{{"when_matched", Value::List()}}));
  try {
    macros.Render("{{ get_merge_sql('t', 's', 'a', []) }}");
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), HasSubstr("merge_update_columns must be a list"));
    EXPECT_THAT(error.message(),
                HasSubstr("merge_clauses.when_matched must contain at least one element"));
    EXPECT_THAT(error.message(), HasSubstr("will be ignored and should be removed"));
  }
}

}  // namespace
}  // namespace eider::dbt

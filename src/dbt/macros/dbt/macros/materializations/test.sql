{% materialization test, default %}
  {%- set header = none -%}
  {%- if flags.REQUIRE_SQL_HEADER_IN_TEST_CONFIGS -%}
    {%- set header = config.get('sql_header') -%}
  {%- endif -%}
  {%- set failing_rows = get_limit_subquery_sql(sql, config.get('limit')) -%}
  {%- set relations = [] -%}

  {%- if should_store_failures() -%}
    {%- set kind = config.get('store_failures_as') or 'table' -%}
    {%- if kind not in ['table', 'view'] -%}
      {%- do exceptions.raise_compiler_error(
          "'" ~ kind ~ "' is not a valid value for `store_failures_as`. "
          ~ "Accepted values are: ['ephemeral', 'table', 'view']") -%}
    {%- endif -%}
    {%- set store = api.Relation.create(
        database=database, schema=schema, identifier=model['alias'], type=kind) -%}
    {%- if replaces_in_place(store) -%}
      {%- do default__drop_other_kind(load_cached_relation(store), store) -%}
      {%- set store_sql = get_replace_view_sql(store, failing_rows) if kind == 'view'
          else get_replace_table_sql(store, failing_rows) -%}
    {%- else -%}
      {%- do drop_relation_if_exists(load_cached_relation(store)) -%}
      {%- set store_sql = get_create_sql(store, failing_rows) -%}
    {%- endif -%}
    {%- call statement(auto_begin=true) -%}
      {{ header or '' }}
      {{ store_sql }}
    {%- endcall -%}
    {%- do relations.append(store) -%}
    {#- Counted from the store, not by running the test a second time. -#}
    {%- set failing_rows = 'select * from ' ~ store -%}
    {%- do adapter.commit() -%}
  {%- endif -%}

  {%- call statement('main', fetch_result=true) -%}
    {{ header or '' }}
    {{ get_test_sql(failing_rows, config.get('fail_calc'), config.get('warn_if'),
                    config.get('error_if'), limit=none) }}
  {%- endcall -%}
  {% do return({'relations': relations}) %}
{% endmaterialization %}

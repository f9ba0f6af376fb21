{% materialization seed, default %}
  {%- set full_refresh = should_full_refresh() -%}
  {%- set existing = adapter.get_relation(
      database=database, schema=schema, identifier=model['alias']) -%}
  {%- set target_relation = this.incorporate(type='table') -%}
  {%- if existing is not none and existing.is_view -%}
    {%- do exceptions.raise_compiler_error(
        "Cannot seed to '" ~ existing.render() ~ "', it is a view") -%}
  {%- endif -%}
  {%- if replaces_in_place(target_relation) -%}
    {% do return(default__seed_in_place(existing, target_relation)) %}
  {%- endif -%}
  {%- set agate_table = load_agate_table() -%}
  {%- do store_result('agate_table', response='OK', agate_table=agate_table) -%}

  {%- do run_hooks(pre_hooks, inside_transaction=false) -%}
  {%- do run_hooks(pre_hooks, inside_transaction=true) -%}

  {%- set is_new = existing is none or not existing.is_table -%}
  {%- if is_new -%}
    {%- set prepare_sql = create_csv_table(model, agate_table) -%}
  {%- else -%}
    {%- set prepare_sql = reset_csv_table(model, full_refresh, existing, agate_table) -%}
  {%- endif -%}
  {%- set rows = agate_table.rows | length -%}
  {%- set load_sql = load_csv_rows(model, agate_table) if rows else '' -%}

  {%- set code = 'CREATE' if full_refresh else 'INSERT' -%}
  {%- call noop_statement('main', code ~ ' ' ~ rows, code, rows) -%}
    {{ get_csv_sql(prepare_sql, load_sql) }};
  {%- endcall -%}

  {%- if is_new or full_refresh -%}
    {%- do create_indexes(target_relation) -%}
  {%- endif -%}
  {%- do default__complete(target_relation, should_revoke(existing, full_refresh)) -%}
  {%- do run_hooks(post_hooks, inside_transaction=false) -%}
  {% do return({'relations': [target_relation]}) %}
{% endmaterialization %}

{# The adapter reads the file straight into the table and replaces what was there. #}
{% macro default__seed_in_place(existing, target_relation) %}
  {%- do run_hooks(pre_hooks, inside_transaction=false) -%}
  {%- do run_hooks(pre_hooks, inside_transaction=true) -%}
  {%- set rows = adapter.load_seed(model, target_relation) -%}
  {%- set code = 'CREATE' if should_full_refresh() else 'INSERT' -%}
  {%- call noop_statement('main', code ~ ' ' ~ rows, code, rows) -%}
    -- {{ rows }} rows of {{ model['original_file_path'] }} into {{ target_relation }}
  {%- endcall -%}
  {%- do default__complete(target_relation, should_revoke(existing, full_refresh_mode=true)) -%}
  {%- do run_hooks(post_hooks, inside_transaction=false) -%}
  {% do return({'relations': [target_relation]}) %}
{% endmacro %}

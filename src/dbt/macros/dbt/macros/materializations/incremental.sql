{% materialization incremental, default %}
  {%- set existing = load_cached_relation(this) -%}
  {%- set target_relation = this.incorporate(type='table') -%}
  {%- set temp = make_temp_relation(target_relation) -%}
  {%- set intermediate = make_intermediate_relation(target_relation) -%}
  {%- set backup = make_backup_relation(
      target_relation, 'table' if existing is none else existing.type) -%}
  {%- set rebuild = should_full_refresh() or (existing is not none and existing.is_view) -%}
  {%- set on_schema_change = incremental_validate_on_schema_change(
      config.get('on_schema_change'), default='ignore') -%}
  {%- set contract = config.get('contract') -%}

  {%- do default__clear_name(intermediate) -%}
  {%- do default__clear_name(backup) -%}
  {%- do run_hooks(pre_hooks, inside_transaction=false) -%}
  {%- do run_hooks(pre_hooks, inside_transaction=true) -%}

  {#- An unknown strategy is an error on the first run already. -#}
  {%- set strategy = adapter.get_incremental_strategy_macro(
      context, config.get('incremental_strategy') or 'default') -%}
  {%- if existing is none -%}
    {%- set built = target_relation -%}
    {%- set build_sql = get_create_table_as_sql(false, built, sql) -%}
  {%- elif rebuild -%}
    {%- set built = intermediate -%}
    {%- set build_sql = get_create_table_as_sql(false, built, sql) -%}
  {%- else -%}
    {%- set built = temp -%}
    {%- do run_query(get_create_table_as_sql(true, temp, sql)) -%}
    {%- if not (contract and contract.enforced) -%}
      {%- do adapter.expand_target_column_types(
          from_relation=temp, to_relation=target_relation) -%}
    {%- endif -%}
    {%- set build_sql = strategy(default__strategy_arguments(
        target_relation, temp, existing, on_schema_change)) -%}
  {%- endif -%}

  {%- call statement('main') -%}
    {{ build_sql }}
  {%- endcall -%}
  {%- if existing is none or rebuild -%}
    {%- do create_indexes(built) -%}
  {%- endif -%}
  {%- if built == intermediate -%}
    {%- do default__swap_in(existing, intermediate, target_relation, backup) -%}
  {%- endif -%}

  {%- do default__complete(target_relation, should_revoke(existing, rebuild)) -%}

  {%- if built == intermediate -%}
    {%- do adapter.drop_relation(backup) -%}
  {%- endif -%}
  {%- do run_hooks(post_hooks, inside_transaction=false) -%}
  {% do return({'relations': [target_relation]}) %}
{% endmaterialization %}

{# What a strategy's get_incremental_<name>_sql is called with, after the target has taken on the
   columns that on_schema_change wants. #}
{% macro default__strategy_arguments(target_relation, temp_relation, existing, on_schema_change) %}
  {%- set columns = process_schema_changes(on_schema_change, temp_relation, existing) -%}
  {% do return({
      'target_relation': target_relation,
      'temp_relation': temp_relation,
      'unique_key': config.get('unique_key'),
      'dest_columns': columns or adapter.get_columns_in_relation(existing),
      'incremental_predicates':
          config.get('predicates', none) or config.get('incremental_predicates', none),
  }) %}
{% endmacro %}

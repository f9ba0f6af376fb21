{% materialization incremental, adapter='duckdb' %}
  {%- set existing = load_cached_relation(this) -%}
  {%- set target_relation = this.incorporate(type='table') -%}
  {%- if replaces_in_place(target_relation) -%}
    {% do return(duckdb__incremental_in_place(existing, target_relation)) %}
  {%- endif -%}
  {%- set intermediate = make_intermediate_relation(target_relation) -%}
  {%- set backup = make_backup_relation(
      target_relation, 'table' if existing is none else existing.type) -%}
  {%- set rebuild = should_full_refresh() or (existing is not none and existing.is_view) -%}
  {%- set is_new = existing is none -%}
  {%- set keys = duckdb__key_types(existing) if rebuild else [] -%}
  {%- set in_place = 'foreign_key' in keys -%}
  {%- set swap = rebuild and not is_new and not in_place -%}

  {%- set partitioned_by = none -%}
  {%- set sorted_by = none -%}
  {%- if is_new or rebuild -%}
    {%- set partitioned_by = duckdb__get_partitioned_by(target_relation, false) -%}
    {%- set sorted_by = duckdb__get_sorted_by(target_relation, false) -%}
  {%- endif -%}

  {%- do default__clear_name(intermediate) -%}
  {%- do default__clear_name(backup) -%}
  {%- do run_hooks(pre_hooks, inside_transaction=false) -%}
  {%- do run_hooks(pre_hooks, inside_transaction=true) -%}

  {%- set dropped = [] -%}
  {%- if is_new or rebuild -%}
    {%- if in_place and not is_new -%}
      {%- set dropped = drop_relation_for_rebuild(existing) -%}
    {%- endif -%}
    {%- set build_sql = create_table_as(
        false, intermediate if swap else target_relation, compiled_code, model['language'],
        partitioned_by=partitioned_by, sorted_by=sorted_by) -%}
  {%- else -%}
    {%- set gathered = duckdb__dispatch_temporary_relation(
        target_relation, adapter.batch_id_for_model(model)) -%}
    {%- do run_query(create_table_as(
        gathered.temporary, gathered.relation, compiled_code, model['language'])) -%}
    {%- set build_sql = duckdb__strategy_sql(existing, target_relation, gathered.relation) -%}
  {%- endif -%}

  {#- DuckLake takes a table's layout in a transaction of its own only. -#}
  {%- call statement('main', auto_begin=not (
      (partitioned_by or sorted_by) and adapter.is_ducklake(target_relation))) -%}
    {{ build_sql }}
  {%- endcall -%}
  {%- if swap -%}
    {%- set dropped = duckdb__swap_table(existing, intermediate, target_relation, backup, keys) -%}
  {%- endif -%}
  {%- do restore_foreign_key_dependents(dropped) -%}

  {%- if is_new or rebuild -%}
    {%- do create_indexes(target_relation) -%}
  {%- endif -%}
  {%- do default__complete(target_relation, should_revoke(existing, rebuild)) -%}

  {%- if swap -%}
    {%- do adapter.drop_relation(backup) -%}
  {%- endif -%}
  {%- if gathered is defined -%}
    {%- do duckdb__drop_temporary(gathered.relation) -%}
  {%- endif -%}
  {%- do run_hooks(post_hooks, inside_transaction=false) -%}
  {% do return({'relations': [target_relation]}) %}
{% endmaterialization %}

{# What the configured strategy makes of the rows gathered in `temp_relation`. #}
{% macro duckdb__strategy_sql(existing, target_relation, temp_relation) %}
  {%- do adapter.expand_target_column_types(
      from_relation=temp_relation, to_relation=target_relation) -%}
  {%- set strategy = adapter.get_incremental_strategy_macro(
      context, config.get('incremental_strategy') or 'default') -%}
  {%- set on_schema_change = incremental_validate_on_schema_change(
      config.get('on_schema_change'), default='ignore') -%}
  {% do return(strategy(default__strategy_arguments(
      target_relation, temp_relation, existing, on_schema_change))) %}
{% endmacro %}

{# Into an Iceberg table. Rows that are only appended need not be gathered first: a temporary view
   lets the insert read them straight from the query. A strategy of the project's own may read them
   more than once, and a changing schema would change under the view, so these get a table. #}
{% macro duckdb__incremental_in_place(existing, target_relation) %}
  {%- if model['language'] != 'sql' -%}
    {%- do duckdb__refuse_language(model['language']) -%}
  {%- endif -%}
  {%- set rebuild = existing is none or existing.is_view or should_full_refresh() -%}
  {%- do run_hooks(pre_hooks, inside_transaction=false) -%}
  {%- do run_hooks(pre_hooks, inside_transaction=true) -%}

  {%- if rebuild -%}
    {%- do default__drop_other_kind(existing, target_relation) -%}
    {%- set build_sql = get_replace_table_sql(target_relation, compiled_code) -%}
  {%- else -%}
    {%- do adapter.ensure_transaction() -%}
    {%- set streams = (config.get('incremental_strategy') or 'default') in ['append', 'default']
        and (config.get('on_schema_change') or 'ignore') == 'ignore' -%}
    {%- set kind = 'view' if streams else 'table' -%}
    {%- set gathered = make_temp_relation(target_relation).incorporate(type=kind) -%}
    {%- do duckdb__gather(kind, gathered, compiled_code) -%}
    {%- set build_sql = duckdb__strategy_sql(existing, target_relation, gathered) -%}
  {%- endif -%}
  {%- call statement('main') -%}
    {{ build_sql }}
  {%- endcall -%}

  {%- do default__complete(target_relation, should_revoke(existing, rebuild)) -%}
  {%- if gathered is defined -%}
    {%- do duckdb__drop_temporary(gathered, kind) -%}
  {%- endif -%}
  {%- do run_hooks(post_hooks, inside_transaction=false) -%}
  {% do return({'relations': [target_relation]}) %}
{% endmacro %}

{% macro duckdb__gather(kind, relation, sql) %}
  {%- set contract = config.get('contract') -%}
  {%- if contract and contract.enforced -%}
    {%- do get_assert_columns_equivalent(sql) -%}
  {%- endif -%}
  {%- set create -%}
    {{ config.get('sql_header') or '' }}
    create temporary {{ kind }} {{ relation }} as (
      {{ sql }}
    );
  {%- endset -%}
  {%- do run_query(create) -%}
{% endmacro %}

{% materialization snapshot, default %}
  {%- set exists, target_relation = get_or_create_relation(
      database=model.database, schema=model.schema,
      identifier=model.get('alias', model.get('name')), type='table') -%}
  {%- if not target_relation.is_table -%}
    {%- do exceptions.relation_wrong_type(target_relation, 'table') -%}
  {%- endif -%}
  {%- set grants = config.get('grants') -%}

  {%- do run_hooks(pre_hooks, inside_transaction=false) -%}
  {%- do run_hooks(pre_hooks, inside_transaction=true) -%}

  {#- The names of the two relations are those of the staging query. -#}
  {%- set strategy = strategy_dispatch(config.get('strategy'))(
      model, 'snapshotted_data', 'source_data', model['config'], exists) -%}
  {%- if not exists -%}
    {%- set rows = build_snapshot_table(strategy, model['compiled_code']) -%}
    {%- set build_sql = create_table_as(false, target_relation, rows) -%}
  {%- else -%}
    {%- do adapter.assert_valid_snapshot_target_given_strategy(
        target_relation,
        config.get('snapshot_table_column_names') or get_snapshot_table_column_names(),
        strategy) -%}
    {%- set rows = snapshot_staging_table(strategy, sql, target_relation) -%}
    {%- set staging = build_snapshot_staging_table(strategy, sql, target_relation) -%}
    {%- set build_sql = default__snapshot_merge_staged(strategy, staging, target_relation) -%}
  {%- endif -%}
  {%- do check_time_data_types(rows) -%}

  {%- call statement('main') -%}
    {{ build_sql }}
  {%- endcall -%}

  {%- do apply_grants(target_relation, grants,
                      should_revoke=should_revoke(exists, full_refresh_mode=false)) -%}
  {%- do persist_docs(target_relation, model) -%}
  {%- if not exists -%}
    {%- do create_indexes(target_relation) -%}
  {%- endif -%}
  {%- do run_hooks(post_hooks, inside_transaction=true) -%}
  {%- do adapter.commit() -%}
  {%- if staging is defined -%}
    {%- do post_snapshot(staging) -%}
  {%- endif -%}
  {%- do run_hooks(post_hooks, inside_transaction=false) -%}
  {% do return({'relations': [target_relation]}) %}
{% endmaterialization %}

{# Gives the snapshot the columns that its query has gained, then merges all but our own. #}
{% macro default__snapshot_merge_staged(strategy, staging, target_relation) %}
  {%- do adapter.expand_target_column_types(
      from_relation=staging, to_relation=target_relation) -%}
  {%- set own = ['dbt_change_type'] -%}
  {%- for name, key in default__unique_keys(strategy.unique_key) -%}
    {%- do own.append(name) -%}
  {%- endfor -%}
  {%- do own.extend(own | map('upper') | list) -%}
  {%- do create_columns(
      target_relation,
      adapter.get_missing_columns(staging, target_relation)
          | rejectattr('name', 'in', own) | list) -%}
  {%- set columns = [] -%}
  {%- for column in adapter.get_columns_in_relation(staging) | rejectattr('name', 'in', own) -%}
    {%- do columns.append(adapter.quote(column.name)) -%}
  {%- endfor -%}
  {% do return(snapshot_merge_sql(target=target_relation, source=staging, insert_cols=columns)) %}
{% endmacro %}

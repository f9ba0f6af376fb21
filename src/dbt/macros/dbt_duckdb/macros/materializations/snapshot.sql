{% macro build_snapshot_staging_table(strategy, sql, target_relation) %}
  {%- set staging = duckdb__dispatch_temporary_relation(target_relation) -%}
  {%- set rows = snapshot_staging_table(strategy, sql, target_relation) -%}
  {%- call statement('build_snapshot_staging_relation') -%}
    {{ create_table_as(staging.temporary, staging.relation, rows) }}
  {%- endcall -%}
  {% do return(staging.relation) %}
{% endmacro %}

{% macro duckdb__post_snapshot(temporary_relation) %}
  {%- do duckdb__drop_temporary(temporary_relation) -%}
{% endmacro %}

{# Versions that ended are closed, then the new ones are added. #}
{% macro duckdb__snapshot_merge_sql(target, source, insert_cols) -%}
  {%- do duckdb__refuse_row_changes(
      target, 'A snapshot',
      'a snapshot can go to a DuckDB file (type: duckdb), and an Iceberg table keeps its own '
      ~ 'history') -%}
  {%- set names = config.get('snapshot_table_column_names') or get_snapshot_table_column_names() -%}
  {%- set current = config.get('dbt_valid_to_current') -%}
  {%- set valid_to = 'DBT_INTERNAL_TARGET.' ~ names.dbt_valid_to -%}
  update {{ target }} as DBT_INTERNAL_TARGET
  set {{ names.dbt_valid_to }} = DBT_INTERNAL_SOURCE.{{ names.dbt_valid_to }}
  from {{ source }} as DBT_INTERNAL_SOURCE
  where DBT_INTERNAL_SOURCE.{{ names.dbt_scd_id }}::text
      = DBT_INTERNAL_TARGET.{{ names.dbt_scd_id }}::text
    and DBT_INTERNAL_SOURCE.dbt_change_type::text in ('update', 'delete')
    and ({{ valid_to ~ ' = ' ~ current ~ ' or ' if current }}{{ valid_to }} is null);

  insert into {{ target }} ({{ insert_cols | join(', ') }})
  select
  {%- for column in insert_cols %} DBT_INTERNAL_SOURCE.{{ column }}{{ ',' if not loop.last }}
  {%- endfor %}
  from {{ source }} as DBT_INTERNAL_SOURCE
  where DBT_INTERNAL_SOURCE.dbt_change_type::text = 'insert';
{%- endmacro %}

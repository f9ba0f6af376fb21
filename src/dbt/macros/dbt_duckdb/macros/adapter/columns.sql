{# By DESCRIBE, which looks at one relation only: information_schema.columns would load every table
   of every attached catalog. A type carries its own precision and scale. #}
{% macro duckdb__get_columns_in_relation(relation) -%}
  {%- call statement('get_columns_in_relation', fetch_result=true) -%}
    select column_name, column_type as data_type, null::bigint as character_maximum_length,
      null::bigint as numeric_precision, null::bigint as numeric_scale
    from (describe {{ relation.render() }})
  {%- endcall -%}
  {% do return(sql_convert_columns_in_relation(load_result('get_columns_in_relation').table)) %}
{%- endmacro %}

{# The header runs on its own: the query is wrapped into DESCRIBE (..), where none can stand. #}
{% macro duckdb__get_empty_subquery_sql(select_sql, select_sql_header=none) %}
  {%- if select_sql_header is not none -%}
    {%- do run_query(select_sql_header) -%}
  {%- endif %}
  select * from (
    {{ select_sql }}
  ) as __dbt_sbq
  where false
  limit 0
{% endmacro %}

{# DuckDB takes one change a statement. #}
{% macro duckdb__alter_relation_add_remove_columns(relation, add_columns, remove_columns) %}
  {%- set alter = 'alter ' ~ relation.type ~ ' ' ~ relation ~ ' ' -%}
  {%- for column in add_columns or [] -%}
    {%- do run_query(alter ~ 'add column ' ~ adapter.quote(column.name) ~ ' '
                     ~ column.data_type) -%}
  {%- endfor -%}
  {%- for column in remove_columns or [] -%}
    {%- do run_query(alter ~ 'drop column ' ~ adapter.quote(column.name)) -%}
  {%- endfor -%}
{% endmacro %}

{# Iceberg tables widen a type in their schema alone, and no row is written. #}
{% macro duckdb__alter_column_type(relation, column_name, new_column_type) -%}
  {%- if not adapter.is_iceberg(relation) -%}
    {% do return(default__alter_column_type(relation, column_name, new_column_type)) %}
  {%- endif -%}
  {%- call statement('alter_column_type') -%}
    alter table {{ relation }} alter column {{ adapter.quote(column_name) }} type {{
        new_column_type }}
  {%- endcall -%}
{%- endmacro %}

{# Databases of another kind may be attached: SQLite has the schema main alone, and MySQL's are not
   made here. #}
{% macro duckdb__create_schema(relation) -%}
  {%- set kind = none if adapter.is_iceberg(relation)
      else duckdb__attached_type(relation.database) -%}
  {%- if kind == 'sqlite' and relation.schema != 'main' -%}
    {%- do exceptions.raise_compiler_error(
        "Schema must be 'main' when writing to sqlite instead got " ~ relation.schema) -%}
  {%- elif kind not in ['sqlite', 'mysql'] -%}
    {%- call statement('create_schema') -%}
      create schema if not exists {{ relation.without_identifier() }}
    {%- endcall -%}
  {%- endif -%}
{%- endmacro %}

{# 'duckdb', 'sqlite', 'postgres', ..; none for a database that is not attached. #}
{% macro duckdb__attached_type(database) -%}
  {%- set found = run_query(
      "select type from duckdb_databases() where lower(database_name) = '"
      ~ adapter.escape_sql_string(database | lower) ~ "'") -%}
  {% do return(found.columns[0].values()[0] if found | length else none) %}
{%- endmacro %}

{% macro duckdb__drop_schema(relation) -%}
  {%- call statement('drop_schema') -%}
    drop schema if exists {{ relation.without_identifier() }} cascade
  {%- endcall -%}
{%- endmacro %}

{% macro duckdb__list_schemas(database) -%}
  {%- set query -%}
    select schema_name
    from system.information_schema.schemata
    {%- if database is not none %}
    where lower(catalog_name) = '{{ database | lower }}'
    {%- endif %}
  {%- endset -%}
  {% do return(run_query(query)) %}
{%- endmacro %}

{% macro duckdb__check_schema_exists(information_schema, schema) -%}
  {%- set query -%}
    select count(*)
    from system.information_schema.schemata
    where lower(catalog_name) = '{{ information_schema.database | lower }}'
      and lower(schema_name) = '{{ schema | lower }}'
  {%- endset -%}
  {% do return(run_query(query)) %}
{%- endmacro %}

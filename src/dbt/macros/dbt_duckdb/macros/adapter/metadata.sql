{% macro duckdb__list_relations_without_caching(schema_relation) %}
  {%- call statement('list_relations_without_caching', fetch_result=true) -%}
    select '{{ schema_relation.database }}' as database, table_name as name,
      table_schema as schema,
      case table_type when 'VIEW' then 'view'
        when 'BASE TABLE' then 'table' when 'LOCAL TEMPORARY' then 'table' end as type
    from system.information_schema.tables
    where lower(table_catalog) = '{{ schema_relation.database | lower }}'
      and lower(table_schema) = '{{ schema_relation.schema | lower }}'
  {%- endcall -%}
  {% do return(load_result('list_relations_without_caching').table) %}
{% endmacro %}

{# What `dbt docs generate` shows: a row a column, of whole schemas or of chosen relations. #}
{% macro duckdb__get_catalog(information_schema, schemas) -%}
  {% do return(duckdb__query_catalog(
      information_schema, duckdb__get_catalog_schemas_where_clause_sql(schemas))) %}
{%- endmacro %}

{% macro duckdb__get_catalog_relations(information_schema, relations) -%}
  {% do return(duckdb__query_catalog(
      information_schema, duckdb__get_catalog_relations_where_clause_sql(relations))) %}
{%- endmacro %}

{% macro duckdb__query_catalog(information_schema, where) -%}
  {%- set query -%}
    with tables as (
      {{ duckdb__get_catalog_tables_sql(information_schema) }}
      {{ where }}
    ),
    columns as (
      {{ duckdb__get_catalog_columns_sql(information_schema) }}
      {{ where }}
    )
    {{ duckdb__get_catalog_results_sql() }}
  {%- endset -%}
  {% do return(run_query(query)) %}
{%- endmacro %}

{% macro duckdb__get_catalog_tables_sql(information_schema) -%}
  select *
  from (
    select database_name as table_database, schema_name as table_schema, table_name,
      'BASE TABLE' as table_type, comment as table_comment
    from duckdb_tables()
    union all
    select database_name, schema_name, view_name, 'VIEW', comment
    from duckdb_views()
  ) catalog_tables
  {{ duckdb__in_database(information_schema) }}
{%- endmacro %}

{% macro duckdb__get_catalog_columns_sql(information_schema) -%}
  select *
  from (
    select database_name as table_database, schema_name as table_schema, table_name, column_name,
      column_index, data_type as column_type, comment as column_comment
    from duckdb_columns()
  ) catalog_columns
  {{ duckdb__in_database(information_schema) }}
{%- endmacro %}

{% macro duckdb__in_database(information_schema) -%}
  where upper(table_database) = upper('{{ information_schema.database }}')
{%- endmacro %}

{% macro duckdb__get_catalog_results_sql() -%}
  select table_database, table_schema, table_name, table_type, table_comment, column_name,
    column_index, column_type, column_comment, null as table_owner
  from tables
  join columns using (table_database, table_schema, table_name)
  order by table_schema, table_name, column_index
{%- endmacro %}

{# Both follow the where of duckdb__in_database. #}
{% macro duckdb__get_catalog_schemas_where_clause_sql(schemas) -%}
  {%- set conditions = [] -%}
  {%- for schema in schemas -%}
    {%- do conditions.append("upper(table_schema) = upper('" ~ schema ~ "')") -%}
  {%- endfor -%}
  and ({{ conditions | join(' or ') or 'false' }})
{%- endmacro %}

{% macro duckdb__get_catalog_relations_where_clause_sql(relations) -%}
  {%- set conditions = [] -%}
  {%- for relation in relations -%}
    {%- if not relation.schema -%}
      {%- do exceptions.raise_compiler_error(
          '`get_catalog_relations` requires a list of relations, each with a schema') -%}
    {%- endif -%}
    {%- set condition = "upper(table_schema) = upper('" ~ relation.schema ~ "')" -%}
    {%- if relation.identifier -%}
      {%- set condition = condition ~ " and upper(table_name) = upper('" ~ relation.identifier
          ~ "')" -%}
    {%- endif -%}
    {%- do conditions.append('(' ~ condition ~ ')') -%}
  {%- endfor -%}
  and ({{ conditions | join(' or ') or 'false' }})
{%- endmacro %}

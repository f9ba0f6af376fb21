{# Contracts: the columns a model declares, as DDL and as a promise about its query. #}

{% macro get_table_columns_and_constraints() -%}
  {{ adapter.dispatch('get_table_columns_and_constraints', 'dbt')() }}
{%- endmacro %}

{% macro default__get_table_columns_and_constraints() -%}
  {% do return(table_columns_and_constraints()) %}
{%- endmacro %}

{% macro table_columns_and_constraints() -%}
  {%- set columns = adapter.render_raw_columns_constraints(raw_columns=model['columns']) -%}
  {%- set constraints = adapter.render_raw_model_constraints(
      raw_constraints=model['constraints']) -%}
  (
    {{ (columns | list + constraints | list) | join(',\n    ') }}
  )
{%- endmacro %}

{% macro get_assert_columns_equivalent(sql) -%}
  {{ adapter.dispatch('get_assert_columns_equivalent', 'dbt')(sql) }}
{%- endmacro %}

{% macro default__get_assert_columns_equivalent(sql) -%}
  {% do return(assert_columns_equivalent(sql)) %}
{%- endmacro %}

{# Raises dbt's contract error, which shows both sides, unless the query has exactly the columns
   that are declared, in any order, each with its type. #}
{% macro assert_columns_equivalent(sql) -%}
  {%- if not model['columns'] -%}
    {%- do exceptions.raise_contract_error([], []) -%}
  {%- endif -%}
  {%- set actual = format_columns(
      get_column_schema_from_query(sql, config.get('sql_header', none))) -%}
  {%- set declared = format_columns(
      get_column_schema_from_query(get_empty_schema_sql(model['columns']))) -%}
  {%- set found = namespace(differs=actual | length != declared | length) -%}
  {%- for column in actual -%}
    {%- set promise = declared | selectattr('name', 'equalto', column['name']) | first -%}
    {%- if not promise or promise['formatted'] != column['formatted'] -%}
      {%- set found.differs = true -%}
    {%- endif -%}
  {%- endfor -%}
  {%- if found.differs -%}
    {%- do exceptions.raise_contract_error(declared, actual) -%}
  {%- endif -%}
{%- endmacro %}

{% macro format_columns(columns) %}
  {%- set formatted = [] -%}
  {%- for column in columns -%}
    {%- do formatted.append(adapter.dispatch('format_column', 'dbt')(column)) -%}
  {%- endfor -%}
  {% do return(formatted) %}
{% endmacro %}

{% macro default__format_column(column) -%}
  {% do return({'name': column.name, 'data_type': column.dtype,
                'formatted': column.column.lower() ~ ' ' ~ column.dtype}) %}
{%- endmacro %}

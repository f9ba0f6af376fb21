{# Seeds: a table with the inferred types, or those of `column_types`, then its rows in batches. #}

{% macro create_csv_table(model, agate_table) -%}
  {{ adapter.dispatch('create_csv_table', 'dbt')(model, agate_table) }}
{%- endmacro %}

{% macro default__create_csv_table(model, agate_table) %}
  {%- set create -%}
    create table {{ this.render() }} ({{ default__seed_columns(model, agate_table) }})
  {%- endset -%}
  {%- call statement('_') -%}{{ create }}{%- endcall -%}
  {% do return(create) %}
{% endmacro %}

{# "id" INTEGER, "name" TEXT, .. #}
{% macro default__seed_columns(model, agate_table) -%}
  {%- set types = model['config'].get('column_types', {}) -%}
  {%- set quoting = model['config'].get('quote_columns', none) -%}
  {%- for name in agate_table.column_names -%}
    {%- set type = types.get(name, adapter.convert_type(agate_table, loop.index0)) -%}
    {{ adapter.quote_seed_column(name | string, quoting) }} {{ type }}
    {{- ', ' if not loop.last }}
  {%- endfor -%}
{%- endmacro %}

{# Empties the table of an earlier run: dropped and made anew on a full refresh, else truncated. #}
{% macro reset_csv_table(model, full_refresh, old_relation, agate_table) -%}
  {{ adapter.dispatch('reset_csv_table', 'dbt')(model, full_refresh, old_relation, agate_table) }}
{%- endmacro %}

{% macro default__reset_csv_table(model, full_refresh, old_relation, agate_table) %}
  {%- if full_refresh -%}
    {%- do adapter.drop_relation(old_relation) -%}
    {% do return(create_csv_table(model, agate_table)) %}
  {%- endif -%}
  {%- do adapter.truncate_relation(old_relation) -%}
  {% do return('truncate table ' ~ old_relation.render()) %}
{% endmacro %}

{# What is written to target/run for the seed. #}
{% macro get_csv_sql(create_or_truncate_sql, insert_sql) %}
  {{ adapter.dispatch('get_csv_sql', 'dbt')(create_or_truncate_sql, insert_sql) }}
{% endmacro %}

{% macro default__get_csv_sql(create_or_truncate_sql, insert_sql) %}
  {{ create_or_truncate_sql }};
  -- dbt seed --
  {{ insert_sql }}
{% endmacro %}

{# The placeholder of a bound value. #}
{% macro get_binding_char() -%}
  {{ adapter.dispatch('get_binding_char', 'dbt')() }}
{%- endmacro %}

{% macro default__get_binding_char() %}
  {% do return('%s') %}
{% endmacro %}

{# Rows in one insert. #}
{% macro get_batch_size() -%}
  {% do return(adapter.dispatch('get_batch_size', 'dbt')()) %}
{%- endmacro %}

{% macro default__get_batch_size() %}
  {% do return(10000) %}
{% endmacro %}

{% macro get_seed_column_quoted_csv(model, column_names) %}
  {%- set quoting = model['config'].get('quote_columns', none) -%}
  {%- set quoted = [] -%}
  {%- for name in column_names -%}
    {%- do quoted.append(adapter.quote_seed_column(name, quoting)) -%}
  {%- endfor -%}
  {% do return(quoted | join(', ')) %}
{% endmacro %}

{# Gives the SQL of the first batch, to be shown. #}
{% macro load_csv_rows(model, agate_table) -%}
  {{ adapter.dispatch('load_csv_rows', 'dbt')(model, agate_table) }}
{%- endmacro %}

{% macro default__load_csv_rows(model, agate_table) %}
  {%- set into = 'insert into ' ~ this.render() ~ ' ('
      ~ get_seed_column_quoted_csv(model, agate_table.column_names) ~ ') values ' -%}
  {%- set row_form = '(' ~ ([get_binding_char() | trim] * (agate_table.column_names | length))
      | join(',') ~ ')' -%}
  {%- set first = namespace(sql='') -%}
  {%- for chunk in agate_table.rows | batch(get_batch_size()) -%}
    {%- set bindings = [] -%}
    {%- for row in chunk -%}{%- do bindings.extend(row) -%}{%- endfor -%}
    {%- set insert = into ~ ([row_form] * (chunk | length)) | join(',') -%}
    {%- do adapter.add_query(insert, bindings=bindings, abridge_sql_log=true) -%}
    {%- if loop.first -%}{%- set first.sql = insert -%}{%- endif -%}
  {%- endfor -%}
  {% do return(first.sql) %}
{% endmacro %}

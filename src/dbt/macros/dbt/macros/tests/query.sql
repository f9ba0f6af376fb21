{# Wraps the rows that fail a test into the one row dbt reads: how many, and whether that warns or
   fails. #}
{% macro get_test_sql(main_sql, fail_calc, warn_if, error_if, limit) -%}
  {{ adapter.dispatch('get_test_sql', 'dbt')(main_sql, fail_calc, warn_if, error_if, limit) }}
{%- endmacro %}

{% macro default__get_test_sql(main_sql, fail_calc, warn_if, error_if, limit) -%}
select
  {{ fail_calc }} as failures,
  {{ fail_calc }} {{ warn_if }} as should_warn,
  {{ fail_calc }} {{ error_if }} as should_error
from (
  {{ main_sql }}
  {%- if limit is not none %}
  limit {{ limit }}
  {%- endif %}
) dbt_internal_test
{%- endmacro %}

{# What a generic test reads instead of its model: with `where` configured, the filtered rows. #}
{% macro get_where_subquery(relation) -%}
  {% do return(adapter.dispatch('get_where_subquery', 'dbt')(relation)) %}
{%- endmacro %}

{% macro default__get_where_subquery(relation) -%}
  {%- set condition = config.get('where', '') -%}
  {%- if not condition -%}{% do return(relation) %}{%- endif -%}
  {%- set filtered -%}
    (select * from {{ relation }} where {{ condition }}) dbt_subquery
  {%- endset -%}
  {% do return(filtered) %}
{%- endmacro %}

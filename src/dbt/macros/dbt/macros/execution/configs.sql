{% macro set_sql_header(config) -%}
  {{ config.set('sql_header', caller()) }}
{%- endmacro %}

{# A node's own full_refresh, true or false, goes before the flag. #}
{% macro should_full_refresh() %}
  {%- set configured = config.get('full_refresh') -%}
  {% do return(flags.FULL_REFRESH if configured is none else configured) %}
{% endmacro %}

{% macro should_store_failures() %}
  {%- set configured = config.get('store_failures') -%}
  {% do return(flags.STORE_FAILURES if configured is none else configured) %}
{% endmacro %}

{# dbt's own question to itself; we answer as dbt 1. #}
{% macro is_core_v2() -%}
  {% do return(dbt_version.split('.')[0] | int == 2) %}
{%- endmacro %}

{# A relation's name as Python models are to know it. #}
{% macro resolve_model_name(input_model_name) %}
  {% do return(adapter.dispatch('resolve_model_name', 'dbt')(input_model_name)) %}
{% endmacro %}

{% macro default__resolve_model_name(input_model_name) -%}
  {{ input_model_name | string }}
{%- endmacro %}

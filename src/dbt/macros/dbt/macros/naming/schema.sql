{# The schema a resource is built in. A project usually overrides generate_schema_name itself. #}

{% macro generate_schema_name(custom_schema_name=none, node=none) -%}
  {% do return(adapter.dispatch('generate_schema_name', 'dbt')(custom_schema_name, node)) %}
{%- endmacro %}

{% macro default__generate_schema_name(custom_schema_name, node) -%}
  {%- if custom_schema_name is not none -%}
    {{ target.schema }}_{{ custom_schema_name | trim }}
  {%- else -%}
    {{ target.schema }}
  {%- endif -%}
{%- endmacro %}

{# For projects that want bare schemas in production only: their generate_schema_name calls this. #}
{% macro generate_schema_name_for_env(custom_schema_name, node) -%}
  {%- set bare = target.name == 'prod' and custom_schema_name is not none -%}
  {{ (custom_schema_name | trim) if bare else target.schema }}
{%- endmacro %}

{# Materializations of dbt-duckdb that are not here yet say so by name. #}

{% materialization external, adapter='duckdb' %}
  {%- do duckdb__refuse_materialization('external', 'table, with a post-hook of copy .. to') -%}
{% endmaterialization %}

{% materialization table_function, adapter='duckdb' %}
  {%- do duckdb__refuse_materialization('table_function', 'view') -%}
{% endmaterialization %}

{% macro duckdb__refuse_materialization(name, instead) %}
  {%- do exceptions.raise_compiler_error(
      "The materialization '" ~ name ~ "' of " ~ model.unique_id ~ ' is not supported yet. '
      ~ 'What comes near: ' ~ instead ~ '.') -%}
{% endmacro %}

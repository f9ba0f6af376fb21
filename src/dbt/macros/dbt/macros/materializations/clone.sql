{# `dbt clone`. It is not run here yet; the macros it consists of can be overridden and called. #}
{% materialization clone, default %}
  {% do exceptions.raise_compiler_error(
      'clone is not supported: ' ~ model.unique_id ~ ' can be built instead.') %}
{% endmaterialization %}

{% macro can_clone_table() %}
  {% do return(adapter.dispatch('can_clone_table', 'dbt')()) %}
{% endmacro %}

{% macro default__can_clone_table() %}
  {% do return(false) %}
{% endmacro %}

{% macro create_or_replace_clone(this_relation, defer_relation) %}
  {% do return(adapter.dispatch('create_or_replace_clone', 'dbt')(this_relation, defer_relation)) %}
{% endmacro %}

{% macro default__create_or_replace_clone(this_relation, defer_relation) -%}
  create or replace table {{ this_relation.render() }} clone {{ defer_relation.render() }}
{%- endmacro %}

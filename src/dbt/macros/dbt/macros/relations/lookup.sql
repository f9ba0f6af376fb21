{# The relation as it stands in the database, or none. #}
{% macro load_cached_relation(relation) %}
  {% do return(adapter.get_relation(
      database=relation.database, schema=relation.schema, identifier=relation.identifier)) %}
{% endmacro %}

{# Its older name. #}
{% macro load_relation(relation) %}
  {% do return(load_cached_relation(relation)) %}
{% endmacro %}

{# [whether it exists, the relation]. #}
{% macro get_or_create_relation(database, schema, identifier, type) -%}
  {% do return(adapter.dispatch('get_or_create_relation', 'dbt')(
      database, schema, identifier, type)) %}
{%- endmacro %}

{% macro default__get_or_create_relation(database, schema, identifier, type) %}
  {%- set existing = adapter.get_relation(
      database=database, schema=schema, identifier=identifier) -%}
  {%- if existing -%}{% do return([true, existing]) %}{%- endif -%}
  {% do return([false, api.Relation.create(
      database=database, schema=schema, identifier=identifier, type=type)]) %}
{% endmacro %}

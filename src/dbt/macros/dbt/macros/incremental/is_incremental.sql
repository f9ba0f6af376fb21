{# True when the rows of this run are added to a table that stands. Never while parsing. #}
{% macro is_incremental() %}
  {%- if not execute -%}{% do return(false) %}{%- endif -%}
  {%- set existing = adapter.get_relation(this.database, this.schema, this.table) -%}
  {% do return(existing is not none and existing.type == 'table'
               and model.config.materialized == 'incremental' and not should_full_refresh()) %}
{% endmacro %}

{# A temporary table lives in the connection, outside database and schema. Its name carries the
   time, since a connection serves one node after another. #}
{% macro duckdb__make_temp_relation(base_relation, suffix) %}
  {% do return(base_relation.incorporate(path={
      'identifier': base_relation.identifier ~ suffix ~ py_current_timestring(),
      'schema': none, 'database': none})) %}
{% endmacro %}

{# {relation, temporary}: where an incremental model or a snapshot gathers its rows. #}
{% macro duckdb__dispatch_temporary_relation(target_relation, batch_id='') %}
  {% do return({'relation': make_temp_relation(target_relation), 'temporary': true}) %}
{% endmacro %}

{# Frees the rows now: the connection that holds them is kept. #}
{% macro duckdb__drop_temporary(relation, kind='table') %}
  {%- call statement('drop_temporary', auto_begin=false) -%}
    drop {{ kind }} if exists {{ relation }}
  {%- endcall -%}
{% endmacro %}

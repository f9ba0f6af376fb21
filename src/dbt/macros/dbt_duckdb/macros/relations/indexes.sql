{# {columns, unique}. Names hold the relation and the time, so that they never meet. #}
{% macro duckdb__get_create_index_sql(relation, index_dict) -%}
  {%- set index = adapter.parse_index(index_dict) -%}
  create {{ 'unique ' if index.unique }}index "{{ index.render(relation) }}" on {{ relation }} ({{
      index.columns | join(', ') }});
{%- endmacro %}

{# DuckDB renames no table that has indexes. Called after the commit as well, so none of its
   statements begins a transaction. #}
{% macro drop_indexes_on_relation(relation) -%}
  {%- if adapter.is_iceberg(relation) -%}{% do return(none) %}{%- endif -%}
  {%- call statement('get_indexes_on_relation', fetch_result=true, auto_begin=false) -%}
    select index_name
    from duckdb_indexes()
    where database_name = '{{ adapter.escape_sql_string(relation.database) }}'
      and schema_name = '{{ adapter.escape_sql_string(relation.schema) }}'
      and table_name = '{{ adapter.escape_sql_string(relation.identifier) }}'
  {%- endcall -%}
  {%- for row in load_result('get_indexes_on_relation').table -%}
    {%- call statement('drop_index_' ~ loop.index, auto_begin=false) -%}
      drop index "{{ relation.database }}"."{{ relation.schema }}"."{{ row[0] }}"
    {%- endcall -%}
  {%- endfor -%}
{%- endmacro %}

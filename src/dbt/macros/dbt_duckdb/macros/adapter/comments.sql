{# Dollar quotes, with a tag that no text should hold, let a comment be any text. #}
{% macro duckdb_escape_comment(comment) -%}
  {%- set quote = '$dbt_comment_literal_block$' -%}
  {%- if comment is not string -%}
    {%- do exceptions.raise_compiler_error('cannot escape a non-string: ' ~ comment) -%}
  {%- elif quote in comment -%}
    {%- do exceptions.raise_compiler_error(
        'The string ' ~ quote ~ ' is not allowed in comments.') -%}
  {%- endif -%}
  {{ quote ~ comment ~ quote }}
{%- endmacro %}

{% macro duckdb__alter_relation_comment(relation, comment) -%}
  comment on {{ relation.type }} {{ relation }} is {{ duckdb_escape_comment(comment) }};
{%- endmacro %}

{# A column without a description gets an empty comment, as dbt-duckdb has it; in Iceberg, where
   others read it, it gets none. #}
{% macro duckdb__alter_column_comment(relation, column_dict) -%}
  {%- set iceberg = adapter.is_iceberg(relation) -%}
  {%- for name, column in column_dict.items() -%}
    {%- set description = column['description'] -%}
    comment on column {{ relation }}.{{ adapter.quote(name) if column['quote'] else name }} is {{
        'null' if iceberg and description == '' else duckdb_escape_comment(description) }};
  {% endfor -%}
{%- endmacro %}

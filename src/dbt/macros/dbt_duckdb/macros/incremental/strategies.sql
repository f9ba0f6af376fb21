{# DuckDB's default is delete+insert, which without a unique_key is an append. #}
{% macro duckdb__get_incremental_default_sql(arg_dict) %}
  {% do return(get_incremental_delete_insert_sql(arg_dict)) %}
{% endmacro %}

{% macro duckdb__get_delete_insert_merge_sql(target, source, unique_key, dest_columns,
                                             incremental_predicates) -%}
  {%- set columns = get_quoted_csv(dest_columns | map(attribute='name')) -%}
  {%- set filters = normalize_incremental_predicates(incremental_predicates) -%}
  {%- if unique_key -%}
    {%- do duckdb__refuse_row_changes(
        target, "incremental_strategy 'delete+insert' with a unique_key",
        'incremental_strategy: append adds rows, and --full-refresh builds the table anew') -%}
  {%- endif -%}
  {%- if unique_key is string and unique_key %}
  delete from {{ target }}
  where ({{ unique_key }}) in (select ({{ unique_key }}) from {{ source }})
  {%- for filter in filters %} and {{ filter }}{% endfor %};
  {%- elif unique_key %}
    {%- set matches = [] -%}
    {%- for key in unique_key -%}
      {%- do matches.append(source ~ '.' ~ key ~ ' = DBT_INCREMENTAL_TARGET.' ~ key) -%}
    {%- endfor %}
  delete from {{ target }} as DBT_INCREMENTAL_TARGET
  using {{ source }}
  where {{ (matches + filters) | join(' and ') }};
  {%- endif %}
  insert into {{ target }} ({{ columns }})
  (
    select {{ columns }}
    from {{ source }}
  )
{%- endmacro %}

{% macro duckdb__get_incremental_microbatch_sql(arg_dict) %}
  {%- do exceptions.raise_compiler_error(
      "incremental_strategy 'microbatch' is not supported yet: " ~ model.unique_id
      ~ " can use 'delete+insert', 'merge' or 'append'.") -%}
{% endmacro %}

{% macro normalize_incremental_predicates(incremental_predicates) -%}
  {% do return(normalize_string_or_list(incremental_predicates, 'incremental_predicates')) %}
{%- endmacro %}

{# A string or a list of strings, as a list; none is an empty one. #}
{% macro normalize_string_or_list(raw, field_name) -%}
  {%- if raw is none -%}{% do return([]) %}{%- endif -%}
  {%- if raw is string -%}{% do return([raw]) %}{%- endif -%}
  {%- if raw is mapping or raw is not sequence -%}
    {%- do exceptions.raise_compiler_error(
        field_name ~ ' must be a list of strings or a string') -%}
  {%- endif -%}
  {%- if raw | reject('string') | list -%}
    {%- do exceptions.raise_compiler_error(
        field_name ~ ' list values must be non-empty strings') -%}
  {%- endif -%}
  {% do return(raw | list) %}
{%- endmacro %}

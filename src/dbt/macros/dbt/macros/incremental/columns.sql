{# Lists of columns, as the incremental strategies want them. #}

{% macro get_quoted_csv(column_names) %}
  {%- set quoted = [] -%}
  {%- for name in column_names -%}{%- do quoted.append(adapter.quote(name)) -%}{%- endfor -%}
  {% do return(quoted | join(', ')) %}
{% endmacro %}

{# The columns of the first list whose name the second has not. #}
{% macro diff_columns(source_columns, target_columns) %}
  {%- set known = target_columns | map(attribute='column') | list -%}
  {% do return(source_columns | rejectattr('name', 'in', known) | list) %}
{% endmacro %}

{# [{column_name, new_type}] for the columns of both whose type differs by more than a width. #}
{% macro diff_column_data_types(source_columns, target_columns) %}
  {% do return(adapter.dispatch('diff_column_data_types', 'dbt')(source_columns, target_columns)) %}
{% endmacro %}

{% macro default__diff_column_data_types(source_columns, target_columns) %}
  {%- set changes = [] -%}
  {%- for source in source_columns -%}
    {%- for target in target_columns
          if target.name == source.name
          and target.expanded_data_type != source.expanded_data_type
          and not source.can_expand_to(other_column=target) -%}
      {%- do changes.append(
          {'column_name': target.name, 'new_type': source.expanded_data_type}) -%}
    {%- endfor -%}
  {%- endfor -%}
  {% do return(changes) %}
{% endmacro %}

{# The quoted columns that a merge updates: the configured ones, all but the excluded, or all. #}
{% macro get_merge_update_columns(merge_update_columns, merge_exclude_columns, dest_columns) %}
  {% do return(adapter.dispatch('get_merge_update_columns', 'dbt')(
      merge_update_columns, merge_exclude_columns, dest_columns)) %}
{% endmacro %}

{% macro default__get_merge_update_columns(merge_update_columns, merge_exclude_columns,
                                           dest_columns) %}
  {%- if merge_update_columns and merge_exclude_columns -%}
    {%- do exceptions.raise_compiler_error(
        'Model cannot specify merge_update_columns and merge_exclude_columns. Please update model '
        ~ 'to use only one config') -%}
  {%- endif -%}
  {%- if merge_update_columns -%}{% do return(merge_update_columns) %}{%- endif -%}
  {%- set excluded = (merge_exclude_columns or []) | map('lower') | list -%}
  {%- set columns = [] -%}
  {%- for column in dest_columns if column.column | lower not in excluded -%}
    {%- do columns.append(column.quoted) -%}
  {%- endfor -%}
  {% do return(columns) %}
{% endmacro %}

{# Checks the merge settings of a model and raises one error with all that is wrong. #}
{% macro validate_merge_config(config, target_relation=none) %}
  {%- set fields = {
      'merge_update_condition': 'string',
      'merge_insert_condition': 'string',
      'merge_on_using_columns': 'sequence',
      'merge_update_columns': 'sequence',
      'merge_update_set_expressions': 'mapping',
      'merge_exclude_columns': 'sequence',
      'merge_returning_columns': 'sequence',
  } -%}
  {%- set errors = [] -%}
  {%- for field, kind in fields.items() -%}
    {%- set value = config.get(field) -%}
    {%- if kind == 'string' -%}
      {%- do validate_string_field(value, field, errors) -%}
    {%- elif kind == 'sequence' -%}
      {%- do validate_string_list_field(value, field, errors) -%}
    {%- else -%}
      {%- do validate_dict_field(value, field, errors) -%}
    {%- endif -%}
  {%- endfor -%}
  {%- do validate_merge_clauses(config, fields, errors) -%}
  {%- if not errors -%}
    {%- do validate_ducklake_restrictions(config, target_relation, errors) -%}
  {%- endif -%}
  {%- if errors -%}
    {%- do exceptions.raise_compiler_error(
        'MERGE configuration errors:\n' ~ errors | join('\n')) -%}
  {%- endif -%}
{% endmacro %}

{% macro validate_string_field(field_value, field_name, errors) -%}
  {%- if field_value is not none and field_value is not string -%}
    {%- do errors.append(field_name ~ ' must be a string, found: ' ~ field_value) -%}
  {%- endif -%}
{%- endmacro %}

{% macro validate_dict_field(field_value, field_name, errors) -%}
  {%- if field_value is not none and field_value is not mapping -%}
    {%- do errors.append(field_name ~ ' must be a dictionary, found: ' ~ field_value) -%}
  {%- endif -%}
{%- endmacro %}

{% macro validate_string_list_field(field_value, field_name, errors) -%}
  {%- if field_value is none -%}{% do return(none) %}{%- endif -%}
  {%- if not duckdb__is_list(field_value) -%}
    {%- do errors.append(field_name ~ ' must be a list') -%}
    {% do return(none) %}
  {%- endif -%}
  {%- for item in field_value | reject('string') -%}
    {%- do errors.append(field_name ~ ' must contain only string values, found: ' ~ item) -%}
  {%- endfor -%}
{%- endmacro %}

{% macro duckdb__is_list(value) -%}
  {% do return(value is sequence and value is not string and value is not mapping) %}
{%- endmacro %}

{% macro validate_merge_clauses(config, base_configuration_fields, errors) -%}
  {%- set clauses = config.get('merge_clauses') -%}
  {%- if clauses is none -%}{% do return(none) %}{%- endif -%}
  {%- if clauses is not mapping -%}
    {%- do errors.append('merge_clauses must be a dictionary, found: ' ~ clauses) -%}
    {% do return(none) %}
  {%- endif -%}
  {%- set kinds = ['when_matched', 'when_not_matched'] | select('in', clauses) | list -%}
  {%- if not kinds -%}
    {%- do errors.append("merge_clauses must contain at least one of 'when_matched' or "
                         ~ "'when_not_matched' keys") -%}
  {%- endif -%}
  {%- for kind in kinds -%}
    {%- do validate_merge_clause_list(clauses, kind, errors) -%}
  {%- endfor -%}

  {%- set ignored = [] -%}
  {%- for field in base_configuration_fields
        if field not in ['merge_on_using_columns', 'merge_returning_columns'] -%}
    {%- if config.get(field) -%}{%- do ignored.append(field) -%}{%- endif -%}
  {%- endfor -%}
  {%- if ignored -%}
    {%- do errors.append(
        'When merge_clauses is specified, the following basic merge configurations will be ignored '
        ~ 'and should be removed: ' ~ ignored | join(', ')
        ~ '. Define your merge behavior within merge_clauses instead.') -%}
  {%- endif -%}
{%- endmacro %}

{% macro validate_merge_clause_list(merge_clauses, clause_type, errors) -%}
  {%- set clauses = merge_clauses.get(clause_type) -%}
  {%- set name = 'merge_clauses.' ~ clause_type -%}
  {%- if not duckdb__is_list(clauses) -%}
    {%- do errors.append(name ~ ' must be a list') -%}
  {%- elif not clauses -%}
    {%- do errors.append(name ~ ' must contain at least one element') -%}
  {%- else -%}
    {%- for clause in clauses | reject('mapping') -%}
      {%- do errors.append(name ~ ' elements must be dictionaries, found: ' ~ clause) -%}
    {%- endfor -%}
  {%- endif -%}
{%- endmacro %}

{# DuckLake returns no rows from a merge and takes one update or delete in it. #}
{% macro validate_ducklake_restrictions(config, target_relation, errors) -%}
  {%- if not target_relation or not adapter.is_ducklake(target_relation) -%}
    {% do return(none) %}
  {%- endif -%}
  {%- if config.get('merge_returning_columns') -%}
    {%- do errors.append('DuckLake MERGE restrictions: merge_returning_columns is not supported '
                         ~ 'because DuckLake does not support RETURNING.') -%}
  {%- endif -%}
  {%- set clauses = config.get('merge_clauses') or {} -%}
  {%- set changes = (clauses.get('when_matched', []) + clauses.get('when_not_matched', []))
      | selectattr('action', 'in', ['update', 'delete']) | list | length -%}
  {%- if changes > 1 -%}
    {%- do errors.append(
        'DuckLake MERGE restrictions: merge_clauses can contain only a single UPDATE or DELETE '
        ~ 'action across when_matched and when_not_matched. Found ' ~ changes ~ '.') -%}
  {%- endif -%}
{%- endmacro %}

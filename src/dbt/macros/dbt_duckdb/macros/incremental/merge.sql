{# MERGE INTO, as DuckDB has it. Configured either by single settings (merge_update_columns,
   merge_update_condition, ..) or, instead of them, clause by clause in merge_clauses:
     {when_matched: [{action, condition, mode, ..}], when_not_matched: [..]} #}

{% macro duckdb__get_incremental_merge_sql(args_dict) %}
  {% do return(duckdb__get_merge_sql(
      args_dict['target_relation'], args_dict['temp_relation'], args_dict['unique_key'],
      args_dict['dest_columns'],
      normalize_incremental_predicates(args_dict.get('incremental_predicates')))) %}
{% endmacro %}

{% macro duckdb__get_merge_sql(target, source, unique_key, dest_columns,
                               incremental_predicates=none) -%}
  {%- do duckdb__refuse_row_changes(
      target, "incremental_strategy 'merge'",
      'incremental_strategy: append adds rows, and --full-refresh builds the table anew') -%}
  {%- do validate_merge_config(config, target) -%}
  {%- set update_columns = config.get('merge_update_columns', []) -%}
  {%- set exclude_columns = config.get('merge_exclude_columns', []) -%}
  {%- set set_expressions = config.get('merge_update_set_expressions', {}) -%}
  {%- set defaults = merge_clause_defaults(
      config.get('merge_update_condition', none), config.get('merge_insert_condition', none),
      update_columns, exclude_columns, set_expressions) -%}
  {%- set update = defaults.when_matched_update_explicit
      if update_columns or exclude_columns or set_expressions
      else defaults.when_matched_update_by_name -%}
  {%- set clauses = config.get('merge_clauses', {}) -%}
  {%- set returning = config.get('merge_returning_columns', []) -%}

  {{ config.get('sql_header') or '' }}
  merge into {{ target }} as DBT_INTERNAL_DEST
  using {{ source }} as DBT_INTERNAL_SOURCE
  {{ duckdb__merge_join_clause(
      unique_key, config.get('merge_on_using_columns', []),
      normalize_incremental_predicates(incremental_predicates)) }}
  {%- for clause in clauses.get('when_matched', [update]) %}
  when matched{{ duckdb__merge_condition(clause) }} then {{
      duckdb__merge_action(clause, dest_columns) }}
  {%- endfor %}
  {%- for clause in clauses.get('when_not_matched', [defaults.when_not_matched_insert_by_name]) %}
  when not matched{{ ' by ' ~ clause['by'] if clause.get('by') }}{{
      duckdb__merge_condition(clause) }} then {{ duckdb__merge_action(clause, dest_columns) }}
  {%- endfor %}
  {%- if returning %}
  returning {{ returning if returning is string else returning | join(', ') }}
  {%- endif %}
{%- endmacro %}

{% macro duckdb__merge_join_clause(unique_key, merge_on_using_columns, incremental_predicates) -%}
  {%- set filters = (incremental_predicates or []) | list -%}
  {%- if merge_on_using_columns -%}
    using ({{ merge_on_using_columns | join(', ') }})
    {%- if filters %} on ({{ filters | join(') and (') }}){% endif -%}
  {%- else -%}
    {%- set keys = [unique_key] if unique_key is string else unique_key or [] -%}
    {%- set matches = [] -%}
    {%- for key in keys if key -%}
      {%- do matches.append('DBT_INTERNAL_SOURCE.' ~ key ~ ' = DBT_INTERNAL_DEST.' ~ key) -%}
    {%- endfor -%}
    on ({{ ((matches or ['FALSE']) + filters) | join(') and (') }})
  {%- endif -%}
{%- endmacro %}

{% macro duckdb__merge_condition(clause) -%}
  {%- set condition = clause.get('condition') -%}
  {%- if condition is string and condition %} and {{ condition }}
  {%- elif condition %} and ({{ condition | join(') and (') }})
  {%- endif -%}
{%- endmacro %}

{% macro duckdb__merge_action(clause, dest_columns) -%}
  {%- set action = clause.get('action') -%}
  {%- set mode = clause.get('mode') -%}
  {%- if action == 'delete' -%} delete
  {%- elif action == 'do_nothing' -%} do nothing
  {%- elif action == 'error' -%}
    {%- set message = clause.get('error_message') -%}
    error{{ " '" ~ message | replace("'", "''") ~ "'" if message }}
  {%- elif action in ['insert', 'update'] and mode in ['by_name', 'by_position'] -%}
    {{ action }} {{ mode | replace('_', ' ') }}
  {%- elif action == 'insert' and mode == 'star' -%} insert *
  {%- elif action == 'insert' and mode == 'explicit' -%}
    {%- set insert = clause.get('insert', {}) -%}
    insert ({{ insert.get('columns', []) | join(', ') }})
    values ({{ insert.get('values', []) | join(', ') }})
  {%- elif action == 'update' and mode == 'star' -%} update set *
  {%- elif action == 'update' -%}
    update set {{ duckdb__merge_assignments(clause, dest_columns) | join(', ') }}
  {%- endif -%}
{%- endmacro %}

{# Explicit: the set_expressions, then the chosen columns that they do not name. Without a mode, of
   a clause for rows that are missing in the source: its set_expressions alone. #}
{% macro duckdb__merge_assignments(clause, dest_columns) %}
  {%- set assignments = [] -%}
  {%- if clause.get('mode') == 'explicit' -%}
    {%- set update = clause.get('update', {}) -%}
    {%- set columns = get_merge_update_columns(
        update.get('include', []), update.get('exclude', []), dest_columns) -%}
  {%- else -%}
    {%- set update = clause -%}
    {%- set columns = [] -%}
  {%- endif -%}
  {%- set expressions = update.get('set_expressions', {}) -%}
  {%- for column, expression in expressions.items() -%}
    {%- do assignments.append(column ~ ' = ' ~ expression) -%}
  {%- endfor -%}
  {%- for column in columns
        if column | replace('"', '') | replace("'", '') not in expressions -%}
    {%- do assignments.append(column ~ ' = DBT_INTERNAL_SOURCE.' ~ column) -%}
  {%- endfor -%}
  {% do return(assignments) %}
{% endmacro %}

{# The clauses that the single settings stand for. #}
{% macro merge_clause_defaults(merge_update_condition, merge_insert_condition,
                               merge_update_columns=[], merge_exclude_columns=[],
                               merge_update_set_expressions={}) -%}
  {% do return({
      'when_matched_update_by_name': {
          'action': 'update', 'mode': 'by_name', 'condition': merge_update_condition},
      'when_matched_update_explicit': {
          'action': 'update', 'mode': 'explicit', 'condition': merge_update_condition,
          'update': {
              'include': merge_update_columns,
              'exclude': merge_exclude_columns,
              'set_expressions': merge_update_set_expressions}},
      'when_not_matched_insert_by_name': {
          'action': 'insert', 'mode': 'by_name', 'condition': merge_insert_condition},
  }) %}
{%- endmacro %}

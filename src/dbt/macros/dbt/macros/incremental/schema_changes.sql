{# on_schema_change: what becomes of an incremental table when its query has other columns now. #}

{% macro incremental_validate_on_schema_change(on_schema_change, default='ignore') %}
  {%- if on_schema_change in ['ignore', 'fail', 'append_new_columns', 'sync_all_columns'] -%}
    {% do return(on_schema_change) %}
  {%- endif -%}
  {%- do log('Invalid value for on_schema_change (' ~ on_schema_change
             ~ ') specified. Setting default value of ' ~ default ~ '.') -%}
  {% do return(default) %}
{% endmacro %}

{# {schema_changed, source_not_in_target, target_not_in_source, source_columns, target_columns,
   new_target_types}. #}
{% macro check_for_schema_changes(source_relation, target_relation) %}
  {% do return(adapter.dispatch('check_for_schema_changes', 'dbt')(
      source_relation, target_relation)) %}
{% endmacro %}

{% macro default__check_for_schema_changes(source_relation, target_relation) %}
  {%- set source = adapter.get_columns_in_relation(source_relation) -%}
  {%- set target = adapter.get_columns_in_relation(target_relation) -%}
  {%- set added = diff_columns(source, target) -%}
  {%- set removed = diff_columns(target, source) -%}
  {%- set retyped = diff_column_data_types(source, target) -%}
  {%- set changed = (added or removed or retyped) | length > 0 -%}
  {%- do log('In ' ~ target_relation ~ ': Schema changed: ' ~ changed
             ~ '; Source columns not in target: ' ~ added
             ~ '; Target columns not in source: ' ~ removed
             ~ '; New column types: ' ~ retyped) -%}
  {% do return({
      'schema_changed': changed,
      'source_not_in_target': added,
      'target_not_in_source': removed,
      'source_columns': source,
      'target_columns': target,
      'new_target_types': retyped,
  }) %}
{% endmacro %}

{# Gives the table the new columns; with sync_all_columns also takes the lost ones and changes
   types. #}
{% macro sync_column_schemas(on_schema_change, target_relation, schema_changes_dict) %}
  {% do return(adapter.dispatch('sync_column_schemas', 'dbt')(
      on_schema_change, target_relation, schema_changes_dict)) %}
{% endmacro %}

{% macro default__sync_column_schemas(on_schema_change, target_relation, schema_changes_dict) %}
  {%- set everything = on_schema_change == 'sync_all_columns' -%}
  {%- set added = schema_changes_dict['source_not_in_target'] -%}
  {%- set removed = schema_changes_dict['target_not_in_source'] if everything else [] -%}
  {%- set retyped = schema_changes_dict['new_target_types'] if everything else [] -%}
  {%- if added or removed -%}
    {%- do alter_relation_add_remove_columns(
        target_relation, added, removed if everything else none) -%}
  {%- endif -%}
  {%- for change in retyped -%}
    {%- do alter_column_type(target_relation, change['column_name'], change['new_type']) -%}
  {%- endfor -%}
  {%- do log('In ' ~ target_relation ~ ': Schema change approach: ' ~ on_schema_change
             ~ '; Columns added: ' ~ added ~ '; Columns removed: ' ~ removed
             ~ '; Data types changed: ' ~ retyped) -%}
{% endmacro %}

{# The columns to insert into; {} when they are not looked at. #}
{% macro process_schema_changes(on_schema_change, source_relation, target_relation) %}
  {% do return(adapter.dispatch('process_schema_changes', 'dbt')(
      on_schema_change, source_relation, target_relation)) %}
{% endmacro %}

{% macro default__process_schema_changes(on_schema_change, source_relation, target_relation) %}
  {%- if on_schema_change == 'ignore' -%}{% do return({}) %}{%- endif -%}
  {%- set changes = check_for_schema_changes(source_relation, target_relation) -%}
  {%- if changes['schema_changed'] -%}
    {%- if on_schema_change == 'fail' -%}
      {%- do default__raise_schema_changed(changes) -%}
    {%- endif -%}
    {%- do sync_column_schemas(on_schema_change, target_relation, changes) -%}
  {%- endif -%}
  {% do return(changes['source_columns']) %}
{% endmacro %}

{% macro default__raise_schema_changed(changes) %}
  {%- set message %}
The source and target schemas on this incremental model are out of sync!
Any of these reconciles them:
  - on_schema_change: append_new_columns (or sync_all_columns) lets the table follow the query;
  - a run with --full-refresh, or full_refresh: true, builds the table anew;
  - the table is altered by hand.

    Source columns not in target: {{ changes['source_not_in_target'] }}
    Target columns not in source: {{ changes['target_not_in_source'] }}
    New column types: {{ changes['new_target_types'] }}
  {%- endset -%}
  {%- do exceptions.raise_compiler_error(message) -%}
{% endmacro %}

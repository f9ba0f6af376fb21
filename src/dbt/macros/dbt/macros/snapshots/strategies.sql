{# A snapshot's strategy tells what identifies a row, when it changed and whether it did:
   {unique_key, updated_at, row_changed, scd_id, invalidate_hard_deletes, hard_deletes}. #}

{# The macro snapshot_<name>_strategy; `package.name` looks in that package. #}
{% macro strategy_dispatch(name) -%}
  {%- set place = context -%}
  {%- set short_name = name -%}
  {%- set package = none -%}
  {%- if '.' in name -%}
    {%- set package, short_name = name.split('.', 1) -%}
    {%- if package not in context -%}
      {%- do exceptions.raise_compiler_error(
          "Could not find package '" ~ package ~ "', called with '" ~ name ~ "'") -%}
    {%- endif -%}
    {%- set place = context[package] -%}
  {%- endif -%}
  {%- set macro_name = 'snapshot_' ~ short_name ~ '_strategy' -%}
  {%- if macro_name not in place -%}
    {%- do exceptions.raise_compiler_error(
        "The specified strategy macro '" ~ short_name ~ "' was not found in package '" ~ package
        ~ "'") -%}
  {%- endif -%}
  {% do return(place[macro_name]) %}
{%- endmacro %}

{# Identifies one version of a row. #}
{% macro snapshot_hash_arguments(args) -%}
  {{ adapter.dispatch('snapshot_hash_arguments', 'dbt')(args) }}
{%- endmacro %}

{% macro default__snapshot_hash_arguments(args) -%}
  md5(
  {%- for arg in args -%}
    coalesce(cast({{ arg }} as varchar), ''){{ " || '|' || " if not loop.last }}
  {%- endfor -%})
{%- endmacro %}

{% macro snapshot_string_as_time(timestamp) -%}
  {{ adapter.dispatch('snapshot_string_as_time', 'dbt')(timestamp) }}
{%- endmacro %}

{% macro default__snapshot_string_as_time(timestamp) %}
  {%- do exceptions.raise_not_implemented(
      'snapshot_string_as_time macro not implemented for adapter ' ~ adapter.type()) -%}
{% endmacro %}

{# A row changed when its updated_at is later than the version we have. That is compared with
   dbt_valid_from: a snapshot that once used `check` need not hold the updated_at column. #}
{% macro snapshot_timestamp_strategy(node, snapshotted_rel, current_rel, model_config,
                                     target_exists) %}
  {%- set names = config.get('snapshot_table_column_names') or get_snapshot_table_column_names() -%}
  {%- set updated_at = config.get('updated_at') -%}
  {% do return(default__snapshot_strategy(
      updated_at,
      '(' ~ snapshotted_rel ~ '.' ~ names.dbt_valid_from ~ ' < ' ~ current_rel ~ '.' ~ updated_at
      ~ ')')) %}
{% endmacro %}

{# A row changed when one of the checked columns did, or when the query has a new one. #}
{% macro snapshot_check_strategy(node, snapshotted_rel, current_rel, model_config,
                                 target_exists) %}
  {%- set column_added, columns = snapshot_check_all_get_existing_columns(
      node, target_exists, config.get('check_cols')) -%}
  {%- set differences = [] -%}
  {%- for column in columns -%}
    {%- set old = snapshotted_rel ~ '.' ~ column -%}
    {%- set new = current_rel ~ '.' ~ column -%}
    {%- do differences.append(
        old ~ ' != ' ~ new ~ ' or (' ~ old ~ ' is null) != (' ~ new ~ ' is null)') -%}
  {%- endfor -%}
  {% do return(default__snapshot_strategy(
      config.get('updated_at') or snapshot_get_time(),
      '(' ~ (get_true_sql() | trim if column_added else differences | join(' or ')) ~ ')')) %}
{% endmacro %}

{% macro default__snapshot_strategy(updated_at, row_changed) %}
  {%- set unique_key = config.get('unique_key') -%}
  {%- set hard_deletes = adapter.get_hard_deletes_behavior(config) -%}
  {% do return({
      'unique_key': unique_key,
      'updated_at': updated_at,
      'row_changed': row_changed,
      'scd_id': snapshot_hash_arguments(api.Relation.scd_args(unique_key, updated_at)),
      'invalidate_hard_deletes': hard_deletes == 'invalidate',
      'hard_deletes': hard_deletes,
  }) %}
{% endmacro %}

{# (whether the query has a checked column that the snapshot has not, the quoted common ones). The
   query is asked, which knows the true spelling of the names. #}
{% macro snapshot_check_all_get_existing_columns(node, target_exists, check_cols_config) -%}
  {%- if not target_exists -%}{% do return((false, [])) %}{%- endif -%}
  {%- set query = node['compiled_code'] -%}
  {%- if check_cols_config == 'all' -%}
    {%- set checked = get_columns_in_query(query) -%}
  {%- elif check_cols_config is not string and check_cols_config is iterable
        and check_cols_config | length -%}
    {%- set checked = get_columns_in_query(
        'select ' ~ check_cols_config | join(', ') ~ ' from (\n' ~ query ~ '\n) subq') -%}
  {%- else -%}
    {%- do exceptions.raise_compiler_error(
        "Invalid value for 'check_cols': " ~ check_cols_config) -%}
  {%- endif -%}
  {%- set snapshot = adapter.get_relation(
      database=node.database, schema=node.schema, identifier=node.alias) -%}
  {%- set existing = adapter.get_columns_in_relation(snapshot) | map(attribute='name') | list -%}
  {%- set common = [] -%}
  {%- for name in checked if name in existing -%}
    {%- do common.append(adapter.quote(name)) -%}
  {%- endfor -%}
  {% do return((common | length < checked | length, common)) %}
{%- endmacro %}

{% macro get_true_sql() %}
  {{ adapter.dispatch('get_true_sql', 'dbt')() }}
{% endmacro %}

{% macro default__get_true_sql() %}
  {% do return('TRUE') %}
{% endmacro %}

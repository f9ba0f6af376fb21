{# The SQL of snapshots. A version of a row is current while its dbt_valid_to is null, or equal to
   the dbt_valid_to_current of the config. #}

{# meta columns by role; snapshot_meta_column_names renames them. #}
{% macro get_snapshot_table_column_names() %}
  {% do return({
      'dbt_valid_from': 'dbt_valid_from', 'dbt_valid_to': 'dbt_valid_to',
      'dbt_scd_id': 'dbt_scd_id', 'dbt_updated_at': 'dbt_updated_at',
      'dbt_is_deleted': 'dbt_is_deleted'}) %}
{% endmacro %}

{# The coalesce gives the column the type of updated_at even where it is null. #}
{% macro get_dbt_valid_to_current(strategy, columns) -%}
  coalesce(nullif({{ strategy.updated_at }}, {{ strategy.updated_at }}), {{
      config.get('dbt_valid_to_current') or 'null' }}) as {{ columns.dbt_valid_to }}
{%- endmacro %}

{# The first run: every row is a current version. #}
{% macro build_snapshot_table(strategy, sql) -%}
  {{ adapter.dispatch('build_snapshot_table', 'dbt')(strategy, sql) }}
{%- endmacro %}

{% macro default__build_snapshot_table(strategy, sql) -%}
  {%- set names = config.get('snapshot_table_column_names') or get_snapshot_table_column_names() -%}
  select *,
    {{ strategy.scd_id }} as {{ names.dbt_scd_id }},
    {{ strategy.updated_at }} as {{ names.dbt_updated_at }},
    {{ strategy.updated_at }} as {{ names.dbt_valid_from }},
    {{ get_dbt_valid_to_current(strategy, names) }}
    {%- if strategy.hard_deletes == 'new_record' %},
    'False' as {{ names.dbt_is_deleted }}
    {%- endif %}
  from (
    {{ sql }}
  ) sbq
{%- endmacro %}

{# Later runs: one row for each change, its kind in dbt_change_type. A new version is an 'insert';
   the version before it is closed by an 'update', or by a 'delete' when the row is gone from the
   source and hard_deletes says so. With hard_deletes 'new_record' a gone row also gets a version
   that is marked deleted. #}
{% macro snapshot_staging_table(strategy, source_sql, target_relation) -%}
  {{ adapter.dispatch('snapshot_staging_table', 'dbt')(strategy, source_sql, target_relation) }}
{%- endmacro %}

{% macro default__snapshot_staging_table(strategy, source_sql, target_relation) -%}
  {%- set names = config.get('snapshot_table_column_names') or get_snapshot_table_column_names() -%}
  {%- set keys = unique_key_fields(strategy.unique_key) -%}
  {%- set key_match = unique_key_join_on(strategy.unique_key, 'snapshotted_data', 'source_data') -%}
  {%- set records_deletes = strategy.hard_deletes == 'new_record' -%}
  {%- set follows_deletes = records_deletes or strategy.hard_deletes == 'invalidate' -%}
  {%- set now = snapshot_get_time() -%}
  {%- set current = config.get('dbt_valid_to_current') -%}
  {%- set marked_deleted = 'snapshotted_data.' ~ names.dbt_is_deleted ~ " = 'True'" -%}
  {%- set changed = strategy.row_changed ~ (' or ' ~ marked_deleted if records_deletes else '') -%}
  {%- set gone -%}
    {{ unique_key_is_null(strategy.unique_key, 'source_data') }}
    {%- if records_deletes %}
      and not ({{ marked_deleted }} and snapshotted_data.{{ names.dbt_valid_to }} {{
          '= ' ~ current if current else 'is null' }})
    {%- endif -%}
  {%- endset -%}
  with snapshot_query as (
    {{ source_sql }}
  ),
  snapshotted_data as (
    select *, {{ keys }}
    from {{ target_relation }}
    where {% if current -%}
      ({{ equals(names.dbt_valid_to, current | trim) }} or {{ names.dbt_valid_to }} is null)
    {%- else -%}
      {{ names.dbt_valid_to }} is null
    {%- endif %}
  ),
  insertions_source_data as (
    select *, {{ keys }},
      {{ strategy.updated_at }} as {{ names.dbt_updated_at }},
      {{ strategy.updated_at }} as {{ names.dbt_valid_from }},
      {{ get_dbt_valid_to_current(strategy, names) }},
      {{ strategy.scd_id }} as {{ names.dbt_scd_id }}
    from snapshot_query
  ),
  updates_source_data as (
    select *, {{ keys }},
      {{ strategy.updated_at }} as {{ names.dbt_updated_at }},
      {{ strategy.updated_at }} as {{ names.dbt_valid_from }},
      {{ strategy.updated_at }} as {{ names.dbt_valid_to }}
    from snapshot_query
  ),
  insertions as (
    select 'insert' as dbt_change_type, source_data.*
      {{- ", 'False' as " ~ names.dbt_is_deleted if records_deletes }}
    from insertions_source_data as source_data
    left outer join snapshotted_data on {{ key_match }}
    where {{ unique_key_is_null(strategy.unique_key, 'snapshotted_data') }}
      or ({{ unique_key_is_not_null(strategy.unique_key, 'snapshotted_data') }}
        and ({{ changed }}))
  ),
  updates as (
    select 'update' as dbt_change_type, source_data.*, snapshotted_data.{{ names.dbt_scd_id }}
      {{- ', snapshotted_data.' ~ names.dbt_is_deleted if records_deletes }}
    from updates_source_data as source_data
    join snapshotted_data on {{ key_match }}
    where {{ changed }}
  )
  {%- if follows_deletes %},
  deletes_source_data as (
    select *, {{ keys }}
    from snapshot_query
  ),
  deletes as (
    select 'delete' as dbt_change_type, source_data.*,
      {{ now }} as {{ names.dbt_valid_from }},
      {{ now }} as {{ names.dbt_updated_at }},
      {{ now }} as {{ names.dbt_valid_to }},
      snapshotted_data.{{ names.dbt_scd_id }}
      {{- ', snapshotted_data.' ~ names.dbt_is_deleted if records_deletes }}
    from snapshotted_data
    left join deletes_source_data as source_data on {{ key_match }}
    where {{ gone }}
  )
  {%- endif %}
  {%- if records_deletes %},
  deletion_records as (
    {{ default__snapshot_deletion_records(strategy, source_sql, target_relation, names) }}
    from snapshotted_data
    left join deletes_source_data as source_data on {{ key_match }}
    where {{ gone }}
  )
  {%- endif %}

  select * from insertions
  union all
  select * from updates
  {%- if follows_deletes %}
  union all
  select * from deletes
  {%- endif %}
  {%- if records_deletes %}
  union all
  select * from deletion_records
  {%- endif %}
{%- endmacro %}

{# The last known values of a row that is gone, column by column as in `insertions`: a column that
   the snapshot has not yet is null, as the outer join leaves it. #}
{% macro default__snapshot_deletion_records(strategy, source_sql, target_relation, names) -%}
  {%- set known = get_list_of_column_names(get_columns_in_relation(target_relation)) -%}
  {%- set now = snapshot_get_time() -%}
  {%- set is_list = strategy.unique_key | is_list -%}
  select 'insert' as dbt_change_type,
    {%- for column in get_columns_in_query(source_sql) %}
    {{ 'snapshotted_data' if column in known else 'source_data' }}.{{ adapter.quote(column) }},
    {%- endfor %}
    {%- for name, key in default__unique_keys(strategy.unique_key) %}
    snapshotted_data.{{ name }} as {{ name }},
    {%- endfor %}
    {{ now }} as {{ names.dbt_valid_from }},
    {{ now }} as {{ names.dbt_updated_at }},
    snapshotted_data.{{ names.dbt_valid_to }} as {{ names.dbt_valid_to }},
    {{ snapshot_hash_arguments([names.dbt_scd_id, now]) }} as {{ names.dbt_scd_id }},
    'True' as {{ names.dbt_is_deleted }}
{%- endmacro %}

{% macro build_snapshot_staging_table(strategy, sql, target_relation) %}
  {%- set staging = make_temp_relation(target_relation) -%}
  {%- set rows = snapshot_staging_table(strategy, sql, target_relation) -%}
  {%- call statement('build_snapshot_staging_relation') -%}
    {{ create_table_as(true, staging, rows) }}
  {%- endcall -%}
  {% do return(staging) %}
{% endmacro %}

{% macro post_snapshot(staging_relation) %}
  {{ adapter.dispatch('post_snapshot', 'dbt')(staging_relation) }}
{% endmacro %}

{% macro default__post_snapshot(staging_relation) %}
{% endmacro %}

{% macro snapshot_merge_sql(target, source, insert_cols) -%}
  {{ adapter.dispatch('snapshot_merge_sql', 'dbt')(target, source, insert_cols) }}
{%- endmacro %}

{% macro default__snapshot_merge_sql(target, source, insert_cols) -%}
  {%- set names = config.get('snapshot_table_column_names') or get_snapshot_table_column_names() -%}
  {%- set current = config.get('dbt_valid_to_current') -%}
  {%- set valid_to = 'DBT_INTERNAL_DEST.' ~ names.dbt_valid_to -%}
  {%- set columns = insert_cols | join(', ') -%}
  merge into {{ target.render() }} as DBT_INTERNAL_DEST
  using {{ source }} as DBT_INTERNAL_SOURCE
  on DBT_INTERNAL_SOURCE.{{ names.dbt_scd_id }} = DBT_INTERNAL_DEST.{{ names.dbt_scd_id }}
  when matched
    and ({{ equals(valid_to, current | trim) ~ ' or ' if current }}{{ valid_to }} is null)
    and DBT_INTERNAL_SOURCE.dbt_change_type in ('update', 'delete')
    then update set {{ names.dbt_valid_to }} = DBT_INTERNAL_SOURCE.{{ names.dbt_valid_to }}
  when not matched and DBT_INTERNAL_SOURCE.dbt_change_type = 'insert'
    then insert ({{ columns }}) values ({{ columns }})
{%- endmacro %}

{# A warning where the time of the run and updated_at have different types. #}
{% macro check_time_data_types(sql) %}
  {%- set updated_at_type = get_updated_at_column_data_type(sql) -%}
  {%- set time_type = get_snapshot_get_time_data_type() -%}
  {%- if updated_at_type is not none and time_type is not none and updated_at_type != time_type
      and exceptions.warn_snapshot_timestamp_data_types -%}
    {%- do exceptions.warn_snapshot_timestamp_data_types(time_type, updated_at_type) -%}
  {%- endif -%}
{% endmacro %}

{% macro get_updated_at_column_data_type(snapshot_sql) %}
  {%- for column in get_column_schema_from_query(snapshot_sql)
        if column.column in ('dbt_updated_at', 'DBT_UPDATED_AT') -%}
    {% do return(column.dtype) %}
  {%- endfor -%}
  {% do return(none) %}
{% endmacro %}

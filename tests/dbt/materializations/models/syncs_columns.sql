{{ config(materialized='incremental', on_schema_change='sync_all_columns') }}
select {{ var('step', 1) }}{{ '::bigint' if var('step',1) > 2 else '::int' }} as id {% if var('step',1) > 1 %}, 'new' as extra {% else %}, 'old' as gone {% endif %}

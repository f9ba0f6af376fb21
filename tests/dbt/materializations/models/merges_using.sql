{{ config(materialized='incremental', incremental_strategy='merge', merge_on_using_columns=['id'], merge_update_columns=['v']) }}
select 1 as id, {{ var('step', 1) }} as v, {{ var('step', 1) }} as w

{{ config(materialized='incremental', incremental_strategy='merge', unique_key='id') }}
select 1 as id, {{ var('step', 1) }} as v, 7 as w union all select {{ var('step', 1) }} + 10, 5, 8

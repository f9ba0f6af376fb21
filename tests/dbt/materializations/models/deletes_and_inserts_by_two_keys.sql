{{ config(materialized='incremental', unique_key=['id','k']) }}
select 1 as id, 'a' as k, {{ var('step', 1) }} as v union all select {{ var('step', 1) }} + 10, 'b', 5

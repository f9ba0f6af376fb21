{{ config(materialized='incremental', incremental_strategy='append') }}
select {{ var('step', 1) }} as id, 'x' as v

{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='id', incremental_predicates=["v is not null"]) }}
select 1 as id, {{ var('step', 1) }} as v union all select {{ var('step', 1) }} + 10, 5

{{ config(materialized='table' if var('step',1) % 2 == 1 else 'incremental') }}
select {{ var('step', 1) }} as id

{{ config(materialized='view' if var('step',1) % 2 == 1 else 'table') }}
select {{ var('step', 1) }} as id

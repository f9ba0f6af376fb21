{{ config(materialized='table') }}
select id, id as parent_id from {{ ref('parent') }}

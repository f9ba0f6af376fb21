{{ config(materialized='ephemeral') }}
select * from {{ ref('measured') }}

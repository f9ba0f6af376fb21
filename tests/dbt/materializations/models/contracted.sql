{{ config(materialized='table', indexes=[{'columns':['id'],'unique':true}]) }}
select v, id from {{ ref('measured_rows') }}

{{ config(materialized='incremental') }}
select {{ var('step', 1) }} as id, 'x' as v {% if is_incremental() %} where {{ var('step',1) }} > (select max(id) from {{ this }}) {% endif %}

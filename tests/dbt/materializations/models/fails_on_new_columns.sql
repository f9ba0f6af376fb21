{{ config(materialized='incremental', on_schema_change='fail') }}
select {{ var('step', 1) }} as id {% if var('step',1) > 1 %}, 'new' as extra {% endif %}

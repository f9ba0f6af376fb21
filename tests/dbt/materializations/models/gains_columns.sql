{{ config(materialized='incremental', on_schema_change='append_new_columns') }}
select {{ var('step', 1) }} as id {% if var('step',1) > 1 %}, 'new' as extra {% else %}, 'old' as gone {% endif %}

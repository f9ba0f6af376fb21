{{ config(materialized='table') }}
{% call set_sql_header(config) %} create or replace temporary macro plus(x) as x + 1; {% endcall %}
select plus(1) as id

{% set s = var('step',1) %}
select 1 as id, 'a' as k, {{ s }} as v, timestamp '2026-01-01' + interval 1 day * {{ s }} as ts
union all select 2, 'b', 5, timestamp '2026-01-01'
{% if s != 2 %} union all select 3, 'c', 6, timestamp '2026-01-01' {% endif %}

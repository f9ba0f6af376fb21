{# Dates and the numbers and series made of them. #}

{% macro date(year, month, day) -%}
  {% do return(adapter.dispatch('date', 'dbt')(year, month, day)) %}
{%- endmacro %}

{% macro default__date(year, month, day) -%}
  to_date('{{ modules.datetime.date(year, month, day).strftime('%Y-%m-%d') }}', 'YYYY-MM-DD')
{%- endmacro %}

{% macro date_trunc(datepart, date) -%}
  {% do return(adapter.dispatch('date_trunc', 'dbt')(datepart, date)) %}
{%- endmacro %}

{% macro default__date_trunc(datepart, date) -%}
  date_trunc('{{ datepart }}', {{ date }})
{%- endmacro %}

{% macro dateadd(datepart, interval, from_date_or_timestamp) -%}
  {% do return(adapter.dispatch('dateadd', 'dbt')(datepart, interval, from_date_or_timestamp)) %}
{%- endmacro %}

{% macro default__dateadd(datepart, interval, from_date_or_timestamp) -%}
  dateadd({{ datepart }}, {{ interval }}, {{ from_date_or_timestamp }})
{%- endmacro %}

{% macro datediff(first_date, second_date, datepart) -%}
  {% do return(adapter.dispatch('datediff', 'dbt')(first_date, second_date, datepart)) %}
{%- endmacro %}

{% macro default__datediff(first_date, second_date, datepart) -%}
  datediff({{ datepart }}, {{ first_date }}, {{ second_date }})
{%- endmacro %}

{# The last day of the month, quarter, year, .. that the date lies in. #}
{% macro last_day(date, datepart) -%}
  {% do return(adapter.dispatch('last_day', 'dbt')(date, datepart)) %}
{%- endmacro %}

{% macro default__last_day(date, datepart) -%}
  {{ dbt.default_last_day(date, datepart) }}
{%- endmacro %}

{% macro default_last_day(date, datepart) -%}
  {%- set next_start = dbt.dateadd(datepart, '1', dbt.date_trunc(datepart, date)) -%}
  cast({{ dbt.dateadd('day', '-1', next_start) }} as date)
{%- endmacro %}

{# How many dateparts lie between two dates, asked of the database: 1 while parsing. #}
{% macro get_intervals_between(start_date, end_date, datepart) -%}
  {% do return(adapter.dispatch('get_intervals_between', 'dbt')(start_date, end_date, datepart)) %}
{%- endmacro %}

{% macro default__get_intervals_between(start_date, end_date, datepart) -%}
  {%- call statement('get_intervals_between', fetch_result=true) -%}
    select {{ dbt.datediff(start_date, end_date, datepart) }}
  {%- endcall -%}
  {%- set result = load_result('get_intervals_between') -%}
  {% do return(result['data'][0][0] if result and result['data'] else 1) %}
{%- endmacro %}

{# One row a datepart, from the first date to before the last: column date_<datepart>. #}
{% macro date_spine(datepart, start_date, end_date) -%}
  {% do return(adapter.dispatch('date_spine', 'dbt')(datepart, start_date, end_date)) %}
{%- endmacro %}

{% macro default__date_spine(datepart, start_date, end_date) %}
with rawdata as (
  {{ dbt.generate_series(dbt.get_intervals_between(start_date, end_date, datepart)) }}
),
all_periods as (
  select ({{ dbt.dateadd(datepart, 'row_number() over (order by 1) - 1', start_date) }})
    as date_{{ datepart }}
  from rawdata
),
filtered as (
  select *
  from all_periods
  where date_{{ datepart }} <= {{ end_date }}
)
select * from filtered
{% endmacro %}

{# 1 to upper_bound: column generated_number. #}
{% macro generate_series(upper_bound) -%}
  {% do return(adapter.dispatch('generate_series', 'dbt')(upper_bound)) %}
{%- endmacro %}

{# For databases without a function for it: a cross join of bits. #}
{% macro default__generate_series(upper_bound) %}
{%- set bits = dbt.get_powers_of_two(upper_bound) %}
with p as (
  select 0 as generated_number union all select 1
),
unioned as (
  select
    {%- for bit in range(bits) %}
    p{{ bit }}.generated_number * power(2, {{ bit }}) +
    {%- endfor %}
    1 as generated_number
  from
    {%- for bit in range(bits) %}
    p as p{{ bit }}{{ ' cross join' if not loop.last }}
    {%- endfor %}
)
select *
from unioned
where generated_number <= {{ upper_bound }}
order by generated_number
{% endmacro %}

{# The least n >= 1 with 2 ** n >= upper_bound. #}
{% macro get_powers_of_two(upper_bound) %}
  {% do return(adapter.dispatch('get_powers_of_two', 'dbt')(upper_bound)) %}
{% endmacro %}

{% macro default__get_powers_of_two(upper_bound) %}
  {%- if upper_bound <= 0 -%}
    {%- do exceptions.raise_compiler_error('upper bound must be positive') -%}
  {%- endif -%}
  {%- for power in range(1, 100) if upper_bound <= 2 ** power -%}
    {% do return(power) %}
  {%- endfor -%}
{% endmacro %}

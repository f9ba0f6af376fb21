{# Dates out of text such as '20260101,20260131', for models built a partition at a time. #}

{% macro convert_datetime(date_str, date_fmt) %}
  {%- set message = "The provided partition date '" ~ date_str
      ~ "' does not match the expected format '" ~ date_fmt ~ "'" -%}
  {% do return(try_or_compiler_error(
      message, modules.datetime.datetime.strptime, date_str.strip(), date_fmt)) %}
{% endmacro %}

{# Every day from the first to the last: text in `out_fmt`, or datetimes when that is empty. #}
{% macro dates_in_range(start_date_str, end_date_str=none, in_fmt='%Y%m%d', out_fmt='%Y%m%d') %}
  {%- set first = convert_datetime(start_date_str, in_fmt) -%}
  {%- set last = first if end_date_str is none else convert_datetime(end_date_str, in_fmt) -%}
  {%- set days = (last - first).days -%}
  {%- if days < 0 -%}
    {%- do exceptions.raise_compiler_error(
        'Partition start date is after the end date (' ~ first ~ ', ' ~ last ~ ')', model) -%}
  {%- endif -%}
  {%- set dates = [] -%}
  {%- for day in range(days + 1) -%}
    {%- set date = first + modules.datetime.timedelta(days=day) -%}
    {%- do dates.append(date.strftime(out_fmt) if out_fmt else date) -%}
  {%- endfor -%}
  {% do return(dates) %}
{% endmacro %}

{% macro partition_range(raw_partition_date, date_fmt='%Y%m%d') %}
  {%- set bounds = (raw_partition_date | string).split(',') -%}
  {%- if bounds | length > 2 -%}
    {%- do exceptions.raise_compiler_error(
        'Invalid partition time. Expected format: {Start Date}[,{End Date}]. Got: '
        ~ raw_partition_date) -%}
  {%- endif -%}
  {% do return(dates_in_range(bounds[0], bounds[1] if bounds | length == 2 else none,
                              in_fmt=date_fmt)) %}
{% endmacro %}

{# Now, to the microsecond, fit for a part of an identifier. #}
{% macro py_current_timestring() %}
  {% do return(modules.datetime.datetime.now().strftime('%Y%m%d%H%M%S%f')) %}
{% endmacro %}

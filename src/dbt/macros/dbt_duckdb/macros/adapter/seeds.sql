{% macro duckdb__get_binding_char() %}
  {% do return(adapter.get_binding_char()) %}
{% endmacro %}

{% macro duckdb__get_batch_size() %}
  {% do return(10000) %}
{% endmacro %}

{# DuckDB reads the file itself: as it finds it, or with `fast: false` by dbt's rules of what is a
   null and how values are written (adapter.seed_query). #}
{% macro duckdb__load_csv_rows(model, agate_table) %}
  {%- set load -%}
    {%- if config.get('fast', true) -%}
    copy {{ this.render() }}
    from '{{ adapter.escape_sql_string(adapter.get_seed_file_path(model)) }}'
    (format csv, header true, delimiter '{{
        adapter.escape_sql_string(config.get('delimiter', ',')) }}')
    {%- else -%}
    insert into {{ this.render() }}
    {{ adapter.seed_query(model) }}
    {%- endif -%}
  {%- endset -%}
  {%- do adapter.add_query(load, abridge_sql_log=true) -%}
  {% do return(load) %}
{% endmacro %}

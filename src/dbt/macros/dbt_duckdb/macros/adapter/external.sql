{# Files beside the database. #}

{% macro location_exists(location) -%}
  {% do return(adapter.location_exists(location)) %}
{%- endmacro %}

{% macro write_to_file(relation, location, options) -%}
  {%- call statement('write_to_file') -%}
    copy {{ relation }} to '{{ location }}' ({{ options }})
  {%- endcall -%}
{%- endmacro %}

{% macro external_location(relation, config) -%}
  {%- set root = adapter.external_root() ~ '/' ~ relation.identifier -%}
  {%- if config.get('options', {}).get('partition_by') is none -%}
    {{ root }}.{{ config.get('format', 'parquet') }}
  {%- else -%}
    {{ root }}
  {%- endif -%}
{%- endmacro %}

{# The options of COPY, with format and delimiter also taken from the top level, each rendered. #}
{% macro render_write_options(config) -%}
  {%- set options = config.get('options', {}) -%}
  {%- if options is not mapping -%}
    {%- do exceptions.raise_compiler_error('The options argument must be a dictionary') -%}
  {%- endif -%}
  {%- for name in options | list -%}
    {%- do options.update({name: render(options[name])}) -%}
  {%- endfor -%}
  {%- for name in ['format', 'delimiter'] if config.get(name) -%}
    {%- do options.update({name: render(config.get(name))}) -%}
  {%- endfor -%}
  {% do return(options) %}
{%- endmacro %}

{# on-run-start of projects with external models, which are not here yet: nothing to register. #}
{% macro register_upstream_external_models() -%}
{%- endmacro %}

{# The key of a snapshot is one expression or a list of them. It is selected under names of our own:
   dbt_unique_key, or dbt_unique_key_1, .. #}

{# [(name, expression)]. #}
{% macro default__unique_keys(unique_key) %}
  {%- if not unique_key | is_list -%}
    {% do return([('dbt_unique_key', unique_key)]) %}
  {%- endif -%}
  {%- set keys = [] -%}
  {%- for key in unique_key -%}
    {%- do keys.append(('dbt_unique_key_' ~ loop.index, key)) -%}
  {%- endfor -%}
  {% do return(keys) %}
{% endmacro %}

{% macro unique_key_fields(unique_key) -%}
  {%- for name, key in default__unique_keys(unique_key) -%}
    {{ key }} as {{ name }}{{ ', ' if not loop.last }}
  {%- endfor -%}
{%- endmacro %}

{% macro unique_key_join_on(unique_key, identifier, from_identifier) -%}
  {%- if unique_key | is_list -%}
    {%- for name, key in default__unique_keys(unique_key) -%}
      {{ equals(identifier ~ '.' ~ name, from_identifier ~ '.' ~ name) }}
      {{- ' and ' if not loop.last }}
    {%- endfor -%}
  {%- else -%}
    {{ identifier }}.dbt_unique_key = {{ from_identifier }}.dbt_unique_key
  {%- endif -%}
{%- endmacro %}

{% macro unique_key_is_null(unique_key, identifier) -%}
  {{ identifier }}.{{ default__unique_keys(unique_key)[0][0] }} is null
{%- endmacro %}

{% macro unique_key_is_not_null(unique_key, identifier) -%}
  {{ identifier }}.{{ default__unique_keys(unique_key)[0][0] }} is not null
{%- endmacro %}

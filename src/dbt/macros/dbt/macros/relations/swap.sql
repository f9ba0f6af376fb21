{# How a materialization puts a new table or view in the place of the old one. Databases that can
   replace a relation in one statement say so by <adapter>__replaces_in_place; the others build the
   new one beside the old and exchange the names. #}

{% macro replaces_in_place(relation) %}
  {% do return(adapter.dispatch('replaces_in_place', 'dbt')(relation)) %}
{% endmacro %}

{% macro default__replaces_in_place(relation) %}
  {% do return(false) %}
{% endmacro %}

{# Drops what an earlier run, stopped half way, left under a name that is about to be used. #}
{% macro default__clear_name(relation) %}
  {%- do drop_relation_if_exists(load_cached_relation(relation)) -%}
{% endmacro %}

{# `target` takes over from `existing` (which may be none, or gone since it was looked up), whose
   old state stays under the name of `backup` until after the commit. #}
{% macro default__swap_in(existing, intermediate, target, backup) %}
  {%- if existing is not none -%}
    {%- set existing = load_cached_relation(existing) -%}
  {%- endif -%}
  {%- if existing is not none -%}
    {%- do adapter.rename_relation(existing, backup) -%}
  {%- endif -%}
  {%- do adapter.rename_relation(intermediate, target) -%}
{% endmacro %}

{# Makes room for a relation of another kind, in the transaction that then creates it. #}
{% macro default__drop_other_kind(existing, target) %}
  {%- if existing is not none and existing.type != target.type -%}
    {%- do adapter.ensure_transaction() -%}
    {%- do adapter.drop_relation(existing) -%}
  {%- endif -%}
{% endmacro %}

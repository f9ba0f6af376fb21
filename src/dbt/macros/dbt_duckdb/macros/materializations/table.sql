{% materialization table, adapter='duckdb' %}
  {%- set existing = load_cached_relation(this) -%}
  {%- set target_relation = this.incorporate(type='table') -%}
  {%- if replaces_in_place(target_relation) -%}
    {% do return(duckdb__table_in_place(existing, target_relation)) %}
  {%- endif -%}
  {%- set intermediate = make_intermediate_relation(target_relation) -%}
  {%- set backup = make_backup_relation(
      target_relation, 'table' if existing is none else existing.type) -%}
  {%- set keys = duckdb__key_types(existing) -%}
  {#- A table with foreign keys cannot be renamed (foreign_keys.sql). -#}
  {%- set in_place = 'foreign_key' in keys -%}

  {%- do default__clear_name(intermediate) -%}
  {%- do default__clear_name(backup) -%}
  {%- do run_hooks(pre_hooks, inside_transaction=false) -%}
  {%- do run_hooks(pre_hooks, inside_transaction=true) -%}
  {%- set partitioned_by = duckdb__get_partitioned_by(target_relation, false) -%}
  {%- set sorted_by = duckdb__get_sorted_by(target_relation, false) -%}

  {%- set dropped = [] -%}
  {%- if in_place and existing is not none -%}
    {%- set dropped = drop_relation_for_rebuild(existing) -%}
  {%- endif -%}
  {%- call statement('main', language=model['language']) -%}
    {{ create_table_as(
        false, target_relation if in_place else intermediate, compiled_code, model['language'],
        partitioned_by=partitioned_by, sorted_by=sorted_by) }}
  {%- endcall -%}
  {%- if not in_place -%}
    {%- set dropped = duckdb__swap_table(existing, intermediate, target_relation, backup, keys) -%}
  {%- endif -%}
  {%- do restore_foreign_key_dependents(dropped) -%}
  {%- do create_indexes(target_relation) -%}

  {%- do default__complete(target_relation, should_revoke(existing, full_refresh_mode=true),
                         hooks_first=true) -%}

  {%- if existing is not none and not in_place -%}
    {%- do adapter.drop_relation(backup) -%}
  {%- endif -%}
  {%- do run_hooks(post_hooks, inside_transaction=false) -%}
  {% do return({'relations': [target_relation]}) %}
{% endmaterialization %}

{# default__swap_in, after what would keep DuckDB from renaming the old table, whose kinds of keys
   are `keys`, is out of the way. Gives the tables that referred to it, for
   restore_foreign_key_dependents. #}
{% macro duckdb__swap_table(existing, intermediate, target_relation, backup, keys) %}
  {%- set dropped = [] -%}
  {%- if existing is not none and existing.is_table -%}
    {%- do drop_indexes_on_relation(existing) -%}
    {%- if 'primary_key' in keys or 'unique' in keys -%}
      {%- set dropped = drop_foreign_key_dependents(existing) -%}
    {%- endif -%}
  {%- endif -%}
  {%- do default__swap_in(existing, intermediate, target_relation, backup) -%}
  {% do return(dropped) %}
{% endmacro %}

{% macro duckdb__table_in_place(existing, target_relation) %}
  {%- if model['language'] != 'sql' -%}
    {%- do duckdb__refuse_language(model['language']) -%}
  {%- endif -%}
  {%- do run_hooks(pre_hooks, inside_transaction=false) -%}
  {%- do run_hooks(pre_hooks, inside_transaction=true) -%}
  {%- do default__drop_other_kind(existing, target_relation) -%}
  {%- call statement('main') -%}
    {{ get_replace_table_sql(target_relation, compiled_code) }}
  {%- endcall -%}
  {%- do default__complete(target_relation, should_revoke(existing, full_refresh_mode=true),
                         hooks_first=true) -%}
  {%- do run_hooks(post_hooks, inside_transaction=false) -%}
  {% do return({'relations': [target_relation]}) %}
{% endmacro %}

{% materialization table, default %}
  {%- set existing = load_cached_relation(this) -%}
  {%- set target_relation = this.incorporate(type='table') -%}
  {%- set intermediate = make_intermediate_relation(target_relation) -%}
  {%- set backup = make_backup_relation(
      target_relation, 'table' if existing is none else existing.type) -%}

  {%- do default__clear_name(intermediate) -%}
  {%- do default__clear_name(backup) -%}
  {%- do run_hooks(pre_hooks, inside_transaction=false) -%}
  {%- do run_hooks(pre_hooks, inside_transaction=true) -%}

  {%- call statement('main') -%}
    {{ get_create_table_as_sql(false, intermediate, sql) }}
  {%- endcall -%}
  {%- do create_indexes(intermediate) -%}
  {%- do default__swap_in(existing, intermediate, target_relation, backup) -%}

  {%- do default__complete(target_relation, should_revoke(existing, full_refresh_mode=true),
                         hooks_first=true) -%}

  {%- if existing is not none -%}
    {%- do adapter.drop_relation(backup) -%}
  {%- endif -%}
  {%- do run_hooks(post_hooks, inside_transaction=false) -%}
  {% do return({'relations': [target_relation]}) %}
{% endmaterialization %}

{% materialization view, default %}
  {%- set existing = load_cached_relation(this) -%}
  {%- set target_relation = this.incorporate(type='view') -%}
  {%- if replaces_in_place(target_relation) -%}
    {% do return(default__view_in_place(existing, target_relation)) %}
  {%- endif -%}
  {%- set intermediate = make_intermediate_relation(target_relation) -%}
  {#- Dropped by its kind at the end, which is the kind of what is there now. -#}
  {%- set backup = make_backup_relation(
      target_relation, 'view' if existing is none else existing.type) -%}

  {%- do run_hooks(pre_hooks, inside_transaction=false) -%}
  {%- do default__clear_name(intermediate) -%}
  {%- do default__clear_name(backup) -%}
  {%- do run_hooks(pre_hooks, inside_transaction=true) -%}

  {%- call statement('main') -%}
    {{ get_create_view_as_sql(intermediate, sql) }}
  {%- endcall -%}
  {%- do default__swap_in(existing, intermediate, target_relation, backup) -%}

  {%- do default__complete(target_relation, should_revoke(existing, full_refresh_mode=true)) -%}

  {%- if existing is not none -%}
    {%- do adapter.drop_relation(backup) -%}
  {%- endif -%}
  {%- do run_hooks(post_hooks, inside_transaction=false) -%}
  {% do return({'relations': [target_relation]}) %}
{% endmaterialization %}

{% macro default__view_in_place(existing, target_relation) %}
  {%- do run_hooks(pre_hooks, inside_transaction=false) -%}
  {%- do run_hooks(pre_hooks, inside_transaction=true) -%}
  {%- do default__drop_other_kind(existing, target_relation) -%}
  {%- call statement('main') -%}
    {{ get_replace_view_sql(target_relation, sql) }}
  {%- endcall -%}
  {%- do default__complete(target_relation, should_revoke(existing, full_refresh_mode=true)) -%}
  {%- do run_hooks(post_hooks, inside_transaction=false) -%}
  {% do return({'relations': [target_relation]}) %}
{% endmacro %}

{# What follows once a relation stands under its name, up to the commit. Tables run their post-hooks
   before grants and comments, all else after them, as with dbt. #}
{% macro default__complete(target_relation, revoke, hooks_first=false) %}
  {%- if hooks_first -%}
    {%- do run_hooks(post_hooks, inside_transaction=true) -%}
  {%- endif -%}
  {%- do apply_grants(target_relation, config.get('grants'), should_revoke=revoke) -%}
  {%- do persist_docs(target_relation, model) -%}
  {%- if not hooks_first -%}
    {%- do run_hooks(post_hooks, inside_transaction=true) -%}
  {%- endif -%}
  {%- do adapter.commit() -%}
{% endmacro %}

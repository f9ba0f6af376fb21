{# Relations in an Iceberg warehouse are replaced by one statement: the table keeps its identity and
   its history, and no reader ever finds it missing. adapter.is_iceberg(relation) tells them; it is
   true of everything on a target of type eider, and of relations with `table_format: iceberg` on
   one of type duckdb.

   What the macros ask of the adapter beyond the methods of dbt and dbt-duckdb: is_iceberg,
   load_seed(model, relation), which reads a seed's file straight into its table, and
   seed_query(model), a query that reads it. #}

{% macro duckdb__replaces_in_place(relation) %}
  {% do return(adapter.is_iceberg(relation)) %}
{% endmacro %}

{% macro duckdb__get_replace_view_sql(relation, sql) -%}
  {{ duckdb__view_definition('create or replace view', relation, sql) }}
{%- endmacro %}

{# With an enforced contract the table gets the declared types and its required columns first, and
   its rows in the same transaction, so that both land in one commit. #}
{% macro duckdb__get_replace_table_sql(relation, sql) -%}
  {%- set contract = config.get('contract') -%}
  {%- set enforced = contract and contract.enforced -%}
  {%- if enforced -%}
    {%- do get_assert_columns_equivalent(sql) -%}
  {%- endif -%}
  {%- do duckdb__layout_columns(relation, false, 'partitioned_by', 'partition_by') -%}
  {%- do duckdb__layout_columns(relation, false, 'sorted_by', 'sort_by') -%}
  {{ config.get('sql_header') or '' }}
  create or replace table {{ relation }}
  {%- if enforced %} {{ get_table_columns_and_constraints() }};
  insert into {{ relation }} {{ get_column_names() }} (
    {{ get_select_subquery(sql) }}
  );
  {%- else %} as (
    {{ sql }}
  );
  {%- endif %}
{%- endmacro %}

{# Until Iceberg tables take deletes and updates, what needs them says so here. #}
{% macro duckdb__refuse_row_changes(relation, what, instead) %}
  {%- if adapter.is_iceberg(relation) -%}
    {%- do exceptions.raise_compiler_error(
        what ~ ' changes single rows of ' ~ relation ~ ', which Iceberg tables do not take yet: '
        ~ 'row-level changes come with a later release. Until then, ' ~ instead ~ '.') -%}
  {%- endif -%}
{% endmacro %}

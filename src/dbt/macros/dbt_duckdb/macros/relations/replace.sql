{# Relations in an Iceberg warehouse are replaced by one statement: the table keeps its identity and
   its history, and no reader ever finds it missing. adapter.is_iceberg(relation) tells them; it is
   true of everything on a target of type eider, and of relations with `table_format: iceberg` on
   one of type duckdb. #}

{% macro duckdb__replaces_in_place(relation) %}
  {% do return(adapter.is_iceberg(relation)) %}
{% endmacro %}

{% macro duckdb__get_replace_view_sql(relation, sql) -%}
  {{ duckdb__view_definition('create or replace view', relation, sql) }}
{%- endmacro %}

{# A contract with required columns needs them declared, and its rows inserted in the same
   transaction. #}
{% macro duckdb__get_replace_table_sql(relation, sql) -%}
  {%- set contract = config.get('contract') -%}
  {%- set enforced = contract and contract.enforced -%}
  {%- if enforced -%}
    {%- do get_assert_columns_equivalent(sql) -%}
  {%- endif -%}
  {%- set columns = duckdb__iceberg_columns(relation) if enforced else none -%}
  {%- do duckdb__layout_columns(relation, false, 'partitioned_by', 'partition_by') -%}
  {%- do duckdb__layout_columns(relation, false, 'sorted_by', 'sort_by') -%}
  {{ config.get('sql_header') or '' }}
  create or replace table {{ relation }}
  {%- if columns and columns.required %} (
    {{ columns.definitions | join(',\n    ') }}
  );
  insert into {{ relation }} {{ get_column_names() }} (
    {{ get_select_subquery(sql) }}
  );
  {%- else %} as (
    {{ get_select_subquery(sql) if enforced else sql }}
  );
  {%- endif %}
{%- endmacro %}

{# {definitions, required}: the declared columns as DDL, and whether any of them is required. The
   only constraint that an Iceberg table can hold is NOT NULL; others are named in a warning, unless
   they are marked warn_unsupported: false. #}
{% macro duckdb__iceberg_columns(relation) %}
  {%- set definitions = [] -%}
  {%- set others = (model.get('constraints') or []) | list -%}
  {%- set required = [] -%}
  {%- for column in model['columns'].values() -%}
    {%- set name = adapter.quote(column['name']) if column.get('quote') else column['name'] -%}
    {%- set constraints = column.get('constraints') or [] -%}
    {%- set kinds = constraints | map(attribute='type') | map('string') | list -%}
    {%- do others.extend(constraints | rejectattr('type', 'equalto', 'not_null')) -%}
    {%- if 'not_null' in kinds -%}
      {%- do required.append(name) -%}
      {%- do definitions.append(name ~ ' ' ~ column['data_type'] ~ ' not null') -%}
    {%- else -%}
      {%- do definitions.append(name ~ ' ' ~ column['data_type']) -%}
    {%- endif -%}
  {%- endfor -%}
  {%- for constraint in others if constraint.get('warn_unsupported', true) -%}
    {%- do adapter.warn_once(
        'Constraints of type ' ~ constraint['type'] ~ ' are not kept by Iceberg tables; not '
        ~ 'enforced for ' ~ relation ~ '. warn_unsupported: false in the constraint hides this '
        ~ 'message.') -%}
  {%- endfor -%}
  {% do return({'definitions': definitions, 'required': required}) %}
{% endmacro %}

{# Until Iceberg tables take deletes and updates, a strategy that needs them says so here. #}
{% macro duckdb__refuse_row_changes(relation, what) %}
  {%- if adapter.is_iceberg(relation) -%}
    {%- do exceptions.raise_compiler_error(
        what ~ ' changes single rows of ' ~ relation ~ ', which Iceberg tables do not take yet: '
        ~ 'row-level changes come with a later release. Until then, incremental_strategy: append '
        ~ 'adds rows, and --full-refresh builds the table anew.') -%}
  {%- endif -%}
{% endmacro %}

{# Tables and views of DuckDB. `partitioned_by` and `sorted_by` are lists in SQL, or none: DuckLake
   has them, and takes them by ALTER only, so the table is made empty first. #}

{% macro create_table_as(temporary, relation, compiled_code, language='sql', partitioned_by=none,
                         sorted_by=none) -%}
  {% do return(adapter.dispatch('create_table_as', 'dbt')(
      temporary, relation, compiled_code, language, partitioned_by=partitioned_by,
      sorted_by=sorted_by)) %}
{%- endmacro %}

{% macro duckdb__create_table_as(temporary, relation, compiled_code, language='sql',
                                 partitioned_by=none, sorted_by=none) -%}
  {%- if language != 'sql' -%}
    {%- do duckdb__refuse_language(language) -%}
  {%- endif -%}
  {%- set contract = config.get('contract') -%}
  {%- set enforced = contract and contract.enforced -%}
  {%- if enforced -%}
    {%- do get_assert_columns_equivalent(compiled_code) -%}
  {%- endif -%}
  {{ config.get('sql_header') or '' }}
  create {{ 'temporary ' if temporary }}table {{ relation.include(
      database=not temporary, schema=not temporary) }}
  {%- if enforced and not temporary %}
  {{ get_table_columns_and_constraints() }};
  {{- duckdb__alter_table_layout(relation, partitioned_by, sorted_by) }}
  insert into {{ relation }} {{ get_column_names() }} (
    {{ get_select_subquery(compiled_code) }}
  );
  {%- elif partitioned_by or sorted_by %}
  as (
    select * from (
      {{ compiled_code }}
    ) as model_subq
    limit 0
  );
  {{- duckdb__alter_table_layout(relation, partitioned_by, sorted_by) }}
  insert into {{ relation }}
  select * from (
    {{ compiled_code }}
  ) as model_subq;
  {%- else %}
  as (
    {{ compiled_code }}
  );
  {%- endif %}
{%- endmacro %}

{% macro duckdb__alter_table_layout(relation, partitioned_by, sorted_by) -%}
  {%- if partitioned_by %}
  {{ duckdb__alter_table_set_partitioned_by(relation, partitioned_by) }}
  {%- endif %}
  {%- if sorted_by %}
  {{ duckdb__alter_table_set_sorted_by(relation, sorted_by) }}
  {%- endif %}
{%- endmacro %}

{% macro duckdb__alter_table_set_partitioned_by(relation, partitioned_by) -%}
  alter table {{ relation }} set partitioned by ({{ partitioned_by }});
{%- endmacro %}

{% macro duckdb__alter_table_set_sorted_by(relation, sorted_by) -%}
  alter table {{ relation }} set sorted by ({{ sorted_by }});
{%- endmacro %}

{% macro duckdb__get_partitioned_by(relation, temporary) -%}
  {%- set columns = duckdb__layout_columns(
      relation, temporary, 'partitioned_by', 'partition_by') -%}
  {% do return(columns | join(', ') if columns else none) %}
{%- endmacro %}

{% macro duckdb__get_sorted_by(relation, temporary) -%}
  {%- set quoted = [] -%}
  {%- for column in duckdb__layout_columns(relation, temporary, 'sorted_by', 'sort_by') or [] -%}
    {%- do quoted.append(adapter.quote(column | replace('"', '""'))) -%}
  {%- endfor -%}
  {% do return(quoted | join(', ') if quoted else none) %}
{%- endmacro %}

{# The columns configured under either name; none where they do not apply: to relations that are
   not the model's own, and outside DuckLake, where a warning says so. #}
{% macro duckdb__layout_columns(relation, temporary, name, other_name) -%}
  {%- set configured = config.get(name, none) or config.get(other_name, none) -%}
  {%- if temporary or configured is none or configured == '' -%}{% do return(none) %}{%- endif -%}
  {%- set both = name ~ '/' ~ other_name -%}
  {%- set columns = normalize_string_or_list(configured, both) -%}
  {%- if not columns -%}
    {%- do exceptions.raise_compiler_error(both ~ ' must contain at least one column') -%}
  {%- endif -%}
  {%- if this is defined and config.get('materialized') in ['table', 'incremental']
      and relation.identifier and this.identifier and relation.identifier != this.identifier -%}
    {% do return(none) %}
  {%- endif -%}
  {%- if not adapter.is_ducklake(relation) -%}
    {%- set where = ' is not applied to Iceberg tables yet' if adapter.is_iceberg(relation)
        else ' is only supported for DuckLake relations' -%}
    {%- do adapter.warn_once(both ~ where ~ '; ignoring for ' ~ relation) -%}
    {% do return(none) %}
  {%- endif -%}
  {% do return(columns) %}
{%- endmacro %}

{# The columns of the contract as the head of an insert: (a, b). #}
{% macro get_column_names() -%}
  ({{ adapter.dispatch('get_column_names', 'dbt')() }})
{%- endmacro %}

{% macro duckdb__create_view_as(relation, sql) -%}
  {{ duckdb__view_definition('create view', relation, sql) }}
{%- endmacro %}

{% macro duckdb__view_definition(verb, relation, sql) -%}
  {%- set contract = config.get('contract') -%}
  {%- if contract and contract.enforced -%}
    {%- do get_assert_columns_equivalent(sql) -%}
  {%- endif -%}
  {{ config.get('sql_header') or '' }}
  {{ verb }} {{ relation }} as (
    {{ sql }}
  );
{%- endmacro %}

{% macro duckdb__refuse_language(language) -%}
  {%- do exceptions.raise_compiler_error(
      'Models in ' ~ language ~ ' are not supported yet: ' ~ model.unique_id) -%}
{%- endmacro %}

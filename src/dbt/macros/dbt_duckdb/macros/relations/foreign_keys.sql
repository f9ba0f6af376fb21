{# DuckDB keeps the name that a table with foreign keys was created under in the table it refers to,
   and does not follow a rename: the referred table could never be dropped again. So such a table is
   made under its final name. And a table that others refer to is neither renamed nor dropped before
   they are, so they stand aside as plain copies until this run builds them anew. #}

{# The constraint types of the model's enforced contract. #}
{% macro enforced_constraint_types() -%}
  {%- set contract = config.get('contract') -%}
  {%- set types = [] -%}
  {%- if contract and contract.enforced -%}
    {%- do types.extend(model.get('constraints', []) | map(attribute='type')) -%}
    {%- for column in model.get('columns', {}).values() -%}
      {%- do types.extend(column.get('constraints', []) | map(attribute='type')) -%}
    {%- endfor -%}
  {%- endif -%}
  {% do return(types | map('string') | list) %}
{%- endmacro %}

{% macro existing_constraint_types(relation) -%}
  {%- if relation is none or not relation.is_table -%}{% do return([]) %}{%- endif -%}
  {% do return(adapter.existing_key_constraint_types(relation) | list) %}
{%- endmacro %}

{% macro has_foreign_key_constraints(relation=none) -%}
  {% do return('foreign_key' in duckdb__key_types(relation)) %}
{%- endmacro %}

{# Only a table with a primary key or a unique constraint can be referred to. #}
{% macro may_be_foreign_key_target(relation=none) -%}
  {%- set types = duckdb__key_types(relation) -%}
  {% do return('primary_key' in types or 'unique' in types) %}
{%- endmacro %}

{# Declared and standing ones alike: a constraint that was just taken out of a contract is still on
   the table. #}
{% macro duckdb__key_types(relation) -%}
  {%- if not adapter.catalog_supports_foreign_keys(this.database) -%}
    {% do return([]) %}
  {%- endif -%}
  {% do return(enforced_constraint_types() + existing_constraint_types(relation)) %}
{%- endmacro %}

{# Inside a transaction, so that a build that fails gives everything back. #}
{% macro drop_relation_for_rebuild(relation) -%}
  {%- do adapter.ensure_transaction() -%}
  {%- set dropped = [] -%}
  {%- if relation.is_table and may_be_foreign_key_target(relation) -%}
    {%- set dropped = drop_foreign_key_dependents(relation) -%}
  {%- endif -%}
  {%- do adapter.drop_relation(relation) -%}
  {% do return(dropped) %}
{%- endmacro %}

{# Sets aside every table that refers to `relation`, directly or by way of others: only such as this
   run will build from scratch, else an error names them. Gives [{relation, backup}]. #}
{% macro drop_foreign_key_dependents(relation) -%}
  {%- set references = duckdb__foreign_key_references(relation) -%}
  {%- if not references -%}{% do return([]) %}{%- endif -%}

  {#- Which model builds each of the tables. -#}
  {%- set builders = {relation.identifier | lower: model} -%}
  {%- for node in graph.nodes.values()
        if node.resource_type == 'model'
        and (node.database or '') | lower == (relation.database or '') | lower
        and node.schema | lower == relation.schema | lower
        and (node.alias or node.name) | lower in references -%}
    {%- do builders.update({(node.alias or node.name) | lower: node}) -%}
  {%- endfor -%}

  {%- set problems = [] -%}
  {%- for table, referred in references.items() -%}
    {%- set node = builders.get(table) -%}
    {%- set parents = [] -%}
    {%- for name in referred if name in builders -%}
      {%- do parents.append(builders[name].unique_id) -%}
    {%- endfor -%}
    {%- if node is none -%}
      {%- do problems.append(table ~ ' (not built by a dbt model in this project)') -%}
    {%- elif node.unique_id not in selected_resources -%}
      {%- do problems.append(table ~ ' (model ' ~ node.name ~ ' is not selected in this run)') -%}
    {%- elif not (parents | select('in', node.depends_on.nodes) | list) -%}
      {%- do problems.append(
          table ~ ' (model ' ~ node.name ~ ' does not ref() the table its foreign key points at, '
          ~ 'so dbt may not rebuild it afterwards; use `to: ref(...)` in the constraint)') -%}
    {%- elif not duckdb__rebuilds(node) -%}
      {%- do problems.append(
          table ~ ' (model ' ~ node.name ~ ' is materialized as ' ~ node.config.materialized
          ~ ' and would lose its data; run with --full-refresh)') -%}
    {%- endif -%}
  {%- endfor -%}
  {%- if problems -%}
    {%- do exceptions.raise_compiler_error(
        'Cannot replace ' ~ relation ~ ': DuckDB does not let go of a table that foreign keys '
        ~ 'refer to, and only tables that this run builds anew can be set aside. Problem tables: '
        ~ problems | join('; ')) -%}
  {%- endif -%}

  {%- set dropped = [] -%}
  {%- for table in references -%}
    {%- set dependent = api.Relation.create(
        database=relation.database, schema=relation.schema, identifier=table, type='table') -%}
    {%- set backup = dependent.incorporate(path={'identifier': table ~ '__dbt_fk_backup'}) -%}
    {%- do adapter.drop_relation(backup) -%}
    {%- call statement('backup_foreign_key_dependent_' ~ loop.index) -%}
      create table {{ backup }} as select * from {{ dependent }}
    {%- endcall -%}
    {%- do log('Dropping ' ~ dependent ~ ' because it references ' ~ relation
               ~ ' through a foreign key; it is rebuilt later in this run', info=true) -%}
    {%- do adapter.drop_relation(dependent) -%}
    {%- do dropped.append({'relation': dependent, 'backup': backup}) -%}
  {%- endfor -%}
  {% do return(dropped) %}
{%- endmacro %}

{# {table: [the tables it refers to]}, in lower case, those furthest from `relation` first, which is
   the order they can be dropped in. Foreign keys stay within a schema. #}
{% macro duckdb__foreign_key_references(relation) %}
  {%- call statement('get_foreign_key_dependents', fetch_result=true) -%}
    with recursive keys as (
      select distinct lower(table_name) as child, lower(referenced_table) as parent
      from duckdb_constraints()
      where constraint_type = 'FOREIGN KEY'
        and lower(database_name) = lower('{{ adapter.escape_sql_string(relation.database) }}')
        and lower(schema_name) = lower('{{ adapter.escape_sql_string(relation.schema) }}')
        and lower(table_name) <> lower(referenced_table)
    ),
    reached(name, distance) as (
      select child, 1
      from keys
      where parent = lower('{{ adapter.escape_sql_string(relation.identifier) }}')
      union
      select keys.child, reached.distance + 1
      from keys
      join reached on keys.parent = reached.name
    )
    select child, parent
    from (select name, max(distance) as distance from reached group by name) furthest
    join keys on keys.child = furthest.name
    order by distance desc, child, parent
  {%- endcall -%}
  {%- set references = {} -%}
  {%- for row in load_result('get_foreign_key_dependents').table -%}
    {%- do references.setdefault(row[0], []).append(row[1]) -%}
  {%- endfor -%}
  {% do return(references) %}
{% endmacro %}

{% macro duckdb__rebuilds(node) %}
  {%- set full_refresh = flags.FULL_REFRESH if node.config.full_refresh is none
      else node.config.full_refresh -%}
  {% do return(node.config.materialized == 'table'
               or (node.config.materialized == 'incremental' and full_refresh)) %}
{% endmacro %}

{# The copies take the names back, so that the rows can be read until the models are built. #}
{% macro restore_foreign_key_dependents(dropped) -%}
  {%- for item in dropped | reverse -%}
    {%- do log('Restoring data for ' ~ item['relation']
               ~ '; its constraints are rebuilt later in this run', info=true) -%}
    {%- do adapter.rename_relation(item['backup'], item['relation']) -%}
  {%- endfor -%}
{%- endmacro %}

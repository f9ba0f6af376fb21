// Statements that write tables: CREATE TABLE, CREATE TABLE AS, INSERT.
//
// Data files are written while the statement runs, with the field ids the table has (or will have)
// when it is planned. What lands in the table's metadata is a step of the transaction, made again
// on a newer state of the table when another commit came first; a step checks that the ids its
// files were written with still mean the same there.
#pragma once

#include "catalog/catalog.h"
#include "duckdb/execution/physical_plan_generator.hpp"
#include "duckdb/parser/parsed_data/create_table_info.hpp"
#include "engine/warehouse_transaction.h"

namespace duckdb {
class LogicalCreateTable;
class LogicalInsert;
}  // namespace duckdb

namespace eider::engine {

class WarehouseCatalog;

// CREATE [OR REPLACE] TABLE without a query. The caller has dealt with a table of that name where
// the statement does not replace it.
void CreateEmptyTable(WarehouseTransaction& transaction, const catalog::TableIdentifier& identifier,
                      const duckdb::CreateTableInfo& info);

// CREATE [OR REPLACE] TABLE AS.
duckdb::PhysicalOperator& PlanTableReplacement(duckdb::ClientContext& context,
                                               duckdb::PhysicalPlanGenerator& planner,
                                               WarehouseCatalog& catalog,
                                               duckdb::LogicalCreateTable& op,
                                               duckdb::PhysicalOperator& plan);

// INSERT.
duckdb::PhysicalOperator& PlanTableAppend(duckdb::ClientContext& context,
                                          duckdb::PhysicalPlanGenerator& planner,
                                          WarehouseCatalog& catalog, duckdb::LogicalInsert& op,
                                          duckdb::optional_ptr<duckdb::PhysicalOperator> plan);

}  // namespace eider::engine

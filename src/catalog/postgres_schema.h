// The tables of a catalog in PostgreSQL: those of Iceberg's JDBC catalog, and Eider's own beside
// them.
#pragma once

#include "catalog/sql_store.h"

namespace eider::catalog {

// Whether the tables are there, all of them.
bool HasPostgresTables(SqlDatabase& database);
// Makes what is missing. To be called within a transaction that takes turns.
void MakePostgresTables(SqlDatabase& database);

}  // namespace eider::catalog

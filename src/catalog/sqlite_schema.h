// The tables of catalog.db: those of Iceberg's JDBC catalog, and Eider's own beside them.
#pragma once

#include <string>

#include "catalog/sqlite.h"

namespace eider::catalog {

// Makes what is missing, and returns the catalog's name: the one it has, or else `wanted_name`,
// which it keeps from then on. Throws kCorrupt where the name was lost.
std::string PrepareCatalogTables(SqliteDatabase& database, const std::string& wanted_name);

// The same for a file that catalogs of several warehouses share (shared_store.h). Returns the name
// of the one it has kept alone so far; `wanted_name` where there is none.
std::string PrepareSharedTables(SqliteDatabase& database, const std::string& wanted_name);

}  // namespace eider::catalog

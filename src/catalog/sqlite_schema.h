// The tables of catalog.db: those of Iceberg's JDBC catalog, and Eider's own beside them.
#pragma once

#include <string>

#include "catalog/sqlite.h"

namespace eider::catalog {

// The property that makes a namespace without tables or properties exist, as the JDBC catalog has
// it.
constexpr char kNamespaceExists[] = "exists";

// Makes what is missing, and returns the catalog's name: the one it has, or else `wanted_name`,
// which it keeps from then on. Throws kCorrupt where the name was lost.
std::string PrepareCatalogTables(SqliteDatabase& database, const std::string& wanted_name);

}  // namespace eider::catalog

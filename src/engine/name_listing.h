// Lists the names of tables and views without a look at their metadata, where names are all that is
// asked for: SHOW TABLES and most questions to information_schema.tables. A remote catalog would be
// asked for every table otherwise.
#pragma once

#include "duckdb/main/client_context.hpp"

namespace eider::engine {

// Puts functions that know which of their columns are wanted in the place of DuckDB's own
// duckdb_tables() and duckdb_views(), which they call.
void RegisterNameListing(duckdb::DatabaseInstance& database);

// Whether the listing that is under way wants names alone.
bool ListsNamesOnly(duckdb::ClientContext& context);

// An entry that knows its name, for such a listing.
std::unique_ptr<duckdb::CatalogEntry> MakeNameEntry(duckdb::Catalog& catalog,
                                                    duckdb::SchemaCatalogEntry& schema,
                                                    const std::string& name, bool is_view);

}  // namespace eider::engine

// Stands for a table or view whose metadata cannot be read, so that it can be listed and dropped
// like any other. Whoever wants its rows gets the error that its metadata met.
#pragma once

#include <memory>

#include "base/error.h"
#include "catalog/catalog.h"
#include "duckdb/catalog/catalog_entry/schema_catalog_entry.hpp"

namespace eider::engine {

std::unique_ptr<duckdb::CatalogEntry> MakeUnreadableEntry(
    duckdb::Catalog& catalog, duckdb::SchemaCatalogEntry& schema,
    const catalog::TableIdentifier& identifier, const Error& error);

}  // namespace eider::engine

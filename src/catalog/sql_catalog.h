// A catalog in tables of a SQL database, in the schema of Iceberg's JDBC catalog, so that
// PyIceberg's SqlCatalog and Java's JdbcCatalog open the same.
//
// A commit writes all files under new names and makes them durable, then swaps the pointers of
// every table it touches in one SQL transaction. That transaction is the commit point. Only after
// it the folder projection follows (projector.h).
#pragma once

#include <memory>
#include <string>

#include "catalog/catalog.h"
#include "catalog/sql_store.h"

namespace eider::catalog {

struct SqlCatalogOptions {
  std::string warehouse;  // a location
  std::string name;       // which of the store's catalogs
  bool repair = true;     // makes up for projections that a crash prevented
  std::shared_ptr<io::FileSystem> files;
};

// The tables are there already.
std::shared_ptr<Catalog> MakeSqlCatalog(std::unique_ptr<SqlStore> store,
                                        const SqlCatalogOptions& options);

}  // namespace eider::catalog

// A store that keeps the catalogs of several warehouses: which of them is whose.
#pragma once

#include <memory>
#include <string>

#include "catalog/open_catalog.h"

namespace eider::catalog {

struct OpenedStore {
  std::unique_ptr<SqlStore> store;
  std::string catalog_name;
};

// Opens options.store, which is not "", and makes the tables where they are missing. `warehouse` is
// a location.
OpenedStore OpenSharedStore(const std::string& warehouse, const CatalogOptions& options);

struct CatalogChoice {
  std::string warehouse;     // a location
  std::string catalog_name;  // asked for by name; "" for the warehouse's own
  std::string new_name;      // of a catalog that is made now
  bool must_exist = false;
};

// The name of the catalog, which belongs to the warehouse from then on. Throws kConflict where it
// is another warehouse's, kNotFound where it must exist and does not.
std::string ChooseCatalog(SqlStore& store, const CatalogChoice& choice);

}  // namespace eider::catalog

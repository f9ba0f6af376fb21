// Whose folder a folder is. Every table and view has one of its own, and none lies within
// another's: readers of the plain folder find by it the one table, and what removes a table's
// files, or the orphans among them, stops at its edge.
#pragma once

#include <optional>
#include <string>

#include "catalog/catalog.h"
#include "catalog/sql_store.h"

namespace eider::catalog {

struct FolderOwner {
  TableIdentifier identifier;
  std::string metadata_location;
};

// A table or view other than `self` that keeps its metadata in `metadata_folder` itself.
std::optional<FolderOwner> OwnerOfMetadataFolder(SqlDatabase& database,
                                                 const std::string& catalog_name,
                                                 const std::string& metadata_folder,
                                                 const TableIdentifier& self);

// A table or view other than `self` that lies in `location` or below it, or in a folder around it
// below `warehouse`.
std::optional<FolderOwner> OwnerAround(SqlDatabase& database, const std::string& catalog_name,
                                       const std::string& warehouse, const std::string& location,
                                       const TableIdentifier& self);

}  // namespace eider::catalog

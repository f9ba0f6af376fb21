// Metadata names its files by full path, so that a warehouse whose folder was moved, or copied,
// still points into the folder it was made in. Commits there would change the tables of the other
// warehouse, and a DROP would delete their files.
#pragma once

#include <optional>
#include <string>

#include "base/error.h"
#include "catalog/catalog.h"

namespace eider::catalog {

// The root, a local path, of the warehouse that `metadata_location` belongs to where that is
// another folder than `warehouse` (a location), which holds a copy of the file all the same.
// nullopt for what lies in the warehouse, under whatever name the folder is reached, and for tables
// that were given a location elsewhere.
std::optional<std::string> OriginalWarehouse(io::FileSystem& files, const std::string& warehouse,
                                             const std::string& metadata_location);

// `object`: "table marts.customers".
Error MovedWarehouse(io::FileSystem& files, const std::string& object, const std::string& warehouse,
                     const std::string& original);

}  // namespace eider::catalog

// A Hive Metastore 3 or 4 as a catalog, spoken to by Thrift: tables and views are found and
// committed there as Iceberg's Java client does it, so that Trino, Spark, Hive and PyIceberg work
// on them beside Eider. All files are read and written by ourselves.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "catalog/catalog.h"

namespace eider::catalog {

struct HiveCatalogOptions {
  // By the names of HivePropertyName; "uri" at least.
  std::map<std::string, std::string> properties;
  // What it is called here; "" means the name of the property "warehouse"'s folder, or "hive".
  std::string name;
  io::FileSystem* files = nullptr;  // nullptr: the local file system
};

// Asks the metastore for its schemas, to see that it is one. Throws kInvalidArgument for bad
// properties, kUnsupported, kIo.
std::shared_ptr<Catalog> OpenHiveCatalog(const HiveCatalogOptions& options);

}  // namespace eider::catalog

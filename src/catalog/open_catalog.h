// Opens the catalog of a warehouse, whatever keeps it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "catalog/catalog.h"
#include "catalog/sql_store.h"

namespace eider::catalog {

// The catalog of a warehouse that has its own in its folder.
constexpr char kCatalogFile[] = "catalog.db";

// Catalogs that another program serves (rest_catalog.h, hive_catalog.h).
constexpr char kRestCatalog[] = "rest";
constexpr char kHiveCatalog[] = "hive";

struct CatalogOptions {
  // What keeps the catalog:
  //   ""                            catalog.db in the warehouse's folder
  //   sqlite:///abs/file.db         a SQLite file elsewhere
  //   postgresql://user@host/db     PostgreSQL; what is left out comes from PG* variables and the
  //                                 password file
  //   rest                          the REST catalog whose URI stands for the warehouse's folder
  //   https://host/path             that REST catalog, which knows the warehouse by name
  //   hive                          the Hive Metastore whose URI stands for the warehouse's folder
  //   thrift://host:9083            that Hive Metastore; new schemas go into the warehouse's folder
  // Where several warehouses share one, "?catalog_name=.." says which catalog is meant; without it,
  // a warehouse finds its own again.
  std::string store = {};
  // Of a catalog that another program serves, by the names of CatalogPropertyName.
  std::map<std::string, std::string> properties = {};
  // For a catalog that is made now; "" means the folder's name. An existing one keeps its own.
  std::string name = {};
  // Throws kNotFound instead of making a catalog.
  bool must_exist = false;
  // Whether opening makes up for projections that a crash prevented.
  bool repair = true;
  // How a warehouse on S3 is reached: see io/s3_options.h.
  std::map<std::string, std::string> storage = {};
  io::FileSystem* files = nullptr;     // nullptr: the one that the warehouse lies on
  CommitObserver* observer = nullptr;  // not owned
};

// `warehouse` is a folder or a location, except for what another program serves. Throws
// kUnsupported for a store that Eider does not know, and for SQLite on a network file system.
std::shared_ptr<Catalog> OpenCatalog(const std::string& warehouse,
                                     const CatalogOptions& options = {});

// Throws kUnsupported for a location that is no local folder, where no warehouse keeps its own
// catalog.
void RequireOwnFolder(const std::string& location);

// Whether a text is meant as what keeps a catalog, rather than as a name.
bool IsCatalogStore(std::string_view text);
// Whether it is a REST catalog.
bool IsRestStore(std::string_view store);
// Whether it is a Hive Metastore.
bool IsHiveStore(std::string_view store);
// Whether another program serves it.
bool IsRemoteStore(std::string_view store);

// The name of a property of such a catalog from how it was written. Throws kInvalidArgument.
std::string CatalogPropertyName(std::string_view store, std::string_view written);

// What keeps a catalog as it may be shown: without a password.
std::string ShownStore(const std::string& store);
// The password that is written in it; "" for none.
std::string PasswordOfStore(const std::string& store);

}  // namespace eider::catalog

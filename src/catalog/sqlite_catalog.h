// The embedded catalog: one SQLite file in the warehouse folder, in the schema of Iceberg's JDBC
// catalog, so that PyIceberg's SqlCatalog and Java's JdbcCatalog open the same file.
//
// A commit writes all files under new names and makes them durable, then swaps the pointers of
// every table it touches in one SQL transaction. That transaction is the commit point. Only after
// it the folder projection follows (projection.h). One that a crash prevented is made up for at the
// next open.
#pragma once

#include <memory>
#include <string>

#include "catalog/catalog.h"

namespace eider::catalog {

constexpr char kCatalogFile[] = "catalog.db";

// Where tests interrupt a commit around its SQL transaction.
class CommitObserver {
 public:
  virtual ~CommitObserver() = default;
  virtual void BeforeSwap() {}
  virtual void AfterSwap() {}
};

struct SqliteCatalogOptions {
  // For a warehouse that is created now; "" means the folder's name. An existing one keeps its own.
  std::string name;
  // Throws kNotFound instead of creating a warehouse.
  bool must_exist = false;
  // Whether opening makes up for projections that a crash prevented.
  bool repair = true;
  io::FileSystem* files = nullptr;     // nullptr: the local file system
  CommitObserver* observer = nullptr;  // not owned
};

// `warehouse` is a folder or file: location. Throws kUnsupported on a network file system.
std::shared_ptr<Catalog> OpenSqliteCatalog(const std::string& warehouse,
                                           const SqliteCatalogOptions& options = {});

}  // namespace eider::catalog

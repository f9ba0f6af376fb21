#include "catalog/shared_store.h"

#include <fmt/format.h>

#include <map>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "catalog/metadata_files.h"
#include "catalog/postgres_store.h"
#include "catalog/projection.h"
#include "catalog/sqlite_schema.h"
#include "catalog/sqlite_store.h"
#include "catalog/store_address.h"

namespace eider::catalog {

namespace {

class Chooser {
 public:
  Chooser(SqlDatabase& database, const std::string& address, const CatalogChoice& choice)
      : database_(database), address_(address), choice_(choice) {
    for (auto& row : database_.Query("SELECT catalog_name, warehouse FROM eider_warehouses")) {
      warehouses_[*row[0]] = *row[1];
    }
  }

  // "" where it is yet to be made.
  std::string Known() const {
    for (const auto& [name, warehouse] : warehouses_) {
      if (warehouse != choice_.warehouse) continue;
      if (choice_.catalog_name.empty() || choice_.catalog_name == name) return name;
      throw Error(ErrorCode::kConflict,
                  fmt::format("the warehouse {} is kept by the catalog '{}' of {}, not by '{}'",
                              PathOf(warehouse), name, address_, choice_.catalog_name));
    }
    return "";
  }

  std::string Make() {
    std::string name = choice_.catalog_name.empty() ? choice_.new_name : choice_.catalog_name;
    auto taken = warehouses_.find(name);
    if (taken != warehouses_.end()) {
      throw Error(ErrorCode::kConflict,
                  fmt::format("the catalog '{}' of {} keeps the warehouse {}, not {}", name,
                              address_, PathOf(taken->second), PathOf(choice_.warehouse)))
          .WithHint("Name another one: add ?catalog_name=.. to the catalog's address.");
    }
    // One that another program has made has rows, but no warehouse of its own.
    if (choice_.must_exist && !HasRows(name)) {
      throw Error(ErrorCode::kNotFound, fmt::format("there is no catalog of the warehouse {} in {}",
                                                    PathOf(choice_.warehouse), address_));
    }
    database_.Execute("INSERT INTO eider_warehouses (catalog_name, warehouse) VALUES (?, ?)",
                      {name, choice_.warehouse});
    return name;
  }

 private:
  bool HasRows(const std::string& name) {
    return !database_
                .Query(
                    "SELECT 1 FROM iceberg_tables WHERE catalog_name = ?1 UNION ALL SELECT 1 FROM "
                    "iceberg_namespace_properties WHERE catalog_name = ?1 LIMIT 1",
                    {name})
                .empty();
  }

  SqlDatabase& database_;
  const std::string& address_;
  const CatalogChoice& choice_;
  std::map<std::string, std::string> warehouses_;
};

OpenedStore OpenSqlite(const CatalogChoice& wanted, const CatalogOptions& options,
                       const StoreAddress& address) {
  constexpr std::string_view kStart = "sqlite://";
  std::string file = address.url.substr(kStart.size());
  if (!file.starts_with("/") || file.ends_with("/") || file.find('?') != std::string::npos) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("the catalog {} names no file by its full path", address.Shown()))
        .WithHint(
            "It is sqlite:///folder/file.db, with three slashes, and perhaps "
            "?catalog_name=NAME.");
  }
  if (!io::LocalFileSystem().Exists(file)) {
    if (options.must_exist) {
      throw Error(ErrorCode::kNotFound, fmt::format("there is no catalog {}", file));
    }
    io::LocalFileSystem().CreateDirectories(MetadataFolderOf(file));
  }
  auto store = std::make_unique<SqliteStore>(file, options.observer);
  CatalogChoice choice = wanted;
  // Where it has kept one catalog alone so far, that is the one.
  choice.new_name = PrepareSharedTables(store->database(), wanted.new_name);
  std::string name = ChooseCatalog(*store, choice);
  return {std::move(store), name};
}

}  // namespace

OpenedStore OpenSharedStore(const std::string& warehouse, const CatalogOptions& options) {
  StoreAddress address = StoreAddress::Parse(options.store);
  CatalogChoice choice{warehouse, address.catalog_name,
                       options.name.empty() ? BaseName(warehouse) : options.name,
                       options.must_exist};
  if (address.scheme == "sqlite") return OpenSqlite(choice, options, address);
  if (address.scheme == "postgresql" || address.scheme == "postgres") {
    auto store = std::make_unique<PostgresStore>(address.url, address.Shown(), options.must_exist,
                                                 options.observer);
    std::string name = ChooseCatalog(*store, choice);
    return {std::move(store), name};
  }
  throw Error(ErrorCode::kUnsupported,
              fmt::format("no kind of catalog is called {}", address.Shown()))
      .WithHint(
          "A catalog is kept in postgresql://user@host/database or sqlite:///folder/file.db, or by "
          "default in the warehouse.");
}

std::string ChooseCatalog(SqlStore& store, const CatalogChoice& choice) {
  std::string name;
  store.Read(
      [&](SqlDatabase& database) { name = Chooser(database, store.address(), choice).Known(); });
  if (!name.empty()) return name;
  store.Write(WriteScope::kCatalog, [&](SqlDatabase& database) {
    Chooser chooser(database, store.address(), choice);
    // Another process may have been first.
    name = chooser.Known();
    if (name.empty()) name = chooser.Make();
    return true;
  });
  return name;
}

}  // namespace eider::catalog

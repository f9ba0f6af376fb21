#include "catalog/open_catalog.h"

#include <fmt/format.h>

#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "catalog/hive_catalog.h"
#include "catalog/hive_properties.h"
#include "catalog/lost_catalog.h"
#include "catalog/metadata_files.h"
#include "catalog/projection.h"
#include "catalog/rest_catalog.h"
#include "catalog/rest_properties.h"
#include "catalog/shared_store.h"
#include "catalog/sql_catalog.h"
#include "catalog/sqlite_schema.h"
#include "catalog/sqlite_store.h"
#include "catalog/store_address.h"
#include "io/http_client.h"

namespace eider::catalog {

namespace {

// catalog.db in the folder.
std::shared_ptr<Catalog> OpenOwn(SqlCatalogOptions opened, const CatalogOptions& options) {
  RequireOwnFolder(opened.warehouse);
  std::string folder = io::LocalPath(opened.warehouse);
  std::string file = folder + "/" + kCatalogFile;
  if (!opened.files->Exists(file)) {
    // Where tables lie but their catalog is gone, a new one would hide them.
    std::string lost = AnyProjectedFolder(*opened.files, folder);
    if (!lost.empty()) {
      std::string inner = WarehouseBetween(*opened.files, folder, lost);
      if (!inner.empty()) {
        throw Error(ErrorCode::kInvalidArgument,
                    fmt::format("{} is no warehouse, {} is one", folder, inner))
            .WithHint("Name that folder. A warehouse does not lie in another.");
      }
      throw Error(ErrorCode::kCorrupt,
                  fmt::format("the warehouse {} holds tables or views, such as {}, but its {} is "
                              "gone",
                              folder, lost, kCatalogFile))
          .WithHint(
              "`eider catalog rebuild` makes it anew from the tables' folders. Where another store "
              "keeps it, name that: --catalog postgresql://..");
    }
    if (options.must_exist) {
      throw Error(ErrorCode::kNotFound, fmt::format("there is no warehouse in {}", folder))
          .WithHint("Its folder would hold a file catalog.db; `eider build` makes one.");
    }
    opened.files->CreateDirectories(folder);
  }
  auto store = std::make_unique<SqliteStore>(file, options.observer);
  opened.name = PrepareCatalogTables(store->database(), opened.name);
  return MakeSqlCatalog(std::move(store), opened);
}

std::shared_ptr<Catalog> OpenRest(const std::string& warehouse, const CatalogOptions& options) {
  RestCatalogOptions opened{options.properties, options.name, options.files, options.storage};
  if (EqualsIgnoreCase(options.store, kRestCatalog)) {
    opened.properties["uri"] = warehouse;
  } else {
    opened.properties["uri"] = options.store;
    opened.properties["warehouse"] = warehouse;
  }
  return OpenRestCatalog(opened);
}

std::shared_ptr<Catalog> OpenHive(const std::string& warehouse, const CatalogOptions& options) {
  HiveCatalogOptions opened{options.properties, options.name, options.files};
  if (EqualsIgnoreCase(options.store, kHiveCatalog)) {
    opened.properties["uri"] = warehouse;
  } else {
    opened.properties["uri"] = options.store;
    opened.properties["warehouse"] = warehouse;
  }
  return OpenHiveCatalog(opened);
}

}  // namespace

std::shared_ptr<Catalog> OpenCatalog(const std::string& warehouse, const CatalogOptions& options) {
  if (IsRestStore(options.store)) return OpenRest(warehouse, options);
  if (IsHiveStore(options.store)) return OpenHive(warehouse, options);
  SqlCatalogOptions opened;
  opened.warehouse = io::ToLocation(warehouse);
  opened.name = options.name.empty() ? BaseName(opened.warehouse) : options.name;
  opened.repair = options.repair;
  if (options.files == nullptr) {
    opened.files = io::OpenFileSystem(opened.warehouse, options.storage);
  } else {
    opened.files = std::shared_ptr<io::FileSystem>(std::shared_ptr<void>(), options.files);
  }
  if (options.store.empty()) return OpenOwn(std::move(opened), options);
  OpenedStore shared = OpenSharedStore(opened.warehouse, options);
  opened.name = shared.catalog_name;
  return MakeSqlCatalog(std::move(shared.store), opened);
}

void RequireOwnFolder(const std::string& location) {
  if (HasProjection(location)) return;
  throw Error(
      ErrorCode::kUnsupported,
      fmt::format("{} is no local folder, where a warehouse can keep its own catalog", location))
      .WithHint("Say what keeps it: a catalog postgresql://.. or sqlite:///..");
}

bool IsCatalogStore(std::string_view text) {
  return IsRemoteStore(text) || text.find("://") != std::string_view::npos;
}

bool IsRestStore(std::string_view store) {
  std::string text = Lower(store);
  return text == kRestCatalog || text.starts_with("http://") || text.starts_with("https://");
}

bool IsHiveStore(std::string_view store) {
  std::string text = Lower(store);
  return text == kHiveCatalog || text.starts_with("thrift://");
}

bool IsRemoteStore(std::string_view store) { return IsRestStore(store) || IsHiveStore(store); }

std::string CatalogPropertyName(std::string_view store, std::string_view written) {
  return IsHiveStore(store) ? HivePropertyName(written) : RestPropertyName(written);
}

std::string ShownStore(const std::string& store) {
  return IsRestStore(store) ? io::UrlWithoutSecrets(store) : StoreAddress::Parse(store).Shown();
}

std::string PasswordOfStore(const std::string& store) {
  if (IsRestStore(store)) return "";
  return StoreAddress::Parse(store).Password();
}

}  // namespace eider::catalog

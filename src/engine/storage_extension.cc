#include "engine/storage_extension.h"

#include <fmt/format.h>

#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "base/error.h"
#include "catalog/open_catalog.h"
#include "duckdb/main/attached_database.hpp"
#include "duckdb/main/config.hpp"
#include "duckdb/main/database.hpp"
#include "duckdb/parser/parsed_data/attach_info.hpp"
#include "duckdb/storage/storage_extension.hpp"
#include "engine/duckdb_error.h"
#include "engine/warehouse_catalog.h"

namespace eider::engine {

namespace {

constexpr char kName[] = "eider";

// The catalogs lent to ATTACH, by location.
class LentCatalogs : public duckdb::StorageExtensionInfo {
 public:
  static LentCatalogs& Of(duckdb::DatabaseInstance& database) {
    auto extension = duckdb::StorageExtension::Find(duckdb::DBConfig::GetConfig(database), kName);
    return static_cast<LentCatalogs&>(*extension->storage_info);
  }

  void Add(const std::string& location, std::shared_ptr<catalog::Catalog> opened) {
    std::lock_guard<std::mutex> lock(mutex_);
    opened_[location] = std::move(opened);
  }
  void Remove(const std::string& location) {
    std::lock_guard<std::mutex> lock(mutex_);
    opened_.erase(location);
  }
  // nullptr for none.
  std::shared_ptr<catalog::Catalog> Find(const std::string& location) {
    std::lock_guard<std::mutex> lock(mutex_);
    auto found = opened_.find(location);
    return found == opened_.end() ? nullptr : found->second;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<catalog::Catalog>> opened_;
};

duckdb::unique_ptr<duckdb::Catalog> Attach(duckdb::optional_ptr<duckdb::StorageExtensionInfo> lent,
                                           duckdb::ClientContext&,
                                           duckdb::AttachedDatabase& database,
                                           const std::string& name, duckdb::AttachInfo& info,
                                           duckdb::AttachOptions& options) {
  return AtBorder([&]() -> duckdb::unique_ptr<duckdb::Catalog> {
    catalog::CatalogOptions catalog_options;
    catalog_options.name = name;
    catalog_options.must_exist = options.access_mode == duckdb::AccessMode::READ_ONLY;
    for (auto& [option, value] : options.options) {
      if (option == "catalog_name") {
        catalog_options.name = value.ToString();
      } else if (option == "catalog") {
        catalog_options.store = value.ToString();
        // duckdb_databases() shows the options to everybody.
        value = duckdb::Value(catalog::ShownStore(catalog_options.store));
      } else if (option != "type" && option != "read_only") {
        throw Error(ErrorCode::kInvalidArgument,
                    fmt::format("ATTACH {}: \"{}\" is not an option of Eider warehouses", info.path,
                                option));
      }
    }
    if (info.path.empty()) {
      throw Error(ErrorCode::kInvalidArgument, "ATTACH needs the folder of the warehouse");
    }
    auto store = static_cast<LentCatalogs&>(*lent).Find(info.path);
    if (!store) store = catalog::OpenCatalog(info.path, catalog_options);
    return duckdb::make_uniq<WarehouseCatalog>(database, std::move(store));
  });
}

duckdb::unique_ptr<duckdb::TransactionManager> CreateTransactionManager(
    duckdb::optional_ptr<duckdb::StorageExtensionInfo>, duckdb::AttachedDatabase& database,
    duckdb::Catalog& catalog) {
  return duckdb::make_uniq<WarehouseTransactionManager>(database, catalog.Cast<WarehouseCatalog>());
}

}  // namespace

void RegisterStorageExtension(duckdb::DBConfig& config) {
  auto extension = duckdb::make_shared_ptr<duckdb::StorageExtension>();
  extension->attach = Attach;
  extension->create_transaction_manager = CreateTransactionManager;
  extension->storage_info = duckdb::make_shared_ptr<LentCatalogs>();
  duckdb::StorageExtension::Register(config, kName, std::move(extension));
}

LentCatalog::LentCatalog(duckdb::DatabaseInstance& database,
                         std::shared_ptr<catalog::Catalog> opened)
    : database_(database), location_(opened->warehouse()) {
  LentCatalogs::Of(database_).Add(location_, std::move(opened));
}

LentCatalog::~LentCatalog() { LentCatalogs::Of(database_).Remove(location_); }

}  // namespace eider::engine

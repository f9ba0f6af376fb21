#include "engine/storage_extension.h"

#include <fmt/format.h>

#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "catalog/open_catalog.h"
#include "catalog/rest_properties.h"
#include "duckdb/main/attached_database.hpp"
#include "duckdb/main/config.hpp"
#include "duckdb/main/database.hpp"
#include "duckdb/parser/parsed_data/attach_info.hpp"
#include "duckdb/storage/storage_extension.hpp"
#include "engine/duckdb_error.h"
#include "engine/httpfs.h"
#include "engine/s3_access.h"
#include "engine/warehouse_catalog.h"

namespace eider::engine {

namespace {

constexpr char kName[] = "eider";

// What belongs to one database: the catalogs lent to ATTACH, by location, and its access to S3.
class ExtensionState : public duckdb::StorageExtensionInfo {
 public:
  static ExtensionState& Of(duckdb::DatabaseInstance& database) {
    auto extension = duckdb::StorageExtension::Find(duckdb::DBConfig::GetConfig(database), kName);
    return static_cast<ExtensionState&>(*extension->storage_info);
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

  const std::shared_ptr<S3Scopes>& s3_scopes() const { return s3_scopes_; }

 private:
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<catalog::Catalog>> opened_;
  std::shared_ptr<S3Scopes> s3_scopes_ = MakeS3Scopes();
};

bool IsStorageProperty(const std::string& option) {
  return option.starts_with("s3.") || option.starts_with("client.") || option.starts_with("sts.");
}

duckdb::unique_ptr<duckdb::Catalog> Attach(
    duckdb::optional_ptr<duckdb::StorageExtensionInfo> extension, duckdb::ClientContext&,
    duckdb::AttachedDatabase& database, const std::string& name, duckdb::AttachInfo& info,
    duckdb::AttachOptions& options) {
  return AtBorder([&]() -> duckdb::unique_ptr<duckdb::Catalog> {
    catalog::CatalogOptions catalog_options;
    catalog_options.name = name;
    catalog_options.must_exist = options.access_mode == duckdb::AccessMode::READ_ONLY;
    std::vector<std::string> others;
    for (auto& [option, value] : options.options) {
      if (option == "catalog_name") {
        catalog_options.name = value.ToString();
      } else if (option == "catalog") {
        catalog_options.store = value.ToString();
        // duckdb_databases() shows the options to everybody.
        value = duckdb::Value(catalog::ShownStore(catalog_options.store));
      } else if (IsStorageProperty(option)) {
        catalog_options.storage[option] = value.ToString();
        value = duckdb::Value("...");
      } else if (option != "type" && option != "read_only" && option != "read_write") {
        others.push_back(option);
      }
    }
    for (const std::string& option : others) {
      if (!catalog::IsRemoteStore(catalog_options.store)) {
        throw Error(ErrorCode::kInvalidArgument,
                    fmt::format("ATTACH {}: \"{}\" is not an option of Eider warehouses", info.path,
                                option));
      }
      std::string property = catalog::CatalogPropertyName(catalog_options.store, option);
      duckdb::Value& value = options.options[option];
      catalog_options.properties[property] = value.ToString();
      if (catalog::IsSecretRestProperty(property)) value = duckdb::Value("...");
    }
    if (info.path.empty()) {
      throw Error(ErrorCode::kInvalidArgument, "ATTACH needs the folder of the warehouse");
    }
    std::string location = info.path;
    if (location.starts_with(kRestScheme)) location.erase(0, std::string(kRestScheme).size());
    auto& state = static_cast<ExtensionState&>(*extension);
    auto store = state.Find(location);
    if (!store) store = catalog::OpenCatalog(location, catalog_options);
    std::unique_ptr<S3Access> access;
    // Where its tables lie, a catalog without a folder tells with each of them.
    std::string folder = store->has_folder() ? store->warehouse() : "";
    if (!store->has_folder() || io::IsOnS3(folder)) {
      std::shared_ptr<io::FileSystem> files(store, &store->files());
      access = std::make_unique<S3Access>(database.GetDatabase(), state.s3_scopes(), folder,
                                          std::move(files));
    }
    if (io::IsOnS3(folder)) LoadHttpfs(database.GetDatabase());
    return duckdb::make_uniq<WarehouseCatalog>(database, std::move(store), std::move(access));
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
  extension->storage_info = duckdb::make_shared_ptr<ExtensionState>();
  duckdb::StorageExtension::Register(config, kName, std::move(extension));
}

LentCatalog::LentCatalog(duckdb::DatabaseInstance& database,
                         std::shared_ptr<catalog::Catalog> opened)
    : database_(database), location_(opened->warehouse()) {
  ExtensionState::Of(database_).Add(location_, std::move(opened));
}

LentCatalog::~LentCatalog() { ExtensionState::Of(database_).Remove(location_); }

}  // namespace eider::engine

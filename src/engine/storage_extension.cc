#include "engine/storage_extension.h"

#include <fmt/format.h>

#include <string>

#include "base/error.h"
#include "catalog/sqlite_catalog.h"
#include "duckdb/main/attached_database.hpp"
#include "duckdb/main/config.hpp"
#include "duckdb/parser/parsed_data/attach_info.hpp"
#include "duckdb/storage/storage_extension.hpp"
#include "engine/duckdb_error.h"
#include "engine/warehouse_catalog.h"

namespace eider::engine {

namespace {

duckdb::unique_ptr<duckdb::Catalog> Attach(duckdb::optional_ptr<duckdb::StorageExtensionInfo>,
                                           duckdb::ClientContext&,
                                           duckdb::AttachedDatabase& database,
                                           const std::string& name, duckdb::AttachInfo& info,
                                           duckdb::AttachOptions& options) {
  return AtBorder([&]() -> duckdb::unique_ptr<duckdb::Catalog> {
    catalog::SqliteCatalogOptions catalog_options;
    catalog_options.name = name;
    catalog_options.must_exist = options.access_mode == duckdb::AccessMode::READ_ONLY;
    for (const auto& [option, value] : options.options) {
      if (option == "catalog_name") {
        catalog_options.name = value.ToString();
      } else if (option != "type" && option != "read_only") {
        throw Error(ErrorCode::kInvalidArgument,
                    fmt::format("ATTACH {}: \"{}\" is not an option of Eider warehouses", info.path,
                                option));
      }
    }
    if (info.path.empty()) {
      throw Error(ErrorCode::kInvalidArgument, "ATTACH needs the folder of the warehouse");
    }
    auto store = catalog::OpenSqliteCatalog(info.path, catalog_options);
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
  duckdb::StorageExtension::Register(config, "eider", std::move(extension));
}

}  // namespace eider::engine

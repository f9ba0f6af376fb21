#include "engine/warehouse_catalog.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "duckdb/catalog/catalog_entry/table_catalog_entry.hpp"
#include "duckdb/main/attached_database.hpp"
#include "duckdb/parser/parsed_data/create_schema_info.hpp"
#include "duckdb/parser/parsed_data/drop_info.hpp"
#include "duckdb/planner/operator/logical_create_table.hpp"
#include "duckdb/planner/operator/logical_delete.hpp"
#include "duckdb/planner/operator/logical_insert.hpp"
#include "duckdb/planner/operator/logical_update.hpp"
#include "duckdb/storage/database_size.hpp"
#include "engine/duckdb_error.h"
#include "engine/httpfs.h"
#include "engine/schema_entry.h"
#include "engine/table_write.h"

namespace eider::engine {

namespace {

WarehouseTransaction& Of(duckdb::CatalogTransaction& transaction) {
  return transaction.transaction->Cast<WarehouseTransaction>();
}

[[noreturn]] void RefuseRowChanges(const char* what) {
  throw ToDuckDB(
      Error(ErrorCode::kUnsupported, fmt::format("{} on Iceberg tables is not supported yet", what))
          .WithHint("CREATE OR REPLACE TABLE .. AS SELECT .. rewrites a table."));
}

}  // namespace

WarehouseCatalog::WarehouseCatalog(duckdb::AttachedDatabase& database,
                                   std::shared_ptr<catalog::Catalog> store,
                                   std::unique_ptr<S3Access> access)
    : duckdb::Catalog(database), store_(std::move(store)), access_(std::move(access)) {}

void WarehouseCatalog::Initialize(bool) {}

void WarehouseCatalog::PrepareFor(const std::string& location) {
  if (io::IsOnS3(location)) LoadHttpfs(GetDatabase());
}

duckdb::optional_idx WarehouseCatalog::GetCatalogVersion(duckdb::ClientContext& context) {
  return WarehouseTransaction::Get(context, *this).version();
}

duckdb::DatabaseSize WarehouseCatalog::GetDatabaseSize(duckdb::ClientContext&) {
  duckdb::DatabaseSize size;
  if (!store_->has_folder()) return size;
  for (const io::FileInfo& file : store_->files().ListRecursive(store_->warehouse())) {
    size.bytes += static_cast<duckdb::idx_t>(file.size);
  }
  return size;
}

// DuckDB's own version takes every table for one of its own.
duckdb::unique_ptr<duckdb::LogicalOperator> WarehouseCatalog::BindCreateIndex(
    duckdb::Binder&, duckdb::CreateStatement&, duckdb::TableCatalogEntry& table,
    duckdb::unique_ptr<duckdb::LogicalOperator>) {
  throw ToDuckDB(Error(ErrorCode::kUnsupported,
                       fmt::format("Iceberg tables have no indexes (table {})", table.name)));
}

duckdb::ErrorData WarehouseCatalog::SupportsCreateTable(duckdb::BoundCreateTableInfo& info) {
  auto& base = info.Base();
  if (!base.partition_keys.empty()) {
    return duckdb::ErrorData(
        ToDuckDB(Error(ErrorCode::kUnsupported, "PARTITIONED BY is not supported yet")));
  }
  if (!base.sort_keys.empty()) {
    return duckdb::ErrorData(
        ToDuckDB(Error(ErrorCode::kUnsupported, "SORTED BY is not supported yet")));
  }
  return {};
}

duckdb::optional_ptr<duckdb::CatalogEntry> WarehouseCatalog::CreateSchema(
    duckdb::CatalogTransaction transaction, duckdb::CreateSchemaInfo& info) {
  return AtBorder([&]() -> duckdb::optional_ptr<duckdb::CatalogEntry> {
    WarehouseTransaction& own = Of(transaction);
    if (own.FindNamespace(info.schema)) {
      switch (info.on_conflict) {
        case duckdb::OnCreateConflict::IGNORE_ON_CONFLICT:
          return nullptr;
        case duckdb::OnCreateConflict::REPLACE_ON_CONFLICT:
          throw Error(ErrorCode::kUnsupported, "CREATE OR REPLACE SCHEMA is not supported");
        default:
          throw Error(ErrorCode::kAlreadyExists,
                      fmt::format("schema {} exists already", info.schema));
      }
    }
    own.CreateNamespace(info.schema,
                        info.on_conflict == duckdb::OnCreateConflict::IGNORE_ON_CONFLICT);
    return &own.GetSchemaEntry(info.schema);
  });
}

duckdb::optional_ptr<duckdb::SchemaCatalogEntry> WarehouseCatalog::LookupSchema(
    duckdb::CatalogTransaction transaction, const duckdb::EntryLookupInfo& lookup,
    duckdb::OnEntryNotFound if_not_found) {
  return AtBorder([&]() -> duckdb::optional_ptr<duckdb::SchemaCatalogEntry> {
    const std::string& name = lookup.GetEntryName();
    WarehouseTransaction& own = Of(transaction);
    if (std::optional<std::string> known = own.FindNamespace(name)) {
      return &own.GetSchemaEntry(*known);
    }
    if (if_not_found == duckdb::OnEntryNotFound::RETURN_NULL) return nullptr;
    Error error(ErrorCode::kNotFound,
                fmt::format("schema {} does not exist in {}", name, GetName()));
    std::string closest = ClosestMatch(name, own.Namespaces());
    if (!closest.empty()) error.WithHint("Did you mean " + closest + "?");
    throw Error(error);
  });
}

void WarehouseCatalog::ScanSchemas(duckdb::ClientContext& context,
                                   std::function<void(duckdb::SchemaCatalogEntry&)> callback) {
  AtBorder([&] {
    WarehouseTransaction& own = WarehouseTransaction::Get(context, *this);
    for (const std::string& name : own.Namespaces()) callback(own.GetSchemaEntry(name));
  });
}

void WarehouseCatalog::DropSchema(duckdb::ClientContext& context, duckdb::DropInfo& info) {
  AtBorder([&] {
    WarehouseTransaction& own = WarehouseTransaction::Get(context, *this);
    std::optional<std::string> schema = own.FindNamespace(info.name);
    if (!schema) {
      if (info.if_not_found == duckdb::OnEntryNotFound::RETURN_NULL) return;
      throw Error(ErrorCode::kNotFound, fmt::format("schema {} does not exist", info.name));
    }
    if (*schema == GetDefaultSchema()) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("schema {} is the default schema and stays", *schema));
    }
    auto names = own.Names(*schema);
    if (!names.empty() && !info.cascade) {
      throw Error(ErrorCode::kConflict,
                  fmt::format("schema {} is not empty: it holds {}", *schema, names.front().first))
          .WithHint("DROP SCHEMA .. CASCADE drops its tables with it.");
    }
    for (const auto& [name, kind] : names) own.Drop(own.Resolve(*schema, name));
    own.DropNamespace(*schema);
  });
}

duckdb::PhysicalOperator& WarehouseCatalog::PlanCreateTableAs(
    duckdb::ClientContext& context, duckdb::PhysicalPlanGenerator& planner,
    duckdb::LogicalCreateTable& op, duckdb::PhysicalOperator& plan) {
  duckdb::ErrorData unsupported = SupportsCreateTable(*op.info);
  if (unsupported.HasError()) unsupported.Throw();
  return AtBorder([&]() -> duckdb::PhysicalOperator& {
    return PlanTableReplacement(context, planner, *this, op, plan);
  });
}

duckdb::PhysicalOperator& WarehouseCatalog::PlanInsert(
    duckdb::ClientContext& context, duckdb::PhysicalPlanGenerator& planner,
    duckdb::LogicalInsert& op, duckdb::optional_ptr<duckdb::PhysicalOperator> plan) {
  return AtBorder([&]() -> duckdb::PhysicalOperator& {
    return PlanTableAppend(context, planner, *this, op, plan);
  });
}

duckdb::PhysicalOperator& WarehouseCatalog::PlanDelete(duckdb::ClientContext&,
                                                       duckdb::PhysicalPlanGenerator&,
                                                       duckdb::LogicalDelete&,
                                                       duckdb::PhysicalOperator&) {
  RefuseRowChanges("DELETE");
}

duckdb::PhysicalOperator& WarehouseCatalog::PlanUpdate(duckdb::ClientContext&,
                                                       duckdb::PhysicalPlanGenerator&,
                                                       duckdb::LogicalUpdate&,
                                                       duckdb::PhysicalOperator&) {
  RefuseRowChanges("UPDATE");
}

WarehouseTransactionManager::WarehouseTransactionManager(duckdb::AttachedDatabase& database,
                                                         WarehouseCatalog& catalog)
    : duckdb::TransactionManager(database), catalog_(catalog) {}

duckdb::Transaction& WarehouseTransactionManager::StartTransaction(duckdb::ClientContext& context) {
  auto transaction =
      std::make_unique<WarehouseTransaction>(*this, context, catalog_, catalog_.store());
  duckdb::Transaction& started = *transaction;
  std::lock_guard<std::mutex> lock(mutex_);
  transactions_[started] = std::move(transaction);
  return started;
}

duckdb::ErrorData WarehouseTransactionManager::CommitTransaction(duckdb::ClientContext&,
                                                                 duckdb::Transaction& transaction) {
  duckdb::ErrorData outcome;
  try {
    transaction.Cast<WarehouseTransaction>().Commit();
  } catch (const Error& error) {
    outcome = ToCommitError(error);
  } catch (const std::exception& e) {
    // How far it came is not known, so no file is touched.
    outcome =
        ToCommitError(Error(ErrorCode::kInternal, fmt::format("the commit failed: {}", e.what())));
  }
  std::lock_guard<std::mutex> lock(mutex_);
  transactions_.erase(transaction);
  return outcome;
}

void WarehouseTransactionManager::RollbackTransaction(duckdb::Transaction& transaction) {
  transaction.Cast<WarehouseTransaction>().Rollback();
  std::lock_guard<std::mutex> lock(mutex_);
  transactions_.erase(transaction);
}

}  // namespace eider::engine

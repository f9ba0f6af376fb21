// A warehouse as DuckDB's catalog, and the transaction manager that goes with it.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "catalog/catalog.h"
#include "duckdb/catalog/catalog.hpp"
#include "duckdb/common/reference_map.hpp"
#include "duckdb/transaction/transaction_manager.hpp"
#include "engine/s3_access.h"
#include "engine/warehouse_transaction.h"

namespace eider::engine {

class WarehouseCatalog : public duckdb::Catalog {
 public:
  // `access` is that of a warehouse which may lie on S3; nullptr for others.
  WarehouseCatalog(duckdb::AttachedDatabase& database, std::shared_ptr<catalog::Catalog> store,
                   std::unique_ptr<S3Access> access);

  catalog::Catalog& store() { return *store_; }

  // Before DuckDB reads or writes files there. Throws kUnsupported where it cannot.
  void PrepareFor(const std::string& location);

  void Initialize(bool load_builtin) override;
  std::string GetCatalogType() override { return "eider"; }
  duckdb::optional_idx GetCatalogVersion(duckdb::ClientContext& context) override;
  bool SupportsTimeTravel() const override { return true; }
  bool InMemory() override { return false; }
  std::string GetDBPath() override { return store_->warehouse(); }
  duckdb::DatabaseSize GetDatabaseSize(duckdb::ClientContext& context) override;
  duckdb::ErrorData SupportsCreateTable(duckdb::BoundCreateTableInfo& info) override;
  duckdb::unique_ptr<duckdb::LogicalOperator> BindCreateIndex(
      duckdb::Binder& binder, duckdb::CreateStatement& statement, duckdb::TableCatalogEntry& table,
      duckdb::unique_ptr<duckdb::LogicalOperator> plan) override;

  duckdb::optional_ptr<duckdb::CatalogEntry> CreateSchema(duckdb::CatalogTransaction transaction,
                                                          duckdb::CreateSchemaInfo& info) override;
  duckdb::optional_ptr<duckdb::SchemaCatalogEntry> LookupSchema(
      duckdb::CatalogTransaction transaction, const duckdb::EntryLookupInfo& lookup,
      duckdb::OnEntryNotFound if_not_found) override;
  void ScanSchemas(duckdb::ClientContext& context,
                   std::function<void(duckdb::SchemaCatalogEntry&)> callback) override;

  duckdb::PhysicalOperator& PlanCreateTableAs(duckdb::ClientContext& context,
                                              duckdb::PhysicalPlanGenerator& planner,
                                              duckdb::LogicalCreateTable& op,
                                              duckdb::PhysicalOperator& plan) override;
  duckdb::PhysicalOperator& PlanInsert(
      duckdb::ClientContext& context, duckdb::PhysicalPlanGenerator& planner,
      duckdb::LogicalInsert& op, duckdb::optional_ptr<duckdb::PhysicalOperator> plan) override;
  duckdb::PhysicalOperator& PlanDelete(duckdb::ClientContext& context,
                                       duckdb::PhysicalPlanGenerator& planner,
                                       duckdb::LogicalDelete& op,
                                       duckdb::PhysicalOperator& plan) override;
  duckdb::PhysicalOperator& PlanUpdate(duckdb::ClientContext& context,
                                       duckdb::PhysicalPlanGenerator& planner,
                                       duckdb::LogicalUpdate& op,
                                       duckdb::PhysicalOperator& plan) override;

 private:
  void DropSchema(duckdb::ClientContext& context, duckdb::DropInfo& info) override;

  std::shared_ptr<catalog::Catalog> store_;
  std::unique_ptr<S3Access> access_;
};

class WarehouseTransactionManager : public duckdb::TransactionManager {
 public:
  WarehouseTransactionManager(duckdb::AttachedDatabase& database, WarehouseCatalog& catalog);

  duckdb::Transaction& StartTransaction(duckdb::ClientContext& context) override;
  duckdb::ErrorData CommitTransaction(duckdb::ClientContext& context,
                                      duckdb::Transaction& transaction) override;
  void RollbackTransaction(duckdb::Transaction& transaction) override;
  void Checkpoint(duckdb::ClientContext&, bool) override {}

 private:
  WarehouseCatalog& catalog_;
  std::mutex mutex_;
  duckdb::reference_map_t<duckdb::Transaction, std::unique_ptr<WarehouseTransaction>> transactions_;
};

}  // namespace eider::engine

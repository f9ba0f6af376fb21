// An Iceberg table, at one snapshot, as DuckDB's table.
#pragma once

#include <memory>
#include <string>

#include "catalog/catalog.h"
#include "duckdb/catalog/catalog_entry/schema_catalog_entry.hpp"
#include "duckdb/catalog/catalog_entry/table_catalog_entry.hpp"
#include "duckdb/parser/parsed_data/create_table_info.hpp"
#include "iceberg/table_metadata.h"

namespace eider::engine {

// What of a table is read.
struct TableVersion {
  iceberg::TableMetadataPtr metadata;
  const iceberg::Snapshot* snapshot = nullptr;  // nullptr: the table is empty
  const iceberg::Schema* schema = nullptr;      // both owned by metadata
};

// The current version, or the one an AT clause names: AT (VERSION => snapshot id, branch or tag),
// AT (TIMESTAMP => instant). An instant without a time zone is one of the session's. Throws
// kNotFound naming `table` where there is none.
TableVersion CurrentVersion(iceberg::TableMetadataPtr metadata);
TableVersion VersionAt(duckdb::ClientContext& context, iceberg::TableMetadataPtr metadata,
                       const duckdb::BoundAtClause& at, const catalog::TableIdentifier& table);

class TableEntry : public duckdb::TableCatalogEntry {
 public:
  static std::unique_ptr<TableEntry> Make(duckdb::Catalog& catalog,
                                          duckdb::SchemaCatalogEntry& schema,
                                          const catalog::TableIdentifier& identifier,
                                          TableVersion version);

  const catalog::TableIdentifier& identifier() const { return identifier_; }
  const TableVersion& version() const { return version_; }

  duckdb::unique_ptr<duckdb::BaseStatistics> GetStatistics(duckdb::ClientContext& context,
                                                           duckdb::column_t column) override;
  duckdb::TableFunction GetScanFunction(
      duckdb::ClientContext& context, duckdb::unique_ptr<duckdb::FunctionData>& bind_data) override;
  duckdb::TableStorageInfo GetStorageInfo(duckdb::ClientContext& context) override;
  duckdb::vector<duckdb::column_t> GetRowIdColumns() const override;
  duckdb::virtual_column_map_t GetVirtualColumns() const override;

 private:
  TableEntry(duckdb::Catalog& catalog, duckdb::SchemaCatalogEntry& schema,
             duckdb::CreateTableInfo& info, catalog::TableIdentifier identifier,
             TableVersion version);

  catalog::TableIdentifier identifier_;
  TableVersion version_;
};

}  // namespace eider::engine

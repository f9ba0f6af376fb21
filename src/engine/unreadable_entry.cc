#include "engine/unreadable_entry.h"

#include "duckdb/catalog/catalog_entry/table_catalog_entry.hpp"
#include "duckdb/parser/parsed_data/create_table_info.hpp"
#include "duckdb/storage/statistics/base_statistics.hpp"
#include "duckdb/storage/table_storage_info.hpp"
#include "engine/duckdb_error.h"

namespace eider::engine {

namespace {

class UnreadableEntry : public duckdb::TableCatalogEntry {
 public:
  UnreadableEntry(duckdb::Catalog& catalog, duckdb::SchemaCatalogEntry& schema,
                  duckdb::CreateTableInfo& info, Error error)
      : duckdb::TableCatalogEntry(catalog, schema, info), error_(std::move(error)) {}

  duckdb::unique_ptr<duckdb::BaseStatistics> GetStatistics(duckdb::ClientContext&,
                                                           duckdb::column_t) override {
    return nullptr;
  }
  duckdb::TableFunction GetScanFunction(duckdb::ClientContext&,
                                        duckdb::unique_ptr<duckdb::FunctionData>&) override {
    throw ToDuckDB(error_);
  }
  duckdb::TableStorageInfo GetStorageInfo(duckdb::ClientContext&) override { return {}; }

 private:
  Error error_;
};

}  // namespace

std::unique_ptr<duckdb::CatalogEntry> MakeUnreadableEntry(
    duckdb::Catalog& catalog, duckdb::SchemaCatalogEntry& schema,
    const catalog::TableIdentifier& identifier, const Error& error) {
  duckdb::CreateTableInfo info(schema, identifier.name);
  return std::make_unique<UnreadableEntry>(catalog, schema, info, error);
}

}  // namespace eider::engine

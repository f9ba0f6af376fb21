// An Iceberg view as DuckDB's view.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "duckdb/catalog/catalog_entry/schema_catalog_entry.hpp"
#include "duckdb/catalog/catalog_entry/view_catalog_entry.hpp"
#include "duckdb/parser/parsed_data/create_view_info.hpp"
#include "iceberg/table_update.h"
#include "iceberg/view_metadata.h"

namespace eider::engine {

class ViewEntry : public duckdb::ViewCatalogEntry {
 public:
  static std::unique_ptr<ViewEntry> Make(duckdb::Catalog& catalog,
                                         duckdb::SchemaCatalogEntry& schema,
                                         const catalog::TableIdentifier& identifier,
                                         iceberg::ViewMetadataPtr metadata);

  const catalog::TableIdentifier& identifier() const { return identifier_; }
  const iceberg::ViewMetadata& metadata() const { return *metadata_; }

  // Parsed when it is first asked for: listing views must not fail on one whose SQL is of another
  // engine. Throws kUnsupported for such a view.
  const duckdb::SelectStatement& GetQuery() override;
  std::string ToSQL() const override;
  // For EXPORT DATABASE. Throws as GetQuery.
  duckdb::unique_ptr<duckdb::CreateInfo> GetInfo() const override;

 private:
  ViewEntry(duckdb::Catalog& catalog, duckdb::SchemaCatalogEntry& schema,
            duckdb::CreateViewInfo& info, catalog::TableIdentifier identifier,
            iceberg::ViewMetadataPtr metadata);

  // The query as it is kept.
  duckdb::unique_ptr<duckdb::SelectStatement> Parse() const;

  catalog::TableIdentifier identifier_;
  iceberg::ViewMetadataPtr metadata_;
};

// The updates that CREATE VIEW makes of a new view at `location`, or CREATE OR REPLACE VIEW of
// `base`. Table names within the query are completed where the view's own schema would not find
// them, so that the view means the same whatever the reader's search path is.
std::vector<iceberg::TableUpdate> ViewUpdates(duckdb::ClientContext& context,
                                              duckdb::SchemaCatalogEntry& schema,
                                              duckdb::CreateViewInfo& info,
                                              const iceberg::ViewMetadata* base,
                                              const std::string& location);

}  // namespace eider::engine

// The metadata tables of an Iceberg table: "orders$snapshots", "orders$files", .. with the columns
// Trino gives them, so that the same query runs on either engine.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "catalog/catalog.h"
#include "duckdb/catalog/catalog_entry/schema_catalog_entry.hpp"
#include "engine/table_entry.h"

namespace eider::engine {

enum class MetadataTableKind {
  kSnapshots,
  kHistory,
  kFiles,
  kManifests,
  kPartitions,
  kRefs,
  kProperties,
  kMetadataLogEntries,
};

struct MetadataTableName {
  std::string table;
  MetadataTableKind kind;
};

// "orders$snapshots" -> orders, kSnapshots; nullopt where the name has no known suffix.
std::optional<MetadataTableName> ParseMetadataTableName(std::string_view name);

// The metadata table of `table` (its name without the suffix), whose files, manifests and
// partitions are those of version.snapshot; the rest speaks of the whole table. Rows are computed
// when it is scanned.
std::unique_ptr<duckdb::CatalogEntry> MakeMetadataTable(duckdb::Catalog& catalog,
                                                        duckdb::SchemaCatalogEntry& schema,
                                                        const catalog::TableIdentifier& table,
                                                        TableVersion version,
                                                        MetadataTableKind kind);

}  // namespace eider::engine

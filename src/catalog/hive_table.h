// Iceberg tables and views as the Hive Metastore has them: a table whose parameters point at the
// metadata, with schema, statistics and properties repeated for those who read no metadata. The
// same as Iceberg's Java client writes, so that Hive, Trino and Spark know them.
#pragma once

#include <optional>
#include <string>

#include "catalog/catalog.h"
#include "iceberg/table_metadata.h"
#include "iceberg/view_metadata.h"
#include "io/thrift_value.h"

namespace eider::catalog {

// The parameter "table_type" of Iceberg's tables and views.
constexpr char kHiveTableType[] = "ICEBERG";
constexpr char kHiveViewType[] = "ICEBERG-VIEW";
// The parameter that points at the metadata.
constexpr char kHiveMetadataLocation[] = "metadata_location";

// What of Iceberg's a table of the metastore is; nullopt for Hive's own tables and views, and where
// it points at no metadata.
std::optional<Entry> HiveEntryOf(const io::ThriftValue& table);

// A table or view that the metastore does not know yet.
io::ThriftValue NewHiveTable(const TableIdentifier& identifier, EntityKind kind,
                             const std::map<std::string, std::string>& properties);

// Makes it point at new metadata. `base`: the metadata that it pointed at, nullptr for none; of its
// properties those that are gone are removed.
void PointHiveTable(io::ThriftValue& table, const iceberg::TableMetadata& metadata,
                    const std::string& metadata_location, const iceberg::TableMetadata* base);
void PointHiveView(io::ThriftValue& table, const iceberg::ViewMetadata& metadata,
                   const std::string& metadata_location, const iceberg::ViewMetadata* base);

// Hive's name of a type: "bigint", "struct<a:int,b:array<string>>".
std::string HiveTypeOf(const iceberg::Type& type);

}  // namespace eider::catalog

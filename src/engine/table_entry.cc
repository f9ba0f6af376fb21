#include "engine/table_entry.h"

#include <fmt/format.h>

#include <limits>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "duckdb/common/types/timestamp.hpp"
#include "duckdb/parser/constraints/not_null_constraint.hpp"
#include "duckdb/planner/tableref/bound_at_clause.hpp"
#include "duckdb/storage/statistics/base_statistics.hpp"
#include "duckdb/storage/table_storage_info.hpp"
#include "engine/duckdb_error.h"
#include "engine/session.h"
#include "engine/table_scan.h"
#include "engine/type_mapping.h"
#include "engine/warehouse_catalog.h"

namespace eider::engine {

namespace {

constexpr char kCommentProperty[] = "comment";

TableVersion At(iceberg::TableMetadataPtr metadata, const iceberg::Snapshot* snapshot) {
  const iceberg::Schema& schema = metadata->SchemaOf(*snapshot);
  return {std::move(metadata), snapshot, &schema};
}

int64_t InstantMillis(duckdb::ClientContext& context, const duckdb::Value& value) {
  duckdb::Value instant;
  duckdb::string reason;
  // The casts of time zones answer with null where others fail.
  if (!value.TryCastAs(context, duckdb::LogicalType::TIMESTAMP_TZ, instant, &reason) ||
      instant.IsNull()) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("\"{}\" is not a timestamp", value.ToString()))
        .WithHint("Write AT (TIMESTAMP => TIMESTAMP '2026-01-31 12:00:00').");
  }
  auto micros = instant.GetValueUnsafe<duckdb::timestamp_t>();
  if (!duckdb::Timestamp::IsFinite(micros)) {
    return micros == duckdb::timestamp_t::infinity() ? std::numeric_limits<int64_t>::max()
                                                     : std::numeric_limits<int64_t>::min();
  }
  return duckdb::Timestamp::GetEpochMs(micros);
}

// What lists the versions there are.
std::string MetadataQuery(const catalog::TableIdentifier& table, const char* kind) {
  std::string query = "SELECT * FROM ";
  for (const std::string& part : table.name_space) query += QuoteIdentifier(part) + ".";
  return query + QuoteIdentifier(table.name + "$" + kind);
}

}  // namespace

TableVersion CurrentVersion(iceberg::TableMetadataPtr metadata) {
  const iceberg::Snapshot* snapshot = metadata->CurrentSnapshot();
  const iceberg::Schema& schema = metadata->CurrentSchema();
  return {std::move(metadata), snapshot, &schema};
}

TableVersion VersionAt(duckdb::ClientContext& context, iceberg::TableMetadataPtr metadata,
                       const duckdb::BoundAtClause& at, const catalog::TableIdentifier& table) {
  const duckdb::Value& value = at.GetValue();
  if (EqualsIgnoreCase(at.Unit(), "timestamp")) {
    const iceberg::Snapshot* snapshot = metadata->SnapshotAsOf(InstantMillis(context, value));
    if (snapshot == nullptr) {
      throw Error(ErrorCode::kNotFound, fmt::format("table {} has no version as old as {}",
                                                    table.ToString(), value.ToString()))
          .WithHint(MetadataQuery(table, "history") + " lists its versions.");
    }
    return At(std::move(metadata), snapshot);
  }
  const iceberg::Snapshot* snapshot = nullptr;
  duckdb::Value id = value;
  if (!id.IsNull() && id.DefaultTryCastAs(duckdb::LogicalType::BIGINT)) {
    snapshot = metadata->SnapshotById(id.GetValue<int64_t>());
  }
  if (snapshot == nullptr && !value.IsNull()) {
    auto ref = metadata->refs.find(value.ToString());
    snapshot = metadata->SnapshotByRef(value.ToString());
    // A branch is read with the table's schema of today, a tag with that of its snapshot.
    if (snapshot != nullptr && ref->second.is_branch) {
      const iceberg::Schema& schema = metadata->CurrentSchema();
      return {std::move(metadata), snapshot, &schema};
    }
  }
  if (snapshot == nullptr) {
    throw Error(ErrorCode::kNotFound, fmt::format("table {} has no snapshot, branch or tag {}",
                                                  table.ToString(), value.ToString()))
        .WithHint(MetadataQuery(table, "snapshots") + " lists its snapshots, " +
                  MetadataQuery(table, "refs") + " its branches and tags.");
  }
  return At(std::move(metadata), snapshot);
}

std::unique_ptr<TableEntry> TableEntry::Make(duckdb::Catalog& catalog,
                                             duckdb::SchemaCatalogEntry& schema,
                                             const catalog::TableIdentifier& identifier,
                                             TableVersion version) {
  duckdb::CreateTableInfo info(schema, identifier.name);
  for (const iceberg::NestedField& field : version.schema->fields) {
    duckdb::ColumnDefinition column(
        field.name, ToDuckDBType(*field.type, identifier.ToString() + "." + field.name));
    if (field.doc) column.SetComment(duckdb::Value(*field.doc));
    if (field.required) {
      info.constraints.push_back(duckdb::make_uniq<duckdb::NotNullConstraint>(
          duckdb::LogicalIndex(info.columns.LogicalColumnCount())));
    }
    info.columns.AddColumn(std::move(column));
  }
  auto comment = version.metadata->properties.find(kCommentProperty);
  if (comment != version.metadata->properties.end()) {
    info.comment = duckdb::Value(comment->second);
  }
  return std::unique_ptr<TableEntry>(
      new TableEntry(catalog, schema, info, identifier, std::move(version)));
}

TableEntry::TableEntry(duckdb::Catalog& catalog, duckdb::SchemaCatalogEntry& schema,
                       duckdb::CreateTableInfo& info, catalog::TableIdentifier identifier,
                       TableVersion version)
    : duckdb::TableCatalogEntry(catalog, schema, info),
      identifier_(std::move(identifier)),
      version_(std::move(version)) {
  comment = info.comment;
}

duckdb::unique_ptr<duckdb::BaseStatistics> TableEntry::GetStatistics(duckdb::ClientContext&,
                                                                     duckdb::column_t) {
  return nullptr;
}

duckdb::TableFunction TableEntry::GetScanFunction(
    duckdb::ClientContext& context, duckdb::unique_ptr<duckdb::FunctionData>& bind_data) {
  return AtBorder([&] {
    auto& warehouse = catalog.Cast<WarehouseCatalog>();
    warehouse.PrepareFor(version_.metadata->location);
    return MakeTableScan(context, *this, warehouse.store().files(), bind_data);
  });
}

duckdb::TableStorageInfo TableEntry::GetStorageInfo(duckdb::ClientContext&) {
  duckdb::TableStorageInfo info;
  if (version_.snapshot != nullptr) {
    auto rows = version_.snapshot->summary.find("total-records");
    if (rows != version_.snapshot->summary.end()) {
      info.cardinality = static_cast<duckdb::idx_t>(std::atoll(rows->second.c_str()));
    }
  } else {
    info.cardinality = 0;
  }
  return info;
}

duckdb::vector<duckdb::column_t> TableEntry::GetRowIdColumns() const {
  throw ToDuckDB(Error(ErrorCode::kUnsupported,
                       fmt::format("UPDATE, DELETE and MERGE on Iceberg tables are not supported "
                                   "yet (table {})",
                                   identifier_.ToString()))
                     .WithHint("CREATE OR REPLACE TABLE .. AS SELECT .. rewrites a table."));
}

duckdb::virtual_column_map_t TableEntry::GetVirtualColumns() const {
  return ScanVirtualColumns(*version_.metadata);
}

}  // namespace eider::engine

#include "engine/metadata_table.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "duckdb/catalog/catalog_entry/table_catalog_entry.hpp"
#include "duckdb/function/table_function.hpp"
#include "duckdb/parser/parsed_data/create_table_info.hpp"
#include "duckdb/storage/statistics/base_statistics.hpp"
#include "duckdb/storage/table_storage_info.hpp"
#include "engine/duckdb_error.h"
#include "engine/metadata_rows.h"
#include "engine/warehouse_catalog.h"

namespace eider::engine {

namespace {

constexpr std::array<std::pair<std::string_view, MetadataTableKind>, 8> kSuffixes = {{
    {"snapshots", MetadataTableKind::kSnapshots},
    {"history", MetadataTableKind::kHistory},
    {"files", MetadataTableKind::kFiles},
    {"manifests", MetadataTableKind::kManifests},
    {"partitions", MetadataTableKind::kPartitions},
    {"refs", MetadataTableKind::kRefs},
    {"properties", MetadataTableKind::kProperties},
    {"metadata_log_entries", MetadataTableKind::kMetadataLogEntries},
}};

std::string_view SuffixOf(MetadataTableKind kind) {
  for (const auto& [suffix, of] : kSuffixes) {
    if (of == kind) return suffix;
  }
  return "";
}

class MetadataTableEntry : public duckdb::TableCatalogEntry {
 public:
  MetadataTableEntry(duckdb::Catalog& catalog, duckdb::SchemaCatalogEntry& schema,
                     duckdb::CreateTableInfo& info, catalog::TableIdentifier table,
                     TableVersion version, MetadataTableKind kind)
      : duckdb::TableCatalogEntry(catalog, schema, info),
        table_(std::move(table)),
        version_(std::move(version)),
        kind_(kind) {}

  duckdb::unique_ptr<duckdb::BaseStatistics> GetStatistics(duckdb::ClientContext&,
                                                           duckdb::column_t) override {
    return nullptr;
  }

  duckdb::TableFunction GetScanFunction(
      duckdb::ClientContext& context, duckdb::unique_ptr<duckdb::FunctionData>& bind_data) override;

  duckdb::TableStorageInfo GetStorageInfo(duckdb::ClientContext&) override { return {}; }

  duckdb::vector<duckdb::column_t> GetRowIdColumns() const override {
    throw ToDuckDB(Error(ErrorCode::kUnsupported,
                         "the metadata of a table changes with the table, not by itself"));
  }

  MetadataRows Rows() {
    catalog::Catalog& store = catalog.Cast<WarehouseCatalog>().store();
    std::string location;
    if (kind_ == MetadataTableKind::kMetadataLogEntries) {
      auto found = store.Find(table_);
      // Only where the file is that of the version read: the table may have moved on.
      if (found && found->kind == catalog::EntityKind::kTable &&
          store.LoadTable(found->metadata_location) == version_.metadata) {
        location = found->metadata_location;
      }
    }
    return RowsOf(kind_, version_, location, store.files());
  }

 private:
  catalog::TableIdentifier table_;
  TableVersion version_;
  MetadataTableKind kind_;
};

struct MetadataBindData : public duckdb::TableFunctionData {
  explicit MetadataBindData(MetadataTableEntry& entry) : entry(entry) {}

  // The entry is the transaction's.
  bool SupportStatementCache() const override { return false; }
  duckdb::unique_ptr<duckdb::FunctionData> Copy() const override {
    return duckdb::make_uniq<MetadataBindData>(entry);
  }
  bool Equals(const duckdb::FunctionData& other) const override {
    return &other.Cast<MetadataBindData>().entry == &entry;
  }

  MetadataTableEntry& entry;
};

struct MetadataScanState : public duckdb::GlobalTableFunctionState {
  duckdb::vector<duckdb::column_t> columns;
  MetadataRows rows;
  size_t next = 0;
};

duckdb::unique_ptr<duckdb::GlobalTableFunctionState> BeginScan(
    duckdb::ClientContext&, duckdb::TableFunctionInitInput& input) {
  return AtBorder([&]() -> duckdb::unique_ptr<duckdb::GlobalTableFunctionState> {
    auto state = duckdb::make_uniq<MetadataScanState>();
    state->columns = input.column_ids;
    state->rows = input.bind_data->Cast<MetadataBindData>().entry.Rows();
    return state;
  });
}

void Scan(duckdb::ClientContext&, duckdb::TableFunctionInput& input, duckdb::DataChunk& output) {
  auto& state = input.global_state->Cast<MetadataScanState>();
  duckdb::idx_t count = std::min<size_t>(STANDARD_VECTOR_SIZE, state.rows.size() - state.next);
  for (duckdb::idx_t i = 0; i < count; ++i) {
    const std::vector<duckdb::Value>& row = state.rows[state.next + i];
    for (duckdb::idx_t j = 0; j < state.columns.size(); ++j) {
      if (duckdb::IsVirtualColumn(state.columns[j])) continue;
      output.SetValue(j, i, row[state.columns[j]]);
    }
  }
  state.next += count;
  output.SetCardinality(count);
}

duckdb::BindInfo GetBindInfo(const duckdb::optional_ptr<duckdb::FunctionData> bind_data) {
  return duckdb::BindInfo(bind_data->Cast<MetadataBindData>().entry);
}

duckdb::virtual_column_map_t VirtualColumns(duckdb::ClientContext&,
                                            duckdb::optional_ptr<duckdb::FunctionData>) {
  duckdb::virtual_column_map_t columns;
  columns.insert(
      {duckdb::COLUMN_IDENTIFIER_EMPTY, duckdb::TableColumn("", duckdb::LogicalType::BOOLEAN)});
  return columns;
}

duckdb::TableFunction MetadataTableEntry::GetScanFunction(
    duckdb::ClientContext&, duckdb::unique_ptr<duckdb::FunctionData>& bind_data) {
  bind_data = duckdb::make_uniq<MetadataBindData>(*this);
  duckdb::TableFunction function("eider_metadata_scan", {}, Scan, nullptr, BeginScan);
  function.projection_pushdown = true;
  function.get_bind_info = GetBindInfo;
  function.get_virtual_columns = VirtualColumns;
  return function;
}

}  // namespace

std::optional<MetadataTableName> ParseMetadataTableName(std::string_view name) {
  size_t dollar = name.rfind('$');
  if (dollar == std::string_view::npos || dollar == 0) return std::nullopt;
  for (const auto& [suffix, kind] : kSuffixes) {
    if (EqualsIgnoreCase(name.substr(dollar + 1), suffix)) {
      return MetadataTableName{std::string(name.substr(0, dollar)), kind};
    }
  }
  return std::nullopt;
}

std::unique_ptr<duckdb::CatalogEntry> MakeMetadataTable(duckdb::Catalog& catalog,
                                                        duckdb::SchemaCatalogEntry& schema,
                                                        const catalog::TableIdentifier& table,
                                                        TableVersion version,
                                                        MetadataTableKind kind) {
  duckdb::CreateTableInfo info(schema, table.name + "$" + std::string(SuffixOf(kind)));
  for (auto& [name, type] : ColumnsOf(kind, version)) {
    info.columns.AddColumn(duckdb::ColumnDefinition(name, type));
  }
  return std::make_unique<MetadataTableEntry>(catalog, schema, info, table, std::move(version),
                                              kind);
}

}  // namespace eider::engine

#include "engine/schema_entry.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/parallel.h"
#include "base/text.h"
#include "duckdb/catalog/catalog_search_path.hpp"
#include "duckdb/common/string_util.hpp"
#include "duckdb/main/client_data.hpp"
#include "duckdb/parser/parsed_data/alter_info.hpp"
#include "duckdb/parser/parsed_data/create_view_info.hpp"
#include "duckdb/parser/parsed_data/drop_info.hpp"
#include "duckdb/planner/parsed_data/bound_create_table_info.hpp"
#include "duckdb/planner/tableref/bound_at_clause.hpp"
#include "engine/duckdb_error.h"
#include "engine/metadata_table.h"
#include "engine/name_listing.h"
#include "engine/table_change.h"
#include "engine/table_entry.h"
#include "engine/table_write.h"
#include "engine/unreadable_entry.h"
#include "engine/view_entry.h"
#include "engine/warehouse_transaction.h"

namespace eider::engine {

namespace {

WarehouseTransaction& Of(duckdb::CatalogTransaction& transaction) {
  return transaction.transaction->Cast<WarehouseTransaction>();
}

std::string AtText(duckdb::optional_ptr<duckdb::BoundAtClause> at) {
  return at ? at->Unit() + "=>" + at->GetValue().ToString() : "";
}

// Whether a CREATE goes on where something of that name stands. Throws where it must not.
bool MayCreate(const catalog::TableIdentifier& identifier, bool exists_as_table,
               bool exists_as_view, bool wanted_is_view, duckdb::OnCreateConflict on_conflict) {
  if (!exists_as_table && !exists_as_view) return true;
  const char* existing = exists_as_view ? "view" : "table";
  switch (on_conflict) {
    case duckdb::OnCreateConflict::IGNORE_ON_CONFLICT:
      return false;
    case duckdb::OnCreateConflict::REPLACE_ON_CONFLICT:
      if (exists_as_view == wanted_is_view) return true;
      throw Error(ErrorCode::kAlreadyExists,
                  fmt::format("{} is a {} and cannot be replaced by a {}", identifier.ToString(),
                              existing, wanted_is_view ? "view" : "table"))
          .WithHint(fmt::format("DROP {} it first.", Upper(existing)));
    default:
      throw Error(ErrorCode::kAlreadyExists,
                  fmt::format("{} {} exists already", existing, identifier.ToString()));
  }
}

}  // namespace

SchemaEntry::SchemaEntry(duckdb::Catalog& catalog, duckdb::CreateSchemaInfo& info)
    : duckdb::SchemaCatalogEntry(catalog, info) {}

duckdb::CatalogEntry* SchemaEntry::Find(WarehouseTransaction& transaction,
                                        const std::string& entry_name,
                                        duckdb::optional_ptr<duckdb::BoundAtClause> at) {
  catalog::TableIdentifier identifier = transaction.Resolve(name, entry_name);
  std::optional<catalog::EntityKind> kind = transaction.KindOf(identifier);
  std::optional<MetadataTableName> metadata_table;
  if (!kind) {
    metadata_table = ParseMetadataTableName(entry_name);
    if (!metadata_table) return nullptr;
    identifier = transaction.Resolve(name, metadata_table->table);
    if (transaction.KindOf(identifier) != catalog::EntityKind::kTable) return nullptr;
  }
  try {
    iceberg::TableMetadataPtr table = transaction.FindTable(identifier);
    iceberg::ViewMetadataPtr view = transaction.FindView(identifier);
    // The state an entry stands for is its metadata, which never changes and lives as long as the
    // entry does.
    const void* state = table ? static_cast<const void*>(table.get()) : view.get();
    std::string key = fmt::format("{}\n{}\n{}", entry_name, fmt::ptr(state), AtText(at));
    if (duckdb::CatalogEntry* kept = transaction.Kept(key)) return kept;
    if (view) {
      return &transaction.Keep(key, ViewEntry::Make(catalog, *this, identifier, std::move(view)));
    }
    TableVersion version =
        at ? VersionAt(*transaction.context.lock(), std::move(table), *at, identifier)
           : CurrentVersion(std::move(table));
    if (metadata_table) {
      return &transaction.Keep(key, MakeMetadataTable(catalog, *this, identifier,
                                                      std::move(version), metadata_table->kind));
    }
    return &transaction.Keep(key, TableEntry::Make(catalog, *this, identifier, std::move(version)));
  } catch (const Error& error) {
    if (IsHidden(transaction, entry_name, error)) return nullptr;
    if (at) throw;
    return &transaction.Keep(entry_name + "\n",
                             MakeUnreadableEntry(catalog, *this, identifier, error));
  }
}

duckdb::CatalogEntry& SchemaEntry::NameEntry(WarehouseTransaction& transaction,
                                             const std::string& entry_name, bool is_view) {
  std::string key = fmt::format("{}\n{} by name", entry_name, is_view ? "view" : "table");
  if (duckdb::CatalogEntry* kept = transaction.Kept(key)) return *kept;
  return transaction.Keep(key, MakeNameEntry(catalog, *this, entry_name, is_view));
}

void SchemaEntry::Scan(duckdb::ClientContext& context, duckdb::CatalogType type,
                       const std::function<void(duckdb::CatalogEntry&)>& callback) {
  if (type != duckdb::CatalogType::TABLE_ENTRY && type != duckdb::CatalogType::VIEW_ENTRY) return;
  AtBorder([&] {
    WarehouseTransaction& transaction = WarehouseTransaction::Get(context, catalog);
    // Asked for tables, DuckDB's own schemas list views as well, and callers count on it.
    bool tables_too = type == duckdb::CatalogType::TABLE_ENTRY;
    bool names_only = ListsNamesOnly(context);
    std::vector<std::string> wanted;
    for (const auto& [entry_name, kind] : transaction.Names(name)) {
      bool is_view = kind == catalog::EntityKind::kView;
      if (!tables_too && !is_view) continue;
      if (names_only) {
        callback(NameEntry(transaction, entry_name, is_view));
      } else {
        wanted.push_back(entry_name);
      }
    }
    transaction.Prefetch(name, wanted);
    for (const std::string& entry_name : wanted) {
      if (duckdb::CatalogEntry* entry = Find(transaction, entry_name, nullptr)) callback(*entry);
    }
  });
}

void SchemaEntry::Scan(duckdb::CatalogType, const std::function<void(duckdb::CatalogEntry&)>&) {
  // Asked for without a transaction, by checkpoints of DuckDB's own storage only.
  throw ToDuckDB(Error(ErrorCode::kInternal,
                       fmt::format("schema {} was listed outside of a transaction", name)));
}

duckdb::optional_ptr<duckdb::CatalogEntry> SchemaEntry::LookupEntry(
    duckdb::CatalogTransaction transaction, const duckdb::EntryLookupInfo& lookup) {
  duckdb::CatalogType type = lookup.GetCatalogType();
  if (type != duckdb::CatalogType::TABLE_ENTRY && type != duckdb::CatalogType::VIEW_ENTRY) {
    return nullptr;
  }
  return AtBorder(
      [&] { return Find(Of(transaction), lookup.GetEntryName(), lookup.GetAtClause()); });
}

bool SchemaEntry::IsHidden(WarehouseTransaction& transaction, const std::string& entry_name,
                           const Error& error) const {
  if (error.code() != ErrorCode::kPermission) return false;
  auto context = transaction.context.lock();
  const auto& path = *duckdb::ClientData::Get(*context).catalog_search_path;
  if (!path.SchemaInSearchPath(*context, catalog.GetName(), name)) return false;
  auto names = transaction.Names(name);
  return std::none_of(names.begin(), names.end(), [&](const auto& listed) {
    return EqualsIgnoreCase(listed.first, entry_name);
  });
}

// DuckDB's own version looks at every table.
duckdb::SimilarCatalogEntry SchemaEntry::GetSimilarEntry(duckdb::CatalogTransaction transaction,
                                                         const duckdb::EntryLookupInfo& lookup) {
  return AtBorder([&] {
    duckdb::SimilarCatalogEntry similar;
    duckdb::CatalogType type = lookup.GetCatalogType();
    if (type != duckdb::CatalogType::TABLE_ENTRY && type != duckdb::CatalogType::VIEW_ENTRY) {
      return similar;
    }
    for (const auto& [entry_name, kind] : Of(transaction).Names(name)) {
      double score = duckdb::StringUtil::SimilarityRating(entry_name, lookup.GetEntryName());
      if (score <= similar.score) continue;
      similar.score = score;
      similar.name = entry_name;
    }
    return similar;
  });
}

void SchemaEntry::DropEntry(duckdb::ClientContext& context, duckdb::DropInfo& info) {
  AtBorder([&] {
    WarehouseTransaction& transaction = WarehouseTransaction::Get(context, catalog);
    catalog::TableIdentifier identifier = transaction.Resolve(name, info.name);
    std::optional<catalog::EntityKind> kind = transaction.KindOf(identifier);
    bool view = kind == catalog::EntityKind::kView;
    bool wants_view = info.type == duckdb::CatalogType::VIEW_ENTRY;
    if (!kind) {
      if (info.if_not_found == duckdb::OnEntryNotFound::RETURN_NULL) return;
      throw Error(ErrorCode::kNotFound,
                  fmt::format("{} {} does not exist", wants_view ? "view" : "table",
                              identifier.ToString()));
    }
    if (view != wants_view) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("{} is a {}", identifier.ToString(), view ? "view" : "table"))
          .WithHint(
              fmt::format("DROP {} {} drops it.", view ? "VIEW" : "TABLE", identifier.ToString()));
    }
    transaction.Drop(identifier);
  });
}

void SchemaEntry::Alter(duckdb::CatalogTransaction transaction, duckdb::AlterInfo& info) {
  AtBorder([&] { AlterEntity(Of(transaction), name, info); });
}

duckdb::optional_ptr<duckdb::CatalogEntry> SchemaEntry::CreateTable(
    duckdb::CatalogTransaction transaction, duckdb::BoundCreateTableInfo& info) {
  return AtBorder([&]() -> duckdb::optional_ptr<duckdb::CatalogEntry> {
    WarehouseTransaction& own = Of(transaction);
    const duckdb::CreateTableInfo& base = info.Base();
    catalog::TableIdentifier identifier = own.Resolve(name, base.table);
    if (!MayCreate(identifier, own.FindTable(identifier) != nullptr,
                   own.FindView(identifier) != nullptr, false, base.on_conflict)) {
      return nullptr;
    }
    CreateEmptyTable(own, identifier, base);
    return Find(own, identifier.name, nullptr);
  });
}

duckdb::optional_ptr<duckdb::CatalogEntry> SchemaEntry::CreateView(
    duckdb::CatalogTransaction transaction, duckdb::CreateViewInfo& info) {
  return AtBorder([&]() -> duckdb::optional_ptr<duckdb::CatalogEntry> {
    WarehouseTransaction& own = Of(transaction);
    catalog::TableIdentifier identifier = own.Resolve(name, info.view_name);
    iceberg::ViewMetadataPtr base = own.FindView(identifier);
    if (!MayCreate(identifier, own.FindTable(identifier) != nullptr, base != nullptr, true,
                   info.on_conflict)) {
      return nullptr;
    }
    std::string location = base ? base->location : own.store().NewLocation(identifier);
    own.ChangeView(identifier,
                   ViewUpdates(transaction.GetContext(), *this, info, base.get(), location),
                   info.on_conflict == duckdb::OnCreateConflict::REPLACE_ON_CONFLICT);
    return Find(own, identifier.name, nullptr);
  });
}

void SchemaEntry::Unsupported(const char* what) const {
  throw ToDuckDB(
      Error(ErrorCode::kUnsupported,
            fmt::format("a warehouse of Iceberg tables keeps no {} (schema {})", what, name))
          .WithHint("Create it in the DuckDB database: memory.main, or the file that was opened."));
}

duckdb::optional_ptr<duckdb::CatalogEntry> SchemaEntry::CreateIndex(duckdb::CatalogTransaction,
                                                                    duckdb::CreateIndexInfo&,
                                                                    duckdb::TableCatalogEntry&) {
  Unsupported("indexes");
}

duckdb::optional_ptr<duckdb::CatalogEntry> SchemaEntry::CreateFunction(
    duckdb::CatalogTransaction, duckdb::CreateFunctionInfo&) {
  Unsupported("macros");
}

duckdb::optional_ptr<duckdb::CatalogEntry> SchemaEntry::CreateSequence(
    duckdb::CatalogTransaction, duckdb::CreateSequenceInfo&) {
  Unsupported("sequences");
}

duckdb::optional_ptr<duckdb::CatalogEntry> SchemaEntry::CreateTableFunction(
    duckdb::CatalogTransaction, duckdb::CreateTableFunctionInfo&) {
  Unsupported("table functions");
}

duckdb::optional_ptr<duckdb::CatalogEntry> SchemaEntry::CreateCopyFunction(
    duckdb::CatalogTransaction, duckdb::CreateCopyFunctionInfo&) {
  Unsupported("copy functions");
}

duckdb::optional_ptr<duckdb::CatalogEntry> SchemaEntry::CreatePragmaFunction(
    duckdb::CatalogTransaction, duckdb::CreatePragmaFunctionInfo&) {
  Unsupported("pragmas");
}

duckdb::optional_ptr<duckdb::CatalogEntry> SchemaEntry::CreateCollation(
    duckdb::CatalogTransaction, duckdb::CreateCollationInfo&) {
  Unsupported("collations");
}

duckdb::optional_ptr<duckdb::CatalogEntry> SchemaEntry::CreateType(duckdb::CatalogTransaction,
                                                                   duckdb::CreateTypeInfo&) {
  Unsupported("types");
}

}  // namespace eider::engine

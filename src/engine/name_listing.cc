#include "engine/name_listing.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "duckdb/catalog/catalog.hpp"
#include "duckdb/catalog/catalog_entry/schema_catalog_entry.hpp"
#include "duckdb/catalog/catalog_entry/table_function_catalog_entry.hpp"
#include "duckdb/catalog/catalog_entry/view_catalog_entry.hpp"
#include "duckdb/main/client_context_state.hpp"
#include "duckdb/main/database.hpp"
#include "duckdb/parser/parsed_data/create_table_function_info.hpp"
#include "duckdb/parser/parsed_data/create_view_info.hpp"
#include "engine/unreadable_entry.h"

namespace eider::engine {

namespace {

constexpr char kState[] = "eider_name_listing";

// The columns of both functions that metadata does not change. Iceberg tables have neither primary
// keys nor indexes nor checks that DuckDB knows of, and no tags. Not so their numbers: an entry
// that was looked up has one of its own, by which other functions are joined.
constexpr std::string_view kOfTheName[] = {
    "database_name",  "database_oid", "schema_name", "schema_oid",
    "table_name",     "view_name",    "internal",    "temporary",
    "tags",           "index_count",  "is_bound",    "check_constraint_count",
    "has_primary_key"};

struct ListingState : public duckdb::ClientContextState {
  bool names_only = false;
};

duckdb::shared_ptr<ListingState> StateOf(duckdb::ClientContext& context) {
  return context.registered_state->GetOrCreate<ListingState>(kState);
}

// DuckDB's own function.
struct Wrapped : public duckdb::TableFunctionInfo {
  explicit Wrapped(duckdb::TableFunction own) : own(std::move(own)) {}
  duckdb::TableFunction own;
};

struct BoundListing : public duckdb::TableFunctionData {
  const Wrapped* wrapped = nullptr;
  duckdb::unique_ptr<duckdb::FunctionData> own;
  duckdb::vector<duckdb::LogicalType> types;
  duckdb::vector<duckdb::string> names;
};

struct RunningListing : public duckdb::GlobalTableFunctionState {
  duckdb::unique_ptr<duckdb::GlobalTableFunctionState> own;
  duckdb::vector<duckdb::column_t> columns;
  duckdb::DataChunk whole;  // every column
};

duckdb::unique_ptr<duckdb::FunctionData> Bind(duckdb::ClientContext& context,
                                              duckdb::TableFunctionBindInput& input,
                                              duckdb::vector<duckdb::LogicalType>& types,
                                              duckdb::vector<duckdb::string>& names) {
  auto bound = duckdb::make_uniq<BoundListing>();
  bound->wrapped = &input.info->Cast<Wrapped>();
  bound->own = bound->wrapped->own.bind(context, input, types, names);
  bound->types = types;
  bound->names = names;
  return bound;
}

bool IsOfTheName(const BoundListing& bound, duckdb::column_t column) {
  if (column >= bound.names.size()) return true;  // how many there are
  return std::find(std::begin(kOfTheName), std::end(kOfTheName), bound.names[column]) !=
         std::end(kOfTheName);
}

duckdb::unique_ptr<duckdb::GlobalTableFunctionState> Begin(duckdb::ClientContext& context,
                                                           duckdb::TableFunctionInitInput& input) {
  const auto& bound = input.bind_data->Cast<BoundListing>();
  auto running = duckdb::make_uniq<RunningListing>();
  running->columns = input.column_ids;
  running->whole.Initialize(context, bound.types);
  duckdb::vector<duckdb::column_t> every(bound.types.size());
  for (size_t i = 0; i < every.size(); ++i) every[i] = i;
  duckdb::TableFunctionInitInput own(bound.own.get(), std::move(every), {}, nullptr);
  auto state = StateOf(context);
  state->names_only = std::all_of(running->columns.begin(), running->columns.end(),
                                  [&](auto column) { return IsOfTheName(bound, column); });
  try {
    running->own = bound.wrapped->own.init_global(context, own);
  } catch (...) {
    state->names_only = false;
    throw;
  }
  state->names_only = false;
  return running;
}

void Continue(duckdb::ClientContext& context, duckdb::TableFunctionInput& input,
              duckdb::DataChunk& output) {
  const auto& bound = input.bind_data->Cast<BoundListing>();
  auto& running = input.global_state->Cast<RunningListing>();
  running.whole.Reset();
  duckdb::TableFunctionInput own(bound.own.get(), nullptr, running.own.get());
  bound.wrapped->own.function(context, own, running.whole);
  for (size_t i = 0; i < running.columns.size(); ++i) {
    if (running.columns[i] < running.whole.ColumnCount()) {
      output.data[i].Reference(running.whole.data[running.columns[i]]);
    } else {
      output.data[i].Reference(duckdb::Value(output.data[i].GetType()));
    }
  }
  output.SetCardinality(running.whole.size());
}

void Wrap(duckdb::DatabaseInstance& database, const char* name) {
  auto transaction = duckdb::CatalogTransaction::GetSystemTransaction(database);
  duckdb::Catalog& system = duckdb::Catalog::GetSystemCatalog(database);
  auto entry = system.GetSchema(transaction, DEFAULT_SCHEMA)
                   .GetEntry(transaction, duckdb::CatalogType::TABLE_FUNCTION_ENTRY, name);
  if (!entry) {
    throw Error(ErrorCode::kInternal, "DuckDB has no " + std::string(name) + "() any more");
  }
  auto& set = entry->Cast<duckdb::TableFunctionCatalogEntry>().functions;
  duckdb::TableFunction own = set.GetFunctionByOffset(0);
  duckdb::TableFunction listing(name, {}, Continue, Bind, Begin);
  listing.function_info = duckdb::make_shared_ptr<Wrapped>(std::move(own));
  listing.projection_pushdown = true;
  duckdb::CreateTableFunctionInfo info(std::move(listing));
  info.on_conflict = duckdb::OnCreateConflict::REPLACE_ON_CONFLICT;
  info.internal = true;
  system.CreateTableFunction(transaction, info);
}

class NamedView : public duckdb::ViewCatalogEntry {
 public:
  using duckdb::ViewCatalogEntry::ViewCatalogEntry;
  std::string ToSQL() const override { return ""; }
};

}  // namespace

void RegisterNameListing(duckdb::DatabaseInstance& database) {
  Wrap(database, "duckdb_tables");
  Wrap(database, "duckdb_views");
}

bool ListsNamesOnly(duckdb::ClientContext& context) {
  auto state = context.registered_state->Get<ListingState>(kState);
  return state && state->names_only;
}

std::unique_ptr<duckdb::CatalogEntry> MakeNameEntry(duckdb::Catalog& catalog,
                                                    duckdb::SchemaCatalogEntry& schema,
                                                    const std::string& name, bool is_view) {
  if (is_view) {
    duckdb::CreateViewInfo info(schema, name);
    return std::make_unique<NamedView>(catalog, schema, info);
  }
  return MakeUnreadableEntry(
      catalog, schema, {{schema.name}, name},
      Error(ErrorCode::kInternal, "table " + name + " was listed and not looked up"));
}

}  // namespace eider::engine

#include "catalog/sqlite_schema.h"

#include "base/error.h"

namespace eider::catalog {

namespace {

constexpr const char* kSchema[] = {
    "CREATE TABLE IF NOT EXISTS iceberg_tables ("
    "catalog_name VARCHAR(255) NOT NULL, table_namespace VARCHAR(255) NOT NULL, "
    "table_name VARCHAR(255) NOT NULL, metadata_location VARCHAR(1000), "
    "previous_metadata_location VARCHAR(1000), iceberg_type VARCHAR(5), "
    "PRIMARY KEY (catalog_name, table_namespace, table_name))",
    "CREATE TABLE IF NOT EXISTS iceberg_namespace_properties ("
    "catalog_name VARCHAR(255) NOT NULL, namespace VARCHAR(255) NOT NULL, "
    "property_key VARCHAR(255) NOT NULL, property_value VARCHAR(1000), "
    "PRIMARY KEY (catalog_name, namespace, property_key))",
    "CREATE TABLE IF NOT EXISTS eider_catalog (catalog_name VARCHAR(255) NOT NULL)",
    // Metadata folders whose projection may lag behind the pointer of their table. Written with the
    // pointer; removed by a later commit of whoever has projected that very location.
    "CREATE TABLE IF NOT EXISTS eider_projection ("
    "metadata_folder VARCHAR(1000) NOT NULL PRIMARY KEY, metadata_location VARCHAR(1000) NOT NULL, "
    "table_namespace VARCHAR(255) NOT NULL, table_name VARCHAR(255) NOT NULL)",
    // The latest commits, so that one whose answer was lost can be looked up.
    "CREATE TABLE IF NOT EXISTS eider_commits ("
    "sequence INTEGER PRIMARY KEY, commit_id VARCHAR(36) NOT NULL)",
    // Who lives in a folder, without reading every table's row.
    "CREATE INDEX IF NOT EXISTS eider_tables_by_location ON iceberg_tables (metadata_location)",
    // What requests with an idempotency key were answered, for as long as they may be sent again.
    "CREATE TABLE IF NOT EXISTS eider_idempotency ("
    "sequence INTEGER PRIMARY KEY, idempotency_key VARCHAR(255) NOT NULL UNIQUE, "
    "request_hash VARCHAR(64) NOT NULL, status INTEGER NOT NULL, answer TEXT NOT NULL, "
    "created_at_ms INTEGER NOT NULL)",
};

// The newest of them: where it is, all are.
constexpr char kNewest[] = "eider_idempotency";

}  // namespace

namespace {

bool Has(SqliteDatabase& database, const std::string& table) {
  return !database.Query("SELECT 1 FROM sqlite_master WHERE name = ?", {table}).empty();
}

void MakeTables(SqliteDatabase& database, const std::string& wanted_name) {
  SqliteTransaction transaction(database);
  for (const char* statement : kSchema) database.Execute(statement);
  // A catalog made by another tool may lack the column that came with views.
  bool has_type = false;
  for (auto& row : database.Query("SELECT name FROM pragma_table_info('iceberg_tables')")) {
    has_type = has_type || row[0] == "iceberg_type";
  }
  if (!has_type) {
    database.Execute("ALTER TABLE iceberg_tables ADD COLUMN iceberg_type VARCHAR(5)");
  }
  if (database.Query("SELECT catalog_name FROM eider_catalog").empty()) {
    auto rows = database.Query(
        "SELECT catalog_name FROM iceberg_tables UNION ALL "
        "SELECT catalog_name FROM iceberg_namespace_properties LIMIT 1");
    database.Execute("INSERT INTO eider_catalog VALUES (?)",
                     {rows.empty() ? wanted_name : *rows[0][0]});
  }
  transaction.Commit();
}

}  // namespace

std::string PrepareCatalogTables(SqliteDatabase& database, const std::string& wanted_name) {
  // Two processes may create the same warehouse at once; an existing one needs no write lock.
  if (!Has(database, kNewest)) {
    try {
      MakeTables(database, wanted_name);
    } catch (const Error& error) {
      // One of an older version that can only be read lacks nothing that reading needs.
      if (error.code() != ErrorCode::kPermission || !Has(database, "eider_catalog")) throw;
    }
  }
  auto names = database.Query("SELECT catalog_name FROM eider_catalog");
  if (names.empty()) {
    throw Error(ErrorCode::kCorrupt, "the catalog has lost its name")
        .WithHint("`eider catalog rebuild` makes it anew from the tables' folders.");
  }
  return *names[0][0];
}

std::string PrepareSharedTables(SqliteDatabase& database, const std::string& wanted_name) {
  std::string name = PrepareCatalogTables(database, wanted_name);
  if (!Has(database, "eider_warehouses")) {
    database.Execute(
        "CREATE TABLE IF NOT EXISTS eider_warehouses (catalog_name VARCHAR(255) NOT NULL PRIMARY "
        "KEY, warehouse VARCHAR(1000) NOT NULL UNIQUE)");
  }
  bool shared = !database.Query("SELECT 1 FROM eider_warehouses LIMIT 1").empty();
  return shared ? wanted_name : name;
}

}  // namespace eider::catalog

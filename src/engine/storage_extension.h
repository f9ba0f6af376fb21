// Registers Eider's storage extension with a DuckDB instance: ATTACH '<folder>' AS x (TYPE eider),
// and ATTACH '<uri>' AS x (TYPE eider, CATALOG 'rest', ..) with the properties of a REST catalog.
#pragma once

#include <memory>

#include "catalog/catalog.h"

namespace duckdb {
class DatabaseInstance;
struct DBConfig;
}  // namespace duckdb

namespace eider::engine {

// Stands before the URI of a REST catalog, where DuckDB would take it for that of a file.
constexpr char kRestScheme[] = "rest+";

void RegisterStorageExtension(duckdb::DBConfig& config);

// While it lives, an ATTACH of the warehouse of `opened` uses that instead of opening it again.
class LentCatalog {
 public:
  LentCatalog(duckdb::DatabaseInstance& database, std::shared_ptr<catalog::Catalog> opened);
  ~LentCatalog();
  LentCatalog(const LentCatalog&) = delete;
  LentCatalog& operator=(const LentCatalog&) = delete;

 private:
  duckdb::DatabaseInstance& database_;
  std::string location_;
};

}  // namespace eider::engine

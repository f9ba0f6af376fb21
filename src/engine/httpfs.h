// DuckDB's extension for files on S3 and behind HTTP. It is no part of DuckDB's library, and comes
// with Eider beside it.
#pragma once

namespace duckdb {
class DatabaseInstance;
}  // namespace duckdb

namespace eider::engine {

// Loads it unless it is loaded: the file that EIDER_HTTPFS names, else the one that came with the
// program, else what is installed for DuckDB, which may fetch it. Throws kUnsupported.
void LoadHttpfs(duckdb::DatabaseInstance& database);

}  // namespace eider::engine

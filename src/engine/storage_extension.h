// Registers Eider's storage extension with a DuckDB instance: ATTACH '<folder>' AS x (TYPE eider).
#pragma once

namespace duckdb {
struct DBConfig;
}

namespace eider::engine {

void RegisterStorageExtension(duckdb::DBConfig& config);

}  // namespace eider::engine

#include "engine/storage_extension.h"

#include "duckdb/main/config.hpp"

namespace eider::engine {

void RegisterStorageExtension(duckdb::DBConfig&) {}

}  // namespace eider::engine

// DuckDB's results as the rest of Eider reads them (session.h).
#pragma once

#include <memory>

#include "duckdb/main/query_result.hpp"
#include "engine/session.h"

namespace eider::engine {

// `result` must be free of errors.
std::unique_ptr<Result> MakeResult(duckdb::unique_ptr<duckdb::QueryResult> result);

}  // namespace eider::engine

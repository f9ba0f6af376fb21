// Errors across the border between Eider and DuckDB, without losing their code on the way.
#pragma once

#include <functional>
#include <utility>

#include "base/error.h"
#include "duckdb/common/error_data.hpp"
#include "duckdb/common/exception.hpp"

namespace eider::engine {

// The DuckDB exception that carries `error` through DuckDB's own handlers; FromDuckDB restores it.
duckdb::Exception ToDuckDB(const Error& error);

// The same for an error that ends a commit: of those DuckDB passes on the text alone, so that the
// text carries everything, behind a control character that no message holds.
duckdb::ErrorData ToCommitError(const Error& error);

// What DuckDB reports, as an Eider error: the original one when it began as one, else kSyntax for
// the parser's, kInterrupted for interrupts, kIo, kNoSpace, .. and kQuery for the rest.
Error FromDuckDB(const duckdb::ErrorData& error);

// Runs `body`, which DuckDB calls, and turns an Eider error into one DuckDB understands.
template <typename Body>
auto AtBorder(Body&& body) -> decltype(body()) {
  try {
    return body();
  } catch (const Error& error) {
    throw ToDuckDB(error);
  }
}

}  // namespace eider::engine

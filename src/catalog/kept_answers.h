// Answers to requests that carried an idempotency key, in the catalog's own database: written in
// the transaction of the commit they speak of, so that the one is there exactly when the other is.
#pragma once

#include <optional>
#include <string>

#include "catalog/catalog.h"
#include "catalog/sql_store.h"

namespace eider::catalog {

std::optional<KeptAnswer> FindKeptAnswer(SqlDatabase& database, const std::string& key);

// To be called within a transaction. Where an answer is kept under that key already, returns it
// and changes nothing; else inserts `answer` and returns nullopt. Removes some that have expired.
std::optional<KeptAnswer> InsertKeptAnswer(SqlDatabase& database, const std::string& key,
                                           const KeptAnswer& answer);

}  // namespace eider::catalog

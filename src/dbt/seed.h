// Seeds: CSV files that become tables, with the types dbt infers for their columns.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "dbt/node.h"
#include "dbt/table.h"

namespace eider::dbt {

struct SeedColumn {
  std::string name;
  std::string type;  // SQL: what `column_types` says, else what was inferred
};

struct SeedSchema {
  std::vector<SeedColumn> columns;
  int64_t row_count = 0;
};

// dbt's inference, on values that are neither empty nor "null", in this order: numbers ("integer"
// where no value needs decimal places, wider where one does not fit it; else "float8"), "date"
// (2018-01-31), "timestamp without time zone" (2018-01-31 12:00:00, or ISO 8601 with a T),
// "boolean" (true, false), "text". A column of only nulls is "integer". Columns named in
// `column_types` are not looked at.
//
// Throws kSyntax with file and line for a malformed file, kInvalidArgument for a `delimiter` that
// is not one character, kNotFound for a missing file.
SeedSchema InferSeed(const Node& node);

// A SELECT that reads the file with the types of `schema`: DuckDB's own CSV reader does the work.
std::string SeedQuery(const Node& node, const SeedSchema& schema);

// `load_agate_table()`: the rows themselves, typed as inferred.
std::shared_ptr<Table> LoadSeedTable(const Node& node);

// The file of a seed, absolute.
std::filesystem::path SeedPath(const Node& node);

// What DuckDB says about a value that does not fit, as an error at the line of the file it stands
// in. Anything else is returned as it is.
Error SeedError(const Node& node, const Error& error);

}  // namespace eider::dbt

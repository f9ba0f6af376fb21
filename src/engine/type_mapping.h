// Iceberg's types and DuckDB's, both ways, and their values.
//
// DuckDB to Iceberg, where the two are not the same: TINYINT, SMALLINT, UTINYINT, USMALLINT become
// int; UINTEGER long; UBIGINT decimal(20,0); HUGEINT decimal(38,0) (what sum() of integers gives; a
// value that does not fit fails the statement); TIMESTAMP_S and TIMESTAMP_MS timestamp; ENUM
// string; fixed-size ARRAY list. INTERVAL, TIME WITH TIME ZONE, BIT, UNION, UHUGEINT and the
// nanosecond types of format version 3 tables are refused by name.
#pragma once

#include <optional>
#include <string>

#include "duckdb/common/types.hpp"
#include "duckdb/common/types/value.hpp"
#include "iceberg/literal.h"
#include "iceberg/schema.h"

namespace eider::engine {

// `column` names the column in errors (kUnsupported). Field ids are numbered from *next_id on, as
// placeholders for the ids the table assigns.
iceberg::TypePtr ToIcebergType(const duckdb::LogicalType& type, const std::string& column,
                               int32_t* next_id);

// The DuckDB type an Iceberg type is read and written as.
duckdb::LogicalType ToDuckDBType(const iceberg::Type& type, const std::string& column);

// nullopt where the value has no counterpart (a type that cannot be compared).
std::optional<iceberg::Literal> ToLiteral(const iceberg::Type& type, const duckdb::Value& value);
duckdb::Value ToValue(const iceberg::Type& type, const iceberg::Literal& literal);

// A default of a column in its JSON single-value form (Appendix D of the table spec). Throws
// kCorrupt naming `column`.
duckdb::Value DefaultValue(const iceberg::Type& type, const Json& json, const std::string& column);

// The FIELD_IDS option of DuckDB's Parquet writer for a schema.
duckdb::Value FieldIds(const iceberg::Schema& schema);

}  // namespace eider::engine

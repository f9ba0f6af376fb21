// What CREATE TABLE says of a table: DuckDB's columns, constraints and WITH options as an Iceberg
// schema, a location and table properties.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "duckdb/common/case_insensitive_map.hpp"
#include "duckdb/parser/parsed_data/create_table_info.hpp"
#include "duckdb/parser/parsed_expression.hpp"
#include "iceberg/schema.h"

namespace eider::engine {

struct TableDefinition {
  iceberg::Schema schema;  // ids are placeholders, to be given by the table
  std::map<std::string, std::string> properties;
  std::optional<std::string> location;  // WITH (location = ..)
};

// Throws kUnsupported for types, constraints and options that an Iceberg table cannot hold, naming
// the column. `table` is the table's name for messages.
TableDefinition DefineTable(const duckdb::CreateTableInfo& info, const std::string& table);

using OptionExpressions =
    duckdb::case_insensitive_map_t<duckdb::unique_ptr<duckdb::ParsedExpression>>;

// The options of WITH (..) or ALTER TABLE .. SET (..) as text. 'format' = 'iceberg' says what is
// so already and is left out, as is 'format' = 'parquet'; any other format is refused.
std::map<std::string, std::string> TableOptions(const OptionExpressions& options);

}  // namespace eider::engine

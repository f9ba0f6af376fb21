// The macros that every project has: dbt's own package "dbt" and the adapters' ("dbt_duckdb", ..),
// embedded in the binary from src/dbt/macros/<package>: macros/**/*.sql, and docs blocks in
// docs/*.md.
#pragma once

#include <span>
#include <string_view>

namespace eider::dbt {

struct BuiltinMacroFile {
  std::string_view path;     // in the package: "macros/materializations/table.sql"
  std::string_view package;  // "dbt", "dbt_duckdb"
  std::string_view text;
};

// Ordered by package, then path.
std::span<const BuiltinMacroFile> BuiltinMacroFiles();

}  // namespace eider::dbt

// Files of a project are UTF-8 text: so are JSON, DuckDB's strings and what a terminal shows.
#pragma once

#include <string>
#include <string_view>

namespace eider::dbt {

// Throws kSyntax with `file` and the line of the first byte that does not belong to UTF-8 text.
void RequireUtf8(std::string_view text, const std::string& file);

}  // namespace eider::dbt

// CSV text as Python's csv module reads it, which is what decides how dbt sees a seed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace eider::dbt {

struct CsvRecord {
  std::vector<std::string> fields;
  int line = 0;  // where it begins, from 1
};

// The records of `text` (a byte order mark is skipped, blank lines left out). A quote counts only
// at the beginning of a field, and doubled within it. Throws kSyntax with `file` and line for a
// quote that is never closed and for bytes that are not UTF-8.
std::vector<CsvRecord> ParseCsv(std::string_view text, char delimiter, const std::string& file);

}  // namespace eider::dbt

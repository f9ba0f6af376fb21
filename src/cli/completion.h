// What the tab key offers in the shell: SQL's keywords, schemas, tables, columns.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/session.h"

namespace eider::cli {

class SqlCompletion {
 public:
  void AddKeyword(const std::string& keyword);
  void AddTable(const std::string& schema, const std::string& table,
                const std::vector<std::string>& columns);

  // The words that could stand in place of the last word of `before_cursor`, sorted:
  // after "schema." its tables, after "table." its columns, else everything that begins so.
  // Keywords take the case of what was typed.
  std::vector<std::string> Complete(std::string_view before_cursor) const;

 private:
  std::vector<std::string> keywords_;                        // lower case
  std::map<std::string, std::vector<std::string>> schemas_;  // their tables
  std::map<std::string, std::vector<std::string>> columns_;  // of "schema.table" and of "table"
};

// Asks the session for keywords, and for the tables of its default catalog. What cannot be listed
// is left out: completion is a convenience.
SqlCompletion LoadCompletion(engine::Session& session, const std::string& catalog);

}  // namespace eider::cli

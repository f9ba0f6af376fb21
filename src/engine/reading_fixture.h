// For tests of reading: a warehouse whose schema s is the default, and what queries and plans say.
#pragma once

#include <regex>
#include <string>
#include <vector>

#include "engine/warehouse_fixture.h"

namespace eider::engine {

using Strings = std::vector<std::string>;

class ReadingFixture : public WarehouseFixture {
 protected:
  ReadingFixture() {
    Run("CREATE SCHEMA s");
    session_->Use("w", "s");
  }

  // A new database on the same warehouse, which has read none of its files.
  void Reopen() {
    session_.reset();
    database_ = OpenDatabase({});
    session_ = Open(database_);
    session_->Use("w", "s");
  }

  // The one row of a query, or how many there are.
  std::string Value(const std::string& sql) {
    auto rows = Rows(sql);
    return rows.size() == 1 ? rows[0] : std::to_string(rows.size()) + " rows";
  }

  // The names and types of a query's columns: "a INTEGER, b VARCHAR".
  std::string Columns(const std::string& sql) {
    auto result = session_->Execute(sql);
    Strings columns;
    for (const Column& column : result->columns()) {
      columns.push_back(column.name + " " + column.type);
    }
    return Join(columns, ", ");
  }

  // How many data files the query's scans open.
  int FilesRead(const std::string& sql) {
    std::string plan = Text("EXPLAIN ANALYZE " + sql);
    static const std::regex kCount("Total Files Read: ([0-9]+)");
    int files = 0;
    for (std::sregex_iterator it(plan.begin(), plan.end(), kCount), end; it != end; ++it) {
      files += std::stoi((*it)[1]);
    }
    return files;
  }
};

}  // namespace eider::engine

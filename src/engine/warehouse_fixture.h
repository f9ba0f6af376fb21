// For tests: a warehouse in a folder of its own, attached as "w", and a session on it.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "catalog/open_catalog.h"
#include "engine/session.h"
#include "io/file_system.h"

namespace eider::engine {

class WarehouseFixture : public testing::Test {
 protected:
  WarehouseFixture() {
    char pattern[] = "/tmp/eider-engine-XXXXXX";
    folder_ = mkdtemp(pattern);
    database_ = OpenDatabase({});
    session_ = Open(database_);
  }

  ~WarehouseFixture() override { std::filesystem::remove_all(folder_); }

  // Another session, with "w" as its default catalog.
  std::unique_ptr<Session> Open(const std::shared_ptr<Database>& database) {
    std::unique_ptr<Session> session = database->NewSession();
    session->Execute("ATTACH IF NOT EXISTS '" + warehouse() + "' AS w (TYPE eider)");
    session->Use("w");
    return session;
  }

  std::string warehouse() const { return folder_ + "/warehouse"; }

  static void Run(Session& session, const std::string& sql) { session.Execute(sql); }
  void Run(const std::string& sql) { session_->Execute(sql); }

  // A row a string, its values with '|' between them, NULL as "NULL".
  static std::vector<std::string> Rows(Session& session, const std::string& sql) {
    std::vector<std::string> rows;
    std::unique_ptr<Result> result = session.Execute(sql);
    std::vector<Cell> row;
    while (result->Next(row)) {
      std::vector<std::string> values;
      for (const Cell& cell : row) values.push_back(cell.is_null() ? "NULL" : cell.text);
      rows.push_back(Join(values, "|"));
    }
    return rows;
  }
  std::vector<std::string> Rows(const std::string& sql) { return Rows(*session_, sql); }

  // All rows in one text, a line each.
  static std::string Text(Session& session, const std::string& sql) {
    return Join(Rows(session, sql), "\n");
  }
  std::string Text(const std::string& sql) { return Text(*session_, sql); }

  // The error a statement ends with; fails the test where there is none.
  static Error Failure(Session& session, const std::string& sql) {
    try {
      session.Execute(sql);
    } catch (const Error& error) {
      return error;
    }
    ADD_FAILURE() << "no error from: " << sql;
    return Error(ErrorCode::kInternal, "");
  }
  Error Failure(const std::string& sql) { return Failure(*session_, sql); }

  // The local paths of all files below a folder of the warehouse whose names end so.
  std::vector<std::string> Files(const std::string& below, const std::string& ending) {
    std::vector<std::string> paths;
    for (const io::FileInfo& file : io::LocalFileSystem().ListRecursive(warehouse() + below)) {
      if (file.path.ends_with(ending)) paths.push_back(file.path);
    }
    return paths;
  }

  // The metadata of a table as it stands in the catalog.
  iceberg::TableMetadataPtr Metadata(const std::string& name_space, const std::string& table) {
    auto catalog = catalog::OpenCatalog(warehouse());
    auto entry = catalog->Find({catalog::NamespaceFromText(name_space), table});
    if (!entry) throw Error(ErrorCode::kNotFound, table);
    return catalog->LoadTable(entry->metadata_location);
  }

  std::string folder_;
  std::shared_ptr<Database> database_;
  std::unique_ptr<Session> session_;
};

}  // namespace eider::engine

// SQLite with Eider's errors: a connection and its statements.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "catalog/sql_store.h"

namespace eider::catalog {

// One connection, to be used by one thread at a time.
class SqliteDatabase : public SqlDatabase {
 public:
  // Opens or creates the file, in WAL mode with full synchronization. Where nothing can be written,
  // an existing one is opened to be read. Throws kIo, kPermission, kCorrupt naming it.
  explicit SqliteDatabase(const std::string& path);
  ~SqliteDatabase() override;
  SqliteDatabase(const SqliteDatabase&) = delete;
  SqliteDatabase& operator=(const SqliteDatabase&) = delete;

  int64_t Execute(const std::string& sql, const Row& parameters = {}) override;
  std::vector<Row> Query(const std::string& sql, const Row& parameters = {}) override;
  // No two connections have a version in common. Throws what RequireInPlace does.
  std::string Version() override;

  // Whether a transaction is open; some errors end it.
  bool InTransaction() const;
  // Throws kConflict where the file of that name is not the opened one any more, as after `eider
  // catalog rebuild`: what is written now would be lost.
  void RequireInPlace();
  // Moves the log into the database and cuts it to nothing, so that what lies in it uncommitted is
  // gone for good. Returns whether that succeeded.
  bool TruncateLog();

 private:
  void Open(const std::string& name, int flags);
  void OpenReadOnly();
  void Close();
  void EnterWalMode();
  // Prepared once for each text and reset after every use.
  sqlite3_stmt* Prepare(const std::string& sql, const Row& parameters);
  [[noreturn]] void Fail(int code, const std::string& action);

  std::string path_;
  int64_t number_;  // of this connection, in this process
  sqlite3* handle_ = nullptr;
  std::map<std::string, sqlite3_stmt*> statements_;
};

// BEGIN IMMEDIATE .. COMMIT; rolls back unless committed.
class SqliteTransaction {
 public:
  explicit SqliteTransaction(SqliteDatabase& database);
  ~SqliteTransaction();
  SqliteTransaction(const SqliteTransaction&) = delete;
  SqliteTransaction& operator=(const SqliteTransaction&) = delete;

  void Commit();
  void RollBack();

 private:
  SqliteDatabase& database_;
  bool open_ = true;
};

}  // namespace eider::catalog

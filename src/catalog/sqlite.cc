#include "catalog/sqlite.h"

#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "base/error.h"

namespace eider::catalog {

namespace {

// Long enough for any other writer's transaction, which is a few row updates and one fsync.
constexpr int kBusyTimeoutMillis = 30'000;
constexpr int kPauseMillis = 5;

// Statements are reset on every way out, so that no read transaction stays open.
class Use {
 public:
  explicit Use(sqlite3_stmt* statement) : statement_(statement) {}
  ~Use() {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
  }
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;

 private:
  sqlite3_stmt* statement_;
};

ErrorCode CodeFor(int sqlite_code) {
  switch (sqlite_code & 0xFF) {
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
    case SQLITE_AUTH:
      return ErrorCode::kPermission;
    case SQLITE_FULL:
      return ErrorCode::kNoSpace;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return ErrorCode::kCorrupt;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return ErrorCode::kConflict;
    case SQLITE_CONSTRAINT:
      return ErrorCode::kAlreadyExists;
    default:
      return ErrorCode::kIo;
  }
}

}  // namespace

SqliteDatabase::SqliteDatabase(const std::string& path) : path_(path) {
  int code =
      sqlite3_open_v2(path.c_str(), &handle_,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  try {
    if (code != SQLITE_OK) Fail(code, "open");
    sqlite3_busy_timeout(handle_, kBusyTimeoutMillis);
    sqlite3_extended_result_codes(handle_, 1);
    EnterWalMode();
    Execute("PRAGMA synchronous=FULL");
  } catch (const Error&) {
    for (auto& [sql, statement] : statements_) sqlite3_finalize(statement);
    sqlite3_close_v2(handle_);
    throw;
  }
}

// Of several processes that create one catalog at once, all but one find it locked, and SQLite's
// busy timeout does not hold for the change of the journal mode.
void SqliteDatabase::EnterWalMode() {
  for (int waited = 0;; waited += kPauseMillis) {
    try {
      Query("PRAGMA journal_mode=WAL");
      return;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kConflict || waited >= kBusyTimeoutMillis) throw;
      std::this_thread::sleep_for(std::chrono::milliseconds(kPauseMillis));
    }
  }
}

SqliteDatabase::~SqliteDatabase() {
  for (auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close_v2(handle_);
}

int64_t SqliteDatabase::Execute(const std::string& sql, const Row& parameters) {
  sqlite3_stmt* statement = Prepare(sql, parameters);
  Use use(statement);
  int code = sqlite3_step(statement);
  while (code == SQLITE_ROW) code = sqlite3_step(statement);
  if (code != SQLITE_DONE) Fail(code, "write to");
  return sqlite3_changes64(handle_);
}

std::vector<SqliteDatabase::Row> SqliteDatabase::Query(const std::string& sql,
                                                       const Row& parameters) {
  sqlite3_stmt* statement = Prepare(sql, parameters);
  Use use(statement);
  std::vector<Row> rows;
  int code = sqlite3_step(statement);
  for (; code == SQLITE_ROW; code = sqlite3_step(statement)) {
    Row row;
    for (int i = 0; i < sqlite3_column_count(statement); ++i) {
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, i));
      if (text == nullptr) {
        row.emplace_back();
      } else {
        row.emplace_back(
            std::string(text, static_cast<size_t>(sqlite3_column_bytes(statement, i))));
      }
    }
    rows.push_back(std::move(row));
  }
  if (code != SQLITE_DONE) Fail(code, "read");
  return rows;
}

bool SqliteDatabase::HasMoved() {
  int moved = 0;
  int code = sqlite3_file_control(handle_, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  return code == SQLITE_OK && moved != 0;
}

bool SqliteDatabase::TruncateLog() {
  int code =
      sqlite3_wal_checkpoint_v2(handle_, "main", SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  return code == SQLITE_OK;
}

sqlite3_stmt* SqliteDatabase::Prepare(const std::string& sql, const Row& parameters) {
  sqlite3_stmt*& statement = statements_[sql];
  if (statement == nullptr) {
    int code = sqlite3_prepare_v3(handle_, sql.c_str(), static_cast<int>(sql.size()),
                                  SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (code != SQLITE_OK) {
      statements_.erase(sql);
      Fail(code, "use");
    }
  }
  for (size_t i = 0; i < parameters.size(); ++i) {
    int index = static_cast<int>(i) + 1;
    if (parameters[i]) {
      sqlite3_bind_text(statement, index, parameters[i]->data(),
                        static_cast<int>(parameters[i]->size()), SQLITE_TRANSIENT);
    } else {
      sqlite3_bind_null(statement, index);
    }
  }
  return statement;
}

void SqliteDatabase::Fail(int code, const std::string& action) {
  std::string why = handle_ != nullptr ? sqlite3_errmsg(handle_) : sqlite3_errstr(code);
  Error error(CodeFor(code), fmt::format("cannot {} the catalog {}: {}", action, path_, why));
  if (CodeFor(code) == ErrorCode::kCorrupt) {
    error.WithHint("`eider catalog rebuild` makes it anew from the tables' folders.");
  }
  throw error;
}

SqliteTransaction::SqliteTransaction(SqliteDatabase& database) : database_(database) {
  database_.Execute("BEGIN IMMEDIATE");
}

SqliteTransaction::~SqliteTransaction() {
  if (!open_) return;
  try {
    database_.Execute("ROLLBACK");
  } catch (const Error&) {
    // SQLite has rolled back by itself already, as it does after some errors.
  }
}

void SqliteTransaction::Commit() {
  database_.Execute("COMMIT");
  open_ = false;
}

}  // namespace eider::catalog

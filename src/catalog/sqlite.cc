#include "catalog/sqlite.h"

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <thread>

#include "base/error.h"
#include "base/text.h"

namespace eider::catalog {

namespace {

// Long enough for any other writer's transaction, which is a few row updates and one fsync.
constexpr int kBusyTimeoutMillis = 30'000;
constexpr int kPauseMillis = 5;

std::atomic<int64_t> g_connections = 0;

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

SqliteDatabase::SqliteDatabase(const std::string& path) : path_(path), number_(++g_connections) {
  try {
    try {
      Open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
      EnterWalMode();
      Execute("PRAGMA synchronous=FULL");
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kPermission || !std::filesystem::exists(path)) throw;
      OpenReadOnly();
    }
  } catch (const Error&) {
    Close();
    throw;
  }
}

SqliteDatabase::~SqliteDatabase() { Close(); }

void SqliteDatabase::Close() {
  for (auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  statements_.clear();
  sqlite3_close_v2(handle_);
  handle_ = nullptr;
}

void SqliteDatabase::Open(const std::string& name, int flags) {
  int code = sqlite3_open_v2(name.c_str(), &handle_, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  if (code != SQLITE_OK) Fail(code, "open");
  sqlite3_busy_timeout(handle_, kBusyTimeoutMillis);
  sqlite3_extended_result_codes(handle_, 1);
}

// A database in WAL mode needs two files beside it even to be read, unless SQLite is told that
// nobody writes to it. A log that is there must be read, which that would prevent.
void SqliteDatabase::OpenReadOnly() {
  std::error_code error;
  auto log_size = std::filesystem::file_size(path_ + "-wal", error);
  if (!error && log_size > 0) {
    throw Error(ErrorCode::kPermission,
                fmt::format("the catalog {} lies on a read-only disk, and its log {}-wal is not "
                            "played in",
                            path_, path_))
        .WithHint("Open the warehouse once where it can be written.");
  }
  Close();
  Open("file:" + ReplaceAll(PercentEncode(path_), "%2F", "/") + "?immutable=1",
       SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
  Query("SELECT 1 FROM sqlite_master LIMIT 1");
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

void SqliteDatabase::RequireInPlace() {
  int moved = 0;
  int code = sqlite3_file_control(handle_, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  if (code != SQLITE_OK || moved == 0) return;
  throw Error(ErrorCode::kConflict,
              fmt::format("the catalog {} was moved or replaced while it was open", path_))
      .WithHint("Open the warehouse again.");
}

// The pragma tells of other connections' commits, the count of this one's.
std::string SqliteDatabase::Version() {
  RequireInPlace();
  return fmt::format("{}.{}.{}", number_, Query("PRAGMA data_version").at(0).at(0).value_or(""),
                     sqlite3_total_changes64(handle_));
}

bool SqliteDatabase::InTransaction() const { return sqlite3_get_autocommit(handle_) == 0; }

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
  } else if (CodeFor(code) == ErrorCode::kPermission) {
    error.WithHint("Check who owns the folder and whether it is mounted read-only.");
  }
  throw error;
}

SqliteTransaction::SqliteTransaction(SqliteDatabase& database) : database_(database) {
  database_.Execute("BEGIN IMMEDIATE");
}

SqliteTransaction::~SqliteTransaction() { RollBack(); }

void SqliteTransaction::RollBack() {
  if (!open_) return;
  open_ = false;
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

// The database that a SQL catalog keeps its tables in: SQLite (sqlite_store.h) or PostgreSQL
// (postgres_store.h). Every statement is the same text for both, in what they have in common:
//
//   ? or ?1        parameters; all of them are text, so that numbers are CAST
//   ON CONFLICT    instead of INSERT OR ..
//   COLLATE BINARY where text is ordered or compared by its bytes
//   /*+ .. */      a comment, but for databases with several writers at a time, which read it
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace eider::catalog {

// One connection, used by one thread at a time.
class SqlDatabase {
 public:
  using Row = std::vector<std::optional<std::string>>;

  virtual ~SqlDatabase() = default;

  // Runs one statement (nullopt is NULL) and returns the number of rows it changed.
  virtual int64_t Execute(const std::string& sql, const Row& parameters = {}) = 0;
  virtual std::vector<Row> Query(const std::string& sql, const Row& parameters = {}) = 0;

  // Where two answers are alike, on whichever connections of a store, nothing was committed in
  // between, by whomever.
  virtual std::string Version() = 0;
};

// Where tests interrupt a transaction.
class CommitObserver {
 public:
  virtual ~CommitObserver() = default;
  virtual void BeforeSwap() {}
  virtual void AfterSwap() {}
};

// What a transaction depends on, which says for whom it waits.
enum class WriteScope {
  kRows,    // nothing but the rows it changes
  kCatalog  // others too, such as that no other table lies in a folder; these take turns
};

// All methods may be called from any thread.
class SqlStore {
 public:
  using Action = std::function<void(SqlDatabase&)>;

  virtual ~SqlStore() = default;

  // What it is called in messages: a path or a URL, without a password.
  virtual const std::string& address() const = 0;

  // Throws, within seconds, unless the database answers now.
  virtual void Probe() = 0;
  // Each statement of `action` sees what is committed by then. May call `action` again where the
  // connection was lost.
  virtual void Read(const Action& action) = 0;
  // All statements of `action` see the same instant.
  virtual void ReadOneInstant(const Action& action) = 0;

  // Runs `change` in a transaction; where that returns false or throws, nothing has happened.
  // Returns what it returned. When it returns true, the transaction is on disk; it may be one of
  // several that went there together. `change` must be short, do nothing but SQL, and bear to be
  // called again. Throws kUnknownOutcome where the end of the transaction was sent and nobody can
  // tell what came of it.
  virtual bool Write(WriteScope scope, const std::function<bool(SqlDatabase&)>& change) = 0;
};

}  // namespace eider::catalog

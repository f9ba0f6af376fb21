// PostgreSQL with Eider's errors: a connection and its statements.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "catalog/postgres_library.h"
#include "catalog/sql_store.h"

namespace eider::catalog {

// One connection, to be used by one thread at a time.
class PostgresDatabase : public SqlDatabase {
 public:
  // `url` is "postgresql://user:password@host:port/db?.."; what it leaves out comes from PG*
  // variables and the password file, as with every program of PostgreSQL. `address` is how the
  // database is called in messages. `generation` becomes a part of the version. `connect_seconds`:
  // how long an address that does not answer is waited for, at least 2; 0 leaves it to
  // PGCONNECT_TIMEOUT, else to us. Throws kIo, kPermission, kNotFound, kInvalidArgument.
  PostgresDatabase(const std::string& url, std::string address, int64_t generation,
                   int connect_seconds = 0);
  ~PostgresDatabase() override;
  PostgresDatabase(const PostgresDatabase&) = delete;
  PostgresDatabase& operator=(const PostgresDatabase&) = delete;

  int64_t Execute(const std::string& sql, const Row& parameters = {}) override;
  std::vector<Row> Query(const std::string& sql, const Row& parameters = {}) override;
  std::string Version() override;

  // Statements without parameters, one round trip for all. Throws as well where a COMMIT was
  // answered by a rollback.
  void Run(const char* statements);
  // Never throws.
  void RollBack();

  // Whether the connection has ended.
  bool lost() const;
  // Whether the last error goes away when the transaction is run once more.
  bool worth_another_try() const;
  int64_t generation() const { return generation_; }
  // Tells the server's process at the other end from every other that was or will be.
  struct Backend {
    std::string process_id;
    std::string started;
  };
  const Backend& backend() const { return backend_; }

 private:
  class Answer;

  void Connect(const std::string& url, int connect_seconds);
  Answer Send(const std::string& sql, const Row& parameters);
  [[noreturn]] void Fail(const Answer& answer);
  [[noreturn]] void Fail(const std::string& state, const std::string& why);

  const std::string address_;
  const int64_t generation_;
  PGconn* connection_ = nullptr;
  Backend backend_;
  std::map<std::string, std::string> statements_;  // text -> name
  std::string state_;                              // SQLSTATE of the last error
  bool lost_ = false;
};

// The text of a statement (see sql_store.h) as PostgreSQL understands it.
std::string ForPostgres(const std::string& sql);

}  // namespace eider::catalog

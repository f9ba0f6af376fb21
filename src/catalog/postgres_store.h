// PostgreSQL as the store of catalogs, shared by any number of servers.
//
// A transaction that only swaps pointers waits for nobody but those that swap the same; whatever
// depends on other rows takes turns, by an advisory lock. Where a connection is lost, reads and
// transactions whose end was not sent are done again on another; one whose end was sent is looked
// up by its own id, once the server's process that had it is gone. A server that stays away is
// waited for once, not by each who asks: after some seconds everybody is told at once.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "catalog/postgres.h"

namespace eider::catalog {

class PostgresStore : public SqlStore {
 public:
  // Opens a connection, and makes the tables where they are missing unless `must_exist`. Throws
  // what PostgresDatabase does, and kNotFound. `observer` is not owned.
  PostgresStore(std::string url, std::string address, bool must_exist, CommitObserver* observer);

  const std::string& address() const override { return address_; }
  void Probe() override;
  void Read(const Action& action) override;
  void ReadOneInstant(const Action& action) override;
  bool Write(WriteScope scope, const std::function<bool(SqlDatabase&)>& change) override;

 private:
  class Lease;
  enum class Outcome { kLanded, kFailed, kUnknown };

  std::unique_ptr<PostgresDatabase> Connect();
  std::unique_ptr<PostgresDatabase> Acquire();
  void Release(std::unique_ptr<PostgresDatabase> connection);
  // Runs `action` with a connection, and again where the connection was lost, until the server has
  // been away for `patience`.
  void WithConnection(std::chrono::milliseconds patience,
                      const std::function<void(PostgresDatabase&)>& action);

  // One attempt. Returns nothing where the transaction has to be run once more.
  std::optional<bool> TryWrite(PostgresDatabase& database, WriteScope scope,
                               const std::function<bool(SqlDatabase&)>& change);
  Outcome LookUp(const std::string& commit_id, const PostgresDatabase::Backend& backend);
  void ForgetOldCommits();

  const std::string url_;
  const std::string address_;
  CommitObserver* observer_;

  std::mutex mutex_;  // guards what follows
  std::condition_variable released_;
  std::vector<std::unique_ptr<PostgresDatabase>> idle_;
  int open_ = 0;
  int64_t generation_ = 0;  // counts the times a connection was lost
  int64_t writes_ = 0;
  std::optional<std::chrono::steady_clock::time_point> away_since_;  // none while it answers
};

}  // namespace eider::catalog

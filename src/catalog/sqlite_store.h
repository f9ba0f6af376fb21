// A SQLite file as the store of a catalog.
//
// Commits that wait at the same moment share one transaction, and so one fsync: whoever finds
// nobody at work runs all that wait, each within a savepoint of its own, and tells each what came
// of it. None of them waits for more than the statements of the others.
#pragma once

#include <atomic>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "catalog/sqlite.h"

namespace eider::catalog {

class SqliteStore : public SqlStore {
 public:
  // Opens or creates the file. Throws what SqliteDatabase does, and kUnsupported on a network file
  // system. `observer` is not owned.
  SqliteStore(const std::string& path, CommitObserver* observer);

  // To make the tables with, before anybody else uses the store.
  SqliteDatabase& database() { return *writer_; }

  const std::string& address() const override { return path_; }
  void Probe() override;
  void Read(const Action& action) override;
  void ReadOneInstant(const Action& action) override;
  bool Write(WriteScope scope, const std::function<bool(SqlDatabase&)>& change) override;

 private:
  struct Waiting {
    const std::function<bool(SqlDatabase&)>* change;
    std::condition_variable woken = {};
    bool leads = false;
    bool done = false;
    bool landed = false;  // what `change` returned
    std::exception_ptr failure = nullptr;
  };
  using Batch = std::vector<Waiting*>;

  void Run(const Batch& batch);
  // Runs the changes in one transaction. Returns those that have to be run once more, because what
  // they found there did not last.
  Batch RunTogether(const Batch& batch);
  // Whether the change is to land with the transaction.
  bool RunChange(Waiting& waiting, bool alone);
  void Finish(SqliteTransaction& transaction);
  void RememberCommit(const std::string& commit_id);
  enum class Outcome { kLanded, kFailed, kUnknown };
  Outcome LookUp(const std::string& commit_id);
  bool Supersede();

  const std::string path_;
  CommitObserver* observer_;

  std::mutex queue_mutex_;
  Batch queue_;
  bool led_ = false;  // somebody runs a batch

  std::mutex writer_mutex_;
  std::unique_ptr<SqliteDatabase> writer_;
  std::mutex reader_mutex_;
  std::unique_ptr<SqliteDatabase> reader_;  // opened when a reader first meets a commit
  std::atomic<bool> has_reader_ = false;
};

}  // namespace eider::catalog

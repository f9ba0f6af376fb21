#include "catalog/sqlite_store.h"

#include <fmt/format.h>

#include <utility>

#include "base/error.h"
#include "base/uuid.h"
#include "io/file_system.h"

namespace eider::catalog {

namespace {

constexpr int kRememberedCommits = 1000;

}  // namespace

SqliteStore::SqliteStore(const std::string& path, CommitObserver* observer)
    : path_(path), observer_(observer) {
  std::string folder = path.substr(0, path.rfind('/'));
  if (io::IsNetworkFileSystem(folder)) {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("the catalog {} would lie on a network file system, where SQLite's "
                            "locks do not hold",
                            path))
        .WithHint("Keep it on a local disk, or in PostgreSQL.");
  }
  writer_ = std::make_unique<SqliteDatabase>(path);
}

void SqliteStore::Probe() {
  Read([](SqlDatabase& database) { database.Version(); });
}

void SqliteStore::Read(const Action& action) {
  // The same connection each time, so that its version can be compared.
  if (!has_reader_) {
    std::unique_lock<std::mutex> lock(writer_mutex_, std::try_to_lock);
    if (lock) return action(*writer_);
  }
  // A commit is on its way to disk, and a reader need not wait for it.
  std::lock_guard<std::mutex> lock(reader_mutex_);
  if (!reader_) reader_ = std::make_unique<SqliteDatabase>(path_);
  has_reader_ = true;
  action(*reader_);
}

void SqliteStore::ReadOneInstant(const Action& action) {
  Read([&](SqlDatabase& database) {
    database.Execute("BEGIN");
    try {
      action(database);
    } catch (...) {
      database.Execute("ROLLBACK");
      throw;
    }
    database.Execute("COMMIT");
  });
}

bool SqliteStore::Write(WriteScope, const std::function<bool(SqlDatabase&)>& change) {
  Waiting own{&change};
  std::unique_lock<std::mutex> lock(queue_mutex_);
  queue_.push_back(&own);
  own.woken.wait(lock, [&] { return own.done || own.leads || !led_; });
  if (!own.done) {
    led_ = true;
    Batch batch = std::move(queue_);
    queue_.clear();
    lock.unlock();
    Run(batch);
    lock.lock();
    for (Waiting* waiting : batch) {
      waiting->done = true;
      if (waiting != &own) waiting->woken.notify_one();
    }
    led_ = !queue_.empty();
    if (led_) {
      queue_.front()->leads = true;
      queue_.front()->woken.notify_one();
    }
  }
  lock.unlock();
  if (own.failure) std::rethrow_exception(own.failure);
  return own.landed;
}

void SqliteStore::Run(const Batch& batch) {
  std::lock_guard<std::mutex> lock(writer_mutex_);
  Batch left = batch;
  while (!left.empty()) left = RunTogether(left);
}

SqliteStore::Batch SqliteStore::RunTogether(const Batch& batch) {
  Batch applied;
  // Refused on the ground of what may be the doing of those before them.
  Batch dependent;
  size_t next = 0;
  try {
    SqliteTransaction transaction(*writer_);
    while (next < batch.size()) {
      Waiting& waiting = *batch[next];
      waiting.landed = RunChange(waiting, batch.size() == 1);
      ++next;
      if (!writer_->InTransaction()) {
        // Its error took all of the transaction with it, from a full disk say.
        Batch again = applied;
        again.insert(again.end(), dependent.begin(), dependent.end());
        again.insert(again.end(), batch.begin() + static_cast<ptrdiff_t>(next), batch.end());
        return again;
      }
      if (waiting.landed) {
        applied.push_back(&waiting);
      } else if (!applied.empty()) {
        dependent.push_back(&waiting);
      }
    }
    if (!applied.empty()) Finish(transaction);
    return {};
  } catch (...) {
    for (; next < batch.size(); ++next) batch[next]->failure = std::current_exception();
    for (Waiting* waiting : applied) waiting->failure = std::current_exception();
    return dependent;
  }
}

bool SqliteStore::RunChange(Waiting& waiting, bool alone) {
  waiting.failure = nullptr;
  if (!alone) writer_->Execute("SAVEPOINT change");
  bool lands = false;
  try {
    lands = (*waiting.change)(*writer_);
  } catch (...) {
    waiting.failure = std::current_exception();
  }
  if (!alone && writer_->InTransaction()) {
    if (!lands) writer_->Execute("ROLLBACK TO change");
    writer_->Execute("RELEASE change");
  }
  return lands;
}

// The commit point.
void SqliteStore::Finish(SqliteTransaction& transaction) {
  std::string commit_id = NewUuid();
  bool commit_sent = false;
  try {
    RememberCommit(commit_id);
    writer_->RequireInPlace();
    if (observer_ != nullptr) observer_->BeforeSwap();
    commit_sent = true;
    transaction.Commit();
    if (observer_ != nullptr) observer_->AfterSwap();
  } catch (const Error& error) {
    if (!commit_sent) throw;
    transaction.RollBack();
    switch (LookUp(commit_id)) {
      case Outcome::kLanded:
        return;
      case Outcome::kFailed:
        throw;
      case Outcome::kUnknown:
        throw Error(ErrorCode::kUnknownOutcome, error.message());
    }
  }
}

void SqliteStore::RememberCommit(const std::string& commit_id) {
  writer_->Execute("INSERT INTO eider_commits (commit_id) VALUES (?)", {commit_id});
  writer_->Execute("DELETE FROM eider_commits WHERE sequence <= last_insert_rowid() - ?",
                   {std::to_string(kRememberedCommits)});
}

// COMMIT was sent and answered with an error: only the catalog can say what happened.
SqliteStore::Outcome SqliteStore::LookUp(const std::string& commit_id) {
  try {
    bool landed =
        !writer_->Query("SELECT 1 FROM eider_commits WHERE commit_id = ?", {commit_id}).empty();
    if (landed) return Outcome::kLanded;
    // A commit that failed while its log was synced may still lie whole in that log, and would
    // come to life in the recovery after a crash. Either something takes its place there, or, on
    // a full disk, the log goes.
    return Supersede() || writer_->TruncateLog() ? Outcome::kFailed : Outcome::kUnknown;
  } catch (const Error&) {
    // The catalog cannot be asked either.
    return Outcome::kUnknown;
  }
}

bool SqliteStore::Supersede() {
  try {
    SqliteTransaction transaction(*writer_);
    RememberCommit(NewUuid());
    transaction.Commit();
    return true;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace eider::catalog

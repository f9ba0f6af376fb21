#include "catalog/postgres_store.h"

#include <fmt/format.h>

#include <chrono>
#include <thread>
#include <utility>

#include "base/error.h"
#include "base/uuid.h"
#include "catalog/postgres_schema.h"

namespace eider::catalog {

namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// Of one process. A server takes 100 by default.
constexpr int kMostConnections = 16;
constexpr size_t kIdleConnections = 8;

// For how long a lost connection is replaced before it is given up. A commit waits for a server's
// restart; whoever reads can as well ask again.
constexpr milliseconds kReadPatience{3'000};
constexpr milliseconds kWritePatience{10'000};
// For whoever only wants to know whether the server answers; libpq takes no less than 2.
constexpr int kProbeSeconds = 2;
// For how long a commit of unknown outcome is looked up.
constexpr milliseconds kLookUpTime{30'000};
// After this the server is asked to end the process that has it.
constexpr milliseconds kEndTime{2'000};
constexpr milliseconds kPause{50};

// Deadlocks of commits that touch the same tables in another order.
constexpr int kMostAttempts = 20;

constexpr int kWritesBetweenCleanings = 500;

// Nobody else has a reason to choose just this number.
constexpr char kTakeTurns[] = "SELECT pg_advisory_xact_lock(4993164516131923305)";

}  // namespace

// A connection taken from the pool, for as long as it lives.
class PostgresStore::Lease {
 public:
  explicit Lease(PostgresStore& store) : store_(store), connection_(store.Acquire()) {}
  ~Lease() { store_.Release(std::move(connection_)); }
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

  PostgresDatabase& operator*() { return *connection_; }

 private:
  PostgresStore& store_;
  std::unique_ptr<PostgresDatabase> connection_;
};

PostgresStore::PostgresStore(std::string url, std::string address, bool must_exist,
                             CommitObserver* observer)
    : url_(std::move(url)), address_(std::move(address)), observer_(observer) {
  // Not WithConnection: a server that is not there at the start is a mistake to be told at once.
  Release(Connect());
  bool there = false;
  Read([&](SqlDatabase& database) { there = HasPostgresTables(database); });
  if (there) return;
  if (must_exist) {
    throw Error(ErrorCode::kNotFound, fmt::format("there is no catalog in {}", address_));
  }
  WithConnection(kWritePatience, [](PostgresDatabase& database) {
    database.Run("BEGIN");
    database.Run(kTakeTurns);
    MakePostgresTables(database);
    database.Run("COMMIT");
  });
}

std::unique_ptr<PostgresDatabase> PostgresStore::Connect() {
  int64_t generation = 0;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    ++open_;
    generation = generation_;
  }
  try {
    return std::make_unique<PostgresDatabase>(url_, address_, generation);
  } catch (...) {
    std::lock_guard<std::mutex> lock(mutex_);
    --open_;
    released_.notify_one();
    throw;
  }
}

std::unique_ptr<PostgresDatabase> PostgresStore::Acquire() {
  {
    std::unique_lock<std::mutex> lock(mutex_);
    released_.wait(lock, [&] { return !idle_.empty() || open_ < kMostConnections; });
    if (!idle_.empty()) {
      auto connection = std::move(idle_.back());
      idle_.pop_back();
      return connection;
    }
  }
  return Connect();
}

void PostgresStore::Release(std::unique_ptr<PostgresDatabase> connection) {
  connection->RollBack();
  std::vector<std::unique_ptr<PostgresDatabase>> ended;  // closed without the lock
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (connection->lost()) {
      // The others are as good as lost too, and what was seen before counts no more.
      ++generation_;
      open_ -= static_cast<int>(idle_.size()) + 1;
      ended = std::move(idle_);
      idle_.clear();
      ended.push_back(std::move(connection));
    } else if (connection->generation() != generation_ || idle_.size() >= kIdleConnections) {
      --open_;
      ended.push_back(std::move(connection));
    } else {
      idle_.push_back(std::move(connection));
    }
  }
  released_.notify_all();
}

void PostgresStore::WithConnection(milliseconds patience,
                                   const std::function<void(PostgresDatabase&)>& action) {
  for (milliseconds pause = kPause;; pause *= 2) {
    bool lost = true;
    try {
      Lease lease(*this);
      try {
        action(*lease);
        std::lock_guard<std::mutex> lock(mutex_);
        away_since_.reset();
        return;
      } catch (...) {
        lost = (*lease).lost();
        throw;
      }
    } catch (const Error& error) {
      if (!lost || error.code() != ErrorCode::kIo) throw;
      std::lock_guard<std::mutex> lock(mutex_);
      if (!away_since_) away_since_ = Clock::now();
      if (Clock::now() + pause > *away_since_ + patience) throw;
    }
    std::this_thread::sleep_for(pause);
  }
}

void PostgresStore::Probe() {
  // By a connection of its own: one that is kept may wait for long where the server hangs.
  PostgresDatabase(url_, address_, 0, kProbeSeconds);
}

void PostgresStore::Read(const Action& action) {
  WithConnection(kReadPatience, [&](PostgresDatabase& database) { action(database); });
}

void PostgresStore::ReadOneInstant(const Action& action) {
  WithConnection(kReadPatience, [&](PostgresDatabase& database) {
    database.Run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    action(database);
    database.Run("COMMIT");
  });
}

bool PostgresStore::Write(WriteScope scope, const std::function<bool(SqlDatabase&)>& change) {
  for (int attempt = 1;; ++attempt) {
    std::optional<bool> landed;
    WithConnection(kWritePatience,
                   [&](PostgresDatabase& database) { landed = TryWrite(database, scope, change); });
    if (landed) {
      ForgetOldCommits();
      return *landed;
    }
    if (attempt == kMostAttempts) {
      throw Error(ErrorCode::kConflict,
                  fmt::format("the catalog {} is being changed by others too often: gave up after "
                              "{} tries",
                              address_, attempt));
    }
    std::this_thread::sleep_for(milliseconds(attempt + NewRandomId() % 10));
  }
}

std::optional<bool> PostgresStore::TryWrite(PostgresDatabase& database, WriteScope scope,
                                            const std::function<bool(SqlDatabase&)>& change) {
  std::string commit_id = NewUuid();
  bool commit_sent = false;
  bool committed = false;
  try {
    database.Run("BEGIN ISOLATION LEVEL READ COMMITTED");
    if (scope == WriteScope::kCatalog) database.Run(kTakeTurns);
    if (!change(database)) {
      database.RollBack();
      return false;
    }
    database.Execute("INSERT INTO eider_commits (commit_id) VALUES (?)", {commit_id});
    if (observer_ != nullptr) observer_->BeforeSwap();
    commit_sent = true;
    database.Run("COMMIT");
    committed = true;
    if (observer_ != nullptr) observer_->AfterSwap();
    return true;
  } catch (const Error& error) {
    // A server that answers has said what is the case.
    if (committed) return true;
    if (commit_sent && database.lost()) {
      switch (LookUp(commit_id, database.backend())) {
        case Outcome::kLanded:
          return true;
        case Outcome::kFailed:
          return std::nullopt;
        case Outcome::kUnknown:
          throw Error(ErrorCode::kUnknownOutcome, error.message());
      }
    }
    if (database.lost() || !database.worth_another_try()) throw;
    database.RollBack();
    return std::nullopt;
  }
}

PostgresStore::Outcome PostgresStore::LookUp(const std::string& commit_id,
                                             const PostgresDatabase::Backend& backend) {
  auto begun = Clock::now();
  for (;;) {
    try {
      PostgresDatabase database(url_, address_, 0);
      // In this order: once the process is gone, nothing of it can land any more.
      bool working = !database
                          .Query(
                              "SELECT 1 FROM pg_stat_activity WHERE CAST(pid AS TEXT) = ? AND "
                              "CAST(backend_start AS TEXT) = ?",
                              {backend.process_id, backend.started})
                          .empty();
      bool landed =
          !database.Query("SELECT 1 FROM eider_commits WHERE commit_id = ?", {commit_id}).empty();
      if (landed) return Outcome::kLanded;
      if (!working) return Outcome::kFailed;
      if (Clock::now() - begun > kEndTime) {
        database.Query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE CAST(pid AS TEXT) = ? "
            "AND CAST(backend_start AS TEXT) = ?",
            {backend.process_id, backend.started});
      }
    } catch (const Error&) {
      // It may be starting.
    }
    if (Clock::now() - begun > kLookUpTime) return Outcome::kUnknown;
    std::this_thread::sleep_for(kPause);
  }
}

// Those that nobody asks for any more. Apart from the commits, which would wait for each other.
void PostgresStore::ForgetOldCommits() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (++writes_ % kWritesBetweenCleanings != 0) return;
  }
  try {
    Read([](SqlDatabase& database) {
      database.Execute(
          "DELETE FROM eider_commits WHERE commit_id IN (SELECT commit_id FROM eider_commits WHERE "
          "committed_at < now() - INTERVAL '1 hour' ORDER BY committed_at LIMIT 5000 "
          "FOR UPDATE SKIP LOCKED)");
    });
  } catch (const Error&) {
    // The next one will.
  }
}

}  // namespace eider::catalog

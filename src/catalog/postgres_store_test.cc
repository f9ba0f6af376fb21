#include "catalog/postgres_store.h"

#include <sys/socket.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "catalog/warehouse_testing.h"

namespace eider::catalog {
namespace {

class PostgresStoreTest : public WarehouseTest {
 protected:
  void SetUp() override {
    WarehouseTest::SetUp();
    UsePostgres();
    if (IsSkipped()) return;
    store_under_test_ = MakeStore(nullptr);
    Database()->Execute("CREATE TABLE t (name TEXT PRIMARY KEY, value TEXT)");
  }
  std::unique_ptr<PostgresStore> MakeStore(CommitObserver* observer) {
    return std::make_unique<PostgresStore>(store_, "here", false, observer);
  }
  static bool Insert(SqlStore& store, const std::string& name) {
    return store.Write(WriteScope::kRows, [&](SqlDatabase& database) {
      database.Execute("INSERT INTO t VALUES (?, '')", {name});
      return true;
    });
  }
  std::set<std::string> Names() {
    std::set<std::string> names;
    store_under_test_->Read([&](SqlDatabase& database) {
      names.clear();
      for (auto& row : database.Query("SELECT name FROM t")) names.insert(*row[0]);
    });
    return names;
  }
  // Ends every connection of the store that is not idle in `except`'s hands.
  void EndConnections() {
    Database()->Query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND "
        "application_name = 'eider'");
  }

  std::unique_ptr<PostgresStore> store_under_test_;
};

TEST_F(PostgresStoreTest, ALostConnectionIsReplaced) {
  Insert(*store_under_test_, "a");
  EndConnections();
  EXPECT_EQ(Names(), std::set<std::string>{"a"});
  EndConnections();
  EXPECT_TRUE(Insert(*store_under_test_, "b"));
  // In the midst of a transaction.
  bool ended = false;
  store_under_test_->Write(WriteScope::kRows, [&](SqlDatabase& database) {
    database.Execute("INSERT INTO t VALUES ('c', '')");
    if (!std::exchange(ended, true)) EndConnections();
    database.Execute("INSERT INTO t VALUES ('d', '')");
    return true;
  });
  EXPECT_EQ(Names(), (std::set<std::string>{"a", "b", "c", "d"}));
}

TEST_F(PostgresStoreTest, AnEndThatWasLostIsLookedUp) {
  // The connection ends before COMMIT arrives, so that it does not land, and is done once more.
  class Ender : public CommitObserver {
   public:
    void BeforeSwap() override {
      if (++times == 1) end();
    }
    std::function<void()> end;
    int times = 0;
  } observer;
  observer.end = [&] { EndConnections(); };
  auto store = MakeStore(&observer);
  EXPECT_TRUE(Insert(*store, "once"));
  EXPECT_EQ(observer.times, 2);
  EXPECT_EQ(Names(), std::set<std::string>{"once"});
}

// The open sockets of this process.
std::set<int> Sockets() {
  std::set<int> sockets;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    std::string target = std::filesystem::read_symlink(entry.path(), gone).string();
    if (target.starts_with("socket:")) sockets.insert(std::stoi(entry.path().filename()));
  }
  return sockets;
}

// Cuts the connections of a store, at our end, while the server is at work on a COMMIT.
class PostgresLostAnswerTest : public PostgresStoreTest {
 protected:
  class Cutter : public CommitObserver {
   public:
    void BeforeSwap() override {
      if (++times > 1) return;
      cut = std::thread([this] {
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
        for (int socket : sockets) ::shutdown(socket, SHUT_RDWR);
      });
    }
    std::set<int> sockets;
    std::thread cut;
    int times = 0;
  };

  // Inserts a row whose COMMIT takes `seconds` the first time.
  void InsertSlowly(const std::string& seconds) {
    auto database = Database();
    database->Execute(
        "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN PERFORM pg_sleep(CAST(NEW.value AS FLOAT)); RETURN NEW; END $$");
    database->Execute(
        "CREATE CONSTRAINT TRIGGER wait AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED FOR EACH "
        "ROW EXECUTE FUNCTION wait()");
    std::set<int> before = Sockets();
    auto store = MakeStore(&cutter_);
    for (int socket : Sockets()) {
      if (before.count(socket) == 0) cutter_.sockets.insert(socket);
    }
    ASSERT_EQ(cutter_.sockets.size(), 1U);
    bool landed = store->Write(WriteScope::kRows, [&](SqlDatabase& database) {
      database.Execute("INSERT INTO t VALUES ('row', ?)", {cutter_.times == 0 ? seconds : "0"});
      return true;
    });
    cutter_.cut.join();
    EXPECT_TRUE(landed);
    EXPECT_EQ(Names(), std::set<std::string>{"row"});
  }

  Cutter cutter_;
};

TEST_F(PostgresLostAnswerTest, ACommitThatLandedIsNotDoneAgain) {
  InsertSlowly("0.6");
  EXPECT_EQ(cutter_.times, 1);
}

TEST_F(PostgresLostAnswerTest, OneThatHangsIsEndedAndDoneAgain) {
  InsertSlowly("20");
  EXPECT_EQ(cutter_.times, 2);
}

TEST_F(PostgresStoreTest, ACrashOfTheServerIsSurvived) {
  Insert(*store_under_test_, "before");
  auto version = [&] {
    std::string text;
    store_under_test_->Read([&](SqlDatabase& database) { text = database.Version(); });
    return text;
  };
  std::string before = version();
  PostgresServer::Get()->Kill(SIGQUIT);
  std::thread restart([] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    PostgresServer::Get()->Start();
  });
  Error error = ErrorOf([&] { Insert(*store_under_test_, "during"); });
  restart.join();
  EXPECT_EQ(error.message(), "no error");
  EXPECT_EQ(Names(), (std::set<std::string>{"before", "during"}));
  EXPECT_NE(version(), before);
}

TEST_F(PostgresStoreTest, DeadlocksAreRunOnceMore) {
  Insert(*store_under_test_, "a");
  Insert(*store_under_test_, "b");
  std::atomic<int> inside = 0;
  auto update = [&](const std::string& first, const std::string& second) {
    bool met = false;
    store_under_test_->Write(WriteScope::kRows, [&](SqlDatabase& database) {
      database.Execute("UPDATE t SET value = value || '1' WHERE name = ?", {first});
      ++inside;
      // Both hold their first row; the second time there is nobody to wait for.
      while (!met && inside < 2) std::this_thread::yield();
      met = true;
      database.Execute("UPDATE t SET value = value || '2' WHERE name = ?", {second});
      return true;
    });
  };
  std::thread other([&] { update("b", "a"); });
  update("a", "b");
  other.join();
  EXPECT_GE(inside, 3) << "there was no deadlock";
  for (auto& row : Database()->Query("SELECT value FROM t")) EXPECT_EQ(row[0]->size(), 2U);
}

TEST_F(PostgresStoreTest, WhatDependsOnTheCatalogTakesTurns) {
  std::atomic<int> inside = 0;
  std::atomic<bool> met = false;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      store_under_test_->Write(WriteScope::kCatalog, [&](SqlDatabase& database) {
        if (++inside > 1) met = true;
        database.Execute("INSERT INTO t VALUES (?, '')", {std::to_string(i)});
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
        --inside;
        return true;
      });
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_FALSE(met);
  EXPECT_EQ(Names().size(), 4U);
}

TEST_F(PostgresStoreTest, VersionsTellOfEveryCommit) {
  auto version = [](SqlStore& store) {
    std::string text;
    store.Read([&](SqlDatabase& database) { text = database.Version(); });
    return text;
  };
  std::string before = version(*store_under_test_);
  EXPECT_EQ(version(*store_under_test_), before);
  Insert(*store_under_test_, "own");
  std::string after = version(*store_under_test_);
  EXPECT_NE(after, before);
  Insert(*MakeStore(nullptr), "foreign");
  EXPECT_NE(version(*store_under_test_), after);
}

TEST_F(PostgresStoreTest, ManyThreadsShareFewConnections) {
  constexpr int kThreads = 40;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] { Insert(*store_under_test_, std::to_string(i)); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Names().size(), static_cast<size_t>(kThreads));
}

// A server that is away is waited for once.
TEST_F(PostgresStoreTest, AServerThatStaysAwayIsToldAtOnce) {
  using Clock = std::chrono::steady_clock;
  Insert(*store_under_test_, "before");
  store_under_test_->Probe();
  PostgresServer::Get()->Kill(SIGQUIT);
  EXPECT_EQ(CodeOf([&] { store_under_test_->Probe(); }), ErrorCode::kIo);
  EXPECT_EQ(CodeOf([&] { Names(); }), ErrorCode::kIo);
  auto began = Clock::now();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(CodeOf([&] { Names(); }), ErrorCode::kIo);
  EXPECT_LT(Clock::now() - began, std::chrono::seconds(20)) << "each of them has waited";
  PostgresServer::Get()->Start();
  EXPECT_EQ(Names(), std::set<std::string>{"before"});
  store_under_test_->Probe();
  // From now on it is waited for again.
  PostgresServer::Get()->Kill(SIGQUIT);
  std::thread start([] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    PostgresServer::Get()->Start();
  });
  EXPECT_TRUE(Insert(*store_under_test_, "after"));
  start.join();
  EXPECT_EQ(Names(), (std::set<std::string>{"before", "after"}));
}

}  // namespace
}  // namespace eider::catalog

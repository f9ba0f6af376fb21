#include "catalog/sqlite_store.h"

#include <atomic>
#include <barrier>
#include <thread>

#include "catalog/warehouse_testing.h"

namespace eider::catalog {
namespace {

class SqliteStoreTest : public WarehouseTest {
 protected:
  void SetUp() override {
    WarehouseTest::SetUp();
    files_.CreateDirectories(warehouse_);
    Reopen(nullptr);
    store_->database().Execute(
        "CREATE TABLE eider_commits (sequence INTEGER PRIMARY KEY, commit_id TEXT)");
    store_->database().Execute("CREATE TABLE t (name TEXT NOT NULL UNIQUE)");
  }
  void Reopen(CommitObserver* observer) {
    store_.reset();
    store_ = std::make_unique<SqliteStore>(warehouse_ + "/store.db", observer);
  }
  static void Insert(SqlDatabase& database, const std::string& name) {
    database.Execute("INSERT INTO t VALUES (?)", {name});
  }
  std::set<std::string> Names() {
    std::set<std::string> names;
    store_->Read([&](SqlDatabase& database) {
      for (auto& row : database.Query("SELECT name FROM t")) names.insert(*row[0]);
    });
    return names;
  }
  size_t Transactions() {
    size_t count = 0;
    store_->Read([&](SqlDatabase& database) {
      count = database.Query("SELECT 1 FROM eider_commits").size();
    });
    return count;
  }
  // Runs the changes so that the first holds the store until all of the others wait.
  void RunTogether(std::vector<std::function<void()>> writes) {
    std::atomic<bool> begun = false;
    std::vector<std::thread> threads;
    std::thread first([&] {
      store_->Write(WriteScope::kRows, [&](SqlDatabase& database) {
        begun = true;
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        Insert(database, "first");
        return true;
      });
    });
    while (!begun) std::this_thread::yield();
    for (auto& write : writes) {
      threads.emplace_back(write);
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    first.join();
    for (std::thread& thread : threads) thread.join();
  }

  std::unique_ptr<SqliteStore> store_;
};

TEST_F(SqliteStoreTest, ChangesThatWaitShareATransactionAndFailAlone) {
  std::atomic<int> failed = 0;
  bool refused = true;
  RunTogether({
      [&] {
        store_->Write(WriteScope::kRows, [](SqlDatabase& database) {
          Insert(database, "a");
          return true;
        });
      },
      [&] {
        try {
          store_->Write(WriteScope::kRows, [](SqlDatabase& database) {
            Insert(database, "b");
            // Taken by the one before it.
            Insert(database, "a");
            return true;
          });
        } catch (const Error& error) {
          if (error.code() == ErrorCode::kAlreadyExists) ++failed;
        }
      },
      [&] {
        refused = !store_->Write(WriteScope::kRows, [](SqlDatabase& database) {
          Insert(database, "c");
          return false;
        });
      },
      [&] {
        store_->Write(WriteScope::kRows, [](SqlDatabase& database) {
          Insert(database, "d");
          return true;
        });
      },
  });
  EXPECT_EQ(failed, 1);
  EXPECT_TRUE(refused);
  EXPECT_EQ(Names(), (std::set<std::string>{"a", "d", "first"}));
  EXPECT_EQ(Transactions(), 2U);
}

// What a change has found may be the doing of one before it that does not last.
class SecondFails : public CommitObserver {
 public:
  void BeforeSwap() override {
    if (++transactions_ == 2) throw Error(ErrorCode::kNoSpace, "injected");
  }

 private:
  int transactions_ = 0;
};

TEST_F(SqliteStoreTest, NobodyIsToldOfWhatDidNotLast) {
  SecondFails observer;
  Reopen(&observer);
  ErrorCode code = ErrorCode::kInternal;
  bool landed = false;
  RunTogether({
      [&] {
        code = CodeOf([&] {
          store_->Write(WriteScope::kRows, [](SqlDatabase& database) {
            Insert(database, "a");
            return true;
          });
        });
      },
      [&] {
        landed = store_->Write(WriteScope::kRows, [](SqlDatabase& database) {
          bool there = !database.Query("SELECT 1 FROM t WHERE name = 'a'").empty();
          if (!there) Insert(database, "in place of a");
          return !there;
        });
      },
  });
  EXPECT_EQ(code, ErrorCode::kNoSpace);
  EXPECT_TRUE(landed);
  EXPECT_EQ(Names(), (std::set<std::string>{"first", "in place of a"}));
}

TEST_F(SqliteStoreTest, VersionsTellOfEveryCommit) {
  auto version = [](SqliteStore& store) {
    std::string text;
    store.Read([&](SqlDatabase& database) { text = database.Version(); });
    return text;
  };
  std::string before = version(*store_);
  EXPECT_EQ(version(*store_), before);
  auto write = [](SqliteStore& store, const std::string& name) {
    store.Write(WriteScope::kRows, [&](SqlDatabase& database) {
      Insert(database, name);
      return true;
    });
  };
  write(*store_, "own");
  std::string after = version(*store_);
  EXPECT_NE(after, before);
  SqliteStore other(warehouse_ + "/store.db", nullptr);
  write(other, "foreign");
  EXPECT_NE(version(*store_), after);
}

TEST_F(SqliteStoreTest, ManyWritersLoseNothing) {
  constexpr int kWriters = 8;
  constexpr int kWrites = 50;
  std::vector<std::thread> threads;
  for (int writer = 0; writer < kWriters; ++writer) {
    threads.emplace_back([&, writer] {
      for (int i = 0; i < kWrites; ++i) {
        store_->Write(WriteScope::kRows, [&](SqlDatabase& database) {
          Insert(database, std::to_string(writer) + "-" + std::to_string(i));
          return true;
        });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Names().size(), static_cast<size_t>(kWriters * kWrites));
  EXPECT_LT(Transactions(), static_cast<size_t>(kWriters * kWrites)) << "none was shared";
}

}  // namespace
}  // namespace eider::catalog

#include "catalog/sqlite.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "base/error.h"
#include "io/file_system.h"

namespace eider::catalog {
namespace {

class SqliteTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/eider_sqlite_XXXXXX";
    root_ = ::mkdtemp(name);
    path_ = root_ + "/catalog.db";
  }
  void TearDown() override { io::LocalFileSystem().RemoveTree(root_); }
  std::string root_;
  std::string path_;
};

ErrorCode CodeOf(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.code();
  }
  return ErrorCode::kInternal;
}

TEST_F(SqliteTest, DurableSettingsHold) {
  SqliteDatabase database(path_);
  EXPECT_EQ(database.Query("PRAGMA journal_mode").at(0).at(0), "wal");
  EXPECT_EQ(database.Query("PRAGMA synchronous").at(0).at(0), "2");
}

TEST_F(SqliteTest, NullAndTextSurvive) {
  SqliteDatabase database(path_);
  database.Execute("CREATE TABLE t (a TEXT, b TEXT)");
  std::string odd("a\0'\n", 4);
  EXPECT_EQ(database.Execute("INSERT INTO t VALUES (?, ?)", {odd, std::nullopt}), 1);
  auto rows = database.Query("SELECT a, b FROM t WHERE a = ?", {odd});
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0][0], odd);
  EXPECT_EQ(rows[0][1], std::nullopt);
}

TEST_F(SqliteTest, UncommittedTransactionLeavesNothing) {
  SqliteDatabase database(path_);
  database.Execute("CREATE TABLE t (a TEXT)");
  {
    SqliteTransaction transaction(database);
    database.Execute("INSERT INTO t VALUES ('lost')");
  }
  {
    SqliteTransaction transaction(database);
    database.Execute("INSERT INTO t VALUES ('kept')");
    transaction.Commit();
  }
  auto rows = database.Query("SELECT a FROM t");
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0][0], "kept");
}

TEST_F(SqliteTest, ErrorsHaveCodesAndNameTheFile) {
  EXPECT_EQ(CodeOf([&] { SqliteDatabase(root_ + "/missing/catalog.db"); }), ErrorCode::kPermission);
  io::LocalFileSystem().WriteNew(root_ + "/garbage.db", std::string(8192, 'x'));
  try {
    SqliteDatabase database(root_ + "/garbage.db");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
    EXPECT_NE(error.message().find("garbage.db"), std::string::npos);
    EXPECT_NE(error.hint().find("eider catalog rebuild"), std::string::npos);
  }
}

TEST_F(SqliteTest, ProcessesThatCreateOneFileAtOnceAllSucceed) {
  constexpr int kProcesses = 6;
  constexpr int kRows = 20;
  std::vector<pid_t> children;
  for (int i = 0; i < kProcesses; ++i) {
    pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      try {
        SqliteDatabase database(path_);
        database.Execute("CREATE TABLE IF NOT EXISTS t (a TEXT)");
        for (int row = 0; row < kRows; ++row) {
          SqliteTransaction transaction(database);
          database.Execute("INSERT INTO t VALUES ('x')");
          transaction.Commit();
        }
        ::_exit(0);
      } catch (const std::exception& error) {
        fprintf(stderr, "%s\n", error.what());
        ::_exit(1);
      }
    }
    children.push_back(child);
  }
  for (pid_t child : children) {
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
  SqliteDatabase database(path_);
  EXPECT_EQ(database.Query("SELECT count(*) FROM t").at(0).at(0),
            std::to_string(kProcesses * kRows));
}

}  // namespace
}  // namespace eider::catalog

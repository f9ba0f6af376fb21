#include "engine/session.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#include "base/error.h"

namespace eider::engine {
namespace {

TEST(SessionTest, AnswersWithTypedCells) {
  auto session = OpenDatabase({})->NewSession();
  auto result = session->Execute(
      "SELECT 1 AS i, 2.50::DECIMAL(9,2) AS d, 'x' AS s, NULL AS n, [1, 2] AS l, "
      "{'a': DATE '2026-01-31'} AS o, 170141183460469231731687303715884105727::HUGEINT AS h");
  ASSERT_TRUE(result->returns_rows());
  EXPECT_EQ(result->columns()[1].type, "DECIMAL(9,2)");
  std::vector<Cell> row;
  ASSERT_TRUE(result->Next(row));
  EXPECT_EQ(row[0].integer, 1);
  EXPECT_EQ(row[1].text, "2.50");
  EXPECT_EQ(row[2].text, "x");
  EXPECT_TRUE(row[3].is_null());
  EXPECT_EQ(row[4].ToJson().dump(), "[1,2]");
  EXPECT_EQ(row[5].ToJson().dump(), R"({"a":"2026-01-31"})");
  EXPECT_EQ(row[6].ToJson().dump(), "\"170141183460469231731687303715884105727\"");
  EXPECT_FALSE(result->Next(row));
}

TEST(SessionTest, JsonTextKeepsDecimalsExactAtAnyDepth) {
  auto session = OpenDatabase({})->NewSession();
  auto result = session->Execute(
      "SELECT {'d': [1.10::DECIMAL(9,2), NULL], 'm': MAP {'k': {'x': "
      "12345678901234567890.123456789::DECIMAL(38,9)}}, 'a\"b': 'x\"y', 'e': []} AS o, "
      "0.10::DECIMAL(9,2) AS d, 'nan'::DOUBLE AS n, "
      "union_value(k := 2.50::DECIMAL(9,2)) AS u, [1.5::DECIMAL(3,2), 2]::DECIMAL(3,2)[2] AS r");
  std::vector<Cell> row;
  ASSERT_TRUE(result->Next(row));
  EXPECT_EQ(row[0].ToJsonText(),
            R"({"d":[1.10,null],"m":{"k":{"x":12345678901234567890.123456789}},)"
            R"("a\"b":"x\"y","e":[]})");
  EXPECT_EQ(row[1].ToJsonText(), "0.10");
  EXPECT_EQ(row[2].ToJsonText(), "\"nan\"");
  EXPECT_EQ(row[3].ToJsonText(), "2.50");
  EXPECT_EQ(row[4].ToJsonText(), "[1.50,2.00]");
  EXPECT_EQ(row[0].ToJson()["d"].dump(), "[1.1,null]");
}

TEST(SessionTest, KnowsOfAnOpenTransaction) {
  auto session = OpenDatabase({})->NewSession();
  EXPECT_FALSE(session->InTransaction());
  session->Execute("BEGIN; CREATE TABLE t (a INT)");
  EXPECT_TRUE(session->InTransaction());
  session->Execute("COMMIT");
  EXPECT_FALSE(session->InTransaction());
}

TEST(SessionTest, RunsSeveralStatementsAndReportsTheLast) {
  auto session = OpenDatabase({})->NewSession();
  auto result = session->Execute("CREATE TABLE t (a INT); INSERT INTO t VALUES (1), (2), (3);");
  EXPECT_FALSE(result->returns_rows());
  EXPECT_EQ(result->rows_changed(), 3);
  EXPECT_FALSE(session->Execute("  ")->returns_rows());
}

TEST(SessionTest, ErrorsSpeakOfTheUsersText) {
  auto session = OpenDatabase({})->NewSession();
  try {
    session->Execute("SELEC 1");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kSyntax);
    EXPECT_NE(std::string(error.what()).find("SELEC"), std::string::npos);
  }
  try {
    session->Execute("SELECT * FROM missing");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kQuery);
  }
}

TEST(SessionTest, InterruptStopsARunningStatement) {
  auto session = OpenDatabase({})->NewSession();
  std::atomic<bool> done = false;
  std::thread stopper([&] {
    while (!done) {
      session->Interrupt();
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  });
  ErrorCode code = ErrorCode::kInternal;
  try {
    session->Execute("SELECT count(*) FROM range(100000000000) a WHERE hash(a.range) = 1");
  } catch (const Error& error) {
    code = error.code();
  }
  done = true;
  stopper.join();
  EXPECT_EQ(code, ErrorCode::kInterrupted);
}

TEST(SessionTest, StreamingResultsAreComputedAsTheyAreRead) {
  auto session = OpenDatabase({})->NewSession();
  // Too many rows to be held, and enough to take hours.
  auto result = session->Execute("SELECT range AS n FROM range(1000000000000)", true);
  std::vector<Cell> row;
  for (int64_t i = 0; i < 10000; ++i) {
    ASSERT_TRUE(result->Next(row));
    EXPECT_EQ(row[0].integer, i);
  }
  result.reset();
  auto next = session->Execute("SELECT 1");
  ASSERT_TRUE(next->Next(row));
  EXPECT_EQ(row[0].integer, 1);
}

TEST(SessionTest, ErrorsOfStreamingResultsComeWhenTheyAreRead) {
  auto session = OpenDatabase({})->NewSession();
  auto result = session->Execute(
      "SELECT CASE WHEN range = 100000 THEN error('late') ELSE range::VARCHAR END "
      "FROM range(200000)",
      true);
  std::vector<Cell> row;
  try {
    while (result->Next(row)) {
    }
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kQuery);
    EXPECT_NE(error.message().find("late"), std::string::npos);
  }
}

TEST(SessionTest, InterruptStopsAStream) {
  auto session = OpenDatabase({})->NewSession();
  auto result = session->Execute("SELECT range FROM range(1000000000000)", true);
  std::vector<Cell> row;
  ASSERT_TRUE(result->Next(row));
  session->Interrupt();
  try {
    while (result->Next(row)) {
    }
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInterrupted);
  }
  EXPECT_TRUE(session->Execute("SELECT 1")->Next(row));
}

TEST(SessionTest, ProgressOfARunningQuery) {
  auto session = OpenDatabase({})->NewSession();
  session->Execute("CREATE TABLE t AS SELECT range AS n FROM range(3000000)");
  std::atomic<bool> done = false;
  double highest = -1;
  std::thread watcher([&] {
    while (!done) {
      highest = std::max(highest, session->Progress());
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  });
  session->Execute("SELECT count(DISTINCT md5(n::VARCHAR)) FROM t");
  done = true;
  watcher.join();
  EXPECT_GT(highest, 0);
  EXPECT_LE(highest, 100);
}

TEST(SessionTest, UseSetsTheDefault) {
  auto session = OpenDatabase({})->NewSession();
  session->Execute("CREATE SCHEMA \"odd name\"; CREATE TABLE \"odd name\".t AS SELECT 7 AS n");
  session->Use("memory", "odd name");
  std::vector<Cell> row;
  ASSERT_TRUE(session->Execute("SELECT n FROM t")->Next(row));
  EXPECT_EQ(row[0].integer, 7);
  EXPECT_THROW(session->Use("nowhere"), Error);
}

TEST(SessionTest, AFailedStatementEndsTheText) {
  auto session = OpenDatabase({})->NewSession();
  EXPECT_THROW(session->Execute("CREATE TABLE a (x INT); SELECT * FROM missing; "
                                "CREATE TABLE b (x INT)"),
               Error);
  EXPECT_NO_THROW(session->Execute("SELECT * FROM a"));
  EXPECT_THROW(session->Execute("SELECT * FROM b"), Error);
}

TEST(SessionTest, SessionsHaveTransactionsOfTheirOwn) {
  auto database = OpenDatabase({});
  auto writer = database->NewSession();
  auto reader = database->NewSession();
  writer->Execute("CREATE TABLE t (n INT); BEGIN; INSERT INTO t VALUES (1)");
  std::vector<Cell> row;
  EXPECT_FALSE(reader->Execute("SELECT * FROM t")->Next(row));
  writer->Execute("COMMIT");
  EXPECT_TRUE(reader->Execute("SELECT * FROM t")->Next(row));
}

TEST(SessionTest, UnknownSettingIsNamed) {
  DatabaseOptions options;
  options.settings["no_such_setting"] = "1";
  try {
    OpenDatabase(options);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("no_such_setting"), std::string::npos);
  }
}

}  // namespace
}  // namespace eider::engine

#include "engine/table_entry.h"

#include <gmock/gmock.h>

#include <thread>

#include "engine/reading_fixture.h"

namespace eider::engine {
namespace {

using ::testing::HasSubstr;

class TimeTravelTest : public ReadingFixture {
 protected:
  void SetUp() override {
    Run("CREATE TABLE t AS SELECT 1 AS a");
    first_ = Latest("snapshot_id");
    between_ = Now();
    Run("INSERT INTO t VALUES (2)");
    second_ = Latest("snapshot_id");
    Run("ALTER TABLE t RENAME COLUMN a TO b");
    Run("INSERT INTO t VALUES (3)");
  }

  std::string Latest(const std::string& column) {
    return Value("SELECT max_by(" + column + ", committed_at) FROM \"t$snapshots\"");
  }

  // Snapshots count time in milliseconds.
  std::string Now() {
    std::this_thread::sleep_for(std::chrono::milliseconds(3));
    std::string now = Value("SELECT strftime(now() AT TIME ZONE 'UTC', '%Y-%m-%d %H:%M:%S.%f')");
    std::this_thread::sleep_for(std::chrono::milliseconds(3));
    return now;
  }

  std::string first_;
  std::string second_;
  std::string between_;  // an instant between the two, in UTC
};

TEST_F(TimeTravelTest, BySnapshot) {
  EXPECT_EQ(Rows("SELECT a FROM t AT (VERSION => " + first_ + ")"), Strings{"1"});
  EXPECT_EQ(Rows("SELECT a FROM t AT (VERSION => " + second_ + ") ORDER BY a"),
            (Strings{"1", "2"}));
  EXPECT_EQ(Rows("SELECT a FROM t AT (VERSION => '" + first_ + "')"), Strings{"1"});
  EXPECT_EQ(Rows("SELECT b FROM t ORDER BY b"), (Strings{"1", "2", "3"}));
  EXPECT_EQ(Rows("SELECT b FROM t AT (VERSION => 'main') ORDER BY b"), (Strings{"1", "2", "3"}));
  EXPECT_EQ(Value("SELECT count(*) FROM t AT (VERSION => " + first_ + ")"), "1");
}

TEST_F(TimeTravelTest, ByInstant) {
  for (const std::string& instant :
       {"TIMESTAMPTZ '" + between_ + "+00'", "TIMESTAMP '" + between_ + "'", "'" + between_ + "'",
        "'" + between_ + "'::TIMESTAMP + INTERVAL '0' SECOND"}) {
    EXPECT_EQ(Rows("SELECT a FROM t AT (TIMESTAMP => " + instant + ")"), Strings{"1"}) << instant;
  }
  EXPECT_EQ(Rows("SELECT b FROM t AT (TIMESTAMP => now()) ORDER BY b"), (Strings{"1", "2", "3"}));
  EXPECT_EQ(Value("SELECT count(*) FROM t AT (TIMESTAMP => DATE '2999-01-01')"), "3");
}

TEST_F(TimeTravelTest, InstantsWithoutZoneAreTheSessions) {
  Run("SET TimeZone = 'Asia/Tokyo'");
  std::string local = Value("SELECT strftime(TIMESTAMP '" + between_ +
                            "' + INTERVAL 9 HOUR, '%Y-%m-%d %H:%M:%S.%f')");
  EXPECT_EQ(Rows("SELECT a FROM t AT (TIMESTAMP => TIMESTAMP '" + local + "')"), Strings{"1"});
  EXPECT_EQ(Rows("SELECT a FROM t AT (TIMESTAMP => '" + local + "')"), Strings{"1"});
  EXPECT_EQ(Rows("SELECT a FROM t AT (TIMESTAMP => TIMESTAMPTZ '" + between_ + "+00')"),
            Strings{"1"});
}

TEST_F(TimeTravelTest, ThePlansForms) {
  EXPECT_EQ(Rows("SELECT a FROM t FOR VERSION AS OF " + first_), Strings{"1"});
  EXPECT_EQ(Rows("SELECT x.a FROM t FOR VERSION AS OF " + first_ + " AS x WHERE x.a = 1"),
            Strings{"1"});
  EXPECT_EQ(Rows("SELECT a FROM t FOR TIMESTAMP AS OF TIMESTAMP '" + between_ + "'"), Strings{"1"});
  EXPECT_EQ(Rows("SELECT new.b FROM t new LEFT JOIN t FOR VERSION AS OF " + second_ +
                 " old ON new.b = old.a WHERE old.a IS NULL"),
            Strings{"3"});
}

TEST_F(TimeTravelTest, MetadataTablesTravelToo) {
  EXPECT_EQ(Value("SELECT count(*) FROM \"t$files\""), "3");
  EXPECT_EQ(Value("SELECT count(*) FROM \"t$files\" AT (VERSION => " + first_ + ")"), "1");
}

TEST_F(TimeTravelTest, WhatThereIsNotIsNamed) {
  Error error = Failure("SELECT * FROM t AT (VERSION => 42)");
  EXPECT_EQ(error.code(), ErrorCode::kNotFound);
  EXPECT_THAT(error.message(), HasSubstr("s.t"));
  EXPECT_THAT(error.message(), HasSubstr("42"));
  EXPECT_THAT(error.hint(), HasSubstr("FROM s.\"t$snapshots\""));
  EXPECT_EQ(Failure("SELECT * FROM t AT (VERSION => 'nightly')").code(), ErrorCode::kNotFound);
  EXPECT_EQ(Failure("SELECT * FROM t AT (VERSION => NULL)").code(), ErrorCode::kNotFound);
  error = Failure("SELECT * FROM t AT (TIMESTAMP => TIMESTAMP '2001-01-01')");
  EXPECT_EQ(error.code(), ErrorCode::kNotFound);
  EXPECT_THAT(error.message(), HasSubstr("2001-01-01"));
  EXPECT_EQ(Failure("SELECT * FROM t AT (TIMESTAMP => 'no time')").code(),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(Failure("SELECT * FROM t AT (TIMESTAMP => NULL)").code(), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace eider::engine

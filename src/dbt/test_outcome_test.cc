#include "dbt/test_outcome.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace eider::dbt {
namespace {

using jinja::Value;

NodeResult Judge(Json config, int64_t failures, Value should_warn, Value should_error,
                 bool warn_error = false) {
  Node test;
  test.type = NodeType::kTest;
  test.name = "t";
  test.config = NodeConfig(std::move(config));
  Table table({"failures", "should_warn", "should_error"}, {"BIGINT", "BOOLEAN", "BOOLEAN"},
              {{Value(failures), std::move(should_warn), std::move(should_error)}});
  NodeResult result;
  JudgeTest(test, table, warn_error, result);
  return result;
}

TEST(TestOutcomeTest, FailsWithDbtsMessage) {
  NodeResult result = Judge({{"error_if", ">10"}}, 12, Value(true), Value(true));
  EXPECT_EQ(result.status, NodeStatus::kFail);
  EXPECT_EQ(result.message, "Got 12 results, configured to fail if >10");
  EXPECT_EQ(result.failures, 12);
}

TEST(TestOutcomeTest, WarnsBelowTheThresholdOrBySeverity) {
  NodeResult result = Judge({{"warn_if", "> 0"}}, 1, Value(true), Value(false));
  EXPECT_EQ(result.status, NodeStatus::kWarn);
  EXPECT_EQ(result.message, "Got 1 result, configured to warn if > 0");
  EXPECT_EQ(Judge({{"severity", "warn"}}, 1, Value(true), Value(true)).status, NodeStatus::kWarn);
  NodeResult strict = Judge({{"severity", "WARN"}}, 2, Value(true), Value(true), true);
  EXPECT_EQ(strict.status, NodeStatus::kFail);
  EXPECT_EQ(strict.message, "Got 2 results, configured to fail if != 0");
}

TEST(TestOutcomeTest, PassesWithoutAMessage) {
  NodeResult result = Judge(Json::object(), 0, Value("false"), Value(0));
  EXPECT_EQ(result.status, NodeStatus::kPass);
  EXPECT_EQ(result.message, "");
  EXPECT_EQ(result.failures, 0);
}

TEST(TestOutcomeTest, RefusesWhatIsNoAnswer) {
  EXPECT_THROW(Judge(Json::object(), 0, Value("maybe"), Value(false)), Error);
  Node test;
  NodeResult result;
  EXPECT_THROW(JudgeTest(test, *Table::Empty(), false, result), Error);
}

}  // namespace
}  // namespace eider::dbt

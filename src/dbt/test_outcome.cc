#include "dbt/test_outcome.h"

#include "base/error.h"
#include "base/text.h"
#include "dbt/decimal.h"

namespace eider::dbt {

using jinja::Value;

namespace {

const Value& ColumnValueOf(const Node& test, const Table& table, std::string_view name) {
  for (size_t i = 0; i < table.column_names().size(); ++i) {
    if (EqualsIgnoreCase(table.column_names()[i], name)) return table.rows()[0][i];
  }
  throw Error(ErrorCode::kInvalidArgument,
              "the query of test " + test.name + " gives no column '" + std::string(name) + "'");
}

bool AsCondition(const Value& value) {
  if (!value.IsString()) return value.Truthy();
  std::string text = Lower(value.AsString());
  for (const char* yes : {"y", "yes", "t", "true", "on", "1"}) {
    if (text == yes) return true;
  }
  for (const char* no : {"n", "no", "f", "false", "off", "0"}) {
    if (text == no) return false;
  }
  throw Error(ErrorCode::kInvalidArgument,
              "The macro 'get_test_sql' returns '" + text +
                  "'. It is not a boolean value: use True/False, or 1/0.");
}

int64_t AsCount(const Node& test, const Value& value) {
  if (value.IsInt()) return value.AsInt();
  if (value.IsFloat()) return static_cast<int64_t>(value.AsFloat());
  if (value.IsBool()) return value.AsBool();
  if (const auto* decimal = value.As<DecimalValue>()) return static_cast<int64_t>(decimal->real());
  throw Error(ErrorCode::kInvalidArgument,
              "the fail_calc of test " + test.name + ", " + test.config.fail_calc() + ", gives " +
                  (value.IsNone() ? "null" : value.Repr()) + ", not a number");
}

}  // namespace

void JudgeTest(const Node& test, const Table& table, bool warn_error, NodeResult& result) {
  if (table.rows().size() != 1) {
    throw Error(ErrorCode::kInvalidArgument,
                "dbt internally failed to execute " + test.unique_id + ": Returned " +
                    std::to_string(table.rows().size()) + " rows, but expected 1 row");
  }
  if (table.column_names().size() != 3) {
    throw Error(ErrorCode::kInvalidArgument, "dbt internally failed to execute " + test.unique_id +
                                                 ": Returned " +
                                                 std::to_string(table.column_names().size()) +
                                                 " columns, but expected 3 columns");
  }
  int64_t failures = AsCount(test, ColumnValueOf(test, table, "failures"));
  bool should_warn = AsCondition(ColumnValueOf(test, table, "should_warn"));
  bool should_error = AsCondition(ColumnValueOf(test, table, "should_error"));
  std::string count = std::to_string(failures) + (failures == 1 ? " result" : " results");

  result.failures = 0;
  result.message.clear();
  if (EqualsIgnoreCase(test.config.severity(), "error") && should_error) {
    result.status = NodeStatus::kFail;
    result.message = "Got " + count + ", configured to fail if " + test.config.error_if();
    result.failures = failures;
  } else if (should_warn) {
    result.status = warn_error ? NodeStatus::kFail : NodeStatus::kWarn;
    result.message = "Got " + count + ", configured to " + (warn_error ? "fail" : "warn") + " if " +
                     test.config.warn_if();
    result.failures = failures;
  } else {
    result.status = NodeStatus::kPass;
  }
}

}  // namespace eider::dbt

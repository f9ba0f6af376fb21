#include "cli/progress_line.h"

#include <gtest/gtest.h>

#include "cli/display_width.h"

namespace eider::cli {
namespace {

constexpr int64_t kSecond = 1'000'000;

dbt::Event Start(const std::string& name, int64_t micros) {
  dbt::Event event;
  event.name = "LogStartLine";
  event.micros = micros;
  event.data = {{"index", 1},
                {"total", 3},
                {"node_info", {{"unique_id", "model.shop." + name}, {"node_name", name}}}};
  return event;
}

dbt::Event End(const std::string& name) {
  dbt::Event event = Start(name, 0);
  event.name = "LogModelResult";
  event.data["execution_time"] = 0.5;
  return event;
}

TEST(ProgressLineTest, NamesWhatRunsLongestFirst) {
  ProgressLine line;
  EXPECT_EQ(line.Text(0, 80), "");
  line.Note(Start("orders", 5 * kSecond));
  line.Note(Start("customers", 2 * kSecond));
  EXPECT_EQ(line.Text(7 * kSecond, 80), "0 of 3 | running 2: customers 5s, orders 2s");
  line.Note(End("customers"));
  EXPECT_EQ(line.Text(7 * kSecond, 80), "1 of 3 | running 1: orders 2s");
  line.Note(End("orders"));
  EXPECT_EQ(line.Text(7 * kSecond, 80), "");
}

TEST(ProgressLineTest, FitsTheTerminal) {
  ProgressLine line;
  line.Note(Start(std::string(300, 'x'), 0));
  EXPECT_EQ(DisplayWidth(line.Text(kSecond, 40)), 40u);
}

}  // namespace
}  // namespace eider::cli

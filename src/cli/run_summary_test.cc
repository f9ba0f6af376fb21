#include "cli/run_summary.h"

#include <gtest/gtest.h>

namespace eider::cli {
namespace {

class Collector : public dbt::EventSink {
 public:
  void Emit(const dbt::Event& event) override { lines.push_back(event.message); }
  std::vector<std::string> lines;
};

dbt::Node MakeNode(const std::string& id, dbt::NodeType type, const std::string& name) {
  dbt::Node node;
  node.unique_id = id;
  node.type = type;
  node.name = name;
  node.original_file_path = "models/" + name + ".sql";
  node.config.values()["materialized"] = "table";
  return node;
}

class RunSummaryTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"a", "b"}) {
      std::string id = std::string("model.shop.") + name;
      manifest_.nodes[id] = MakeNode(id, dbt::NodeType::kModel, name);
    }
    manifest_.nodes["seed.shop.s"] = MakeNode("seed.shop.s", dbt::NodeType::kSeed, "s");
    manifest_.nodes["test.shop.t"] = MakeNode("test.shop.t", dbt::NodeType::kTest, "t");
    manifest_.nodes["model.shop.b"].compiled_path = "target/compiled/shop/models/b.sql";
  }

  void Add(const std::string& id, dbt::NodeStatus status, const std::string& message = "") {
    dbt::NodeResult result;
    result.unique_id = id;
    result.status = status;
    result.message = message;
    results_.results.push_back(result);
  }

  dbt::Manifest manifest_;
  dbt::RunResults results_;
};

TEST_F(RunSummaryTest, CountsReadAsDbts) {
  EXPECT_EQ(ResourceCounts(manifest_), "2 models, 1 seed, 1 test");
  Add("model.shop.a", dbt::NodeStatus::kSuccess);
  Add("model.shop.b", dbt::NodeStatus::kSuccess);
  Add("seed.shop.s", dbt::NodeStatus::kSuccess);
  EXPECT_EQ(ResultCounts(results_, manifest_), "1 seed, 2 table models");
  EXPECT_EQ(Counted(20, "test"), "20 data tests");
  EXPECT_EQ(Counted(2, "analysis"), "2 analyses");
}

TEST_F(RunSummaryTest, DurationsAreSplitIntoHoursAndMinutes) {
  EXPECT_EQ(Duration(0.104), " in 0 hours 0 minutes and 0.10 seconds");
  EXPECT_EQ(Duration(3725.5), " in 1 hours 2 minutes and 5.50 seconds");
}

TEST_F(RunSummaryTest, SuccessIsShort) {
  results_.elapsed_time = 0.1;
  Add("model.shop.a", dbt::NodeStatus::kSuccess);
  Add("test.shop.t", dbt::NodeStatus::kPass);
  Collector sink;
  EmitSummary(sink, results_, manifest_);
  EXPECT_EQ(
      sink.lines,
      (std::vector<std::string>{
          "",
          "Finished running 1 table model, 1 test in 0 hours 0 minutes and 0.10 seconds "
          "(0.10s).",
          "", "Completed successfully", "", "Done. PASS=2 WARN=0 ERROR=0 SKIP=0 NO-OP=0 TOTAL=2"}));
}

TEST_F(RunSummaryTest, FailuresAndWarningsAreToldWithTheirPlace) {
  Add("model.shop.b", dbt::NodeStatus::kError, "Runtime Error in model b (models/b.sql)\n  no");
  Add("model.shop.a", dbt::NodeStatus::kSkipped);
  Add("test.shop.t", dbt::NodeStatus::kWarn, "Got 1 result, configured to warn if != 0");
  Collector sink;
  EmitSummary(sink, results_, manifest_);
  std::vector<std::string> expected = {
      "Completed with 1 error, 0 partial successes, and 1 warning:",
      "",
      "Failure in model b (models/b.sql)",
      "  Runtime Error in model b (models/b.sql)\n  no",
      "",
      "  compiled code at target/compiled/shop/models/b.sql",
      "",
      "Warning in test t (models/t.sql)",
      "  Got 1 result, configured to warn if != 0",
      "",
      "Done. PASS=0 WARN=1 ERROR=1 SKIP=1 NO-OP=0 TOTAL=3"};
  ASSERT_EQ(sink.lines.size(), expected.size() + 3);
  EXPECT_EQ(std::vector<std::string>(sink.lines.begin() + 3, sink.lines.end()), expected);
}

TEST_F(RunSummaryTest, AnInterruptIsNamed) {
  results_.interrupted = true;
  Collector sink;
  EmitSummary(sink, results_, manifest_);
  EXPECT_EQ(sink.lines[3], "Exited because of keyboard interrupt");
}

}  // namespace
}  // namespace eider::cli

#include "dbt/run_results.h"

#include <gtest/gtest.h>

#include "dbt/events.h"
#include "dbt/secret.h"

namespace eider::dbt {
namespace {

TEST(RunResultsTest, WritesWhatDbtWrites) {
  auto config = std::make_shared<Config>();
  config->invocation_id = "i";
  config->run_started_at = 1'000'000;
  Manifest manifest;
  manifest.config = config;
  Node node;
  node.unique_id = "model.p.a";
  node.compiled = true;
  node.compiled_code = "select 's3cr3t-value'";
  node.relation_name = "\"db\".\"main\".\"a\"";
  manifest.nodes["model.p.a"] = node;
  RegisterSecret("s3cr3t-value");

  RunResults results;
  results.generated_micros = 2'500'000;
  results.elapsed_time = 1.5;
  results.args = {{"which", "run"}};
  NodeResult result;
  result.unique_id = "model.p.a";
  result.thread_id = "Thread-1 (worker)";
  result.message = "OK";
  result.timing = {{"compile", 1'000'000, 1'250'000}};
  result.adapter_response = {{"_message", "OK"}};
  results.results.push_back(result);

  Json json = RunResultsJson(results, manifest);
  EXPECT_EQ(json["metadata"]["dbt_schema_version"],
            "https://schemas.getdbt.com/dbt/run-results/v6.json");
  EXPECT_EQ(json["metadata"]["generated_at"], "1970-01-01T00:00:02.500000Z");
  const Json& one = json["results"][0];
  EXPECT_EQ(one["status"], "success");
  EXPECT_EQ(one["timing"][0]["completed_at"], "1970-01-01T00:00:01.250000Z");
  EXPECT_TRUE(one["failures"].is_null());
  EXPECT_EQ(one["compiled_code"], "select '*****'");
  EXPECT_EQ(one["relation_name"], "\"db\".\"main\".\"a\"");
  EXPECT_EQ(json["args"]["which"], "run");
}

TEST(RunResultsTest, SuccessMeansThatNothingFailedOrWasSkipped) {
  RunResults results;
  results.results.resize(2);
  EXPECT_TRUE(results.success());
  results.results[1].status = NodeStatus::kWarn;
  EXPECT_TRUE(results.success());
  results.results[1].status = NodeStatus::kSkipped;
  EXPECT_FALSE(results.success());
  results.results[1].status = NodeStatus::kFail;
  EXPECT_FALSE(results.success());
  EXPECT_EQ(results.Count(NodeStatus::kFail), 1);
}

TEST(EventsTest, LinesArePaddedAsDbtPadsThem) {
  EXPECT_EQ(
      ProgressLine("START sql table model main.customers", "RUN", 1, 28),
      "1 of 28 START sql table model main.customers ................................... [RUN]");
  EXPECT_EQ(ProgressLine("OK created sql table model main.customers", "OK", 15, 28, 0.234),
            "15 of 28 OK created sql table model main.customers ............................. "
            "[OK in 0.23s]");
}

class KeepingSink final : public EventSink {
 public:
  void Emit(const Event& event) override { events.push_back(event); }
  std::vector<Event> events;
};

TEST(EventsTest, SecretsAreScrubbed) {
  RegisterSecret("s3cr3t-value");
  KeepingSink sink;
  EmitNote(sink, EventLevel::kInfo, "key s3cr3t-value", "Note", "Z050",
           {{"sql", "x s3cr3t-value"}});
  ASSERT_EQ(sink.events.size(), 1u);
  EXPECT_EQ(sink.events[0].message, "key *****");
  EXPECT_EQ(sink.events[0].data["sql"], "x *****");
  EXPECT_EQ(sink.events[0].thread, "MainThread");
}

}  // namespace
}  // namespace eider::dbt

#include "dbt/scheduler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>

namespace eider::dbt {
namespace {

// a -> b -> d, a -> c -> d, e alone.
class SchedulerTest : public testing::Test {
 protected:
  SchedulerTest() {
    Add("a", {});
    Add("b", {"a"});
    Add("c", {"a"});
    Add("d", {"b", "c"});
    Add("e", {});
    manifest_.BuildMaps();
    graph_ = std::make_unique<Graph>(manifest_);
  }

  void Add(const std::string& id, std::vector<std::string> parents) {
    Node node;
    node.unique_id = id;
    node.depends_on_nodes = std::move(parents);
    manifest_.nodes.emplace(id, std::move(node));
  }

  static bool Fails(const NodeResult& result) { return result.status == NodeStatus::kError; }

  Manifest manifest_;
  std::unique_ptr<Graph> graph_;
};

TEST_F(SchedulerTest, ParentsComeFirst) {
  for (int threads : {1, 4}) {
    Scheduler scheduler(*graph_, {"a", "b", "c", "d", "e"}, threads);
    std::mutex mutex;
    std::vector<std::string> finished;
    auto results = scheduler.Run(
        [&](const std::string& id, const NodeResult*) {
          for (const auto& parent : manifest_.nodes.at(id).depends_on_nodes) {
            std::lock_guard<std::mutex> lock(mutex);
            EXPECT_THAT(finished, testing::Contains(parent));
          }
          NodeResult result;
          result.unique_id = id;
          std::lock_guard<std::mutex> lock(mutex);
          finished.push_back(id);
          return result;
        },
        Fails);
    EXPECT_EQ(results.size(), 5u);
  }
}

TEST_F(SchedulerTest, WhatIsNotSelectedStillOrders) {
  Scheduler scheduler(*graph_, {"a", "d"}, 4);
  std::vector<std::string> order;
  scheduler.Run(
      [&](const std::string& id, const NodeResult*) {
        order.push_back(id);
        return NodeResult{};
      },
      Fails);
  EXPECT_THAT(order, testing::ElementsAre("a", "d"));
}

TEST_F(SchedulerTest, AFailureSkipsWhatIsDownstream) {
  Scheduler scheduler(*graph_, {"a", "b", "c", "d", "e"}, 2);
  std::map<std::string, std::string> causes;
  std::mutex mutex;
  scheduler.Run(
      [&](const std::string& id, const NodeResult* cause) {
        std::lock_guard<std::mutex> lock(mutex);
        causes[id] = cause ? cause->unique_id : "";
        NodeResult result;
        result.unique_id = id;
        result.status = cause       ? NodeStatus::kSkipped
                        : id == "b" ? NodeStatus::kError
                                    : NodeStatus::kSuccess;
        return result;
      },
      Fails);
  EXPECT_EQ(causes["d"], "b");
  EXPECT_EQ(causes["c"], "");
  EXPECT_EQ(causes["e"], "");
}

TEST_F(SchedulerTest, StopKeepsTheRestFromBeginning) {
  Scheduler scheduler(*graph_, {"a", "b", "c", "d"}, 2);
  auto results = scheduler.Run(
      [&](const std::string& id, const NodeResult*) {
        scheduler.Stop();
        NodeResult result;
        result.unique_id = id;
        return result;
      },
      Fails);
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].unique_id, "a");
}

TEST_F(SchedulerTest, IndependentNodesRunAtOnce) {
  Scheduler scheduler(*graph_, {"b", "c"}, 2);
  std::atomic<int> running{0};
  scheduler.Run(
      [&](const std::string&, const NodeResult*) {
        ++running;
        // Both must be here before either leaves.
        while (running < 2) std::this_thread::yield();
        return NodeResult{};
      },
      Fails);
  EXPECT_EQ(running, 2);
}

}  // namespace
}  // namespace eider::dbt

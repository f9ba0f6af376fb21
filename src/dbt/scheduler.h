// The order of a run: a pool of threads that takes nodes whose parents are done.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "dbt/graph.h"
#include "dbt/run_results.h"

namespace eider::dbt {

// Runs `work` once for each id. Threads begin only as there is work for them.
class Scheduler {
 public:
  // `skipped_because`: the failure that keeps the node from running, or null.
  using Work = std::function<NodeResult(const std::string& id, const NodeResult* skipped_because)>;

  // `graph` must outlive it. Nodes nearer to the graph's roots come first, then by id.
  Scheduler(const Graph& graph, const std::set<std::string>& ids, int threads);

  // Returns the results in the order in which they came. After a result for which `fails` is true
  // everything downstream of it is skipped. Work must not throw.
  std::vector<NodeResult> Run(const Work& work,
                              const std::function<bool(const NodeResult&)>& fails);

  // Nothing more begins; what runs is waited for. From any thread, `work` included.
  void Stop();

 private:
  void Loop(int number, const Work& work, const std::function<bool(const NodeResult&)>& fails);
  void Finish(const std::string& id, NodeResult result, bool failed);

  const Graph& graph_;
  size_t max_threads_;
  std::unordered_map<std::string, size_t> waiting_for_;  // selected parents not yet done
  std::unordered_map<std::string, std::vector<std::string>> children_;
  std::unordered_map<std::string, int> depth_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<std::pair<int, std::string>> ready_;
  std::map<std::string, NodeResult> skip_causes_;
  std::vector<NodeResult> results_;
  size_t remaining_ = 0;
  size_t idle_ = 0;
  bool stopped_ = false;
};

}  // namespace eider::dbt

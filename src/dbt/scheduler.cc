#include "dbt/scheduler.h"

#include <algorithm>

#include "dbt/events.h"

namespace eider::dbt {

Scheduler::Scheduler(const Graph& graph, const std::set<std::string>& ids, int threads)
    : graph_(graph), max_threads_(static_cast<size_t>(std::max(1, threads))) {
  auto parents = graph.SelectedParents(ids);
  for (const auto& id : graph.TopologicalOrder(ids)) {
    int depth = 0;
    for (const auto& parent : parents[id]) {
      children_[parent].push_back(id);
      depth = std::max(depth, depth_[parent] + 1);
    }
    depth_[id] = depth;
    waiting_for_[id] = parents[id].size();
    if (parents[id].empty()) ready_.emplace(depth, id);
  }
  remaining_ = waiting_for_.size();
}

std::vector<NodeResult> Scheduler::Run(const Work& work,
                                       const std::function<bool(const NodeResult&)>& fails) {
  std::vector<std::thread> threads;
  std::unique_lock<std::mutex> lock(mutex_);
  while (remaining_ > 0 && !stopped_) {
    // One thread more for each node that no idle thread will take.
    while (ready_.size() > idle_ && threads.size() < max_threads_) {
      int number = static_cast<int>(threads.size()) + 1;
      ++idle_;
      threads.emplace_back([this, number, &work, &fails] { Loop(number, work, fails); });
    }
    changed_.wait(lock);
  }
  stopped_ = true;
  changed_.notify_all();
  lock.unlock();
  for (auto& thread : threads) thread.join();
  return std::move(results_);
}

void Scheduler::Loop(int number, const Work& work,
                     const std::function<bool(const NodeResult&)>& fails) {
  SetThreadName("Thread-" + std::to_string(number) + " (worker)");
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopped_ || !ready_.empty(); });
    if (stopped_) return;
    std::string id = ready_.begin()->second;
    ready_.erase(ready_.begin());
    --idle_;
    auto cause = skip_causes_.find(id);
    const NodeResult* skipped_because = cause == skip_causes_.end() ? nullptr : &cause->second;
    lock.unlock();
    NodeResult result = work(id, skipped_because);
    bool failed = fails(result);
    lock.lock();
    ++idle_;
    Finish(id, std::move(result), failed);
  }
}

void Scheduler::Finish(const std::string& id, NodeResult result, bool failed) {
  if (failed) {
    for (const auto& child : graph_.Descendants({id})) {
      if (waiting_for_.contains(child)) skip_causes_.emplace(child, result);
    }
  }
  results_.push_back(std::move(result));
  --remaining_;
  for (const auto& child : children_[id]) {
    if (--waiting_for_[child] == 0) ready_.emplace(depth_[child], child);
  }
  changed_.notify_all();
}

void Scheduler::Stop() {
  std::lock_guard<std::mutex> lock(mutex_);
  stopped_ = true;
  changed_.notify_all();
}

}  // namespace eider::dbt

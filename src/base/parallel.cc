#include "base/parallel.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace eider {

void ParallelFor(size_t count, const std::function<void(size_t)>& work) {
  size_t threads = std::min<size_t>(std::max(1u, std::thread::hardware_concurrency()), count);
  std::atomic<size_t> next = 0;
  std::mutex mutex;
  std::exception_ptr error;
  size_t error_index = count;
  auto run = [&] {
    for (size_t i = next++; i < count; i = next++) {
      try {
        work(i);
      } catch (...) {
        std::lock_guard lock(mutex);
        if (i < error_index) {
          error_index = i;
          error = std::current_exception();
        }
      }
    }
  };
  // A thread costs more than a handful of small files.
  constexpr size_t kWorthAThread = 8;
  std::vector<std::thread> pool;
  if (count >= kWorthAThread) {
    for (size_t i = 1; i < threads; ++i) pool.emplace_back(run);
  }
  run();
  for (auto& thread : pool) thread.join();
  if (error) std::rethrow_exception(error);
}

}  // namespace eider

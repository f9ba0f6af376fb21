// Work spread over the machine's cores.
#pragma once

#include <cstddef>
#include <functional>

namespace eider {

// Calls `work(i)` for every i in [0, count), each once, on up to hardware_concurrency threads, and
// returns when all are done. When calls throw, the rest still run, and the error of the lowest i is
// thrown: the outcome does not depend on timing.
void ParallelFor(size_t count, const std::function<void(size_t)>& work);

}  // namespace eider

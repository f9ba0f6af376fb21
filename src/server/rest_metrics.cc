#include "server/rest_metrics.h"

#include <algorithm>
#include <utility>

namespace eider::server {

namespace {

constexpr size_t kKept = 1000;
// Those of real clients have some kilobytes.
constexpr size_t kLongest = 64 << 10;

}  // namespace

void MetricsReports::Add(MetricsReport report) {
  if (report.report.size() > kLongest) return;
  std::lock_guard<std::mutex> lock(mutex_);
  reports_.push_front(std::move(report));
  if (reports_.size() > kKept) reports_.pop_back();
}

std::vector<MetricsReport> MetricsReports::Latest(size_t count) const {
  std::lock_guard<std::mutex> lock(mutex_);
  auto end = reports_.begin() + static_cast<std::ptrdiff_t>(std::min(count, reports_.size()));
  return {reports_.begin(), end};
}

}  // namespace eider::server

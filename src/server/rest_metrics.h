// Reports of scans and commits that clients send: the latest, to be shown.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "catalog/catalog.h"

namespace eider::server {

struct MetricsReport {
  int64_t received_ms = 0;
  std::string warehouse;
  catalog::TableIdentifier table;
  std::string report;  // JSON, as it came
};

// Safe from any thread.
class MetricsReports {
 public:
  void Add(MetricsReport report);
  // The latest first.
  std::vector<MetricsReport> Latest(size_t count) const;

 private:
  mutable std::mutex mutex_;
  std::deque<MetricsReport> reports_;
};

}  // namespace eider::server

// Figures of the server in the text format of Prometheus.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "server/http_server.h"
#include "server/prometheus_text.h"

namespace eider::server {

class HttpMetrics {
 public:
  HttpMetrics();

  // `route` is a template or another name of few, never a path; `method` any text.
  void Count(std::string_view route, std::string_view method, int status, int64_t micros);

  // All that was counted, with the counts of the server and the state of the process.
  void Write(PrometheusText& text, const HttpServerCounts& server) const;

 private:
  // Upper bounds in microseconds: fine where answers come from a cache, coarse where commits wait.
  static constexpr std::array<int64_t, 16> kBounds = {
      50,     100,    200,     500,     1'000,     2'000,     5'000,      10'000,
      20'000, 50'000, 100'000, 200'000, 1'000'000, 5'000'000, 20'000'000, 60'000'000};

  struct Histogram {
    std::array<uint64_t, kBounds.size() + 1> counts{};
    int64_t total_micros = 0;
  };
  struct Route {
    std::map<int, uint64_t> statuses;
    Histogram latency;
  };

  double started_;  // seconds since 1970
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, Route> routes_;
};

}  // namespace eider::server

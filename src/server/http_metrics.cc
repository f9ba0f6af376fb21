#include "server/http_metrics.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "base/clock.h"

namespace eider::server {

namespace {

constexpr double kMicrosPerSecond = 1e6;

// A client may send any word for a method; only these become names of series.
std::string_view MethodName(std::string_view method) {
  for (std::string_view known : {"GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS"}) {
    if (method == known) return known;
  }
  return "other";
}

double ResidentBytes() {
  std::ifstream file("/proc/self/statm");
  int64_t pages = 0;
  int64_t resident = 0;
  file >> pages >> resident;
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double ProcessorSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / kMicrosPerSecond;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

HttpMetrics::HttpMetrics() : started_(static_cast<double>(NowMicros()) / kMicrosPerSecond) {}

void HttpMetrics::Count(std::string_view route, std::string_view method, int status,
                        int64_t micros) {
  std::pair<std::string, std::string> key(route, MethodName(method));
  size_t bucket = std::lower_bound(kBounds.begin(), kBounds.end(), micros) - kBounds.begin();
  std::lock_guard<std::mutex> lock(mutex_);
  Route& counted = routes_[key];
  ++counted.statuses[status];
  ++counted.latency.counts[bucket];
  counted.latency.total_micros += micros;
}

void HttpMetrics::Write(PrometheusText& text, const HttpServerCounts& server) const {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    text.Family("eider_http_requests_total", "counter", "Requests answered.");
    for (const auto& [name, route] : routes_) {
      for (const auto& [status, count] : route.statuses) {
        text.Sample(
            {{"route", name.first}, {"method", name.second}, {"status", std::to_string(status)}},
            static_cast<double>(count));
      }
    }
    text.Family("eider_http_request_duration_seconds", "histogram",
                "Time from a request's first byte until its answer was sent.");
    for (const auto& [name, route] : routes_) {
      uint64_t count = 0;
      for (size_t i = 0; i <= kBounds.size(); ++i) {
        count += route.latency.counts[i];
        std::string bound =
            i == kBounds.size()
                ? "+Inf"
                : fmt::format("{}", static_cast<double>(kBounds[i]) / kMicrosPerSecond);
        text.Sample({{"route", name.first}, {"method", name.second}, {"le", bound}},
                    static_cast<double>(count), "_bucket");
      }
      PrometheusText::Labels labels = {{"route", name.first}, {"method", name.second}};
      text.Sample(labels, static_cast<double>(route.latency.total_micros) / kMicrosPerSecond,
                  "_sum");
      text.Sample(labels, static_cast<double>(count), "_count");
    }
  }
  text.One("eider_http_connections", "gauge", "Connections open now.",
           static_cast<double>(server.connections));
  text.One("eider_http_connections_accepted_total", "counter", "Connections that were made.",
           static_cast<double>(server.accepted));
  text.One("eider_http_connections_refused_total", "counter", "Connections that were one too many.",
           static_cast<double>(server.refused));
  text.One("eider_http_requests_handling", "gauge", "Requests that are worked on now.",
           static_cast<double>(server.handling));
  text.One("eider_http_requests_waiting", "gauge", "Requests that wait for their turn.",
           static_cast<double>(server.waiting));
  double now = static_cast<double>(NowMicros()) / kMicrosPerSecond;
  text.One("eider_uptime_seconds", "gauge", "Time since the server began.", now - started_);
  text.One("process_start_time_seconds", "gauge", "When the server began, since 1970.", started_);
  text.One("process_resident_memory_bytes", "gauge", "Memory of the process.", ResidentBytes());
  text.One("process_cpu_seconds_total", "counter", "Processor time of the process.",
           ProcessorSeconds());
}

}  // namespace eider::server

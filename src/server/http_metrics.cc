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

void Describe(std::string& out, std::string_view name, std::string_view type,
              std::string_view help) {
  out += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
}

void One(std::string& out, std::string_view name, std::string_view type, std::string_view help,
         double value) {
  Describe(out, name, type, help);
  out += fmt::format("{} {}\n", name, value);
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

std::string HttpMetrics::Text(const HttpServerCounts& server) const {
  std::string out;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    Describe(out, "eider_http_requests_total", "counter", "Requests answered.");
    for (const auto& [name, route] : routes_) {
      for (const auto& [status, count] : route.statuses) {
        out += fmt::format(
            "eider_http_requests_total{{route=\"{}\",method=\"{}\",status=\"{}\"}} {}\n",
            name.first, name.second, status, count);
      }
    }
    Describe(out, "eider_http_request_duration_seconds", "histogram",
             "Time from a request's first byte until its answer was sent.");
    for (const auto& [name, route] : routes_) {
      std::string labels = fmt::format("route=\"{}\",method=\"{}\"", name.first, name.second);
      uint64_t count = 0;
      for (size_t i = 0; i < kBounds.size(); ++i) {
        count += route.latency.counts[i];
        out += fmt::format("eider_http_request_duration_seconds_bucket{{{},le=\"{}\"}} {}\n",
                           labels, static_cast<double>(kBounds[i]) / kMicrosPerSecond, count);
      }
      count += route.latency.counts.back();
      out += fmt::format(
          "eider_http_request_duration_seconds_bucket{{{0},le=\"+Inf\"}} {1}\n"
          "eider_http_request_duration_seconds_sum{{{0}}} {2}\n"
          "eider_http_request_duration_seconds_count{{{0}}} {1}\n",
          labels, count, static_cast<double>(route.latency.total_micros) / kMicrosPerSecond);
    }
  }
  One(out, "eider_http_connections", "gauge", "Connections open now.",
      static_cast<double>(server.connections));
  One(out, "eider_http_connections_accepted_total", "counter", "Connections that were made.",
      static_cast<double>(server.accepted));
  One(out, "eider_http_connections_refused_total", "counter", "Connections that were one too many.",
      static_cast<double>(server.refused));
  One(out, "eider_http_requests_handling", "gauge", "Requests that are worked on now.",
      static_cast<double>(server.handling));
  One(out, "eider_http_requests_waiting", "gauge", "Requests that wait for their turn.",
      static_cast<double>(server.waiting));
  double now = static_cast<double>(NowMicros()) / kMicrosPerSecond;
  One(out, "eider_uptime_seconds", "gauge", "Time since the server began.", now - started_);
  One(out, "process_start_time_seconds", "gauge", "When the server began, since 1970.", started_);
  One(out, "process_resident_memory_bytes", "gauge", "Memory of the process.", ResidentBytes());
  One(out, "process_cpu_seconds_total", "counter", "Processor time of the process.",
      ProcessorSeconds());
  return out;
}

}  // namespace eider::server

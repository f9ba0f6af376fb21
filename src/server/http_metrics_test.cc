#include "server/http_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace eider::server {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string TextOf(const HttpMetrics& metrics, const HttpServerCounts& counts = {}) {
  PrometheusText text;
  metrics.Write(text, counts);
  return text.text();
}

TEST(HttpMetrics, RequestsAreCountedByRouteMethodAndStatus) {
  HttpMetrics metrics;
  metrics.Count("/v1/{prefix}/namespaces", "GET", 200, 40);
  metrics.Count("/v1/{prefix}/namespaces", "GET", 200, 150);
  metrics.Count("/v1/{prefix}/namespaces", "GET", 404, 90'000'000);
  metrics.Count("/healthz", "GET", 200, 10);
  std::string text = TextOf(metrics);
  EXPECT_THAT(text, HasSubstr("eider_http_requests_total{route=\"/v1/{prefix}/namespaces\","
                              "method=\"GET\",status=\"200\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("eider_http_requests_total{route=\"/v1/{prefix}/namespaces\","
                              "method=\"GET\",status=\"404\"} 1\n"));
  std::string bucket =
      "eider_http_request_duration_seconds_bucket{route=\"/v1/{prefix}/namespaces\","
      "method=\"GET\",le=";
  EXPECT_THAT(text, HasSubstr(bucket + "\"5e-05\"} 1\n"));
  EXPECT_THAT(text, HasSubstr(bucket + "\"0.0002\"} 2\n"));
  EXPECT_THAT(text, HasSubstr(bucket + "\"60\"} 2\n"));
  EXPECT_THAT(text, HasSubstr(bucket + "\"+Inf\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("duration_seconds_sum{route=\"/healthz\",method=\"GET\"} 1e-05\n"));
}

TEST(HttpMetrics, ServerAndProcess) {
  HttpMetrics metrics;
  HttpServerCounts counts;
  counts.connections = 7;
  counts.accepted = 12'345'678;
  std::string text = TextOf(metrics, counts);
  EXPECT_THAT(text, HasSubstr("\neider_http_connections 7\n"));
  EXPECT_THAT(text, HasSubstr("\neider_http_connections_accepted_total 12345678\n"));
  EXPECT_THAT(text, HasSubstr("# TYPE process_resident_memory_bytes gauge\n"));
  EXPECT_THAT(text, Not(HasSubstr("process_resident_memory_bytes 0\n")));
}

TEST(HttpMetrics, MethodsThatClientsInventMakeNoSeries) {
  HttpMetrics metrics;
  metrics.Count("other", "X\"} 1\n", 405, 1);
  EXPECT_THAT(TextOf(metrics), HasSubstr("{route=\"other\",method=\"other\",status=\"405\"} 1\n"));
}

}  // namespace
}  // namespace eider::server

#include "server/http_routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/json.h"

namespace eider::server {
namespace {

using ::testing::HasSubstr;

HttpRequest Get(const std::string& path) {
  HttpRequest request;
  request.method = "GET";
  request.path = path;
  request.fields["Host"] = "localhost:8181";
  return request;
}

HttpRoutes Routes() {
  HttpRoutes routes;
  routes.metrics = [] { return "up 1\n"; };
  routes.mounts.push_back({"/iceberg",
                           [](const HttpRequest& request) {
                             HttpResponse response;
                             response.body = "iceberg " + request.path;
                             return response;
                           },
                           [](const HttpRequest& request) -> std::string_view {
                             return request.path == "/iceberg/v1/config" ? "/v1/config" : "";
                           }});
  return routes;
}

HttpResponse Answer(const HttpRoutes& routes, HttpRequest request) {
  return routes.Handle(request);
}

TEST(HttpRoutes, AliveReadyAndMetrics) {
  HttpRoutes routes = Routes();
  bool broken = false;
  routes.checks.push_back({"shop", [&] {
                             if (broken) throw Error(ErrorCode::kIo, "the disk is gone");
                           }});
  EXPECT_EQ(Answer(routes, Get("/healthz")).status, 200);
  EXPECT_EQ(Answer(routes, Get("/readyz")).status, 200);
  EXPECT_EQ(Answer(routes, Get("/metrics")).body, "up 1\n");
  broken = true;
  HttpResponse ready = Answer(routes, Get("/readyz"));
  EXPECT_EQ(ready.status, 503);
  EXPECT_EQ(ParseJson(ready.body, "answer")["warehouses"]["shop"], "the disk is gone");
  EXPECT_EQ(Answer(routes, Get("/healthz")).status, 200);
}

TEST(HttpRoutes, WhoIsLostIsShownTheWay) {
  HttpRoutes routes = Routes();
  EXPECT_EQ(Answer(routes, Get("/")).status, 404);
  routes.start_page = "/ui";
  HttpResponse start = Answer(routes, Get("/"));
  EXPECT_EQ(start.status, 302);
  EXPECT_EQ(start.fields["Location"], "/ui");
  HttpResponse no_prefix = Answer(routes, Get("/v1/config"));
  EXPECT_EQ(no_prefix.status, 404);
  EXPECT_THAT(no_prefix.body, HasSubstr("ends with /iceberg"));
}

TEST(HttpRoutes, HealthIsOnlyRead) {
  HttpRequest request = Get("/healthz");
  request.method = "DELETE";
  HttpResponse response = Answer(Routes(), request);
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(response.fields["Allow"], "GET, HEAD");
}

TEST(HttpRoutes, MountsHaveWhatLiesUnderThem) {
  HttpRoutes routes = Routes();
  EXPECT_EQ(Answer(routes, Get("/iceberg/v1/config")).body, "iceberg /iceberg/v1/config");
  EXPECT_EQ(Answer(routes, Get("/iceberg")).body, "iceberg /iceberg");
  HttpResponse missing = Answer(routes, Get("/icebergs"));
  EXPECT_EQ(missing.status, 404);
  EXPECT_THAT(missing.body, HasSubstr("/icebergs"));
}

TEST(HttpRoutes, RoutesAreNamedByTemplates) {
  HttpRoutes routes = Routes();
  EXPECT_EQ(routes.RouteOf(Get("/healthz")), "/healthz");
  EXPECT_EQ(routes.RouteOf(Get("/iceberg/v1/config")), "/iceberg/v1/config");
  EXPECT_EQ(routes.RouteOf(Get("/iceberg/v1/anything")), "other");
  EXPECT_EQ(routes.RouteOf(Get("/favicon.ico")), "other");
}

TEST(HttpRoutes, WithoutAuthenticationOnlyThisMachineIsAnswered) {
  HttpRoutes routes = Routes();
  routes.only_this_machine = true;
  for (const char* host : {"localhost", "LOCALHOST:1", "127.0.0.1:8181", "[::1]:8181", "[::1]"}) {
    HttpRequest request = Get("/healthz");
    request.fields["Host"] = host;
    EXPECT_EQ(Answer(routes, request).status, 200) << host;
    request.fields["Origin"] = std::string("http://") + host;
    EXPECT_EQ(Answer(routes, request).status, 200) << host;
    request.fields["Origin"] = "https://evil.example";
    EXPECT_EQ(Answer(routes, request).status, 403) << host;
    request.fields["Origin"] = "null";
    EXPECT_EQ(Answer(routes, request).status, 403) << host;
  }
  for (const char* host : {"evil.example", "evil.example:8181", "127.0.0.1.evil.example",
                           "127.evil.example", "localhost.evil.example", "[::2]"}) {
    HttpRequest request = Get("/healthz");
    request.fields["Host"] = host;
    EXPECT_EQ(Answer(routes, request).status, 403) << host;
  }
}

}  // namespace
}  // namespace eider::server

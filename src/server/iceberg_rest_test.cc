#include "server/iceberg_rest.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "base/error_testing.h"
#include "server/rest_testing.h"

namespace eider::server {
namespace {

class IcebergRestTest : public RestTest {};

TEST_F(IcebergRestTest, ConfigTellsPrefixEndpointsAndIdempotency) {
  Json config = Expect(200, SendTo(*rest_, "GET", "/iceberg/v1/config"));
  EXPECT_EQ(config["overrides"]["prefix"], "w");
  EXPECT_EQ(config["idempotency-key-lifetime"], "PT30M");
  auto endpoints = config["endpoints"].get<std::vector<std::string>>();
  EXPECT_THAT(endpoints, testing::Contains("POST /v1/{prefix}/transactions/commit"));
  EXPECT_THAT(endpoints, testing::Not(testing::Contains(testing::HasSubstr("/functions"))));
}

TEST_F(IcebergRestTest, AWarehouseIsKnownByNameOrLocation) {
  for (const std::string& name : {std::string("w"), folder_.path() + "/w", Location("/w/")}) {
    Expect(200, SendTo(*rest_, "GET", "/iceberg/v1/config?warehouse=" + name));
  }
  EXPECT_EQ(ErrorType(404, SendTo(*rest_, "GET", "/iceberg/v1/config?warehouse=x")),
            "NoSuchWarehouseException");
  EXPECT_EQ(ErrorType(404, SendTo(*rest_, "GET", "/iceberg/v1/x/namespaces")),
            "NoSuchWarehouseException");
}

TEST_F(IcebergRestTest, SeveralWarehousesAreServedApart) {
  auto other = catalog::OpenCatalog(folder_.path() + "/o");
  IcebergRest both({{"w", catalog_}, {"with blank", other}});
  Expect(200,
         SendTo(both, "POST", "/iceberg/v1/with%20blank/namespaces", R"({"namespace":["n"]})"));
  Json config = Expect(200, SendTo(both, "GET", "/iceberg/v1/config?warehouse=with+blank"));
  EXPECT_EQ(config["overrides"]["prefix"], "with%20blank");
  Expect(204, SendTo(both, "HEAD", "/iceberg/v1/with%20blank/namespaces/n"));
  Expect(404, SendTo(both, "HEAD", "/iceberg/v1/w/namespaces/n"));
  // Those without a prefix are the first one's.
  Expect(404, SendTo(both, "HEAD", "/iceberg/v1/namespaces/n"));
  EXPECT_EQ(CodeOf([&] {
              IcebergRest({{"w", catalog_}, {"w", other}});
            }),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(CodeOf([&] { IcebergRest({{"tables", catalog_}}); }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(CodeOf([&] { IcebergRest rest(std::vector<IcebergRestWarehouse>{}); }),
            ErrorCode::kInvalidArgument);
}

TEST_F(IcebergRestTest, WhatIsNotOfferedSaysSo) {
  EXPECT_EQ(ErrorType(406, Send("GET", "/namespaces/s/functions")),
            "UnsupportedOperationException");
  EXPECT_EQ(ErrorType(406, SendTo(*rest_, "POST", "/iceberg/v1/oauth/tokens")),
            "UnsupportedOperationException");
  EXPECT_EQ(ErrorType(404, Send("GET", "/nothing/here")), "NotFoundException");
  EXPECT_EQ(ErrorType(404, Send("GET", "/namespaces//tables")), "NotFoundException");
  HttpResponse wrong = Send("PUT", "/namespaces");
  ErrorType(405, wrong);
  EXPECT_EQ(wrong.fields["Allow"], "GET, POST");
}

TEST_F(IcebergRestTest, RoutesAreNamedByTheirTemplates) {
  auto route = [](const std::string& path) {
    HttpRequest request;
    request.path = path;
    return std::string(IcebergRest::RouteOf(request));
  };
  EXPECT_EQ(route("/iceberg/v1/config"), "/v1/config");
  EXPECT_EQ(route("/iceberg/v1/namespaces/a/tables/b"),
            "/v1/{prefix}/namespaces/{namespace}/tables/{table}");
  EXPECT_EQ(route("/iceberg/v1/w/tables/rename"), "/v1/{prefix}/tables/rename");
  EXPECT_EQ(route("/elsewhere"), "");
}

TEST_F(IcebergRestTest, NoMalformedRequestIsAFaultOfTheServer) {
  CreateNamespace("s");
  CreateTable("t");
  std::string deep(100'000, '[');
  for (const std::string& body :
       {std::string(), std::string("{"), std::string("[]"), std::string("null"), std::string("7"),
        std::string("{\"name\":\"\xff\"}"), deep, "{\"schema\":" + deep,
        std::string(R"({"name":5,"schema":{},"namespace":"x","updates":"x","source":[]})"),
        std::string(R"({"name":"n","schema":{"fields":[{"id":"x"}]},"namespace":[1],"updates":7,
                        "metadata-location":7,"view-version":[],"table-changes":[{}]})"),
        std::string(R"({"name":"","schema":{"type":"struct","fields":[]},"namespace":[""],
                        "table-changes":[7],"updates":[null],"requirements":"x"})")}) {
    for (const char* path :
         {"/namespaces", "/namespaces/s/properties", "/namespaces/s/tables",
          "/namespaces/s/tables/t", "/namespaces/s/register", "/namespaces/s/views",
          "/namespaces/s/views/v", "/namespaces/s/register-view", "/tables/rename", "/views/rename",
          "/transactions/commit", "/namespaces/s/tables/t/metrics"}) {
      HttpResponse response = Send("POST", path, body);
      EXPECT_GE(response.status, 400) << path << " " << body.substr(0, 80);
      EXPECT_LT(response.status, 500) << path << " " << response.body;
    }
  }
  for (const char* path :
       {"/namespaces/%", "/namespaces/%zz", "/namespaces/%ff", "/namespaces/%00",
        "/namespaces/s/tables/a%0Ab", "/namespaces?pageSize=0", "/namespaces?pageSize=x",
        "/namespaces?pageToken=zz", "/namespaces/s/tables?pageToken=abc&pageSize=1",
        "/namespaces/s/tables/t?snapshots=some", "/namespaces/%1F/tables"}) {
    EXPECT_EQ(ErrorType(400, Send("GET", path)), "BadRequestException") << path;
  }
}

}  // namespace
}  // namespace eider::server

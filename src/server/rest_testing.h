// What the tests of the REST routes share: a warehouse in a folder of its own, and a client that
// talks to it without a network.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "base/json.h"
#include "base/temporary_folder.h"
#include "catalog/open_catalog.h"
#include "io/file_system.h"
#include "server/iceberg_rest.h"
#include "server/principal.h"

namespace eider::server {

class RestTest : public testing::Test {
 protected:
  void SetUp() override { Restart(); }

  // As after a crash: nothing is left but the files.
  void Restart() {
    rest_.reset();
    catalog_ = catalog::OpenCatalog(folder_.path() + "/w", {.name = "w"});
    rest_ = std::make_unique<IcebergRest>(std::vector<IcebergRestWarehouse>{{"w", catalog_}});
  }

  // `path` follows the prefix: "/namespaces?pageSize=1".
  HttpResponse Send(const std::string& method, const std::string& path,
                    const std::string& body = "", const HttpFields& fields = {}) {
    return SendTo(*rest_, method, "/iceberg/v1/w" + path, body, fields, principal_);
  }

  static HttpResponse SendTo(IcebergRest& rest, const std::string& method, const std::string& path,
                             const std::string& body = "", const HttpFields& fields = {},
                             std::shared_ptr<const Principal> principal = nullptr) {
    HttpRequest request;
    request.method = method;
    size_t question = std::min(path.find('?'), path.size());
    request.path = path.substr(0, question);
    if (question < path.size()) request.query = path.substr(question + 1);
    request.body = body;
    request.fields = fields;
    request.principal = principal ? principal : Principal::Anonymous();
    return rest.Handle(request);
  }

  // The body of an answer that must have that status.
  Json Expect(int status, const HttpResponse& response) {
    EXPECT_EQ(response.status, status) << response.body;
    return response.body.empty() ? Json() : Json::parse(response.body);
  }

  // The type of the error in an answer that must have that status.
  std::string ErrorType(int status, const HttpResponse& response) {
    Json body = Expect(status, response);
    EXPECT_EQ(body["error"]["code"], status);
    EXPECT_FALSE(body["error"]["message"].get<std::string>().empty());
    return body["error"]["type"];
  }

  std::string ErrorMessage(const HttpResponse& response) {
    return Json::parse(response.body)["error"]["message"];
  }

  void CreateNamespace(const std::string& name) {
    Expect(200, Send("POST", "/namespaces", R"({"namespace":[")" + name + R"("]})"));
  }

  static std::string NewTable(const std::string& name, const std::string& more = "") {
    return R"({"name":")" + name + R"(","schema":{"type":"struct","fields":[
        {"id":5,"name":"id","type":"long","required":true},
        {"id":9,"name":"data","type":"string","required":false}]})" +
           more + "}";
  }

  // A table s.<name>; the answer.
  Json CreateTable(const std::string& name, const std::string& more = "") {
    return Expect(200, Send("POST", "/namespaces/s/tables", NewTable(name, more)));
  }

  static std::string SetProperty(const std::string& key, const std::string& value) {
    return R"({"requirements":[],"updates":[{"action":"set-properties","updates":{")" + key +
           R"(":")" + value + R"("}}]})";
  }

  std::string Location(const std::string& path) { return "file://" + folder_.path() + path; }

  // Who asks, in Send; nullptr: somebody who may do everything.
  std::shared_ptr<const Principal> principal_;
  TemporaryFolder folder_;
  std::shared_ptr<catalog::Catalog> catalog_;
  std::unique_ptr<IcebergRest> rest_;
};

}  // namespace eider::server

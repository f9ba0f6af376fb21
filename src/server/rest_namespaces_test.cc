#include "server/rest_namespaces.h"

#include "server/rest_testing.h"

namespace eider::server {
namespace {

class RestNamespacesTest : public RestTest {};

TEST_F(RestNamespacesTest, AreCreatedLoadedAndDropped) {
  Json created = Expect(
      200, Send("POST", "/namespaces", R"({"namespace":["s"],"properties":{"owner":"Ada"}})"));
  EXPECT_EQ(created["namespace"], Json({"s"}));
  EXPECT_EQ(created["properties"]["owner"], "Ada");
  Json loaded = Expect(200, Send("GET", "/namespaces/s"));
  EXPECT_EQ(loaded["properties"]["owner"], "Ada");
  EXPECT_TRUE(std::string(loaded["properties"]["location"]).ends_with("/s")) << loaded.dump();
  Expect(204, Send("HEAD", "/namespaces/s"));
  EXPECT_EQ(ErrorType(409, Send("POST", "/namespaces", R"({"namespace":["s"]})")),
            "AlreadyExistsException");
  CreateTable("t");
  EXPECT_EQ(ErrorType(409, Send("DELETE", "/namespaces/s")), "NamespaceNotEmptyException");
  Expect(204, Send("DELETE", "/namespaces/s/tables/t"));
  Expect(204, Send("DELETE", "/namespaces/s"));
  EXPECT_EQ(ErrorType(404, Send("DELETE", "/namespaces/s")), "NoSuchNamespaceException");
  EXPECT_EQ(ErrorType(404, Send("GET", "/namespaces/s")), "NoSuchNamespaceException");
  EXPECT_EQ(Send("HEAD", "/namespaces/s").status, 404);
}

TEST_F(RestNamespacesTest, NestAndAreListedLevelByLevel) {
  Expect(200, Send("POST", "/namespaces", R"({"namespace":["a","b","c"]})"));
  CreateNamespace("z");
  Json top = Expect(200, Send("GET", "/namespaces"));
  EXPECT_EQ(top["namespaces"], Json::parse(R"([["a"],["z"]])"));
  EXPECT_TRUE(top["next-page-token"].is_null());
  EXPECT_EQ(Expect(200, Send("GET", "/namespaces?parent=a"))["namespaces"],
            Json::parse(R"([["a","b"]])"));
  EXPECT_EQ(Expect(200, Send("GET", "/namespaces?parent=a%1Fb"))["namespaces"],
            Json::parse(R"([["a","b","c"]])"));
  EXPECT_EQ(Expect(200, Send("GET", "/namespaces?parent=a%1Fb%1Fc"))["namespaces"], Json::array());
  EXPECT_EQ(ErrorType(404, Send("GET", "/namespaces?parent=x")), "NoSuchNamespaceException");
  Expect(204, Send("HEAD", "/namespaces/a%1Fb"));
  EXPECT_EQ(ErrorType(409, Send("DELETE", "/namespaces/a%1Fb")), "NamespaceNotEmptyException");
}

TEST_F(RestNamespacesTest, AreListedInPages) {
  for (const char* name : {"c", "a", "b"}) CreateNamespace(name);
  Json first = Expect(200, Send("GET", "/namespaces?pageToken=&pageSize=2"));
  EXPECT_EQ(first["namespaces"], Json::parse(R"([["a"],["b"]])"));
  std::string token = first["next-page-token"];
  Json second = Expect(200, Send("GET", "/namespaces?pageSize=2&pageToken=" + token));
  EXPECT_EQ(second["namespaces"], Json::parse(R"([["c"]])"));
  EXPECT_TRUE(second["next-page-token"].is_null());
}

TEST_F(RestNamespacesTest, PropertiesAreSetAndRemoved) {
  Expect(200, Send("POST", "/namespaces", R"({"namespace":["s"],"properties":{"a":"1","b":"2"}})"));
  Json answer = Expect(200, Send("POST", "/namespaces/s/properties",
                                 R"({"removals":["a","x"],"updates":{"b":"3","c":"4"}})"));
  EXPECT_EQ(answer["updated"], Json({"b", "c"}));
  EXPECT_EQ(answer["removed"], Json::array({"a"}));
  EXPECT_EQ(answer["missing"], Json::array({"x"}));
  Json properties = Expect(200, Send("GET", "/namespaces/s"))["properties"];
  properties.erase("location");
  EXPECT_EQ(properties, Json::parse(R"({"b":"3","c":"4"})"));
  EXPECT_EQ(ErrorType(422, Send("POST", "/namespaces/s/properties",
                                R"({"removals":["a"],"updates":{"a":"3"}})")),
            "UnprocessableEntityException");
  EXPECT_EQ(ErrorType(404, Send("POST", "/namespaces/x/properties", R"({"updates":{"a":"3"}})")),
            "NoSuchNamespaceException");
  // One whose last property goes remains.
  Expect(200, Send("POST", "/namespaces/s/properties", R"({"removals":["b","c"]})"));
  Expect(204, Send("HEAD", "/namespaces/s"));
  ErrorType(400, Send("POST", "/namespaces/s/properties", R"({"updates":{"exists":"no"}})"));
}

TEST_F(RestNamespacesTest, NamesThatTheStoreCannotTellApartAreRefused) {
  EXPECT_EQ(ErrorType(400, Send("POST", "/namespaces", R"({"namespace":["a.b"]})")),
            "IllegalArgumentException");
  EXPECT_EQ(ErrorType(400, Send("POST", "/namespaces", R"({"namespace":[]})")),
            "BadRequestException");
  CreateNamespace("a/b %");
  Expect(204, Send("HEAD", "/namespaces/a%2Fb%20%25"));
}

}  // namespace
}  // namespace eider::server

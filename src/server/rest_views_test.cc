#include "server/rest_views.h"

#include "server/rest_testing.h"

namespace eider::server {
namespace {

class RestViewsTest : public RestTest {
 protected:
  void SetUp() override {
    RestTest::SetUp();
    CreateNamespace("s");
  }

  static std::string Version(const std::string& sql, int schema_id = 0) {
    return R"({"version-id":1,"schema-id":)" + std::to_string(schema_id) +
           R"(,"timestamp-ms":1573518431292,"summary":{"engine-name":"x"},"representations":[
           {"type":"sql","sql":")" +
           sql + R"(","dialect":"duckdb"}],"default-namespace":["s"]})";
  }
  static std::string NewView(const std::string& name) {
    return R"({"name":")" + name + R"(","schema":{"type":"struct","fields":[
        {"id":1,"name":"a","type":"int","required":false}]},"view-version":)" +
           Version("SELECT 1 AS a") + R"(,"properties":{"k":"v"}})";
  }
  Json Create(const std::string& name) {
    return Expect(200, Send("POST", "/namespaces/s/views", NewView(name)));
  }
};

TEST_F(RestViewsTest, AreCreatedLoadedReplacedAndDropped) {
  Json created = Create("v");
  const Json& metadata = created["metadata"];
  EXPECT_EQ(metadata["current-version-id"], 1);
  EXPECT_EQ(metadata["versions"][0]["representations"][0]["sql"], "SELECT 1 AS a");
  EXPECT_EQ(metadata["version-log"][0]["timestamp-ms"], 1573518431292);
  EXPECT_EQ(metadata["properties"]["k"], "v");
  EXPECT_EQ(Expect(200, Send("GET", "/namespaces/s/views/v")), created);
  Expect(204, Send("HEAD", "/namespaces/s/views/v"));
  std::string uuid = metadata["view-uuid"];
  auto replace = [&](const std::string& expected, const std::string& sql) {
    return Send("POST", "/namespaces/s/views/v",
                R"({"requirements":[{"type":"assert-view-uuid","uuid":")" + expected +
                    R"("}],"updates":[{"action":"add-view-version","view-version":)" +
                    Version(sql) +
                    R"(},{"action":"set-current-view-version","view-version-id":-1}]})");
  };
  EXPECT_EQ(ErrorType(409, replace("another", "SELECT 2 AS a")), "CommitFailedException");
  Json replaced = Expect(200, replace(uuid, "SELECT 2 AS a"))["metadata"];
  EXPECT_EQ(replaced["current-version-id"], 2);
  EXPECT_EQ(replaced["versions"].size(), 2U);
  // A version that is there already is taken again.
  Json back = Expect(200, replace(uuid, "SELECT 1 AS a"))["metadata"];
  EXPECT_EQ(back["current-version-id"], 1);
  EXPECT_EQ(back["versions"].size(), 2U);
  EXPECT_EQ(back["version-log"].size(), 3U);
  Expect(204, Send("DELETE", "/namespaces/s/views/v"));
  EXPECT_EQ(ErrorType(404, Send("GET", "/namespaces/s/views/v")), "NoSuchViewException");
  EXPECT_EQ(ErrorType(404, replace(uuid, "SELECT 3 AS a")), "NoSuchViewException");
}

TEST_F(RestViewsTest, ShareTheirNamesWithTables) {
  CreateTable("t");
  Create("v");
  HttpResponse view = Send("POST", "/namespaces/s/views", NewView("t"));
  EXPECT_EQ(ErrorType(409, view), "AlreadyExistsException");
  EXPECT_EQ(ErrorMessage(view), "Table with same name already exists: s.t");
  HttpResponse table = Send("POST", "/namespaces/s/tables", NewTable("v"));
  EXPECT_EQ(ErrorMessage(table), "View with same name already exists: s.v");
  EXPECT_EQ(ErrorType(404, Send("GET", "/namespaces/s/tables/v")), "NoSuchTableException");
  EXPECT_EQ(ErrorType(404, Send("POST", "/namespaces/s/tables/v", SetProperty("k", "v"))),
            "NoSuchTableException");
  EXPECT_EQ(ErrorType(404, Send("DELETE", "/namespaces/s/views/t")), "NoSuchViewException");
  Json views = Expect(200, Send("GET", "/namespaces/s/views"));
  EXPECT_EQ(views["identifiers"], Json::parse(R"([{"namespace":["s"],"name":"v"}])"));
}

TEST_F(RestViewsTest, AreRenamedAndRegistered) {
  Json view = Create("v");
  Expect(204, Send("POST", "/views/rename", R"({"source":{"namespace":["s"],"name":"v"},
      "destination":{"namespace":["s"],"name":"w"}})"));
  EXPECT_EQ(Expect(200, Send("GET", "/namespaces/s/views/w"))["metadata-location"],
            view["metadata-location"]);
  EXPECT_EQ(ErrorType(404, Send("POST", "/views/rename",
                                R"({"source":{"namespace":["s"],"name":"v"},
                                    "destination":{"namespace":["s"],"name":"x"}})")),
            "NoSuchViewException");
  Expect(204, Send("DELETE", "/namespaces/s/views/w"));
  std::string location = view["metadata-location"];
  Json again = Expect(200, Send("POST", "/namespaces/s/register-view",
                                R"({"name":"y","metadata-location":")" + location + "\"}"));
  EXPECT_EQ(again["metadata"], view["metadata"]);
}

TEST_F(RestViewsTest, OneDialectHasOneQuery) {
  std::string body = NewView("v");
  std::string one = R"({"type":"sql","sql":"SELECT 1 AS a","dialect":"duckdb"})";
  body.replace(body.find(R"({"type":"sql")"), one.size(),
               one + R"(,{"type":"sql","sql":"SELECT 2 AS a","dialect":"DuckDB"})");
  HttpResponse response = Send("POST", "/namespaces/s/views", body);
  ErrorType(400, response);
  Expect(404, Send("HEAD", "/namespaces/s/views/v"));
}

}  // namespace
}  // namespace eider::server

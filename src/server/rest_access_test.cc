#include "server/rest_access.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "base/text.h"
#include "server/rest_route.h"
#include "server/rest_testing.h"

namespace eider::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// Two namespaces, a and b, with a table t and a view v each.
class RestAccessTest : public RestTest {
 protected:
  void SetUp() override {
    RestTest::SetUp();
    for (const char* name : {"a", "b"}) {
      CreateNamespace(name);
      Expect(200, Send("POST", std::string("/namespaces/") + name + "/tables", NewTable("t")));
      Expect(200, Send("POST", std::string("/namespaces/") + name + "/views", NewView("v")));
    }
  }

  void Be(const std::vector<std::string>& grants) {
    std::vector<Grant> parsed(grants.begin(), grants.end());
    principal_ = std::make_shared<const Principal>("token:x", parsed);
  }

  static std::string NewView(const std::string& name) {
    return R"({"name":")" + name + R"(","schema":{"type":"struct","fields":[]},"view-version":{
        "version-id":1,"schema-id":0,"timestamp-ms":1,"summary":{},"representations":[
        {"type":"sql","sql":"SELECT 1","dialect":"duckdb"}],"default-namespace":["a"]},
        "properties":{}})";
  }

  static std::string Rename(const std::string& from, const std::string& to) {
    auto identifier = [](const std::string& text) {
      return R"({"namespace":[")" + text.substr(0, 1) + R"("],"name":")" + text.substr(2) + "\"}";
    };
    return R"({"source":)" + identifier(from) + R"(,"destination":)" + identifier(to) + "}";
  }

  static std::string Transaction(const std::vector<std::string>& namespaces) {
    std::vector<std::string> changes;
    for (const std::string& name : namespaces) {
      changes.push_back(R"({"identifier":{"namespace":[")" + name + R"("],"name":"t"},
          "requirements":[],"updates":[{"action":"set-properties","updates":{"k":"v"}}]})");
    }
    return R"({"table-changes":[)" + Join(changes, ",") + "]}";
  }

  // A request that is whole, for namespace `name`, to each route that is offered.
  HttpResponse Ask(const RestRoute& route, const std::string& name) {
    std::string path(route.path);
    for (const auto& [from, to] :
         std::vector<std::pair<std::string, std::string>>{{"/v1/{prefix}", ""},
                                                          {"{namespace}", name},
                                                          {"{table}", "t"},
                                                          {"{view}", "v"},
                                                          {"{plan-id}", "p"}}) {
      path = ReplaceAll(path, from, to);
    }
    EXPECT_THAT(path, Not(HasSubstr("{"))) << "this test does not know the route";
    std::string body = "{}";
    std::string root = Location("/w/" + name);
    if (path == "/namespaces") body = R"({"namespace":[")" + name + R"(","new"]})";
    if (path.ends_with("/properties")) body = R"({"updates":{"k":"v"}})";
    if (path.ends_with("/tables")) body = NewTable("new");
    if (path.ends_with("/views")) body = NewView("new");
    if (path.ends_with("/tables/t")) body = SetProperty("k", "v");
    if (path.ends_with("/views/v")) body = SetProperty("k", "v");
    if (path.ends_with("/metrics")) body = R"({"report-type":"scan-report"})";
    if (path.find("/register") != std::string::npos) {
      body = R"({"name":"new","metadata-location":")" + root + R"(/x.metadata.json"})";
    }
    if (path == "/tables/rename") body = Rename(name + ".t", name + ".u");
    if (path == "/views/rename") body = Rename(name + ".v", name + ".w");
    if (path == "/transactions/commit") body = Transaction({name});
    return Send(std::string(route.method), path, body);
  }

  std::string At(const RestRoute& route) {
    return std::string(route.method) + " " + std::string(route.path);
  }
};

TEST_F(RestAccessTest, EveryRouteSaysWhatItNeeds) {
  for (const RestRoute& route : RestRoutes()) {
    if (route.path == "/v1/oauth/tokens") continue;
    EXPECT_NE(route.needs, Needs::kUndecided) << At(route);
  }
}

// Whatever is added to the table of routes has to be known here too.
TEST_F(RestAccessTest, WithoutARightEveryRouteRefuses) {
  for (const auto& grants : {std::vector<std::string>{"admin:w/b"}, {"admin:v", "read:w/b/t"}}) {
    Be(grants);
    for (const RestRoute& route : RestRoutes()) {
      // Without a namespace in the path there is something to see: that is tested below.
      if (route.handler == nullptr || At(route) == "GET /v1/{prefix}/namespaces") continue;
      EXPECT_EQ(ErrorType(403, Ask(route, "a")), "ForbiddenException") << At(route);
    }
  }
  Be({"admin:v"});
  for (const RestRoute& route : RestRoutes()) {
    if (route.handler == nullptr) continue;
    EXPECT_EQ(ErrorType(404, Ask(route, "a")), "NoSuchWarehouseException") << At(route);
  }
}

TEST_F(RestAccessTest, ReadingChangesNothing) {
  Be({"read"});
  for (const RestRoute& route : RestRoutes()) {
    if (route.handler == nullptr) continue;
    bool reads =
        route.method == "GET" || route.method == "HEAD" || route.path.ends_with("/metrics");
    // Signing depends on what is to be signed: see rest_signing_test.cc.
    bool plans = route.path.find("/plan") != std::string_view::npos ||
                 route.path.ends_with("/tasks") || route.path.ends_with("/sign");
    int status = Ask(route, "a").status;
    if (plans) {
      EXPECT_NE(status, 403) << At(route);
    } else if (reads) {
      EXPECT_LT(status, 300) << At(route);
    } else {
      EXPECT_EQ(status, 403) << At(route);
    }
  }
}

TEST_F(RestAccessTest, WritingIsAllButTheNamespaceItself) {
  Be({"write:w/a"});
  for (const RestRoute& route : RestRoutes()) {
    if (route.handler == nullptr) continue;
    bool describes = At(route) == "DELETE /v1/{prefix}/namespaces/{namespace}" ||
                     route.path.ends_with("/properties");
    int status = Ask(route, "a").status;
    EXPECT_EQ(status == 403, describes) << At(route) << " " << status;
    EXPECT_LT(status, 500) << At(route);
  }
}

TEST_F(RestAccessTest, AdministeringIsEverything) {
  Be({"admin:w/a"});
  for (const RestRoute& route : RestRoutes()) {
    if (route.handler == nullptr) continue;
    EXPECT_NE(Ask(route, "a").status, 403) << At(route);
  }
}

TEST_F(RestAccessTest, ARefusalDoesNotTellWhetherThereIsSuchAThing) {
  Be({"read:w/b"});
  for (const char* path : {"/namespaces/%s", "/namespaces/%s/tables", "/namespaces/%s/tables/t",
                           "/namespaces/%s/views/v", "/namespaces?parent=%s"}) {
    std::string there = ErrorMessage(Send("GET", ReplaceAll(path, "%s", "a")));
    std::string absent = ErrorMessage(Send("GET", ReplaceAll(path, "%s", "q")));
    EXPECT_EQ(ReplaceAll(absent, "/q", "/a"), there);
  }
  EXPECT_EQ(
      ErrorMessage(Send("POST", "/tables/rename", Rename("a.t", "b.x"))),
      ReplaceAll(ErrorMessage(Send("POST", "/tables/rename", Rename("a.q", "b.x"))), "a/q", "a/t"));
}

TEST_F(RestAccessTest, ListsShowWhatMayBeRead) {
  Expect(200, Send("POST", "/namespaces/a/tables", NewTable("t2")));
  Expect(200, Send("POST", "/namespaces", R"({"namespace":["a","below"]})"));
  auto names = [&](const std::string& path) {
    std::vector<std::string> list;
    Json answer = Expect(200, Send("GET", path));
    for (const Json& item : answer["identifiers"]) list.push_back(item["name"]);
    return list;
  };
  Be({"read:w/a/t", "read:w/a/v*"});
  EXPECT_EQ(Expect(200, Send("GET", "/namespaces"))["namespaces"].dump(), R"([["a"]])");
  EXPECT_EQ(Expect(200, Send("GET", "/namespaces?parent=a"))["namespaces"].dump(), "[]");
  EXPECT_THAT(names("/namespaces/a/tables"), ElementsAre("t"));
  EXPECT_THAT(names("/namespaces/a/views"), ElementsAre("v"));
  Be({"read:w/a/t2"});
  EXPECT_THAT(names("/namespaces/a/tables"), ElementsAre("t2"));
  EXPECT_THAT(names("/namespaces/a/views"), ElementsAre());
  // Pages are as full as if the rest were not there.
  Json page = Expect(200, Send("GET", "/namespaces/a/tables?pageSize=1&pageToken="));
  EXPECT_EQ(page["identifiers"].size(), 1U);
  EXPECT_TRUE(page["next-page-token"].is_null());
  Be({"read:w/*.below"});
  EXPECT_EQ(Expect(200, Send("GET", "/namespaces"))["namespaces"].dump(), R"([["a"],["b"]])");
  EXPECT_EQ(Expect(200, Send("GET", "/namespaces?parent=a"))["namespaces"].dump(),
            R"([["a","below"]])");
}

TEST_F(RestAccessTest, OnlyWarehousesThatMayBeSeenAreThere) {
  auto other = catalog::OpenCatalog(folder_.path() + "/o");
  IcebergRest both({{"w", catalog_}, {"o", other}});
  auto config = [&](const std::string& query, const char* grant) {
    auto principal = std::make_shared<const Principal>("token:x", std::vector<Grant>{Grant(grant)});
    return SendTo(both, "GET", "/iceberg/v1/config" + query, "", {}, principal);
  };
  EXPECT_EQ(Expect(200, config("", "read:o/x"))["overrides"]["prefix"], "o");
  EXPECT_EQ(Expect(200, config("?warehouse=o", "read:o"))["overrides"]["prefix"], "o");
  for (const std::string& name : {std::string("w"), Location("/w"), std::string("none")}) {
    EXPECT_EQ(ErrorType(404, config("?warehouse=" + name, "read:o")), "NoSuchWarehouseException");
  }
  EXPECT_EQ(ErrorType(403, config("", "read:v")), "ForbiddenException");
}

TEST_F(RestAccessTest, ATransactionNeedsARightOnEachOfItsTables) {
  Be({"write:w/a", "read:w/b"});
  EXPECT_EQ(ErrorType(403, Send("POST", "/transactions/commit", Transaction({"a", "b"}))),
            "ForbiddenException");
  Expect(204, Send("POST", "/transactions/commit", Transaction({"a"})));
  for (const auto& [from, to] :
       std::vector<std::pair<std::string, std::string>>{{"a.t", "b.new"}, {"b.t", "a.new"}}) {
    ErrorType(403, Send("POST", "/tables/rename", Rename(from, to)));
  }
}

TEST_F(RestAccessTest, ALocationIsNoWayPastAName) {
  std::string secret = Expect(200, Send("GET", "/namespaces/b/tables/t"))["metadata-location"];
  Expect(200, Send("POST", "/namespaces/b/tables/t/unregister"));
  Be({"admin:w/a"});
  auto add_register = [&](const std::string& location) {
    return Send("POST", "/namespaces/a/register",
                R"({"name":"mine","metadata-location":")" + location + "\"}");
  };
  EXPECT_EQ(ErrorType(403, add_register(secret)), "ForbiddenException");
  auto create = [&](const std::string& location) {
    return Send("POST", "/namespaces/a/tables",
                NewTable("new", R"(,"location":")" + location + "\""));
  };
  for (const char* elsewhere : {"/w/b/t", "/w/b/new", "/w/new", "/w/a", "/w/ab/x"}) {
    EXPECT_EQ(ErrorType(403, create(Location(elsewhere))), "ForbiddenException") << elsewhere;
  }
  EXPECT_EQ(ErrorType(400, create(Location("/w/a/../b/new"))), "BadRequestException");
  auto update = [&](const std::string& update) {
    return Send("POST", "/namespaces/a/tables/t",
                R"({"requirements":[],"updates":[)" + update + "]}");
  };
  auto snapshot = [&](const std::string& list) {
    return update(R"({"action":"add-snapshot","snapshot":{"snapshot-id":1,"sequence-number":1,
        "timestamp-ms":9999999999999,"summary":{"operation":"append"},"schema-id":0,
        "manifest-list":")" +
                  list + "\"}}");
  };
  ErrorType(403, update(R"({"action":"set-location","location":")" + Location("/w/b/x") + "\"}"));
  ErrorType(403, snapshot(Location("/w/b/t/metadata/snap-1.avro")));
  EXPECT_NE(snapshot(Location("/w/a/t/metadata/snap-1.avro")).status, 403);
  ErrorType(403, Send("POST", "/namespaces/a/views",
                      ReplaceAll(NewView("x"), R"("name")",
                                 R"("location":")" + Location("/w/b/x") + R"(","name")")));
  Expect(200, create(Location("/w/a/new")));
  // A right on one table is none on the folder that it shares with others.
  Be({"admin:w/a/mine"});
  ErrorType(403, add_register(Location("/w/a/other/metadata/1.metadata.json")));
  // Who administers the warehouse may do it.
  Be({"admin:w"});
  Expect(200, add_register(secret));
}

TEST_F(RestAccessTest, NobodyIsGivenTheAnswerToAnothersRequest) {
  HttpFields key = {{"Idempotency-Key", "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"}};
  Be({"write:w/a"});
  HttpResponse mine = Send("POST", "/namespaces/a/tables", NewTable("new"), key);
  Expect(200, mine);
  principal_ = std::make_shared<const Principal>("token:y", std::vector<Grant>{Grant("write:w/a")});
  EXPECT_EQ(ErrorType(409, Send("POST", "/namespaces/a/tables", NewTable("new"), key)),
            "AlreadyExistsException");
  principal_ = std::make_shared<const Principal>("token:z", std::vector<Grant>{Grant("write:w/b")});
  ErrorType(403, Send("POST", "/namespaces/a/tables", NewTable("new"), key));
  // Another request with the same key is another's own affair.
  Expect(200, Send("POST", "/namespaces/b/tables", NewTable("new"), key));
  Be({"write:w/a"});
  EXPECT_EQ(Send("POST", "/namespaces/a/tables", NewTable("new"), key).body, mine.body);
  // And who has lost the right is not told again what came of it.
  Be({"read:w/a"});
  ErrorType(403, Send("POST", "/namespaces/a/tables", NewTable("new"), key));
}

TEST_F(RestAccessTest, ARequestOfNobodyIsAFaultOfOurs) {
  HttpRequest request;
  request.method = "GET";
  request.path = "/iceberg/v1/config";
  EXPECT_THROW(rest_->Handle(request), Error);
}

}  // namespace
}  // namespace eider::server

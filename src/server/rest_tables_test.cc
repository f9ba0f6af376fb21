#include "server/rest_tables.h"

#include "server/rest_testing.h"

namespace eider::server {
namespace {

class RestTablesTest : public RestTest {
 protected:
  void SetUp() override {
    RestTest::SetUp();
    CreateNamespace("s");
  }
};

TEST_F(RestTablesTest, ANewTableGetsIdsAndAFolder) {
  Json created = CreateTable("t", R"(,"partition-spec":{"fields":[
      {"source-id":9,"name":"part","transform":"identity"}]},
      "write-order":{"order-id":1,"fields":[{"source-id":5,"transform":"identity",
      "direction":"asc","null-order":"nulls-first"}]},
      "properties":{"k":"v","format-version":"2"})");
  const Json& metadata = created["metadata"];
  EXPECT_EQ(metadata["schemas"][0]["fields"][1]["id"], 2);
  EXPECT_EQ(metadata["partition-specs"][0]["fields"][0]["source-id"], 2);
  EXPECT_EQ(metadata["partition-specs"][0]["fields"][0]["field-id"], 1000);
  EXPECT_EQ(metadata["sort-orders"][0]["fields"][0]["source-id"], 1);
  EXPECT_EQ(metadata["default-sort-order-id"], 1);
  EXPECT_EQ(metadata["properties"], Json::parse(R"({"k":"v"})"));
  EXPECT_EQ(metadata["location"], Location("/w/s/t"));
  EXPECT_TRUE(catalog_->files().Exists(Location("/w/s/t/data")));
  EXPECT_EQ(Expect(200, Send("GET", "/namespaces/s/tables/t")), created);
  Expect(204, Send("HEAD", "/namespaces/s/tables/t"));
  EXPECT_EQ(ErrorType(409, Send("POST", "/namespaces/s/tables", NewTable("t"))),
            "AlreadyExistsException");
  EXPECT_EQ(ErrorType(404, Send("POST", "/namespaces/x/tables", NewTable("t"))),
            "NoSuchNamespaceException");
}

TEST_F(RestTablesTest, AnUnreasonableTableIsRefused) {
  for (const char* more : {
           R"(,"partition-spec":{"fields":[{"source-id":7,"name":"p","transform":"identity"}]})",
           R"(,"properties":{"format-version":"9"})",
           R"(,"properties":{"k":5})",
           R"(,"stage-create":"yes")",
       }) {
    ErrorType(400, Send("POST", "/namespaces/s/tables", NewTable("t", more)));
  }
  EXPECT_EQ(ErrorType(400, Send("POST", "/namespaces/s/tables",
                                R"({"name":"t","schema":{"type":"struct","fields":[
                                    {"id":1,"name":"a","type":"int","required":false},
                                    {"id":1,"name":"b","type":"int","required":false}]}})")),
            "IllegalArgumentException");
  Expect(404, Send("HEAD", "/namespaces/s/tables/t"));
}

TEST_F(RestTablesTest, AStagedTableIsThereOnlyWhenCommitted) {
  Json staged = CreateTable("t", R"(,"stage-create":true)");
  EXPECT_FALSE(staged.contains("metadata-location"));
  EXPECT_TRUE(
      catalog_->files().Exists(staged["metadata"]["location"].get<std::string>() + "/data"));
  EXPECT_EQ(ErrorType(404, Send("GET", "/namespaces/s/tables/t")), "NoSuchTableException");
  Json commit;
  commit["requirements"] = Json::parse(R"([{"type":"assert-create"}])");
  commit["updates"] = Json::parse(R"([{"action":"upgrade-format-version","format-version":2},
      {"action":"set-current-schema","schema-id":-1},
      {"action":"add-spec","spec":{"spec-id":0,"fields":[]}},
      {"action":"set-default-spec","spec-id":-1},
      {"action":"add-sort-order","sort-order":{"order-id":0,"fields":[]}},
      {"action":"set-default-sort-order","sort-order-id":-1}])");
  auto add = [&](const char* action, const char* key, const Json& value) {
    Json update;
    update["action"] = action;
    update[key] = value;
    commit["updates"].insert(commit["updates"].begin(), update);
  };
  add("add-schema", "schema", staged["metadata"]["schemas"][0]);
  add("set-location", "location", staged["metadata"]["location"]);
  add("assign-uuid", "uuid", staged["metadata"]["table-uuid"]);
  Json created = Expect(200, Send("POST", "/namespaces/s/tables/t", commit.dump()));
  EXPECT_EQ(created["metadata"]["table-uuid"], staged["metadata"]["table-uuid"]);
  EXPECT_EQ(created["metadata"]["location"], Location("/w/s/t"));
  HttpResponse again = Send("POST", "/namespaces/s/tables/t", commit.dump());
  EXPECT_EQ(ErrorType(409, again), "CommitFailedException");
  EXPECT_TRUE(ErrorMessage(again).starts_with("Requirement failed: table already exists"));
}

TEST_F(RestTablesTest, AnUnchangedTableIsNotSentAgain) {
  CreateTable("t");
  HttpResponse first = Send("GET", "/namespaces/s/tables/t");
  std::string etag = first.fields["ETag"];
  HttpResponse same = Send("GET", "/namespaces/s/tables/t", "", {{"If-None-Match", etag}});
  EXPECT_EQ(same.status, 304);
  EXPECT_EQ(same.body, "");
  // The same version in another representation is something else.
  HttpResponse refs =
      Send("GET", "/namespaces/s/tables/t?snapshots=refs", "", {{"If-None-Match", etag}});
  EXPECT_EQ(refs.status, 200);
  HttpResponse changed = Send("POST", "/namespaces/s/tables/t", SetProperty("k", "v"));
  EXPECT_NE(changed.fields["ETag"], etag);
  HttpResponse after = Send("GET", "/namespaces/s/tables/t", "", {{"If-None-Match", etag}});
  EXPECT_EQ(after.status, 200);
  EXPECT_EQ(after.fields["ETag"], changed.fields["ETag"]);
}

TEST_F(RestTablesTest, OnlySnapshotsOfRefsAreSentWhereNoMoreIsAskedFor) {
  CreateTable("t");
  auto append = [&](int id, int parent) {
    Json commit = Json::parse(R"({"requirements":[],"updates":[{"action":"add-snapshot"},
        {"action":"set-snapshot-ref","ref-name":"main","type":"branch"}]})");
    Json& snapshot = commit["updates"][0]["snapshot"];
    snapshot = Json::parse(R"({"timestamp-ms":5,"summary":{"operation":"append"},"schema-id":0})");
    snapshot["snapshot-id"] = id;
    snapshot["sequence-number"] = id;
    if (parent > 0) snapshot["parent-snapshot-id"] = parent;
    snapshot["manifest-list"] = Location("/w/s/t/metadata/l.avro");
    commit["updates"][1]["snapshot-id"] = id;
    Expect(200, Send("POST", "/namespaces/s/tables/t", commit.dump()));
  };
  append(1, 0);
  append(2, 1);
  Json all = Expect(200, Send("GET", "/namespaces/s/tables/t?snapshots=all"))["metadata"];
  EXPECT_EQ(all["snapshots"].size(), 2U);
  Json refs = Expect(200, Send("GET", "/namespaces/s/tables/t?snapshots=refs"))["metadata"];
  ASSERT_EQ(refs["snapshots"].size(), 1U);
  EXPECT_EQ(refs["snapshots"][0]["snapshot-id"], 2);
  EXPECT_EQ(refs["snapshot-log"].size(), 2U);
}

TEST_F(RestTablesTest, AreListedInPagesWithoutViews) {
  for (const char* name : {"c", "a", "b"}) CreateTable(name);
  Expect(200, Send("POST", "/namespaces/s/views", R"({"name":"aa","schema":{"type":"struct",
      "fields":[]},"view-version":{"version-id":1,"schema-id":0,"timestamp-ms":1,"summary":{},
      "representations":[{"type":"sql","sql":"SELECT 1","dialect":"duckdb"}],
      "default-namespace":["s"]},"properties":{}})"));
  Json all = Expect(200, Send("GET", "/namespaces/s/tables"));
  ASSERT_EQ(all["identifiers"].size(), 3U);
  EXPECT_EQ(all["identifiers"][0], Json::parse(R"({"namespace":["s"],"name":"a"})"));
  EXPECT_TRUE(all["next-page-token"].is_null());
  Json first = Expect(200, Send("GET", "/namespaces/s/tables?pageToken=&pageSize=2"));
  EXPECT_EQ(first["identifiers"].size(), 2U);
  // What is dropped between two pages shifts nothing.
  Expect(204, Send("DELETE", "/namespaces/s/tables/a"));
  std::string token = first["next-page-token"];
  Json second = Expect(200, Send("GET", "/namespaces/s/tables?pageSize=2&pageToken=" + token));
  ASSERT_EQ(second["identifiers"].size(), 1U);
  EXPECT_EQ(second["identifiers"][0]["name"], "c");
  EXPECT_TRUE(second["next-page-token"].is_null());
  EXPECT_EQ(ErrorType(404, Send("GET", "/namespaces/x/tables")), "NoSuchNamespaceException");
}

TEST_F(RestTablesTest, ADropKeepsTheFilesAndAPurgeDoesNot) {
  std::string kept = CreateTable("t")["metadata-location"];
  std::string purged = CreateTable("u")["metadata-location"];
  Expect(204, Send("DELETE", "/namespaces/s/tables/t"));
  Expect(204, Send("DELETE", "/namespaces/s/tables/u?purgeRequested=true"));
  EXPECT_TRUE(catalog_->files().Exists(kept));
  EXPECT_FALSE(catalog_->files().Exists(purged));
  EXPECT_EQ(ErrorType(404, Send("DELETE", "/namespaces/s/tables/t")), "NoSuchTableException");
  EXPECT_EQ(ErrorType(400, Send("DELETE", "/namespaces/s/tables/t?purgeRequested=perhaps")),
            "BadRequestException");
}

TEST_F(RestTablesTest, ARenameMovesTheNameAlone) {
  CreateNamespace("other");
  Json table = CreateTable("t");
  CreateTable("u");
  auto rename = [&](const std::string& from, const std::string& to, const std::string& to_schema) {
    return Send("POST", "/tables/rename",
                R"({"source":{"namespace":["s"],"name":")" + from +
                    R"("},"destination":{"namespace":[")" + to_schema + R"("],"name":")" + to +
                    R"("}})");
  };
  EXPECT_EQ(ErrorType(409, rename("t", "u", "s")), "AlreadyExistsException");
  EXPECT_EQ(ErrorType(404, rename("x", "y", "s")), "NoSuchTableException");
  EXPECT_EQ(ErrorType(404, rename("t", "y", "nowhere")), "NoSuchNamespaceException");
  Expect(204, rename("t", "v", "other"));
  Json renamed = Expect(200, Send("GET", "/namespaces/other/tables/v"));
  EXPECT_EQ(renamed["metadata-location"], table["metadata-location"]);
  // A new table of the old name does not get the folder.
  EXPECT_NE(CreateTable("t")["metadata"]["location"], table["metadata"]["location"]);
}

TEST_F(RestTablesTest, AnUnregisteredTableCanBeRegistered) {
  std::string first = CreateTable("t")["metadata-location"];
  Json last = Expect(200, Send("POST", "/namespaces/s/tables/t", SetProperty("k", "v")));
  EXPECT_EQ(Expect(200, Send("POST", "/namespaces/s/tables/t/unregister")), last);
  Expect(404, Send("HEAD", "/namespaces/s/tables/t"));
  auto body = [](const std::string& location, const std::string& more = "") {
    return R"({"name":"r","metadata-location":")" + location + "\"" + more + "}";
  };
  std::string location = last["metadata-location"];
  EXPECT_EQ(Expect(200, Send("POST", "/namespaces/s/register", body(location))), last);
  EXPECT_EQ(ErrorType(409, Send("POST", "/namespaces/s/register", body(location))),
            "AlreadyExistsException");
  Json back =
      Expect(200, Send("POST", "/namespaces/s/register", body(first, R"(,"overwrite":true)")));
  EXPECT_EQ(back["metadata-location"], first);
  Json next = Expect(200, Send("POST", "/namespaces/s/tables/r", SetProperty("k", "w")));
  EXPECT_EQ(next["metadata"]["properties"]["k"], "w");
  EXPECT_EQ(ErrorType(404, Send("POST", "/namespaces/s/register",
                                R"({"name":"x","metadata-location":")" +
                                    Location("/w/s/t/metadata/none.json") + "\"}")),
            "NotFoundException");
}

TEST_F(RestTablesTest, TwoNamesNeverShareAFolder) {
  Json table = CreateTable("t");
  std::string location = table["metadata"]["location"];
  std::string metadata = table["metadata-location"];
  ErrorType(400, Send("POST", "/namespaces/s/register",
                      R"({"name":"r","metadata-location":")" + metadata + "\"}"));
  for (const std::string& taken : {location, location + "/", location + "/inner", Location("/w/s"),
                                   "file:" + io::LocalPath(location), io::LocalPath(location)}) {
    HttpResponse response =
        Send("POST", "/namespaces/s/tables", NewTable("u", R"(,"location":")" + taken + "\""));
    EXPECT_EQ(ErrorType(400, response), "IllegalArgumentException") << taken;
  }
}

TEST_F(RestTablesTest, TablesBelowATableOfTheSameNameLieApart) {
  Expect(200, Send("POST", "/namespaces", R"({"namespace":["s","t"]})"));
  CreateTable("t");
  Json inner = Expect(200, Send("POST", "/namespaces/s%1Ft/tables", NewTable("u")));
  EXPECT_FALSE(inner["metadata"]["location"].get<std::string>().starts_with(Location("/w/s/t/")));
  Expect(204, Send("DELETE", "/namespaces/s/tables/t?purgeRequested=true"));
  Expect(200, Send("GET", "/namespaces/s%1Ft/tables/u"));
}

TEST_F(RestTablesTest, ATableWhoseMetadataIsGoneIsNotFound) {
  std::string location = CreateTable("t")["metadata-location"];
  catalog_->files().Remove(location);
  HttpResponse response = Send("GET", "/namespaces/s/tables/t");
  EXPECT_EQ(ErrorType(404, response), "NotFoundException");
  EXPECT_EQ(ErrorMessage(response), "Failed to open input stream for file: " + location);
}

TEST_F(RestTablesTest, ReportsAreKeptAndCredentialsAreNone) {
  CreateTable("t");
  Expect(204, Send("POST", "/namespaces/s/tables/t/metrics",
                   R"({"report-type":"scan-report","table-name":"t"})"));
  ASSERT_EQ(rest_->LatestMetrics(10).size(), 1U);
  EXPECT_EQ(rest_->LatestMetrics(10)[0].table.name, "t");
  ErrorType(400, Send("POST", "/namespaces/s/tables/t/metrics", R"({"report-type":"x"})"));
  ErrorType(404,
            Send("POST", "/namespaces/s/tables/x/metrics", R"({"report-type":"scan-report"})"));
  EXPECT_EQ(Expect(200, Send("GET", "/namespaces/s/tables/t/credentials"))["storage-credentials"],
            Json::array());
}

}  // namespace
}  // namespace eider::server

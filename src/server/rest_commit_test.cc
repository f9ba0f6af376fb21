#include "server/rest_commit.h"

#include "server/rest_testing.h"

namespace eider::server {
namespace {

class RestCommitTest : public RestTest {
 protected:
  void SetUp() override {
    RestTest::SetUp();
    CreateNamespace("s");
    table_ = CreateTable("t");
  }

  HttpResponse Commit(const std::string& requirements, const std::string& updates,
                      const std::string& table = "t") {
    return Send("POST", "/namespaces/s/tables/" + table,
                R"({"requirements":[)" + requirements + R"(],"updates":[)" + updates + "]}");
  }
  std::string Property(const std::string& table, const std::string& key) {
    Json loaded = Expect(200, Send("GET", "/namespaces/s/tables/" + table));
    return loaded["metadata"]["properties"].value(key, std::string());
  }

  Json table_;
  const std::string set_ = R"({"action":"set-properties","updates":{"k":"v"}})";
};

TEST_F(RestCommitTest, ACommitWhoseRequirementsHoldLands) {
  std::string uuid = table_["metadata"]["table-uuid"];
  Json updated = Expect(200, Commit(R"({"type":"assert-table-uuid","uuid":")" + uuid +
                                        R"("},{"type":"assert-current-schema-id",
                                        "current-schema-id":0},{"type":"assert-ref-snapshot-id",
                                        "ref":"main","snapshot-id":null})",
                                    set_));
  EXPECT_EQ(updated["metadata"]["properties"]["k"], "v");
  EXPECT_EQ(updated["metadata"]["metadata-log"][0]["metadata-file"], table_["metadata-location"]);
}

TEST_F(RestCommitTest, ACommitWhoseRequirementsFailChangesNothing) {
  struct Case {
    const char* requirement;
    const char* message;
  };
  for (const Case& c : {
           Case{R"({"type":"assert-table-uuid","uuid":"x"})", "UUID does not match"},
           Case{R"({"type":"assert-current-schema-id","current-schema-id":7})",
                "current schema changed: expected id 7 != 0"},
           Case{R"({"type":"assert-last-assigned-field-id","last-assigned-field-id":7})",
                "last assigned field id changed: expected id 7 != 2"},
           Case{R"({"type":"assert-last-assigned-partition-id",
                    "last-assigned-partition-id":7})",
                "last assigned partition id changed"},
           Case{R"({"type":"assert-default-spec-id","default-spec-id":7})",
                "default partition spec changed"},
           Case{R"({"type":"assert-default-sort-order-id","default-sort-order-id":7})",
                "default sort order changed"},
           Case{R"({"type":"assert-ref-snapshot-id","ref":"main","snapshot-id":7})",
                "branch or tag main is missing"},
       }) {
    HttpResponse response = Commit(c.requirement, set_);
    EXPECT_EQ(ErrorType(409, response), "CommitFailedException");
    EXPECT_TRUE(ErrorMessage(response).starts_with(std::string("Requirement failed: ") + c.message))
        << response.body;
  }
  EXPECT_EQ(Property("t", "k"), "");
}

TEST_F(RestCommitTest, WhatIsNotKnownIsRefusedWhole) {
  for (const std::string& updates :
       {set_ + R"(,{"action":"paint-it-black"})", set_ + R"(,{"action":"add-view-version"})",
        set_ + R"(,{"action":"set-current-schema","schema-id":99})",
        set_ + R"(,{"action":"set-current-schema","schema-id":99999999999})",
        set_ + R"(,{"action":"set-statistics","statistics":{"snapshot-id":"x"}})",
        set_ + R"(,{"action":"assign-uuid","uuid":"not one"})", set_ + ",7",
        set_ + R"(,{"action":"add-snapshot","snapshot":{"snapshot-id":1,"timestamp-ms":1,
           "manifest-list":")" +
            Location("/w/s/t/metadata/l.avro") +
            R"(","summary":{"operation":"append"},"added-rows":"many"}})"}) {
    ErrorType(400, Commit("", updates));
  }
  EXPECT_EQ(ErrorType(400, Commit(R"({"type":"assert-nice-weather"})", set_)),
            "BadRequestException");
  EXPECT_EQ(Property("t", "k"), "");
  EXPECT_EQ(ErrorType(404, Commit("", set_, "missing")), "NoSuchTableException");
  EXPECT_EQ(ErrorType(400, Send("POST", "/namespaces/s/tables/t",
                                R"({"identifier":{"namespace":["s"],"name":"u"},"requirements":[],
                                    "updates":[]})")),
            "BadRequestException");
}

TEST_F(RestCommitTest, AColumnThatPartitionsTheTableCannotGo) {
  Expect(200, Commit("", R"({"action":"add-spec","spec":{"fields":[
      {"source-id":2,"name":"p","transform":"identity"}]}},
      {"action":"set-default-spec","spec-id":-1})"));
  EXPECT_EQ(ErrorType(400, Commit("", R"({"action":"add-schema","schema":{"type":"struct","fields":[
      {"id":1,"name":"id","type":"long","required":true}]}},
      {"action":"set-current-schema","schema-id":-1})")),
            "IllegalArgumentException");
  // A field that has no id gets one that no other has.
  Json other = Expect(200, Commit("", R"({"action":"add-spec","spec":{"fields":[
      {"source-id":1,"name":"q","transform":"identity"}]}})"));
  EXPECT_EQ(other["metadata"]["partition-specs"][2]["fields"][0]["field-id"], 1001);
}

TEST_F(RestCommitTest, ATransactionChangesAllTablesOrNone) {
  CreateTable("u");
  auto change = [&](const std::string& table, const std::string& requirement) {
    return R"({"identifier":{"namespace":["s"],"name":")" + table + R"("},"requirements":[)" +
           requirement + R"(],"updates":[)" + set_ + "]}";
  };
  std::string stale = R"({"type":"assert-current-schema-id","current-schema-id":7})";
  HttpResponse failed =
      Send("POST", "/transactions/commit",
           R"({"table-changes":[)" + change("t", "") + "," + change("u", stale) + "]}");
  EXPECT_EQ(ErrorType(409, failed), "CommitFailedException");
  EXPECT_EQ(Property("t", "k"), "");
  EXPECT_EQ(ErrorType(404, Send("POST", "/transactions/commit",
                                R"({"table-changes":[)" + change("t", "") + "," +
                                    change("missing", "") + "]}")),
            "NoSuchTableException");
  EXPECT_EQ(Property("t", "k"), "");
  Expect(204, Send("POST", "/transactions/commit",
                   R"({"table-changes":[)" + change("t", "") + "," + change("u", "") + "]}"));
  EXPECT_EQ(Property("t", "k"), "v");
  EXPECT_EQ(Property("u", "k"), "v");
  ErrorType(400, Send("POST", "/transactions/commit", R"({"table-changes":[]})"));
}

}  // namespace
}  // namespace eider::server

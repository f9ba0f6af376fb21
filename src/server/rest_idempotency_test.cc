#include "server/rest_idempotency.h"

#include <thread>

#include "server/rest_testing.h"

namespace eider::server {
namespace {

const HttpFields kKey = {{"Idempotency-Key", "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"}};
const HttpFields kSameKey = {{"idempotency-key", "017F22E2-79B0-7CC3-98C4-DC0C0C07398F"}};
const HttpFields kOtherKey = {{"Idempotency-Key", "017f22e2-79b0-7cc3-98c4-dc0c0c073990"}};

class RestIdempotencyTest : public RestTest {
 protected:
  void SetUp() override {
    RestTest::SetUp();
    CreateNamespace("s");
  }
};

TEST_F(RestIdempotencyTest, EveryChangeIsMadeOnceAndAnsweredAlike) {
  CreateTable("t");
  CreateTable("dropped");
  CreateTable("renamed");
  CreateTable("unregistered");
  std::string view = R"({"name":"v","schema":{"type":"struct","fields":[]},"view-version":{
      "version-id":1,"schema-id":0,"timestamp-ms":1,"summary":{},"representations":[
      {"type":"sql","sql":"SELECT 1","dialect":"duckdb"}],"default-namespace":["s"]},
      "properties":{}})";
  struct Case {
    const char* method;
    const char* path;
    std::string body;
  };
  std::vector<Case> cases = {
      {"POST", "/namespaces", R"({"namespace":["n"]})"},
      {"POST", "/namespaces/s/properties", R"({"updates":{"a":"1"},"removals":["b"]})"},
      {"DELETE", "/namespaces/n", ""},
      {"POST", "/namespaces/s/tables", NewTable("new")},
      {"POST", "/namespaces/s/tables/t", SetProperty("k", "v")},
      {"DELETE", "/namespaces/s/tables/dropped?purgeRequested=true", ""},
      {"POST", "/namespaces/s/tables/unregistered/unregister", ""},
      {"POST", "/tables/rename",
       R"({"source":{"namespace":["s"],"name":"renamed"},
           "destination":{"namespace":["s"],"name":"r"}})"},
      {"POST", "/transactions/commit",
       R"({"table-changes":[{"identifier":{"namespace":["s"],"name":"t"},"requirements":[],
           "updates":[{"action":"set-properties","updates":{"k":"w"}}]}]})"},
      {"POST", "/namespaces/s/views", view},
      {"DELETE", "/namespaces/s/views/v", ""},
  };
  int number = 10;
  for (const Case& c : cases) {
    HttpFields key = {
        {"Idempotency-Key", "017f22e2-79b0-7cc3-98c4-dc0c0c0739" + std::to_string(number++)}};
    HttpResponse first = Send(c.method, c.path, c.body, key);
    ASSERT_LT(first.status, 300) << c.path << first.body;
    size_t changes = catalog_->Snapshot()->entries.size();
    HttpResponse second = Send(c.method, c.path, c.body, key);
    EXPECT_EQ(second.status, first.status) << c.path;
    EXPECT_EQ(second.body, first.body) << c.path;
    Restart();
    HttpResponse third = Send(c.method, c.path, c.body, key);
    EXPECT_EQ(third.status, first.status) << c.path;
    EXPECT_EQ(third.body, first.body) << c.path;
    EXPECT_EQ(third.fields["ETag"], first.fields["ETag"]) << c.path;
    EXPECT_EQ(catalog_->Snapshot()->entries.size(), changes) << c.path;
  }
  Json table = Expect(200, Send("GET", "/namespaces/s/tables/t"))["metadata"];
  EXPECT_EQ(table["metadata-log"].size(), 2U);
}

TEST_F(RestIdempotencyTest, ARefusalIsAnsweredAlikeAfterItsCauseIsGone) {
  CreateTable("t");
  HttpResponse first = Send("POST", "/namespaces/s/tables", NewTable("t"), kKey);
  EXPECT_EQ(ErrorType(409, first), "AlreadyExistsException");
  Expect(204, Send("DELETE", "/namespaces/s/tables/t"));
  EXPECT_EQ(Send("POST", "/namespaces/s/tables", NewTable("t"), kSameKey).body, first.body);
  Expect(200, Send("POST", "/namespaces/s/tables", NewTable("t"), kOtherKey));
}

TEST_F(RestIdempotencyTest, AKeyOfAnotherRequestIsRefused) {
  Expect(200, Send("POST", "/namespaces/s/tables", NewTable("t"), kKey));
  EXPECT_EQ(ErrorType(422, Send("POST", "/namespaces/s/tables", NewTable("u"), kKey)),
            "UnprocessableEntityException");
  EXPECT_EQ(ErrorType(422, Send("DELETE", "/namespaces/s/tables/t", "", kKey)),
            "UnprocessableEntityException");
  Expect(204, Send("HEAD", "/namespaces/s/tables/t"));
  ErrorType(400, Send("DELETE", "/namespaces/s/tables/t", "", {{"Idempotency-Key", "mine"}}));
}

TEST_F(RestIdempotencyTest, OfRequestsAtTheSameMomentOneIsDone) {
  CreateTable("t");
  // Two servers on one catalog: their requests meet in the database alone.
  IcebergRest other({{"w", catalog::OpenCatalog(folder_.path() + "/w")}});
  constexpr int kRequests = 8;
  std::vector<HttpResponse> answers(kRequests);
  std::vector<std::thread> threads;
  for (int i = 0; i < kRequests; ++i) {
    threads.emplace_back([&, i] {
      answers[i] = SendTo(i % 2 == 0 ? *rest_ : other, "POST",
                          "/iceberg/v1/w/namespaces/s/tables/t", SetProperty("k", "v"), kKey);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const HttpResponse& answer : answers) {
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, answers[0].body);
  }
  Json table = Expect(200, Send("GET", "/namespaces/s/tables/t"))["metadata"];
  EXPECT_EQ(table["metadata-log"].size(), 1U);
}

TEST_F(RestIdempotencyTest, ACreationThatMeetsItselfIsNoConflict) {
  IcebergRest other({{"w", catalog::OpenCatalog(folder_.path() + "/w")}});
  for (int round = 0; round < 10; ++round) {
    HttpFields key = {
        {"Idempotency-Key", "017f22e2-79b0-7cc3-98c4-dc0c0c0739" + std::to_string(10 + round)}};
    std::string body = NewTable("t" + std::to_string(round));
    HttpResponse here;
    HttpResponse there;
    std::thread first([&] { here = Send("POST", "/namespaces/s/tables", body, key); });
    std::thread second(
        [&] { there = SendTo(other, "POST", "/iceberg/v1/w/namespaces/s/tables", body, key); });
    first.join();
    second.join();
    EXPECT_EQ(here.status, 200) << here.body;
    EXPECT_EQ(there.body, here.body);
  }
}

}  // namespace
}  // namespace eider::server

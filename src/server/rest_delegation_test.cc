#include "server/rest_delegation.h"

#include <gmock/gmock.h>

#include "base/error_testing.h"
#include "catalog/metadata_files.h"
#include "io/s3_folder_policy.h"
#include "server/rest_on_s3_testing.h"

namespace eider::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr char kKeys[] = "vended-credentials";
constexpr char kSigning[] = "remote-signing";
constexpr char kBoth[] = "remote-signing, vended-credentials";

class RestDelegationTest : public RestOnS3Test {
 protected:
  static Json PolicyOf(const std::string& key, io::FolderAccess access) {
    return Json::parse(io::S3FolderPolicy({"lake", key}, access, "aws"));
  }
};

TEST_F(RestDelegationTest, NobodyIsToldAnythingWhoHasNotAsked) {
  for (const char* ways : {"", "none", "vended", "credentials,signing"}) {
    Json answer = Load(ways);
    EXPECT_EQ(answer["config"], Json::object()) << ways;
    EXPECT_FALSE(answer.contains("storage-credentials")) << ways;
  }
  HttpResponse response = Send("GET", kTable);
  EXPECT_EQ(response.fields.count("Cache-Control"), 0);
  EXPECT_EQ(made(), 0);
}

TEST_F(RestDelegationTest, KeysReachTheTableAndNoFartherThanTheRight) {
  Json answer = Load(kKeys);
  Json config = answer["config"];
  EXPECT_EQ(config["s3.access-key-id"], "id-1");
  EXPECT_EQ(config["s3.secret-access-key"], "SECRET-1");
  EXPECT_EQ(config["s3.session-token"], "TOKEN-1");
  EXPECT_EQ(config["s3.session-token-expires-at-ms"], "4070908800000");
  EXPECT_EQ(config["s3.endpoint"], "http://minio:9000");
  EXPECT_EQ(config["s3.path-style-access"], "true");
  EXPECT_EQ(config["client.region"], "us-east-1");
  EXPECT_EQ(config["client.refresh-credentials-endpoint"],
            "v1/w/namespaces/s/tables/t/credentials");
  EXPECT_EQ(answer["storage-credentials"],
            Json::array({{{"prefix", "s3://lake/shop/s/t"}, {"config", config}}}));
  EXPECT_EQ(LastPolicy(), PolicyOf("shop/s/t", io::FolderAccess::kWrite));

  Be({"read:w/s/t"});
  EXPECT_EQ(Load(kBoth)["config"]["s3.access-key-id"], "id-2");
  EXPECT_EQ(LastPolicy(), PolicyOf("shop/s/t", io::FolderAccess::kRead));
  Be({"write:w/s/t"});
  EXPECT_EQ(Load(kKeys)["config"]["s3.access-key-id"], "id-1") << "shared by those with one right";
  Be({"read:w/s/u"});
  EXPECT_EQ(Send("GET", kTable, "", Asking(kKeys)).status, 403);
  EXPECT_EQ(Send("GET", std::string(kTable) + "/credentials").status, 403);
  EXPECT_EQ(made(), 2);
}

TEST_F(RestDelegationTest, TheRouteOfCredentialsGivesTheSame) {
  Json loaded = Load(kKeys);
  HttpResponse response = Send("GET", std::string(kTable) + "/credentials");
  EXPECT_EQ(Expect(200, response)["storage-credentials"], loaded["storage-credentials"]);
  EXPECT_EQ(response.fields.at("Cache-Control"), "no-store");
  EXPECT_EQ(ErrorType(404, Send("GET", "/namespaces/s/tables/none/credentials")),
            "NoSuchTableException");
  Be({"read"});
  Json reader = Expect(200, Send("GET", std::string(kTable) + "/credentials"));
  EXPECT_EQ(reader["storage-credentials"][0]["config"]["s3.access-key-id"], "id-2");
}

TEST_F(RestDelegationTest, WhoeverMakesATableIsToldToo) {
  Json staged = Expect(200, Send("POST", "/namespaces/s/tables",
                                 NewTable("staged", R"(,"stage-create":true)"), Asking(kKeys)));
  EXPECT_EQ(staged["config"]["s3.access-key-id"], "id-1");
  EXPECT_EQ(LastPolicy(), PolicyOf("shop/s/staged", io::FolderAccess::kWrite));
  HttpResponse created = Send("POST", "/namespaces/s/tables", NewTable("made"), Asking(kKeys));
  Json body = Expect(200, created);
  EXPECT_EQ(body["storage-credentials"][0]["prefix"], "s3://lake/shop/s/made");
  EXPECT_EQ(created.fields.at("Cache-Control"), "no-store");

  Expect(200, Send("POST", "/namespaces/s/tables/made/unregister"));
  std::string registration =
      Json{{"name", "again"}, {"metadata-location", body["metadata-location"]}}.dump();
  Json registered =
      Expect(200, Send("POST", "/namespaces/s/register", registration, Asking(kKeys)));
  EXPECT_EQ(registered["config"]["s3.access-key-id"], body["config"]["s3.access-key-id"]);
  EXPECT_EQ(registered["config"]["client.refresh-credentials-endpoint"],
            "v1/w/namespaces/s/tables/again/credentials");
}

TEST_F(RestDelegationTest, CommitsAndViewsTellNothing) {
  Json committed = Expect(200, Send("POST", kTable, SetProperty("k", "v"), Asking(kBoth)));
  EXPECT_EQ(committed["config"], Json::object());
  std::string view = R"({"name":"v","schema":{"type":"struct","fields":[]},"view-version":{
      "version-id":1,"schema-id":0,"timestamp-ms":1,"summary":{},"representations":[
      {"type":"sql","sql":"SELECT 1","dialect":"duckdb"}],"default-namespace":["s"]},
      "properties":{}})";
  EXPECT_EQ(Expect(200, Send("POST", "/namespaces/s/views", view, Asking(kBoth)))["config"],
            Json::object());
  EXPECT_EQ(Expect(200, Send("GET", "/namespaces/s/views/v", "", Asking(kBoth)))["config"],
            Json::object());
  EXPECT_EQ(made(), 0);
}

// A name is never more than a name: tables lie where their creators say, below the namespace.
TEST_F(RestDelegationTest, NoNameWidensAPolicy) {
  int number = 0;
  for (const char* folder : {"*", "?", "${aws:username}", "a%2F*", "x'y", "$*?", "${*}"}) {
    std::string name = "odd" + std::to_string(++number);
    std::string location = std::string("s3://lake/shop/s/") + folder;
    Json body =
        Expect(200, Send("POST", "/namespaces/s/tables",
                         NewTable(name, R"(,"location":")" + location + "\""), Asking(kKeys)));
    EXPECT_EQ(body["storage-credentials"][0]["prefix"], location);
    EXPECT_EQ(LastPolicy(), PolicyOf(std::string("shop/s/") + folder, io::FolderAccess::kWrite));
    EXPECT_THAT(LastPolicy()["Statement"][0]["Resource"].get<std::string>(),
                Not(HasSubstr("/s/*")));
  }
  // Tables whose names are odd, where the catalog chooses: none is a pattern.
  for (const char* name : {"*", "?", "$", "%", "a/b", "..", "'", "\\\""}) {
    Expect(200, Send("POST", "/namespaces/s/tables", NewTable(name), Asking(kKeys)));
    std::string resource = LastPolicy()["Statement"][0]["Resource"];
    EXPECT_THAT(resource, testing::StartsWith("arn:aws:s3:::lake/shop/s/")) << name;
    EXPECT_THAT(resource, HasSubstr("%")) << name;
    EXPECT_EQ(resource.find('*'), resource.size() - 1) << name;
  }
}

TEST_F(RestDelegationTest, NoKeysForPlacesThatAreNotTheWarehouses) {
  // As another program may have written it, that shares the catalog's store.
  auto metadata = Load("")["metadata"];
  std::string elsewhere = "s3://other/x";
  metadata["location"] = elsewhere;
  std::string file = "s3://lake/shop/s/y/metadata/00000-a.metadata.json";
  files_->WriteNew(file, metadata.dump());
  catalog::TableChange change;
  change.kind = catalog::TableChange::Kind::kRegister;
  change.identifier = {{"s"}, "y"};
  change.metadata_location = file;
  catalog_->Commit({{}, {change}});
  Json answer = Load(kBoth, "/namespaces/s/tables/y");
  EXPECT_EQ(answer["metadata"]["location"], elsewhere);
  EXPECT_EQ(answer["config"], Json::object());
  EXPECT_THAT(Expect(200, Send("GET", "/namespaces/s/tables/y/credentials"))["storage-credentials"],
              IsEmpty());
  EXPECT_EQ(made(), 0);
}

TEST_F(RestDelegationTest, UnchangedMeansThatTheKeysAreStillGood) {
  std::string etag;
  auto ask = [&](const std::string& ways) {
    HttpFields fields = Asking(ways);
    fields["If-None-Match"] = etag;
    HttpResponse response = Send("GET", kTable, "", fields);
    etag = response.fields.at("ETag");
    return response.status;
  };
  EXPECT_EQ(ask(""), 200);
  EXPECT_EQ(ask(""), 304);
  EXPECT_EQ(ask(kKeys), 200) << "the client has the metadata, but no keys";
  EXPECT_EQ(ask(kKeys), 304);
  Be({"read"});
  EXPECT_EQ(ask(kKeys), 200) << "these are other keys";
  EXPECT_EQ(ask(kKeys), 304);
  EXPECT_EQ(ask(kSigning), 200);
  EXPECT_EQ(ask(kSigning), 304);
}

TEST_F(RestDelegationTest, NewKeysAreToldThoughTheTableIsUnchanged) {
  ending_ = "2000-01-01T00:00:00Z";  // so that they are made anew each time
  HttpFields fields = Asking(kKeys);
  for (int i = 1; i < 4; ++i) {
    HttpResponse response = Send("GET", kTable, "", fields);
    EXPECT_EQ(Expect(200, response)["config"]["s3.access-key-id"], "id-" + std::to_string(i));
    fields["If-None-Match"] = response.fields.at("ETag");
  }
}

TEST_F(RestDelegationTest, KeysAreInNoKeptAnswer) {
  HttpFields fields = Asking(kKeys);
  fields["Idempotency-Key"] = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f";
  auto create = [&] { return Send("POST", "/namespaces/s/tables", NewTable("once"), fields); };
  EXPECT_EQ(Expect(200, create())["config"]["s3.access-key-id"], "id-1");
  auto kept = catalog_->FindAnswer("017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
  ASSERT_TRUE(kept);
  EXPECT_THAT(kept->body, Not(HasSubstr("SECRET")));
  EXPECT_THAT(kept->body, HasSubstr("metadata.json"));
  EXPECT_EQ(Expect(200, create())["config"]["s3.access-key-id"], "id-1");
  std::string database;
  for (const io::FileInfo& file : io::LocalFileSystem().List(folder_.path())) {
    database += io::LocalFileSystem().Read(file.path);
  }
  EXPECT_THAT(database, HasSubstr("once"));
  for (const char* secret : {"SECRET-", "TOKEN-", "TEST-SECRET"}) {
    EXPECT_THAT(database, Not(HasSubstr(secret))) << "in the catalog or a log";
  }
}

TEST_F(RestDelegationTest, WhoWasGivenKeysStandsInTheAuditLog) {
  Be({"write"});
  Load(kKeys);
  Load(kSigning);
  Load("");
  Send("GET", std::string(kTable) + "/credentials");
  std::vector<std::string> actions;
  for (const std::string& line : Split(io::LocalFileSystem().Read(audit_path_), '\n')) {
    if (line.find("token:x") != std::string::npos) actions.push_back(Json::parse(line)["action"]);
  }
  EXPECT_THAT(actions,
              ElementsAre("GET /v1/{prefix}/namespaces/{namespace}/tables/{table}",
                          "GET /v1/{prefix}/namespaces/{namespace}/tables/{table}/credentials"));
  EXPECT_EQ(rest_->counts()[0].keys_told, 2);
  EXPECT_EQ(rest_->counts()[0].keys_made, 1);
}

TEST_F(RestDelegationTest, ATableWhoseCreatorGetsNoKeysIsNotMade) {
  refuses_ = true;
  auto code = [&](const std::string& path, const std::string& body) {
    return CodeOf([&] { Send(body.empty() ? "GET" : "POST", path, body, Asking(kKeys)); });
  };
  EXPECT_EQ(code("/namespaces/s/tables", NewTable("n")), ErrorCode::kIo);
  EXPECT_EQ(code("/namespaces/s/tables", NewTable("n", R"(,"stage-create":true)")), ErrorCode::kIo);
  EXPECT_EQ(code(kTable, ""), ErrorCode::kIo);
  refuses_ = false;
  EXPECT_EQ(Send("HEAD", "/namespaces/s/tables/n").status, 404);
  EXPECT_EQ(rest_->counts()[0].key_failures, 3);
}

TEST_F(RestDelegationTest, OwnKeysAreForThoseWhoMayDoEverything) {
  io::S3Options options = io::TestS3Options("http://minio:9000");
  Open(options);
  EXPECT_EQ(Load(kKeys)["config"], Json::object()) << "not unless it is said";
  EXPECT_EQ(Load(kBoth)["config"]["s3.remote-signing-enabled"], "true");

  options.gives_own_keys = true;
  Open(options);
  Json config = Load(kKeys)["config"];
  EXPECT_EQ(config["s3.access-key-id"], "test-id");
  EXPECT_EQ(config["s3.session-token"], "TEST-TOKEN");
  EXPECT_FALSE(config.contains("client.refresh-credentials-endpoint")) << "they do not end";
  for (const char* grant : {"write:w", "admin:w/s", "read"}) {
    Be({grant});
    EXPECT_EQ(Load(kKeys)["config"], Json::object()) << grant;
    Json credentials = Expect(200, Send("GET", std::string(kTable) + "/credentials"));
    EXPECT_THAT(credentials["storage-credentials"], IsEmpty()) << grant;
    EXPECT_EQ(Load(kBoth)["config"]["s3.remote-signing-enabled"], "true") << grant;
  }
  Be({"admin:w"});
  EXPECT_EQ(Load(kKeys)["config"]["s3.access-key-id"], "test-id");
}

TEST_F(RestDelegationTest, SigningIsToldByTheRouteOfTheTable) {
  Json config = Load(kSigning)["config"];
  EXPECT_EQ(config["s3.remote-signing-enabled"], "true");
  EXPECT_EQ(config["s3.signer"], "S3V4RestSigner");
  EXPECT_EQ(config["s3.signer.endpoint"], "v1/w/namespaces/s/tables/t/sign");
  EXPECT_EQ(config["s3.endpoint"], "http://minio:9000");
  EXPECT_FALSE(config.contains("s3.access-key-id"));
  EXPECT_FALSE(Load(kSigning).contains("storage-credentials"));
  Expect(200, Send("POST", "/namespaces", R"({"namespace":["s","o d"]})"));
  Json odd =
      Expect(200, Send("POST", "/namespaces/s%1Fo%20d/tables", NewTable("a/b"), Asking(kSigning)));
  EXPECT_EQ(odd["config"]["s3.signer.endpoint"], "v1/w/namespaces/s%1Fo%20d/tables/a%2Fb/sign");
  EXPECT_EQ(made(), 0);
}

}  // namespace
}  // namespace eider::server

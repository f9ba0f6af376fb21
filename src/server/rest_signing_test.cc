#include "server/rest_signing.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "io/aws_signature.h"
#include "server/rest_on_s3_testing.h"

namespace eider::server {
namespace {

using testing::HasSubstr;

constexpr char kStore[] = "http://minio:9000/lake";

class RestSigningTest : public RestOnS3Test {
 protected:
  static Json Request(const std::string& method, const std::string& path) {
    return {{"region", "eu-west-1"},
            {"method", method},
            {"uri", kStore + path},
            {"headers", {{"User-Agent", {"x"}}}}};
  }

  HttpResponse Sign(const Json& request, const std::string& table = kTable) {
    return Send("POST", table + "/sign", request.dump());
  }
  int StatusOf(const std::string& method, const std::string& path,
               const std::string& table = kTable) {
    return Sign(Request(method, path), table).status;
  }
};

TEST_F(RestSigningTest, TheSignatureIsTheStores) {
  Json request = Request("GET", "/shop/s/t/data/a%20b.parquet");
  HttpResponse response = Sign(request);
  Json signed_request = Expect(200, response);
  EXPECT_EQ(signed_request["uri"], request["uri"]);
  Json headers = signed_request["headers"];
  EXPECT_EQ(headers.size(), 4) << "the request's own are not repeated";
  EXPECT_EQ(headers["X-Amz-Content-Sha256"], Json({"UNSIGNED-PAYLOAD"}));
  EXPECT_EQ(headers["X-Amz-Security-Token"], Json({"TEST-TOKEN"}));
  EXPECT_THAT(headers["Authorization"][0].get<std::string>(),
              HasSubstr("/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;"));
  EXPECT_EQ(response.fields.at("Cache-Control"), "private");
  EXPECT_EQ(rest_->counts()[0].requests_signed, 1);
}

TEST_F(RestSigningTest, WhatMayNotBeUsedAgainSaysSo) {
  EXPECT_EQ(Sign(Request("PUT", "/shop/s/t/a")).fields.at("Cache-Control"), "no-cache");
  Json request = Request("GET", "/shop/s/t/a");
  request["headers"]["X-Amz-Checksum-Mode"] = {"ENABLED"};
  EXPECT_EQ(Sign(request).fields.at("Cache-Control"), "no-cache");
}

TEST_F(RestSigningTest, ReadersReadAndWritersWrite) {
  for (const char* grant : {"read:w/s/t", "write:w/s/t"}) {
    Be({grant});
    bool writes = std::string(grant).starts_with("write");
    EXPECT_EQ(StatusOf("GET", "/shop/s/t/a"), 200);
    EXPECT_EQ(StatusOf("HEAD", "/shop/s/t/a"), 200);
    EXPECT_EQ(StatusOf("GET", "?list-type=2&prefix=shop/s/t/"), 200);
    for (const char* write : {"PUT /a", "PUT /a?partNumber=1&uploadId=u", "POST /a?uploads",
                              "POST /a?uploadId=u", "DELETE /a", "DELETE /a?uploadId=u"}) {
      std::string text = write;
      size_t space = text.find(' ');
      EXPECT_EQ(StatusOf(text.substr(0, space), "/shop/s/t" + text.substr(space + 1)),
                writes ? 200 : 403)
          << write;
    }
    Json deletion = Request("POST", "?delete");
    deletion["body"] = "<Delete><Object><Key>shop/s/t/a</Key></Object></Delete>";
    EXPECT_EQ(Sign(deletion).status, writes ? 200 : 403);
  }
  Be({"admin:w/x"});
  EXPECT_EQ(StatusOf("GET", "/shop/s/t/a"), 403);
}

TEST_F(RestSigningTest, NothingBesideTheTable) {
  CreateTable("u");
  for (const char* path : {"/shop/s/u/a", "/shop/s/t2/a", "/shop/s/t/../u/a",
                           "/shop/s/t/%2e%2e/u/a", "/shop/a", "/other"}) {
    EXPECT_EQ(ErrorType(403, Sign(Request("GET", path))), "ForbiddenException") << path;
  }
  EXPECT_EQ(StatusOf("GET", "/shop/s/t/a?acl"), 403);
  Json elsewhere = Request("GET", "/shop/s/t/a");
  elsewhere["uri"] = "http://169.254.169.254/lake/shop/s/t/a";
  EXPECT_EQ(Sign(elsewhere).status, 403);
  Json copy = Request("PUT", "/shop/s/t/a");
  copy["headers"]["x-amz-copy-source"] = {"/lake/shop/s/u/a"};
  EXPECT_EQ(Sign(copy).status, 403);
  Json deletion = Request("POST", "?delete");
  EXPECT_EQ(Sign(deletion).status, 400) << "without its body it cannot be judged";
  deletion["body"] =
      "<Delete><Object><Key>shop/s/t/a</Key></Object><Object><Key>shop/s/u/a</Key></Object></"
      "Delete>";
  EXPECT_EQ(Sign(deletion).status, 403);
  EXPECT_EQ(rest_->counts()[0].requests_signed, 0);
  EXPECT_EQ(rest_->counts()[0].requests_not_signed, 11);
}

TEST_F(RestSigningTest, RefusalsStandInTheAuditLog) {
  Be({"read"});
  StatusOf("GET", "/shop/s/t/a");
  StatusOf("PUT", "/shop/s/t/a");
  std::string log = io::LocalFileSystem().Read(audit_path_);
  EXPECT_THAT(log, HasSubstr("/sign\""));
  EXPECT_THAT(log, HasSubstr("token:x has no right to write w/s/t"));
}

// Its data is written before it is there.
TEST_F(RestSigningTest, ATableThatIsStillToBeCreated) {
  const std::string table = "/namespaces/s/tables/new";
  Json staged =
      Expect(200, Send("POST", "/namespaces/s/tables", NewTable("new", R"(,"stage-create":true)"),
                       Asking("remote-signing")));
  EXPECT_EQ(staged["metadata"]["location"], "s3://lake/shop/s/new");
  EXPECT_EQ(staged["config"]["s3.signer.endpoint"], "v1/w/namespaces/s/tables/new/sign");
  Be({"write:w/s/new"});
  EXPECT_EQ(StatusOf("PUT", "/shop/s/new/data/a", table), 200);
  EXPECT_EQ(StatusOf("GET", "/shop/s/new/metadata/m.avro", table), 200);
  EXPECT_EQ(StatusOf("PUT", "/shop/s/new-01234567/data/a", table), 200)
      << "where the name is taken";
  for (const char* path :
       {"/shop/s/t/a", "/shop/s/a", "/shop/s/news/a", "/shop/s/new-/a", "/shop/s/new/../t/a",
        "/shop/s/new-0123456/a", "/shop/x/new/a", "/shop/new/a"}) {
    EXPECT_GE(StatusOf("PUT", path, table), 400) << path;
  }
  Be({"write:w/s"});
  EXPECT_EQ(StatusOf("PUT", "/shop/s/chosen/a", table), 200);
  EXPECT_EQ(StatusOf("PUT", "/shop/s/t/a", table), 403) << "another's";
  EXPECT_EQ(StatusOf("PUT", "/shop/x/chosen/a", table), 403);
  for (const char* grant : {"read", "write:w/s/t", "admin:w/x"}) {
    Be({grant});
    EXPECT_EQ(StatusOf("GET", "/shop/s/new/a", table), 403) << grant;
  }
}

TEST_F(RestSigningTest, AFolderThatARenamedTableKeptIsItsOwn) {
  Expect(204, Send("POST", "/tables/rename", R"({"source":{"namespace":["s"],"name":"t"},
      "destination":{"namespace":["s"],"name":"renamed"}})"));
  EXPECT_EQ(StatusOf("PUT", "/shop/s/t/a", "/namespaces/s/tables/renamed"), 200);
  EXPECT_EQ(StatusOf("PUT", "/shop/s/t/a"), 403) << "the name t is free, its folder is not";
}

TEST_F(RestSigningTest, WhatIsNoRequest) {
  const std::string route = fmt::format("{}/sign", kTable);
  for (
      const char* body :
      {"", "[]", "{}", R"({"method":"GET"})",
       R"({"region":"r","method":"GET","uri":5,"headers":{}})",
       R"({"region":"r","method":"GET","uri":"http://minio:9000/lake/a","headers":[]})",
       R"({"region":"r","method":"GET","uri":"http://minio:9000/lake/a","headers":{"a":"b"}})",
       R"({"region":"r","method":"GET","uri":"http://minio:9000/lake/a","headers":{},"provider":"gcs"})"}) {
    EXPECT_EQ(ErrorType(400, Send("POST", route, body)), "BadRequestException") << body;
  }
}

class RestSigningOnDiskTest : public RestTest {};

TEST_F(RestSigningOnDiskTest, NothingIsSigned) {
  CreateNamespace("s");
  CreateTable("t");
  EXPECT_EQ(Send("POST", "/namespaces/s/tables/t/sign", "{}").status, 400);
}

}  // namespace
}  // namespace eider::server

#include "io/s3_action.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error_testing.h"
#include "base/hash.h"
#include "io/aws_signature.h"
#include "io/s3_testing.h"

namespace eider::io {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kStore[] = "http://minio:9000";

S3Options Minio() { return TestS3Options(kStore); }

S3Options Aws(const std::string& region = "eu-west-1") {
  S3Options options = TestS3Options("");
  options.region = region;
  options.path_style = false;
  return options;
}

S3Action Read(const std::string& method, const std::string& url, std::string_view body = "",
              const S3Options& options = Minio()) {
  return ReadS3Action(options, {method, url, {}, body});
}

// Whether it would be signed for who may write the table at s3://lake/shop/s/t.
bool IsSigned(const std::string& method, const std::string& url, std::string_view body = "",
              const S3Options& options = Minio()) {
  try {
    return LiesIn(Read(method, url, body, options), {"lake", "shop/s/t"});
  } catch (const Error& error) {
    EXPECT_TRUE(error.code() == ErrorCode::kPermission ||
                error.code() == ErrorCode::kInvalidArgument);
    return false;
  }
}

std::string In(const std::string& rest) { return kStore + std::string("/lake/shop/s/t/") + rest; }
std::string InBucket(const std::string& rest) { return kStore + std::string("/lake") + rest; }

TEST(S3ActionTest, ReadsAndWritesOfObjects) {
  for (const char* query : {"", "?partNumber=2", "?x-id=GetObject", "?"}) {
    EXPECT_TRUE(IsSigned("GET", In("data/a.parquet") + query)) << query;
    EXPECT_TRUE(IsSigned("HEAD", In("data/a.parquet") + query)) << query;
  }
  EXPECT_FALSE(Read("GET", In("a")).writes);
  EXPECT_FALSE(Read("HEAD", In("a")).writes);
  struct Write {
    const char* method;
    const char* query;
  };
  for (const Write& write :
       {Write{"PUT", ""}, Write{"PUT", "?x-id=PutObject"}, Write{"PUT", "?partNumber=1&uploadId=u"},
        Write{"POST", "?uploads"}, Write{"POST", "?uploads="}, Write{"POST", "?uploadId=u"},
        Write{"DELETE", ""}, Write{"DELETE", "?uploadId=u"}}) {
    EXPECT_TRUE(IsSigned(write.method, In("a") + write.query)) << write.method << write.query;
    EXPECT_TRUE(Read(write.method, In("a") + write.query).writes) << write.method << write.query;
  }
  EXPECT_EQ(Read("PUT", In("a%20b")).ToString(), "PUT of s3://lake/shop/s/t/a b");
}

TEST(S3ActionTest, NoOtherOperation) {
  for (const char* method : {"GET", "PUT", "POST", "DELETE", "HEAD", "OPTIONS", "PATCH"}) {
    for (const char* query : {"?acl",
                              "?policy",
                              "?tagging",
                              "?versionId=1",
                              "?versions",
                              "?torrent",
                              "?retention",
                              "?legal-hold",
                              "?attributes",
                              "?restore",
                              "?select&select-type=2",
                              "?uploadId=u&acl",
                              "?partNumber=1&uploadId=u&acl",
                              "?X-Amz-Algorithm=AWS4-HMAC-SHA256",
                              "?lifecycle",
                              "?response-content-type=text/html",
                              "?%61cl",
                              "?x-id=GetObject&acl",
                              "?append",
                              "?ACL"}) {
      EXPECT_FALSE(IsSigned(method, In("a") + query)) << method << query;
      EXPECT_FALSE(IsSigned(method, InBucket(query))) << method << query;
      EXPECT_FALSE(IsSigned(method, InBucket("/") + query + "&prefix=shop/s/t/"))
          << method << query;
    }
    bool lists = std::string(method) == "GET";
    EXPECT_EQ(IsSigned(method, InBucket("?prefix=shop/s/t/")), lists) << method;
    EXPECT_FALSE(IsSigned(method, InBucket(""))) << method;
    EXPECT_FALSE(IsSigned(method, InBucket("/"))) << method;
    EXPECT_FALSE(IsSigned(method, std::string(kStore) + "/")) << method;
    EXPECT_FALSE(IsSigned(method, kStore)) << method;
  }
  EXPECT_FALSE(IsSigned("get", In("a")));
  EXPECT_FALSE(IsSigned("COPY", In("a")));
  EXPECT_FALSE(IsSigned("GET", In("a") + "?uploadId=u"));
  EXPECT_FALSE(IsSigned("PUT", In("a") + "?partNumber=1"));
  EXPECT_FALSE(IsSigned("PUT", In("a") + "?uploadId=u&uploadId=u&partNumber=1"));
}

TEST(S3ActionTest, NothingBesideTheFolder) {
  for (const char* path :
       {"/lake/shop/s/u/a", "/lake/shop/s/t", "/lake/shop/s/t2/a", "/lake/shop/s/T/a", "/lake/a",
        "/other/shop/s/t/a", "/lake", "/lake/", "//lake/shop/s/t/a", "/lake//shop/s/t/a",
        "/shop/s/t/a", "/lake/shop/s/t%2", "/lake/shop/s%2Ft2/a", "/lake%2Fshop/s/t/a",
        // Up again, in whatever writing.
        "/lake/shop/s/t/../u/a", "/lake/shop/s/t/%2e%2e/u/a", "/lake/shop/s/t/.%2E/u/a",
        "/lake/shop/s/t/%252e%252e/u/a", "/lake/shop/s/t/..", "/lake/shop/s/t/.",
        "/lake/shop/s/t/./a", "/lake/shop/s/t/..%2Fu/a", "/lake/shop/s/t/a/../../u",
        "/lake/shop/s/t//a", "/lake/shop/s/t/%2Fa", "/lake/x/../shop/s/t/a", "/lake/shop%252Fs/t/a",
        // What is no URL, or read differently by some.
        "/lake/shop/s/t/a b", "/lake/shop/s/t/a+b", "/lake/shop/s/t/a%", "/lake/shop/s/t/a%zz",
        "/lake/shop/s/t/a\\b", "/lake/shop/s/t/a#b", "/lake/shop/s/t/%00", "/lake/shop/s/t/%0a",
        "/lake/shop/s/t/%7f", "/lake/shop/s/t/\xc3\xbc", "/lake/shop/s/t/a@b"}) {
    EXPECT_FALSE(IsSigned("GET", std::string(kStore) + path)) << path;
  }
  EXPECT_TRUE(IsSigned("GET", std::string(kStore) + "/lake/shop%2Fs/t/a")) << "the same key";
}

TEST(S3ActionTest, NamesAreDecodedOnce) {
  S3Location odd{"lake", "w/100%25*?$'\"&+=#"};
  std::string encoded =
      std::string(kStore) + "/lake/w/100%2525%2A%3F%24%27%22%26%2B%3D%23/p%3Da%252Fb";
  EXPECT_THAT(Read("GET", encoded).keys, ElementsAre("w/100%25*?$'\"&+=#/p=a%2Fb"));
  EXPECT_TRUE(LiesIn(Read("GET", encoded), odd));
  EXPECT_FALSE(LiesIn(Read("GET", encoded), {"lake", "w/100%*?$'\"&+=#"}));
  // A folder whose name has a meaning elsewhere has none here.
  for (const char* name : {"*", "%", "?", "..", "%2E%2E"}) {
    EXPECT_FALSE(LiesIn(Read("GET", In("a")), {"lake", std::string("shop/") + name})) << name;
  }
  EXPECT_TRUE(
      LiesIn(Read("GET", std::string(kStore) + "/lake/w/%252E%252E/a"), {"lake", "w/%2E%2E"}));
}

TEST(S3ActionTest, OnlyTheStoreItself) {
  for (const char* url :
       {"https://minio:9000/lake/shop/s/t/a", "http://minio/lake/shop/s/t/a",
        "http://minio:9001/lake/shop/s/t/a", "http://evil/lake/shop/s/t/a",
        "http://minio:9000.evil/lake/shop/s/t/a", "http://minio:9000@evil/lake/shop/s/t/a",
        "http://u:p@minio:9000/lake/shop/s/t/a", "http://169.254.169.254/lake/shop/s/t/a",
        "//minio:9000/lake/shop/s/t/a", "/lake/shop/s/t/a", "minio:9000/lake/shop/s/t/a", "",
        "file:///lake/shop/s/t/a", "http://minio:9000?/lake/shop/s/t/a",
        // To a store that is asked by path the host's name says nothing.
        "http://lake.minio:9000/shop/s/t/a", "http://lake.minio:9000/lake/shop/s/t/a"}) {
    EXPECT_FALSE(IsSigned("GET", url)) << url;
  }
  EXPECT_TRUE(IsSigned("GET", "HTTP://MINIO:9000/lake/shop/s/t/a"));
}

TEST(S3ActionTest, BucketsBeforeTheHost) {
  for (const char* url : {"https://lake.s3.eu-west-1.amazonaws.com/shop/s/t/a",
                          "https://lake.s3.dualstack.eu-west-1.amazonaws.com/shop/s/t/a",
                          "https://s3.eu-west-1.amazonaws.com/lake/shop/s/t/a",
                          "https://lake.s3.eu-west-1.amazonaws.com:443/shop/s/t/a"}) {
    EXPECT_TRUE(IsSigned("GET", url, "", Aws())) << url;
  }
  for (const char* url : {"https://other.s3.eu-west-1.amazonaws.com/shop/s/t/a",
                          "https://x.lake.s3.eu-west-1.amazonaws.com/shop/s/t/a",
                          "https://lake.s3.eu-west-1.amazonaws.com.evil/shop/s/t/a",
                          "https://lake.s3.amazonaws.com/shop/s/t/a",
                          "https://lake.s3.us-east-1.amazonaws.com/shop/s/t/a",
                          "https://lake.s3-website.eu-west-1.amazonaws.com/shop/s/t/a",
                          "http://lake.s3.eu-west-1.amazonaws.com/shop/s/t/a",
                          "https://evil.com/lake.s3.eu-west-1.amazonaws.com/shop/s/t/a",
                          "https://lakes3.eu-west-1.amazonaws.com/shop/s/t/a"}) {
    EXPECT_FALSE(IsSigned("GET", url, "", Aws())) << url;
  }
  EXPECT_TRUE(IsSigned("GET", "https://lake.s3.amazonaws.com/shop/s/t/a", "", Aws("us-east-1")));
  EXPECT_TRUE(IsSigned("GET", "https://lake.s3.cn-north-1.amazonaws.com.cn/shop/s/t/a", "",
                       Aws("cn-north-1")));
  S3Options below = Minio();
  below.endpoint = "http://minio:9000/s3";
  EXPECT_TRUE(IsSigned("GET", "http://minio:9000/s3/lake/shop/s/t/a", "", below));
  EXPECT_FALSE(IsSigned("GET", "http://minio:9000/s3lake/shop/s/t/a", "", below));
  EXPECT_FALSE(IsSigned("GET", "http://minio:9000/lake/shop/s/t/a", "", below));
}

TEST(S3ActionTest, ListingsOfTheFolderAlone) {
  EXPECT_TRUE(
      IsSigned("GET", InBucket("?list-type=2&prefix=shop%2Fs%2Ft%2Fdata%2F&delimiter=%2F"
                               "&max-keys=2&encoding-type=url&continuation-token=a%2B%3D")));
  EXPECT_TRUE(IsSigned("GET", InBucket("/?prefix=shop/s/t/&marker=x")));
  EXPECT_FALSE(Read("GET", InBucket("?prefix=shop/s/t/")).writes);
  for (const char* query :
       {"?list-type=2", "?list-type=2&prefix=", "?prefix=shop/s/t", "?prefix=shop/s/",
        "?prefix=shop/s/u/", "?prefix=/shop/s/t/", "?prefix=shop/s/t/../u/",
        "?prefix=shop%252Fs/t/",
        "?prefix=shop/s/t/&prefix=", "?prefix=shop/s/t/&%70refix=", "?prefix=shop/s/t/&versions",
        "?prefix=shop+s/t/", "?start-after=shop/s/t/", "?uploads&prefix=shop/s/t/",
        "?delete&prefix=shop/s/t/", "?prefix=shop/s/t//", "?Prefix=shop/s/t/"}) {
    EXPECT_FALSE(IsSigned("GET", InBucket(query))) << query;
  }
}

std::string DeleteBody(const std::vector<std::string>& keys) {
  std::string body =
      "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Quiet>true</Quiet>";
  for (const std::string& key : keys) body += "<Object><Key>" + key + "</Key></Object>";
  return body + "</Delete>";
}

TEST(S3ActionTest, ManyAreDeletedWhereAllLieInTheFolder) {
  EXPECT_TRUE(
      IsSigned("POST", InBucket("?delete"), DeleteBody({"shop/s/t/a", "shop/s/t/b&amp;c"})));
  std::string declared = R"(<?xml version="1.0" encoding="UTF-8"?>)" + DeleteBody({"shop/s/t/a"});
  EXPECT_TRUE(IsSigned("POST", InBucket("/?delete="), declared));
  S3Action action = Read("POST", InBucket("?delete"), DeleteBody({"a", "b"}));
  EXPECT_TRUE(action.writes);
  EXPECT_EQ(action.ToString(), "DELETE of s3://lake/a");
  EXPECT_THAT(action.keys, ElementsAre("a", "b"));

  std::string own = "<Key>shop/s/t/a</Key>";
  for (const std::string& body : std::vector<std::string>{
           "", "no XML", DeleteBody({}), DeleteBody({"shop/s/u/a"}),
           DeleteBody({"shop/s/t/a", "shop/s/u/a"}), DeleteBody({"shop/s/t/../u/a"}),
           DeleteBody({""}), DeleteBody({"shop/s/t"}), DeleteBody({"shop/s/t/a&#10;b"}),
           "<Delete><Object>" + own + "<Key>shop/s/u/a</Key></Object></Delete>",
           "<Delete><Object>" + own + "<x:Key>shop/s/u/a</x:Key></Object></Delete>",
           "<Delete><Object>" + own + "<VersionId>1</VersionId></Object></Delete>",
           "<Delete><Object>" + own + "</Object><Prefix>shop</Prefix></Delete>",
           "<Delete><Object><Key>shop/s/t/<b/>a</Key></Object></Delete>",
           "<Other><Object>" + own + "</Object></Other>",
           // Of which parsers take one piece of text or another.
           "<Delete><Object><Key>shop/s/t/<!-- -->shop/s/u/a</Key></Object></Delete>",
           "<Delete><Object><Key>shop/s/t/<![CDATA[x]]>a</Key></Object></Delete>",
           "<Delete><Object><Key>shop/s/t/<?x?>a</Key></Object></Delete>",
           "<!DOCTYPE Delete [<!ENTITY e \"shop/s/u/a\">]>" + DeleteBody({"&e;"}),
           "<?xml version=\"1.0\" encoding=\"UTF-7\"?>" + DeleteBody({"shop/s/t/a"}),
           DeleteBody({"shop/s/t/a"}).substr(9), "<Delete><Object>" + own + "</Object>"}) {
    EXPECT_FALSE(IsSigned("POST", InBucket("?delete"), body)) << body;
  }
  EXPECT_FALSE(IsSigned("POST", In("?delete"), DeleteBody({"shop/s/t/a"})));
  EXPECT_THAT(ErrorOf([] { Read("POST", InBucket("?delete")); }).message(),
              HasSubstr("with its body"));
}

TEST(S3ActionTest, NoHeaderByWhichARequestDoesMore) {
  for (const char* name :
       {"x-amz-copy-source", "X-Amz-Copy-Source", "x-amz-copy-source-range", "x-amz-acl",
        "x-amz-grant-read", "x-amz-tagging", "x-amz-website-redirect-location",
        "x-amz-rename-source", "x-amz-bypass-governance-retention", "x-amz-mfa",
        "x-amz-object-lock-mode", "x-amz-new"}) {
    HttpRequest request{"PUT", In("a"), {{name, "/lake/shop/s/u/a"}}};
    EXPECT_EQ(CodeOf([&] { ReadS3Action(Minio(), request); }), ErrorCode::kPermission) << name;
  }
  for (const char* name :
       {"x-amz-checksum-crc32", "x-amz-meta-x", "X-Amz-Server-Side-Encryption",
        "x-amz-storage-class", "x-amz-te", "Range", "If-None-Match", "Content-Type"}) {
    EXPECT_TRUE(ReadS3Action(Minio(), {"PUT", In("a"), {{name, "x"}}}).writes) << name;
  }
}

TEST(S3ActionTest, HeadersAreLines) {
  for (const HttpHeader& header :
       std::vector<HttpHeader>{{"", "x"},
                               {"x-amz-meta-a:b", "x"},
                               {"x-amz-meta-a\nx-amz-copy-source", "/lake/x"},
                               {"x-amz-meta-a;x-amz-copy-source", "x"},
                               {"x-amz-meta-a b", "x"},
                               {"x-amz-meta-\xc3\xbc", "x"},
                               {"x-amz-meta-a", "b\nx-amz-copy-source:/lake/x"},
                               {"x-amz-meta-a", "b\r"},
                               {"User-Agent", std::string("a\0b", 3)}}) {
    EXPECT_EQ(CodeOf([&] {
                ReadS3Action(Minio(), {"PUT", In("a"), {header}});
              }),
              ErrorCode::kInvalidArgument)
        << header.name << ": " << header.value;
  }
}

// --- Signing

constexpr int64_t kNow = 1'764'000'000'000;

std::string HeaderOf(const std::vector<HttpHeader>& headers, const std::string& name) {
  HttpResponse holder;
  holder.headers = headers;
  return holder.Header(name);
}

TEST(S3ActionTest, TheSignatureIsThatOfTheRequestAsItWillBeSent) {
  HttpRequest request{
      "PUT", In("a%20b"), {{"x-amz-meta-k", "v"}, {"Content-Length", "3"}, {"User-Agent", "java"}}};
  std::vector<HttpHeader> added = SignatureFor(Minio(), request, kNow);
  EXPECT_EQ(HeaderOf(added, "x-amz-content-sha256"), "UNSIGNED-PAYLOAD");
  EXPECT_EQ(HeaderOf(added, "x-amz-security-token"), "TEST-TOKEN");
  EXPECT_EQ(HeaderOf(added, "x-amz-meta-k"), "") << "the request has it";
  HttpRequest same{
      "PUT", request.url, {{"x-amz-meta-k", "v"}, {"x-amz-content-sha256", "UNSIGNED-PAYLOAD"}}};
  SignAwsRequest(same, Minio().credentials->Get(), "us-east-1", "s3", kNow);
  EXPECT_EQ(HeaderOf(added, "Authorization"), HeaderOf(same.headers, "Authorization"));
  EXPECT_THAT(
      HeaderOf(added, "Authorization"),
      HasSubstr(
          "SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-meta-k;x-amz-security-token,"));
}

TEST(S3ActionTest, WhatIsToBeDeletedIsSigned) {
  std::string body = DeleteBody({"shop/s/t/a"});
  HttpRequest request{"POST", InBucket("?delete"), {{"Content-MD5", "x"}}, body};
  std::vector<HttpHeader> added = SignatureFor(Minio(), request, kNow);
  EXPECT_EQ(HeaderOf(added, "x-amz-content-sha256"), Sha256Hex(body));
  EXPECT_THAT(HeaderOf(added, "Authorization"), HasSubstr("SignedHeaders=content-md5;host;"));
  for (const std::string& other : {std::string(kUnsignedPayload), Sha256Hex("x")}) {
    request.headers = {{"x-amz-content-sha256", other}};
    EXPECT_EQ(CodeOf([&] { SignatureFor(Minio(), request, kNow); }), ErrorCode::kInvalidArgument);
  }
  request.headers = {{"X-AMZ-Content-SHA256", Sha256Hex(body)}};
  EXPECT_EQ(HeaderOf(SignatureFor(Minio(), request, kNow), "x-amz-content-sha256"), "");
}

TEST(S3ActionTest, BodiesInPieces) {
  HttpRequest request{"PUT", In("a"), {{"x-amz-trailer", "x-amz-checksum-crc32"}}};
  EXPECT_EQ(HeaderOf(SignatureFor(Minio(), request, kNow), "x-amz-content-sha256"),
            "STREAMING-UNSIGNED-PAYLOAD-TRAILER");
  request.headers = {{"x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"}};
  EXPECT_EQ(CodeOf([&] { SignatureFor(Minio(), request, kNow); }), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace eider::io

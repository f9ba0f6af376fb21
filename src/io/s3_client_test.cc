#include "io/s3_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error_testing.h"
#include "io/http_server_testing.h"
#include "io/s3_testing.h"

namespace eider::io {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const S3Location kObject{"bucket", "a folder/name=1*.json"};

std::string XmlError(int status, const std::string& code) {
  return TestServer::Reply(status, "<Error><Code>" + code +
                                       "</Code><Message>told so</Message><AWSAccessKeyId>"
                                       "test-id</AWSAccessKeyId></Error>");
}

std::string HeaderIn(const std::string& request, const std::string& name) {
  size_t begin = request.find("\r\n" + name + ": ");
  if (begin == std::string::npos) return "";
  begin += name.size() + 4;
  return request.substr(begin, request.find("\r\n", begin) - begin);
}

// Answers the n-th request with the n-th answer, and with the last from then on.
TestServer::Answer InTurn(std::vector<std::string> answers) {
  auto next = std::make_shared<std::atomic<size_t>>(0);
  return [answers = std::move(answers), next](const std::string& request) {
    std::string answer = answers[std::min(next->fetch_add(1), answers.size() - 1)];
    if (!request.starts_with("HEAD ")) return answer;
    return answer.substr(0, answer.find("\r\n\r\n") + 4);
  };
}

TEST(S3ClientTest, NamesAreEncodedAndRequestsSigned) {
  TestServer server(InTurn({TestServer::Reply(200, "content")}));
  S3Client client(TestS3Options(server.url("")));
  EXPECT_EQ(client.Get(kObject), "content");
  std::string sent = server.requests()[0];
  EXPECT_THAT(sent, StartsWith("GET /bucket/a%20folder/name%3D1%2A.json HTTP/1.1\r\n"));
  EXPECT_THAT(HeaderIn(sent, "Authorization"), StartsWith("AWS4-HMAC-SHA256 Credential=test-id/"));
  EXPECT_EQ(HeaderIn(sent, "X-Amz-Security-Token"), "TEST-TOKEN");
}

TEST(S3ClientTest, WhatMayPassIsTriedAgain) {
  TestServer server(InTurn({XmlError(503, "SlowDown"), "", TestServer::Reply(500),
                            XmlError(400, "RequestTimeout"), TestServer::Reply(429),
                            TestServer::Reply(200, "content")}));
  S3Client client(TestS3Options(server.url("")));
  EXPECT_EQ(client.Get(kObject), "content");
  EXPECT_GE(server.requests().size(), 6U);
}

TEST(S3ClientTest, ThereIsAnEndToTrying) {
  TestServer server(InTurn({XmlError(503, "SlowDown")}));
  S3Options options = TestS3Options(server.url(""));
  options.attempts = 3;
  S3Client client(options);
  Error error = ErrorOf([&] { client.Get(kObject); });
  EXPECT_EQ(error.code(), ErrorCode::kIo);
  EXPECT_THAT(error.message(), HasSubstr("s3://bucket/a folder/name=1*.json: SlowDown: told so"));
  EXPECT_EQ(server.requests().size(), 3U);
}

TEST(S3ClientTest, ErrorsTellTheirKindAndNoSecrets) {
  struct Case {
    std::string answer;
    ErrorCode code;
    std::string text;
  };
  for (const Case& c : std::vector<Case>{
           {XmlError(404, "NoSuchKey"), ErrorCode::kNotFound, "NoSuchKey"},
           {XmlError(404, "NoSuchBucket"), ErrorCode::kNotFound, "Make the bucket first"},
           {XmlError(403, "SignatureDoesNotMatch"), ErrorCode::kPermission, "told so"},
           {TestServer::Reply(403), ErrorCode::kPermission, "access denied"},
           {XmlError(507, "XMinioStorageFull"), ErrorCode::kNoSpace, "XMinioStorageFull"},
           {TestServer::Reply(301, "", "x-amz-bucket-region: eu-west-3\r\n"),
            ErrorCode::kInvalidArgument, "s3.region"},
           {TestServer::Reply(418, "<html>no xml"), ErrorCode::kIo, "status 418"}}) {
    TestServer server(InTurn({c.answer}));
    S3Client client(TestS3Options(server.url("")));
    Error error = ErrorOf([&] { client.Get(kObject); });
    EXPECT_EQ(error.code(), c.code) << c.answer;
    EXPECT_THAT(error.what(), HasSubstr(c.text));
    for (const char* secret : {"TEST-SECRET", "TEST-TOKEN", "test-id", "Signature="}) {
      EXPECT_THAT(error.what(), Not(HasSubstr(secret)));
    }
    EXPECT_EQ(server.requests().size(), 1U) << "another try changes nothing";
  }
}

TEST(S3ClientTest, ExpiredKeysAreRenewedOnce) {
  TestServer server(InTurn({XmlError(400, "ExpiredToken"), TestServer::Reply(200, "content"),
                            XmlError(400, "ExpiredToken"), XmlError(400, "ExpiredToken")}));
  S3Options options = TestS3Options(server.url(""));
  int loads = 0;
  options.credentials = LoadedCredentials([&] {
    return AwsCredentials{"id" + std::to_string(++loads), "s", "", 0};
  });
  S3Client client(options);
  EXPECT_EQ(client.Get(kObject), "content");
  EXPECT_EQ(loads, 2);
  EXPECT_THAT(server.requests()[1], HasSubstr("Credential=id2/"));
  Error error = ErrorOf([&] { client.Get(kObject); });
  EXPECT_THAT(error.message(), HasSubstr("ExpiredToken"));
  EXPECT_EQ(server.requests().size(), 4U);
}

// A store that keeps the mark of the object it holds, and answers as it is told.
class MarkKeeper {
 public:
  std::string operator()(const std::string& request) {
    if (request.starts_with("HEAD ")) {
      return "HTTP/1.1 200 X\r\nContent-Length: 1\r\nx-amz-meta-eider-write: " + mark + "\r\n\r\n";
    }
    EXPECT_EQ(HeaderIn(request, "If-None-Match"), "*");
    if (!mark.empty()) return XmlError(412, "PreconditionFailed");
    mark = keeps_own ? HeaderIn(request, "x-amz-meta-eider-write") : "another's";
    return first_answer;
  }

  std::string first_answer;  // of the write that landed, or did not
  bool keeps_own = true;
  std::string mark;
};

TEST(S3ClientTest, AWriteThatLandedWithoutAnAnswerIsKnownAgain) {
  for (const std::string& lost : {std::string(), XmlError(500, "InternalError")}) {
    MarkKeeper store;
    store.first_answer = lost;
    TestServer server(std::ref(store));
    S3Client client(TestS3Options(server.url("")));
    EXPECT_NO_THROW(client.PutNew(kObject, "x"));
    EXPECT_EQ(server.requests().size(), 3U);
    EXPECT_EQ(CodeOf([&] { client.PutNew(kObject, "x"); }), ErrorCode::kAlreadyExists)
        << "the next of the same content is another write";
    EXPECT_EQ(server.requests().size(), 4U);
  }
}

TEST(S3ClientTest, AnothersWriteIsNotTakenForOurs) {
  MarkKeeper store;
  store.keeps_own = false;
  TestServer server(std::ref(store));
  S3Client client(TestS3Options(server.url("")));
  EXPECT_EQ(CodeOf([&] { client.PutNew(kObject, "x"); }), ErrorCode::kAlreadyExists);
}

TEST(S3ClientTest, TwoConditionalWritesAtOnceAreTriedAgain) {
  TestServer server(InTurn({XmlError(409, "ConditionalRequestConflict"), TestServer::Reply(200)}));
  S3Client client(TestS3Options(server.url("")));
  client.PutNew(kObject, "x");
  EXPECT_EQ(server.requests().size(), 2U);
}

class PartsTest : public ::testing::Test {
 protected:
  std::string Answer(const std::string& request) {
    if (request.starts_with("HEAD ")) {
      if (mark_.empty()) return "HTTP/1.1 404 X\r\n\r\n";
      return "HTTP/1.1 200 X\r\nx-amz-meta-eider-write: " + mark_ + "\r\nContent-Length: 1\r\n\r\n";
    }
    if (request.find("?uploads=") != std::string::npos) {
      begun_with_ = HeaderIn(request, "x-amz-meta-eider-write");
      return TestServer::Reply(200, "<R><UploadId>an id&amp;more</UploadId></R>");
    }
    EXPECT_THAT(request, HasSubstr("uploadId=an%20id%26more"));
    if (request.starts_with("PUT ")) {
      parts_ += request.substr(request.find("\r\n\r\n") + 4) + "|";
      return TestServer::Reply(200, "", "ETag: \"t\"\r\n");
    }
    if (request.starts_with("DELETE ")) {
      aborted_ = true;
      return TestServer::Reply(204);
    }
    completed_ = request;
    if (lands_) mark_ = begun_with_;
    return complete_answer_;
  }

  void Write(bool is_new) {
    TestServer server([this](const std::string& request) { return Answer(request); });
    S3Options options = TestS3Options(server.url(""));
    options.part_bytes = 4;
    options.attempts = 2;
    S3Client client(options);
    if (is_new) {
      client.PutNew(kObject, "0123456789");
    } else {
      client.Put(kObject, "0123456789");
    }
  }

  std::string begun_with_;
  std::string mark_;
  std::string parts_;
  std::string completed_;
  bool aborted_ = false;
  bool lands_ = true;
  std::string complete_answer_ = TestServer::Reply(200, "<CompleteMultipartUploadResult/>");
};

TEST_F(PartsTest, LargeBodiesAreSentInParts) {
  Write(true);
  EXPECT_EQ(parts_, "0123|4567|89|");
  EXPECT_EQ(HeaderIn(completed_, "If-None-Match"), "*");
  EXPECT_THAT(completed_, HasSubstr("<Part><PartNumber>3</PartNumber><ETag>\"t\"</ETag></Part>"));
  EXPECT_FALSE(aborted_);
  Write(false);
  EXPECT_EQ(HeaderIn(completed_, "If-None-Match"), "");
}

TEST_F(PartsTest, AnErrorWithinASuccessIsAnError) {
  lands_ = false;
  complete_answer_ = TestServer::Reply(200, "<Error><Code>InternalError</Code></Error>");
  EXPECT_EQ(CodeOf([&] { Write(true); }), ErrorCode::kIo);
  EXPECT_TRUE(aborted_);
}

TEST_F(PartsTest, ACompletionThatLandedWithoutAnAnswerIsKnownAgain) {
  complete_answer_ = XmlError(404, "NoSuchUpload");
  EXPECT_NO_THROW(Write(true));
  EXPECT_FALSE(aborted_);
}

TEST_F(PartsTest, ATakenNameIsKnownBeforeTheBodyIsSent) {
  mark_ = "another's";
  EXPECT_EQ(CodeOf([&] { Write(true); }), ErrorCode::kAlreadyExists);
  EXPECT_EQ(parts_, "");
}

TEST(S3ClientTest, RangesEndWithTheObject) {
  TestServer server(InTurn(
      {TestServer::Reply(206, "cd"), TestServer::Reply(416), TestServer::Reply(200, "abcdef")}));
  S3Client client(TestS3Options(server.url("")));
  EXPECT_EQ(client.GetRange(kObject, 2, 2), "cd");
  EXPECT_EQ(HeaderIn(server.requests()[0], "Range"), "bytes=2-3");
  EXPECT_EQ(client.GetRange(kObject, 100, 2), "");
  EXPECT_EQ(client.GetRange(kObject, 1, 3), "bcd") << "of a store that knows no ranges";
  EXPECT_EQ(client.GetRange(kObject, 1, 0), "");
  EXPECT_EQ(server.requests().size(), 3U);
}

TEST(S3ClientTest, ListingsArePaged) {
  TestServer server(InTurn(
      {TestServer::Reply(200,
                         "<L><IsTruncated>true</IsTruncated><Contents><Key>p/a%2Bb+c%0A</Key>"
                         "<Size>5</Size><LastModified>2026-11-25T03:00:00.000Z</LastModified>"
                         "</Contents><NextContinuationToken>to/ken=</NextContinuationToken></L>"),
       TestServer::Reply(200,
                         "<L><IsTruncated>false</IsTruncated><CommonPrefixes><Prefix>p/q/</Prefix>"
                         "</CommonPrefixes></L>")}));
  S3Client client(TestS3Options(server.url("")));
  S3Listing listing = client.List({"bucket", "p/"}, true);
  ASSERT_EQ(listing.objects.size(), 1U);
  EXPECT_EQ(listing.objects[0].key, "p/a+b c\n");
  EXPECT_EQ(listing.objects[0].size, 5);
  EXPECT_EQ(listing.objects[0].modified_micros, 1'795'575'600'000'000);
  EXPECT_THAT(listing.prefixes, ElementsAre("p/q/"));
  EXPECT_THAT(server.requests()[0],
              StartsWith("GET /bucket/?list-type=2&prefix=p%2F&encoding-type=url&delimiter=%2F "));
  EXPECT_THAT(server.requests()[1], HasSubstr("&continuation-token=to%2Fken%3D "));
}

TEST(S3ClientTest, DeletingManyTellsOfThoseThatStayed) {
  TestServer server(
      InTurn({TestServer::Reply(200, "<DeleteResult/>"),
              TestServer::Reply(200,
                                "<DeleteResult><Error><Key>b</Key><Code>AccessDenied</Code></Error>"
                                "</DeleteResult>")}));
  S3Client client(TestS3Options(server.url("")));
  std::vector<std::string> keys = {"a<&>"};
  for (int i = 0; i < 1000; ++i) keys.push_back("k" + std::to_string(i));
  Error error = ErrorOf([&] { client.DeleteAll("bucket", keys); });
  EXPECT_EQ(error.code(), ErrorCode::kPermission);
  EXPECT_THAT(error.message(), HasSubstr("s3://bucket/b"));
  EXPECT_THAT(server.requests()[0], HasSubstr("<Key>a&lt;&amp;&gt;</Key>"));
  EXPECT_NE(HeaderIn(server.requests()[0], "Content-MD5"), "");
  EXPECT_THAT(server.requests()[1], HasSubstr("<Quiet>true</Quiet><Object><Key>k999</Key>"));
}

TEST(S3LocationTest, SchemesAndBuckets) {
  EXPECT_EQ(ParseS3Location("S3A://b-u.cket_1/k/e//y?#").key, "k/e//y?#");
  EXPECT_EQ(ParseS3Location("s3n://bucket").ToString(), "s3://bucket/");
  for (const char* bad : {"s3://", "s3:///key", "s3://host:80/k", "s3://u@b/k", "s3://b%2e/k",
                          "s3://.b/k", "s3://b\n/k", "s3://b?x/k"}) {
    EXPECT_EQ(CodeOf([&] { ParseS3Location(bad); }), ErrorCode::kInvalidArgument) << bad;
  }
  EXPECT_EQ(CodeOf([] { ParseS3Location("gs://b/k"); }), ErrorCode::kUnsupported);
  EXPECT_EQ(CodeOf([] { ParseS3Location("/b/k"); }), ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace eider::io

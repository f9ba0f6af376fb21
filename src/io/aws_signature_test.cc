#include "io/aws_signature.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/error_testing.h"

namespace eider::io {
namespace {

using ::testing::HasSubstr;

std::string HeaderOf(const HttpRequest& request, const std::string& name) {
  HttpResponse holder;
  holder.headers = request.headers;
  return holder.Header(name);
}

// The examples of Amazon's documentation of S3, "Signature Calculations for the Authorization
// Header".
class S3ExamplesTest : public ::testing::Test {
 protected:
  std::string Signature(HttpRequest request) {
    request.url = "https://examplebucket.s3.amazonaws.com" + request.url;
    SignAwsRequest(request,
                   {"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "", 0},
                   "us-east-1", "s3", 1'369'353'600'000);
    std::string value = HeaderOf(request, "Authorization");
    EXPECT_THAT(value, HasSubstr("AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/"
                                 "us-east-1/s3/aws4_request, SignedHeaders="));
    return value.substr(value.rfind('=') + 1);
  }
};

TEST_F(S3ExamplesTest, ReadARange) {
  EXPECT_EQ(Signature({"GET", "/test.txt", {{"Range", "bytes=0-9"}}}),
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

TEST_F(S3ExamplesTest, Write) {
  EXPECT_EQ(Signature({"PUT",
                       "/test$file.text",
                       {{"Date", "Fri, 24 May 2013 00:00:00 GMT"},
                        {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
                       "Welcome to Amazon S3."}),
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
}

TEST_F(S3ExamplesTest, AParameterWithoutValue) {
  EXPECT_EQ(Signature({"GET", "/?lifecycle", {}}),
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
}

TEST_F(S3ExamplesTest, List) {
  EXPECT_EQ(Signature({"GET", "/?prefix=J&max-keys=2", {}}),
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

// Of AWS's test suite for Signature Version 4.
TEST(AwsSignatureTest, OtherServices) {
  auto signature = [](HttpRequest request) {
    request.url = "https://example.amazonaws.com" + request.url;
    SignAwsRequest(request, {"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "", 0},
                   "us-east-1", "service", 1'440'938'160'000);
    EXPECT_EQ(HeaderOf(request, "X-Amz-Date"), "20150830T123600Z");
    std::string value = HeaderOf(request, "Authorization");
    return value.substr(value.rfind('=') + 1);
  };
  EXPECT_EQ(signature({"GET", "/", {}}),
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
  EXPECT_EQ(signature({"GET", "/?Param2=value2&Param1=value1", {}}),
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500");
  EXPECT_EQ(signature({"POST", "/", {}}),
            "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
}

TEST(AwsSignatureTest, WhatIsSignedIsSaid) {
  HttpRequest request{"GET", "http://127.0.0.1:9000/b/k", {{"x-amz-date", "old"}, {"A", "1"}}};
  SignAwsRequest(request, {"id", "secret", "token", 0}, "eu-west-1", "s3", 0);
  EXPECT_EQ(HeaderOf(request, "x-amz-date"), "19700101T000000Z");
  EXPECT_EQ(HeaderOf(request, "x-amz-security-token"), "token");
  EXPECT_EQ(HeaderOf(request, "x-amz-content-sha256"),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_THAT(HeaderOf(request, "authorization"),
              HasSubstr("SignedHeaders=a;host;x-amz-content-sha256;x-amz-date;"
                        "x-amz-security-token, "));
  // Signed again it says the same once.
  HttpRequest again = request;
  SignAwsRequest(again, {"id", "secret", "token", 0}, "eu-west-1", "s3", 0);
  EXPECT_EQ(again.headers.size(), request.headers.size());
  EXPECT_EQ(HeaderOf(again, "authorization"), HeaderOf(request, "authorization"));
}

// However a client has written a URL, the server knows one form.
TEST(AwsSignatureTest, TheSpellingOfAUrlDoesNotMatter) {
  auto authorization = [](const std::string& url) {
    HttpRequest request{"GET", url, {}};
    SignAwsRequest(request, {"id", "secret", "", 0}, "eu-west-1", "s3", 0);
    return HeaderOf(request, "Authorization");
  };
  EXPECT_EQ(authorization("https://h/b/a%3Db%2Ac?x=%2F&a=1"),
            authorization("https://h:443/b/a=b*c?a=1&x=/"));
  EXPECT_NE(authorization("https://h/b/a%2Fb"), authorization("https://h/b/c"));
  EXPECT_EQ(CodeOf([&] { authorization("https://h/%zz"); }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(CodeOf([&] { authorization("h/x"); }), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace eider::io

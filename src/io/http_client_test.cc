#include "io/http_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/error_testing.h"
#include "io/http_server_testing.h"

namespace eider::io {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

HttpRequest To(const std::string& url, std::string method = "GET", std::string_view body = {}) {
  HttpRequest request;
  request.method = std::move(method);
  request.url = url;
  request.body = body;
  return request;
}

TEST(HttpClientTest, SendsWhatItIsGivenAndReturnsTheAnswer) {
  TestServer server([](const std::string&) {
    return TestServer::Reply(201, "answer", "ETag:  \"x\" \r\nX-Twice: 1\r\nX-Twice: 2\r\n");
  });
  HttpClient client;
  HttpRequest request = To(server.url("/a/../b%2Fc?q=1"), "POST", "the body");
  request.headers = {{"X-One", "1"}, {"Content-Type", "text/plain"}, {"X-Empty", ""}};
  HttpResponse response = client.Send(request);
  EXPECT_EQ(response.status, 201);
  EXPECT_TRUE(response.ok());
  EXPECT_EQ(response.body, "answer");
  EXPECT_EQ(response.Header("etag"), "\"x\"");
  EXPECT_EQ(response.Header("missing"), "");
  EXPECT_EQ(response.headers.size(), 4U);
  std::string sent = server.requests().at(0);
  EXPECT_THAT(sent, StartsWith("POST /a/../b%2Fc?q=1 HTTP/1.1\r\n"));
  EXPECT_THAT(sent, HasSubstr("X-One: 1\r\n"));
  EXPECT_THAT(sent, HasSubstr("X-Empty:\r\n"));
  EXPECT_THAT(sent, HasSubstr("Content-Type: text/plain\r\n"));
  EXPECT_THAT(sent, HasSubstr("\r\n\r\nthe body"));
  EXPECT_THAT(sent, Not(HasSubstr("Expect")));
}

TEST(HttpClientTest, EveryMethodHasItsForm) {
  TestServer server([](const std::string& request) {
    std::string reply = TestServer::Reply(200, "x");
    return request.starts_with("HEAD") ? reply.substr(0, reply.size() - 1) : reply;
  });
  HttpClient client;
  EXPECT_EQ(client.Send(To(server.url(), "HEAD")).body, "");
  EXPECT_EQ(client.Send(To(server.url(), "PUT")).status, 200);
  EXPECT_EQ(client.Send(To(server.url(), "DELETE")).status, 200);
  EXPECT_EQ(client.Send(To(server.url(), "GET")).body, "x");
  std::string large(3 << 20, 'y');
  EXPECT_EQ(client.Send(To(server.url(), "PUT", large)).status, 200);
  std::vector<std::string> sent = server.requests();
  EXPECT_THAT(sent[1], HasSubstr("Content-Length: 0\r\n"));
  EXPECT_THAT(sent[1], Not(HasSubstr("Content-Type")));
  EXPECT_THAT(sent[2], StartsWith("DELETE / "));
  EXPECT_THAT(sent[2], Not(HasSubstr("Content-Length")));
  EXPECT_TRUE(sent[4].ends_with(large));
  EXPECT_EQ(server.connections(), 1);
}

TEST(HttpClientTest, StatusesAreAnswersNotErrors) {
  TestServer server([](const std::string&) { return TestServer::Reply(503, "later"); });
  HttpResponse response = HttpClient().Send(To(server.url()));
  EXPECT_EQ(response.status, 503);
  EXPECT_FALSE(response.ok());
  EXPECT_EQ(response.body, "later");
}

TEST(HttpClientTest, ThreadsShareAClientAndItsConnections) {
  TestServer server([](const std::string&) { return TestServer::Reply(200, "x"); });
  HttpClient client;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 20; ++j) EXPECT_EQ(client.Send(To(server.url())).status, 200);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(server.requests().size(), 80U);
  EXPECT_LE(server.connections(), 4);
}

TEST(HttpClientTest, ANewConnectionIsMadeWhereTheServerClosedTheKeptOne) {
  TestServer server([](const std::string&) {
    return std::string("HTTP/1.1 200 X\r\nConnection: close\r\n\r\nx");
  });
  HttpClient client;
  EXPECT_EQ(client.Send(To(server.url(), "POST", "1")).body, "x");
  EXPECT_EQ(client.Send(To(server.url(), "POST", "2")).body, "x");
  EXPECT_EQ(server.connections(), 2);
}

// A server that answers the first request of a kind, and closes on the second without a word.
TEST(HttpClientTest, OnlyAReadIsSentTwice) {
  std::atomic<int> posts = 0;
  std::atomic<int> gets = 0;
  TestServer server([&](const std::string& request) {
    if (request.starts_with("POST") && ++posts == 2) return std::string();
    if (request.starts_with("GET") && ++gets == 2) return std::string();
    return TestServer::Reply(200, "x");
  });
  HttpClient client;
  client.Send(To(server.url(), "POST", "1"));
  Error error = ErrorOf([&] { client.Send(To(server.url(), "POST", "2")); });
  EXPECT_EQ(error.code(), ErrorCode::kUnknownOutcome);
  EXPECT_EQ(posts, 2);
  client.Send(To(server.url()));
  EXPECT_EQ(client.Send(To(server.url())).body, "x");
  EXPECT_EQ(gets, 3);
}

TEST(HttpClientTest, AnAnswerThatBreaksOffIsNoAnswer) {
  TestServer server([](const std::string&) {
    return std::string("HTTP/1.1 200 X\r\nContent-Length: 10\r\n\r\nhalf");
  });
  HttpClient client;
  EXPECT_EQ(CodeOf([&] { client.Send(To(server.url())); }), ErrorCode::kIo);
  EXPECT_EQ(CodeOf([&] { client.Send(To(server.url(), "PUT", "x")); }), ErrorCode::kUnknownOutcome);
}

TEST(HttpClientTest, TimeIsLimited) {
  std::atomic<bool> done = false;
  TestServer server([&](const std::string&) {
    while (!done) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return std::string();
  });
  HttpClientOptions options;
  options.timeout = std::chrono::milliseconds(100);
  HttpClient client(options);
  auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(CodeOf([&] { client.Send(To(server.url())); }), ErrorCode::kIo);
  EXPECT_EQ(CodeOf([&] { client.Send(To(server.url(), "POST", "x")); }),
            ErrorCode::kUnknownOutcome);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(3));
  done = true;
}

TEST(HttpClientTest, WhatNeverGotThereIsKnownNotToHaveHappened) {
  int port = 0;
  {
    TestServer gone([](const std::string&) { return std::string(); });
    port = gone.port();
  }
  Error error = ErrorOf([&] {
    HttpClient().Send(
        To("http://127.0.0.1:" + std::to_string(port) + "/path?token=SECRET", "POST", "SECRET"));
  });
  EXPECT_EQ(error.code(), ErrorCode::kIo);
  EXPECT_THAT(error.message(), HasSubstr("POST http://127.0.0.1"));
  EXPECT_THAT(error.message(), HasSubstr("/path"));
  EXPECT_THAT(std::string(error.what()), Not(HasSubstr("SECRET")));
}

TEST(HttpClientTest, BodiesAndHeadersHaveALimit) {
  TestServer server([](const std::string& request) {
    return request.find("/headers") == std::string::npos
               ? TestServer::Reply(200, std::string(2000, 'x'))
               : TestServer::Reply(200, "",
                                   "X: " + std::string(90'000, 'y') +
                                       "\r\nX: " + std::string(90'000, 'y') +
                                       "\r\nX: " + std::string(90'000, 'y') + "\r\n");
  });
  HttpClientOptions options;
  options.body_limit = 1999;
  HttpClient client(options);
  EXPECT_EQ(CodeOf([&] { client.Send(To(server.url())); }), ErrorCode::kUnsupported);
  EXPECT_EQ(CodeOf([&] { client.Send(To(server.url("/headers"))); }), ErrorCode::kUnsupported);
  options.body_limit = 2000;
  EXPECT_EQ(HttpClient(options).Send(To(server.url())).body.size(), 2000U);
}

TEST(HttpClientTest, RedirectsAreFollowedOnlyWhereAsked) {
  TestServer server([](const std::string& request) {
    return request.find(" /there ") == std::string::npos
               ? TestServer::Reply(302, "", "Location: /there\r\n")
               : TestServer::Reply(200, "arrived");
  });
  EXPECT_EQ(HttpClient().Send(To(server.url())).status, 302);
  HttpClientOptions options;
  options.redirects = 2;
  HttpClient client(options);
  HttpResponse response = client.Send(To(server.url()));
  EXPECT_EQ(response.body, "arrived");
  EXPECT_EQ(response.Header("Location"), "");
  EXPECT_EQ(client.Send(To(server.url(), "POST", "x")).status, 302);
}

TEST(HttpClientTest, PrivateAddressesAreRefusedWhereAsked) {
  TestServer server([](const std::string&) { return TestServer::Reply(200, "x"); });
  HttpClientOptions options;
  options.public_addresses_only = true;
  HttpClient client(options);
  for (const char* host : {"127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]",
                           "169.254.169.254"}) {
    std::string url =
        "http://" + std::string(host) + ":" + std::to_string(server.port()) + "/latest/meta-data";
    EXPECT_EQ(CodeOf([&] { client.Send(To(url)); }), ErrorCode::kPermission) << host;
  }
  EXPECT_EQ(server.connections(), 0);
}

TEST(HttpClientTest, UrlsAndHeadersAreChecked) {
  HttpClient client;
  for (const char* url :
       {"file:///etc/passwd", "ftp://host/", "gopher://host/", "no url", "", "http://host/a b",
        "http://host/\r\nX: y", "http:///path", "http://host:99999/"}) {
    EXPECT_EQ(CodeOf([&] { client.Send(To(url)); }), ErrorCode::kInvalidArgument) << url;
  }
  Error error = ErrorOf([&] { client.Send(To("http://user:SECRET@host/")); });
  EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(std::string(error.what()), Not(HasSubstr("SECRET")));
  for (const HttpHeader& header :
       {HttpHeader{"X", "SECRET\r\nY: z"}, HttpHeader{"X:", "SECRET"}, HttpHeader{"", "SECRET"},
        HttpHeader{"X", std::string("SECRET\0", 7)}}) {
    HttpRequest request = To("http://127.0.0.1/");
    request.headers = {header};
    Error refused = ErrorOf([&] { client.Send(request); });
    EXPECT_EQ(refused.code(), ErrorCode::kInvalidArgument);
    EXPECT_THAT(std::string(refused.what()), Not(HasSubstr("SECRET")));
  }
}

TEST(HttpClientTest, SecretsOfUrlsAreNotShown) {
  EXPECT_EQ(UrlWithoutSecrets("https://a:b@host:1/p/@q?x=y#z"), "https://host:1/p/@q");
  EXPECT_EQ(UrlWithoutSecrets("http://host"), "http://host");
  EXPECT_EQ(UrlWithoutSecrets("nothing?x"), "nothing");
}

}  // namespace
}  // namespace eider::io

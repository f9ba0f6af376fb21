#include "server/listen_address.h"

#include <gtest/gtest.h>

#include "base/error_testing.h"

namespace eider::server {
namespace {

TEST(ListenAddress, IsHostAndPort) {
  EXPECT_EQ(ParseListenAddress("localhost:8181").host, "localhost");
  EXPECT_EQ(ParseListenAddress("localhost:8181").port, 8181);
  EXPECT_EQ(ParseListenAddress("[::1]:0").host, "::1");
  EXPECT_EQ(ParseListenAddress(":80").host, "0.0.0.0");
  EXPECT_EQ(ParseListenAddress("[::1]:81").ToString(), "[::1]:81");
}

TEST(ListenAddress, AnythingElseIsRefused) {
  for (const char* text : {"", "8181", "localhost", "localhost:", "localhost:x", "localhost:65536",
                           "localhost:-1", "::1:80", "[::1]", "[::1", "localhost:80 "}) {
    EXPECT_EQ(CodeOf([&] { ParseListenAddress(text); }), ErrorCode::kInvalidArgument) << text;
  }
  EXPECT_EQ(CodeOf([] { Resolve({"no.such.host.invalid", 1}); }), ErrorCode::kInvalidArgument);
}

TEST(ListenAddress, OnlyLoopbackIsLoopback) {
  for (const char* host : {"127.0.0.1", "127.8.9.1", "localhost", "::1", "::ffff:127.0.0.1"}) {
    EXPECT_TRUE(IsLoopback(ListenAddress{host, 1})) << host;
  }
  for (const char* host : {"0.0.0.0", "::", "10.0.0.1", "::ffff:10.0.0.1", "128.0.0.1"}) {
    EXPECT_FALSE(IsLoopback(ListenAddress{host, 1})) << host;
  }
}

}  // namespace
}  // namespace eider::server

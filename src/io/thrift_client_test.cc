#include "io/thrift_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>

#include "base/error_testing.h"
#include "io/thrift_testing.h"

namespace eider::io {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

ThriftClientOptions OptionsFor(const TestServer& server) {
  ThriftClientOptions options;
  options.addresses = {{"127.0.0.1", server.port()}};
  return options;
}

ThriftValue Text(const std::string& text) {
  ThriftValue value;
  value.Set(0, ThriftValue::Text(text));
  return value;
}

TEST(ThriftClient, CallsOverOneConnection) {
  auto server = ServeThrift([](const ThriftMessage& call) {
    return ThriftAnswer(call, Text(call.method + " " + call.body.TextAt(1)));
  });
  ThriftClient client(OptionsFor(*server));
  for (const char* name : {"a", "b", "c"}) {
    ThriftValue arguments;
    arguments.Set(1, ThriftValue::Text(name));
    ThriftReply reply = client.Call("get_database", arguments);
    EXPECT_EQ(reply.failure, "");
    EXPECT_EQ(reply.result.TextAt(0), std::string("get_database ") + name);
  }
  EXPECT_EQ(server->connections(), 1);
}

TEST(ThriftClient, ThreadsHaveConnectionsOfTheirOwn) {
  auto server = ServeThrift(
      [](const ThriftMessage& call) { return ThriftAnswer(call, Text(call.body.TextAt(1))); });
  ThriftClient client(OptionsFor(*server));
  std::atomic<int> right = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      for (int j = 0; j < 20; ++j) {
        std::string name = std::to_string(i * 100 + j);
        ThriftValue arguments;
        arguments.Set(1, ThriftValue::Text(name));
        if (client.Call("m", arguments).result.TextAt(0) == name) ++right;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 160);
  EXPECT_LE(server->connections(), 8);
}

TEST(ThriftClient, AConnectionThatTheServerClosedIsNotUsed) {
  std::atomic<int> calls = 0;
  auto server = ServeThrift([&](const ThriftMessage& call) {
    ++calls;
    return ThriftAnswer(call, Text("x"));
  });
  auto client = std::make_unique<ThriftClient>(OptionsFor(*server));
  client->Call("m", {});
  int port = server->port();
  server.reset();
  Error error = ErrorOf([&] { client->Call("m", {}); });
  // Nobody listens: it was not sent, and not sent into the closed connection either.
  EXPECT_EQ(error.code(), ErrorCode::kIo);
  EXPECT_THAT(error.message(), HasSubstr("thrift://127.0.0.1:" + std::to_string(port)));
  EXPECT_EQ(calls, 1);
}

TEST(ThriftClient, ALostAnswerIsAnUnknownOutcome) {
  auto lost = ServeThrift([](const ThriftMessage&) { return std::string(); });
  ThriftClient client(OptionsFor(*lost));
  Error error = ErrorOf([&] { client.Call("create_table", {}); });
  EXPECT_EQ(error.code(), ErrorCode::kUnknownOutcome);
  EXPECT_THAT(error.message(), HasSubstr("create_table of thrift://127.0.0.1:"));
  EXPECT_EQ(lost->requests().size(), 1u);

  auto torn = ServeThrift([](const ThriftMessage& call) {
    std::string answer = ThriftAnswer(call, Text("a longer text"));
    return answer.substr(0, answer.size() - 5);
  });
  ThriftClient second(OptionsFor(*torn));
  EXPECT_EQ(ErrorOf([&] { second.Call("m", {}); }).code(), ErrorCode::kUnknownOutcome);

  auto foreign = ServeThrift([](ThriftMessage call) {
    ++call.sequence;
    return ThriftAnswer(call, Text("of another call"));
  });
  ThriftClient third(OptionsFor(*foreign));
  EXPECT_EQ(ErrorOf([&] { third.Call("m", {}); }).code(), ErrorCode::kUnknownOutcome);
}

TEST(ThriftClient, AnAnswerThatDoesNotComeInTimeIsLost) {
  std::atomic<bool> given_up = false;
  auto server = ServeThrift([&](const ThriftMessage& call) {
    while (!given_up) std::this_thread::yield();
    return ThriftAnswer(call, Text("late"));
  });
  ThriftClientOptions options = OptionsFor(*server);
  options.timeout = milliseconds(30);
  ThriftClient client(options);
  Error error = ErrorOf([&] { client.Call("m", {}); });
  EXPECT_EQ(error.code(), ErrorCode::kUnknownOutcome);
  EXPECT_THAT(error.message(), HasSubstr("in time"));
  given_up = true;
}

TEST(ThriftClient, SaysWhatElseTheServerSpeaks) {
  for (auto [bytes, name] : {std::pair<std::string, std::string>{"HTTP/1.1 400 X\r\n\r\n", "HTTP"},
                             {std::string("\x15\x03\x03\x00\x02\x02\x28", 7), "TLS"},
                             {std::string("\x03\x00\x00\x00\x03no!", 8), "Kerberos"}}) {
    auto server = ServeThrift([bytes = bytes](const ThriftMessage&) { return bytes; });
    ThriftClient client(OptionsFor(*server));
    Error error = ErrorOf([&] { client.Call("m", {}); });
    EXPECT_EQ(error.code(), ErrorCode::kUnsupported) << name;
    EXPECT_THAT(error.message(), HasSubstr(name));
  }
}

TEST(ThriftClient, TellsFailuresFromUnknownMethods) {
  auto server = ServeThrift([](const ThriftMessage& call) {
    return call.method == "old" ? ThriftFailure(call, "Invalid method name: 'old'", 1)
                                : ThriftFailure(call, "Internal error processing new");
  });
  ThriftClient client(OptionsFor(*server));
  EXPECT_EQ(client.Call("new", {}).failure, "Internal error processing new");
  EXPECT_EQ(ErrorOf([&] { client.Call("old", {}); }).code(), ErrorCode::kUnsupported);
}

TEST(ThriftClient, AsksTheFirstServerThatIsThere) {
  int closed;
  {
    auto gone = ServeThrift([](const ThriftMessage&) { return std::string(); });
    closed = gone->port();
  }
  auto server =
      ServeThrift([](const ThriftMessage& call) { return ThriftAnswer(call, Text("x")); });
  ThriftClientOptions options = OptionsFor(*server);
  options.addresses.insert(options.addresses.begin(), {"127.0.0.1", closed});
  ThriftClient client(options);
  EXPECT_EQ(client.Call("m", {}).result.TextAt(0), "x");
}

TEST(ThriftAddress, IsReadAndShown) {
  auto texts = [](const char* text) {
    std::vector<std::string> shown;
    for (const ThriftAddress& address : ParseThriftAddresses(text, 9083)) {
      shown.push_back(address.ToString());
    }
    return shown;
  };
  using List = std::vector<std::string>;
  EXPECT_EQ(texts("thrift://hive"), List{"thrift://hive:9083"});
  EXPECT_EQ(texts("THRIFT://a:1/, thrift://[::1]:2"), (List{"thrift://a:1", "thrift://[::1]:2"}));
  for (const char* wrong :
       {"", "http://a", "thrift://", "thrift://a:", "thrift://a:0", "thrift://a:66000",
        "thrift://a:9x", "thrift://u@a", "thrift://a/b", "thrift://a,"}) {
    EXPECT_EQ(ErrorOf([&] { texts(wrong); }).code(), ErrorCode::kInvalidArgument) << wrong;
  }
}

}  // namespace
}  // namespace eider::io

#include "server/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <future>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "base/error_testing.h"
#include "base/json.h"
#include "base/temporary_folder.h"
#include "io/http_client.h"
#include "server/http_client_testing.h"
#include "server/http_stream.h"

#ifdef __SANITIZE_THREAD__
// To the thread sanitizer, a thread that closes a socket after an event races with the one that
// asked for the event: it knows of EPOLL_CTL_ADD that it comes before, and of EPOLL_CTL_MOD it does
// not.
extern "C" const char* __tsan_default_suppressions() {
  return "race:eider::server::HttpStream::~HttpStream\n";
}
#endif

namespace eider::server {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// Says what it was asked.
HttpResponse Echo(const HttpRequest& request) {
  HttpResponse response;
  response.fields["Content-Type"] = "text/plain";
  response.body =
      request.method + " " + request.path + " ?" + request.query + "[" + request.body + "]";
  return response;
}

HttpServerOptions Options() {
  HttpServerOptions options;
  options.listen = "127.0.0.1:0";
  options.handlers = 4;
  return options;
}

// A handler that waits until it is let go.
class Gate {
 public:
  HttpResponse Handle(const HttpRequest& request) {
    std::unique_lock<std::mutex> lock(mutex_);
    ++inside_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
    --inside_;
    return Echo(request);
  }
  void WaitFor(int count) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return inside_ >= count; });
  }
  void Open() {
    std::lock_guard<std::mutex> lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int inside_ = 0;
  bool open_ = false;
};

TEST(HttpServer, AConnectionServesRequestAfterRequest) {
  HttpServer server(Options(), Echo);
  TestClient client(server.port());
  for (int i = 0; i < 3; ++i) {
    std::string answer = client.Get("/a%1Fb?x=1&y=%20");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(answer, HasSubstr("\r\nContent-Type: text/plain\r\n"));
    EXPECT_THAT(answer, HasSubstr("GET /a%1Fb ?x=1&y=%20[]"));
    EXPECT_THAT(answer, Not(HasSubstr("Connection:")));
  }
  EXPECT_EQ(server.counts().accepted, 1U);
}

TEST(HttpServer, RequestsInOnePacketAreAnsweredInOrder) {
  HttpServer server(Options(), Echo);
  TestClient client(server.port());
  std::string all;
  for (int i = 0; i < 50; ++i) {
    all += "POST /" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc";
  }
  client.Send(all);
  for (int i = 0; i < 50; ++i) {
    EXPECT_THAT(client.Receive(), HasSubstr("POST /" + std::to_string(i) + " ?[abc]")) << i;
  }
}

TEST(HttpServer, ARequestMayComeByteByByte) {
  HttpServer server(Options(), Echo);
  TestClient client(server.port());
  for (char c : std::string("PUT /slow HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                            "2\r\nab\r\n1;note=x\r\nc\r\n0\r\nHost: evil\r\n\r\n")) {
    client.Send({&c, 1});
    std::this_thread::sleep_for(milliseconds(1));
  }
  EXPECT_THAT(client.Receive(), HasSubstr("PUT /slow ?[abc]"));
  EXPECT_THAT(client.Get("/next"), HasSubstr("GET /next ?[]"));
}

TEST(HttpServer, ChunkedBodiesOfAnySize) {
  HttpServer server(Options(), [](const HttpRequest& request) {
    HttpResponse response;
    response.body = std::to_string(request.body.size());
    return response;
  });
  TestClient client(server.port());
  client.Send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 30; ++i) {
    client.Send("186a0\r\n" + std::string(100'000, 'x') + "\r\n");
  }
  client.Send("0\r\n\r\n");
  EXPECT_THAT(client.Receive(), HasSubstr("\r\n\r\n3000000"));
}

TEST(HttpServer, HeadHasLengthAndNoBody) {
  HttpServer server(Options(), Echo);
  TestClient client(server.port());
  client.Send("HEAD /x HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(client.Receive(true), HasSubstr("Content-Length: 11\r\n"));
  EXPECT_THAT(client.Get("/y"), HasSubstr("GET /y ?[]"));
}

TEST(HttpServer, NoContentHasNeither) {
  HttpServer server(Options(), [](const HttpRequest&) {
    HttpResponse response;
    response.status = 204;
    return response;
  });
  TestClient client(server.port());
  std::string answer = client.Get("/");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 204 No Content\r\n"));
  EXPECT_THAT(answer, Not(HasSubstr("Content-Length")));
}

TEST(HttpServer, ExpectedContinueIsSaidBeforeTheBody) {
  HttpServer server(Options(), Echo);
  TestClient client(server.port());
  client.Send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.Receive(), "HTTP/1.1 100 Continue\r\n\r\n");
  client.Send("ok");
  EXPECT_THAT(client.Receive(), HasSubstr("POST / ?[ok]"));
}

TEST(HttpServer, ATooLargeBodyIsRefusedInsteadOfContinued) {
  HttpServerOptions options = Options();
  options.limits.body_bytes = 1000;
  HttpServer server(options, Echo);
  TestClient client(server.port());
  client.Send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\nExpect: 100-continue\r\n\r\n");
  std::string answer = client.Receive();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  EXPECT_TRUE(client.AtEnd());
}

TEST(HttpServer, ATooLargeBodyThatIsOnItsWayIsAnsweredAllTheSame) {
  HttpServerOptions options = Options();
  options.limits.body_bytes = 1000;
  HttpServer server(options, Echo);
  for (const char* length : {"Content-Length: 3000000", "Transfer-Encoding: chunked"}) {
    TestClient client(server.port());
    client.Send(std::string("POST / HTTP/1.1\r\nHost: x\r\n") + length + "\r\n\r\n2dc6c0\r\n");
    client.Send(std::string(3'000'000, 'x'));
    EXPECT_THAT(client.Receive(), StartsWith("HTTP/1.1 413 ")) << length;
  }
}

TEST(HttpServer, AllBodiesTogetherHaveALimit) {
  HttpServerOptions options = Options();
  options.limits.all_body_bytes = 100'000;
  HttpServer server(options, Echo);
  std::string head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 90000\r\n\r\n";
  TestClient first(server.port());
  first.Send(head + std::string(80'000, 'x'));
  std::this_thread::sleep_for(milliseconds(100));
  TestClient second(server.port());
  second.Send(head + std::string(80'000, 'x'));
  EXPECT_THAT(second.Receive(), StartsWith("HTTP/1.1 503 "));
  first.Send(std::string(10'000, 'x'));
  EXPECT_THAT(first.Receive(), StartsWith("HTTP/1.1 200 "));
  TestClient third(server.port());
  third.Send(head + std::string(90'000, 'x'));
  EXPECT_THAT(third.Receive(), StartsWith("HTTP/1.1 200 ")) << "what was held is given back";
}

TEST(HttpServer, HeadersHaveALimitHoweverTheyCome) {
  HttpServerOptions options = Options();
  options.limits.header_bytes = 4000;
  HttpServer server(options, Echo);
  std::string start = "GET / HTTP/1.1\r\nHost: x\r\n";
  TestClient at_once(server.port());
  at_once.Send(start + "A: " + std::string(5000, 'x') + "\r\n\r\n");
  EXPECT_THAT(at_once.Receive(), StartsWith("HTTP/1.1 431 "));

  TestClient by_line(server.port());
  by_line.Send(start);
  for (int i = 0; i < 100; ++i)
    by_line.Send("A" + std::to_string(i) + ": " + std::string(50, 'x') + "\r\n");
  EXPECT_THAT(by_line.Receive(), StartsWith("HTTP/1.1 431 "));

  TestClient many(server.port());
  many.Send(start);
  for (int i = 0; i < 201; ++i) many.Send("a:\r\n");
  many.Send("\r\n");
  EXPECT_THAT(many.Receive(), StartsWith("HTTP/1.1 431 "));

  TestClient chunk_line(server.port());
  chunk_line.Send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;x=" +
                  std::string(10'000, 'x'));
  EXPECT_THAT(chunk_line.Receive(), StartsWith("HTTP/1.1 431 "));
}

TEST(HttpServer, MalformedRequestsAreRefusedAndEndTheConnection) {
  HttpServer server(Options(), Echo);
  const std::vector<std::pair<std::string_view, const char*>> cases = {
      {"nonsense\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nHost: x\r\nAuthorization: a\r\nAuthorization: b\r\n\r\n", "400"},
      {"GET nowhere HTTP/1.1\r\nHost: x\r\n\r\n", "400"},
      {"GET /a#b HTTP/1.1\r\nHost: x\r\n\r\n", "400"},
      {"GET / HTTP/2.0\r\nHost: x\r\n\r\n", "505"},
      {{"GET /\0x HTTP/1.1\r\nHost: x\r\n\r\n", 29}, "400"},
      {"GET / HTTP/1.1\r\nHost: x\r\nBad Field: x\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nHost: x\r\nExpect: tea\r\n\r\n", "417"},
      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", "400"},
      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", "400"},
      {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "501"},
      {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n", "501"},
      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: "
       "chunked\r\n\r\n0\r\n\r\n",
       "400"},
      {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400"},
      {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", "400"},
  };
  for (const auto& [request, status] : cases) {
    TestClient client(server.port());
    client.Send(request);
    std::string answer = client.Receive();
    EXPECT_THAT(answer, StartsWith(std::string("HTTP/1.1 ") + status)) << request;
    size_t body = answer.find("\r\n\r\n");
    ASSERT_NE(body, std::string::npos) << request;
    EXPECT_EQ(ParseJson(answer.substr(body + 4), "answer")["error"]["code"], std::stoi(status));
    EXPECT_TRUE(client.AtEnd()) << request;
  }
}

TEST(HttpServer, AbsoluteTargetsAndEmptyLinesBeforeARequest) {
  HttpServer server(Options(), Echo);
  TestClient client(server.port());
  client.Send("\r\n\r\nGET http://localhost/a/b?c HTTP/1.1\r\nHost: x\r\n\r\n\r\n");
  EXPECT_THAT(client.Receive(), HasSubstr("GET /a/b ?c[]"));
  client.Send("GET http://localhost HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(client.Receive(), HasSubstr("GET / ?[]"));
}

TEST(HttpServer, WhoWantsToCloseIsClosed) {
  HttpServer server(Options(), Echo);
  TestClient client(server.port());
  client.Send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(client.Receive(), HasSubstr("Connection: close\r\n"));
  EXPECT_TRUE(client.AtEnd());

  TestClient old(server.port());
  old.Send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_THAT(old.Receive(), HasSubstr("Connection: close\r\n"));
  EXPECT_TRUE(old.AtEnd());

  TestClient old_and_kept(server.port());
  for (int i = 0; i < 2; ++i) {
    old_and_kept.Send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_THAT(old_and_kept.Receive(), HasSubstr("Connection: keep-alive\r\n"));
  }
}

TEST(HttpServer, RequestIdsComeBackOrAreMade) {
  HttpServer server(Options(), [](const HttpRequest& request) {
    HttpResponse response;
    response.body = request.id;
    return response;
  });
  TestClient client(server.port());
  client.Send("GET / HTTP/1.1\r\nHost: x\r\nX-Request-Id: abc-1\r\n\r\n");
  EXPECT_THAT(client.Receive(), HasSubstr("X-Request-Id: abc-1\r\n"));

  std::set<std::string> made;
  for (const char* insane : {"", "a b", "{\"a\":1}", "<x>"}) {
    client.Send(std::string("GET / HTTP/1.1\r\nHost: x\r\nX-Request-Id: ") + insane + "\r\n\r\n");
    std::string answer = client.Receive();
    std::string id = answer.substr(answer.find("\r\n\r\n") + 4);
    EXPECT_NE(id, insane);
    EXPECT_THAT(answer, HasSubstr("X-Request-Id: " + id + "\r\n"));
    made.insert(id);
  }
  EXPECT_EQ(made.size(), 4U);
}

TEST(HttpServer, WhatAHandlerThrowsIsAnsweredByItsCode) {
  std::vector<std::string> errors;
  HttpServerOptions options = Options();
  options.on_exchange = [&](const HttpExchange& exchange) { errors.emplace_back(exchange.error); };
  {
    HttpServer server(options, [](const HttpRequest& request) -> HttpResponse {
      if (request.path == "/missing") throw Error(ErrorCode::kNotFound, "table x is not there");
      throw std::runtime_error("boom");
    });
    TestClient client(server.port());
    std::string answer = client.Get("/missing");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 404 "));
    EXPECT_THAT(answer, HasSubstr("table x is not there"));
    EXPECT_THAT(client.Get("/boom"), StartsWith("HTTP/1.1 500 "));
  }
  EXPECT_THAT(errors, testing::ElementsAre("table x is not there", "boom"));
}

TEST(HttpServer, AnswersCannotBeSplit) {
  HttpServer server(Options(), [](const HttpRequest&) {
    HttpResponse response;
    response.fields["Location"] = "/a\r\nSet-Cookie: stolen";
    response.fields["Content-Length"] = "7";
    return response;
  });
  TestClient client(server.port());
  std::string answer = client.Get("/");
  EXPECT_THAT(answer, HasSubstr("Location: /a  Set-Cookie: stolen\r\n"));
  EXPECT_THAT(answer, HasSubstr("Content-Length: 0\r\n"));
}

TEST(HttpServer, ASlowRequestIsToldSo) {
  HttpServerOptions options = Options();
  options.limits.request_time = milliseconds(200);
  HttpServer server(options, Echo);
  for (const char* part : {"GET / HT", "GET / HTTP/1.1\r\nHost: x\r\nA: ",
                           "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc"}) {
    TestClient client(server.port());
    client.Send(part);
    EXPECT_THAT(client.Receive(), StartsWith("HTTP/1.1 408 ")) << part;
    EXPECT_TRUE(client.AtEnd());
  }
  TestClient trickle(server.port());
  trickle.Send("GET / HTTP/1.1\r\nHost: x\r\n");
  for (int i = 0; i < 40; ++i) {
    trickle.Send("a: b\r\n");
    std::this_thread::sleep_for(milliseconds(20));
  }
  EXPECT_THAT(trickle.Receive(), StartsWith("HTTP/1.1 408 "));
  TestClient silent(server.port());
  EXPECT_TRUE(silent.AtEnd()) << "who says nothing is closed without a word";
}

TEST(HttpServer, ALargeBodyEarnsItsTime) {
  HttpServerOptions options = Options();
  options.limits.request_time = milliseconds(300);
  HttpServer server(options, Echo);
  TestClient client(server.port());
  client.Send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 400000\r\n\r\n");
  for (int i = 0; i < 10; ++i) {
    client.Send(std::string(40'000, 'x'));
    std::this_thread::sleep_for(milliseconds(60));
  }
  EXPECT_THAT(client.Receive(), StartsWith("HTTP/1.1 200 "));
}

TEST(HttpServer, AClientThatDoesNotReadIsCutOff) {
  HttpServerOptions options = Options();
  options.limits.request_time = milliseconds(300);
  std::promise<size_t> sent;
  options.on_exchange = [&](const HttpExchange& exchange) { sent.set_value(exchange.bytes_sent); };
  constexpr size_t kSize = 64 << 20;
  HttpServer server(options, [](const HttpRequest&) {
    HttpResponse response;
    response.body.assign(kSize, 'x');
    return response;
  });
  TestClient client(server.port());
  client.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  auto future = sent.get_future();
  ASSERT_EQ(future.wait_for(std::chrono::seconds(20)), std::future_status::ready);
  EXPECT_LT(future.get(), kSize);
}

TEST(HttpServer, IdleConnectionsAreClosedAfterTheirTime) {
  HttpServerOptions options = Options();
  options.limits.idle_time = milliseconds(100);
  HttpServer server(options, Echo);
  TestClient client(server.port());
  client.Get("/");
  EXPECT_TRUE(client.AtEnd(5000));
}

TEST(HttpServer, ConnectionsBeyondTheLimitAreRefused) {
  HttpServerOptions options = Options();
  options.limits.connections = 2;
  HttpServer server(options, Echo);
  TestClient first(server.port());
  first.Get("/");
  {
    TestClient second(server.port());
    second.Get("/");
    TestClient third(server.port());
    EXPECT_THAT(third.Receive(), StartsWith("HTTP/1.1 503 "));
    EXPECT_EQ(server.counts().refused, 1U);
  }
  for (int i = 0; i < 500 && server.counts().connections > 1; ++i) {
    std::this_thread::sleep_for(milliseconds(10));
  }
  TestClient fourth(server.port());
  EXPECT_THAT(fourth.Get("/"), StartsWith("HTTP/1.1 200 "));
}

TEST(HttpServer, ThousandsOfIdleConnectionsAndWorkBetween) {
  HttpServer server(Options(), Echo);
  constexpr int kIdle = 2000;
  std::vector<TestClient> idle;
  for (int i = 0; i < kIdle; ++i) {
    idle.emplace_back(server.port());
    ASSERT_TRUE(idle.back().connected()) << i;
  }
  TestClient busy(server.port());
  for (int i = 0; i < 100; ++i) ASSERT_THAT(busy.Get("/busy"), HasSubstr("GET /busy"));
  EXPECT_EQ(server.counts().connections, kIdle + 1U);
  for (TestClient& client : idle) ASSERT_THAT(client.Get("/woken"), HasSubstr("GET /woken"));
}

TEST(HttpServer, MoreRequestsThanHandlersWaitTheirTurn) {
  Gate gate;
  HttpServer server(Options(), [&](const HttpRequest& request) { return gate.Handle(request); });
  std::vector<TestClient> clients;
  for (int i = 0; i < 20; ++i) {
    clients.emplace_back(server.port());
    clients.back().Send("GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\n\r\n");
  }
  gate.WaitFor(4);
  for (int i = 0; i < 500 && server.counts().waiting < 16; ++i) {
    std::this_thread::sleep_for(milliseconds(10));
  }
  EXPECT_EQ(server.counts().handling, 4U);
  EXPECT_EQ(server.counts().waiting, 16U);
  // Connections go on all the same.
  TestClient malformed(server.port());
  malformed.Send("nonsense\r\n\r\n");
  EXPECT_THAT(malformed.Receive(), StartsWith("HTTP/1.1 400 "));
  gate.Open();
  for (int i = 0; i < 20; ++i) {
    EXPECT_THAT(clients[i].Receive(), HasSubstr("GET /" + std::to_string(i) + " "));
  }
  for (int i = 0; i < 500 && server.counts().handling > 0; ++i) {
    std::this_thread::sleep_for(milliseconds(10));
  }
  EXPECT_EQ(server.counts().handling, 0U);
}

TEST(HttpServer, StoppingFinishesWhatIsInFlight) {
  Gate gate;
  HttpServer server(Options(), [&](const HttpRequest& request) {
    return request.path == "/slow" ? gate.Handle(request) : Echo(request);
  });
  TestClient idle(server.port());
  idle.Get("/");
  TestClient half(server.port());
  half.Send("POST /half HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nab");
  TestClient slow(server.port());
  slow.Send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
  gate.WaitFor(1);
  std::this_thread::sleep_for(milliseconds(50));

  server.BeginStop();
  EXPECT_TRUE(idle.AtEnd());
  EXPECT_FALSE(TestClient(server.port()).connected());
  EXPECT_FALSE(server.WaitUntilDrained(milliseconds(50)));
  half.Send("cd");
  std::string answer = half.Receive();
  EXPECT_THAT(answer, HasSubstr("POST /half ?[abcd]"));
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  gate.Open();
  EXPECT_THAT(slow.Receive(), HasSubstr("GET /slow ?[]"));
  EXPECT_TRUE(slow.AtEnd());
  EXPECT_TRUE(server.WaitUntilDrained(milliseconds(5000)));
}

TEST(HttpServer, ItsEndCutsOffWhoDoesNotFinish) {
  auto server = std::make_unique<HttpServer>(Options(), Echo);
  TestClient half(server->port());
  half.Send("POST /half HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nab");
  server.reset();
  EXPECT_TRUE(half.AtEnd());
}

TEST(HttpServer, ManyClientsAtOnce) {
  std::atomic<int> exchanges = 0;
  HttpServerOptions options = Options();
  options.on_exchange = [&](const HttpExchange&) { ++exchanges; };
  {
    HttpServer server(options, Echo);
    std::vector<std::thread> threads;
    std::atomic<int> right = 0;
    for (int t = 0; t < 16; ++t) {
      threads.emplace_back([&, t] {
        for (int round = 0; round < 5; ++round) {
          TestClient client(server.port());
          for (int i = 0; i < 20; ++i) {
            std::string path = "/" + std::to_string(t) + "/" + std::to_string(i);
            if (client.Get(path).find("GET " + path + " ?[]") != std::string::npos) ++right;
          }
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(right, 16 * 5 * 20);
  }
  EXPECT_EQ(exchanges, 16 * 5 * 20);
}

TEST(HttpServer, APortThatIsTaken) {
  HttpServer server(Options(), Echo);
  HttpServerOptions options = Options();
  options.listen = "127.0.0.1:" + std::to_string(server.port());
  Error error = ErrorOf([&] { HttpServer second(options, Echo); });
  EXPECT_EQ(error.code(), ErrorCode::kIo);
  EXPECT_THAT(error.message(), HasSubstr(options.listen));
  EXPECT_THAT(error.hint(), HasSubstr("--listen"));
}

TEST(HttpServer, ALargeBodyComesOnlyFromWhoIsKnown) {
  HttpServerOptions options;
  options.listen = "127.0.0.1:0";
  std::atomic<int> admissions = 0;
  options.admit = [&](HttpRequest& request) -> std::optional<HttpResponse> {
    ++admissions;
    if (request.Field("X-Known") == "yes") return std::nullopt;
    HttpResponse response;
    response.status = 401;
    response.fields["WWW-Authenticate"] = "Bearer";
    return response;
  };
  HttpServer server(std::move(options), [](HttpRequest& request) {
    HttpResponse response;
    response.body = std::to_string(request.body.size());
    return response;
  });
  auto send = [&](size_t size, const std::string& known) {
    TestClient client(server.port());
    client.Send("POST /x HTTP/1.1\r\nHost: x\r\nX-Known: " + known +
                "\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n");
    client.Send(std::string(size, 'x'));
    return client.Receive();
  };
  EXPECT_THAT(send(kBodyOfAnybody, "no"), HasSubstr("200 OK"));
  EXPECT_EQ(admissions, 0);
  EXPECT_THAT(send(1 << 20, "yes"), HasSubstr("1048576"));
  EXPECT_EQ(admissions, 1);
  std::string refused = send(1 << 20, "no");
  EXPECT_THAT(refused, HasSubstr("401 Unauthorized"));
  EXPECT_THAT(refused, HasSubstr("WWW-Authenticate: Bearer"));
  EXPECT_EQ(admissions, 2);
}

// --- TLS

// Writes a certificate for localhost, signed by itself, that bears `name`.
TlsFiles MakeCertificate(const std::string& folder, const std::string& name) {
  TlsFiles files{folder + "/" + name + ".crt", folder + "/" + name + ".key"};
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = X509_new();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_NAME* subject = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(certificate, subject);
  X509_set_pubkey(certificate, key);
  X509_sign(certificate, key, EVP_sha256());
  FILE* file = std::fopen(files.certificate.c_str(), "w");
  PEM_write_X509(file, certificate);
  std::fclose(file);
  file = std::fopen(files.key.c_str(), "w");
  PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
  std::fclose(file);
  X509_free(certificate);
  EVP_PKEY_free(key);
  return files;
}

class TlsClient {
 public:
  explicit TlsClient(uint16_t port, int newest = TLS1_3_VERSION)
      : client_(port), context_(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX_set_max_proto_version(context_, newest);
    // Debian's default level forbids what the server must forbid itself.
    SSL_CTX_set_cipher_list(context_, "ALL:@SECLEVEL=0");
    tls_ = SSL_new(context_);
    SSL_set_fd(tls_, client_.socket());
    connected_ = SSL_connect(tls_) == 1;
  }
  ~TlsClient() {
    SSL_free(tls_);
    SSL_CTX_free(context_);
    ERR_clear_error();
  }
  bool connected() const { return connected_; }
  std::string Subject() {
    X509* certificate = SSL_get1_peer_certificate(tls_);
    char name[200] = "";
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name,
                              sizeof name);
    X509_free(certificate);
    return name;
  }
  std::string Ask(const std::string& request, size_t bytes) {
    SSL_write(tls_, request.data(), static_cast<int>(request.size()));
    std::string answer;
    char buffer[16 << 10];
    while (answer.size() < bytes) {
      int count = SSL_read(tls_, buffer, sizeof buffer);
      if (count <= 0) break;
      answer.append(buffer, static_cast<size_t>(count));
    }
    return answer;
  }

 private:
  TestClient client_;
  SSL_CTX* context_;
  SSL* tls_ = nullptr;
  bool connected_ = false;
};

TEST(HttpServerTls, ServesRequestsAndTakesNewCertificates) {
  TemporaryFolder folder;
  HttpServerOptions options = Options();
  options.tls = MakeCertificate(folder.path(), "first");
  HttpServer server(options, Echo);
  EXPECT_THAT(server.url(), StartsWith("https://127.0.0.1:"));
  TlsClient before(server.port());
  ASSERT_TRUE(before.connected());
  EXPECT_EQ(before.Subject(), "first");
  std::string get = "GET /tls HTTP/1.1\r\nHost: x\r\n\r\n";
  EXPECT_THAT(before.Ask(get, 1), HasSubstr("GET /tls ?[]"));

  server.ReloadTls(MakeCertificate(folder.path(), "second"));
  TlsClient after(server.port());
  ASSERT_TRUE(after.connected());
  EXPECT_EQ(after.Subject(), "second");
  EXPECT_THAT(before.Ask(get, 1), HasSubstr("GET /tls ?[]")) << "old connections go on";

  Error error = ErrorOf([&] {
    server.ReloadTls({folder.path() + "/first.crt", folder.path() + "/second.key"});
  });
  EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(error.message(), HasSubstr("second.key"));
  TlsClient still(server.port());
  ASSERT_TRUE(still.connected());
  EXPECT_EQ(still.Subject(), "second");
}

TEST(HttpServerTls, OurOwnClientTrustsTheAuthoritiesItIsGivenAndNoOther) {
  TemporaryFolder folder;
  HttpServerOptions options = Options();
  options.tls = MakeCertificate(folder.path(), "localhost");
  HttpServer server(options, Echo);
  io::HttpRequest request;
  request.url = "https://localhost:" + std::to_string(server.port()) + "/tls";
  io::HttpClientOptions trusting;
  trusting.ca_file = options.tls->certificate;
  EXPECT_EQ(io::HttpClient(trusting).Send(request).body, "GET /tls ?[]");
  EXPECT_EQ(CodeOf([&] { io::HttpClient().Send(request); }), ErrorCode::kPermission);
  // The name counts too.
  request.url = "https://127.0.0.1:" + std::to_string(server.port()) + "/tls";
  EXPECT_EQ(CodeOf([&] { io::HttpClient(trusting).Send(request); }), ErrorCode::kPermission);
}

TEST(HttpServerTls, LargeBodiesBothWays) {
  TemporaryFolder folder;
  HttpServerOptions options = Options();
  options.tls = MakeCertificate(folder.path(), "localhost");
  HttpServer server(options, Echo);
  TlsClient client(server.port());
  std::string body(5'000'000, 'x');
  std::string answer = client.Ask(
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5000000\r\n\r\n" + body, body.size());
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_NE(answer.find("POST / ?[" + body + "]"), std::string::npos);
}

TEST(HttpServerTls, OldVersionsAreRefused) {
  TemporaryFolder folder;
  HttpServerOptions options = Options();
  options.tls = MakeCertificate(folder.path(), "localhost");
  HttpServer server(options, Echo);
  EXPECT_TRUE(TlsClient(server.port(), TLS1_2_VERSION).connected());
  EXPECT_FALSE(TlsClient(server.port(), TLS1_1_VERSION).connected());
}

TEST(HttpServerTls, PlainHttpIsToldWhatToDo) {
  TemporaryFolder folder;
  HttpServerOptions options = Options();
  options.tls = MakeCertificate(folder.path(), "localhost");
  HttpServer server(options, Echo);
  TestClient client(server.port());
  std::string answer = client.Get("/");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(answer, HasSubstr("https://"));
}

TEST(HttpServerTls, WhoDoesNotShakeHandsIsCutOff) {
  TemporaryFolder folder;
  HttpServerOptions options = Options();
  options.limits.request_time = milliseconds(100);
  options.tls = MakeCertificate(folder.path(), "localhost");
  HttpServer server(options, Echo);
  TestClient client(server.port());
  client.Send("\x16\x03\x01");
  EXPECT_TRUE(client.AtEnd());
}

TEST(HttpServerTls, FilesThatCannotBeUsed) {
  TemporaryFolder folder;
  TlsFiles good = MakeCertificate(folder.path(), "good");
  EXPECT_EQ(CodeOf([&] {
              LoadTls({folder.path() + "/none.crt", good.key});
            }),
            ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf([&] { LoadTls({good.key, good.key}); }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(CodeOf([&] {
              LoadTls({good.certificate, good.certificate});
            }),
            ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace eider::server

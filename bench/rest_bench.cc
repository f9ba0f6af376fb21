// rest_bench URI PEER_URI: two Iceberg REST catalogs under the same load, in turns. Prints one JSON
// object: name -> {eider, peer}, seconds a request.
// rest_bench URI plan FILES: plans scans of the tables that scan_bench made; prints name ->
// seconds. rest_bench URI fill TABLES: makes that many tables in one namespace; prints {"page":
// seconds}, the median time of a page of 1,000 of their names.
#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <cstdio>
#include <exception>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "base/json.h"

namespace {

namespace http = boost::beast::http;
using boost::asio::ip::tcp;
using Clock = std::chrono::steady_clock;

constexpr int kConnections = 64;
constexpr char kSchema[] = R"json({"type":"struct","schema-id":0,"fields":[
    {"id":1,"name":"id","required":true,"type":"long"},
    {"id":2,"name":"first_name","required":false,"type":"string"},
    {"id":3,"name":"ordered_at","required":false,"type":"timestamptz"},
    {"id":4,"name":"amount","required":false,"type":"decimal(12, 2)"}]})json";

// "http://HOST:PORT/BASE".
struct Address {
  std::string host, port, base;
};

Address ParseAddress(const std::string& uri) {
  size_t host = uri.find("://") + 3;
  size_t slash = std::min(uri.find('/', host), uri.size());
  size_t colon = uri.find(':', host);
  if (colon >= slash) throw std::runtime_error(uri + " has no port");
  return {uri.substr(host, colon - host), uri.substr(colon + 1, slash - colon - 1),
          uri.substr(slash)};
}

// One keep-alive connection.
class Client {
 public:
  explicit Client(const Address& address) : address_(address), socket_(context_) {
    boost::asio::connect(socket_, tcp::resolver(context_).resolve(address.host, address.port));
    socket_.set_option(tcp::no_delay(true));
  }

  std::string Send(http::verb method, const std::string& path, const std::string& body = "") {
    http::request<http::string_body> request(method, address_.base + path, 11);
    request.set(http::field::host, address_.host);
    if (!body.empty()) {
      request.set(http::field::content_type, "application/json");
      request.body() = body;
    }
    request.prepare_payload();
    http::write(socket_, request);
    http::response<http::string_body> response;
    http::read(socket_, buffer_, response);
    if (response.result_int() >= 300) {
      throw std::runtime_error(fmt::format("{} {}: {} {}", std::string(request.method_string()),
                                           path, response.result_int(), response.body()));
    }
    return std::move(response.body());
  }

 private:
  const Address& address_;
  boost::asio::io_context context_;
  tcp::socket socket_;
  boost::beast::flat_buffer buffer_;
};

double Since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

std::string TablePath(int table) { return fmt::format("/v1/namespaces/bench/tables/t{}", table); }

void CreateTable(Client& client, int table) {
  client.Send(http::verb::post, "/v1/namespaces/bench/tables",
              fmt::format(R"({{"name":"t{}","schema":{}}})", table, kSchema));
}

void Load(Client& client, int table) { client.Send(http::verb::get, TablePath(table)); }

void Commit(Client& client, int table) {
  client.Send(
      http::verb::post, TablePath(table),
      R"({"requirements":[],"updates":[{"action":"set-properties","updates":{"touched":"yes"}}]})");
}

using Operation = std::function<void(Client& client, int table)>;

// The median time of a request, one client sending one after the other.
double Alone(const Address& address, const Operation& operation, int requests) {
  Client client(address);
  std::vector<double> times;
  for (int i = 0; i < requests; ++i) {
    auto begin = Clock::now();
    operation(client, i % kConnections);
    times.push_back(Since(begin));
  }
  return Median(std::move(times));
}

// The time that all clients together took, by the number of requests: each has a table of its own.
double Together(const Address& address, const Operation& operation, int requests_each) {
  std::vector<std::thread> threads;
  std::mutex mutex;
  std::exception_ptr failure;
  auto begin = Clock::now();
  for (int table = 0; table < kConnections; ++table) {
    threads.emplace_back([&, table] {
      try {
        Client client(address);
        for (int i = 0; i < requests_each; ++i) operation(client, table);
      } catch (...) {
        std::lock_guard<std::mutex> lock(mutex);
        failure = std::current_exception();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  if (failure) std::rethrow_exception(failure);
  return Since(begin) / (kConnections * requests_each);
}

void MakeTables(const Address& address, int count) {
  Client client(address);
  client.Send(http::verb::post, "/v1/namespaces", R"({"namespace":["bench"]})");
  for (int table = 0; table < count; ++table) CreateTable(client, table);
}

eider::Json Compare(const Address& ours, const Address& peer,
                    const std::function<double(const Address&)>& measure) {
  measure(peer);  // a JVM compiles what it has seen often
  measure(ours);
  std::vector<double> our_times, peer_times;
  for (int round = 0; round < 3; ++round) {
    our_times.push_back(measure(ours));
    peer_times.push_back(measure(peer));
  }
  return {{"eider", Median(our_times)}, {"peer", Median(peer_times)}};
}

eider::Json CompareAll(const Address& ours, const Address& peer) {
  MakeTables(ours, kConnections);
  MakeTables(peer, kConnections);
  return {
      {"loadTable, p50 of one client",
       Compare(ours, peer, [](const Address& to) { return Alone(to, Load, 1000); })},
      {"loadTable, 64 connections, by throughput",
       Compare(ours, peer, [](const Address& to) { return Together(to, Load, 100); })},
      {"commit, p50 of one client",
       Compare(ours, peer, [](const Address& to) { return Alone(to, Commit, 100); })},
      {"commit, 64 clients on 64 tables, by throughput",
       Compare(ours, peer, [](const Address& to) { return Together(to, Commit, 5); })},
  };
}

eider::Json Fill(const Address& address, int tables) {
  MakeTables(address, tables);
  Client client(address);
  std::vector<double> times;
  for (int i = 0; i < 21; ++i) {
    auto begin = Clock::now();
    std::string names =
        client.Send(http::verb::get, "/v1/namespaces/bench/tables?pageToken=&pageSize=1000");
    times.push_back(Since(begin));
    size_t count = eider::ParseJson(names, "the page").at("identifiers").size();
    if (count != std::min<size_t>(1000, static_cast<size_t>(tables))) {
      throw std::runtime_error(fmt::format("a page of 1,000 has {} names", count));
    }
  }
  return {{"page", Median(std::move(times))}};
}

// Asks for a plan and all that it leaves to plan tasks; the number of files.
size_t Plan(Client& client, const std::string& table, const std::string& body) {
  std::string path = "/v1/namespaces/bench/tables/" + table;
  std::vector<std::string> answers = {client.Send(http::verb::post, path + "/plan", body)};
  size_t files = 0;
  while (!answers.empty()) {
    std::string answer = std::move(answers.back());
    answers.pop_back();
    // The answers are megabytes, and reading them as JSON takes longer than making them.
    constexpr std::string_view kFile = "{\"data-file\":";
    for (size_t at = answer.find(kFile); at != std::string::npos; at = answer.find(kFile, at + 1)) {
      ++files;
    }
    size_t begin = answer.rfind("\"plan-tasks\":");
    if (begin == std::string::npos) continue;
    eider::Json rest = eider::ParseJson("{" + answer.substr(begin), "the answer");
    for (const eider::Json& task : rest["plan-tasks"]) {
      answers.push_back(client.Send(http::verb::post, path + "/tasks",
                                    eider::Json({{"plan-task", task}}).dump()));
    }
  }
  return files;
}

eider::Json PlanScans(const Address& address, size_t files) {
  Client client(address);
  eider::Json report;
  auto measure = [&](const std::string& name, const std::string& table, const std::string& body,
                     size_t expected) {
    std::vector<double> times;
    for (int i = 0; i < 21; ++i) {
      auto begin = Clock::now();
      size_t found = Plan(client, table, body);
      times.push_back(Since(begin));
      if (found != expected) {
        throw std::runtime_error(fmt::format("{}: {} files, not {}", name, found, expected));
      }
    }
    report[name + ", cold"] = times[0];
    report[name + ", warm"] = Median(std::move(times));
  };
  measure("all files", "files", "{}", files);
  measure("one of the files", "files", R"({"filter":{"type":"eq","term":"id","value":5}})", 1);
  measure("one day of a manifest a file", "manifests",
          R"({"filter":{"type":"eq","term":"day","value":"1970-02-01"}})", 100);
  return report;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  try {
    eider::Json result;
    if (arguments.size() == 2) {
      result = CompareAll(ParseAddress(arguments[0]), ParseAddress(arguments[1]));
    } else if (arguments.size() == 3 && arguments[1] == "fill") {
      result = Fill(ParseAddress(arguments[0]), std::stoi(arguments[2]));
    } else if (arguments.size() == 3 && arguments[1] == "plan") {
      result = PlanScans(ParseAddress(arguments[0]), std::stoul(arguments[2]));
    } else {
      fmt::print(stderr,
                 "usage: rest_bench URI PEER_URI | rest_bench URI fill TABLES | "
                 "rest_bench URI plan FILES\n");
      return 2;
    }
    fmt::print("{}\n", result.dump());
  } catch (const std::exception& e) {
    fmt::print(stderr, "rest_bench: {}\n", e.what());
    return 1;
  }
}

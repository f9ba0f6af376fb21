// A server for tests of what speaks HTTP, or another protocol whose messages are as long as it
// says: it reads a request and sends whatever bytes the test wants, or none.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/text.h"

namespace eider::io {

class TestServer {
 public:
  // Gets each request whole, as it was sent, and returns the answer's bytes. "" closes the
  // connection; an answer that lets its length be known by the end ends it as well.
  using Answer = std::function<std::string(const std::string& request)>;
  // The size of the message at the head of `text`; 0 where it is not whole.
  using MessageSize = std::function<size_t(const std::string& text)>;

  explicit TestServer(Answer answer, MessageSize size_of = HttpMessageSize)
      : answer_(std::move(answer)), size_of_(std::move(size_of)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::listen(listener_, 64) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      std::abort();
    }
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { Accept(); });
  }
  ~TestServer() {
    stopped_ = true;
    acceptor_.join();
    for (std::thread& thread : threads_) thread.join();
    ::close(listener_);
  }
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  int port() const { return port_; }
  std::string url(const std::string& path = "/") const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
  }
  int connections() const { return connections_; }
  std::vector<std::string> requests() const {
    std::lock_guard<std::mutex> lock(mutex_);
    return requests_;
  }

  // An answer with a body; `headers` are lines that end in "\r\n".
  static std::string Reply(int status, std::string_view body = "", std::string_view headers = "") {
    return "HTTP/1.1 " + std::to_string(status) + " X\r\n" + std::string(headers) +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
  }

 private:
  void Accept() {
    while (!stopped_) {
      pollfd wait{listener_, POLLIN, 0};
      if (::poll(&wait, 1, 20) <= 0) continue;
      int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (socket < 0) continue;
      ++connections_;
      threads_.emplace_back([this, socket] {
        Serve(socket);
        ::close(socket);
      });
    }
  }

  void Serve(int socket) {
    std::string received;
    while (true) {
      size_t size = size_of_(received);
      if (size == 0) {
        pollfd wait{socket, POLLIN, 0};
        int ready = ::poll(&wait, 1, 20);
        if (ready <= 0 && !stopped_) continue;
        char buffer[16 << 10];
        ssize_t count = ready > 0 ? ::recv(socket, buffer, sizeof buffer, 0) : 0;
        if (count <= 0) return;
        received.append(buffer, static_cast<size_t>(count));
        continue;
      }
      std::string request = received.substr(0, size);
      received.erase(0, size);
      {
        std::lock_guard<std::mutex> lock(mutex_);
        requests_.push_back(request);
      }
      std::string answer = answer_(request);
      std::string_view rest = answer;
      while (!rest.empty()) {
        ssize_t count = ::send(socket, rest.data(), rest.size(), MSG_NOSIGNAL);
        if (count <= 0) return;
        rest.remove_prefix(static_cast<size_t>(count));
      }
      bool to_head = request.starts_with("HEAD ");
      if (answer.empty() || (!to_head && size_of_(answer) != answer.size())) return;
    }
  }

  static size_t HttpMessageSize(const std::string& text) {
    size_t end = text.find("\r\n\r\n");
    if (end == std::string::npos) return 0;
    size_t size = end + 4;
    for (const std::string& line : Split(text.substr(0, end), '\n')) {
      constexpr std::string_view kLength = "content-length:";
      if (Lower(line).starts_with(kLength)) {
        size += std::strtoul(line.c_str() + kLength.size(), nullptr, 10);
      }
    }
    return text.size() >= size ? size : 0;
  }

  Answer answer_;
  MessageSize size_of_;
  int listener_;
  int port_ = 0;
  std::atomic<bool> stopped_ = false;
  std::atomic<int> connections_ = 0;
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  std::vector<std::thread> threads_;  // the acceptor's
  std::thread acceptor_;
};

}  // namespace eider::io

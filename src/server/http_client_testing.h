// What tests of the server speak to it with: a socket, and no more cleverness than a test wants.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

namespace eider::server {

// A connection to a port of this machine.
class TestClient {
 public:
  explicit TestClient(uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  ~TestClient() {
    if (socket_ >= 0) close(socket_);
  }
  TestClient(TestClient&& other) noexcept
      : socket_(std::exchange(other.socket_, -1)),
        connected_(other.connected_),
        received_(std::move(other.received_)) {}

  bool connected() const { return connected_; }
  int socket() const { return socket_; }

  void Send(std::string_view text) {
    while (!text.empty()) {
      ssize_t count = send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
      if (count <= 0) return;
      text.remove_prefix(static_cast<size_t>(count));
    }
  }

  // One answer, header and body; what came until the end or `patience_ms` where it is not whole.
  std::string Receive(bool to_head = false, int patience_ms = 10'000) {
    size_t size = std::string::npos;
    while (true) {
      size_t end = received_.find("\r\n\r\n");
      if (end != std::string::npos) {
        size = end + 4;
        size_t length = received_.find("Content-Length: ");
        if (!to_head && length < end) size += std::strtoul(&received_[length + 16], nullptr, 10);
        if (received_.size() >= size) break;
      }
      if (!Fill(patience_ms)) break;
    }
    std::string answer = received_.substr(0, size);
    received_.erase(0, answer.size());
    return answer;
  }

  // Whether the server has closed, or does within `patience_ms`, and sends nothing more.
  bool AtEnd(int patience_ms = 10'000) {
    while (Fill(patience_ms)) {
    }
    return ended_ && received_.empty();
  }

  std::string Get(std::string_view path) {
    Send("GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
    return Receive();
  }

 private:
  bool Fill(int patience_ms) {
    pollfd wait{socket_, POLLIN, 0};
    if (poll(&wait, 1, patience_ms) <= 0) return false;
    char buffer[16 << 10];
    ssize_t count = recv(socket_, buffer, sizeof buffer, 0);
    if (count <= 0) {
      ended_ = true;
      return false;
    }
    received_.append(buffer, static_cast<size_t>(count));
    return true;
  }

  int socket_;
  bool connected_ = false;
  bool ended_ = false;
  std::string received_;
};

}  // namespace eider::server

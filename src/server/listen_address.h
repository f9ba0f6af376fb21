// Where a server listens.
#pragma once

#include <netinet/in.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace eider::server {

struct ListenAddress {
  std::string host;  // a name or an address, without brackets
  uint16_t port = 0;

  // "[::1]:8181".
  std::string ToString() const;
};

// Parses HOST:PORT, [IPV6]:PORT and :PORT (every address of the machine). Throws kInvalidArgument.
ListenAddress ParseListenAddress(std::string_view text);

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  // The address without its port; one of IPv4 written in IPv6 is shown as IPv4.
  std::string ToString() const;
  uint16_t port() const;
  void SetPort(uint16_t port);
};

// What the name stands for. Throws kInvalidArgument where it cannot be resolved.
std::vector<SocketAddress> Resolve(const ListenAddress& address);

// Whether only this machine itself reaches the address.
bool IsLoopback(const ListenAddress& address);

}  // namespace eider::server

#include "server/listen_address.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>

#include <array>
#include <charconv>
#include <cstring>
#include <memory>

#include "base/error.h"

namespace eider::server {

namespace {

bool IsLoopback(const SocketAddress& address) {
  if (address.storage.ss_family == AF_INET) {
    auto* ipv4 = reinterpret_cast<const sockaddr_in*>(&address.storage);
    return ntohl(ipv4->sin_addr.s_addr) >> 24 == 127;
  }
  auto* ipv6 = reinterpret_cast<const sockaddr_in6*>(&address.storage);
  if (IN6_IS_ADDR_V4MAPPED(&ipv6->sin6_addr)) return ipv6->sin6_addr.s6_addr[12] == 127;
  return IN6_IS_ADDR_LOOPBACK(&ipv6->sin6_addr);
}

}  // namespace

std::string ListenAddress::ToString() const {
  return host.find(':') != std::string::npos ? fmt::format("[{}]:{}", host, port)
                                             : fmt::format("{}:{}", host, port);
}

ListenAddress ParseListenAddress(std::string_view text) {
  auto refuse = [&](std::string_view why) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("'{}' is no address to listen at: {}", text, why))
        .WithHint("It is HOST:PORT, such as 127.0.0.1:8181, [::1]:8181 or :8181.");
  };
  ListenAddress address;
  std::string_view port;
  if (text.starts_with('[')) {
    size_t end = text.find("]:");
    if (end == std::string_view::npos) throw refuse("there is no port after the bracket");
    address.host = text.substr(1, end - 1);
    port = text.substr(end + 2);
  } else {
    size_t colon = text.find(':');
    if (colon == std::string_view::npos) throw refuse("it names no port");
    if (text.find(':', colon + 1) != std::string_view::npos) {
      throw refuse("an address of IPv6 stands in brackets");
    }
    address.host = colon == 0 ? "0.0.0.0" : text.substr(0, colon);
    port = text.substr(colon + 1);
  }
  auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (error != std::errc() || end != port.data() + port.size() || port.empty()) {
    throw refuse(fmt::format("'{}' is no port", port));
  }
  return address;
}

std::string SocketAddress::ToString() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (storage.ss_family == AF_INET) {
    auto* ipv4 = reinterpret_cast<const sockaddr_in*>(&storage);
    inet_ntop(AF_INET, &ipv4->sin_addr, text.data(), text.size());
  } else {
    auto* ipv6 = reinterpret_cast<const sockaddr_in6*>(&storage);
    if (IN6_IS_ADDR_V4MAPPED(&ipv6->sin6_addr)) {
      inet_ntop(AF_INET, &ipv6->sin6_addr.s6_addr[12], text.data(), text.size());
    } else {
      inet_ntop(AF_INET6, &ipv6->sin6_addr, text.data(), text.size());
    }
  }
  return text.data();
}

uint16_t SocketAddress::port() const {
  return ntohs(storage.ss_family == AF_INET
                   ? reinterpret_cast<const sockaddr_in*>(&storage)->sin_port
                   : reinterpret_cast<const sockaddr_in6*>(&storage)->sin6_port);
}

void SocketAddress::SetPort(uint16_t port) {
  if (storage.ss_family == AF_INET) {
    reinterpret_cast<sockaddr_in*>(&storage)->sin_port = htons(port);
  } else {
    reinterpret_cast<sockaddr_in6*>(&storage)->sin6_port = htons(port);
  }
}

std::vector<SocketAddress> Resolve(const ListenAddress& address) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  int error =
      getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
  if (error != 0) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("'{}' is no host to listen at: {}", address.host, gai_strerror(error)));
  }
  std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, freeaddrinfo);
  std::vector<SocketAddress> addresses;
  for (; found; found = found->ai_next) {
    if (found->ai_family != AF_INET && found->ai_family != AF_INET6) continue;
    SocketAddress one;
    std::memcpy(&one.storage, found->ai_addr, found->ai_addrlen);
    one.size = found->ai_addrlen;
    addresses.push_back(one);
  }
  return addresses;
}

bool IsLoopback(const ListenAddress& address) {
  for (const SocketAddress& one : Resolve(address)) {
    if (!IsLoopback(one)) return false;
  }
  return true;
}

}  // namespace eider::server

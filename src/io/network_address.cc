#include "io/network_address.h"

#include <netinet/in.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace eider::io {

namespace {

struct Network4 {
  uint32_t address;
  int bits;
};

// IANA's registry of special-purpose addresses, and multicast.
constexpr Network4 kSpecial4[] = {
    {0x00000000, 8},   // this network
    {0x0A000000, 8},   // private
    {0x64400000, 10},  // shared by carriers
    {0x7F000000, 8},   // loopback
    {0xA9FE0000, 16},  // link-local, and the clouds' metadata services
    {0xAC100000, 12},  // private
    {0xC0000000, 24},  // protocol assignments
    {0xC0000200, 24},  // documentation
    {0xC0586300, 24},  // 6to4 relays
    {0xC0A80000, 16},  // private
    {0xC6120000, 15},  // benchmarks
    {0xC6336400, 24},  // documentation
    {0xCB007100, 24},  // documentation
    {0xE0000000, 3},   // multicast, reserved, broadcast
};

bool IsPublic4(uint32_t address) {
  return std::none_of(std::begin(kSpecial4), std::end(kSpecial4), [&](const Network4& network) {
    return (address ^ network.address) >> (32 - network.bits) == 0;
  });
}

uint32_t Word(const uint8_t* bytes) {
  return uint32_t{bytes[0]} << 24 | uint32_t{bytes[1]} << 16 | uint32_t{bytes[2]} << 8 | bytes[3];
}

bool IsPublic6(const uint8_t* bytes) {
  uint32_t first = Word(bytes);
  // NAT64 and 6to4 lead to the IPv4 address they wrap.
  if (first == 0x0064FF9B && Word(bytes + 4) == 0 && Word(bytes + 8) == 0) {
    return IsPublic4(Word(bytes + 12));
  }
  if (first >> 16 == 0x2002) return IsPublic4(Word(bytes + 2));
  // Only 2000::/3 is given out; all that is private, mapped, local or multicast lies outside.
  if (first >> 29 != 1) return false;
  if (first >> 9 == 0x20010000 >> 9) return false;  // protocol assignments, Teredo
  return first != 0x20010DB8;                       // documentation
}

}  // namespace

bool IsPublicAddress(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, &address, sizeof v4);
    return IsPublic4(ntohl(v4.sin_addr.s_addr));
  }
  if (address.sa_family == AF_INET6) {
    sockaddr_in6 v6;
    std::memcpy(&v6, &address, sizeof v6);
    return IsPublic6(v6.sin6_addr.s6_addr);
  }
  return false;
}

}  // namespace eider::io

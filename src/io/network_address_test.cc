#include "io/network_address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <string>

namespace eider::io {
namespace {

bool IsPublic(const std::string& text) {
  sockaddr_storage storage{};
  auto* v4 = reinterpret_cast<sockaddr_in*>(&storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&storage);
  if (::inet_pton(AF_INET, text.c_str(), &v4->sin_addr) == 1) {
    storage.ss_family = AF_INET;
  } else {
    EXPECT_EQ(::inet_pton(AF_INET6, text.c_str(), &v6->sin6_addr), 1) << text;
    storage.ss_family = AF_INET6;
  }
  return IsPublicAddress(reinterpret_cast<const sockaddr&>(storage));
}

TEST(NetworkAddressTest, ThePublicInternetIsPublic) {
  for (const char* address :
       {"1.1.1.1", "52.95.110.1", "172.15.255.255", "172.32.0.1", "100.63.255.255", "169.253.1.1",
        "223.255.255.255", "2606:4700::1111", "2a00:1450::1", "2002:0808:0808::1",
        "64:ff9b::808:808", "2001:200::1"}) {
    EXPECT_TRUE(IsPublic(address)) << address;
  }
}

TEST(NetworkAddressTest, AllElseIsNot) {
  for (const char* address : {"0.0.0.0",
                              "0.1.2.3",
                              "10.1.2.3",
                              "100.64.0.1",
                              "127.0.0.1",
                              "127.255.255.255",
                              "169.254.169.254",
                              "172.16.0.1",
                              "172.31.255.255",
                              "192.0.0.1",
                              "192.168.1.1",
                              "198.18.0.1",
                              "198.19.255.255",
                              "224.0.0.1",
                              "240.0.0.1",
                              "255.255.255.255",
                              "::",
                              "::1",
                              "fe80::1",
                              "fc00::1",
                              "fd00:ec2::254",
                              "ff02::1",
                              "::ffff:127.0.0.1",
                              "::ffff:8.8.8.8",
                              "::127.0.0.1",
                              "64:ff9b::7f00:1",
                              "64:ff9b:1::1",
                              "2002:7f00:1::1",
                              "2002:a9fe:a9fe::1",
                              "2001::1",
                              "2001:db8::1"}) {
    EXPECT_FALSE(IsPublic(address)) << address;
  }
}

}  // namespace
}  // namespace eider::io

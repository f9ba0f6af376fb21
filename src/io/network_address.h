#pragma once

#include <sys/socket.h>

namespace eider::io {

// Whether an IPv4 or IPv6 address is one of the public internet: not loopback, private, link-local,
// shared, multicast, reserved, nor one that wraps such an IPv4 address.
bool IsPublicAddress(const sockaddr& address);

}  // namespace eider::io

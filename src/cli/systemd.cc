#include "cli/systemd.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace eider::cli {

void NotifySystemd(std::string_view state) {
  const char* path = std::getenv("NOTIFY_SOCKET");
  if (!path || (path[0] != '/' && path[0] != '@')) return;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  size_t length = std::strlen(path);
  if (length >= sizeof address.sun_path) return;
  std::memcpy(address.sun_path, path, length);
  // Of an abstract socket's name the first byte is zero.
  if (path[0] == '@') address.sun_path[0] = '\0';

  int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return;
  auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length);
  sendto(socket, state.data(), state.size(), MSG_NOSIGNAL,
         reinterpret_cast<const sockaddr*>(&address), size);
  close(socket);
}

void NotifySystemdOfReload() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  int64_t micros = static_cast<int64_t>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1000;
  NotifySystemd(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", micros));
}

}  // namespace eider::cli

#include "catalog/folder_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "io/file_system.h"

namespace eider::catalog {

FolderLock::FolderLock(const std::string& location) {
  std::string folder = io::LocalPath(location);
  fd_ = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd_ < 0 && errno == ENOENT) return;
  int result = fd_ < 0 ? -1 : ::flock(fd_, LOCK_EX);
  while (fd_ >= 0 && result != 0 && errno == EINTR) result = ::flock(fd_, LOCK_EX);
  if (result == 0) return;
  int code = errno;
  if (fd_ >= 0) ::close(fd_);
  throw Error(code == EACCES ? ErrorCode::kPermission : ErrorCode::kIo,
              fmt::format("cannot lock the folder {}: {}", folder, std::strerror(code)));
}

FolderLock::~FolderLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace eider::catalog

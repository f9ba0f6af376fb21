// Takes turns at a local folder, with other threads and other processes.
#pragma once

#include <string>

namespace eider::catalog {

// Held as long as it lives; the end of the process frees it too. Where there is no such folder,
// there is nothing to hold. Throws kIo where the folder's file system has no locks.
class FolderLock {
 public:
  explicit FolderLock(const std::string& location);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int fd_ = -1;
};

}  // namespace eider::catalog

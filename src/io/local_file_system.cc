#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "base/uuid.h"
#include "io/file_system.h"

namespace eider::io {

namespace {

[[noreturn]] void Fail(int error_number, const std::string& action, const std::string& path) {
  ErrorCode code = ErrorCode::kIo;
  std::string hint;
  switch (error_number) {
    case ENOENT:
    case ENOTDIR:
      code = ErrorCode::kNotFound;
      break;
    case EEXIST:
      code = ErrorCode::kAlreadyExists;
      break;
    case EACCES:
    case EPERM:
    case EROFS:
      code = ErrorCode::kPermission;
      hint = "Check who owns the folder and whether it is mounted read-only.";
      break;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      code = ErrorCode::kNoSpace;
      hint = "Free some space; nothing that was committed is affected.";
      break;
    default:
      break;
  }
  Error error(code, fmt::format("cannot {} {}: {}", action, path, std::strerror(error_number)));
  if (!hint.empty()) error.WithHint(hint);
  throw error;
}

// An open file that is closed on every way out.
class Descriptor {
 public:
  Descriptor(const std::string& path, int flags)
      : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0666)) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  bool ok() const { return fd_ >= 0; }
  int get() const { return fd_; }

 private:
  int fd_;
};

std::string ParentOf(const std::string& path) {
  size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

void SyncFolder(const std::string& folder) {
  Descriptor fd(folder, O_RDONLY | O_DIRECTORY);
  if (!fd.ok()) Fail(errno, "sync", folder);
  // EINVAL: a file system that has no such thing as syncing a folder.
  if (::fsync(fd.get()) != 0 && errno != EINVAL) Fail(errno, "sync", folder);
}

// Makes a folder and its parents. `changed` gets those that hold a new one: each is to be synced.
void MakeFolders(const std::string& folder, std::vector<std::string>& changed) {
  struct stat status;
  if (::stat(folder.c_str(), &status) == 0) {
    if (!S_ISDIR(status.st_mode)) Fail(ENOTDIR, "create folder", folder);
    return;
  }
  if (errno != ENOENT) Fail(errno, "create folder", folder);
  std::string parent = ParentOf(folder);
  if (parent != folder) MakeFolders(parent, changed);
  // EEXIST: another process was quicker, but may not have synced the parent yet.
  if (::mkdir(folder.c_str(), 0777) != 0 && errno != EEXIST) Fail(errno, "create folder", folder);
  changed.push_back(parent);
}

// Creates a file that did not exist, with its folders.
Descriptor Create(const std::string& path) {
  // Another process may take away a folder that it finds empty before our file is in it.
  constexpr int kTries = 20;
  for (int attempt = 1;; ++attempt) {
    std::vector<std::string> changed;
    MakeFolders(ParentOf(path), changed);
    Descriptor fd(path, O_WRONLY | O_CREAT | O_EXCL);
    if (fd.ok()) {
      try {
        // Only now, since a sync takes time, and nobody takes away a folder with a file in it.
        for (const std::string& folder : changed) SyncFolder(folder);
      } catch (const Error&) {
        ::unlink(path.c_str());
        throw;
      }
      return fd;
    }
    if (errno != ENOENT || attempt == kTries) Fail(errno, "create", path);
  }
}

std::string ReadAt(int fd, int64_t offset, size_t length, const std::string& path) {
  std::string content(length, '\0');
  size_t filled = 0;
  while (filled < length) {
    ssize_t got = ::pread(fd, content.data() + filled, length - filled,
                          offset + static_cast<int64_t>(filled));
    if (got < 0) {
      if (errno == EINTR) continue;
      Fail(errno, "read", path);
    }
    if (got == 0) break;
    filled += static_cast<size_t>(got);
  }
  content.resize(filled);
  return content;
}

void WriteAll(int fd, std::string_view content, const std::string& path) {
  while (!content.empty()) {
    ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      Fail(errno, "write", path);
    }
    content.remove_prefix(static_cast<size_t>(written));
  }
  if (::fsync(fd) != 0) Fail(errno, "sync", path);
}

FileInfo InfoOf(const std::string& path, const struct stat& status) {
  FileInfo info;
  info.path = path;
  info.size = status.st_size;
  info.modified_micros = status.st_mtim.tv_sec * 1'000'000 + status.st_mtim.tv_nsec / 1000;
  info.is_directory = S_ISDIR(status.st_mode);
  return info;
}

// The type of the mount that holds `path`, as "fuse.sshfs"; "" where it is not known.
std::string MountTypeOf(const std::string& path) {
  struct stat status;
  if (::stat(path.c_str(), &status) != 0) return "";
  std::string device = fmt::format("{}:{}", major(status.st_dev), minor(status.st_dev));
  // proc(5), mountinfo: id parent major:minor root mount-point options [optional..] - type source
  // ..
  std::ifstream mounts("/proc/self/mountinfo");
  for (std::string line; std::getline(mounts, line);) {
    std::vector<std::string> words = Split(line, ' ');
    auto dash = std::find(words.begin(), words.end(), "-");
    if (words.size() > 2 && words[2] == device && words.end() - dash > 1) return dash[1];
  }
  return "";
}

class LocalFiles : public FileSystem {
 public:
  std::string Read(const std::string& location) override {
    std::string path = LocalPath(location);
    Descriptor fd(path, O_RDONLY);
    if (!fd.ok()) Fail(errno, "read", path);
    struct stat status;
    if (::fstat(fd.get(), &status) != 0) Fail(errno, "read", path);
    if (S_ISDIR(status.st_mode)) Fail(EISDIR, "read", path);
    return ReadAt(fd.get(), 0, static_cast<size_t>(status.st_size), path);
  }

  std::string ReadRange(const std::string& location, int64_t offset, int64_t length) override {
    std::string path = LocalPath(location);
    Descriptor fd(path, O_RDONLY);
    if (!fd.ok()) Fail(errno, "read", path);
    return ReadAt(fd.get(), offset, static_cast<size_t>(length), path);
  }

  void WriteNew(const std::string& location, std::string_view content) override {
    std::string path = LocalPath(location);
    Descriptor fd = Create(path);
    try {
      WriteAll(fd.get(), content, path);
      SyncFolder(ParentOf(path));
    } catch (const Error&) {
      ::unlink(path.c_str());
      throw;
    }
  }

  void Replace(const std::string& location, std::string_view content) override {
    std::string path = LocalPath(location);
    std::string temporary = path + "." + NewUuid() + ".tmp";
    try {
      WriteAll(Create(temporary).get(), content, temporary);
      if (::rename(temporary.c_str(), path.c_str()) != 0) Fail(errno, "replace", path);
    } catch (const Error&) {
      ::unlink(temporary.c_str());
      throw;
    }
    SyncFolder(ParentOf(path));
  }

  void Sync(const std::string& location) override {
    std::string path = LocalPath(location);
    Descriptor fd(path, O_RDONLY);
    if (!fd.ok()) Fail(errno, "open", path);
    if (::fsync(fd.get()) != 0) Fail(errno, "sync", path);
    SyncFolder(ParentOf(path));
  }

  void Link(const std::string& existing, const std::string& location) override {
    std::string from = LocalPath(existing);
    std::string path = LocalPath(location);
    if (::link(from.c_str(), path.c_str()) == 0) return;
    if (errno == EPERM || errno == EOPNOTSUPP || errno == EMLINK || errno == EXDEV) {
      // No hard links here, or not to this file: a copy reads the same.
      Replace(path, Read(from));
      return;
    }
    if (errno != EEXIST) Fail(errno, "link", path);
    std::string temporary = path + "." + NewUuid() + ".tmp";
    if (::link(from.c_str(), temporary.c_str()) != 0) Fail(errno, "link", temporary);
    int renamed = ::rename(temporary.c_str(), path.c_str());
    int error_number = errno;
    // rename() leaves the old name in place where both already are the same file.
    ::unlink(temporary.c_str());
    if (renamed != 0) Fail(error_number, "link", path);
  }

  bool Exists(const std::string& location) override {
    std::string path = LocalPath(location);
    struct stat status;
    if (::stat(path.c_str(), &status) == 0) return true;
    if (errno == ENOENT || errno == ENOTDIR) return false;
    Fail(errno, "look at", path);
  }

  FileInfo Stat(const std::string& location) override {
    std::string path = LocalPath(location);
    struct stat status;
    if (::stat(path.c_str(), &status) != 0) Fail(errno, "look at", path);
    return InfoOf(path, status);
  }

  std::vector<FileInfo> List(const std::string& location) override {
    std::string folder = LocalPath(location);
    std::vector<FileInfo> entries;
    DIR* directory = ::opendir(folder.c_str());
    if (directory == nullptr) {
      if (errno == ENOENT) return entries;
      Fail(errno, "list", folder);
    }
    std::unique_ptr<DIR, int (*)(DIR*)> closer(directory, ::closedir);
    while (true) {
      errno = 0;
      const dirent* entry = ::readdir(directory);
      if (entry == nullptr) {
        if (errno != 0) Fail(errno, "list", folder);
        break;
      }
      std::string name = entry->d_name;
      if (name == "." || name == "..") continue;
      std::string path = folder + "/" + name;
      struct stat status;
      if (::stat(path.c_str(), &status) == 0) {
        entries.push_back(InfoOf(path, status));
      } else if (errno != ENOENT && errno != ELOOP) {
        // A file removed since the folder was read, or a link that leads nowhere, is not listed.
        Fail(errno, "look at", path);
      }
    }
    std::sort(entries.begin(), entries.end(),
              [](const FileInfo& a, const FileInfo& b) { return a.path < b.path; });
    return entries;
  }

  std::vector<FileInfo> ListRecursive(const std::string& location) override {
    std::vector<FileInfo> files;
    for (const FileInfo& entry : List(location)) {
      if (!entry.is_directory) {
        files.push_back(entry);
        continue;
      }
      std::vector<FileInfo> below = ListRecursive(entry.path);
      files.insert(files.end(), below.begin(), below.end());
    }
    return files;
  }

  void CreateDirectories(const std::string& location) override {
    std::vector<std::string> changed;
    MakeFolders(LocalPath(location), changed);
    for (const std::string& folder : changed) SyncFolder(folder);
  }

  void Remove(const std::string& location) override {
    std::string path = LocalPath(location);
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) Fail(errno, "remove", path);
  }

  void RemoveTree(const std::string& location) override {
    std::string folder = LocalPath(location);
    std::error_code error;
    std::filesystem::remove_all(folder, error);
    if (error) Fail(error.value(), "remove", folder);
  }

  void RemoveEmptyDirectory(const std::string& location) override {
    std::string folder = LocalPath(location);
    if (::rmdir(folder.c_str()) == 0) return;
    if (errno != ENOTEMPTY && errno != EEXIST && errno != ENOENT) Fail(errno, "remove", folder);
  }
};

}  // namespace

FileSystem& LocalFileSystem() {
  static LocalFiles files;
  return files;
}

bool IsNetworkFileSystem(const std::string& location) {
  // The magic numbers of statfs(2) for NFS, SMB, CIFS, SMB2, AFS, Coda, Ceph, Lustre.
  static constexpr uint32_t kNetworkMagic[] = {0x6969,     0x517B,     0xFF534D42, 0xFE534D42,
                                               0x5346414F, 0x73757245, 0x00C36400, 0x0BD00BD0};
  // What hides behind FUSE is known by the mount's type alone.
  static constexpr uint32_t kFuseMagic = 0x65735546;
  static constexpr std::string_view kNetworkFuse[] = {
      "fuse.sshfs",   "fuse.s3fs",     "fuse.goofys", "fuse.mountpoint-s3", "fuse.rclone",
      "fuse.gcsfuse", "fuse.smbnetfs", "fuse.davfs",  "fuse.glusterfs",     "fuse.juicefs"};
  struct statfs status;
  std::string path = LocalPath(location);
  while (::statfs(path.c_str(), &status) != 0) {
    if (errno != ENOENT || path == "/") return false;
    path = ParentOf(path);
  }
  auto magic = static_cast<uint32_t>(status.f_type);
  if (magic == kFuseMagic) {
    std::string type = MountTypeOf(path);
    return std::find(std::begin(kNetworkFuse), std::end(kNetworkFuse), type) !=
           std::end(kNetworkFuse);
  }
  return std::find(std::begin(kNetworkMagic), std::end(kNetworkMagic), magic) !=
         std::end(kNetworkMagic);
}

}  // namespace eider::io

#include "server/secret_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/error.h"
#include "base/uuid.h"

namespace eider::server {

namespace {

// Owner: read and write; group: read.
constexpr mode_t kMostAllowed = 0640;

Error FileError(const std::string& action, const std::string& what, const std::string& path) {
  ErrorCode code =
      errno == EACCES || errno == EPERM || errno == EROFS ? ErrorCode::kPermission : ErrorCode::kIo;
  return Error(code,
               fmt::format("cannot {} the {} {}: {}", action, what, path, std::strerror(errno)));
}

class Descriptor {
 public:
  explicit Descriptor(int descriptor) : descriptor_(descriptor) {}
  ~Descriptor() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

int OpenFolderOf(const std::string& path) {
  std::string folder = std::filesystem::path(path).parent_path().string();
  return open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

bool WriteAll(int file, std::string_view content) {
  while (!content.empty()) {
    ssize_t count = write(file, content.data(), content.size());
    if (count < 0 && errno != EINTR) return false;
    if (count > 0) content.remove_prefix(static_cast<size_t>(count));
  }
  return true;
}

// Writes a file beside `path`, on disk when this returns; its name. It gets owner and mode of the
// file `like`, where that exists.
std::string WriteBeside(const std::string& path, std::string_view content, const std::string& what,
                        const std::string& like) {
  struct stat model {};
  bool has_model = stat(like.c_str(), &model) == 0;
  std::string beside = fmt::format("{}.{}", path, NewUuid());
  Descriptor file(open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (file.get() < 0) throw FileError("write", what, path);
  bool owned = !has_model || (fchown(file.get(), model.st_uid, model.st_gid) == 0 &&
                              fchmod(file.get(), model.st_mode & kMostAllowed) == 0);
  if (owned && WriteAll(file.get(), content) && fsync(file.get()) == 0) return beside;
  Error error = FileError("write", what, path);
  unlink(beside.c_str());
  throw error;
}

}  // namespace

std::optional<std::string> ReadSecretFile(const std::string& path, const std::string& what) {
  Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) {
    if (errno == ENOENT) return std::nullopt;
    throw FileError("read", what, path);
  }
  struct stat info {};
  if (fstat(file.get(), &info) != 0) throw FileError("read", what, path);
  if (!S_ISREG(info.st_mode)) {
    throw Error(ErrorCode::kInvalidArgument, fmt::format("the {} {} is no file", what, path));
  }
  if ((info.st_mode & 0777 & ~kMostAllowed) != 0) {
    throw Error(ErrorCode::kPermission,
                fmt::format("the {} {} may be read or written by others (mode {:o})", what, path,
                            info.st_mode & 0777))
        .WithHint(fmt::format("chmod 600 {}", path));
  }
  std::string content;
  char buffer[16 << 10];
  while (true) {
    ssize_t count = read(file.get(), buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw FileError("read", what, path);
    if (count == 0) return content;
    content.append(buffer, static_cast<size_t>(count));
  }
}

void ReplaceSecretFile(const std::string& path, std::string_view content, const std::string& what) {
  std::string beside = WriteBeside(path, content, what, path);
  Descriptor folder(OpenFolderOf(path));
  if (rename(beside.c_str(), path.c_str()) != 0 || folder.get() < 0 || fsync(folder.get()) != 0) {
    Error error = FileError("write", what, path);
    unlink(beside.c_str());
    throw error;
  }
}

void MakeSecretFile(const std::string& path, std::string_view content, const std::string& what,
                    const std::string& like) {
  std::string beside = WriteBeside(path, content, what, like);
  bool made = link(beside.c_str(), path.c_str()) == 0 || errno == EEXIST;
  Error error = FileError("write", what, path);
  unlink(beside.c_str());
  if (!made) throw error;
}

SecretFileLock::SecretFileLock(const std::string& path, const std::string& what)
    : folder_(OpenFolderOf(path)) {
  if (folder_ >= 0 && flock(folder_, LOCK_EX) == 0) return;
  Error error = FileError("lock the folder of", what, path);
  if (folder_ >= 0) close(folder_);
  throw error;
}

SecretFileLock::~SecretFileLock() { close(folder_); }

}  // namespace eider::server

// Files that hold secrets, or from which rights follow: nobody but their owner, and perhaps a group
// that may read, has to do with them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace eider::server {

// nullopt where there is no such file. `what` names it in errors: "token file". Throws kPermission
// for one that others may read, or that others than its owner may write.
std::optional<std::string> ReadSecretFile(const std::string& path, const std::string& what);

// Puts `content` in the place of the file, whole and durably. Owner and mode of the one that was
// there stay; a new one is its maker's alone.
void ReplaceSecretFile(const std::string& path, std::string_view content, const std::string& what);

// Makes a file unless there is one, which is left as it is then. It gets owner and mode of the file
// `like`, where that exists.
void MakeSecretFile(const std::string& path, std::string_view content, const std::string& what,
                    const std::string& like);

// Holds off whoever else asks for the same file's lock, for as long as it lives. The folder is
// locked, since the file itself is replaced.
class SecretFileLock {
 public:
  SecretFileLock(const std::string& path, const std::string& what);
  ~SecretFileLock();
  SecretFileLock(const SecretFileLock&) = delete;
  SecretFileLock& operator=(const SecretFileLock&) = delete;

 private:
  int folder_;
};

}  // namespace eider::server

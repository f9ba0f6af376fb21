#include "engine/table_folder.h"

#include <filesystem>
#include <set>

#include "base/error.h"

namespace eider::engine {

namespace fs = std::filesystem;

void RemoveUnnamedFiles(io::FileSystem& files, const std::vector<std::string>& paths) {
  std::set<std::string> folders;
  for (const std::string& path : paths) {
    try {
      files.Remove(path);
      folders.insert(fs::path(io::PathOf(path)).parent_path().string());
    } catch (const Error&) {
      // See the declaration.
    }
  }
  for (const std::string& folder : folders) RemoveIfEmpty(files, folder);
}

void RemoveIfEmpty(io::FileSystem& files, const std::string& folder) {
  if (!files.has_folders() || io::IsOnS3(folder)) return;
  // Any other folder is one that the user chose, and may have made.
  fs::path path(io::LocalPath(folder));
  if (path.filename() != "data" && path.filename() != "metadata") return;
  try {
    files.RemoveEmptyDirectory(path.string());
    files.RemoveEmptyDirectory(path.parent_path().string());
  } catch (const Error&) {
    // See the declaration.
  }
}

}  // namespace eider::engine

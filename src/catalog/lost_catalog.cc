#include "catalog/lost_catalog.h"

#include "base/error.h"
#include "catalog/metadata_files.h"
#include "catalog/open_catalog.h"
#include "catalog/projection.h"

namespace eider::catalog {

namespace {

// <namespace>/<table>, with namespaces of as many levels as are usual.
constexpr int kLevels = 5;
constexpr int kMostFolders = 2000;

class Search {
 public:
  explicit Search(io::FileSystem& files) : files_(files) {}

  std::string In(const std::string& folder, int levels) {
    if (++folders_ > kMostFolders) return "";
    try {
      std::vector<io::FileInfo> entries = files_.List(folder);
      for (const io::FileInfo& entry : entries) {
        if (entry.is_directory && BaseName(entry.path) == "metadata" && Shows(entry.path)) {
          return folder;
        }
      }
      for (const io::FileInfo& entry : entries) {
        if (!entry.is_directory || levels == 0 || BaseName(entry.path)[0] == '.') continue;
        std::string found = In(entry.path, levels - 1);
        if (!found.empty()) return found;
      }
    } catch (const Error&) {
      // A folder that we may not look into is no schema of ours.
    }
    return "";
  }

 private:
  bool Shows(const std::string& metadata_folder) {
    ProjectedEntry shown = ReadProjectedEntry(files_, metadata_folder);
    return shown.version || (shown.identifier && !shown.dropped);
  }

  io::FileSystem& files_;
  int folders_ = 0;
};

}  // namespace

std::string AnyProjectedFolder(io::FileSystem& files, const std::string& warehouse) {
  return Search(files).In(warehouse, kLevels);
}

std::string WarehouseBetween(io::FileSystem& files, const std::string& folder,
                             const std::string& table) {
  for (size_t end = table.find('/', folder.size() + 1); end != std::string::npos;
       end = table.find('/', end + 1)) {
    std::string between = table.substr(0, end);
    if (files.Exists(between + "/" + kCatalogFile)) return between;
  }
  return "";
}

}  // namespace eider::catalog

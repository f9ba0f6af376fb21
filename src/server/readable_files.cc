#include "server/readable_files.h"

#include <fmt/format.h>

#include <string>

#include "base/error.h"
#include "base/parallel.h"
#include "iceberg/manifest_cache.h"
#include "server/rest_error.h"

namespace eider::server {

namespace {

// Of a table's own folder it is known that it is the table's, links included; what is below it
// needs no look at the disk.
bool StaysIn(const std::string& folder, const std::string& location) {
  return LiesIn(folder, location) && location.find("/../", folder.size()) == std::string::npos &&
         !location.ends_with("/..");
}

class OwnFiles {
 public:
  OwnFiles(const iceberg::TableMetadata& metadata, const RestLocations* beyond)
      : folder_(metadata.location), beyond_(beyond) {
    while (folder_.ends_with('/')) folder_.pop_back();
    path_ = io::PathOf(folder_);
  }

  void Require(const std::string& location, const char* what) const {
    if (StaysIn(folder_, location)) return;
    // Other spellings of the same place.
    if (StaysIn(path_, PathOf(location, what))) return;
    if (beyond_ == nullptr) {
      throw Forbidden(
          fmt::format("the {} {} does not lie in the folder of the table", what, location));
    }
    beyond_->Checked(location, what);
  }

 private:
  static std::string PathOf(const std::string& location, const char* what) {
    try {
      return io::PathOf(location);
    } catch (const Error& error) {
      throw Forbidden(fmt::format("{}: {}", what, error.message()));
    }
  }

  std::string folder_;
  std::string path_;  // of the folder
  const RestLocations* beyond_;
};

}  // namespace

void RequireReadableFiles(const iceberg::TableMetadata& metadata,
                          const std::vector<const iceberg::Snapshot*>& snapshots,
                          const RestLocations* beyond, io::FileSystem& files) {
  OwnFiles own(metadata, beyond);
  ParallelFor(snapshots.size(), [&](size_t i) {
    const iceberg::Snapshot& snapshot = *snapshots[i];
    if (!snapshot.manifest_list.empty()) own.Require(snapshot.manifest_list, "manifest list");
    for (const std::string& manifest : snapshot.manifests) own.Require(manifest, "manifest");
    for (const iceberg::ManifestFile& manifest : *iceberg::LoadManifestList(snapshot, files)) {
      own.Require(manifest.manifest_path, "manifest");
    }
  });
}

}  // namespace eider::server

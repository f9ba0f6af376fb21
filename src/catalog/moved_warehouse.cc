#include "catalog/moved_warehouse.h"

#include <fmt/format.h>

#include <filesystem>

#include "catalog/open_catalog.h"
#include "catalog/projection.h"

namespace eider::catalog {

namespace {

// <schema>/<table>/metadata/<file>
constexpr int kLevels = 4;

bool IsSameFile(const std::string& a, const std::string& b) {
  std::error_code error;  // of a file that is not there, say: then they are two
  return std::filesystem::equivalent(a, b, error);
}

}  // namespace

std::optional<std::string> OriginalWarehouse(io::FileSystem& files, const std::string& warehouse,
                                             const std::string& metadata_location) {
  // Elsewhere nothing is moved by being copied: other stores' names are theirs for good.
  if (!HasProjection(warehouse) || !HasProjection(metadata_location)) return std::nullopt;
  std::string root = io::LocalPath(warehouse);
  std::string path = io::LocalPath(metadata_location);
  if (path.starts_with(root + "/")) return std::nullopt;
  // Schemas may be nested to any depth.
  int level = 0;
  for (size_t slash = path.rfind('/'); slash != std::string::npos && slash > 0;
       slash = path.rfind('/', slash - 1)) {
    if (++level < kLevels) continue;
    std::string here = root + path.substr(slash);
    if (!files.Exists(here)) continue;
    if (IsSameFile(here, path)) return std::nullopt;
    return path.substr(0, slash);
  }
  return std::nullopt;
}

Error MovedWarehouse(io::FileSystem& files, const std::string& object, const std::string& warehouse,
                     const std::string& original) {
  std::string root = io::LocalPath(warehouse);
  bool copied = files.Exists(original + "/" + kCatalogFile);
  return Error(
             ErrorCode::kConflict,
             fmt::format("{} belongs to the warehouse {}, of which {} is a {}: its metadata names "
                         "files by their full path",
                         object, original, root, copied ? "copy" : "new place"))
      .WithHint(copied ? fmt::format("Work in {}, or build a warehouse of its own in a new folder.",
                                     original)
                       : fmt::format("Move the folder back, or give it its old name too: "
                                     "ln -s {} {}",
                                     root, original));
}

}  // namespace eider::catalog

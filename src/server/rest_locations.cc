#include "server/rest_locations.h"

#include <fmt/format.h>

#include <filesystem>

#include "base/error.h"
#include "base/text.h"
#include "io/file_system.h"
#include "server/rest_error.h"

namespace eider::server {

namespace {

// With every link on the way followed; what does not exist yet stands as it is.
std::string Resolved(const std::string& path) {
  std::error_code error;
  std::string resolved = std::filesystem::weakly_canonical(path, error).string();
  return error ? std::string() : resolved;
}

std::string PathOf(const std::string& location, const std::string& what) {
  std::string path;
  try {
    path = io::PathOf(location);
  } catch (const Error& error) {
    throw BadRequest(fmt::format("{}: {}", what, error.message()));
  }
  bool on_s3 = io::IsOnS3(path);
  if (!on_s3 && (!path.starts_with("/") || path.starts_with("//"))) {
    throw BadRequest(fmt::format("{}: \"{}\" is not an absolute location", what, location));
  }
  for (const std::string& name : Split(path, '/')) {
    if (name != "." && name != "..") continue;
    throw BadRequest(fmt::format("{}: \"{}\" has \"{}\" in it", what, location, name));
  }
  // In a store a name with an empty part is another one, which some clients take for the same.
  if (on_s3 && path.find("//", path.find("://") + 3) != std::string::npos) {
    throw BadRequest(fmt::format("{}: \"{}\" has doubled slashes", what, location));
  }
  for (char c : path) {
    if (static_cast<unsigned char>(c) >= 0x20) continue;
    throw BadRequest(what + " holds a control character");
  }
  return path;
}

}  // namespace

bool LiesIn(const std::string& folder, const std::string& path) {
  return path.starts_with(folder.ends_with('/') ? folder : folder + "/");
}

std::string RestLocations::Checked(const std::string& location, const std::string& what) const {
  std::string path = PathOf(location, what);
  bool on_s3 = io::IsOnS3(path);
  std::string checked = location.starts_with("file://localhost/") ? "file://" + path : location;
  if (on_s3) checked = path;
  while (checked.ends_with('/')) checked.pop_back();
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  for (const std::string& root : roots_) {
    std::string folder = io::PathOf(root);
    if (!LiesIn(folder, path)) continue;
    if (on_s3 || LiesIn(Resolved(folder), Resolved(path))) return checked;
  }
  throw Forbidden(fmt::format("{}: {} does not lie in the warehouse", what, location));
}

}  // namespace eider::server

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "base/error.h"
#include "base/text.h"
#include "io/file_system.h"
#include "io/s3_client.h"
#include "io/s3_file_system.h"

namespace eider::io {

namespace {

std::string ToS3Location(std::string_view location) {
  S3Location parsed = ParseS3Location(location);
  while (parsed.key.ends_with('/')) parsed.key.pop_back();
  if (parsed.key.empty()) return "s3://" + parsed.bucket;
  for (const std::string& name : Split(parsed.key, '/')) {
    if (!name.empty() && name != "." && name != "..") continue;
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("{} has {} in it", location,
                            name.empty() ? "doubled slashes" : "\"" + name + "\""));
  }
  return parsed.ToString();
}

}  // namespace

std::shared_ptr<const S3Scope> FileSystem::FindS3Scope(const std::string&) { return nullptr; }

std::vector<FileInfo> FileSystem::ListUnfinished(const std::string&) { return {}; }

bool FileSystem::Reaches(std::string_view location) const { return !IsOnS3(location); }

bool IsOnS3(std::string_view location) {
  std::string scheme = Lower(location.substr(0, std::min(location.find("://"), location.size())));
  return scheme.size() < location.size() && (scheme == "s3" || scheme == "s3a" || scheme == "s3n");
}

std::string PathOf(std::string_view location) {
  if (!IsOnS3(location)) return LocalPath(location);
  return "s3" + std::string(location.substr(location.find("://")));
}

std::string LocalPath(std::string_view location) {
  constexpr std::string_view kScheme = "file:";
  std::string_view path = location;
  if (path.substr(0, kScheme.size()) == kScheme) {
    path.remove_prefix(kScheme.size());
    // file:///a, file://localhost/a and file:/a are the same place; Java writes the last.
    constexpr std::string_view kLocalHost = "//localhost/";
    if (path.substr(0, kLocalHost.size()) == kLocalHost) path.remove_prefix(kLocalHost.size() - 1);
    if (path.substr(0, 3) == "///") path.remove_prefix(2);
  } else if (path.substr(0, 1) != "/" && path.find("://") != std::string_view::npos) {
    throw Error(ErrorCode::kUnsupported, fmt::format("{} is not on a local disk", location))
        .WithHint("Locations are local folders, file:///.. or s3://bucket/..");
  }
  return std::string(path);
}

std::string ToLocation(std::string_view path) {
  if (IsOnS3(path)) return ToS3Location(path);
  std::error_code error;
  std::filesystem::path absolute = std::filesystem::absolute(LocalPath(path), error);
  if (error) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("\"{}\" names no folder: {}", path, error.message()));
  }
  std::string text = absolute.lexically_normal().string();
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  return "file://" + text;
}

std::shared_ptr<FileSystem> OpenFileSystem(std::string_view location,
                                           const std::map<std::string, std::string>& properties) {
  if (IsOnS3(location)) return OpenS3FileSystem(S3OptionsFrom(properties));
  if (!properties.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("the setting {} is for S3, and {} is a local folder",
                            properties.begin()->first, location));
  }
  LocalPath(location);  // refuses other schemes
  // One object serves the whole process, and stays.
  return std::shared_ptr<FileSystem>(std::shared_ptr<void>(), &LocalFileSystem());
}

}  // namespace eider::io

#include "catalog/metadata_files.h"

#include <fmt/format.h>

#include <cctype>
#include <charconv>

#include "base/error.h"
#include "base/text.h"
#include "base/uuid.h"
#include "catalog/projection.h"
#include "iceberg/inflate.h"
#include "iceberg/manifest_cache.h"

namespace eider::catalog {

std::string BaseName(const std::string& location) {
  return location.substr(location.rfind('/') + 1);
}

std::string ChecksumFileOf(const std::string& path) {
  std::string name = BaseName(path);
  return path.substr(0, path.size() - name.size()) + "." + name + ".crc";
}

std::string FileOfChecksum(const std::string& path) {
  constexpr std::string_view kEnding = ".crc";
  std::string name = BaseName(path);
  if (!name.starts_with('.') || !name.ends_with(kEnding) || name.size() == kEnding.size())
    return "";
  return path.substr(0, path.size() - name.size()) +
         name.substr(1, name.size() - 1 - kEnding.size());
}

std::string PathOf(const std::string& location) {
  return HasProjection(location) || io::IsOnS3(location) ? io::PathOf(location) : location;
}

int64_t MetadataVersion(const std::string& location) {
  std::string name = BaseName(location);
  const char* start = name.c_str() + (name[0] == 'v' ? 1 : 0);
  int64_t version = -1;
  auto [end, error] = std::from_chars(start, name.c_str() + name.size(), version);
  if (error != std::errc() || (*end != '-' && *end != '.')) return -1;
  return version;
}

std::string NewMetadataLocation(const std::string& table_location, const std::string& previous) {
  int64_t version = previous.empty() ? 0 : MetadataVersion(previous) + 1;
  return fmt::format("{}/metadata/{:05}-{}.metadata.json", table_location, version, NewUuid());
}

std::string FolderName(const std::string& name) {
  std::string folder;
  for (char c : name) {
    auto byte = static_cast<unsigned char>(c);
    bool plain = std::isalnum(byte) != 0 || c == '_' || c == '-' || (c == '.' && !folder.empty());
    folder += plain ? std::string(1, c) : fmt::format("%{:02X}", byte);
  }
  return folder;
}

std::string NameOfFolder(const std::string& folder) {
  std::string name;
  for (size_t i = 0; i < folder.size(); ++i) {
    unsigned byte = 0;
    if (folder[i] == '%' && i + 2 < folder.size()) {
      const char* digits = folder.data() + i + 1;
      if (auto [end, error] = std::from_chars(digits, digits + 2, byte, 16); end == digits + 2) {
        name += static_cast<char>(byte);
        i += 2;
        continue;
      }
    }
    name += folder[i];
  }
  return name;
}

std::string ReadMetadataFile(io::FileSystem& files, const std::string& location) {
  std::string content = files.Read(location);
  if (!iceberg::LooksLikeGzip(content)) return content;
  std::string text;
  iceberg::Inflate(content, iceberg::DeflateFormat::kGzip, location, text);
  return text;
}

bool HoldsFiles(io::FileSystem& files, const std::string& location) {
  for (const io::FileInfo& entry : files.List(location)) {
    if (!entry.is_directory || !files.List(entry.path).empty()) return true;
  }
  return false;
}

std::set<std::string> ReachableFiles(const iceberg::TableMetadata& metadata,
                                     const std::string& metadata_location, io::FileSystem& files,
                                     bool strict) {
  std::set<std::string> reachable;
  auto add = [&](const std::string& location) { reachable.insert(PathOf(location)); };
  add(metadata_location);
  for (const iceberg::MetadataLogEntry& entry : metadata.metadata_log) add(entry.metadata_file);
  for (const Json* statistics : {&metadata.statistics, &metadata.partition_statistics}) {
    for (const Json& item : *statistics) {
      if (item.contains("statistics-path")) add(item["statistics-path"].get<std::string>());
    }
  }
  for (const iceberg::Snapshot& snapshot : metadata.snapshots) {
    try {
      if (!snapshot.manifest_list.empty()) add(snapshot.manifest_list);
      for (const iceberg::ManifestFile& manifest : *iceberg::LoadManifestList(snapshot, files)) {
        bool seen = !reachable.insert(PathOf(manifest.manifest_path)).second;
        if (seen) continue;
        for (const iceberg::ManifestEntry& entry : *iceberg::LoadManifest(manifest, files)) {
          add(entry.file.file_path);
        }
      }
    } catch (const Error&) {
      if (strict) throw;
    }
  }
  return reachable;
}

}  // namespace eider::catalog

#include "catalog/metadata_files.h"

#include <fmt/format.h>
#include <zlib.h>

#include <cctype>
#include <charconv>

#include "base/error.h"
#include "base/text.h"
#include "base/uuid.h"
#include "iceberg/manifest_cache.h"

namespace eider::catalog {

namespace {

std::string Gunzip(const std::string& data, const std::string& location) {
  z_stream stream{};
  inflateInit2(&stream, MAX_WBITS + 16);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
  stream.avail_in = static_cast<uInt>(data.size());
  std::string out;
  char buffer[65536];
  int status = Z_OK;
  while (status == Z_OK) {
    stream.next_out = reinterpret_cast<Bytef*>(buffer);
    stream.avail_out = sizeof(buffer);
    status = inflate(&stream, Z_NO_FLUSH);
    out.append(buffer, sizeof(buffer) - stream.avail_out);
  }
  inflateEnd(&stream);
  if (status != Z_STREAM_END) {
    throw Error(ErrorCode::kCorrupt, fmt::format("{} is not a valid gzip file", location));
  }
  return out;
}

std::string BaseName(const std::string& location) {
  return location.substr(location.rfind('/') + 1);
}

}  // namespace

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

std::string ReadMetadataFile(io::FileSystem& files, const std::string& location) {
  std::string content = files.Read(location);
  bool zipped = content.size() > 2 && static_cast<unsigned char>(content[0]) == 0x1F &&
                static_cast<unsigned char>(content[1]) == 0x8B;
  return zipped ? Gunzip(content, location) : content;
}

std::set<std::string> ReachableFiles(const iceberg::TableMetadata& metadata,
                                     const std::string& metadata_location, io::FileSystem& files,
                                     bool strict) {
  std::set<std::string> reachable;
  auto add = [&](const std::string& location) { reachable.insert(io::LocalPath(location)); };
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
        bool seen = !reachable.insert(io::LocalPath(manifest.manifest_path)).second;
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

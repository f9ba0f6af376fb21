#include "io/s3_file_system.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "io/s3_client.h"

namespace eider::io {

namespace {

FileInfo InfoOf(const std::string& bucket, const S3Object& object) {
  return {S3Location{bucket, object.key}.ToString(), object.size, object.modified_micros, false};
}

// What all names in a folder begin with.
S3Location PrefixOf(const std::string& folder) {
  S3Location prefix = ParseS3Location(folder);
  while (prefix.key.ends_with('/')) prefix.key.pop_back();
  if (!prefix.key.empty()) prefix.key += "/";
  return prefix;
}

class S3Files : public FileSystem {
 public:
  explicit S3Files(S3Options options) : client_(std::move(options)) {}

  bool has_folders() const override { return false; }
  bool has_links() const override { return false; }
  const S3Options* s3_options() const override { return &client_.options(); }
  std::shared_ptr<const S3Scope> FindS3Scope(const std::string&) override {
    return std::make_shared<const S3Scope>(S3Scope{"", client_.options()});
  }
  bool Reaches(std::string_view location) const override { return IsOnS3(location); }

  std::string Read(const std::string& path) override { return client_.Get(ParseS3Location(path)); }

  std::string ReadRange(const std::string& path, int64_t offset, int64_t length) override {
    return client_.GetRange(ParseS3Location(path), offset, length);
  }

  void WriteNew(const std::string& path, std::string_view content) override {
    client_.PutNew(ParseS3Location(path), content);
  }

  void Replace(const std::string& path, std::string_view content) override {
    client_.Put(ParseS3Location(path), content);
  }

  void Sync(const std::string&) override {}

  void Link(const std::string&, const std::string& path) override {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("cannot link {}: objects have one name", path));
  }

  bool Exists(const std::string& path) override { return client_.Exists(ParseS3Location(path)); }

  FileInfo Stat(const std::string& path) override {
    S3Location object = ParseS3Location(path);
    return InfoOf(object.bucket, client_.Head(object));
  }

  std::vector<FileInfo> List(const std::string& folder) override {
    S3Location prefix = PrefixOf(folder);
    S3Listing listing = client_.List(prefix, true);
    std::vector<FileInfo> entries;
    for (const S3Object& object : listing.objects) {
      // Some programs store an empty object where a folder is to be shown.
      if (object.key != prefix.key) entries.push_back(InfoOf(prefix.bucket, object));
    }
    for (std::string& key : listing.prefixes) {
      key.pop_back();
      entries.push_back({S3Location{prefix.bucket, key}.ToString(), 0, 0, true});
    }
    std::sort(entries.begin(), entries.end(),
              [](const FileInfo& a, const FileInfo& b) { return a.path < b.path; });
    return entries;
  }

  std::vector<FileInfo> ListRecursive(const std::string& folder) override {
    S3Location prefix = PrefixOf(folder);
    std::vector<FileInfo> files;
    for (const S3Object& object : client_.List(prefix, false).objects) {
      if (!object.key.ends_with('/')) files.push_back(InfoOf(prefix.bucket, object));
    }
    std::sort(files.begin(), files.end(),
              [](const FileInfo& a, const FileInfo& b) { return a.path < b.path; });
    return files;
  }

  std::vector<FileInfo> ListUnfinished(const std::string& folder) override {
    S3Location prefix = PrefixOf(folder);
    std::vector<FileInfo> uploads;
    for (const S3Object& upload : client_.ListUploads(prefix)) {
      uploads.push_back(InfoOf(prefix.bucket, upload));
    }
    return uploads;
  }

  void CreateDirectories(const std::string&) override {}

  void Remove(const std::string& path) override { client_.Delete(ParseS3Location(path)); }

  void RemoveTree(const std::string& folder) override {
    S3Location prefix = PrefixOf(folder);
    std::vector<std::string> keys;
    for (S3Object& object : client_.List(prefix, false).objects) {
      keys.push_back(std::move(object.key));
    }
    client_.DeleteAll(prefix.bucket, keys);
  }

  void RemoveEmptyDirectory(const std::string&) override {}

 private:
  S3Client client_;
};

}  // namespace

std::shared_ptr<FileSystem> OpenS3FileSystem(S3Options options) {
  return std::make_shared<S3Files>(std::move(options));
}

}  // namespace eider::io

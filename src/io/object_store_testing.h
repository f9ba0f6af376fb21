// An object store for tests of what lies above io: objects in memory, under s3://.. names.
#pragma once

#include <fmt/format.h>

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/error.h"
#include "io/file_system.h"
#include "io/s3_options.h"

namespace eider::io {

class ObjectsInMemory : public FileSystem {
 public:
  explicit ObjectsInMemory(S3Options options) : options_(std::move(options)) {}

  bool has_folders() const override { return false; }
  bool has_links() const override { return false; }
  const S3Options* s3_options() const override { return &options_; }

  std::string Read(const std::string& path) override {
    std::lock_guard<std::mutex> lock(mutex_);
    auto found = objects_.find(PathOf(path));
    if (found == objects_.end()) throw Error(ErrorCode::kNotFound, "there is no " + path);
    return found->second;
  }
  std::string ReadRange(const std::string& path, int64_t offset, int64_t length) override {
    return Read(path).substr(static_cast<size_t>(offset), static_cast<size_t>(length));
  }
  void WriteNew(const std::string& path, std::string_view content) override {
    std::lock_guard<std::mutex> lock(mutex_);
    if (objects_.emplace(PathOf(path), content).second) return;
    throw Error(ErrorCode::kAlreadyExists, path + " exists");
  }
  void Replace(const std::string& path, std::string_view content) override {
    std::lock_guard<std::mutex> lock(mutex_);
    objects_[PathOf(path)] = content;
  }
  void Sync(const std::string&) override {}
  void Link(const std::string&, const std::string& path) override {
    throw Error(ErrorCode::kUnsupported, "cannot link " + path);
  }
  bool Exists(const std::string& path) override {
    std::lock_guard<std::mutex> lock(mutex_);
    return objects_.count(PathOf(path)) > 0;
  }
  FileInfo Stat(const std::string& path) override {
    return {PathOf(path), static_cast<int64_t>(Read(path).size()), 0, false};
  }
  std::vector<FileInfo> List(const std::string& folder) override { return ListRecursive(folder); }
  std::vector<FileInfo> ListRecursive(const std::string& folder) override {
    std::lock_guard<std::mutex> lock(mutex_);
    std::vector<FileInfo> files;
    for (const auto& [path, content] : objects_) {
      if (!path.starts_with(PathOf(folder) + "/")) continue;
      files.push_back({path, static_cast<int64_t>(content.size()), 0, false});
    }
    return files;
  }
  void CreateDirectories(const std::string&) override {}
  void Remove(const std::string& path) override {
    std::lock_guard<std::mutex> lock(mutex_);
    objects_.erase(PathOf(path));
  }
  void RemoveTree(const std::string& folder) override {
    for (const FileInfo& file : ListRecursive(folder)) Remove(file.path);
  }
  void RemoveEmptyDirectory(const std::string&) override {}

 private:
  S3Options options_;
  std::mutex mutex_;
  std::map<std::string, std::string> objects_;
};

}  // namespace eider::io

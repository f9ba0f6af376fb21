// The one door to stored files. Everything the warehouse writes or reads goes through a FileSystem,
// so that a test can stop a commit at any of its I/O steps (fault_injection.h).
//
// Paths are absolute local paths ("/data/x") or locations ("file:///data/x"); both are accepted
// everywhere. Errors: kNotFound, kAlreadyExists, kPermission, kNoSpace, kIo, each naming the path.
// All methods may be called from any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace eider::io {

struct FileInfo {
  std::string path;  // absolute local path
  int64_t size = 0;  // bytes
  int64_t modified_micros = 0;
  bool is_directory = false;
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;

  virtual std::string Read(const std::string& path) = 0;
  // `length` bytes from `offset` on; fewer where the file ends before.
  virtual std::string ReadRange(const std::string& path, int64_t offset, int64_t length) = 0;

  // Creates a file that did not exist, with its parent folders. When it returns, the content and
  // the name are on disk (file and folders fsynced). Throws kAlreadyExists and changes nothing
  // where the name is taken. A failed write leaves no file of that name.
  virtual void WriteNew(const std::string& path, std::string_view content) = 0;

  // Puts `content` at `path` by rename: readers see the old file or the new one, whole. Durable as
  // WriteNew is.
  virtual void Replace(const std::string& path, std::string_view content) = 0;

  // Makes a file that another writer (DuckDB) has closed durable, with its name.
  virtual void Sync(const std::string& path) = 0;

  // Gives `existing` the second name `path`, replacing what has that name. Not fsynced: hard links
  // are used for what can be made again.
  virtual void Link(const std::string& existing, const std::string& path) = 0;

  virtual bool Exists(const std::string& path) = 0;
  virtual FileInfo Stat(const std::string& path) = 0;
  // The entries of a folder, sorted by path; empty where the folder does not exist.
  virtual std::vector<FileInfo> List(const std::string& folder) = 0;
  // Every file below a folder, sorted by path.
  virtual std::vector<FileInfo> ListRecursive(const std::string& folder) = 0;
  virtual void CreateDirectories(const std::string& folder) = 0;
  // Removing what is not there is no error.
  virtual void Remove(const std::string& path) = 0;
  virtual void RemoveTree(const std::string& folder) = 0;
  // Removes a folder unless something is in it, in one step; else leaves it, without an error.
  virtual void RemoveEmptyDirectory(const std::string& folder) = 0;
};

// The machine's own file system. One object serves the whole process.
FileSystem& LocalFileSystem();

// "file:///a b" or "/a b" -> "/a b". Throws kUnsupported for any other scheme.
std::string LocalPath(std::string_view location);
// "/a/b" -> "file:///a/b", normalized (no "." or ".." or doubled slashes); relative paths are taken
// from the current folder. A location is returned normalized.
std::string ToLocation(std::string_view path);

// Whether a path lies on a file system shared over a network, where SQLite's locks do not hold.
bool IsNetworkFileSystem(const std::string& location);

}  // namespace eider::io

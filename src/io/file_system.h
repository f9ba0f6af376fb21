// The one door to stored files. Everything the warehouse writes or reads goes through a FileSystem,
// so that a test can stop a commit at any of its I/O steps (fault_injection.h).
//
// Paths are absolute local paths ("/data/x") or locations ("file:///data/x"), and in an object
// store locations ("s3://bucket/x"); all are accepted everywhere. Errors: kNotFound,
// kAlreadyExists, kPermission, kNoSpace, kIo, each naming the path. All methods may be called from
// any thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace eider::io {

struct S3Options;
struct S3Scope;

struct FileInfo {
  std::string path;  // as PathOf has it
  int64_t size = 0;  // bytes
  int64_t modified_micros = 0;
  bool is_directory = false;
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;

  // Whether folders are things of their own, which are made, can be empty, and are removed. Where
  // not, CreateDirectories and RemoveEmptyDirectory have nothing to do, and do nothing.
  virtual bool has_folders() const { return true; }
  // Whether a file can have a second name. Where not, Link throws kUnsupported.
  virtual bool has_links() const { return true; }
  // How others (DuckDB) reach the same store; nullptr for a local disk.
  virtual const S3Options* s3_options() const { return nullptr; }
  // How they reach one object, where that depends on its name; nullptr where it is none of this
  // store. Throws where the object may not be reached.
  virtual std::shared_ptr<const S3Scope> FindS3Scope(const std::string& path);
  // Whether files can lie there at all: one file system may know local disks, S3, or both.
  virtual bool Reaches(std::string_view location) const;

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
  // Files below a folder that somebody began to write and neither finished nor gave up, sorted by
  // path, which a store may keep for ever: their size is -1, their time that of the beginning.
  virtual std::vector<FileInfo> ListUnfinished(const std::string& folder);
  virtual void CreateDirectories(const std::string& folder) = 0;
  // Removing what is not there is no error.
  virtual void Remove(const std::string& path) = 0;
  virtual void RemoveTree(const std::string& folder) = 0;
  // Removes a folder unless something is in it, in one step; else leaves it, without an error.
  virtual void RemoveEmptyDirectory(const std::string& folder) = 0;
};

// The machine's own file system. One object serves the whole process.
FileSystem& LocalFileSystem();

// The file system that a location lies on; `properties` as in io/s3_options.h.
std::shared_ptr<FileSystem> OpenFileSystem(std::string_view location,
                                           const std::map<std::string, std::string>& properties);

// Whether a location or path is in an object store: its scheme is s3, s3a or s3n.
bool IsOnS3(std::string_view location);
// The one name that a FileSystem has for a location, which can be compared with others of its kind:
// "/a b" for "file:///a b" and "/a b", "s3://bucket/key" for "s3a://bucket/key". Throws
// kUnsupported for any other scheme.
std::string PathOf(std::string_view location);
// "file:///a b" or "/a b" -> "/a b". Throws kUnsupported for any other scheme.
std::string LocalPath(std::string_view location);
// "/a/b" -> "file:///a/b", normalized (no "." or ".." or doubled slashes); relative paths are taken
// from the current folder. A location is returned normalized; one on S3 that is not normal, as
// names there may well be, is refused with kInvalidArgument.
std::string ToLocation(std::string_view path);

// Whether a path lies on a file system shared over a network, where SQLite's locks do not hold.
bool IsNetworkFileSystem(const std::string& location);

}  // namespace eider::io

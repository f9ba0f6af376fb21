// Where the tables of a REST catalog lie: on local disks, and on S3, each table reached with the
// keys that the catalog lends for it, else with the user's own.
//
// The catalog says how a table is reached when it is loaded or placed: `config`, and
// `storage-credentials`, of which the one with the longest prefix counts. Whoever names a catalog
// trusts it with what it lends: its keys go to the endpoint that it names. The user's own keys go
// to no address but those of AWS and the one that the user names.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/lru_cache.h"
#include "catalog/catalog.h"
#include "io/file_system.h"
#include "io/s3_options.h"

namespace eider::catalog {

class RestClient;

// What a catalog's configuration says of all its tables.
io::StorageProperties StorageOffered(const RestClient& client);

// Any thread may use it.
class RestStorage : public io::FileSystem {
 public:
  // Asks the catalog once more; throws where it lends nothing any more.
  using Renewal = std::function<Json()>;

  // `own`: what the user says, as in io/s3_options.h; throws kInvalidArgument where that means
  // nothing.
  RestStorage(io::FileSystem& local, io::StorageProperties own, io::StorageProperties offered);

  // Takes what the catalog says of a table, the answer to a load or to a staged create. What the
  // table's files need is looked at when they are.
  void Learn(const TableIdentifier& identifier, const Json& answer, Renewal renewal);

  // By the longest place of a table that `path` lies in; nullptr for what is none's.
  std::shared_ptr<const io::S3Scope> FindS3Scope(const std::string& path) override;
  bool Reaches(std::string_view) const override { return true; }

  std::string Read(const std::string& path) override;
  std::string ReadRange(const std::string& path, int64_t offset, int64_t length) override;
  void WriteNew(const std::string& path, std::string_view content) override;
  void Replace(const std::string& path, std::string_view content) override;
  void Sync(const std::string& path) override;
  void Link(const std::string& existing, const std::string& path) override;
  bool Exists(const std::string& path) override;
  io::FileInfo Stat(const std::string& path) override;
  std::vector<io::FileInfo> List(const std::string& folder) override;
  std::vector<io::FileInfo> ListRecursive(const std::string& folder) override;
  void CreateDirectories(const std::string& folder) override;
  void Remove(const std::string& path) override;
  void RemoveTree(const std::string& folder) override;
  void RemoveEmptyDirectory(const std::string& folder) override;

 private:
  class LentKeys;
  struct Table;
  using Files = std::shared_ptr<io::FileSystem>;

  // The table that a place on S3 belongs to, and that place; nullptr for none.
  std::pair<std::shared_ptr<Table>, std::string> TableAt(const std::string& path);
  io::S3Options LentOptions(const std::shared_ptr<Table>& table,
                            const io::StorageProperties& config, const std::string& path) const;
  // Throws where the user's own keys are not to be used.
  io::S3Options OwnOptions(const Table& table, const io::StorageProperties& config);
  Files OwnFiles();
  // What keeps a location.
  Files At(const std::string& location);

  io::FileSystem& local_;
  const io::StorageProperties own_;
  const io::StorageProperties offered_;
  LruCache<Files> open_;  // by a table's number and a prefix: each has connections of its own

  std::mutex mutex_;                                      // guards what follows
  std::map<std::string, std::shared_ptr<Table>> places_;  // "s3://bucket/warehouse/table/"
  Files own_files_;
  int64_t tables_ = 0;  // that were ever learnt of
};

}  // namespace eider::catalog

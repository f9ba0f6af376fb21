// Lets DuckDB read and write a warehouse on S3, through its extension httpfs.
//
// httpfs asks DuckDB's secret manager for keys each time it opens a file. What answers it here is
// no stored secret but a storage of secrets of our own, which makes one up from the keys that hold
// at that moment: those of a role are always fresh, and neither a statement nor duckdb_secrets()
// ever shows one.
#pragma once

#include <memory>
#include <string>

#include "io/file_system.h"

namespace duckdb {
class DatabaseInstance;
}  // namespace duckdb

namespace eider::engine {

// The warehouses of one database that have access.
class S3Scopes;

std::shared_ptr<S3Scopes> MakeS3Scopes();

// While it lives, files are opened with the keys of one warehouse.
class S3Access {
 public:
  // `scopes` belongs to `database`. The files are those below `location` ("s3://bucket/prefix"),
  // or, where that is "", all that `files` knows the way to.
  S3Access(duckdb::DatabaseInstance& database, std::shared_ptr<S3Scopes> scopes,
           const std::string& location, std::shared_ptr<io::FileSystem> files);
  ~S3Access();
  S3Access(const S3Access&) = delete;
  S3Access& operator=(const S3Access&) = delete;

 private:
  std::shared_ptr<S3Scopes> scopes_;
  int id_;
};

}  // namespace eider::engine

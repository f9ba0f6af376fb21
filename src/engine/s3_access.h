// Lets DuckDB read and write a warehouse on S3, through its extension httpfs.
//
// httpfs asks DuckDB's secret manager for keys each time it opens a file. What answers it here is
// no stored secret but a storage of secrets of our own, which makes one up from the keys that hold
// at that moment: those of a role are always fresh, and neither a statement nor duckdb_secrets()
// ever shows one.
#pragma once

#include <memory>
#include <string>

#include "io/s3_options.h"

namespace duckdb {
class DatabaseInstance;
}  // namespace duckdb

namespace eider::engine {

// The warehouses of one database that have access.
class S3Scopes;

std::shared_ptr<S3Scopes> MakeS3Scopes();

// While it lives, the files below one location are opened with one warehouse's keys.
class S3Access {
 public:
  // Loads httpfs where it is not yet; throws kUnsupported, saying where it was looked for, where
  // it cannot be. `scopes` belongs to `database`. `location`: "s3://bucket/prefix".
  S3Access(duckdb::DatabaseInstance& database, std::shared_ptr<S3Scopes> scopes,
           const std::string& location, const io::S3Options& options);
  ~S3Access();
  S3Access(const S3Access&) = delete;
  S3Access& operator=(const S3Access&) = delete;

 private:
  std::shared_ptr<S3Scopes> scopes_;
  int id_;
};

}  // namespace eider::engine

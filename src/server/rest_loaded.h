// The answers to loading a table or view, by metadata location: that file never changes, and so
// neither does the answer. Loading is what clients do most; it costs a look-up here.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "base/lru_cache.h"
#include "catalog/catalog.h"

namespace eider::server {

struct LoadedAnswer {
  std::string etag;
  std::string body;
  std::string location = {};  // of the table; "" for a view
};

enum class SnapshotMode { kAll, kRefs };

// {"metadata-location": .., "metadata": .., "config": {}}; without a location for a table that is
// only staged.
std::string LoadTableBody(const iceberg::TableMetadata& metadata,
                          const std::string& metadata_location, SnapshotMode mode);

// A body of LoadTableBody that says more than the metadata. Both differ from client to client, and so
// are in no LoadedAnswer. `credentials`: an array, left out where it is empty.
std::string WithConfig(const std::string& body, const Json& config, const Json& credentials);

// The entity tag of an answer that is told by `key` from all others.
std::string MakeEtag(const std::string& key);

// Safe from any thread.
class LoadedAnswers {
 public:
  LoadedAnswers();

  // Throw RestError 404 where the metadata file is gone, and what Catalog throws.
  std::shared_ptr<const LoadedAnswer> Table(catalog::Catalog& catalog,
                                            const std::string& metadata_location,
                                            SnapshotMode mode);
  std::shared_ptr<const LoadedAnswer> View(catalog::Catalog& catalog,
                                           const std::string& metadata_location);

  // How many were answered from the cache, and how many were not.
  uint64_t hits() const { return hits_; }
  uint64_t misses() const { return misses_; }

 private:
  // nullptr where it is not held.
  std::shared_ptr<const LoadedAnswer> Get(const std::string& key);
  std::shared_ptr<const LoadedAnswer> Put(const std::string& key, LoadedAnswer answer);

  LruCache<LoadedAnswer> answers_;
  std::atomic<uint64_t> hits_ = 0;
  std::atomic<uint64_t> misses_ = 0;
};

}  // namespace eider::server

// The answers to loading a table or view, by metadata location: that file never changes, and so
// neither does the answer. Loading is what clients do most; it costs a look-up here.
#pragma once

#include <memory>
#include <string>

#include "base/lru_cache.h"
#include "catalog/catalog.h"

namespace eider::server {

struct LoadedAnswer {
  std::string etag;
  std::string body;
};

enum class SnapshotMode { kAll, kRefs };

// {"metadata-location": .., "metadata": .., "config": {}}; without a location for a table that is
// only staged.
std::string LoadTableBody(const iceberg::TableMetadata& metadata,
                          const std::string& metadata_location, SnapshotMode mode);

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

 private:
  std::shared_ptr<const LoadedAnswer> Put(const std::string& key, LoadedAnswer answer);

  LruCache<LoadedAnswer> answers_;
};

}  // namespace eider::server

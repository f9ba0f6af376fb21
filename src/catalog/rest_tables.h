// The tables and views of a REST catalog as they are now, with their metadata. What was loaded once
// is asked for again by its entity tag, so that a table that did not change is not sent twice.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/lru_cache.h"
#include "catalog/rest_client.h"
#include "catalog/rest_storage.h"

namespace eider::catalog {

// Any thread may use it.
class RestTables {
 public:
  // Both are not owned.
  RestTables(RestClient& client, RestStorage& storage);

  bool has_views() const { return has_views_; }

  // What stands under a name; its metadata is at hand then, or what is wrong with it, which
  // AtTableLocation and AtViewLocation throw. `kind`: what it is where that is known.
  std::optional<Entry> Find(const TableIdentifier& identifier,
                            std::optional<EntityKind> kind = std::nullopt);
  // nullptr for none.
  iceberg::TableMetadataPtr Table(const TableIdentifier& identifier);
  iceberg::ViewMetadataPtr View(const TableIdentifier& identifier);

  // By the location that Find gave.
  iceberg::TableMetadataPtr AtTableLocation(const std::string& metadata_location);
  iceberg::ViewMetadataPtr AtViewLocation(const std::string& metadata_location);

  // Asks how a table's files are reached now, for RestStorage. Throws kNotFound where there is no
  // such table any more.
  Json AskForKeys(const TableIdentifier& identifier, bool lends_apart);

  // Takes what the catalog says of a table or view, in answer to a load or a commit. Returns its
  // metadata location.
  std::string Keep(const TableIdentifier& identifier, EntityKind kind, const RestReply& reply);

 private:
  struct Known {
    EntityKind kind = EntityKind::kTable;
    std::string metadata_location;
    std::string etag;
  };

  std::optional<Known> KnownOf(const TableIdentifier& identifier);
  std::optional<Entry> Load(const TableIdentifier& identifier, EntityKind kind);
  std::optional<Entry> LoadOrRemember(const TableIdentifier& identifier, EntityKind kind);
  void ThrowIfUnreadable(const std::string& metadata_location);

  RestClient& client_;
  RestStorage& storage_;
  const bool has_views_;
  LruCache<iceberg::TableMetadata> tables_;  // by metadata location
  LruCache<iceberg::ViewMetadata> views_;
  std::mutex mutex_;
  std::map<TableIdentifier, Known> known_;
  std::map<std::string, Error> unreadable_;  // by what stands for their metadata location
};

}  // namespace eider::catalog

#include "catalog/rest_tables.h"

#include <utility>

#include "base/error.h"
#include "base/uuid.h"
#include "catalog/metadata_files.h"

namespace eider::catalog {

namespace {

constexpr size_t kCachedMetadata = 4096;

std::string What(const TableIdentifier& identifier, EntityKind kind) {
  return (kind == EntityKind::kView ? "view " : "table ") + identifier.ToString();
}

}  // namespace

RestTables::RestTables(RestClient& client, RestStorage& storage)
    : client_(client),
      storage_(storage),
      has_views_(client.Offers("GET /v1/{prefix}/namespaces/{namespace}/views/{view}")),
      tables_(kCachedMetadata),
      views_(kCachedMetadata) {}

std::optional<RestTables::Known> RestTables::KnownOf(const TableIdentifier& identifier) {
  std::lock_guard<std::mutex> lock(mutex_);
  auto known = known_.find(identifier);
  if (known == known_.end()) return std::nullopt;
  return known->second;
}

std::optional<Entry> RestTables::Find(const TableIdentifier& identifier,
                                      std::optional<EntityKind> kind) {
  if (kind) return LoadOrRemember(identifier, *kind);
  auto known = KnownOf(identifier);
  EntityKind first = known ? known->kind : EntityKind::kTable;
  if (auto entry = LoadOrRemember(identifier, first)) return entry;
  return LoadOrRemember(identifier,
                        first == EntityKind::kTable ? EntityKind::kView : EntityKind::kTable);
}

// A table that cannot be read is there all the same.
std::optional<Entry> RestTables::LoadOrRemember(const TableIdentifier& identifier,
                                                EntityKind kind) {
  try {
    return Load(identifier, kind);
  } catch (const Error& error) {
    bool of_the_table =
        error.code() == ErrorCode::kCorrupt || error.code() == ErrorCode::kUnsupported ||
        error.code() == ErrorCode::kNotFound || error.code() == ErrorCode::kPermission;
    if (!of_the_table) throw;
    std::string location = "unreadable " + What(identifier, kind);
    std::lock_guard<std::mutex> lock(mutex_);
    unreadable_.insert_or_assign(location, error);
    return Entry{kind, location};
  }
}

void RestTables::ThrowIfUnreadable(const std::string& metadata_location) {
  std::lock_guard<std::mutex> lock(mutex_);
  auto found = unreadable_.find(metadata_location);
  if (found != unreadable_.end()) throw Error(found->second);
}

iceberg::TableMetadataPtr RestTables::Table(const TableIdentifier& identifier) {
  auto entry = Load(identifier, EntityKind::kTable);
  return entry ? AtTableLocation(entry->metadata_location) : nullptr;
}

iceberg::ViewMetadataPtr RestTables::View(const TableIdentifier& identifier) {
  auto entry = Load(identifier, EntityKind::kView);
  return entry ? AtViewLocation(entry->metadata_location) : nullptr;
}

std::optional<Entry> RestTables::Load(const TableIdentifier& identifier, EntityKind kind) {
  bool is_view = kind == EntityKind::kView;
  if (is_view && !has_views_) return std::nullopt;
  std::string path = is_view ? client_.ViewPath(identifier) : client_.TablePath(identifier);
  auto known = KnownOf(identifier);
  std::string etag;
  if (known && known->kind == kind) {
    // The tag is of use only as long as what it stands for is still here.
    const std::string& location = known->metadata_location;
    bool here = is_view ? views_.Get(location) != nullptr : tables_.Get(location) != nullptr;
    if (here) etag = known->etag;
  }
  std::optional<RestReply> reply = client_.Get(path, etag);
  if (!reply) {
    std::lock_guard<std::mutex> lock(mutex_);
    auto gone = known_.find(identifier);
    if (gone != known_.end() && gone->second.kind == kind) known_.erase(gone);
    return std::nullopt;
  }
  if (reply->status == 304) return Entry{kind, known->metadata_location};
  std::string location = Keep(identifier, kind, *reply);
  if (!is_view) {
    auto lent = reply->body.find("storage-credentials");
    bool lends_apart = lent != reply->body.end() && lent->is_array() && !lent->empty();
    storage_.Learn(identifier, reply->body,
                   [this, identifier, lends_apart] { return AskForKeys(identifier, lends_apart); });
  }
  return Entry{kind, location};
}

Json RestTables::AskForKeys(const TableIdentifier& identifier, bool lends_apart) {
  std::string path = client_.TablePath(identifier);
  std::optional<RestReply> reply;
  if (lends_apart &&
      client_.Offers("GET /v1/{prefix}/namespaces/{namespace}/tables/{table}/credentials")) {
    reply = client_.Get(path + "/credentials");
  } else {
    reply = client_.Get(path + "?snapshots=refs");
  }
  if (reply) return std::move(reply->body);
  throw Error(ErrorCode::kNotFound, "it does not exist any more");
}

std::string RestTables::Keep(const TableIdentifier& identifier, EntityKind kind,
                             const RestReply& reply) {
  std::string what = What(identifier, kind);
  const Json& metadata = RequireMember(reply.body, "metadata", what);
  auto given = reply.body.find("metadata-location");
  // A catalog need not tell where it keeps the metadata.
  std::string location = given != reply.body.end() && given->is_string() ? given->get<std::string>()
                                                                         : what + " " + NewUuid();
  if (kind == EntityKind::kView) {
    if (views_.Get(location) == nullptr) {
      views_.Put(location,
                 std::make_shared<const iceberg::ViewMetadata>(
                     iceberg::ParseViewMetadata(metadata.dump(), location)),
                 1);
    }
  } else if (tables_.Get(location) == nullptr) {
    tables_.Put(location,
                std::make_shared<const iceberg::TableMetadata>(
                    iceberg::TableMetadataFromJson(metadata, location)),
                1);
  }
  std::lock_guard<std::mutex> lock(mutex_);
  known_[identifier] = {kind, location, reply.etag};
  return location;
}

iceberg::TableMetadataPtr RestTables::AtTableLocation(const std::string& metadata_location) {
  if (auto cached = tables_.Get(metadata_location)) return cached;
  ThrowIfUnreadable(metadata_location);
  auto metadata = std::make_shared<const iceberg::TableMetadata>(iceberg::ParseTableMetadata(
      ReadMetadataFile(storage_, metadata_location), metadata_location));
  tables_.Put(metadata_location, metadata, 1);
  return metadata;
}

iceberg::ViewMetadataPtr RestTables::AtViewLocation(const std::string& metadata_location) {
  if (auto cached = views_.Get(metadata_location)) return cached;
  ThrowIfUnreadable(metadata_location);
  auto metadata = std::make_shared<const iceberg::ViewMetadata>(
      iceberg::ParseViewMetadata(ReadMetadataFile(storage_, metadata_location), metadata_location));
  views_.Put(metadata_location, metadata, 1);
  return metadata;
}

}  // namespace eider::catalog

#include "server/rest_loaded.h"

#include <set>
#include <utility>

#include "base/error.h"
#include "base/hash.h"
#include "server/rest_error.h"

namespace eider::server {

namespace {

constexpr size_t kCachedBytes = 64 << 20;

// What an entry costs beside its text.
constexpr size_t kOverhead = 256;

// Snapshots that no branch or tag points at are left out; the client asks for them when it needs
// them.
iceberg::TableMetadata WithSnapshotsOfRefs(const iceberg::TableMetadata& metadata) {
  std::set<int64_t> referenced;
  for (const auto& [name, ref] : metadata.refs) referenced.insert(ref.snapshot_id);
  iceberg::TableMetadata reduced = metadata;
  std::erase_if(reduced.snapshots, [&](const iceberg::Snapshot& snapshot) {
    return referenced.count(snapshot.snapshot_id) == 0;
  });
  return reduced;
}

// What every answer ends with.
constexpr std::string_view kEnd = ",\"config\":{}}";

std::string LoadBody(const Json& metadata, const std::string& location) {
  std::string body = "{";
  if (!location.empty()) body += "\"metadata-location\":" + Json(location).dump() + ",";
  return body + "\"metadata\":" + metadata.dump() + std::string(kEnd);
}

// In the words by which clients of the reference implementation know it.
RestError MissingFile(const std::string& location) {
  return {404, "NotFoundException", "Failed to open input stream for file: " + location};
}

template <typename Load>
auto LoadOrMissing(const std::string& location, const Load& load) {
  try {
    return load();
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kNotFound) throw MissingFile(location);
    throw;
  }
}

}  // namespace

std::string LoadTableBody(const iceberg::TableMetadata& metadata,
                          const std::string& metadata_location, SnapshotMode mode) {
  return LoadBody(iceberg::TableMetadataToJson(
                      mode == SnapshotMode::kAll ? metadata : WithSnapshotsOfRefs(metadata)),
                  metadata_location);
}

std::string WithConfig(const std::string& body, const Json& config, const Json& credentials) {
  std::string whole = body.substr(0, body.size() - kEnd.size()) + ",\"config\":" + config.dump();
  if (!credentials.empty()) whole += ",\"storage-credentials\":" + credentials.dump();
  return whole + "}";
}

std::string MakeEtag(const std::string& key) {
  constexpr size_t kDigits = 32;
  return "\"" + Sha256Hex(key).substr(0, kDigits) + "\"";
}

LoadedAnswers::LoadedAnswers() : answers_(kCachedBytes) {}

std::shared_ptr<const LoadedAnswer> LoadedAnswers::Table(catalog::Catalog& catalog,
                                                         const std::string& metadata_location,
                                                         SnapshotMode mode) {
  // A table whose metadata is gone must not look whole for as long as this process remembers it.
  if (!catalog.files().Exists(metadata_location)) throw MissingFile(metadata_location);
  std::string key = (mode == SnapshotMode::kAll ? "all " : "refs ") + metadata_location;
  if (auto cached = Get(key)) return cached;
  auto metadata =
      LoadOrMissing(metadata_location, [&] { return catalog.LoadTable(metadata_location); });
  return Put(
      key, {MakeEtag(key), LoadTableBody(*metadata, metadata_location, mode), metadata->location});
}

std::shared_ptr<const LoadedAnswer> LoadedAnswers::View(catalog::Catalog& catalog,
                                                        const std::string& metadata_location) {
  if (!catalog.files().Exists(metadata_location)) throw MissingFile(metadata_location);
  std::string key = "view " + metadata_location;
  if (auto cached = Get(key)) return cached;
  auto metadata =
      LoadOrMissing(metadata_location, [&] { return catalog.LoadView(metadata_location); });
  return Put(key,
             {MakeEtag(key), LoadBody(iceberg::ViewMetadataToJson(*metadata), metadata_location)});
}

std::shared_ptr<const LoadedAnswer> LoadedAnswers::Get(const std::string& key) {
  auto cached = answers_.Get(key);
  ++(cached ? hits_ : misses_);
  return cached;
}

std::shared_ptr<const LoadedAnswer> LoadedAnswers::Put(const std::string& key,
                                                       LoadedAnswer answer) {
  auto shared = std::make_shared<const LoadedAnswer>(std::move(answer));
  answers_.Put(key, shared, shared->body.size() + kOverhead);
  return shared;
}

}  // namespace eider::server

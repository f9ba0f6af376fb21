// View metadata files (the view spec, version 1).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "iceberg/schema.h"

namespace eider::iceberg {

struct ViewRepresentation {
  std::string sql;
  std::string dialect;  // "duckdb", "trino", "spark"
};

struct ViewVersion {
  int32_t version_id = 0;
  int32_t schema_id = 0;
  int64_t timestamp_ms = 0;
  std::map<std::string, std::string> summary;
  std::vector<ViewRepresentation> representations;
  std::string default_catalog;  // "" where not given
  std::vector<std::string> default_namespace;
  Json extra = Json::object();
};

struct ViewVersionLogEntry {
  int64_t timestamp_ms = 0;
  int32_t version_id = 0;
};

struct ViewMetadata {
  int format_version = 1;
  std::string view_uuid;
  std::string location;
  int32_t current_version_id = 0;
  std::vector<Schema> schemas;
  std::vector<ViewVersion> versions;
  std::vector<ViewVersionLogEntry> version_log;
  std::map<std::string, std::string> properties;
  Json extra = Json::object();

  const ViewVersion& CurrentVersion() const;
  const Schema* SchemaById(int32_t id) const;
  // The SQL text in a dialect; nullptr where the current version has none of it.
  const ViewRepresentation* SqlFor(const std::string& dialect) const;
};

using ViewMetadataPtr = std::shared_ptr<const ViewMetadata>;

ViewMetadata ParseViewMetadata(std::string_view text, const std::string& source);
Json ViewMetadataToJson(const ViewMetadata& metadata);
ViewVersion ViewVersionFromJson(const Json& json, std::string_view what);
Json ViewVersionToJson(const ViewVersion& version);

}  // namespace eider::iceberg

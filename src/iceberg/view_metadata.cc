#include "iceberg/view_metadata.h"

#include <fmt/format.h>

#include "base/error.h"
#include "iceberg/metadata_json.h"

namespace eider::iceberg {

namespace {

ViewMetadata ReadMetadata(const Json& json, const std::string& source) {
  std::string what = "view metadata " + source;
  ViewMetadata view;
  view.format_version = RequireInt32(json, "format-version", what);
  if (view.format_version != 1) {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("{} has format version {}; Eider reads 1", what, view.format_version));
  }
  view.view_uuid = RequireString(json, "view-uuid", what);
  view.location = RequireString(json, "location", what);
  view.current_version_id = RequireInt32(json, "current-version-id", what);
  for (const Json& schema : RequireArray(json, "schemas", what)) {
    view.schemas.push_back(SchemaFromJson(schema, what));
  }
  for (const Json& version : RequireArray(json, "versions", what)) {
    view.versions.push_back(ViewVersionFromJson(version, what));
  }
  for (const Json& entry : RequireArray(json, "version-log", what)) {
    view.version_log.push_back(
        {RequireInteger(entry, "timestamp-ms", what), RequireInt32(entry, "version-id", what)});
  }
  for (const auto& [key, value] : json.items()) {
    if (key == "properties") {
      view.properties = value.get<std::map<std::string, std::string>>();
    } else if (key != "format-version" && key != "view-uuid" && key != "location" &&
               key != "current-version-id" && key != "schemas" && key != "versions" &&
               key != "version-log") {
      view.extra[key] = value;
    }
  }
  for (const ViewVersion& version : view.versions) {
    if (version.version_id == view.current_version_id) return view;
  }
  throw Error(ErrorCode::kCorrupt, fmt::format("{}: current version {} is not in \"versions\"",
                                               what, view.current_version_id));
}

}  // namespace

const ViewVersion& ViewMetadata::CurrentVersion() const {
  for (const ViewVersion& version : versions) {
    if (version.version_id == current_version_id) return version;
  }
  throw Error(ErrorCode::kCorrupt, "view " + view_uuid + " has no current version");
}

const Schema* ViewMetadata::SchemaById(int32_t id) const {
  for (const Schema& schema : schemas) {
    if (schema.schema_id == id) return &schema;
  }
  return nullptr;
}

const ViewRepresentation* ViewMetadata::SqlFor(const std::string& dialect) const {
  for (const ViewRepresentation& representation : CurrentVersion().representations) {
    if (representation.dialect == dialect) return &representation;
  }
  return nullptr;
}

ViewMetadata ParseViewMetadata(std::string_view text, const std::string& source) {
  try {
    return ReadMetadata(ParseMetadataJson(text, source), source);
  } catch (const Json::exception& e) {
    throw Error(
        ErrorCode::kCorrupt,
        fmt::format("view metadata {}: a member has the wrong type ({})", source, e.what()));
  }
}

ViewVersion ViewVersionFromJson(const Json& json, std::string_view what) {
  ViewVersion version;
  version.version_id = RequireInt32(json, "version-id", what);
  version.schema_id = RequireInt32(json, "schema-id", what);
  version.timestamp_ms = RequireInteger(json, "timestamp-ms", what);
  for (const Json& item : RequireArray(json, "representations", what)) {
    if (item.value("type", std::string("sql")) != "sql") continue;
    version.representations.push_back(
        {RequireString(item, "sql", what), RequireString(item, "dialect", what)});
  }
  for (const auto& [key, value] : json.items()) {
    if (key == "summary") {
      version.summary = value.get<std::map<std::string, std::string>>();
    } else if (key == "default-catalog") {
      if (value.is_string()) version.default_catalog = value.get<std::string>();
    } else if (key == "default-namespace") {
      version.default_namespace = value.get<std::vector<std::string>>();
    } else if (key != "version-id" && key != "schema-id" && key != "timestamp-ms" &&
               key != "representations") {
      version.extra[key] = value;
    }
  }
  return version;
}

Json ViewVersionToJson(const ViewVersion& version) {
  Json json;
  json["version-id"] = version.version_id;
  json["timestamp-ms"] = version.timestamp_ms;
  json["schema-id"] = version.schema_id;
  json["summary"] = Json::object();
  for (const auto& [key, value] : version.summary) json["summary"][key] = value;
  if (!version.default_catalog.empty()) json["default-catalog"] = version.default_catalog;
  json["default-namespace"] = version.default_namespace;
  json["representations"] = Json::array();
  for (const ViewRepresentation& representation : version.representations) {
    Json item;
    item["type"] = "sql";
    item["sql"] = representation.sql;
    item["dialect"] = representation.dialect;
    json["representations"].push_back(std::move(item));
  }
  for (const auto& [key, value] : version.extra.items()) json[key] = value;
  return json;
}

Json ViewMetadataToJson(const ViewMetadata& view) {
  Json json;
  json["view-uuid"] = view.view_uuid;
  json["format-version"] = view.format_version;
  json["location"] = view.location;
  json["schemas"] = Json::array();
  for (const Schema& schema : view.schemas) json["schemas"].push_back(SchemaToJson(schema));
  json["current-version-id"] = view.current_version_id;
  json["versions"] = Json::array();
  for (const ViewVersion& version : view.versions) {
    json["versions"].push_back(ViewVersionToJson(version));
  }
  json["version-log"] = Json::array();
  for (const ViewVersionLogEntry& entry : view.version_log) {
    Json item;
    item["timestamp-ms"] = entry.timestamp_ms;
    item["version-id"] = entry.version_id;
    json["version-log"].push_back(std::move(item));
  }
  json["properties"] = Json::object();
  for (const auto& [key, value] : view.properties) json["properties"][key] = value;
  for (const auto& [key, value] : view.extra.items()) json[key] = value;
  return json;
}

}  // namespace eider::iceberg

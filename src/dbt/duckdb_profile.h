// A target of type duckdb or eider, as what is to be done to open it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "dbt/config.h"
#include "io/s3_options.h"

namespace eider::dbt {

struct ExtensionSpec {
  std::string name;
  std::string repository;  // "" for DuckDB's own
};

struct DuckDbProfile {
  std::string path = ":memory:";               // absolute, or ":memory:"
  std::map<std::string, std::string> startup;  // settings DuckDB takes only while it opens
  std::vector<ExtensionSpec> extensions;
  std::vector<std::string> secrets;      // CREATE SECRET statements
  std::vector<std::string> attachments;  // ATTACH statements
  std::vector<std::string> aliases;      // names of the attachments that have one
  // SET statements every connection begins with, by the setting's name.
  std::vector<std::pair<std::string, std::string>> settings;
  bool use_transactions = true;
  int connect_attempts = 1;
  // `iceberg_catalog_path` of the settings, absolute: ours, DuckDB knows no such setting.
  std::optional<std::string> iceberg_catalog_path;
  // Type eider: the warehouse's folder, absolute; of a REST catalog or a Hive Metastore
  // its URI.
  std::optional<std::string> warehouse;
  // What keeps its catalog, where `catalog` says that ("postgresql://.."); "" for the folder
  // itself.
  std::string catalog_store;
  // How it is reached where it lies on S3: dbt/warehouse_storage.h.
  io::StorageProperties storage;
  // Of a catalog that another program serves (catalog/open_catalog.h).
  std::map<std::string, std::string> catalog_properties;
  // Keys that have no meaning outside Python; to be warned of.
  std::vector<std::string> ignored_keys;
  // Something of the profile lies on S3 or behind HTTP, so that httpfs is needed.
  bool needs_httpfs = false;
};

// Throws kInvalidArgument for values of the wrong kind and contradictions, kUnsupported for
// `plugins`, `filesystems`, `remote` and MotherDuck, each naming key, target and file.
DuckDbProfile ReadDuckDbProfile(const Config& config);

}  // namespace eider::dbt

// A catalog that somebody else serves, by Iceberg's REST specification: another Eider, Polaris,
// Lakekeeper, Nessie, .. Metadata comes from the catalog; data files, manifests and manifest lists
// are read and written by ourselves.
#pragma once

#include <memory>
#include <string>

#include "catalog/catalog.h"
#include "catalog/rest_properties.h"

namespace eider::catalog {

struct RestCatalogOptions {
  // By the names of RestPropertyName; "uri" at least.
  RestProperties properties;
  // What it is called here; "" means the warehouse's name.
  std::string name;
  io::FileSystem* files = nullptr;  // for local locations; nullptr: the local file system
  // How tables on S3 are reached whose catalog lends no keys: see io/s3_options.h.
  std::map<std::string, std::string> storage = {};
};

// Asks for the catalog's configuration, and for nothing else. Throws as RestClient does. What is
// different from other catalogs:
//   NewLocation    stands for a location that the catalog will choose; only Commit can read it
//   Commit         does not always know the metadata locations of its result, which are "" then
//   Purge          does nothing: the drop has asked the catalog for it
//   Probe, Snapshot, FindAnswer, KeepAnswer   throw kUnsupported: who serves it has those
std::shared_ptr<Catalog> OpenRestCatalog(const RestCatalogOptions& options);

}  // namespace eider::catalog

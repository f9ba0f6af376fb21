// A catalog that somebody else serves, by Iceberg's REST specification: another Eider, Polaris,
// Lakekeeper, Nessie, .. Metadata comes from the catalog; data files, manifests and manifest lists
// are read and written by ourselves.
#pragma once

#include <memory>
#include <string>

#include "catalog/catalog_reader.h"
#include "catalog/rest_properties.h"

namespace eider::catalog {

struct RestCatalogOptions {
  // By the names of RestPropertyName; "uri" at least.
  RestProperties properties;
  // What it is called here; "" means the warehouse's name.
  std::string name;
  io::FileSystem* files = nullptr;  // nullptr: the local file system
};

// Asks for the catalog's configuration, and for nothing else. Throws as RestClient does.
std::shared_ptr<RemoteCatalog> OpenRestCatalog(const RestCatalogOptions& options);

}  // namespace eider::catalog

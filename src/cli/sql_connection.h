// Where `eider sql` and its kin find the warehouse.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cli/arguments.h"
#include "engine/session.h"

namespace eider::cli {

// Options that say which warehouse is meant: --warehouse, or dbt's --profiles-dir, --project-dir,
// --profile and --target; and --read-only.
std::vector<Option> WarehouseOptions();

struct SqlConnection {
  std::shared_ptr<void> owner;  // what the session stands on; outlives it
  std::unique_ptr<engine::Session> session;
  std::string catalog;   // the default catalog
  std::string location;  // what it is, for a person: a folder or "target 'dev' of profile 'x'"
};

// Opens --warehouse DIR under the warehouse's own name, or what the profile's target names; its
// catalog is the default one. Throws what is wrong with folder, project or profile.
SqlConnection ConnectForSql(const Arguments& arguments);

struct WarehousePlace {
  std::string folder;   // or the URI of a REST catalog
  std::string catalog;  // what keeps its catalog (catalog/open_catalog.h); "" for the folder
  std::map<std::string, std::string> storage = {};     // how it is reached on S3 (io/s3_options.h)
  std::map<std::string, std::string> properties = {};  // of a REST catalog
};

// The warehouse that is meant: --warehouse and --catalog, or `warehouse:` and `catalog:` of the
// profile's target. Throws as ConnectForSql, and kInvalidArgument for a target without a warehouse.
WarehousePlace PlaceOfWarehouse(const Arguments& arguments);
// The same; throws kUnsupported where another program serves its catalog.
WarehousePlace PlaceOfOwnWarehouse(const Arguments& arguments);

}  // namespace eider::cli

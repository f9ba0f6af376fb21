// Where relations with `table_format: iceberg` go on a target of type duckdb.
#pragma once

#include <map>
#include <string>

#include "dbt/manifest.h"

namespace eider::dbt {

// Gives each enabled model and seed with `table_format: iceberg` the database of its warehouse:
// `iceberg_location` where the config has one, else `iceberg_catalog_path` of the profile's
// settings, followed by the project's name. Does nothing on a target of type eider. To be called
// once after parsing, before anything reads node.database or relation_name. Returns the warehouses
// by the name they are to be attached under. Throws kInvalidArgument where neither place is given.
std::map<std::string, std::string> PlaceIcebergRelations(Manifest& manifest);

}  // namespace eider::dbt

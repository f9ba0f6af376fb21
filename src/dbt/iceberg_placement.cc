#include "dbt/iceberg_placement.h"

#include <cctype>
#include <filesystem>

#include "base/error.h"
#include "base/text.h"
#include "dbt/duckdb_profile.h"
#include "dbt/relation.h"

namespace eider::dbt {

namespace {

// The name a warehouse is attached under: its folder's, marked so that it is not taken for the
// DuckDB file, which is often called the same.
std::string WarehouseAlias(const std::string& location) {
  std::filesystem::path path = location;
  if (path.filename().empty()) path = path.parent_path();
  std::string name;
  for (char c : path.filename().string()) {
    name += std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  }
  return name + "_iceberg";
}

bool WantsIceberg(const Node& node) {
  bool has_relation = node.type == NodeType::kModel || node.type == NodeType::kSeed ||
                      node.type == NodeType::kSnapshot;
  return has_relation && !node.is_ephemeral() &&
         EqualsIgnoreCase(node.config.String("table_format"), "iceberg");
}

// "" where nothing says.
std::string LocationOf(const Node& node, const Config& config, const DuckDbProfile& profile) {
  std::string location = node.config.String("iceberg_location");
  if (location.empty() && profile.iceberg_catalog_path) {
    location = *profile.iceberg_catalog_path + "/" + config.project.name;
  }
  if (location.empty() || location.find("://") != location.npos) return location;
  std::filesystem::path path = location;
  if (path.is_relative()) path = config.project.root / path;
  location = path.lexically_normal().string();
  if (location.size() > 1 && location.ends_with('/')) location.pop_back();
  return location;
}

}  // namespace

std::map<std::string, std::string> PlaceIcebergRelations(Manifest& manifest) {
  std::map<std::string, std::string> warehouses;
  const Config& config = *manifest.config;
  if (config.target.type != "duckdb") return warehouses;
  std::optional<DuckDbProfile> profile;
  const std::string file_database = config.adapter->DatabaseName(config.target);
  for (auto& [id, node] : manifest.nodes) {
    if (!WantsIceberg(node)) continue;
    if (!profile) profile = ReadDuckDbProfile(config);
    std::string database = node.database.value_or("");
    std::string location = LocationOf(node, config, *profile);
    if (location.empty()) {
      if (database != file_database) continue;  // an attached catalog, named with `+database`
      throw Error(ErrorCode::kInvalidArgument,
                  std::string(NodeTypeName(node.type)) + " '" + node.name +
                      "' has table_format iceberg, but nothing says where its tables go")
          .WithHint(
              "Set +iceberg_location in dbt_project.yml, or settings.iceberg_catalog_path in the "
              "profile.")
          .At(node.original_file_path);
    }
    std::string alias = WarehouseAlias(location);
    // Two warehouses whose folders are called alike.
    for (int number = 2; warehouses.contains(alias) && warehouses[alias] != location; ++number) {
      alias = WarehouseAlias(location) + std::to_string(number);
    }
    if (database != file_database && database != alias) continue;
    warehouses[alias] = location;
    node.database = alias;
    node.relation_name = RelationOf(node, config.quoting()).Render();
  }
  return warehouses;
}

}  // namespace eider::dbt

#include "cli/sql_connection.h"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <utility>

#include "base/text.h"
#include "catalog/open_catalog.h"
#include "cli/dbt_options.h"
#include "dbt/adapter.h"
#include "dbt/config.h"
#include "dbt/duckdb_profile.h"
#include "dbt/iceberg_placement.h"
#include "dbt/parser.h"
#include "dbt/secret.h"
#include "dbt/warehouse_storage.h"
#include "io/file_system.h"

namespace eider::cli {

namespace fs = std::filesystem;

namespace {

// DuckDB has databases of these names already.
bool IsReserved(const std::string& name) {
  return EqualsIgnoreCase(name, "memory") || EqualsIgnoreCase(name, "system") ||
         EqualsIgnoreCase(name, "temp");
}

// Attaches a warehouse folder, under its own name, to a database made for it.
SqlConnection ConnectToWarehouse(const WarehousePlace& place, bool read_only) {
  const std::string& folder = place.folder;
  catalog::CatalogOptions options;
  options.store = place.catalog;
  options.storage = place.storage;
  options.properties = place.properties;
  options.must_exist = read_only;
  std::shared_ptr<catalog::Catalog> opened = catalog::OpenCatalog(folder, options);
  std::string name = opened->name();
  if (IsReserved(name)) name += "_warehouse";

  auto database = engine::OpenDatabase({});
  database->AttachWarehouse(name, std::move(opened), read_only);
  SqlConnection connection;
  connection.session = database->NewSession();
  connection.session->Use(name);
  connection.owner = std::move(database);
  connection.catalog = name;
  connection.location = folder;
  return connection;
}

// The configuration of the project that is meant.
std::shared_ptr<const dbt::Config> LoadProjectConfig(const Arguments& arguments) {
  dbt::ConfigOptions options = ConfigOptionsFrom(arguments);
  if (!fs::exists(options.project_dir / "dbt_project.yml") && !arguments.Has("project-dir")) {
    throw Error(ErrorCode::kNotFound,
                fmt::format("there is no dbt_project.yml in {} to say which warehouse is meant",
                            fs::absolute(options.project_dir).lexically_normal().string()))
        .WithHint("Name the warehouse's folder with --warehouse, or a project with --project-dir.");
  }
  return dbt::LoadConfig(options);
}

// Where the target of a profile keeps its tables. Paths start at the project.
WarehousePlace WarehouseOf(const dbt::Config& config) {
  const dbt::Target& target = config.target;
  if (target.type != "eider") {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("target '{}' of profile '{}' (type: {}) names no warehouse",
                            target.target_name, target.profile_name, target.type))
        .WithHint("Name the warehouse's folder with --warehouse.");
  }
  dbt::DuckDbProfile profile = dbt::ReadDuckDbProfile(config);
  return {*profile.warehouse, profile.catalog_store, profile.storage, profile.catalog_properties};
}

// The current folder for a while.
class CurrentFolder {
 public:
  explicit CurrentFolder(const fs::path& folder) : before_(fs::current_path()) {
    fs::current_path(folder);
  }
  ~CurrentFolder() {
    std::error_code ignored;
    fs::current_path(before_, ignored);
  }
  CurrentFolder(const CurrentFolder&) = delete;
  CurrentFolder& operator=(const CurrentFolder&) = delete;

 private:
  fs::path before_;
};

// On a target of type duckdb, tables in Iceberg lie in a warehouse beside the file, which only the
// models tell of. Attaches those that are there already; where there is one, it is returned as the
// catalog that is meant.
std::optional<std::string> AttachWarehousesOfModels(
    const std::shared_ptr<const dbt::Config>& config, dbt::Adapter& adapter) {
  if (config->target.type != "duckdb") return std::nullopt;
  auto manifest = dbt::ParseProject({config, nullptr});
  std::optional<std::string> only;
  int count = 0;
  for (const auto& [alias, location] : dbt::PlaceIcebergRelations(*manifest)) {
    if (!fs::exists(fs::path(location) / catalog::kCatalogFile)) continue;
    adapter.AttachWarehouse(alias, location);
    only = alias;
    ++count;
  }
  return count == 1 ? only : std::nullopt;
}

SqlConnection ConnectToTarget(const Arguments& arguments, bool read_only) {
  auto config = LoadProjectConfig(arguments);
  // The profile's other databases would stay writable: only the warehouse itself is opened.
  if (read_only) return ConnectToWarehouse(PlaceOfWarehouse(arguments), true);
  std::shared_ptr<dbt::Adapter> adapter;
  std::optional<std::string> warehouse;
  {
    // Paths in a profile start at the project, those in the user's SQL where the user stands.
    CurrentFolder project(config->project.root);
    adapter = dbt::Adapter::Open(config, dbt::NullSink());
    warehouse = AttachWarehousesOfModels(config, *adapter);
  }
  SqlConnection connection;
  connection.session = adapter->NewSession();
  connection.catalog = warehouse.value_or(adapter->default_database());
  connection.session->Use(connection.catalog);
  connection.owner = std::move(adapter);
  connection.location = fmt::format("target '{}' of profile '{}'", config->target.target_name,
                                    config->target.profile_name);
  return connection;
}

}  // namespace

std::vector<Option> WarehouseOptions() {
  using Kind = Option::Kind;
  return {
      {"--warehouse,-w",
       Kind::kText,
       "DIR",
       "The warehouse's folder. Without it the profile says.",
       "EIDER_WAREHOUSE",
       {}},
      {"--catalog",
       Kind::kText,
       "STORE",
       "What keeps its catalog, where the folder does not: postgresql://.., sqlite:///.., "
       "thrift://host:9083, a Hive Metastore, or http://host/iceberg, a REST catalog that knows "
       "the warehouse by name (EIDER_TOKEN or EIDER_CREDENTIAL says who asks).",
       "EIDER_CATALOG",
       {}},
      {"--read-only", Kind::kFlag, "", "Refuse every change.", "", {}},
      {"--project-dir", Kind::kText, "DIR", "Folder of dbt_project.yml.", "DBT_PROJECT_DIR", {}},
      {"--profiles-dir", Kind::kText, "DIR", "Folder of profiles.yml.", "DBT_PROFILES_DIR", {}},
      {"--vars", Kind::kText, "YAML", "Variables for the profile's templates.", "", {}},
  };
}

SqlConnection ConnectForSql(const Arguments& arguments) {
  bool read_only = arguments.Flag("read-only");
  if (arguments.Has("warehouse")) return ConnectToWarehouse(PlaceOfWarehouse(arguments), read_only);
  return ConnectToTarget(arguments, read_only);
}

WarehousePlace PlaceOfWarehouse(const Arguments& arguments) {
  WarehousePlace place;
  if (auto folder = arguments.Text("warehouse")) {
    place.folder = *folder;
  } else {
    place = WarehouseOf(*LoadProjectConfig(arguments));
  }
  if (auto catalog = arguments.Text("catalog")) place.catalog = *catalog;
  dbt::RegisterSecret(catalog::PasswordOfStore(place.catalog));
  if (catalog::IsRestStore(place.catalog)) {
    // Not by flags, which every user of the machine can see.
    for (const auto& [variable, property] :
         {std::pair("EIDER_TOKEN", "token"), std::pair("EIDER_CREDENTIAL", "credential")}) {
      const char* value = std::getenv(variable);
      if (value == nullptr || !arguments.Has("catalog")) continue;
      dbt::RegisterSecret(value);
      place.properties[property] = value;
    }
  }
  return place;
}

WarehousePlace PlaceOfOwnWarehouse(const Arguments& arguments) {
  WarehousePlace place = PlaceOfWarehouse(arguments);
  if (!catalog::IsRemoteStore(place.catalog)) return place;
  throw Error(ErrorCode::kUnsupported,
              "this needs a warehouse of one's own, and another program "
              "serves the catalog of that one")
      .WithHint("Name the warehouse's folder with --warehouse.");
}

}  // namespace eider::cli

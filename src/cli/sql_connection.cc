#include "cli/sql_connection.h"

#include <fmt/format.h>

#include <filesystem>

#include "base/text.h"
#include "catalog/sqlite_catalog.h"
#include "cli/dbt_options.h"
#include "dbt/adapter.h"
#include "dbt/config.h"

namespace eider::cli {

namespace fs = std::filesystem;

namespace {

// DuckDB has databases of these names already.
bool IsReserved(const std::string& name) {
  return EqualsIgnoreCase(name, "memory") || EqualsIgnoreCase(name, "system") ||
         EqualsIgnoreCase(name, "temp");
}

// Attaches a warehouse folder, under its own name, to a database made for it.
SqlConnection ConnectToWarehouse(const std::string& folder, bool read_only) {
  catalog::SqliteCatalogOptions options;
  options.must_exist = read_only;
  std::string name = catalog::OpenSqliteCatalog(folder, options)->name();
  if (IsReserved(name)) name += "_warehouse";

  auto database = engine::OpenDatabase({});
  engine::AttachOptions attach;
  attach.read_only = read_only;
  database->AttachWarehouse(name, folder, attach);
  SqlConnection connection;
  connection.session = database->NewSession();
  connection.session->Use(name);
  connection.owner = std::move(database);
  connection.catalog = name;
  connection.location = folder;
  return connection;
}

SqlConnection ConnectToTarget(const Arguments& arguments, bool read_only) {
  dbt::ConfigOptions options = ConfigOptionsFrom(arguments);
  if (!fs::exists(options.project_dir / "dbt_project.yml") && !arguments.Has("project-dir")) {
    throw Error(ErrorCode::kNotFound,
                fmt::format("there is no dbt_project.yml in {} to say which warehouse is meant",
                            fs::absolute(options.project_dir).lexically_normal().string()))
        .WithHint("Name the warehouse's folder with --warehouse, or a project with --project-dir.");
  }
  auto config = dbt::LoadConfig(options);
  const dbt::Target& target = config->target;
  if (read_only) {
    // The profile's other databases would stay writable: only the warehouse itself is opened.
    auto warehouse = target.credentials.find("warehouse");
    if (target.type != "eider" || warehouse == target.credentials.end() ||
        !warehouse->is_string()) {
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("--read-only needs a warehouse, and target '{}' is of type '{}'",
                              target.target_name, target.type))
          .WithHint("Name the warehouse's folder with --warehouse.");
    }
    return ConnectToWarehouse(config->project.root / warehouse->get<std::string>(), true);
  }
  auto adapter = dbt::Adapter::Open(config, dbt::NullSink());
  SqlConnection connection;
  connection.session = adapter->database().NewSession();
  connection.catalog = adapter->default_database();
  connection.session->Use(connection.catalog);
  connection.owner = std::move(adapter);
  connection.location =
      fmt::format("target '{}' of profile '{}'", target.target_name, target.profile_name);
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
      {"--read-only", Kind::kFlag, "", "Refuse every change.", "", {}},
      {"--project-dir", Kind::kText, "DIR", "Folder of dbt_project.yml.", "DBT_PROJECT_DIR", {}},
      {"--profiles-dir", Kind::kText, "DIR", "Folder of profiles.yml.", "DBT_PROFILES_DIR", {}},
      {"--vars", Kind::kText, "YAML", "Variables for the profile's templates.", "", {}},
  };
}

SqlConnection ConnectForSql(const Arguments& arguments) {
  bool read_only = arguments.Flag("read-only");
  if (auto folder = arguments.Text("warehouse")) return ConnectToWarehouse(*folder, read_only);
  return ConnectToTarget(arguments, read_only);
}

}  // namespace eider::cli

#include "dbt/adapter.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "base/error.h"
#include "base/text.h"
#include "catalog/open_catalog.h"
#include "dbt/duckdb_profile.h"

namespace eider::dbt {

namespace {

// Extensions that profiles list out of habit: our own Iceberg needs neither, and DuckDB loads them
// by itself when a path asks for one.
bool IsOptionalExtension(const std::string& name) {
  return name == "iceberg" || name == "httpfs" || name == "aws" || name == "avro";
}

std::shared_ptr<engine::Database> OpenWithRetries(const engine::DatabaseOptions& options,
                                                  int attempts) {
  for (int attempt = 1;; ++attempt) {
    try {
      return engine::OpenDatabase(options);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kIo || attempt >= attempts) throw;
      std::this_thread::sleep_for(std::chrono::seconds(1 << (attempt - 1)));
    }
  }
}

std::string Text(const engine::Cell& cell) { return cell.is_null() ? "" : cell.text; }

std::vector<std::vector<std::string>> TextRows(engine::Result& result) {
  std::vector<std::vector<std::string>> rows;
  std::vector<engine::Cell> cells;
  while (result.Next(cells)) {
    std::vector<std::string> row;
    for (const auto& cell : cells) row.push_back(Text(cell));
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string InList(const std::set<std::string>& names) {
  std::vector<std::string> literals;
  for (const auto& name : names) literals.push_back(engine::QuoteLiteral(Lower(name)));
  return Join(literals, ", ");
}

}  // namespace

Adapter::Lease::Lease(Adapter& adapter, std::unique_ptr<Connection> connection)
    : adapter_(&adapter), connection_(std::move(connection)) {}

Adapter::Lease::~Lease() {
  if (connection_) adapter_->Release(std::move(connection_));
}

Adapter::Adapter(std::shared_ptr<const Config> config, EventSink& sink)
    : config_(std::move(config)), sink_(sink) {}

Adapter::~Adapter() = default;

std::shared_ptr<Adapter> Adapter::Open(std::shared_ptr<const Config> config, EventSink& sink) {
  std::shared_ptr<Adapter> adapter(new Adapter(config, sink));
  const Target& target = config->target;
  DuckDbProfile profile = ReadDuckDbProfile(*config);
  adapter->use_transactions_ = profile.use_transactions;
  adapter->default_database_ = config->adapter->DatabaseName(target);
  for (const auto& key : profile.ignored_keys) {
    adapter->WarnOnce("`" + key + "` of target '" + target.target_name +
                      "' has no meaning here and is ignored");
  }
  if (auto root = target.credentials.find("external_root");
      root != target.credentials.end() && root->is_string()) {
    adapter->external_root_ = root->get<std::string>();
  }

  engine::DatabaseOptions options;
  options.path = profile.path;
  options.settings = profile.startup;
  adapter->database_ = OpenWithRetries(options, profile.connect_attempts);

  if (catalog::IsRemoteStore(profile.catalog_store)) {
    catalog::CatalogOptions served;
    served.store = profile.catalog_store;
    served.properties = profile.catalog_properties;
    served.storage = profile.storage;
    served.name = adapter->default_database_;
    adapter->database_->AttachWarehouse(served.name,
                                        catalog::OpenCatalog(*profile.warehouse, served), false);
  } else if (profile.warehouse) {
    engine::AttachOptions attach;
    attach.catalog_store = profile.catalog_store;
    attach.storage = profile.storage;
    adapter->AttachWarehouse(adapter->default_database_, *profile.warehouse, attach);
  }
  {
    Lease connection = adapter->Acquire("master");
    adapter->LoadExtensions(*connection, profile);
    for (const auto& sql : profile.secrets) connection->session().Execute(sql);
    adapter->ApplySettings(*connection, profile);
    for (const auto& sql : profile.attachments) connection->session().Execute(sql);

    auto rows = TextRows(
        *connection->session().Execute("SELECT database_name, type FROM duckdb_databases()"));
    bool found = false;
    for (const auto& row : rows) {
      found = found || EqualsIgnoreCase(row[0], adapter->default_database_);
      if (row[1] == "eider") adapter->iceberg_catalogs_.insert(Lower(row[0]));
    }
    if (!found) {
      throw Error(
          ErrorCode::kInvalidArgument,
          "Inconsistency detected between 'path' and 'database' fields in profile: there is "
          "no database '" +
              adapter->default_database_ + "'")
          .WithHint("Remove `database` from target '" + target.target_name +
                    "', or name an attached one.")
          .At(target.profiles_file.string());
    }
  }
  return adapter;
}

void Adapter::LoadExtensions(Connection& connection, const DuckDbProfile& profile) {
  for (const auto& extension : profile.extensions) {
    bool needed = !IsOptionalExtension(extension.name) ||
                  (extension.name == "httpfs" && profile.needs_httpfs);
    std::string name = engine::QuoteIdentifier(extension.name);
    try {
      connection.session().Execute("LOAD " + name);
      continue;
    } catch (const Error& not_there) {
      if (!needed) {
        EmitNote(
            sink_, EventLevel::kDebug,
            "The extension '" + extension.name +
                "' is not installed; going on without it, since Iceberg tables and local files "
                "do not need it");
        continue;
      }
    }
    std::string install = "INSTALL " + name;
    if (!extension.repository.empty()) {
      bool is_url = extension.repository.find_first_of(":/.") != std::string::npos;
      install += " FROM " + (is_url ? engine::QuoteLiteral(extension.repository)
                                    : engine::QuoteIdentifier(extension.repository));
    }
    try {
      connection.session().Execute(install);
      connection.session().Execute("LOAD " + name);
    } catch (const Error& error) {
      EmitNote(sink_, EventLevel::kWarn,
               "The extension '" + extension.name +
                   "' could not be installed; what needs it will fail: " + error.message());
    }
  }
}

void Adapter::RefuseSetting(const std::string& name, const Error& error) const {
  throw Error(ErrorCode::kInvalidArgument, "the setting '" + name + "' of target '" +
                                               config_->target.target_name +
                                               "' was refused: " + error.message())
      .At(config_->target.profiles_file.string());
}

void Adapter::ApplySettings(Connection& connection, const DuckDbProfile& profile) {
  // DuckDB answers a setting that it does not know by installing the extension that does, which
  // takes half a second for each where there is no network.
  auto is_known = [&](const std::string& name) {
    std::string sql = "SELECT name FROM duckdb_settings() WHERE name = ";
    return !TextRows(*connection.Query(sql + engine::QuoteLiteral(Lower(name)))).empty();
  };
  for (const auto& [name, sql] : profile.settings) {
    bool of_httpfs = name.starts_with("s3_") || name.starts_with("http_");
    if (of_httpfs && !profile.needs_httpfs && !is_known(name)) {
      remote_settings_.emplace_back(name, sql);
      continue;
    }
    try {
      connection.session().Execute(sql);
      session_settings_.push_back(sql);
    } catch (const Error& error) {
      // A setting of an extension that is not there: of no use without it.
      bool of_extension = name.starts_with("azure_") || name.starts_with("unsafe_enable_version");
      if (!of_extension || profile.needs_httpfs) RefuseSetting(name, error);
      EmitNote(sink_, EventLevel::kDebug,
               "The setting '" + name + "' was not applied, its extension is not installed");
    }
  }
  PrepareForRemoteFiles(connection.session());
}

void Adapter::PrepareForRemoteFiles(engine::Session& session) {
  if (remote_settings_.empty()) return;
  session.BeforeRemoteFiles([this, &session] { ApplyRemoteSettings(session); });
}

void Adapter::ApplyRemoteSettings(engine::Session& session) {
  std::call_once(httpfs_asked_for_, [&] {
    // In a session of its own: a failure would end the transaction of the statement that waits.
    auto own = database_->NewSession();
    try {
      try {
        own->Execute("LOAD httpfs");
      } catch (const Error&) {
        own->Execute("INSTALL httpfs; LOAD httpfs");
      }
      has_httpfs_ = true;
    } catch (const Error& error) {
      EmitNote(sink_, EventLevel::kWarn,
               "The extension 'httpfs' could not be installed; what needs it will fail: " +
                   error.message());
    }
  });
  if (!has_httpfs_) return;
  for (const auto& [name, sql] : remote_settings_) {
    try {
      session.Execute(sql);
    } catch (const Error& error) {
      RefuseSetting(name, error);
    }
  }
}

std::unique_ptr<engine::Session> Adapter::NewSession() {
  auto session = database_->NewSession();
  for (const auto& sql : session_settings_) session->Execute(sql);
  PrepareForRemoteFiles(*session);
  return session;
}

Adapter::Lease Adapter::Acquire(const std::string& name) {
  std::unique_ptr<Connection> connection;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (!idle_.empty()) {
      connection = std::move(idle_.back());
      idle_.pop_back();
    }
  }
  if (!connection) {
    auto session = NewSession();
    // Unqualified names lead to the warehouse.
    if (config_->target.type == "eider") session->Use(default_database_);
    connection =
        std::make_unique<Connection>(std::move(session), sink_, use_transactions_, cancelled_);
  }
  connection->set_name(name);
  std::lock_guard<std::mutex> lock(mutex_);
  busy_.insert(connection.get());
  return Lease(*this, std::move(connection));
}

void Adapter::Release(std::unique_ptr<Connection> connection) {
  connection->Rollback();
  connection->set_comment("", false);
  connection->set_refusal("");
  std::lock_guard<std::mutex> lock(mutex_);
  busy_.erase(connection.get());
  idle_.push_back(std::move(connection));
}

std::vector<std::string> Adapter::CancelAll() {
  cancelled_.store(true, std::memory_order_release);
  std::vector<std::string> names;
  std::lock_guard<std::mutex> lock(mutex_);
  for (Connection* connection : busy_) {
    names.push_back(connection->name());
    connection->Interrupt();
  }
  return names;
}

bool Adapter::IsIceberg(const std::optional<std::string>& database) const {
  std::lock_guard<std::mutex> lock(mutex_);
  return iceberg_catalogs_.contains(Lower(database.value_or(default_database_)));
}

void Adapter::AttachWarehouse(const std::string& alias, const std::string& location,
                              const engine::AttachOptions& options) {
  std::lock_guard<std::mutex> lock(mutex_);
  auto [entry, added] = attached_warehouses_.try_emplace(alias, location);
  if (!added) {
    if (entry->second != location) {
      throw Error(ErrorCode::kInvalidArgument, "the warehouses " + entry->second + " and " +
                                                   location + " would both be called '" + alias +
                                                   "'");
    }
    return;
  }
  database_->AttachWarehouse(alias, location, options);
  iceberg_catalogs_.insert(Lower(alias));
}

void Adapter::CacheSchemas(Connection& connection,
                           const std::set<std::pair<std::string, std::string>>& schemas) {
  std::map<std::string, std::set<std::string>> unknown;
  for (const auto& [database, schema] : schemas) {
    if (!cache_.HasSchema(database, schema)) unknown[database].insert(schema);
  }
  for (const auto& [database, names] : unknown) {
    std::string filter = "lower(database_name) = " + engine::QuoteLiteral(Lower(database)) +
                         " AND lower(schema_name) IN (" + InList(names) + ")";
    auto result = connection.Query(
        "SELECT schema_name, NULL, NULL FROM duckdb_schemas() WHERE " + filter +
        " UNION ALL SELECT schema_name, table_name, 'table' FROM duckdb_tables() WHERE " + filter +
        " UNION ALL SELECT schema_name, view_name, 'view' FROM duckdb_views() WHERE " + filter);
    for (const auto& row : TextRows(*result)) {
      if (row[2].empty()) {
        cache_.AddSchema(database, row[0]);
        continue;
      }
      Relation relation;
      relation.database = database;
      relation.schema = row[0];
      relation.identifier = row[1];
      relation.type = RelationTypeFromName(row[2]);
      cache_.Add(relation);
    }
  }
}

void Adapter::CreateSchema(Connection& connection, const std::string& database,
                           const std::string& schema) {
  if (cache_.HasSchema(database, schema)) return;
  connection.Query("CREATE SCHEMA IF NOT EXISTS " + engine::QuoteIdentifier(database) + "." +
                   engine::QuoteIdentifier(schema));
  cache_.AddSchema(database, schema);
}

std::vector<Relation> Adapter::ListRelations(Connection& connection, const std::string& database,
                                             const std::string& schema) {
  std::string filter = "lower(database_name) = " + engine::QuoteLiteral(Lower(database)) +
                       " AND lower(schema_name) = " + engine::QuoteLiteral(Lower(schema));
  auto result = connection.Query(
      "SELECT schema_name, table_name, 'table' FROM duckdb_tables() WHERE " + filter +
      " UNION ALL SELECT schema_name, view_name, 'view' FROM duckdb_views() WHERE " + filter);
  std::vector<Relation> relations;
  for (const auto& row : TextRows(*result)) {
    Relation relation;
    relation.database = database;
    relation.schema = row[0];
    relation.identifier = row[1];
    relation.type = RelationTypeFromName(row[2]);
    relations.push_back(std::move(relation));
  }
  return relations;
}

std::optional<Relation> Adapter::FindRelation(Connection& connection, const std::string& database,
                                              const std::string& schema,
                                              const std::string& identifier) {
  if (!cache_.HasSchema(database, schema)) CacheSchemas(connection, {{database, schema}});
  return cache_.Find(database, schema, identifier);
}

std::vector<std::string> Adapter::ListSchemas(Connection& connection, const std::string& database) {
  std::string sql = "SELECT schema_name FROM duckdb_schemas()";
  if (!database.empty()) {
    sql += " WHERE lower(database_name) = " + engine::QuoteLiteral(Lower(database));
  }
  std::vector<std::string> names;
  for (auto& row : TextRows(*connection.Query(sql))) names.push_back(std::move(row[0]));
  return names;
}

std::vector<std::pair<std::string, std::string>> Adapter::Columns(Connection& connection,
                                                                  const Relation& relation) {
  std::vector<std::pair<std::string, std::string>> columns;
  try {
    for (auto& row : TextRows(*connection.Query("DESCRIBE " + relation.Render()))) {
      columns.emplace_back(std::move(row[0]), std::move(row[1]));
    }
  } catch (const Error& error) {
    if (Lower(error.message()).find("does not exist") == std::string::npos) throw;
  }
  return columns;
}

void Adapter::WarnOnce(const std::string& message) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (!warned_.insert(message).second) return;
  }
  EmitNote(sink_, EventLevel::kWarn, message, "AdapterEventWarning", "E004");
}

std::set<std::pair<std::string, std::string>> Adapter::SchemasOf(const Manifest& manifest,
                                                                 const std::set<std::string>& ids) {
  std::set<std::pair<std::string, std::string>> schemas;
  for (const auto& id : ids) {
    auto found = manifest.nodes.find(id);
    if (found == manifest.nodes.end()) continue;
    const Node& node = found->second;
    if (!node.is_relational() || node.is_ephemeral()) continue;
    schemas.emplace(node.database.value_or(""), node.schema);
  }
  return schemas;
}

}  // namespace eider::dbt

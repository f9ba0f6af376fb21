// The warehouse of a target: opening it, connections to it, what relations it holds, and what
// `adapter` offers to templates.
//
// type: eider    `warehouse:` (a folder), `schema:`, `threads:`, optional `catalog:` (what keeps
//                its catalog, or else the name the warehouse is attached under), `settings:`,
//                `extensions:`, `attach:`, `secrets:`.
//                The DuckDB instance is in memory; the warehouse is the default catalog, all of it
//                Iceberg.
// type: duckdb   as dbt-duckdb reads it. Relations with `table_format: iceberg` go to an Iceberg
//                warehouse that is attached beside the file (see iceberg_placement.h).
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "dbt/config.h"
#include "dbt/connection.h"
#include "dbt/events.h"
#include "dbt/manifest.h"
#include "dbt/relation.h"
#include "dbt/relation_cache.h"
#include "engine/session.h"

namespace eider::dbt {

struct DuckDbProfile;
class MacroLibrary;

class Adapter {
 public:
  // Opens the database of `config.target`, loads extensions, applies settings and secrets, attaches
  // what is to be attached. An extension that cannot be installed is a warning to `sink`, not an
  // error. Throws kInvalidArgument for a profile that makes no sense, kUnsupported for `plugins`,
  // `filesystems`, `remote` and MotherDuck, kIo and what the engine throws. `sink` must outlive it.
  static std::shared_ptr<Adapter> Open(std::shared_ptr<const Config> config, EventSink& sink);
  ~Adapter();

  const Config& config() const { return *config_; }
  EventSink& sink() { return sink_; }
  engine::Database& database() { return *database_; }
  RelationCache& cache() { return cache_; }
  // The catalog that templates' `target.database` names, which is the default one.
  const std::string& default_database() const { return default_database_; }

  // A connection for the time of the lease; connections are kept and given out again.
  class Lease {
   public:
    Lease(Adapter& adapter, std::unique_ptr<Connection> connection);
    Lease(Lease&&) = default;
    ~Lease();
    Connection& operator*() { return *connection_; }
    Connection* operator->() { return connection_.get(); }

   private:
    Adapter* adapter_;
    std::unique_ptr<Connection> connection_;
  };
  Lease Acquire(const std::string& name);
  // A session with the profile's settings. The adapter must outlive it.
  std::unique_ptr<engine::Session> NewSession();

  // Interrupts the statement of every connection in use; none begins any more until Resume.
  // Returns the names of the connections that were in use.
  std::vector<std::string> CancelAll();
  void Resume() { cancelled_.store(false, std::memory_order_release); }
  bool cancelled() const { return cancelled_.load(std::memory_order_acquire); }

  // True for a catalog that holds Iceberg tables: one statement replaces a table, there are no
  // indexes, and views and tables cannot be renamed across schemas.
  bool IsIceberg(const std::optional<std::string>& database) const;
  // Attaches the warehouse at `location` under `alias`, once.
  void AttachWarehouse(const std::string& alias, const std::string& location,
                       const engine::AttachOptions& options = {});

  // Fills the cache with every relation of these schemas that is not in it yet: one query per
  // database.
  void CacheSchemas(Connection& connection,
                    const std::set<std::pair<std::string, std::string>>& schemas);
  // CREATE SCHEMA IF NOT EXISTS, unless the cache knows it exists.
  void CreateSchema(Connection& connection, const std::string& database, const std::string& schema);
  // The relations of a schema, asked of the warehouse.
  std::vector<Relation> ListRelations(Connection& connection, const std::string& database,
                                      const std::string& schema);
  // From the cache, which is filled where it does not know the schema yet.
  std::optional<Relation> FindRelation(Connection& connection, const std::string& database,
                                       const std::string& schema, const std::string& identifier);
  std::vector<std::string> ListSchemas(Connection& connection, const std::string& database);
  // Names and types; empty where the relation does not exist.
  std::vector<std::pair<std::string, std::string>> Columns(Connection& connection,
                                                           const Relation& relation);

  // Emits a warning once for the life of the adapter.
  void WarnOnce(const std::string& message);

  // The schemas that the relations of `ids` go to, as (database, schema).
  static std::set<std::pair<std::string, std::string>> SchemasOf(const Manifest& manifest,
                                                                 const std::set<std::string>& ids);

  // `adapter` for the templates of one node, run over `connection`. Methods and attributes:
  //   type(), dispatch(name, macro_namespace), quote(name), quote_as_configured(name, kind),
  //   quote_seed_column(name, quote), Relation, Column, ConstraintSupport,
  //   get_relation(database, schema, identifier), load_relation(r), list_relations(database,
  //   schema), list_relations_without_caching(schema_relation), cache_added(r), cache_dropped(r),
  //   cache_renamed(a, b), check_schema_exists(database, schema), list_schemas(database),
  //   create_schema(r), drop_schema(r), drop_relation(r), truncate_relation(r),
  //   rename_relation(a, b), get_columns_in_relation(r), get_missing_columns(a, b),
  //   expand_target_column_types(a, b), get_column_schema_from_query(sql), already_exists(schema,
  //   name), execute(sql, auto_begin, fetch), add_query(sql), commit(), rollback(),
  //   clear_transaction(), get_rows_different_sql(..), convert_type(table, index),
  //   standardize_grants_dict(table), render_raw_columns_constraints(raw_columns),
  //   render_raw_model_constraints(raw_constraints), verify_database(name),
  //   valid_incremental_strategies(), get_incremental_strategy_macro(context, name),
  //   get_hard_deletes_behavior(config), valid_snapshot_target(r), is_motherduck(),
  //   disable_transactions(), is_ducklake(r), use_ducklake_table_workarounds(r),
  //   ensure_transaction(), existing_key_constraint_types(r), catalog_supports_foreign_keys(db),
  //   convert_datetimes_to_strs(table), get_seed_file_path(model), location_exists(path),
  //   external_root(), external_write_options(..), external_read_location(..), get_binding_char(),
  //   escape_sql_string(text), warn_once(message), parse_index(raw), get_temp_relation_path(model),
  //   batch_id_for_model(model), supports(capability), behavior.
  // and of ours:
  //   is_iceberg(relation)               the relation's catalog holds Iceberg tables
  //   load_seed(model, relation)         reads the node's CSV by dbt's rules straight into
  //                                      `relation`, replacing it where it exists; the row count
  //   seed_query(model)                  the SELECT that load_seed creates the table from
  //   load_agate_table is in the context, as in dbt.
  jinja::Value TemplateValue(Connection& connection, const Node* node, std::string package,
                             const MacroLibrary& macros);

  // Where relative paths of external materializations begin.
  const std::string& external_root() const { return external_root_; }
  bool uses_transactions() const { return use_transactions_; }

 private:
  friend class Lease;
  Adapter(std::shared_ptr<const Config> config, EventSink& sink);
  void Release(std::unique_ptr<Connection> connection);
  void LoadExtensions(Connection& connection, const DuckDbProfile& profile);
  void ApplySettings(Connection& connection, const DuckDbProfile& profile);
  void PrepareForRemoteFiles(engine::Session& session);
  void ApplyRemoteSettings(engine::Session& session);
  [[noreturn]] void RefuseSetting(const std::string& name, const Error& error) const;

  std::shared_ptr<const Config> config_;
  EventSink& sink_;
  std::shared_ptr<engine::Database> database_;
  std::string default_database_;
  std::string external_root_ = ".";
  bool use_transactions_ = true;
  RelationCache cache_;
  std::vector<std::string> session_settings_;  // SET statements every new connection begins with
  // Settings of httpfs, by name, for the first statement that needs it; and whether it is there.
  std::vector<std::pair<std::string, std::string>> remote_settings_;
  std::once_flag httpfs_asked_for_;
  bool has_httpfs_ = false;
  std::atomic<bool> cancelled_{false};

  mutable std::mutex mutex_;  // guards what follows
  std::set<std::string> iceberg_catalogs_;
  std::map<std::string, std::string> attached_warehouses_;
  std::vector<std::unique_ptr<Connection>> idle_;
  std::set<Connection*> busy_;
  std::set<std::string> warned_;
};

}  // namespace eider::dbt

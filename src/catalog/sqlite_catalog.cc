#include "catalog/sqlite_catalog.h"

#include <fmt/format.h>

#include <chrono>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "base/lru_cache.h"
#include "base/uuid.h"
#include "catalog/metadata_files.h"
#include "catalog/sqlite.h"
#include "iceberg/metadata_builder.h"

namespace eider::catalog {

namespace {

// The property that makes a namespace without tables or properties exist, as the JDBC catalog has
// it.
constexpr char kExists[] = "exists";
constexpr int kMaxAttempts = 20;
constexpr size_t kCachedMetadata = 4096;

constexpr const char* kSchema[] = {
    "CREATE TABLE IF NOT EXISTS iceberg_tables ("
    "catalog_name VARCHAR(255) NOT NULL, table_namespace VARCHAR(255) NOT NULL, "
    "table_name VARCHAR(255) NOT NULL, metadata_location VARCHAR(1000), "
    "previous_metadata_location VARCHAR(1000), iceberg_type VARCHAR(5), "
    "PRIMARY KEY (catalog_name, table_namespace, table_name))",
    "CREATE TABLE IF NOT EXISTS iceberg_namespace_properties ("
    "catalog_name VARCHAR(255) NOT NULL, namespace VARCHAR(255) NOT NULL, "
    "property_key VARCHAR(255) NOT NULL, property_value VARCHAR(1000), "
    "PRIMARY KEY (catalog_name, namespace, property_key))",
    "CREATE TABLE IF NOT EXISTS eider_catalog (catalog_name VARCHAR(255) NOT NULL)",
    // Tables whose folder projection may lag behind their pointer. Written with the pointer,
    // removed with a later commit.
    "CREATE TABLE IF NOT EXISTS eider_projection ("
    "table_namespace VARCHAR(255) NOT NULL, table_name VARCHAR(255) NOT NULL, "
    "PRIMARY KEY (table_namespace, table_name))",
};

const char* TypeName(EntityKind kind) { return kind == EntityKind::kView ? "VIEW" : "TABLE"; }

// A commit's new metadata file for one change.
struct PreparedChange {
  std::optional<Entry> base;
  std::string new_location;  // "" for drops and renames
};

class SqliteCatalog : public Catalog {
 public:
  SqliteCatalog(const std::string& warehouse, const SqliteCatalogOptions& options)
      : warehouse_(io::ToLocation(warehouse)),
        files_(options.files != nullptr ? *options.files : io::LocalFileSystem()),
        observer_(options.observer),
        tables_(kCachedMetadata),
        views_(kCachedMetadata) {
    std::string folder = io::LocalPath(warehouse_);
    if (io::IsNetworkFileSystem(folder)) {
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("the warehouse {} lies on a network file system, where SQLite's "
                              "locks do not hold",
                              folder))
          .WithHint("Keep the warehouse on a local disk.");
    }
    std::string database = folder + "/" + kCatalogFile;
    if (!files_.Exists(database)) {
      if (options.must_exist) {
        throw Error(ErrorCode::kNotFound, fmt::format("there is no warehouse in {}", folder))
            .WithHint("Its folder would hold a file catalog.db; `eider build` makes one.");
      }
      files_.CreateDirectories(folder);
    }
    database_ = std::make_unique<SqliteDatabase>(database);
    Initialize(options.name.empty() ? folder.substr(folder.rfind('/') + 1) : options.name);
    RepairProjections();
  }

  const std::string& name() const override { return name_; }
  const std::string& warehouse() const override { return warehouse_; }
  io::FileSystem& files() override { return files_; }

  CatalogSnapshot Snapshot() override {
    std::lock_guard<std::mutex> lock(mutex_);
    CatalogSnapshot snapshot;
    // One read transaction, so that both tables are seen at the same instant.
    database_->Execute("BEGIN");
    try {
      for (auto& row :
           database_->Query("SELECT table_namespace, table_name, metadata_location, iceberg_type "
                            "FROM iceberg_tables WHERE catalog_name = ?",
                            {name_})) {
        TableIdentifier identifier{NamespaceFromText(*row[0]), *row[1]};
        snapshot.namespaces[identifier.name_space];
        snapshot.entries[identifier] = MakeEntry(row[2], row[3]);
      }
      for (auto& row : database_->Query("SELECT namespace, property_key, property_value "
                                        "FROM iceberg_namespace_properties WHERE catalog_name = ?",
                                        {name_})) {
        auto& properties = snapshot.namespaces[NamespaceFromText(*row[0])];
        if (*row[1] != kExists) properties[*row[1]] = row[2].value_or("");
      }
    } catch (const Error&) {
      database_->Execute("ROLLBACK");
      throw;
    }
    database_->Execute("COMMIT");
    return snapshot;
  }

  std::optional<Entry> Find(const TableIdentifier& identifier) override {
    std::lock_guard<std::mutex> lock(mutex_);
    return FindLocked(identifier);
  }

  iceberg::TableMetadataPtr LoadTable(const std::string& location) override {
    if (auto cached = tables_.Get(location)) return cached;
    auto metadata = std::make_shared<const iceberg::TableMetadata>(
        iceberg::ParseTableMetadata(ReadMetadataFile(files_, location), location));
    tables_.Put(location, metadata, 1);
    return metadata;
  }

  iceberg::ViewMetadataPtr LoadView(const std::string& location) override {
    if (auto cached = views_.Get(location)) return cached;
    auto metadata = std::make_shared<const iceberg::ViewMetadata>(
        iceberg::ParseViewMetadata(ReadMetadataFile(files_, location), location));
    views_.Put(location, metadata, 1);
    return metadata;
  }

  std::string NewLocation(const TableIdentifier& identifier) override {
    std::string location = warehouse_;
    for (const std::string& level : identifier.name_space) location += "/" + FolderName(level);
    location += "/" + FolderName(identifier.name);
    if (files_.List(location).empty()) return location;
    return location + "-" + NewUuid().substr(0, 8);
  }

  CommitResult Commit(const CommitRequest& request) override {
    std::vector<TableChange> changes = request.tables;
    for (int attempt = 1;; ++attempt) {
      std::vector<PreparedChange> prepared = Prepare(changes);
      if (Swap(request.namespaces, changes, prepared)) {
        for (const TableChange& change : changes) Project(change.identifier);
        CommitResult result;
        for (PreparedChange& change : prepared) {
          result.metadata_locations.push_back(std::move(change.new_location));
        }
        return result;
      }
      Discard(prepared);
      if (attempt == kMaxAttempts) {
        throw Error(ErrorCode::kConflict,
                    fmt::format("{} is being changed by others too often: gave up after {} tries",
                                changes.front().identifier.ToString(), attempt));
      }
      int64_t jitter = NewRandomId() % 10;
      std::this_thread::sleep_for(std::chrono::milliseconds(attempt * 2 + jitter));
    }
  }

  void Purge(const TableIdentifier& identifier, const Entry& dropped) override {
    std::set<std::string> reachable = {io::LocalPath(dropped.metadata_location)};
    std::string location;
    try {
      if (dropped.kind == EntityKind::kTable) {
        auto metadata = LoadTable(dropped.metadata_location);
        location = metadata->location;
        reachable = ReachableFiles(*metadata, dropped.metadata_location, files_, false);
      } else {
        location = LoadView(dropped.metadata_location)->location;
      }
      for (const std::string& file : reachable) files_.Remove(file);
      RemoveProjection(identifier, location);
    } catch (const Error&) {
      // The drop itself is committed; what stays behind is listed by `eider catalog check`.
    }
  }

 private:
  void Initialize(const std::string& wanted_name) {
    // Two processes may create the same warehouse at once; an existing one needs no write lock.
    auto existing = database_->Query(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'eider_projection'");
    if (existing.empty()) {
      SqliteTransaction transaction(*database_);
      for (const char* statement : kSchema) database_->Execute(statement);
      // A catalog made by another tool may lack the column that came with views.
      bool has_type = false;
      for (auto& row : database_->Query("SELECT name FROM pragma_table_info('iceberg_tables')")) {
        has_type = has_type || row[0] == "iceberg_type";
      }
      if (!has_type) {
        database_->Execute("ALTER TABLE iceberg_tables ADD COLUMN iceberg_type VARCHAR(5)");
      }
      if (database_->Query("SELECT catalog_name FROM eider_catalog").empty()) {
        auto rows = database_->Query("SELECT catalog_name FROM iceberg_tables LIMIT 1");
        database_->Execute("INSERT INTO eider_catalog VALUES (?)",
                           {rows.empty() ? wanted_name : *rows[0][0]});
      }
      transaction.Commit();
    }
    auto names = database_->Query("SELECT catalog_name FROM eider_catalog");
    if (names.empty()) {
      throw Error(ErrorCode::kCorrupt,
                  fmt::format("the catalog of {} has lost its name", warehouse_));
    }
    name_ = *names[0][0];
  }

  static Entry MakeEntry(const std::optional<std::string>& location,
                         const std::optional<std::string>& type) {
    return {type == "VIEW" ? EntityKind::kView : EntityKind::kTable, location.value_or("")};
  }

  std::optional<Entry> FindLocked(const TableIdentifier& identifier) {
    auto rows = database_->Query(
        "SELECT metadata_location, iceberg_type FROM iceberg_tables "
        "WHERE catalog_name = ? AND table_namespace = ? AND table_name = ?",
        {name_, NamespaceText(identifier.name_space), identifier.name});
    if (rows.empty()) return std::nullopt;
    return MakeEntry(rows[0][0], rows[0][1]);
  }

  // Builds and writes the new metadata of every change on top of what is current.
  std::vector<PreparedChange> Prepare(std::vector<TableChange>& changes) {
    std::vector<PreparedChange> prepared;
    try {
      for (TableChange& change : changes) {
        PreparedChange& item = prepared.emplace_back();
        item.base = Find(change.identifier);
        CheckExistence(change, item.base);
        if (change.kind == TableChange::Kind::kDrop || change.kind == TableChange::Kind::kRename) {
          continue;
        }
        if (change.entity == EntityKind::kView) {
          WriteView(change, item);
        } else {
          WriteTable(change, item);
        }
      }
    } catch (const Error&) {
      Discard(prepared);
      throw;
    }
    return prepared;
  }

  static void CheckExistence(const TableChange& change, const std::optional<Entry>& base) {
    const char* what = change.entity == EntityKind::kView ? "view" : "table";
    std::string name = change.identifier.ToString();
    if (change.kind == TableChange::Kind::kCreate) {
      if (base) {
        throw Error(ErrorCode::kAlreadyExists, fmt::format("{} {} exists already", what, name));
      }
      return;
    }
    if (!base) {
      bool was_known = !change.requirements.empty();
      throw Error(was_known ? ErrorCode::kConflict : ErrorCode::kNotFound,
                  fmt::format("{} {} does not exist{}", what, name, was_known ? " any more" : ""));
    }
    if (base->kind != change.entity) {
      throw Error(ErrorCode::kConflict, fmt::format("{} is not a {}", name, what));
    }
  }

  void WriteTable(TableChange& change, PreparedChange& item) {
    iceberg::TableMetadataPtr base;
    std::string base_location;
    if (item.base) {
      base_location = item.base->metadata_location;
      base = LoadTable(base_location);
    }
    std::string name = "table " + change.identifier.ToString();
    try {
      iceberg::CheckRequirements(change.requirements, base.get(), name);
    } catch (const Error& conflict) {
      if (conflict.code() != ErrorCode::kConflict || !change.rebase || !base) throw;
      std::optional<RebasedChange> rebased = change.rebase(*base);
      if (!rebased) throw;
      change.requirements = std::move(rebased->requirements);
      change.updates = std::move(rebased->updates);
      iceberg::CheckRequirements(change.requirements, base.get(), name);
    }
    iceberg::TableMetadataBuilder builder =
        base ? iceberg::TableMetadataBuilder(*base, base_location)
             : iceberg::TableMetadataBuilder(iceberg::FormatVersionOf(change.updates));
    for (const iceberg::TableUpdate& update : change.updates) builder.Apply(update);
    auto metadata = std::make_shared<const iceberg::TableMetadata>(builder.Build(NowMillis()));
    std::string location = NewMetadataLocation(metadata->location, base_location);
    files_.WriteNew(location, iceberg::TableMetadataToJson(*metadata).dump());
    item.new_location = location;
    tables_.Put(location, metadata, 1);
  }

  void WriteView(const TableChange& change, PreparedChange& item) {
    iceberg::ViewMetadataPtr base;
    if (item.base) base = LoadView(item.base->metadata_location);
    iceberg::CheckViewRequirements(change.requirements, base.get(),
                                   "view " + change.identifier.ToString());
    auto metadata = std::make_shared<const iceberg::ViewMetadata>(
        iceberg::BuildViewMetadata(base.get(), change.updates));
    std::string location =
        NewMetadataLocation(metadata->location, item.base ? item.base->metadata_location : "");
    files_.WriteNew(location, iceberg::ViewMetadataToJson(*metadata).dump());
    item.new_location = location;
    views_.Put(location, metadata, 1);
  }

  // Removes the metadata files of an attempt that surely did not land.
  void Discard(const std::vector<PreparedChange>& prepared) {
    for (const PreparedChange& item : prepared) {
      if (item.new_location.empty()) continue;
      try {
        files_.Remove(item.new_location);
      } catch (const Error&) {
        // An orphan, listed by `eider catalog check`.
      }
    }
  }

  // The commit point. False when a pointer has moved since Prepare read it: nothing has happened.
  bool Swap(const std::vector<NamespaceChange>& namespaces, const std::vector<TableChange>& changes,
            const std::vector<PreparedChange>& prepared) {
    std::lock_guard<std::mutex> lock(mutex_);
    bool commit_sent = false;
    try {
      SqliteTransaction transaction(*database_);
      for (const NamespaceChange& change : namespaces) ApplyNamespace(change);
      for (size_t i = 0; i < changes.size(); ++i) {
        if (!SwapPointer(changes[i], prepared[i])) return false;
      }
      ClearProjected();
      if (observer_ != nullptr) observer_->BeforeSwap();
      commit_sent = true;
      transaction.Commit();
      if (observer_ != nullptr) observer_->AfterSwap();
      return true;
    } catch (const Error& error) {
      if (!commit_sent) {
        Discard(prepared);
        throw;
      }
      return ResolveOutcome(changes, prepared, error);
    }
  }

  // COMMIT was sent and answered with an error: only the catalog can say what happened.
  bool ResolveOutcome(const std::vector<TableChange>& changes,
                      const std::vector<PreparedChange>& prepared, const Error& error) {
    try {
      for (size_t i = 0; i < changes.size(); ++i) {
        if (prepared[i].new_location.empty()) continue;
        std::optional<Entry> now = FindLocked(changes[i].identifier);
        bool landed = now && now->metadata_location == prepared[i].new_location;
        if (landed) return true;
        // A later commit of somebody else may stand on top of ours.
        if (now && now->kind == EntityKind::kTable) {
          auto metadata = LoadTable(now->metadata_location);
          for (const auto& entry : metadata->metadata_log) {
            if (entry.metadata_file == prepared[i].new_location) return true;
          }
        }
        bool unchanged = now.has_value() == prepared[i].base.has_value() &&
                         (!now || now->metadata_location == prepared[i].base->metadata_location);
        if (unchanged) {
          Discard(prepared);
          throw error;
        }
      }
    } catch (const Error& lookup) {
      if (&lookup == &error || lookup.message() == error.message()) throw;
    }
    std::string name =
        changes.empty() ? "the catalog" : "table " + changes.front().identifier.ToString();
    throw Error(
        ErrorCode::kUnknownOutcome,
        fmt::format("whether the commit to {} landed is not known: {}", name, error.message()))
        .WithHint("Its files are kept. Look at the table before trying again.");
  }

  void ApplyNamespace(const NamespaceChange& change) {
    std::string text = NamespaceText(change.name);
    switch (change.kind) {
      case NamespaceChange::Kind::kCreate:
        if (NamespaceExists(text)) {
          throw Error(ErrorCode::kAlreadyExists, fmt::format("schema {} exists already", text));
        }
        SetNamespaceProperty(text, kExists, "true");
        break;
      case NamespaceChange::Kind::kDrop: {
        auto tables = database_->Query(
            "SELECT table_name FROM iceberg_tables WHERE catalog_name = ? AND table_namespace = ?",
            {name_, text});
        if (!tables.empty()) {
          throw Error(ErrorCode::kConflict,
                      fmt::format("schema {} is not empty: it holds {}", text, *tables[0][0]))
              .WithHint("DROP SCHEMA .. CASCADE drops its tables with it.");
        }
        database_->Execute(
            "DELETE FROM iceberg_namespace_properties WHERE catalog_name = ? AND namespace = ?",
            {name_, text});
        break;
      }
      case NamespaceChange::Kind::kSetProperties:
        break;
    }
    if (change.kind == NamespaceChange::Kind::kDrop) return;
    for (const auto& [key, value] : change.properties) SetNamespaceProperty(text, key, value);
  }

  bool NamespaceExists(const std::string& text) {
    return !database_
                ->Query(
                    "SELECT 1 FROM iceberg_namespace_properties WHERE catalog_name = ? AND "
                    "namespace = ? UNION ALL SELECT 1 FROM iceberg_tables WHERE catalog_name = ? "
                    "AND table_namespace = ? LIMIT 1",
                    {name_, text, name_, text})
                .empty();
  }

  void SetNamespaceProperty(const std::string& name_space, const std::string& key,
                            const std::string& value) {
    database_->Execute("INSERT OR REPLACE INTO iceberg_namespace_properties VALUES (?, ?, ?, ?)",
                       {name_, name_space, key, value});
  }

  bool SwapPointer(const TableChange& change, const PreparedChange& prepared) {
    std::string name_space = NamespaceText(change.identifier.name_space);
    const std::string& table = change.identifier.name;
    database_->Execute("INSERT OR REPLACE INTO eider_projection VALUES (?, ?)",
                       {name_space, table});
    switch (change.kind) {
      case TableChange::Kind::kCreate:
        // A name taken in the meantime is a lost race: Prepare will see it and say so.
        return database_->Execute("INSERT OR IGNORE INTO iceberg_tables VALUES (?, ?, ?, ?, ?, ?)",
                                  {name_, name_space, table, prepared.new_location, std::nullopt,
                                   TypeName(change.entity)}) == 1;
      case TableChange::Kind::kUpdate:
        return database_->Execute(
                   "UPDATE iceberg_tables SET metadata_location = ?, previous_metadata_location = "
                   "? WHERE catalog_name = ? AND table_namespace = ? AND table_name = ? AND "
                   "metadata_location = ?",
                   {prepared.new_location, prepared.base->metadata_location, name_, name_space,
                    table, prepared.base->metadata_location}) == 1;
      case TableChange::Kind::kDrop:
        return database_->Execute(
                   "DELETE FROM iceberg_tables WHERE catalog_name = ? AND table_namespace = ? AND "
                   "table_name = ? AND metadata_location = ?",
                   {name_, name_space, table, prepared.base->metadata_location}) == 1;
      case TableChange::Kind::kRename: {
        const TableIdentifier& target = change.new_identifier;
        if (FindLocked(target)) {
          throw Error(ErrorCode::kAlreadyExists,
                      fmt::format("table {} exists already", target.ToString()));
        }
        return database_->Execute(
                   "UPDATE iceberg_tables SET table_namespace = ?, table_name = ? WHERE "
                   "catalog_name = ? AND table_namespace = ? AND table_name = ? AND "
                   "metadata_location = ?",
                   {NamespaceText(target.name_space), target.name, name_, name_space, table,
                    prepared.base->metadata_location}) == 1;
      }
    }
    return false;
  }

  void ClearProjected() {
    for (const TableIdentifier& identifier : projected_) {
      database_->Execute(
          "DELETE FROM eider_projection WHERE table_namespace = ? AND table_name = ?",
          {NamespaceText(identifier.name_space), identifier.name});
    }
    projected_.clear();
  }

  // Refreshes what a reader of the plain folder sees. Never fails the commit it follows: the marker
  // in the catalog makes the next open try again.
  void Project(const TableIdentifier& identifier) {
    try {
      std::lock_guard<std::mutex> lock(mutex_);
      // The write lock makes projections of several processes take turns, so that none steps back
      // behind a newer one. Nothing is written, so nothing is synced.
      SqliteTransaction transaction(*database_);
      std::optional<Entry> entry = FindLocked(identifier);
      if (entry && entry->kind == EntityKind::kTable) {
        std::string location = entry->metadata_location;
        std::string folder = location.substr(0, location.rfind('/'));
        int64_t version = MetadataVersion(location);
        if (version >= 0) {
          files_.Link(location, fmt::format("{}/v{}.metadata.json", folder, version));
          files_.Replace(folder + "/version-hint.text", std::to_string(version));
        }
      }
      projected_.insert(identifier);
    } catch (const Error&) {
      // See above.
    }
  }

  void RemoveProjection(const TableIdentifier& identifier, const std::string& location) {
    std::lock_guard<std::mutex> lock(mutex_);
    SqliteTransaction transaction(*database_);
    std::optional<Entry> entry = FindLocked(identifier);
    // A new table of that name may live in the same folder by now.
    if (entry && entry->metadata_location.rfind(location + "/", 0) == 0) return;
    std::string metadata = location + "/metadata";
    for (const io::FileInfo& file : files_.List(metadata)) {
      std::string name = file.path.substr(file.path.rfind('/') + 1);
      if (name == "version-hint.text" || name[0] == 'v') files_.Remove(file.path);
    }
    for (const std::string& folder : {location + "/data", metadata, location}) {
      if (files_.Exists(folder) && files_.List(folder).empty()) files_.RemoveTree(folder);
    }
  }

  void RepairProjections() {
    for (auto& row : database_->Query("SELECT table_namespace, table_name FROM eider_projection")) {
      Project({NamespaceFromText(*row[0]), *row[1]});
    }
  }

  std::string warehouse_;
  io::FileSystem& files_;
  CommitObserver* observer_;
  std::string name_;
  std::mutex mutex_;  // guards database_ and projected_
  std::unique_ptr<SqliteDatabase> database_;
  std::set<TableIdentifier> projected_;
  LruCache<iceberg::TableMetadata> tables_;
  LruCache<iceberg::ViewMetadata> views_;
};

}  // namespace

std::shared_ptr<Catalog> OpenSqliteCatalog(const std::string& warehouse,
                                           const SqliteCatalogOptions& options) {
  return std::make_shared<SqliteCatalog>(warehouse, options);
}

}  // namespace eider::catalog

#include "catalog/sqlite_catalog.h"

#include <fmt/format.h>

#include <chrono>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "base/lru_cache.h"
#include "base/text.h"
#include "base/uuid.h"
#include "catalog/folder_owner.h"
#include "catalog/kept_answers.h"
#include "catalog/metadata_files.h"
#include "catalog/moved_warehouse.h"
#include "catalog/projection.h"
#include "catalog/sqlite.h"
#include "catalog/sqlite_schema.h"
#include "iceberg/metadata_builder.h"

namespace eider::catalog {

namespace {

constexpr int kMaxAttempts = 20;
constexpr size_t kCachedMetadata = 4096;

constexpr int kRememberedCommits = 1000;

// The character that follows the dot which parts a namespace's levels: the names of those below one
// lie between the two.
constexpr char kAfterDot = '.' + 1;

const char* TypeName(EntityKind kind) { return kind == EntityKind::kView ? "VIEW" : "TABLE"; }

// A metadata folder whose projection must follow the catalog.
struct Projection {
  std::string folder;
  std::string location;  // the pointer that was written, renamed or dropped there
  TableIdentifier identifier;
};

// A commit's new metadata file for one change.
struct PreparedChange {
  std::optional<Entry> base;      // what the name was when the change was prepared
  std::string new_location;       // "" for drops and renames
  bool written = false;           // whether the file at new_location was written by this commit
  bool forgets_metadata = false;  // write.metadata.delete-after-commit.enabled
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
    std::string database = DatabasePath();
    if (!files_.Exists(database)) {
      RefuseLostCatalog(folder);
      if (options.must_exist) {
        throw Error(ErrorCode::kNotFound, fmt::format("there is no warehouse in {}", folder))
            .WithHint("Its folder would hold a file catalog.db; `eider build` makes one.");
      }
      files_.CreateDirectories(folder);
    }
    database_ = std::make_unique<SqliteDatabase>(database);
    name_ =
        PrepareCatalogTables(*database_, options.name.empty() ? BaseName(folder) : options.name);
    if (options.repair) RepairProjections();
  }

  const std::string& name() const override { return name_; }
  const std::string& warehouse() const override { return warehouse_; }
  io::FileSystem& files() override { return files_; }

  std::shared_ptr<const CatalogSnapshot> Snapshot() override {
    std::lock_guard<std::mutex> lock(mutex_);
    RequireInPlace();
    // Asked before the rows are read: a change in between makes them look older than they are, and
    // they are read once more.
    std::string version = database_->ForeignVersion();
    if (!snapshot_ || snapshot_version_ != version) {
      snapshot_ = std::make_shared<const CatalogSnapshot>(ReadSnapshot());
      snapshot_version_ = version;
    }
    return snapshot_;
  }
  std::optional<Entry> Find(const TableIdentifier& identifier) override {
    std::unique_lock<std::mutex> lock(mutex_, std::try_to_lock);
    if (lock) return FindIn(*database_, identifier);
    // A commit is on its way to disk, and a reader need not wait for it.
    std::lock_guard<std::mutex> reader_lock(reader_mutex_);
    if (!reader_) reader_ = std::make_unique<SqliteDatabase>(DatabasePath());
    return FindIn(*reader_, identifier);
  }

  std::optional<std::map<std::string, std::string>> FindNamespace(const Namespace& name) override {
    std::lock_guard<std::mutex> lock(mutex_);
    std::string text = NamespaceText(name);
    auto rows = database_->Query(
        "SELECT property_key, property_value FROM iceberg_namespace_properties "
        "WHERE catalog_name = ? AND namespace = ?",
        {name_, text});
    std::map<std::string, std::string> properties;
    for (auto& row : rows) {
      if (*row[0] != kNamespaceExists) properties[*row[0]] = row[1].value_or("");
    }
    if (rows.empty() && !HoldsAnything(text)) return std::nullopt;
    return properties;
  }

  iceberg::TableMetadataPtr LoadTable(const std::string& location) override {
    if (auto cached = tables_.Get(location)) return cached;
    auto metadata = std::make_shared<const iceberg::TableMetadata>(
        iceberg::ParseTableMetadata(ReadMetadata(location), location));
    tables_.Put(location, metadata, 1);
    return metadata;
  }

  iceberg::ViewMetadataPtr LoadView(const std::string& location) override {
    if (auto cached = views_.Get(location)) return cached;
    auto metadata = std::make_shared<const iceberg::ViewMetadata>(
        iceberg::ParseViewMetadata(ReadMetadata(location), location));
    views_.Put(location, metadata, 1);
    return metadata;
  }

  std::string NewLocation(const TableIdentifier& identifier) override {
    std::string suffix = "-" + NewUuid().substr(0, 8);
    std::string location = FittingLocation(warehouse_, identifier);
    if (HoldsFiles(location)) location += suffix;
    std::lock_guard<std::mutex> lock(mutex_);
    if (!OwnerAround(*database_, name_, warehouse_, location, identifier)) return location;
    // A table a.b lies where the tables of a schema a.b would.
    std::string schema = NamespaceText(identifier.name_space) + suffix;
    return FittingLocation(warehouse_, {{schema}, identifier.name});
  }

  CommitResult Commit(const CommitRequest& request) override {
    std::vector<TableChange> changes = request.tables;
    // The metadata on which each change was redone last.
    std::vector<std::string> redone_on(changes.size());
    for (int attempt = 1;; ++attempt) {
      std::vector<PreparedChange> prepared = Prepare(changes, redone_on);
      CommitResult result = ResultOf(prepared);
      switch (Swap(request, changes, prepared, result)) {
        case SwapOutcome::kLanded:
          for (size_t i = 0; i < changes.size(); ++i) {
            Project(ProjectionOf(changes[i], prepared[i]));
            RemoveForgottenMetadata(prepared[i]);
          }
          return result;
        case SwapOutcome::kAnsweredBefore:
          Discard(prepared);
          return result;
        case SwapOutcome::kLostRace:
          break;
      }
      Discard(prepared);
      if (attempt == kMaxAttempts) {
        throw Error(ErrorCode::kConflict,
                    fmt::format("{} is being changed by others too often: gave up after {} tries",
                                changes.front().identifier.ToString(), attempt));
      }
      int64_t jitter = NewRandomId() % 10;
      std::this_thread::sleep_for(std::chrono::milliseconds(int64_t{attempt} * 2 + jitter));
    }
  }

  std::optional<KeptAnswer> FindAnswer(const std::string& idempotency_key) override {
    std::lock_guard<std::mutex> lock(mutex_);
    return FindKeptAnswer(*database_, idempotency_key);
  }

  KeptAnswer KeepAnswer(const std::string& idempotency_key, const KeptAnswer& answer) override {
    std::lock_guard<std::mutex> lock(mutex_);
    RequireInPlace();
    SqliteTransaction transaction(*database_);
    if (auto kept = InsertKeptAnswer(*database_, idempotency_key, answer)) return *kept;
    transaction.Commit();
    return answer;
  }

  void Purge(const TableIdentifier& identifier, const Entry& dropped) override {
    std::set<std::string> reachable = {io::LocalPath(dropped.metadata_location)};
    std::string location;
    try {
      if (dropped.kind == EntityKind::kTable) {
        auto metadata = LoadTable(dropped.metadata_location);
        if (Lower(metadata->Property("gc.enabled", "")) == "false") return;
        location = metadata->location;
        reachable = ReachableFiles(*metadata, dropped.metadata_location, files_, false);
        // Data files may have been added to the table where they lay: they are somebody else's.
        std::string own = io::LocalPath(location) + "/";
        std::erase_if(reachable, [&](const std::string& file) { return !file.starts_with(own); });
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
  CatalogSnapshot ReadSnapshot() {
    CatalogSnapshot snapshot;
    // One read transaction, so that both tables are seen at the same instant.
    database_->Execute("BEGIN");
    try {
      std::string text;
      Namespace name_space;
      for (auto& row :
           database_->Query("SELECT table_namespace, table_name, metadata_location, iceberg_type "
                            "FROM iceberg_tables WHERE catalog_name = ? "
                            "ORDER BY table_namespace, table_name",
                            {name_})) {
        // Thousands of tables share a namespace, and come in the order of the map.
        if (snapshot.entries.empty() || *row[0] != text) {
          text = *row[0];
          name_space = NamespaceFromText(text);
          snapshot.namespaces[name_space];
        }
        snapshot.entries.emplace_hint(snapshot.entries.end(),
                                      TableIdentifier{name_space, std::move(*row[1])},
                                      MakeEntry(row[2], row[3]));
      }
      for (auto& row : database_->Query("SELECT namespace, property_key, property_value "
                                        "FROM iceberg_namespace_properties WHERE catalog_name = ?",
                                        {name_})) {
        auto& properties = snapshot.namespaces[NamespaceFromText(*row[0])];
        if (*row[1] != kNamespaceExists) properties[*row[1]] = row[2].value_or("");
      }
    } catch (const Error&) {
      database_->Execute("ROLLBACK");
      throw;
    }
    database_->Execute("COMMIT");
    return snapshot;
  }

  std::string ReadMetadata(const std::string& location) {
    try {
      return ReadMetadataFile(files_, location);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kNotFound) {
        if (auto original = OriginalWarehouse(files_, warehouse_, location)) {
          throw MovedWarehouse(files_, location, warehouse_, *original);
        }
      }
      throw;
    }
  }

  // Where tables lie but their catalog is gone, a new one would hide them.
  void RefuseLostCatalog(const std::string& folder) {
    for (const io::FileInfo& schema : files_.List(folder)) {
      std::string table = schema.is_directory ? TableIn(schema.path) : "";
      if (table.empty()) continue;
      throw Error(ErrorCode::kCorrupt,
                  fmt::format("the warehouse {} holds tables, such as {}, but its {} is gone",
                              folder, table, kCatalogFile))
          .WithHint("`eider catalog rebuild` makes it anew from the tables' folders.");
    }
  }

  // A table's folder in the folder of a schema; "" for none.
  std::string TableIn(const std::string& schema) {
    try {
      for (const io::FileInfo& table : files_.List(schema)) {
        if (table.is_directory && files_.Exists(table.path + "/metadata/version-hint.text")) {
          return table.path;
        }
      }
    } catch (const Error&) {
      // A folder that we may not look into is no schema of ours.
    }
    return "";
  }

  // What a commit that failed leaves of a new table's folder is taken again.
  bool HoldsFiles(const std::string& location) {
    for (const io::FileInfo& entry : files_.List(location)) {
      if (!entry.is_directory || !files_.List(entry.path).empty()) return true;
    }
    return false;
  }

  static Entry MakeEntry(const std::optional<std::string>& location,
                         const std::optional<std::string>& type) {
    return {type == "VIEW" ? EntityKind::kView : EntityKind::kTable, location.value_or("")};
  }

  std::string DatabasePath() const { return io::LocalPath(warehouse_) + "/" + kCatalogFile; }

  std::optional<Entry> FindIn(SqliteDatabase& database, const TableIdentifier& identifier) {
    auto rows = database.Query(
        "SELECT metadata_location, iceberg_type FROM iceberg_tables "
        "WHERE catalog_name = ? AND table_namespace = ? AND table_name = ?",
        {name_, NamespaceText(identifier.name_space), identifier.name});
    if (rows.empty()) return std::nullopt;
    return MakeEntry(rows[0][0], rows[0][1]);
  }

  // Builds and writes the new metadata of every change on top of what is current.
  std::vector<PreparedChange> Prepare(std::vector<TableChange>& changes,
                                      std::vector<std::string>& redone_on) {
    std::vector<PreparedChange> prepared;
    // What the changes before this one make of a name: a table may be dropped and created at once.
    std::map<TableIdentifier, std::optional<Entry>> changed;
    auto current = [&](const TableIdentifier& identifier) {
      auto it = changed.find(identifier);
      return it != changed.end() ? it->second : Find(identifier);
    };
    try {
      for (size_t i = 0; i < changes.size(); ++i) {
        TableChange& change = changes[i];
        PreparedChange& item = prepared.emplace_back();
        item.base = current(change.identifier);
        CheckExistence(change, item.base);
        if (item.base) RequireOwn(change, item.base->metadata_location);
        if (change.kind == TableChange::Kind::kRename) changed[change.new_identifier] = item.base;
        changed[change.identifier] = std::nullopt;
        if (change.kind == TableChange::Kind::kDrop || change.kind == TableChange::Kind::kRename) {
          continue;
        }
        if (change.kind == TableChange::Kind::kRegister) {
          ReadRegistered(change, item);
        } else if (change.entity == EntityKind::kView) {
          WriteView(change, item);
        } else {
          WriteTable(change, item, redone_on[i]);
        }
        changed[change.identifier] = Entry{change.entity, item.new_location};
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
    bool may_exist = change.kind == TableChange::Kind::kRegister && change.replace;
    if (change.kind == TableChange::Kind::kCreate || change.kind == TableChange::Kind::kRegister) {
      if (base && !(may_exist && base->kind == change.entity)) {
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

  void RequireOwn(const TableChange& change, const std::string& metadata_location) {
    auto original = OriginalWarehouse(files_, warehouse_, metadata_location);
    if (!original) return;
    const char* what = change.entity == EntityKind::kView ? "view " : "table ";
    throw MovedWarehouse(files_, what + change.identifier.ToString(), warehouse_, *original);
  }

  // Throws what reading the file throws: it has to be whole before a name points at it.
  void ReadRegistered(const TableChange& change, PreparedChange& item) {
    if (change.entity == EntityKind::kView) {
      LoadView(change.metadata_location);
    } else {
      LoadTable(change.metadata_location);
    }
    item.new_location = change.metadata_location;
  }

  void WriteTable(TableChange& change, PreparedChange& item, std::string& redone_on) {
    iceberg::TableMetadataPtr base;
    std::string base_location;
    if (item.base) {
      base_location = item.base->metadata_location;
      base = LoadTable(base_location);
    }
    std::string name = "table " + change.identifier.ToString();
    // Updates that were redone are made for the metadata they were redone on and no other, whatever
    // their requirements say.
    bool redo = !redone_on.empty() && redone_on != base_location;
    if (!redo) {
      try {
        iceberg::CheckRequirements(change.requirements, base.get(), name);
      } catch (const Error& conflict) {
        if (conflict.code() != ErrorCode::kConflict || !change.rebase || !base) throw;
        redo = true;
      }
    }
    if (redo) Redo(change, base, name);
    if (redo) redone_on = base_location;
    iceberg::TableMetadataBuilder builder =
        base ? iceberg::TableMetadataBuilder(*base, base_location)
             : iceberg::TableMetadataBuilder(iceberg::FormatVersionOf(change.updates));
    for (const iceberg::TableUpdate& update : change.updates) builder.Apply(update);
    auto metadata = std::make_shared<const iceberg::TableMetadata>(builder.Build(NowMillis()));
    std::string location = NewMetadataLocation(metadata->location, base_location);
    files_.WriteNew(location, iceberg::TableMetadataToJson(*metadata).dump());
    item.new_location = location;
    item.written = true;
    item.forgets_metadata =
        base &&
        Lower(metadata->Property("write.metadata.delete-after-commit.enabled", "")) == "true";
    tables_.Put(location, metadata, 1);
  }

  // Makes the change again for a table that somebody else changed in the meantime.
  static void Redo(TableChange& change, const iceberg::TableMetadataPtr& base,
                   const std::string& name) {
    std::optional<RebasedChange> rebased;
    if (base) rebased = change.rebase(*base);
    if (!rebased) {
      // Says which requirement does not hold.
      iceberg::CheckRequirements(change.requirements, base.get(), name);
      throw Error(ErrorCode::kConflict, fmt::format("{} was changed by somebody else in a way that "
                                                    "this change cannot follow",
                                                    name));
    }
    change.requirements = std::move(rebased->requirements);
    change.updates = std::move(rebased->updates);
    iceberg::CheckRequirements(change.requirements, base.get(), name);
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
    item.written = true;
    views_.Put(location, metadata, 1);
  }

  // Removes the metadata files of an attempt that surely did not land.
  void Discard(const std::vector<PreparedChange>& prepared) {
    for (const PreparedChange& item : prepared) {
      if (!item.written) continue;
      try {
        files_.Remove(item.new_location);
      } catch (const Error&) {
        // An orphan, listed by `eider catalog check`.
      }
    }
  }

  // Metadata files that have left the table's log, where the table wants them gone.
  void RemoveForgottenMetadata(const PreparedChange& item) {
    if (!item.forgets_metadata) return;
    try {
      std::set<std::string> kept;
      for (const auto& entry : LoadTable(item.new_location)->metadata_log) {
        kept.insert(entry.metadata_file);
      }
      for (const auto& entry : LoadTable(item.base->metadata_location)->metadata_log) {
        if (kept.contains(entry.metadata_file)) continue;
        files_.Remove(entry.metadata_file);
        files_.Remove(LinkTo(entry.metadata_file));
      }
    } catch (const Error&) {
      // Listed by `eider catalog check`.
    }
  }

  static CommitResult ResultOf(const std::vector<PreparedChange>& prepared) {
    CommitResult result;
    for (const PreparedChange& change : prepared) {
      result.metadata_locations.push_back(
          change.new_location.empty() ? change.base->metadata_location : change.new_location);
    }
    return result;
  }

  enum class SwapOutcome {
    kLanded,
    kLostRace,        // a pointer has moved since Prepare read it: nothing has happened
    kAnsweredBefore,  // a commit with this key landed before; `result` holds its answer
  };

  // The commit point.
  SwapOutcome Swap(const CommitRequest& request, const std::vector<TableChange>& changes,
                   const std::vector<PreparedChange>& prepared, CommitResult& result) {
    const std::vector<NamespaceChange>& namespaces = request.namespaces;
    std::lock_guard<std::mutex> lock(mutex_);
    std::string commit_id = NewUuid();
    bool commit_sent = false;
    try {
      std::optional<KeptAnswer> answer;
      if (!request.idempotency_key.empty()) answer = request.answer(result);
      SqliteTransaction transaction(*database_);
      // Before the changes: those of the earlier commit would stand in their way.
      if (answer) {
        if (auto earlier = InsertKeptAnswer(*database_, request.idempotency_key, *answer)) {
          result = CommitResult{{}, std::move(earlier)};
          return SwapOutcome::kAnsweredBefore;
        }
      }
      snapshot_.reset();
      // First, so that the markers this commit writes stay.
      ClearProjected();
      for (const NamespaceChange& change : namespaces) ApplyNamespace(change);
      for (size_t i = 0; i < changes.size(); ++i) {
        if (!SwapPointer(changes[i], prepared[i])) return SwapOutcome::kLostRace;
      }
      // Last, so that a schema can be dropped together with its tables.
      for (const NamespaceChange& change : namespaces) {
        if (change.kind == NamespaceChange::Kind::kDrop) RequireEmpty(change.name);
      }
      RememberCommit(commit_id);
      RequireInPlace();
      if (observer_ != nullptr) observer_->BeforeSwap();
      commit_sent = true;
      transaction.Commit();
      projected_.clear();
      if (observer_ != nullptr) observer_->AfterSwap();
      return SwapOutcome::kLanded;
    } catch (const Error& error) {
      if (commit_sent) {
        switch (LookUpOutcome(commit_id)) {
          case Outcome::kLanded:
            return SwapOutcome::kLanded;
          case Outcome::kFailed:
            break;
          case Outcome::kUnknown:
            throw Error(ErrorCode::kUnknownOutcome,
                        fmt::format("whether the commit to {} landed is not known: {}",
                                    changes.empty() ? warehouse_ : changes[0].identifier.ToString(),
                                    error.message()))
                .WithHint("Its files are kept. Look at the table before trying again.");
        }
      }
      Discard(prepared);
      throw;
    }
  }

  void RememberCommit(const std::string& commit_id) {
    database_->Execute("INSERT INTO eider_commits (commit_id) VALUES (?)", {commit_id});
    database_->Execute("DELETE FROM eider_commits WHERE sequence <= last_insert_rowid() - ?",
                       {std::to_string(kRememberedCommits)});
  }

  enum class Outcome { kLanded, kFailed, kUnknown };

  // COMMIT was sent and answered with an error: only the catalog can say what happened.
  Outcome LookUpOutcome(const std::string& commit_id) {
    try {
      bool landed =
          !database_->Query("SELECT 1 FROM eider_commits WHERE commit_id = ?", {commit_id}).empty();
      if (landed) return Outcome::kLanded;
      // A commit that failed while its log was synced may still lie whole in that log, and would
      // come to life in the recovery after a crash. Either something takes its place there, or, on
      // a full disk, the log goes.
      return Supersede() || database_->TruncateLog() ? Outcome::kFailed : Outcome::kUnknown;
    } catch (const Error&) {
      // The catalog cannot be asked either.
      return Outcome::kUnknown;
    }
  }

  bool Supersede() {
    try {
      SqliteTransaction transaction(*database_);
      RememberCommit(NewUuid());
      transaction.Commit();
      return true;
    } catch (const Error&) {
      return false;
    }
  }

  // `eider catalog rebuild` may have put another file in the place of the one that is open here.
  void RequireInPlace() {
    if (!database_->HasMoved()) return;
    throw Error(ErrorCode::kConflict,
                fmt::format("the catalog of {} was moved or replaced while it was open",
                            io::LocalPath(warehouse_)))
        .WithHint("Open the warehouse again.");
  }

  // In the JDBC catalog's tables a dot parts the levels of a namespace.
  static void CheckNamespaceName(const Namespace& name) {
    for (const std::string& level : name) {
      if (!level.empty() && level.find('.') == std::string::npos) continue;
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("\"{}\" cannot be the name of a schema: it {}", level,
                              level.empty() ? "is empty" : "holds a dot"));
    }
  }

  void ApplyNamespace(const NamespaceChange& change) {
    std::string text = NamespaceText(change.name);
    switch (change.kind) {
      case NamespaceChange::Kind::kCreate:
        CheckNamespaceName(change.name);
        if (NamespaceExists(text)) {
          if (change.may_exist) return;
          throw Error(ErrorCode::kAlreadyExists, fmt::format("schema {} exists already", text));
        }
        SetNamespaceProperty(text, kNamespaceExists, "true");
        break;
      case NamespaceChange::Kind::kDrop:
        RequireNamespace(text);
        database_->Execute(
            "DELETE FROM iceberg_namespace_properties WHERE catalog_name = ? AND namespace = ?",
            {name_, text});
        return;
      case NamespaceChange::Kind::kSetProperties:
        RequireNamespace(text);
        for (const std::string& key : change.removals) {
          CheckNamespaceProperty(key);
          database_->Execute(
              "DELETE FROM iceberg_namespace_properties WHERE catalog_name = ? AND namespace = ? "
              "AND property_key = ?",
              {name_, text, key});
        }
        // One that held nothing but properties goes on to exist.
        SetNamespaceProperty(text, kNamespaceExists, "true");
        break;
    }
    for (const auto& [key, value] : change.properties) {
      CheckNamespaceProperty(key);
      SetNamespaceProperty(text, key, value);
    }
  }

  void RequireNamespace(const std::string& text) {
    if (NamespaceExists(text)) return;
    throw Error(ErrorCode::kNotFound, fmt::format("schema {} does not exist", text));
  }

  static void CheckNamespaceProperty(const std::string& key) {
    if (key != kNamespaceExists) return;
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("the schema property \"{}\" is the catalog's own", key));
  }

  void RequireEmpty(const Namespace& name_space) {
    std::string text = NamespaceText(name_space);
    auto held = database_->Query(
        "SELECT table_name FROM iceberg_tables WHERE catalog_name = ?1 AND table_namespace = ?2 "
        "UNION ALL SELECT namespace FROM iceberg_namespace_properties WHERE catalog_name = ?1 AND "
        "substr(namespace, 1, length(?3)) = ?3 UNION ALL SELECT table_namespace FROM "
        "iceberg_tables WHERE catalog_name = ?1 AND substr(table_namespace, 1, length(?3)) = ?3 "
        "LIMIT 1",
        {name_, text, text + "."});
    if (held.empty()) return;
    throw Error(ErrorCode::kConflict,
                fmt::format("schema {} is not empty: it holds {}", text, *held[0][0]))
        .WithHint("DROP SCHEMA .. CASCADE drops its tables with it.");
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

  // Tables, or other schemas below it.
  bool HoldsAnything(const std::string& text) {
    return !database_
                ->Query(
                    "SELECT 1 FROM iceberg_tables WHERE catalog_name = ?1 AND table_namespace = ?2 "
                    "UNION ALL SELECT 1 FROM iceberg_tables WHERE catalog_name = ?1 AND "
                    "table_namespace > ?3 AND table_namespace < ?4 UNION ALL SELECT 1 FROM "
                    "iceberg_namespace_properties WHERE catalog_name = ?1 AND namespace > ?3 AND "
                    "namespace < ?4 LIMIT 1",
                    {name_, text, text + ".", text + kAfterDot})
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
    Projection projection = ProjectionOf(change, prepared);
    RequireFolderOfOwn(change, prepared);
    database_->Execute(
        "INSERT OR REPLACE INTO eider_projection VALUES (?, ?, ?, ?)",
        {projection.folder, projection.location, NamespaceText(projection.identifier.name_space),
         projection.identifier.name});
    switch (change.kind) {
      case TableChange::Kind::kCreate:
        return InsertPointer(change, prepared);
      case TableChange::Kind::kUpdate:
        return UpdatePointer(change, prepared);
      case TableChange::Kind::kDrop:
        return database_->Execute(
                   "DELETE FROM iceberg_tables WHERE catalog_name = ? AND table_namespace = ? AND "
                   "table_name = ? AND metadata_location = ?",
                   {name_, name_space, table, prepared.base->metadata_location}) == 1;
      case TableChange::Kind::kRegister:
        return prepared.base ? UpdatePointer(change, prepared) : InsertPointer(change, prepared);
      case TableChange::Kind::kRename: {
        const TableIdentifier& target = change.new_identifier;
        if (FindIn(*database_, target)) {
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

  // A name taken in the meantime is a lost race: Prepare will see it and say so.
  bool InsertPointer(const TableChange& change, const PreparedChange& prepared) {
    return database_->Execute(
               "INSERT OR IGNORE INTO iceberg_tables VALUES (?, ?, ?, ?, ?, ?)",
               {name_, NamespaceText(change.identifier.name_space), change.identifier.name,
                prepared.new_location, std::nullopt, TypeName(change.entity)}) == 1;
  }

  bool UpdatePointer(const TableChange& change, const PreparedChange& prepared) {
    return database_->Execute(
               "UPDATE iceberg_tables SET metadata_location = ?, previous_metadata_location = "
               "? WHERE catalog_name = ? AND table_namespace = ? AND table_name = ? AND "
               "metadata_location = ?",
               {prepared.new_location, prepared.base->metadata_location, name_,
                NamespaceText(change.identifier.name_space), change.identifier.name,
                prepared.base->metadata_location}) == 1;
  }

  // The table's own name does not count: another process has just created it there, and the swap
  // finds that out.
  void RequireFolderOfOwn(const TableChange& change, const PreparedChange& prepared) {
    if (prepared.new_location.empty()) return;
    std::string folder = MetadataFolderOf(prepared.new_location);
    if (prepared.base && MetadataFolderOf(prepared.base->metadata_location) == folder) return;
    std::string location = change.entity == EntityKind::kView
                               ? LoadView(prepared.new_location)->location
                               : LoadTable(prepared.new_location)->location;
    auto owner = OwnerOfMetadataFolder(*database_, name_, folder, change.identifier);
    if (!owner) owner = OwnerAround(*database_, name_, warehouse_, location, change.identifier);
    if (!owner) return;
    throw Error(
        ErrorCode::kInvalidArgument,
        fmt::format("{} cannot lie in {}: {} lies in {}", change.identifier.ToString(),
                    io::LocalPath(location), owner->identifier.ToString(),
                    io::LocalPath(MetadataFolderOf(MetadataFolderOf(owner->metadata_location)))))
        .WithHint("Give every table a location of its own, or none.");
  }

  // A rename moves no file, but the folder may have to say the new name.
  static Projection ProjectionOf(const TableChange& change, const PreparedChange& prepared) {
    const std::string& location =
        prepared.new_location.empty() ? prepared.base->metadata_location : prepared.new_location;
    bool renamed = change.kind == TableChange::Kind::kRename;
    return {MetadataFolderOf(location), location,
            renamed ? change.new_identifier : change.identifier};
  }

  void ClearProjected() {
    for (const auto& [folder, location] : projected_) {
      database_->Execute(
          "DELETE FROM eider_projection WHERE metadata_folder = ? AND metadata_location = ?",
          {folder, location});
    }
  }

  struct NamedEntry {
    TableIdentifier identifier;
    Entry entry;
  };

  // Whose current metadata lies in a folder; nullopt where no table or view lives there any more.
  std::optional<NamedEntry> OwnerOf(const Projection& projection) {
    std::optional<Entry> entry = FindIn(*database_, projection.identifier);
    if (entry && MetadataFolderOf(entry->metadata_location) == projection.folder) {
      return NamedEntry{projection.identifier, *entry};
    }
    // Renamed, perhaps.
    auto owner = OwnerOfMetadataFolder(*database_, name_, projection.folder, projection.identifier);
    if (!owner) return std::nullopt;
    return NamedEntry{owner->identifier, *FindIn(*database_, owner->identifier)};
  }

  // Refreshes what the folder shows. Never fails the commit it follows: the marker in the catalog
  // makes the next open try again.
  void Project(const Projection& projection) {
    try {
      std::lock_guard<std::mutex> lock(mutex_);
      // The write lock makes projections of several processes take turns, so that none steps back
      // behind a newer one. Nothing is written, so nothing is synced.
      SqliteTransaction transaction(*database_);
      if (std::optional<NamedEntry> owner = OwnerOf(projection)) {
        ProjectEntry(files_, warehouse_, owner->identifier, owner->entry);
      } else {
        ProjectDrop(files_, projection.identifier, projection.folder);
      }
      projected_[projection.folder] = projection.location;
    } catch (const Error&) {
      // See above.
    }
  }

  void RemoveProjection(const TableIdentifier& identifier, const std::string& location) {
    std::lock_guard<std::mutex> lock(mutex_);
    SqliteTransaction transaction(*database_);
    std::string metadata = location + "/metadata";
    // A new table of that name may live in the same folder by now.
    if (OwnerOf({metadata, "", identifier})) return;
    for (const io::FileInfo& file : files_.List(metadata)) {
      if (IsProjectionFile(BaseName(file.path))) files_.Remove(file.path);
    }
    for (const std::string& folder : {location + "/data", metadata, location}) {
      files_.RemoveEmptyDirectory(folder);
    }
  }

  bool LiesInWarehouse(const std::string& location) {
    return io::LocalPath(location).starts_with(io::LocalPath(warehouse_) + "/");
  }

  // Makes up for projections that a crash prevented. A warehouse that can only be read stays as it
  // is.
  void RepairProjections() {
    auto rows = database_->Query(
        "SELECT metadata_folder, metadata_location, table_namespace, table_name "
        "FROM eider_projection");
    if (rows.empty()) return;
    for (auto& row : rows) {
      Projection projection{*row[0], *row[1], {NamespaceFromText(*row[2]), *row[3]}};
      // Most often the last commit of a process that ended well: all is done but the marker.
      std::optional<NamedEntry> owner = OwnerOf(projection);
      // Of a warehouse that was copied, the other one's folders are none of ours.
      if (owner ? OriginalWarehouse(files_, warehouse_, owner->entry.metadata_location).has_value()
                : !LiesInWarehouse(projection.folder)) {
        continue;
      }
      if (owner ? ShowsEntry(files_, warehouse_, owner->identifier, owner->entry)
                : ShowsDrop(files_, projection.folder)) {
        projected_[projection.folder] = projection.location;
      } else {
        Project(projection);
      }
    }
    // A few markers cost the next open less than a transaction does; the next commit takes them.
    constexpr size_t kMarkersToKeep = 16;
    if (rows.size() <= kMarkersToKeep) return;
    try {
      SqliteTransaction transaction(*database_);
      ClearProjected();
      transaction.Commit();
      projected_.clear();
    } catch (const Error&) {
      // The markers stay for the next open.
    }
  }

  std::string warehouse_;
  io::FileSystem& files_;
  CommitObserver* observer_;
  std::string name_;
  std::mutex mutex_;  // guards what follows, up to projected_
  std::unique_ptr<SqliteDatabase> database_;
  std::shared_ptr<const CatalogSnapshot> snapshot_;  // as of snapshot_version_; none after a commit
  std::string snapshot_version_;
  std::map<std::string, std::string> projected_;  // folder -> location; their markers may go
  std::mutex reader_mutex_;                       // guards reader_
  std::unique_ptr<SqliteDatabase> reader_;        // opened when a reader first meets a commit
  LruCache<iceberg::TableMetadata> tables_;
  LruCache<iceberg::ViewMetadata> views_;
};

}  // namespace

std::shared_ptr<Catalog> OpenSqliteCatalog(const std::string& warehouse,
                                           const SqliteCatalogOptions& options) {
  return std::make_shared<SqliteCatalog>(warehouse, options);
}

}  // namespace eider::catalog

#include "catalog/sql_catalog.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <thread>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "base/uuid.h"
#include "catalog/catalog_rows.h"
#include "catalog/folder_owner.h"
#include "catalog/kept_answers.h"
#include "catalog/metadata_files.h"
#include "catalog/metadata_writer.h"
#include "catalog/projection.h"
#include "catalog/projector.h"

namespace eider::catalog {

namespace {

constexpr int kMaxAttempts = 20;

// A rename moves no file, but the folder may have to say the new name.
std::vector<Projection> ProjectionsOf(const std::vector<TableChange>& changes,
                                      const std::vector<PreparedChange>& prepared) {
  std::vector<Projection> projections;
  for (size_t i = 0; i < changes.size(); ++i) {
    const std::string& location = prepared[i].location();
    if (!HasProjection(location)) continue;
    bool renamed = changes[i].kind == TableChange::Kind::kRename;
    projections.push_back({MetadataFolderOf(location), location,
                           renamed ? changes[i].new_identifier : changes[i].identifier});
  }
  return projections;
}

CommitResult ResultOf(const std::vector<PreparedChange>& prepared) {
  CommitResult result;
  for (const PreparedChange& change : prepared) {
    result.metadata_locations.push_back(change.location());
  }
  return result;
}

// Pointers of tables that stay where they are depend on nothing else in the catalog.
WriteScope ScopeOf(const CommitRequest& request, const std::vector<TableChange>& changes,
                   const std::vector<PreparedChange>& prepared) {
  if (!request.namespaces.empty()) return WriteScope::kCatalog;
  for (size_t i = 0; i < changes.size(); ++i) {
    if (changes[i].kind != TableChange::Kind::kUpdate || !prepared[i].folder.empty()) {
      return WriteScope::kCatalog;
    }
  }
  return WriteScope::kRows;
}

class SqlCatalog : public Catalog {
 public:
  SqlCatalog(std::unique_ptr<SqlStore> store, const SqlCatalogOptions& options)
      : warehouse_(options.warehouse),
        name_(options.name),
        file_system_(options.files),
        files_(*file_system_),
        store_(std::move(store)),
        writer_(warehouse_, files_),
        projector_(warehouse_, name_, files_, *store_) {
    if (options.repair) projector_.Repair();
  }

  const std::string& name() const override { return name_; }
  const std::string& warehouse() const override { return warehouse_; }
  io::FileSystem& files() override { return files_; }

  void Probe() override { store_->Probe(); }
  std::shared_ptr<const CatalogSnapshot> Snapshot() override {
    std::string version;
    store_->Read([&](SqlDatabase& database) { version = database.Version(); });
    std::lock_guard<std::mutex> lock(snapshot_mutex_);
    if (snapshot_ && snapshot_version_ == version) return snapshot_;
    store_->ReadOneInstant([&](SqlDatabase& database) {
      snapshot_version_ = database.Version();
      snapshot_ = std::make_shared<const CatalogSnapshot>(CatalogRows(database, name_).ReadAll());
    });
    return snapshot_;
  }

  std::optional<Entry> Find(const TableIdentifier& identifier) override {
    std::optional<Entry> entry;
    store_->Read(
        [&](SqlDatabase& database) { entry = CatalogRows(database, name_).Find(identifier); });
    return entry;
  }

  std::optional<std::map<std::string, std::string>> FindNamespace(const Namespace& name) override {
    std::optional<std::map<std::string, std::string>> properties;
    store_->Read([&](SqlDatabase& database) {
      properties = CatalogRows(database, name_).FindNamespace(name);
    });
    return properties;
  }

  iceberg::TableMetadataPtr LoadTable(const std::string& location) override {
    return writer_.LoadTable(location);
  }
  iceberg::ViewMetadataPtr LoadView(const std::string& location) override {
    return writer_.LoadView(location);
  }

  std::string NewLocation(const TableIdentifier& identifier) override {
    std::string suffix = "-" + NewUuid().substr(0, 8);
    std::string location = FittingLocation(warehouse_, identifier);
    if (HoldsFiles(files_, location)) location += suffix;
    bool taken = false;
    store_->Read([&](SqlDatabase& database) {
      taken = OwnerAround(database, name_, warehouse_, location, identifier).has_value();
    });
    if (!taken) return location;
    // A table a.b lies where the tables of a schema a.b would.
    std::string schema = NamespaceText(identifier.name_space) + suffix;
    return FittingLocation(warehouse_, {{schema}, identifier.name});
  }

  CommitResult Commit(const CommitRequest& request) override {
    std::vector<TableChange> changes = request.tables;
    // The metadata on which each change was redone last.
    std::vector<std::string> redone_on(changes.size());
    for (int attempt = 1;; ++attempt) {
      std::vector<PreparedChange> prepared =
          writer_.Prepare(changes, redone_on,
                          [this](const TableIdentifier& identifier) { return Find(identifier); });
      CommitResult result = ResultOf(prepared);
      switch (Swap(request, changes, prepared, result)) {
        case SwapOutcome::kLanded:
          for (const Projection& projection : ProjectionsOf(changes, prepared)) {
            projector_.Project(projection);
          }
          for (const PreparedChange& change : prepared) writer_.RemoveForgotten(change);
          return result;
        case SwapOutcome::kAnsweredBefore:
          writer_.Discard(prepared);
          return result;
        case SwapOutcome::kLostRace:
          break;
      }
      writer_.Discard(prepared);
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
    std::optional<KeptAnswer> answer;
    store_->Read(
        [&](SqlDatabase& database) { answer = FindKeptAnswer(database, idempotency_key); });
    return answer;
  }

  KeptAnswer KeepAnswer(const std::string& idempotency_key, const KeptAnswer& answer) override {
    std::optional<KeptAnswer> kept;
    store_->Write(WriteScope::kRows, [&](SqlDatabase& database) {
      kept = InsertKeptAnswer(database, idempotency_key, answer);
      return !kept.has_value();
    });
    return kept.value_or(answer);
  }

  void Purge(const TableIdentifier& identifier, const Entry& dropped) override {
    try {
      std::string location = writer_.RemoveFilesOf(dropped);
      if (!location.empty()) projector_.Remove(identifier, location);
    } catch (const Error&) {
      // The drop itself is committed; what stays behind is listed by `eider catalog check`.
    }
  }

 private:
  enum class SwapOutcome {
    kLanded,
    kLostRace,        // a pointer has moved since Prepare read it: nothing has happened
    kAnsweredBefore,  // a commit with this key landed before; `result` holds its answer
  };

  // The commit point.
  SwapOutcome Swap(const CommitRequest& request, const std::vector<TableChange>& changes,
                   const std::vector<PreparedChange>& prepared, CommitResult& result) {
    Projector::Done projected = projector_.TakeDone();
    bool landed = false;
    std::optional<KeptAnswer> earlier;
    try {
      std::optional<KeptAnswer> answer;
      if (!request.idempotency_key.empty()) answer = request.answer(result);
      std::vector<Projection> projections = ProjectionsOf(changes, prepared);
      landed = store_->Write(ScopeOf(request, changes, prepared), [&](SqlDatabase& database) {
        // Before the changes: those of the earlier commit would stand in their way.
        earlier.reset();
        if (answer) earlier = InsertKeptAnswer(database, request.idempotency_key, *answer);
        if (earlier) return false;
        Projector::Mark(database, projected, projections);
        return Apply(database, request.namespaces, changes, prepared);
      });
    } catch (const Error& error) {
      projector_.PutBack(std::move(projected));
      if (error.code() == ErrorCode::kUnknownOutcome) {
        throw Error(ErrorCode::kUnknownOutcome,
                    fmt::format("whether the commit to {} landed is not known: {}",
                                changes.empty() ? warehouse_ : changes[0].identifier.ToString(),
                                error.message()))
            .WithHint("Its files are kept. Look at the table before trying again.");
      }
      writer_.Discard(prepared);
      throw;
    }
    if (landed) return SwapOutcome::kLanded;
    projector_.PutBack(std::move(projected));
    if (!earlier) return SwapOutcome::kLostRace;
    result = CommitResult{{}, std::move(earlier)};
    return SwapOutcome::kAnsweredBefore;
  }

  // Returns false where a pointer has moved.
  bool Apply(SqlDatabase& database, const std::vector<NamespaceChange>& namespaces,
             const std::vector<TableChange>& changes, const std::vector<PreparedChange>& prepared) {
    CatalogRows rows(database, name_);
    for (const NamespaceChange& change : namespaces) rows.Apply(change);
    for (size_t i = 0; i < changes.size(); ++i) {
      RequireFolderOfOwn(database, changes[i], prepared[i]);
      if (!SwapPointer(rows, changes[i], prepared[i])) return false;
    }
    // Last, so that a schema can be dropped together with its tables.
    for (const NamespaceChange& change : namespaces) {
      if (change.kind == NamespaceChange::Kind::kDrop) rows.RequireEmpty(change.name);
    }
    return true;
  }

  static bool SwapPointer(CatalogRows& rows, const TableChange& change,
                          const PreparedChange& prepared) {
    const TableIdentifier& identifier = change.identifier;
    switch (change.kind) {
      case TableChange::Kind::kCreate:
      case TableChange::Kind::kUpdate:
      case TableChange::Kind::kRegister:
        // A name taken in the meantime is a lost race: Prepare will see it and say so.
        if (!prepared.base) {
          return rows.Insert(identifier, {change.entity, prepared.new_location});
        }
        return rows.Move(identifier, prepared.base->metadata_location, prepared.new_location);
      case TableChange::Kind::kDrop:
        return rows.Remove(identifier, prepared.base->metadata_location);
      case TableChange::Kind::kRename:
        return rows.Rename(identifier, change.new_identifier, prepared.base->metadata_location);
    }
    return false;
  }

  // The table's own name does not count: another process has just created it there, and the swap
  // finds that out.
  void RequireFolderOfOwn(SqlDatabase& database, const TableChange& change,
                          const PreparedChange& prepared) {
    if (prepared.folder.empty()) return;
    std::string metadata = MetadataFolderOf(prepared.new_location);
    auto owner = OwnerOfMetadataFolder(database, name_, metadata, change.identifier);
    if (!owner) {
      owner = OwnerAround(database, name_, warehouse_, prepared.folder, change.identifier);
    }
    if (!owner) return;
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("{} cannot lie in {}: {} lies in {}", change.identifier.ToString(),
                            PathOf(prepared.folder), owner->identifier.ToString(),
                            PathOf(MetadataFolderOf(MetadataFolderOf(owner->metadata_location)))))
        .WithHint("Give every table a location of its own, or none.");
  }

  const std::string warehouse_;
  const std::string name_;
  const std::shared_ptr<io::FileSystem> file_system_;
  io::FileSystem& files_;
  std::unique_ptr<SqlStore> store_;
  MetadataWriter writer_;
  Projector projector_;
  std::mutex snapshot_mutex_;
  std::shared_ptr<const CatalogSnapshot> snapshot_;  // as of snapshot_version_
  std::string snapshot_version_;
};

}  // namespace

std::shared_ptr<Catalog> MakeSqlCatalog(std::unique_ptr<SqlStore> store,
                                        const SqlCatalogOptions& options) {
  return std::make_shared<SqlCatalog>(std::move(store), options);
}

}  // namespace eider::catalog

#include "engine/warehouse_transaction.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <set>

#include "base/error.h"
#include "base/parallel.h"
#include "base/text.h"
#include "duckdb/catalog/catalog.hpp"
#include "duckdb/transaction/meta_transaction.hpp"
#include "engine/schema_entry.h"
#include "engine/table_folder.h"
#include "iceberg/metadata_builder.h"

namespace eider::engine {

namespace {

// DuckDB's default schema: it always exists, so that USE works, and is made in the catalog when the
// first table comes into it.
constexpr char kMainSchema[] = "main";

// How often a create that met a table of its name is tried again on top of it.
constexpr int kMaxCreateAttempts = 5;

std::string KindName(catalog::EntityKind kind) {
  return kind == catalog::EntityKind::kView ? "view" : "table";
}

}  // namespace

WarehouseTransaction::WarehouseTransaction(duckdb::TransactionManager& manager,
                                           duckdb::ClientContext& context, duckdb::Catalog& catalog,
                                           catalog::Catalog& store)
    : duckdb::Transaction(manager, context), catalog_(catalog), store_(store) {
  NewVersion();
}

WarehouseTransaction::~WarehouseTransaction() = default;

void WarehouseTransaction::NewVersion() {
  static std::atomic<uint64_t> last_version = 0;
  version_ = ++last_version;
}

WarehouseTransaction& WarehouseTransaction::Get(duckdb::ClientContext& context,
                                                duckdb::Catalog& catalog) {
  return duckdb::Transaction::Get(context, catalog).Cast<WarehouseTransaction>();
}

catalog::CatalogReader& WarehouseTransaction::Reader() {
  if (!reader_) reader_ = store_.NewReader();
  return *reader_;
}

std::optional<std::string> WarehouseTransaction::FindNamespace(const std::string& name) {
  // A remote catalog is asked for one name sooner than for all.
  if (namespace_changes_.empty() &&
      (name == kMainSchema || Reader().HasNamespace(catalog::NamespaceFromText(name)))) {
    return name;
  }
  for (const std::string& known : Namespaces()) {
    if (EqualsIgnoreCase(known, name)) return known;
  }
  return std::nullopt;
}

std::vector<std::string> WarehouseTransaction::Namespaces() {
  std::set<std::string> names = {kMainSchema};
  for (const catalog::Namespace& name : Reader().Namespaces()) {
    names.insert(catalog::NamespaceText(name));
  }
  for (const catalog::NamespaceChange& change : namespace_changes_) {
    if (change.kind == catalog::NamespaceChange::Kind::kDrop) {
      names.erase(catalog::NamespaceText(change.name));
    } else {
      names.insert(catalog::NamespaceText(change.name));
    }
  }
  return {names.begin(), names.end()};
}

void WarehouseTransaction::CreateNamespace(const std::string& name, bool may_exist) {
  catalog::NamespaceChange change;
  change.may_exist = may_exist;
  change.kind = catalog::NamespaceChange::Kind::kCreate;
  change.name = catalog::NamespaceFromText(name);
  namespace_changes_.push_back(std::move(change));
  NewVersion();
}

void WarehouseTransaction::DropNamespace(const std::string& name) {
  catalog::NamespaceChange change;
  change.kind = catalog::NamespaceChange::Kind::kDrop;
  change.name = catalog::NamespaceFromText(name);
  namespace_changes_.push_back(std::move(change));
  NewVersion();
}

std::vector<std::pair<std::string, catalog::EntityKind>> WarehouseTransaction::Names(
    const std::string& name_space) {
  catalog::Namespace wanted = catalog::NamespaceFromText(name_space);
  std::map<std::string, catalog::EntityKind> names;
  try {
    names = Reader().Names(wanted);
  } catch (const Error& error) {
    // DuckDB has this schema always, also where the catalog has none or does not say.
    if (name_space != kMainSchema || error.code() != ErrorCode::kPermission) throw;
  }
  for (const auto& [identifier, pending] : pending_) {
    if (identifier.name_space != wanted) continue;
    names.erase(identifier.name);
    if (pending.is_table()) names[identifier.name] = catalog::EntityKind::kTable;
    if (pending.view) names[identifier.name] = catalog::EntityKind::kView;
  }
  return {names.begin(), names.end()};
}

catalog::TableIdentifier WarehouseTransaction::Resolve(const std::string& name_space,
                                                       const std::string& name) {
  catalog::TableIdentifier identifier{catalog::NamespaceFromText(name_space), name};
  const Pending* pending = FindPending(identifier);
  bool exists = pending != nullptr ? pending->exists() : Reader().Find(identifier).has_value();
  if (exists) return identifier;
  for (const auto& [known, kind] : Names(name_space)) {
    if (EqualsIgnoreCase(known, name)) identifier.name = known;
  }
  return identifier;
}

WarehouseTransaction::Pending* WarehouseTransaction::FindPending(
    const catalog::TableIdentifier& identifier) {
  auto it = pending_.find(identifier);
  return it == pending_.end() ? nullptr : &it->second;
}

std::optional<catalog::EntityKind> WarehouseTransaction::KindOf(
    const catalog::TableIdentifier& identifier) {
  if (const Pending* pending = FindPending(identifier)) {
    if (pending->is_table()) return catalog::EntityKind::kTable;
    if (pending->view) return catalog::EntityKind::kView;
    return std::nullopt;
  }
  auto entry = Reader().Find(identifier);
  if (!entry) return std::nullopt;
  return entry->kind;
}

iceberg::TableMetadataPtr WarehouseTransaction::FindTable(
    const catalog::TableIdentifier& identifier) {
  if (Pending* pending = FindPending(identifier)) {
    ApplySteps(*pending);
    return pending->table.table();
  }
  auto entry = Reader().Find(identifier);
  if (!entry || entry->kind != catalog::EntityKind::kTable) return nullptr;
  try {
    return store_.LoadTable(entry->metadata_location);
  } catch (Error& error) {
    throw Error(error.WithContext("table " + identifier.ToString()));
  }
}

iceberg::ViewMetadataPtr WarehouseTransaction::FindView(
    const catalog::TableIdentifier& identifier) {
  if (const Pending* pending = FindPending(identifier)) return pending->view;
  auto entry = Reader().Find(identifier);
  if (!entry || entry->kind != catalog::EntityKind::kView) return nullptr;
  try {
    return store_.LoadView(entry->metadata_location);
  } catch (Error& error) {
    throw Error(error.WithContext("view " + identifier.ToString()));
  }
}

void WarehouseTransaction::Prefetch(const std::string& name_space,
                                    const std::vector<std::string>& names) {
  catalog::CatalogReader& reader = Reader();
  catalog::Namespace parent = catalog::NamespaceFromText(name_space);
  ParallelFor(names.size(), [&](size_t i) {
    try {
      auto entry = reader.Find({parent, names[i]});
      if (!entry) return;
      if (entry->kind == catalog::EntityKind::kTable) {
        store_.LoadTable(entry->metadata_location);
      } else {
        store_.LoadView(entry->metadata_location);
      }
    } catch (const Error&) {
      // See the declaration.
    }
  });
}

WarehouseTransaction::Pending& WarehouseTransaction::PendingFor(
    const catalog::TableIdentifier& identifier) {
  NewVersion();
  auto it = pending_.find(identifier);
  if (it != pending_.end()) return it->second;
  Pending pending;
  if (auto entry = Reader().Find(identifier)) pending.origin = Origin{identifier, *entry};
  pending.table = SteppedTable(FindTable(identifier));
  pending.view = FindView(identifier);
  return pending_.emplace(identifier, std::move(pending)).first->second;
}

void WarehouseTransaction::ApplySteps(Pending& pending) {
  for (; pending.applied < pending.steps.size(); ++pending.applied) {
    pending.table.Make(pending.steps[pending.applied]);
  }
}

void WarehouseTransaction::ChangeTable(const catalog::TableIdentifier& identifier, TableStep step) {
  Pending& pending = PendingFor(identifier);
  ApplySteps(pending);
  pending.steps.push_back(std::move(step));
  try {
    ApplySteps(pending);
  } catch (...) {
    pending.steps.pop_back();
    throw;
  }
}

void WarehouseTransaction::WriteTable(const catalog::TableIdentifier& identifier, TableStep step,
                                      const std::vector<iceberg::DataFile>& data_files,
                                      std::shared_ptr<iceberg::SnapshotProducer> producer) {
  Pending& pending = PendingFor(identifier);
  pending.steps.push_back(std::move(step));
  pending.producers.push_back(std::move(producer));
  for (const iceberg::DataFile& file : data_files) pending.data_files.push_back(file.file_path);
}

void WarehouseTransaction::ChangeView(const catalog::TableIdentifier& identifier,
                                      const std::vector<iceberg::TableUpdate>& updates,
                                      bool replaces) {
  Pending& pending = PendingFor(identifier);
  pending.view_replaces = pending.view_replaces || replaces;
  pending.view = std::make_shared<const iceberg::ViewMetadata>(
      iceberg::BuildViewMetadata(pending.view.get(), updates));
  pending.view_updates.insert(pending.view_updates.end(), updates.begin(), updates.end());
}

void WarehouseTransaction::Drop(const catalog::TableIdentifier& identifier) {
  NewVersion();
  auto [it, untouched] = pending_.try_emplace(identifier);
  if (untouched) {
    if (auto entry = Reader().Find(identifier)) dropped_.push_back({identifier, *entry});
    return;
  }
  if (it->second.origin) dropped_.push_back(*it->second.origin);
  std::vector<std::string> files = FilesOf(it->second);
  discarded_files_.insert(discarded_files_.end(), files.begin(), files.end());
  it->second = Pending{};
}

void WarehouseTransaction::Rename(const catalog::TableIdentifier& from,
                                  const catalog::TableIdentifier& to) {
  Pending moved = std::move(PendingFor(from));
  pending_[from] = Pending{};
  pending_[to] = std::move(moved);
}

// A data file must be on disk before any metadata speaks of it.
void WarehouseTransaction::SyncDataFiles() {
  std::vector<std::string> paths;
  for (const auto& [identifier, pending] : pending_) {
    paths.insert(paths.end(), pending.data_files.begin(), pending.data_files.end());
  }
  ParallelFor(paths.size(), [&](size_t i) { store_.files().Sync(paths[i]); });
}

catalog::TableChange WarehouseTransaction::TableChangeOf(const catalog::TableIdentifier& identifier,
                                                         Pending& pending, bool onto_created) {
  catalog::TableChange change;
  change.identifier = identifier;
  std::optional<catalog::Entry> base;
  if (pending.origin) base = pending.origin->entry;
  if (!base && onto_created) {
    // Somebody created it first. The steps decide whether they can be made on what now stands.
    base = store_.Find(identifier);
    if (base && base->kind != catalog::EntityKind::kTable) {
      throw Error(ErrorCode::kConflict,
                  fmt::format("{} was created as a view by another commit in the meantime",
                              identifier.ToString()));
    }
    if (base) {
      pending.table = SteppedTable(store_.LoadTable(base->metadata_location), pending.steps);
    }
  }
  change.updates = pending.table.updates();
  if (!base) {
    change.kind = catalog::TableChange::Kind::kCreate;
    change.requirements.push_back(iceberg::TableRequirement::Create());
    return change;
  }
  change.kind = catalog::TableChange::Kind::kUpdate;
  iceberg::TableMetadataPtr metadata = store_.LoadTable(base->metadata_location);
  auto main = metadata->refs.find(iceberg::kMainBranch);
  std::optional<int64_t> main_id;
  if (main != metadata->refs.end()) main_id = main->second.snapshot_id;
  iceberg::TableRequirement last_column;
  last_column.kind = iceberg::TableRequirement::Kind::kAssertLastAssignedFieldId;
  last_column.id = metadata->last_column_id;
  change.requirements = {iceberg::TableRequirement::TableUuid(metadata->table_uuid),
                         iceberg::TableRequirement::RefSnapshotId(iceberg::kMainBranch, main_id),
                         iceberg::TableRequirement::CurrentSchemaId(metadata->current_schema_id),
                         last_column};
  change.rebase =
      [steps = pending.steps, uuid = metadata->table_uuid](
          const iceberg::TableMetadata& current) -> std::optional<catalog::RebasedChange> {
    if (current.table_uuid != uuid) return std::nullopt;
    catalog::RebasedChange rebased;
    rebased.updates =
        SteppedTable(std::make_shared<const iceberg::TableMetadata>(current), steps).updates();
    rebased.requirements = {iceberg::TableRequirement::TableUuid(uuid)};
    return rebased;
  };
  return change;
}

catalog::TableChange WarehouseTransaction::ViewChangeOf(const catalog::TableIdentifier& identifier,
                                                        Pending& pending, bool onto_created) {
  catalog::TableChange change;
  change.identifier = identifier;
  change.entity = catalog::EntityKind::kView;
  change.updates = pending.view_updates;
  if (pending.origin) {
    change.kind = catalog::TableChange::Kind::kUpdate;
    change.requirements.push_back(iceberg::TableRequirement::ViewUuid(pending.view->view_uuid));
    return change;
  }
  std::optional<catalog::Entry> created;
  if (onto_created) created = store_.Find(identifier);
  if (created && created->kind == catalog::EntityKind::kView && pending.view_replaces) {
    iceberg::ViewMetadataPtr theirs = store_.LoadView(created->metadata_location);
    change.kind = catalog::TableChange::Kind::kUpdate;
    change.requirements.push_back(iceberg::TableRequirement::ViewUuid(theirs->view_uuid));
    // Theirs keeps its identity.
    std::erase_if(change.updates, [](const iceberg::TableUpdate& update) {
      return std::holds_alternative<iceberg::AssignUuid>(update) ||
             std::holds_alternative<iceberg::SetLocation>(update);
    });
    return change;
  }
  if (created) {
    throw Error(ErrorCode::kConflict,
                fmt::format("{} {} was created by another commit in the meantime",
                            KindName(created->kind), identifier.ToString()))
        .WithHint("Run the statement again.");
  }
  change.kind = catalog::TableChange::Kind::kCreate;
  change.requirements.push_back(iceberg::TableRequirement::Create());
  return change;
}

void WarehouseTransaction::AddRenames(catalog::CommitRequest& request) {
  std::map<catalog::TableIdentifier, catalog::TableIdentifier> renames;  // from -> to
  for (const auto& [identifier, pending] : pending_) {
    if (!pending.origin || pending.origin->identifier == identifier) continue;
    renames[pending.origin->identifier] = identifier;
  }
  // A name must be free before another table takes it.
  while (!renames.empty()) {
    auto next = std::find_if(renames.begin(), renames.end(),
                             [&](const auto& rename) { return renames.count(rename.second) == 0; });
    if (next == renames.end()) {
      throw Error(
          ErrorCode::kUnsupported,
          fmt::format("{} and {} cannot swap their names in one transaction",
                      renames.begin()->first.ToString(), renames.begin()->second.ToString()))
          .WithHint("Commit between the renames.");
    }
    catalog::TableChange change;
    change.kind = catalog::TableChange::Kind::kRename;
    change.identifier = next->first;
    change.new_identifier = next->second;
    change.entity = Reader().Find(next->first)->kind;
    request.tables.push_back(std::move(change));
    renames.erase(next);
  }
}

catalog::CommitRequest WarehouseTransaction::MakeRequest(bool onto_created) {
  catalog::CommitRequest request;
  request.namespaces = namespace_changes_;
  for (const Origin& origin : dropped_) {
    catalog::TableChange drop;
    drop.kind = catalog::TableChange::Kind::kDrop;
    drop.identifier = origin.identifier;
    drop.entity = origin.entry.kind;
    request.tables.push_back(std::move(drop));
  }
  AddRenames(request);
  std::set<catalog::Namespace> made;
  for (const auto& change : namespace_changes_) made.insert(change.name);
  for (auto& [identifier, pending] : pending_) {
    if (!pending.exists()) continue;
    ApplySteps(pending);
    if (catalog::NamespaceText(identifier.name_space) == kMainSchema &&
        !Reader().HasNamespace(identifier.name_space) &&
        made.insert(identifier.name_space).second) {
      catalog::NamespaceChange create;
      create.name = identifier.name_space;
      create.may_exist = true;
      request.namespaces.push_back(std::move(create));
    }
    if ((pending.is_table() ? pending.table.updates() : pending.view_updates).empty()) continue;
    request.tables.push_back(pending.is_table() ? TableChangeOf(identifier, pending, onto_created)
                                                : ViewChangeOf(identifier, pending, onto_created));
    if (request.tables.back().updates.empty()) request.tables.pop_back();
  }
  return request;
}

void WarehouseTransaction::CommitChanges() {
  for (int attempt = 1;; ++attempt) {
    catalog::CommitRequest request = MakeRequest(attempt > 1);
    if (request.tables.empty() && request.namespaces.empty()) return;
    try {
      store_.Commit(request);
      return;
    } catch (const Error& error) {
      // A name that was free is taken: perhaps this transaction's steps can be made on top.
      if (error.code() != ErrorCode::kAlreadyExists || attempt == kMaxCreateAttempts) throw;
    }
  }
}

void WarehouseTransaction::Commit() {
  if (pending_.empty() && namespace_changes_.empty()) return;
  try {
    SyncDataFiles();
    CommitChanges();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kUnknownOutcome) RemoveOwnFiles();
    throw;
  }
  RemoveFiles(discarded_files_);
  for (const auto& [identifier, pending] : pending_) {
    for (const auto& producer : pending.producers) RemoveFiles(producer->superseded_files());
  }
  for (const Origin& origin : dropped_) store_.Purge(origin.identifier, origin.entry);
}

void WarehouseTransaction::Rollback() { RemoveOwnFiles(); }

std::vector<std::string> WarehouseTransaction::FilesOf(const Pending& pending) {
  std::vector<std::string> files = pending.data_files;
  for (const auto& producer : pending.producers) {
    files.insert(files.end(), producer->written_files().begin(), producer->written_files().end());
  }
  return files;
}

void WarehouseTransaction::RemoveFiles(const std::vector<std::string>& paths) {
  RemoveUnnamedFiles(store_.files(), paths);
}

void WarehouseTransaction::RemoveOwnFiles() {
  RemoveFiles(discarded_files_);
  for (const auto& [identifier, pending] : pending_) RemoveFiles(FilesOf(pending));
}

SchemaEntry& WarehouseTransaction::GetSchemaEntry(const std::string& name) {
  auto it = schema_entries_.find(name);
  if (it == schema_entries_.end()) {
    duckdb::CreateSchemaInfo info;
    info.schema = name;
    info.internal = name == kMainSchema;  // as DuckDB has it: there without a CREATE
    it = schema_entries_.emplace(name, std::make_unique<SchemaEntry>(catalog_, info)).first;
  }
  return *it->second;
}

void WarehouseTransaction::RemoveOutdatedEntries() {
  auto client = context.lock();
  uint64_t query = duckdb::MetaTransaction::Get(*client).GetActiveQuery();
  if (query == swept_in_) return;
  swept_in_ = query;
  std::erase_if(entries_, [](const auto& kept) { return kept.second.outdated; });
  for (auto& [key, kept] : entries_) kept.outdated = kept.version != version_;
}

duckdb::CatalogEntry& WarehouseTransaction::Keep(const std::string& key,
                                                 std::unique_ptr<duckdb::CatalogEntry> entry) {
  RemoveOutdatedEntries();
  return *entries_.emplace(key, KeptEntry{std::move(entry), version_}).first->second.entry;
}

duckdb::CatalogEntry* WarehouseTransaction::Kept(const std::string& key) {
  RemoveOutdatedEntries();
  auto it = entries_.find(key);
  if (it == entries_.end()) return nullptr;
  it->second.version = version_;
  it->second.outdated = false;
  return it->second.entry.get();
}

}  // namespace eider::engine

#include "engine/warehouse_transaction.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "duckdb/catalog/catalog.hpp"
#include "engine/schema_entry.h"
#include "iceberg/metadata_builder.h"

namespace eider::engine {

namespace {

// DuckDB's default schema: it always exists, so that USE works, and is made in the catalog when the
// first table comes into it.
constexpr char kMainSchema[] = "main";

iceberg::TableMetadataPtr Apply(const iceberg::TableMetadata* base,
                                const std::vector<iceberg::TableUpdate>& updates) {
  iceberg::TableMetadataBuilder builder =
      base != nullptr ? iceberg::TableMetadataBuilder(*base, "")
                      : iceberg::TableMetadataBuilder(iceberg::FormatVersionOf(updates));
  for (const iceberg::TableUpdate& update : updates) builder.Apply(update);
  return std::make_shared<const iceberg::TableMetadata>(builder.Build(NowMillis()));
}

struct Replayed {
  iceberg::TableMetadataPtr table;
  std::vector<iceberg::TableUpdate> updates;
};

Replayed Replay(iceberg::TableMetadataPtr base, const std::vector<TableStep>& steps) {
  Replayed result{std::move(base), {}};
  for (const TableStep& step : steps) {
    std::vector<iceberg::TableUpdate> updates = step(result.table.get());
    result.table = Apply(result.table.get(), updates);
    result.updates.insert(result.updates.end(), updates.begin(), updates.end());
  }
  return result;
}

}  // namespace

WarehouseTransaction::WarehouseTransaction(duckdb::TransactionManager& manager,
                                           duckdb::ClientContext& context,
                                           duckdb::Catalog& catalog, catalog::Catalog& store)
    : duckdb::Transaction(manager, context), catalog_(catalog), store_(store) {}

WarehouseTransaction::~WarehouseTransaction() = default;

WarehouseTransaction& WarehouseTransaction::Get(duckdb::ClientContext& context,
                                                duckdb::Catalog& catalog) {
  return duckdb::Transaction::Get(context, catalog).Cast<WarehouseTransaction>();
}

const catalog::CatalogSnapshot& WarehouseTransaction::Snapshot() {
  if (!snapshot_) snapshot_ = store_.Snapshot();
  return *snapshot_;
}

bool WarehouseTransaction::HasNamespace(const std::string& name) {
  std::vector<std::string> names = Namespaces();
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& known) { return EqualsIgnoreCase(known, name); });
}

std::vector<std::string> WarehouseTransaction::Namespaces() {
  std::set<std::string> names = {kMainSchema};
  for (const auto& [name, properties] : Snapshot().namespaces) {
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
}

void WarehouseTransaction::DropNamespace(const std::string& name) {
  catalog::NamespaceChange change;
  change.kind = catalog::NamespaceChange::Kind::kDrop;
  change.name = catalog::NamespaceFromText(name);
  namespace_changes_.push_back(std::move(change));
}

std::vector<std::pair<std::string, catalog::EntityKind>> WarehouseTransaction::Names(
    const std::string& name_space) {
  catalog::Namespace wanted = catalog::NamespaceFromText(name_space);
  std::map<std::string, catalog::EntityKind> names;
  const auto& entries = Snapshot().entries;
  for (auto it = entries.lower_bound({wanted, ""});
       it != entries.end() && it->first.name_space == wanted; ++it) {
    names[it->first.name] = it->second.kind;
  }
  for (const auto& [identifier, pending] : pending_) {
    if (identifier.name_space != wanted) continue;
    names.erase(identifier.name);
    if (pending.table) names[identifier.name] = catalog::EntityKind::kTable;
    if (pending.view) names[identifier.name] = catalog::EntityKind::kView;
  }
  return {names.begin(), names.end()};
}

catalog::TableIdentifier WarehouseTransaction::Resolve(const std::string& name_space,
                                                       const std::string& name) {
  catalog::TableIdentifier identifier{catalog::NamespaceFromText(name_space), name};
  if (pending_.count(identifier) > 0 || Snapshot().entries.count(identifier) > 0) {
    return identifier;
  }
  for (const auto& [known, kind] : Names(name_space)) {
    if (EqualsIgnoreCase(known, name)) identifier.name = known;
  }
  return identifier;
}

const WarehouseTransaction::Pending* WarehouseTransaction::FindPending(
    const catalog::TableIdentifier& identifier) const {
  auto it = pending_.find(identifier);
  return it == pending_.end() ? nullptr : &it->second;
}

iceberg::TableMetadataPtr WarehouseTransaction::FindTable(
    const catalog::TableIdentifier& identifier) {
  if (const Pending* pending = FindPending(identifier)) return pending->table;
  auto entry = Snapshot().entries.find(identifier);
  if (entry == Snapshot().entries.end() || entry->second.kind != catalog::EntityKind::kTable) {
    return nullptr;
  }
  try {
    return store_.LoadTable(entry->second.metadata_location);
  } catch (Error& error) {
    throw Error(error.WithContext("table " + identifier.ToString()));
  }
}

iceberg::ViewMetadataPtr WarehouseTransaction::FindView(
    const catalog::TableIdentifier& identifier) {
  if (const Pending* pending = FindPending(identifier)) return pending->view;
  auto entry = Snapshot().entries.find(identifier);
  if (entry == Snapshot().entries.end() || entry->second.kind != catalog::EntityKind::kView) {
    return nullptr;
  }
  return store_.LoadView(entry->second.metadata_location);
}

WarehouseTransaction::Pending& WarehouseTransaction::PendingFor(
    const catalog::TableIdentifier& identifier) {
  auto it = pending_.find(identifier);
  if (it != pending_.end()) return it->second;
  Pending pending;
  auto entry = Snapshot().entries.find(identifier);
  if (entry != Snapshot().entries.end()) pending.base = entry->second;
  pending.table = FindTable(identifier);
  pending.view = FindView(identifier);
  return pending_.emplace(identifier, std::move(pending)).first->second;
}

void WarehouseTransaction::ChangeTable(const catalog::TableIdentifier& identifier, TableStep step,
                                       bool same_schema) {
  Pending& pending = PendingFor(identifier);
  Replayed result = Replay(pending.table, {step});
  pending.table = result.table;
  pending.updates.insert(pending.updates.end(), result.updates.begin(), result.updates.end());
  pending.steps.push_back(std::move(step));
  pending.same_schema = pending.same_schema || same_schema;
}

void WarehouseTransaction::ChangeView(const catalog::TableIdentifier& identifier,
                                      const std::vector<iceberg::TableUpdate>& updates) {
  Pending& pending = PendingFor(identifier);
  pending.updates.insert(pending.updates.end(), updates.begin(), updates.end());
  pending.view = std::make_shared<const iceberg::ViewMetadata>(
      iceberg::BuildViewMetadata(pending.view.get(), updates));
}

void WarehouseTransaction::Drop(const catalog::TableIdentifier& identifier) {
  Pending& pending = PendingFor(identifier);
  pending.table = nullptr;
  pending.view = nullptr;
  pending.steps.clear();
  pending.updates.clear();
  pending.drop_base = pending.base.has_value();
}

void WarehouseTransaction::Rename(const catalog::TableIdentifier& from,
                                  const catalog::TableIdentifier& to) {
  if (pending_.count(from) > 0) {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("table {} was changed in this transaction and cannot be renamed in it",
                            from.ToString()))
        .WithHint("Commit first.");
  }
  catalog::TableChange change;
  change.kind = catalog::TableChange::Kind::kRename;
  change.identifier = from;
  change.new_identifier = to;
  change.entity = Snapshot().entries.at(from).kind;
  renames_.push_back(change);
  // From here on the transaction sees the new name.
  catalog::Entry entry = Snapshot().entries.at(from);
  snapshot_->entries.erase(from);
  snapshot_->entries[to] = entry;
}

void WarehouseTransaction::OwnDataFiles(const std::vector<iceberg::DataFile>& files) {
  for (const iceberg::DataFile& file : files) {
    data_files_.push_back(file.file_path);
    store_.files().Sync(file.file_path);
  }
}

void WarehouseTransaction::OwnProducer(std::shared_ptr<iceberg::SnapshotProducer> producer) {
  producers_.push_back(std::move(producer));
}

catalog::TableChange WarehouseTransaction::TableChangeOf(
    const catalog::TableIdentifier& identifier, Pending& pending,
    const std::optional<catalog::Entry>& base) {
  catalog::TableChange change;
  change.identifier = identifier;
  change.updates = pending.updates;
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
  change.requirements = {
      iceberg::TableRequirement::TableUuid(metadata->table_uuid),
      iceberg::TableRequirement::RefSnapshotId(iceberg::kMainBranch, main_id),
      iceberg::TableRequirement::CurrentSchemaId(metadata->current_schema_id)};
  change.rebase = [steps = pending.steps, same_schema = pending.same_schema,
                   uuid = metadata->table_uuid, schema_id = metadata->current_schema_id](
                      const iceberg::TableMetadata& current) -> std::optional<catalog::RebasedChange> {
    if (current.table_uuid != uuid) return std::nullopt;
    if (same_schema && current.current_schema_id != schema_id) return std::nullopt;
    catalog::RebasedChange rebased;
    rebased.updates =
        Replay(std::make_shared<const iceberg::TableMetadata>(current), steps).updates;
    rebased.requirements = {iceberg::TableRequirement::TableUuid(uuid)};
    return rebased;
  };
  return change;
}

catalog::CommitRequest WarehouseTransaction::MakeRequest(bool as_replacements) {
  catalog::CommitRequest request;
  request.namespaces = namespace_changes_;
  std::set<catalog::Namespace> known;
  for (const auto& [name, properties] : Snapshot().namespaces) known.insert(name);
  for (const auto& change : namespace_changes_) known.insert(change.name);
  request.tables = renames_;
  for (auto& [identifier, pending] : pending_) {
    bool exists = pending.table || pending.view;
    if (!exists && !pending.drop_base) continue;
    if (exists && pending.updates.empty()) continue;
    catalog::EntityKind kind =
        pending.table ? catalog::EntityKind::kTable : catalog::EntityKind::kView;
    std::optional<catalog::Entry> base = pending.base;
    if (pending.drop_base) {
      catalog::TableChange drop;
      drop.kind = catalog::TableChange::Kind::kDrop;
      drop.identifier = identifier;
      drop.entity = base->kind;
      request.tables.push_back(std::move(drop));
      base.reset();
      if (!exists) continue;
    }
    if (catalog::NamespaceText(identifier.name_space) == kMainSchema &&
        known.insert(identifier.name_space).second) {
      catalog::NamespaceChange create;
      create.name = identifier.name_space;
      create.may_exist = true;
      request.namespaces.push_back(std::move(create));
    }
    if (kind == catalog::EntityKind::kView) {
      catalog::TableChange change;
      change.kind =
          base ? catalog::TableChange::Kind::kUpdate : catalog::TableChange::Kind::kCreate;
      change.identifier = identifier;
      change.entity = kind;
      change.updates = pending.updates;
      change.requirements.push_back(base ? iceberg::TableRequirement::ViewUuid(pending.view->view_uuid)
                                         : iceberg::TableRequirement::Create());
      request.tables.push_back(std::move(change));
      continue;
    }
    if (!base && as_replacements) {
      // Somebody created it first. The steps decide whether they can be made on what now stands.
      base = store_.Find(identifier);
      if (base && base->kind == catalog::EntityKind::kTable) {
        Replayed replayed = Replay(store_.LoadTable(base->metadata_location), pending.steps);
        pending.updates = std::move(replayed.updates);
      }
    }
    request.tables.push_back(TableChangeOf(identifier, pending, base));
  }
  return request;
}

void WarehouseTransaction::Commit() {
  if (pending_.empty() && namespace_changes_.empty() && renames_.empty()) return;
  try {
    catalog::CommitRequest request = MakeRequest(false);
    if (request.tables.empty() && request.namespaces.empty()) return;
    try {
      store_.Commit(request);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kAlreadyExists) throw;
      store_.Commit(MakeRequest(true));
    }
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kUnknownOutcome) RemoveOwnFiles();
    throw;
  }
  for (const auto& [identifier, pending] : pending_) {
    if (pending.drop_base) store_.Purge(identifier, *pending.base);
  }
}

void WarehouseTransaction::Rollback() { RemoveOwnFiles(); }

void WarehouseTransaction::RemoveOwnFiles() {
  std::vector<std::string> own = data_files_;
  for (const auto& producer : producers_) {
    own.insert(own.end(), producer->written_files().begin(), producer->written_files().end());
  }
  for (const std::string& file : own) {
    try {
      store_.files().Remove(file);
    } catch (const Error&) {
      // An orphan, which `eider catalog check` lists.
    }
  }
}

SchemaEntry& WarehouseTransaction::GetSchemaEntry(const std::string& name) {
  auto it = schema_entries_.find(name);
  if (it == schema_entries_.end()) {
    duckdb::CreateSchemaInfo info;
    info.schema = name;
    it = schema_entries_.emplace(name, std::make_unique<SchemaEntry>(catalog_, info)).first;
  }
  return *it->second;
}

duckdb::CatalogEntry& WarehouseTransaction::Keep(const std::string& key,
                                                 std::unique_ptr<duckdb::CatalogEntry> entry) {
  return *entries_.emplace(key, std::move(entry)).first->second;
}

duckdb::CatalogEntry* WarehouseTransaction::Kept(const std::string& key) {
  auto it = entries_.find(key);
  return it == entries_.end() ? nullptr : it->second.get();
}

}  // namespace eider::engine

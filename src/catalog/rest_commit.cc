#include "catalog/rest_commit.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <thread>
#include <utility>
#include <variant>

#include "base/error.h"
#include "base/text.h"
#include "base/uuid.h"
#include "catalog/commit_steps.h"
#include "iceberg/metadata_builder.h"

namespace eider::catalog {

namespace {

using Requirement = iceberg::TableRequirement;

constexpr int kMaxAttempts = 20;

bool IsTableUpdate(const TableChange& change) {
  return change.entity == EntityKind::kTable &&
         (change.kind == TableChange::Kind::kCreate || change.kind == TableChange::Kind::kUpdate);
}

Json ToJson(const TableIdentifier& identifier) {
  Json json;
  json["namespace"] = identifier.name_space;
  json["name"] = identifier.name;
  return json;
}

Json CommitBody(const TableChange& change) {
  Json body;
  body["identifier"] = ToJson(change.identifier);
  body["requirements"] = Json::array();
  for (const Requirement& requirement : change.requirements) {
    body["requirements"].push_back(iceberg::TableRequirementToJson(requirement));
  }
  body["updates"] = Json::array();
  for (const iceberg::TableUpdate& update : change.updates) {
    body["updates"].push_back(iceberg::TableUpdateToJson(update));
  }
  return body;
}

const iceberg::Snapshot* AddedSnapshot(const TableChange& change) {
  for (const iceberg::TableUpdate& update : change.updates) {
    if (const auto* add = std::get_if<iceberg::AddSnapshot>(&update)) return &add->snapshot;
  }
  return nullptr;
}

// Whether the change has an id of its own by which it can be found.
bool IsFindable(const TableChange& change) {
  return change.kind == TableChange::Kind::kCreate || AddedSnapshot(change) != nullptr;
}

bool Holds(const TableChange& change, const iceberg::TableMetadata& current) {
  try {
    iceberg::CheckRequirements(change.requirements, &current, change.identifier.ToString());
    return true;
  } catch (const Error&) {
    return false;
  }
}

// What holds a commit to the state of the table that it was made for: the catalog compares no
// metadata locations.
std::vector<Requirement> Pins(const iceberg::TableMetadata& table) {
  std::optional<int64_t> main;
  auto ref = table.refs.find(iceberg::kMainBranch);
  if (ref != table.refs.end()) main = ref->second.snapshot_id;
  std::vector<Requirement> pins = {Requirement::TableUuid(table.table_uuid),
                                   Requirement::RefSnapshotId(iceberg::kMainBranch, main),
                                   Requirement::CurrentSchemaId(table.current_schema_id)};
  auto pin = [&](Requirement::Kind kind, int32_t id) {
    Requirement requirement;
    requirement.kind = kind;
    requirement.id = id;
    pins.push_back(requirement);
  };
  pin(Requirement::Kind::kAssertLastAssignedFieldId, table.last_column_id);
  pin(Requirement::Kind::kAssertDefaultSpecId, table.default_spec_id);
  pin(Requirement::Kind::kAssertDefaultSortOrderId, table.default_sort_order_id);
  return pins;
}

Json WithoutFieldIds(const iceberg::PartitionSpec& spec) {
  Json fields = iceberg::PartitionSpecToJson(spec)["fields"];
  for (Json& field : fields) field.erase("field-id");
  return fields;
}

// The id of the one of `known` that is `same` as what is to be added; nullopt for none.
template <typename Known, typename Same>
std::optional<int32_t> IdOfSame(const std::vector<Known>& known, int32_t Known::*id,
                                const Same& same) {
  auto found = std::find_if(known.begin(), known.end(), same);
  if (found == known.end()) return std::nullopt;
  return (*found).*id;
}

// To the reference implementation, what a table has already is not added, and so there is none
// "added last" either: such ids are named.
std::vector<iceberg::TableUpdate> WithKnownIds(const std::vector<iceberg::TableUpdate>& updates,
                                               const iceberg::TableMetadata& base) {
  std::optional<int32_t> schema, spec, order;
  std::vector<iceberg::TableUpdate> named;
  for (iceberg::TableUpdate update : updates) {
    if (const auto* add = std::get_if<iceberg::AddSchema>(&update)) {
      schema = IdOfSame(base.schemas, &iceberg::Schema::schema_id,
                        [&](const auto& known) { return known.SameAs(add->schema); });
      if (schema) continue;
    } else if (const auto* add = std::get_if<iceberg::AddPartitionSpec>(&update)) {
      spec = IdOfSame(base.partition_specs, &iceberg::PartitionSpec::spec_id,
                      [fields = WithoutFieldIds(add->spec)](const auto& known) {
                        return WithoutFieldIds(known) == fields;
                      });
      if (spec) continue;
    } else if (const auto* add = std::get_if<iceberg::AddSortOrder>(&update)) {
      order = IdOfSame(base.sort_orders, &iceberg::SortOrder::order_id,
                       [&](const auto& known) { return known.fields == add->order.fields; });
      if (order) continue;
    } else if (auto* set = std::get_if<iceberg::SetCurrentSchema>(&update)) {
      if (set->schema_id == iceberg::kLastAdded && schema) set->schema_id = *schema;
    } else if (auto* set = std::get_if<iceberg::SetDefaultSpec>(&update)) {
      if (set->spec_id == iceberg::kLastAdded && spec) set->spec_id = *spec;
    } else if (auto* set = std::get_if<iceberg::SetDefaultSortOrder>(&update)) {
      if (set->order_id == iceberg::kLastAdded && order) set->order_id = *order;
    }
    named.push_back(std::move(update));
  }
  return named;
}

bool IsSameVersion(const iceberg::ViewVersion& a, const iceberg::ViewVersion& b) {
  return a.schema_id == b.schema_id && a.summary == b.summary &&
         a.default_catalog == b.default_catalog && a.default_namespace == b.default_namespace &&
         std::equal(a.representations.begin(), a.representations.end(), b.representations.begin(),
                    b.representations.end(), [](const auto& x, const auto& y) {
                      return x.sql == y.sql && x.dialect == y.dialect;
                    });
}

// The same for a view. Empty where it is as it is to be.
std::vector<iceberg::TableUpdate> WithKnownIds(const std::vector<iceberg::TableUpdate>& updates,
                                               const iceberg::ViewMetadata& base) {
  std::optional<int32_t> schema, version;
  std::vector<iceberg::TableUpdate> named;
  for (iceberg::TableUpdate update : updates) {
    if (const auto* add = std::get_if<iceberg::AddSchema>(&update)) {
      schema = IdOfSame(base.schemas, &iceberg::Schema::schema_id,
                        [&](const auto& known) { return known.SameAs(add->schema); });
      if (schema) continue;
    } else if (auto* add = std::get_if<iceberg::AddViewVersion>(&update)) {
      if (add->version.schema_id == iceberg::kLastAdded && schema) {
        add->version.schema_id = *schema;
      }
      version = IdOfSame(base.versions, &iceberg::ViewVersion::version_id,
                         [&](const auto& known) { return IsSameVersion(known, add->version); });
      if (version) continue;
    } else if (auto* set = std::get_if<iceberg::SetCurrentViewVersion>(&update)) {
      if (set->version_id == iceberg::kLastAdded && version) set->version_id = *version;
      if (set->version_id == base.current_version_id) continue;
    }
    named.push_back(std::move(update));
  }
  return named;
}

// Without what every commit changes.
Json Lasting(const iceberg::TableMetadata& table) {
  Json json = iceberg::TableMetadataToJson(table);
  for (const char* member : {"last-updated-ms", "metadata-log", "snapshot-log"}) json.erase(member);
  return json;
}

std::string Names(const std::vector<TableChange>& changes) {
  std::vector<std::string> names;
  for (const TableChange& change : changes) names.push_back(change.identifier.ToString());
  return Join(names, ", ");
}

[[noreturn]] void RefuseSteps(const std::vector<std::string>& steps) {
  throw Error(ErrorCode::kUnsupported,
              fmt::format("a REST catalog takes one change at a time, and this transaction {}",
                          Join(steps, " and ")))
      .WithHint("Commit after each. Several tables may be created and changed in one transaction.");
}

}  // namespace

bool HasUpdates(const iceberg::TableMetadata& table,
                const std::vector<iceberg::TableUpdate>& updates) {
  bool has_snapshots = false;
  const iceberg::AssignUuid* uuid = nullptr;
  for (const iceberg::TableUpdate& update : updates) {
    if (const auto* add = std::get_if<iceberg::AddSnapshot>(&update)) {
      if (table.SnapshotById(add->snapshot.snapshot_id) == nullptr) return false;
      has_snapshots = true;
    }
    if (const auto* assign = std::get_if<iceberg::AssignUuid>(&update)) uuid = assign;
  }
  if (has_snapshots) return true;
  if (uuid != nullptr) return EqualsIgnoreCase(uuid->uuid, table.table_uuid);
  // What is there already changes nothing.
  try {
    iceberg::TableMetadataBuilder builder(table, "");
    for (const iceberg::TableUpdate& update : updates) builder.Apply(update);
    return Lasting(builder.Build(table.last_updated_ms)) == Lasting(table);
  } catch (const Error&) {
    return false;
  }
}

bool HasUpdates(const iceberg::ViewMetadata& view,
                const std::vector<iceberg::TableUpdate>& updates) {
  const iceberg::ViewVersion& current = view.CurrentVersion();
  for (const iceberg::TableUpdate& update : updates) {
    if (const auto* add = std::get_if<iceberg::AddViewVersion>(&update)) {
      const auto& wanted = add->version.representations;
      bool same = std::equal(wanted.begin(), wanted.end(), current.representations.begin(),
                             current.representations.end(), [](const auto& a, const auto& b) {
                               return a.sql == b.sql && a.dialect == b.dialect;
                             });
      if (!same || current.default_namespace != add->version.default_namespace) return false;
    } else if (const auto* set = std::get_if<iceberg::SetProperties>(&update)) {
      for (const auto& [name, value] : set->updates) {
        auto found = view.properties.find(name);
        if (found == view.properties.end() || found->second != value) return false;
      }
    } else if (const auto* remove = std::get_if<iceberg::RemoveProperties>(&update)) {
      for (const std::string& name : remove->names) {
        if (view.properties.contains(name)) return false;
      }
    }
  }
  return true;
}

CommitResult RestCommit::Commit(const CommitRequest& request) {
  std::vector<TableChange> together;
  std::vector<std::string> steps;
  for (const NamespaceChange& change : request.namespaces) {
    if (change.kind != NamespaceChange::Kind::kCreate) steps.push_back(Describe(change));
  }
  for (const TableChange& change : request.tables) {
    if (!IsTableUpdate(change)) {
      steps.push_back(Describe(change));
    } else {
      if (together.empty()) steps.push_back(Describe(change));
      together.push_back(change);
    }
  }
  if (steps.size() > 1) RefuseSteps(steps);
  if (together.size() > 1 && !client_.Offers("POST /v1/{prefix}/transactions/commit")) {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("the REST catalog takes one table at a time (it has no "
                            "transactions/commit), and this transaction changes {}",
                            Names(together)))
        .WithHint("Commit after each table.");
  }
  std::vector<NamespaceChange> made;
  try {
    for (const NamespaceChange& change : request.namespaces) {
      if (change.kind == NamespaceChange::Kind::kCreate) {
        if (CreateNamespace(change)) made.push_back(change);
      } else {
        ChangeNamespace(change);
      }
    }
    if (!together.empty()) return CommitTables(std::move(together));
    CommitResult result;
    for (const TableChange& change : request.tables) {
      result.metadata_locations.push_back(CommitOther(change));
    }
    return result;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kUnknownOutcome) DropMade(made);
    throw;
  }
}

// Schemas made for a commit that did not land. One that somebody put something into stays.
void RestCommit::DropMade(std::vector<NamespaceChange> made) {
  for (NamespaceChange& change : made) {
    change.kind = NamespaceChange::Kind::kDrop;
    try {
      ChangeNamespace(change);
    } catch (const Error&) {
      // It is empty, and harms nobody.
    }
  }
}

CommitResult RestCommit::CommitTables(std::vector<TableChange> changes) {
  for (int attempt = 1;; ++attempt) {
    try {
      std::optional<RestReply> reply = SendTables(changes);
      CommitResult result;
      result.metadata_locations.resize(changes.size());
      if (changes.size() == 1 && reply && reply->body.contains("metadata")) {
        result.metadata_locations[0] =
            tables_.Keep(changes[0].identifier, EntityKind::kTable, *reply);
      }
      return result;
    } catch (const Error& error) {
      bool creates = std::any_of(changes.begin(), changes.end(), [](const TableChange& change) {
        return change.kind == TableChange::Kind::kCreate;
      });
      if (error.code() == ErrorCode::kNotFound && creates && changes.size() > 1) {
        throw Error(
            ErrorCode::kUnsupported,
            "the REST catalog creates no tables together with other changes: " + error.message())
            .WithHint("Commit after each CREATE TABLE.");
      }
      // kInvalidArgument: what the specification has no requirement for, such as that the sequence
      // number of a snapshot is the next one.
      bool conflict = error.code() == ErrorCode::kConflict ||
                      error.code() == ErrorCode::kAlreadyExists ||
                      error.code() == ErrorCode::kInvalidArgument;
      if (!conflict || attempt == kMaxAttempts) throw;
      Rebase(changes, error);
    }
    int64_t jitter = NewRandomId() % 10;
    std::this_thread::sleep_for(std::chrono::milliseconds(int64_t{attempt} * 5 + jitter));
  }
}

std::optional<RestReply> RestCommit::SendTables(const std::vector<TableChange>& changes) {
  RestChange sent;
  sent.what = "the commit to " + Names(changes);
  auto body_of = [&](TableChange change) {
    iceberg::TableMetadataPtr base;
    if (change.kind == TableChange::Kind::kUpdate) base = tables_.Table(change.identifier);
    if (base) change.updates = WithKnownIds(change.updates, *base);
    return CommitBody(change);
  };
  sent.tells_own = std::all_of(changes.begin(), changes.end(), IsFindable);
  if (changes.size() == 1) {
    sent.path = client_.TablePath(changes[0].identifier);
    sent.body = body_of(changes[0]);
  } else {
    sent.path = client_.Path("/transactions/commit");
    sent.body["table-changes"] = Json::array();
    for (const TableChange& change : changes) {
      sent.body["table-changes"].push_back(body_of(change));
    }
  }
  sent.look = [&] {
    size_t there = 0;
    for (const TableChange& change : changes) {
      iceberg::TableMetadataPtr current = tables_.Table(change.identifier);
      if (current && HasUpdates(*current, change.updates)) ++there;
    }
    if (there == changes.size()) return Landed::kYes;
    return there == 0 ? Landed::kNo : Landed::kUnknown;
  };
  return client_.Send(sent);
}

// Makes the changes again for tables that somebody else changed in the meantime.
void RestCommit::Rebase(std::vector<TableChange>& changes, const Error& conflict) {
  bool moved = false;
  for (TableChange& change : changes) {
    iceberg::TableMetadataPtr current = tables_.Table(change.identifier);
    std::string name = "table " + change.identifier.ToString();
    if (change.kind == TableChange::Kind::kCreate) {
      if (!current) continue;
      throw Error(ErrorCode::kAlreadyExists, name + " exists already");
    }
    if (!current) {
      throw Error(ErrorCode::kConflict, name + " does not exist any more");
    }
    const iceberg::Snapshot* added = AddedSnapshot(change);
    bool outrun = added != nullptr && current->format_version > 1 &&
                  added->sequence_number <= current->last_sequence_number;
    if (Holds(change, *current) && !outrun) continue;
    std::optional<RebasedChange> rebased;
    if (change.rebase) rebased = change.rebase(*current);
    if (!rebased) throw Error(conflict);
    change.updates = std::move(rebased->updates);
    change.requirements = std::move(rebased->requirements);
    iceberg::CheckRequirements(change.requirements, current.get(), name);
    std::vector<Requirement> pins = Pins(*current);
    change.requirements.insert(change.requirements.end(), pins.begin(), pins.end());
    moved = true;
  }
  // All of it holds: the catalog was only busy, unless it finds fault with the request itself.
  if (!moved && conflict.code() != ErrorCode::kConflict) throw Error(conflict);
}

std::string RestCommit::CommitOther(const TableChange& change) {
  switch (change.kind) {
    case TableChange::Kind::kDrop:
      return Drop(change);
    case TableChange::Kind::kRename:
      return Rename(change);
    case TableChange::Kind::kRegister:
      return Register(change);
    default:
      return CommitView(change);
  }
}

std::string RestCommit::CommitView(const TableChange& change) {
  if (!tables_.has_views()) {
    throw Error(ErrorCode::kUnsupported, fmt::format("view {}: the REST catalog keeps no views",
                                                     change.identifier.ToString()))
        .WithHint("Make it a table.");
  }
  RestChange sent;
  bool creates = change.kind == TableChange::Kind::kCreate;
  sent.what = "the commit to view " + change.identifier.ToString();
  int64_t made_at = 0;
  if (creates) {
    iceberg::ViewMetadata view = iceberg::BuildViewMetadata(nullptr, change.updates);
    const iceberg::ViewVersion& version = view.CurrentVersion();
    made_at = version.timestamp_ms;
    sent.path = client_.ViewsPath(change.identifier.name_space);
    sent.body["name"] = change.identifier.name;
    if (view.location != kLocationOfCatalog) sent.body["location"] = view.location;
    sent.body["schema"] = iceberg::SchemaToJson(*view.SchemaById(version.schema_id));
    sent.body["view-version"] = iceberg::ViewVersionToJson(version);
    sent.body["properties"] = view.properties;
    sent.tells_own = true;
  } else {
    TableChange named = change;
    if (iceberg::ViewMetadataPtr base = tables_.View(change.identifier)) {
      named.updates = WithKnownIds(change.updates, *base);
      if (named.updates.empty()) return tables_.Find(change.identifier)->metadata_location;
    }
    sent.path = client_.ViewPath(change.identifier);
    sent.body = CommitBody(named);
  }
  sent.look = [&] {
    iceberg::ViewMetadataPtr view = tables_.View(change.identifier);
    if (!view || !HasUpdates(*view, change.updates)) return Landed::kNo;
    // Somebody else may have made the same view.
    bool own = !creates || view->CurrentVersion().timestamp_ms == made_at;
    return own ? Landed::kYes : Landed::kNo;
  };
  return LocationIn(change, client_.Send(sent));
}

// The metadata location that an answer tells; "" where it tells none.
std::string RestCommit::LocationIn(const TableChange& change,
                                   const std::optional<RestReply>& reply) {
  if (!reply || !reply->body.contains("metadata")) return "";
  return tables_.Keep(change.identifier, change.entity, *reply);
}

// The identity of what stands under a name now; "" for nothing.
std::string RestCommit::UuidOf(const TableIdentifier& identifier, EntityKind kind) {
  if (kind == EntityKind::kView) {
    iceberg::ViewMetadataPtr view = tables_.View(identifier);
    return view ? view->view_uuid : "";
  }
  iceberg::TableMetadataPtr table = tables_.Table(identifier);
  return table ? table->table_uuid : "";
}

// The same where it must be there. What cannot be read may still be dropped or renamed.
std::string RestCommit::KnownUuid(const TableChange& change) {
  std::string uuid;
  try {
    uuid = UuidOf(change.identifier, change.entity);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kIo || error.code() == ErrorCode::kPermission) throw;
    return "unreadable";
  }
  if (!uuid.empty()) return uuid;
  throw Error(ErrorCode::kNotFound, fmt::format("{} {} does not exist", KindName(change.entity),
                                                change.identifier.ToString()));
}

std::string RestCommit::Drop(const TableChange& change) {
  std::string uuid = KnownUuid(change);
  RestChange sent;
  sent.method = "DELETE";
  sent.what =
      fmt::format("the drop of {} {}", KindName(change.entity), change.identifier.ToString());
  if (change.entity == EntityKind::kView) {
    sent.path = client_.ViewPath(change.identifier);
  } else {
    bool purge = client_.Flag("purge-requested", true);
    sent.path = client_.TablePath(change.identifier) +
                (purge ? "?purgeRequested=true" : "?purgeRequested=false");
  }
  sent.look = [&] {
    return UuidOf(change.identifier, change.entity) == uuid ? Landed::kNo : Landed::kYes;
  };
  client_.Send(sent);
  return "";
}

std::string RestCommit::Rename(const TableChange& change) {
  std::string uuid = KnownUuid(change);
  RestChange sent;
  sent.what = fmt::format("the renaming of {} to {}", change.identifier.ToString(),
                          change.new_identifier.ToString());
  sent.path = client_.Path(change.entity == EntityKind::kView ? "/views/rename" : "/tables/rename");
  sent.body["source"] = ToJson(change.identifier);
  sent.body["destination"] = ToJson(change.new_identifier);
  sent.look = [&] {
    if (UuidOf(change.new_identifier, change.entity) == uuid) return Landed::kYes;
    return UuidOf(change.identifier, change.entity) == uuid ? Landed::kNo : Landed::kUnknown;
  };
  client_.Send(sent);
  return "";
}

std::string RestCommit::Register(const TableChange& change) {
  RestChange sent;
  bool is_view = change.entity == EntityKind::kView;
  sent.what = "the registration of " + change.identifier.ToString();
  sent.path = client_.NamespacePath(change.identifier.name_space) +
              (is_view ? "/register-view" : "/register");
  sent.body["name"] = change.identifier.name;
  sent.body["metadata-location"] = change.metadata_location;
  if (change.replace) sent.body["overwrite"] = true;
  sent.look = [&] {
    auto entry = tables_.Find(change.identifier, change.entity);
    return entry && entry->metadata_location == change.metadata_location ? Landed::kYes
                                                                         : Landed::kNo;
  };
  return LocationIn(change, client_.Send(sent));
}

bool RestCommit::CreateNamespace(const NamespaceChange& change) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (made_ahead_.erase(change.name) > 0) return true;
  }
  RestChange sent;
  sent.what = "the creation of schema " + NamespaceText(change.name);
  sent.path = client_.NamespacesPath();
  sent.body["namespace"] = change.name;
  sent.body["properties"] = change.properties;
  sent.look = [&] {
    return client_.Get(client_.NamespacePath(change.name)) ? Landed::kYes : Landed::kNo;
  };
  try {
    client_.Send(sent);
  } catch (const Error& error) {
    bool exists = error.code() == ErrorCode::kAlreadyExists || error.code() == ErrorCode::kConflict;
    if (!exists) throw;
    if (change.may_exist) return false;
    throw Error(ErrorCode::kAlreadyExists,
                fmt::format("schema {} exists already", NamespaceText(change.name)));
  }
  return true;
}

void RestCommit::MakeAhead(const Namespace& name) {
  NamespaceChange change;
  change.name = name;
  change.may_exist = true;
  if (!CreateNamespace(change)) return;
  std::lock_guard<std::mutex> lock(mutex_);
  made_ahead_.insert(name);
}

void RestCommit::ChangeNamespace(const NamespaceChange& change) {
  RestChange sent;
  sent.path = client_.NamespacePath(change.name);
  if (change.kind == NamespaceChange::Kind::kDrop) {
    sent.method = "DELETE";
    sent.what = "the drop of schema " + NamespaceText(change.name);
    sent.look = [&] { return client_.Get(sent.path) ? Landed::kNo : Landed::kYes; };
  } else {
    std::string path = sent.path;
    sent.path += "/properties";
    sent.what = "the change of schema " + NamespaceText(change.name);
    sent.body["removals"] = change.removals;
    sent.body["updates"] = change.properties;
    sent.look = [this, path, &change] {
      std::optional<RestReply> reply = client_.Get(path);
      if (!reply) return Landed::kNo;
      std::map<std::string, std::string> now = TextMembers(reply->body, "properties");
      for (const auto& [name, value] : change.properties) {
        auto found = now.find(name);
        if (found == now.end() || found->second != value) return Landed::kNo;
      }
      bool removed = std::none_of(change.removals.begin(), change.removals.end(),
                                  [&](const std::string& name) { return now.contains(name); });
      return removed ? Landed::kYes : Landed::kNo;
    };
  }
  client_.Send(sent);
}

}  // namespace eider::catalog

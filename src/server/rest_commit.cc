#include "server/rest_commit.h"

#include <fmt/format.h>

#include <algorithm>

#include "server/rest_access.h"
#include "server/rest_error.h"
#include "server/rest_tables.h"

namespace eider::server {

namespace {

using Requirement = iceberg::TableRequirement;

std::string IdChanged(const char* what, int64_t expected, int64_t actual) {
  return expected == actual
             ? std::string()
             : fmt::format("{} changed: expected id {} != {}", what, expected, actual);
}

std::string RefFailure(const Requirement& requirement, const iceberg::TableMetadata& table) {
  auto ref = table.refs.find(requirement.ref);
  if (ref == table.refs.end()) {
    if (!requirement.snapshot_id) return "";
    return fmt::format("branch or tag {} is missing, expected {}", requirement.ref,
                       *requirement.snapshot_id);
  }
  const char* type = ref->second.is_branch ? "branch" : "tag";
  if (!requirement.snapshot_id) {
    return fmt::format("{} {} was created concurrently", type, requirement.ref);
  }
  if (*requirement.snapshot_id == ref->second.snapshot_id) return "";
  return fmt::format("{} {} has changed: expected id {} != {}", type, requirement.ref,
                     *requirement.snapshot_id, ref->second.snapshot_id);
}

// Why a requirement does not hold, in the words that clients of the reference implementation know;
// "" where it holds.
std::string FailureOf(const Requirement& requirement, const iceberg::TableMetadata& table) {
  using Kind = Requirement::Kind;
  switch (requirement.kind) {
    case Kind::kAssertCreate:
      return "table already exists";
    case Kind::kAssertTableUuid:
    case Kind::kAssertViewUuid:
      return requirement.uuid == table.table_uuid
                 ? ""
                 : fmt::format("UUID does not match: expected {} != {}", table.table_uuid,
                               requirement.uuid);
    case Kind::kAssertRefSnapshotId:
      return RefFailure(requirement, table);
    case Kind::kAssertLastAssignedFieldId:
      return IdChanged("last assigned field id", requirement.id, table.last_column_id);
    case Kind::kAssertCurrentSchemaId:
      return IdChanged("current schema", requirement.id, table.current_schema_id);
    case Kind::kAssertLastAssignedPartitionId:
      return IdChanged("last assigned partition id", requirement.id, table.last_partition_id);
    case Kind::kAssertDefaultSpecId:
      return IdChanged("default partition spec", requirement.id, table.default_spec_id);
    case Kind::kAssertDefaultSortOrderId:
      return IdChanged("default sort order", requirement.id, table.default_sort_order_id);
  }
  return "";
}

bool IsCreate(const std::vector<Requirement>& requirements) {
  auto asserts_create = [](const Requirement& requirement) {
    return requirement.kind == Requirement::Kind::kAssertCreate;
  };
  if (std::none_of(requirements.begin(), requirements.end(), asserts_create)) return false;
  if (!std::all_of(requirements.begin(), requirements.end(), asserts_create)) {
    throw BadRequest("a table that must not exist can be held to no other requirement");
  }
  return true;
}

catalog::TableChange ReadChange(const Json& commit, const catalog::TableIdentifier& identifier) {
  catalog::TableChange change;
  change.identifier = identifier;
  change.requirements = ReadRequirements(commit);
  change.updates = ReadUpdates(commit);
  if (IsCreate(change.requirements)) change.kind = catalog::TableChange::Kind::kCreate;
  return change;
}

// What stands in the way of a change before it is tried.
void CheckChange(RestCall& call, catalog::TableChange& change) {
  if (change.kind == catalog::TableChange::Kind::kUpdate) {
    catalog::Entry entry = RequireTable(call, change.identifier);
    CheckUpdateLocations(call, change.identifier.name_space, change.updates,
                         call.catalog().LoadTable(entry.metadata_location)->location);
    return;
  }
  RequireNamespace(call, change.identifier.name_space);
  if (FindEntry(call, change.identifier, catalog::EntityKind::kTable)) {
    throw CommitFailed("Requirement failed: table already exists: " + change.identifier.ToString());
  }
  RequireFreeName(call, change.identifier, catalog::EntityKind::kTable);
  CheckUpdateLocations(call, change.identifier.name_space, change.updates, "");
  for (const iceberg::TableUpdate& update : change.updates) {
    if (const auto* set = std::get_if<iceberg::SetLocation>(&update)) {
      MakeTableFolders(call, set->location);
    }
  }
}

// The first requirement that does not hold now; the conflict as it was found where all hold.
RestError Explained(RestCall& call, const std::vector<catalog::TableChange>& changes,
                    const Error& conflict) {
  for (const catalog::TableChange& change : changes) {
    auto entry = FindEntry(call, change.identifier, catalog::EntityKind::kTable);
    if (!entry) continue;
    auto table = call.catalog().LoadTable(entry->metadata_location);
    for (const Requirement& requirement : change.requirements) {
      std::string why = FailureOf(requirement, *table);
      if (!why.empty()) return CommitFailed("Requirement failed: " + why);
    }
  }
  return CommitFailed(conflict.message());
}

RestAnswer CommitChanges(RestCall& call, std::vector<catalog::TableChange> changes,
                         const std::function<RestAnswer(const catalog::CommitResult&)>& answer) {
  for (catalog::TableChange& change : changes) CheckChange(call, change);
  catalog::CommitRequest request;
  request.tables = changes;
  try {
    return CommitOnce(call, request, answer);
  } catch (const Error& error) {
    bool conflict =
        error.code() == ErrorCode::kConflict || error.code() == ErrorCode::kAlreadyExists;
    if (conflict) throw Explained(call, changes, error);
    throw;
  }
}

}  // namespace

HttpResponse UpdateTable(RestCall& call) {
  Json body = ParseBody(call.http.body);
  if (body.contains("identifier") && !body["identifier"].is_null() &&
      IdentifierFromBody(body["identifier"]) != call.identifier()) {
    throw BadRequest("the identifier in the body is not the one in the path");
  }
  catalog::TableChange change = ReadChange(body, call.identifier());
  return AnswerOnce(call, [&] {
    return CommitChanges(call, {change}, [](const catalog::CommitResult& result) {
      return RestAnswer::Table(result.metadata_locations[0]);
    });
  });
}

HttpResponse CommitTransaction(RestCall& call) {
  Json body = ParseBody(call.http.body);
  std::vector<catalog::TableChange> changes;
  Understand([&] {
    for (const Json& commit : RequireArray(body, "table-changes", "transaction")) {
      const Json& identifier = RequireMember(commit, "identifier", "table change");
      changes.push_back(ReadChange(commit, IdentifierFromBody(identifier)));
    }
  });
  if (changes.empty()) throw BadRequest("the transaction changes nothing");
  // All are asked for before one is looked at: a refusal tells nothing of any.
  for (const catalog::TableChange& change : changes) {
    call.Require(Right::kWrite, call.ObjectOf(change.identifier));
  }
  return AnswerOnce(call, [&] {
    return CommitChanges(call, changes,
                         [](const catalog::CommitResult&) { return RestAnswer::NoContent(); });
  });
}

std::vector<iceberg::TableUpdate> ReadUpdates(const Json& commit) {
  std::vector<iceberg::TableUpdate> updates;
  Understand([&] {
    for (const Json& update : RequireArray(commit, "updates", "commit")) {
      updates.push_back(iceberg::TableUpdateFromJson(update));
    }
  });
  return updates;
}

std::vector<Requirement> ReadRequirements(const Json& commit) {
  std::vector<Requirement> requirements;
  Understand([&] {
    if (!commit.contains("requirements") || commit["requirements"].is_null()) return;
    for (const Json& requirement : RequireArray(commit, "requirements", "commit")) {
      requirements.push_back(iceberg::TableRequirementFromJson(requirement));
    }
  });
  return requirements;
}

void CheckUpdateLocations(RestCall& call, const catalog::Namespace& name_space,
                          std::vector<iceberg::TableUpdate>& updates, const std::string& current) {
  std::string own = current;
  auto checked = [&](const std::string& location, const char* what) {
    return RequireLocation(call, name_space, own, location, what);
  };
  for (iceberg::TableUpdate& update : updates) {
    if (auto* set = std::get_if<iceberg::SetLocation>(&update)) {
      if (set->location != current) set->location = checked(set->location, "location");
      own = set->location;
    } else if (const auto* add = std::get_if<iceberg::AddSnapshot>(&update)) {
      // The server itself opens these, to plan a scan or to purge.
      const std::string& list = add->snapshot.manifest_list;
      if (!list.empty()) checked(list, "manifest-list");
      for (const std::string& manifest : add->snapshot.manifests) checked(manifest, "manifest");
    }
  }
}

}  // namespace eider::server

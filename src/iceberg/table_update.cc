#include "iceberg/table_update.h"

#include <fmt/format.h>

#include <limits>
#include <utility>

#include "base/error.h"
#include "base/uuid.h"

namespace eider::iceberg {

namespace {

constexpr char kWhat[] = "table update";

template <typename... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};
template <typename... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;

Json Action(const char* name) {
  Json json;
  json["action"] = name;
  return json;
}

[[noreturn]] void Malformed(const std::string& message) {
  throw Error(ErrorCode::kInvalidArgument, message);
}

int32_t Id(const Json& json, const char* key) {
  int64_t id = RequireInteger(json, key, kWhat);
  if (id < std::numeric_limits<int32_t>::min() || id > std::numeric_limits<int32_t>::max()) {
    Malformed(fmt::format("{}: \"{}\" is out of range: {}", kWhat, key, id));
  }
  return static_cast<int32_t>(id);
}

// Readers of other makes cannot open a table whose uuid is none.
std::string Uuid(const Json& json) {
  std::string uuid = RequireString(json, "uuid", kWhat);
  if (!IsUuid(uuid)) Malformed(fmt::format("{}: \"{}\" is not a UUID", kWhat, uuid));
  return uuid;
}

// A partition field without an id gets the table's next one, unless an older spec has the field.
PartitionSpec UnboundSpec(const Json& json) {
  PartitionSpec spec = PartitionSpecFromJson(json, kWhat);
  const Json& fields = RequireArray(json, "fields", kWhat);
  for (size_t i = 0; i < fields.size(); ++i) {
    if (!fields[i].contains("field-id")) spec.fields[i].field_id = 0;
  }
  return spec;
}

Snapshot CheckedSnapshot(const Json& json) {
  Snapshot snapshot = SnapshotFromJson(json, kWhat);
  if (snapshot.manifest_list.empty() && snapshot.manifests.empty()) {
    Malformed(fmt::format("snapshot {} has no manifest list", snapshot.snapshot_id));
  }
  if (snapshot.sequence_number < 0) {
    Malformed(fmt::format("snapshot {} has a negative sequence number", snapshot.snapshot_id));
  }
  for (const char* key : {"first-row-id", "added-rows"}) {
    if (json.contains(key) && RequireInteger(json, key, kWhat) < 0) {
      Malformed(fmt::format("snapshot {}: \"{}\" is negative", snapshot.snapshot_id, key));
    }
  }
  return snapshot;
}

Json CheckedStatistics(const Json& json) {
  RequireInteger(json, "snapshot-id", kWhat);
  RequireString(json, "statistics-path", kWhat);
  return json;
}

TableUpdate ReadUpdate(const std::string& action, const Json& json) {
  if (action == "assign-uuid") return AssignUuid{Uuid(json)};
  if (action == "upgrade-format-version") {
    return UpgradeFormatVersion{Id(json, "format-version")};
  }
  if (action == "add-schema") {
    return AddSchema{SchemaFromJson(RequireMember(json, "schema", kWhat), kWhat)};
  }
  if (action == "set-current-schema") return SetCurrentSchema{Id(json, "schema-id")};
  if (action == "add-spec") {
    return AddPartitionSpec{UnboundSpec(RequireMember(json, "spec", kWhat))};
  }
  if (action == "set-default-spec") return SetDefaultSpec{Id(json, "spec-id")};
  if (action == "add-sort-order") {
    return AddSortOrder{SortOrderFromJson(RequireMember(json, "sort-order", kWhat), kWhat)};
  }
  if (action == "set-default-sort-order") return SetDefaultSortOrder{Id(json, "sort-order-id")};
  if (action == "add-snapshot") {
    return AddSnapshot{CheckedSnapshot(RequireMember(json, "snapshot", kWhat))};
  }
  if (action == "set-snapshot-ref") {
    return SetSnapshotRef{RequireString(json, "ref-name", kWhat), SnapshotRefFromJson(json, kWhat)};
  }
  if (action == "remove-snapshots") {
    return RemoveSnapshots{ToInt64s(RequireMember(json, "snapshot-ids", kWhat), "snapshot-ids")};
  }
  if (action == "remove-snapshot-ref") {
    return RemoveSnapshotRef{RequireString(json, "ref-name", kWhat)};
  }
  if (action == "set-location") return SetLocation{RequireString(json, "location", kWhat)};
  if (action == "set-properties") {
    const Json& updates =
        json.contains("updates") ? json["updates"] : RequireMember(json, "updated", kWhat);
    return SetProperties{updates.get<std::map<std::string, std::string>>()};
  }
  if (action == "remove-properties") {
    const Json& names =
        json.contains("removals") ? json["removals"] : RequireMember(json, "removed", kWhat);
    return RemoveProperties{names.get<std::vector<std::string>>()};
  }
  if (action == "set-statistics") {
    return SetStatistics{CheckedStatistics(RequireMember(json, "statistics", kWhat)), false};
  }
  if (action == "set-partition-statistics") {
    return SetStatistics{CheckedStatistics(RequireMember(json, "partition-statistics", kWhat)),
                         true};
  }
  if (action == "remove-statistics" || action == "remove-partition-statistics") {
    return RemoveStatistics{RequireInteger(json, "snapshot-id", kWhat),
                            action == "remove-partition-statistics"};
  }
  if (action == "remove-partition-specs") {
    return RemovePartitionSpecs{ToInt32s(RequireMember(json, "spec-ids", kWhat), "spec-ids")};
  }
  if (action == "remove-schemas") {
    return RemoveSchemas{ToInt32s(RequireMember(json, "schema-ids", kWhat), "schema-ids")};
  }
  if (action == "add-view-version") {
    return AddViewVersion{ViewVersionFromJson(RequireMember(json, "view-version", kWhat), kWhat)};
  }
  if (action == "set-current-view-version") {
    return SetCurrentViewVersion{Id(json, "view-version-id")};
  }
  throw Error(ErrorCode::kUnsupported,
              fmt::format("the table update \"{}\" is not known to Eider", action));
}

const std::pair<TableRequirement::Kind, const char*> kRequirementNames[] = {
    {TableRequirement::Kind::kAssertCreate, "assert-create"},
    {TableRequirement::Kind::kAssertTableUuid, "assert-table-uuid"},
    {TableRequirement::Kind::kAssertViewUuid, "assert-view-uuid"},
    {TableRequirement::Kind::kAssertRefSnapshotId, "assert-ref-snapshot-id"},
    {TableRequirement::Kind::kAssertLastAssignedFieldId, "assert-last-assigned-field-id"},
    {TableRequirement::Kind::kAssertCurrentSchemaId, "assert-current-schema-id"},
    {TableRequirement::Kind::kAssertLastAssignedPartitionId, "assert-last-assigned-partition-id"},
    {TableRequirement::Kind::kAssertDefaultSpecId, "assert-default-spec-id"},
    {TableRequirement::Kind::kAssertDefaultSortOrderId, "assert-default-sort-order-id"},
};

// The JSON member that carries a requirement's id.
const char* IdMember(TableRequirement::Kind kind) {
  switch (kind) {
    case TableRequirement::Kind::kAssertLastAssignedFieldId:
      return "last-assigned-field-id";
    case TableRequirement::Kind::kAssertCurrentSchemaId:
      return "current-schema-id";
    case TableRequirement::Kind::kAssertLastAssignedPartitionId:
      return "last-assigned-partition-id";
    case TableRequirement::Kind::kAssertDefaultSpecId:
      return "default-spec-id";
    case TableRequirement::Kind::kAssertDefaultSortOrderId:
      return "default-sort-order-id";
    default:
      return nullptr;
  }
}

[[noreturn]] void Violated(const std::string& name, const std::string& why) {
  throw Error(ErrorCode::kConflict, fmt::format("{} was changed by somebody else: {}", name, why));
}

void CheckId(const std::string& name, const char* what, int32_t expected, int32_t actual) {
  if (expected != actual) {
    Violated(name, fmt::format("its {} is {}, expected {}", what, actual, expected));
  }
}

void CheckRef(const TableRequirement& requirement, const TableMetadata& base,
              const std::string& name) {
  auto ref = base.refs.find(requirement.ref);
  std::optional<int64_t> actual;
  if (ref != base.refs.end()) actual = ref->second.snapshot_id;
  if (actual == requirement.snapshot_id) return;
  auto text = [](const std::optional<int64_t>& id) {
    return id ? "snapshot " + std::to_string(*id) : std::string("nothing");
  };
  Violated(name, fmt::format("its {} points at {}, expected {}", requirement.ref, text(actual),
                             text(requirement.snapshot_id)));
}

}  // namespace

TableUpdate TableUpdateFromJson(const Json& json) {
  try {
    return ReadUpdate(RequireString(json, "action", kWhat), json);
  } catch (const Json::exception& e) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("table update: a member has the wrong type ({})", e.what()));
  }
}

Json TableUpdateToJson(const TableUpdate& update) {
  return std::visit(
      Overloaded{
          [](const AssignUuid& u) {
            Json json = Action("assign-uuid");
            json["uuid"] = u.uuid;
            return json;
          },
          [](const UpgradeFormatVersion& u) {
            Json json = Action("upgrade-format-version");
            json["format-version"] = u.format_version;
            return json;
          },
          [](const AddSchema& u) {
            Json json = Action("add-schema");
            json["schema"] = SchemaToJson(u.schema);
            return json;
          },
          [](const SetCurrentSchema& u) {
            Json json = Action("set-current-schema");
            json["schema-id"] = u.schema_id;
            return json;
          },
          [](const AddPartitionSpec& u) {
            Json json = Action("add-spec");
            json["spec"] = PartitionSpecToJson(u.spec);
            return json;
          },
          [](const SetDefaultSpec& u) {
            Json json = Action("set-default-spec");
            json["spec-id"] = u.spec_id;
            return json;
          },
          [](const AddSortOrder& u) {
            Json json = Action("add-sort-order");
            json["sort-order"] = SortOrderToJson(u.order);
            return json;
          },
          [](const SetDefaultSortOrder& u) {
            Json json = Action("set-default-sort-order");
            json["sort-order-id"] = u.order_id;
            return json;
          },
          [](const AddSnapshot& u) {
            Json json = Action("add-snapshot");
            json["snapshot"] = SnapshotToJson(u.snapshot, 2);
            return json;
          },
          [](const SetSnapshotRef& u) {
            Json json = Action("set-snapshot-ref");
            json["ref-name"] = u.name;
            json.update(SnapshotRefToJson(u.ref));
            return json;
          },
          [](const RemoveSnapshots& u) {
            Json json = Action("remove-snapshots");
            json["snapshot-ids"] = u.snapshot_ids;
            return json;
          },
          [](const RemoveSnapshotRef& u) {
            Json json = Action("remove-snapshot-ref");
            json["ref-name"] = u.name;
            return json;
          },
          [](const SetLocation& u) {
            Json json = Action("set-location");
            json["location"] = u.location;
            return json;
          },
          [](const SetProperties& u) {
            Json json = Action("set-properties");
            json["updates"] = u.updates;
            return json;
          },
          [](const RemoveProperties& u) {
            Json json = Action("remove-properties");
            json["removals"] = u.names;
            return json;
          },
          [](const SetStatistics& u) {
            Json json = Action(u.partition ? "set-partition-statistics" : "set-statistics");
            json[u.partition ? "partition-statistics" : "statistics"] = u.statistics;
            return json;
          },
          [](const RemoveStatistics& u) {
            Json json = Action(u.partition ? "remove-partition-statistics" : "remove-statistics");
            json["snapshot-id"] = u.snapshot_id;
            return json;
          },
          [](const RemovePartitionSpecs& u) {
            Json json = Action("remove-partition-specs");
            json["spec-ids"] = u.spec_ids;
            return json;
          },
          [](const RemoveSchemas& u) {
            Json json = Action("remove-schemas");
            json["schema-ids"] = u.schema_ids;
            return json;
          },
          [](const AddViewVersion& u) {
            Json json = Action("add-view-version");
            json["view-version"] = ViewVersionToJson(u.version);
            return json;
          },
          [](const SetCurrentViewVersion& u) {
            Json json = Action("set-current-view-version");
            json["view-version-id"] = u.version_id;
            return json;
          },
      },
      update);
}

TableRequirement TableRequirement::TableUuid(std::string uuid) {
  TableRequirement requirement;
  requirement.kind = Kind::kAssertTableUuid;
  requirement.uuid = std::move(uuid);
  return requirement;
}

TableRequirement TableRequirement::ViewUuid(std::string uuid) {
  TableRequirement requirement;
  requirement.kind = Kind::kAssertViewUuid;
  requirement.uuid = std::move(uuid);
  return requirement;
}

TableRequirement TableRequirement::RefSnapshotId(std::string ref,
                                                 std::optional<int64_t> snapshot_id) {
  TableRequirement requirement;
  requirement.kind = Kind::kAssertRefSnapshotId;
  requirement.ref = std::move(ref);
  requirement.snapshot_id = snapshot_id;
  return requirement;
}

TableRequirement TableRequirement::CurrentSchemaId(int32_t id) {
  TableRequirement requirement;
  requirement.kind = Kind::kAssertCurrentSchemaId;
  requirement.id = id;
  return requirement;
}

TableRequirement TableRequirementFromJson(const Json& json) {
  constexpr char kRequirement[] = "table requirement";
  std::string type = RequireString(json, "type", kRequirement);
  TableRequirement requirement;
  for (const auto& [kind, name] : kRequirementNames) {
    if (type != name) continue;
    requirement.kind = kind;
    if (kind == TableRequirement::Kind::kAssertTableUuid ||
        kind == TableRequirement::Kind::kAssertViewUuid) {
      requirement.uuid = RequireString(json, "uuid", kRequirement);
    } else if (kind == TableRequirement::Kind::kAssertRefSnapshotId) {
      requirement.ref = RequireString(json, "ref", kRequirement);
      auto id = json.find("snapshot-id");
      if (id != json.end() && !id->is_null()) {
        requirement.snapshot_id = RequireInteger(json, "snapshot-id", kRequirement);
      }
    } else if (const char* member = IdMember(kind)) {
      requirement.id = RequireInt32(json, member, kRequirement);
    }
    return requirement;
  }
  throw Error(ErrorCode::kUnsupported,
              fmt::format("the table requirement \"{}\" is not known to Eider", type));
}

Json TableRequirementToJson(const TableRequirement& requirement) {
  Json json;
  for (const auto& [kind, name] : kRequirementNames) {
    if (kind == requirement.kind) json["type"] = name;
  }
  if (!requirement.uuid.empty()) json["uuid"] = requirement.uuid;
  if (requirement.kind == TableRequirement::Kind::kAssertRefSnapshotId) {
    json["ref"] = requirement.ref;
    json["snapshot-id"] = requirement.snapshot_id ? Json(*requirement.snapshot_id) : Json(nullptr);
  } else if (const char* member = IdMember(requirement.kind)) {
    json[member] = requirement.id;
  }
  return json;
}

void CheckRequirements(const std::vector<TableRequirement>& requirements, const TableMetadata* base,
                       const std::string& name) {
  for (const TableRequirement& requirement : requirements) {
    using Kind = TableRequirement::Kind;
    if (requirement.kind == Kind::kAssertCreate) {
      if (base != nullptr) Violated(name, "it exists already");
      continue;
    }
    if (base == nullptr) Violated(name, "it does not exist any more");
    switch (requirement.kind) {
      case Kind::kAssertTableUuid:
      case Kind::kAssertViewUuid:
        if (requirement.uuid != base->table_uuid) {
          Violated(name, "another table of that name took its place");
        }
        break;
      case Kind::kAssertRefSnapshotId:
        CheckRef(requirement, *base, name);
        break;
      case Kind::kAssertLastAssignedFieldId:
        CheckId(name, "last assigned field id", requirement.id, base->last_column_id);
        break;
      case Kind::kAssertCurrentSchemaId:
        CheckId(name, "current schema id", requirement.id, base->current_schema_id);
        break;
      case Kind::kAssertLastAssignedPartitionId:
        CheckId(name, "last assigned partition id", requirement.id, base->last_partition_id);
        break;
      case Kind::kAssertDefaultSpecId:
        CheckId(name, "default partition spec", requirement.id, base->default_spec_id);
        break;
      case Kind::kAssertDefaultSortOrderId:
        CheckId(name, "default sort order", requirement.id, base->default_sort_order_id);
        break;
      case Kind::kAssertCreate:
        break;
    }
  }
}

void CheckViewRequirements(const std::vector<TableRequirement>& requirements,
                           const ViewMetadata* base, const std::string& name) {
  for (const TableRequirement& requirement : requirements) {
    if (requirement.kind == TableRequirement::Kind::kAssertCreate) {
      if (base != nullptr) Violated(name, "it exists already");
    } else if (requirement.kind == TableRequirement::Kind::kAssertViewUuid) {
      if (base == nullptr) Violated(name, "it does not exist any more");
      if (requirement.uuid != base->view_uuid) {
        Violated(name, "another view of that name took its place");
      }
    } else {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("a requirement of {} is one for tables, not for views", name));
    }
  }
}

}  // namespace eider::iceberg

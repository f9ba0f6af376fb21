#include "server/rest_tables.h"

#include <fmt/format.h>

#include "base/clock.h"
#include "iceberg/metadata_builder.h"
#include "server/rest_access.h"
#include "server/rest_error.h"
#include "server/rest_listing.h"

namespace eider::server {

namespace {

struct NewTable {
  std::string name;
  std::string location;  // "" where the catalog is to choose
  iceberg::TableDefinition definition;
  std::map<std::string, std::string> properties;
  bool staged = false;
};

NewTable ReadNewTable(const std::string& body) {
  constexpr char kWhat[] = "new table";
  Json json = ParseBody(body);
  NewTable table;
  auto given = [&](const char* key) { return json.contains(key) && !json[key].is_null(); };
  Understand([&] {
    table.name = RequireString(json, "name", kWhat);
    table.location = OptionalString(json, "location");
    table.definition.schema = iceberg::SchemaFromJson(RequireMember(json, "schema", kWhat), kWhat);
    if (given("partition-spec")) {
      table.definition.spec = iceberg::PartitionSpecFromJson(json["partition-spec"], kWhat);
    }
    if (given("write-order")) {
      table.definition.order = iceberg::SortOrderFromJson(json["write-order"], kWhat);
    }
    table.properties = OptionalProperties(json, "properties");
    table.staged = OptionalFlag(json, "stage-create");
  });
  CheckName(table.name);
  return table;
}

std::vector<iceberg::TableUpdate> UpdatesOf(const NewTable& table, const std::string& location) {
  iceberg::TableDefinition fresh = iceberg::WithFreshIds(table.definition);
  return iceberg::CreateTableUpdates(fresh.schema, fresh.spec, location, table.properties,
                                     fresh.order);
}

HttpResponse StageTable(RestCall& call, const NewTable& table, const std::string& location) {
  auto updates = UpdatesOf(table, location);
  iceberg::TableMetadataBuilder builder(iceberg::FormatVersionOf(updates));
  for (const iceberg::TableUpdate& update : updates) builder.Apply(update);
  iceberg::TableMetadata metadata = builder.Build(NowMillis());
  MakeTableFolders(call, metadata.location);
  LoadedAnswer staged{"", LoadTableBody(metadata, "", SnapshotMode::kAll), metadata.location};
  return LoadedTableResponse(call, {call.name_space, table.name}, staged);
}

catalog::TableChange DropChange(const catalog::TableIdentifier& identifier) {
  catalog::TableChange change;
  change.kind = catalog::TableChange::Kind::kDrop;
  change.identifier = identifier;
  return change;
}

}  // namespace

HttpResponse ListTables(RestCall& call) { return ListEntries(call, catalog::EntityKind::kTable); }

HttpResponse CreateTable(RestCall& call) {
  NewTable table = ReadNewTable(call.http.body);
  catalog::TableIdentifier identifier{call.name_space, table.name};
  call.Require(Right::kWrite, call.ObjectOf(identifier));
  call.delegates = identifier;
  auto prepare = [&] {
    RequireNamespace(call, call.name_space);
    RequireFreeName(call, identifier, catalog::EntityKind::kTable);
    return table.location.empty()
               ? call.catalog().NewLocation(identifier)
               : RequireLocation(call, call.name_space, "", table.location, "location");
  };
  // Nothing lasts of it, so that it may be done as often as it is asked for.
  if (table.staged) return StageTable(call, table, prepare());
  return AnswerOnce(call, [&] {
    std::string location = prepare();
    catalog::TableChange change;
    change.kind = catalog::TableChange::Kind::kCreate;
    change.identifier = identifier;
    change.requirements = {iceberg::TableRequirement::Create()};
    change.updates = UpdatesOf(table, location);
    DelegationFor(call, identifier, location);
    MakeTableFolders(call, location);
    catalog::CommitRequest request;
    request.tables = {change};
    try {
      return CommitOnce(call, request, [](const catalog::CommitResult& result) {
        return RestAnswer::Table(result.metadata_locations[0]);
      });
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kAlreadyExists) throw;
      throw AlreadyExists("Table already exists: " + identifier.ToString());
    }
  });
}

HttpResponse LoadTable(RestCall& call) {
  SnapshotMode mode = SnapshotMode::kAll;
  if (const std::string* wanted = call.query.Find("snapshots")) {
    if (*wanted != "all" && *wanted != "refs") {
      throw BadRequest(fmt::format("snapshots is all or refs, not \"{}\"", *wanted));
    }
    if (*wanted == "refs") mode = SnapshotMode::kRefs;
  }
  catalog::Entry entry = RequireTable(call, call.identifier());
  auto loaded = call.warehouse.loaded.Table(call.catalog(), entry.metadata_location, mode);
  return LoadedTableResponseIfNew(call, call.identifier(), *loaded);
}

HttpResponse CheckTableExists(RestCall& call) {
  RequireTable(call, call.identifier());
  return JsonResponse(204, "");
}

HttpResponse DropTable(RestCall& call) {
  bool purge = call.query.Flag("purgeRequested");
  return AnswerOnce(call, [&] {
    RequireTable(call, call.identifier());
    catalog::CommitRequest request;
    request.tables = {DropChange(call.identifier())};
    return CommitOnce(
        call, request, [](const catalog::CommitResult&) { return RestAnswer::NoContent(); },
        [&](const catalog::CommitResult& result) {
          if (!purge) return;
          call.catalog().Purge(call.identifier(),
                               {catalog::EntityKind::kTable, result.metadata_locations[0]});
        });
  });
}

HttpResponse UnregisterTable(RestCall& call) {
  return AnswerOnce(call, [&] {
    RequireTable(call, call.identifier());
    catalog::CommitRequest request;
    request.tables = {DropChange(call.identifier())};
    return CommitOnce(call, request, [](const catalog::CommitResult& result) {
      return RestAnswer::Table(result.metadata_locations[0]);
    });
  });
}

HttpResponse RegisterTable(RestCall& call) {
  return RegisterEntry(call, catalog::EntityKind::kTable);
}

HttpResponse RenameTable(RestCall& call) { return RenameEntry(call, catalog::EntityKind::kTable); }

HttpResponse ReportMetrics(RestCall& call) {
  Json body = ParseBody(call.http.body);
  Understand([&] {
    std::string type = RequireString(body, "report-type", "metrics report");
    if (type != "scan-report" && type != "commit-report") {
      throw BadRequest(fmt::format("\"{}\" is no type of metrics report", type));
    }
  });
  RequireTable(call, call.identifier());
  call.metrics.Add({NowMillis(), call.warehouse.name, call.identifier(), call.http.body});
  return JsonResponse(204, "");
}

HttpResponse RenameEntry(RestCall& call, catalog::EntityKind kind) {
  Json body = ParseBody(call.http.body);
  catalog::TableChange change;
  change.kind = catalog::TableChange::Kind::kRename;
  change.entity = kind;
  Understand([&] {
    change.identifier = IdentifierFromBody(RequireMember(body, "source", "request"));
    change.new_identifier = IdentifierFromBody(RequireMember(body, "destination", "request"));
  });
  call.Require(Right::kWrite, call.ObjectOf(change.identifier));
  call.Require(Right::kWrite, call.ObjectOf(change.new_identifier));
  return AnswerOnce(call, [&] {
    if (kind == catalog::EntityKind::kView) {
      RequireView(call, change.identifier);
    } else {
      RequireTable(call, change.identifier);
    }
    RequireNamespace(call, change.new_identifier.name_space);
    if (auto taken = call.catalog().Find(change.new_identifier)) {
      throw AlreadyExists(
          fmt::format("Cannot rename {} to {}. {} already exists", change.identifier.ToString(),
                      change.new_identifier.ToString(),
                      taken->kind == catalog::EntityKind::kView ? "View" : "Table"));
    }
    catalog::CommitRequest request;
    request.tables = {change};
    return CommitOnce(call, request,
                      [](const catalog::CommitResult&) { return RestAnswer::NoContent(); });
  });
}

HttpResponse RegisterEntry(RestCall& call, catalog::EntityKind kind) {
  bool is_view = kind == catalog::EntityKind::kView;
  Json body = ParseBody(call.http.body);
  catalog::TableChange change;
  change.kind = catalog::TableChange::Kind::kRegister;
  change.entity = kind;
  Understand([&] {
    change.identifier = {call.name_space, RequireString(body, "name", "request")};
    change.metadata_location = RequireString(body, "metadata-location", "request");
    change.replace = !is_view && OptionalFlag(body, "overwrite");
  });
  CheckName(change.identifier.name);
  call.Require(Right::kWrite, call.ObjectOf(change.identifier));
  if (!is_view) call.delegates = change.identifier;
  auto checked = [&](const std::string& location, const std::string& what) {
    return RequireLocation(call, call.name_space, "", location, what);
  };
  return AnswerOnce(call, [&] {
    RequireNamespace(call, call.name_space);
    change.metadata_location = checked(change.metadata_location, "metadata-location");
    if (!change.replace || FindEntry(call, change.identifier, catalog::EntityKind::kView)) {
      RequireFreeName(call, change.identifier, kind);
    }
    std::string location;
    try {
      // The next commit writes where the metadata says the table lies.
      location = checked(is_view ? call.catalog().LoadView(change.metadata_location)->location
                                 : call.catalog().LoadTable(change.metadata_location)->location,
                         "the location in " + change.metadata_location);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kNotFound) throw ToRestError(error);
      throw BadRequest(error.message());
    }
    if (call.delegates) DelegationFor(call, *call.delegates, location);
    catalog::CommitRequest request;
    request.tables = {change};
    return CommitOnce(call, request, [&](const catalog::CommitResult& result) {
      const std::string& location = result.metadata_locations[0];
      return is_view ? RestAnswer::View(location) : RestAnswer::Table(location);
    });
  });
}

void MakeTableFolders(RestCall& call, const std::string& location) {
  for (const char* folder : {"/data", "/metadata"}) {
    call.catalog().files().CreateDirectories(location + folder);
  }
}

}  // namespace eider::server

#include "server/rest_views.h"

#include "base/uuid.h"
#include "server/rest_access.h"
#include "server/rest_commit.h"
#include "server/rest_error.h"
#include "server/rest_listing.h"
#include "server/rest_tables.h"

namespace eider::server {

namespace {

struct NewView {
  std::string name;
  std::string location;  // "" where the catalog is to choose
  iceberg::Schema schema;
  iceberg::ViewVersion version;
  std::map<std::string, std::string> properties;
};

// Eider keeps what it does not know of a version, but a representation that is no SQL it could not
// write again.
void CheckRepresentations(const Json& version) {
  for (const Json& item : RequireArray(version, "representations", "view version")) {
    std::string type = RequireString(item, "type", "view representation");
    if (type != "sql") throw BadRequest("a view is given in SQL, not in " + type);
  }
}

NewView ReadNewView(const std::string& body) {
  constexpr char kWhat[] = "new view";
  Json json = ParseBody(body);
  NewView view;
  Understand([&] {
    view.name = RequireString(json, "name", kWhat);
    view.location = OptionalString(json, "location");
    view.schema = iceberg::SchemaFromJson(RequireMember(json, "schema", kWhat), kWhat);
    const Json& version = RequireMember(json, "view-version", kWhat);
    CheckRepresentations(version);
    view.version = iceberg::ViewVersionFromJson(version, kWhat);
    view.properties = OptionalProperties(json, "properties");
  });
  view.version.schema_id = iceberg::kLastAdded;
  CheckName(view.name);
  return view;
}

catalog::TableChange CreateChange(const NewView& view, const catalog::TableIdentifier& identifier,
                                  const std::string& location) {
  catalog::TableChange change;
  change.kind = catalog::TableChange::Kind::kCreate;
  change.entity = catalog::EntityKind::kView;
  change.identifier = identifier;
  change.updates = {iceberg::AssignUuid{NewUuid()},   iceberg::SetLocation{location},
                    iceberg::AddSchema{view.schema},  iceberg::AddViewVersion{view.version},
                    iceberg::SetCurrentViewVersion{}, iceberg::SetProperties{view.properties}};
  return change;
}

RestAnswer ViewAnswer(const catalog::CommitResult& result) {
  return RestAnswer::View(result.metadata_locations[0]);
}

}  // namespace

HttpResponse ListViews(RestCall& call) { return ListEntries(call, catalog::EntityKind::kView); }

HttpResponse CreateView(RestCall& call) {
  NewView view = ReadNewView(call.http.body);
  catalog::TableIdentifier identifier{call.name_space, view.name};
  call.Require(Right::kWrite, call.ObjectOf(identifier));
  return AnswerOnce(call, [&] {
    RequireNamespace(call, call.name_space);
    RequireFreeName(call, identifier, catalog::EntityKind::kView);
    std::string location = view.location.empty() ? call.catalog().NewLocation(identifier)
                                                 : RequireLocation(call, call.name_space, "",
                                                                   view.location, "location");
    catalog::CommitRequest request;
    request.tables = {CreateChange(view, identifier, location)};
    try {
      return CommitOnce(call, request, ViewAnswer);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kAlreadyExists) throw;
      throw AlreadyExists("View already exists: " + identifier.ToString());
    }
  });
}

HttpResponse LoadView(RestCall& call) {
  catalog::Entry entry = RequireView(call, call.identifier());
  return JsonResponse(200,
                      call.warehouse.loaded.View(call.catalog(), entry.metadata_location)->body);
}

HttpResponse CheckViewExists(RestCall& call) {
  RequireView(call, call.identifier());
  return JsonResponse(204, "");
}

HttpResponse ReplaceView(RestCall& call) {
  Json body = ParseBody(call.http.body);
  catalog::TableChange change;
  change.entity = catalog::EntityKind::kView;
  change.identifier = call.identifier();
  change.requirements = ReadRequirements(body);
  change.updates = ReadUpdates(body);
  Understand([&] {
    for (const Json& update : body["updates"]) {
      if (update.contains("view-version")) CheckRepresentations(update["view-version"]);
    }
  });
  return AnswerOnce(call, [&] {
    catalog::Entry entry = RequireView(call, call.identifier());
    CheckUpdateLocations(call, call.name_space, change.updates,
                         call.catalog().LoadView(entry.metadata_location)->location);
    catalog::CommitRequest request;
    request.tables = {change};
    return CommitOnce(call, request, ViewAnswer);
  });
}

HttpResponse DropView(RestCall& call) {
  return AnswerOnce(call, [&] {
    RequireView(call, call.identifier());
    catalog::TableChange change;
    change.kind = catalog::TableChange::Kind::kDrop;
    change.entity = catalog::EntityKind::kView;
    change.identifier = call.identifier();
    catalog::CommitRequest request;
    request.tables = {change};
    return CommitOnce(call, request,
                      [](const catalog::CommitResult&) { return RestAnswer::NoContent(); });
  });
}

HttpResponse RenameView(RestCall& call) { return RenameEntry(call, catalog::EntityKind::kView); }

HttpResponse RegisterView(RestCall& call) {
  return RegisterEntry(call, catalog::EntityKind::kView);
}

}  // namespace eider::server

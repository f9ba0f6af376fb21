#include "server/console.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/hash.h"
#include "base/json.h"
#include "server/console_files.h"
#include "server/http_status.h"
#include "server/principal.h"
#include "server/readable_files.h"
#include "server/rest_error.h"
#include "server/rest_request.h"
#include "server/snapshot_files.h"

namespace eider::server {

namespace {

constexpr size_t kEventsToShow = 200;
constexpr size_t kFilesToShow = 500;
constexpr size_t kReportsToShow = 100;

// Nothing but the page's own files and the server itself; nobody may show it in a frame.
constexpr char kPolicy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

bool MaySee(const HttpRequest& request, const AccessObject& object) {
  return request.principal->MaySee(object);
}

void RequireRead(const HttpRequest& request, const AccessObject& object) {
  if (request.principal->May(Right::kRead, object)) return;
  throw RestError(403, "ForbiddenException",
                  fmt::format("{} may not read {}", request.principal->name(), object.ToString()));
}

AccessObject ObjectOf(const std::string& warehouse, const catalog::TableIdentifier& identifier) {
  return {warehouse, identifier.name_space, identifier.name};
}

std::string Parameter(const QueryParameters& query, std::string_view name) {
  const std::string* value = query.Find(name);
  if (value == nullptr || value->empty()) {
    throw BadRequest(fmt::format("the parameter {} is missing", name));
  }
  return *value;
}

template <typename Number>
Number NumberParameter(const QueryParameters& query, std::string_view name) {
  std::string text = Parameter(query, name);
  Number value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw BadRequest(fmt::format("the parameter {} is no number", name));
  }
  return value;
}

catalog::TableIdentifier TableParameter(const QueryParameters& query) {
  return {NamespaceFromPath(Parameter(query, "namespace")), Parameter(query, "table")};
}

std::string_view ContentName(iceberg::FileContent content) {
  switch (content) {
    case iceberg::FileContent::kPositionDeletes:
      return "position deletes";
    case iceberg::FileContent::kEqualityDeletes:
      return "equality deletes";
    case iceberg::FileContent::kData:
      break;
  }
  return "data";
}

Json FilesToJson(const SnapshotFiles& found) {
  Json json = {{"total", found.total}, {"records", found.records}, {"bytes", found.bytes}};
  json["sizes"] = Json::array();
  for (size_t i = 0; i < found.sizes.size(); ++i) {
    Json size = {{"files", found.sizes[i]}};
    if (i < SnapshotFiles::kSizes.size()) size["up-to"] = SnapshotFiles::kSizes[i];
    json["sizes"].push_back(std::move(size));
  }
  json["files"] = Json::array();
  for (const SnapshotFiles::File& row : found.files) {
    json["files"].push_back({{"path", row.file->file_path},
                             {"content", ContentName(row.file->content)},
                             {"format", row.file->file_format},
                             {"partition", row.partition},
                             {"records", row.file->record_count},
                             {"bytes", row.file->file_size_in_bytes}});
  }
  return json;
}

constexpr char kReadingMethods[] = "GET, HEAD";

bool IsReading(const HttpRequest& request) {
  return request.method == "GET" || request.method == "HEAD";
}

// nullptr where there is none.
const ConsoleFile* FindFile(std::string_view path) {
  if (path.ends_with('/')) path.remove_suffix(1);
  for (const ConsoleFile& file : ConsoleFiles()) {
    if (file.path == path) return &file;
  }
  return nullptr;
}

Json RunToJson(const DbtRuns::Run& run) {
  Json json = {{"project", run.project}};
  if (!run.run) {
    json["error"] = run.error;
    return json;
  }
  json["command"] = run.run->command;
  json["ended-ms"] = run.run->ended_ms;
  json["seconds"] = run.run->seconds;
  json["counts"] = run.run->Counts();
  json["nodes"] = Json::array();
  for (const DbtNodeResult& node : run.run->nodes) {
    json["nodes"].push_back({{"id", node.unique_id},
                             {"status", node.status},
                             {"seconds", node.seconds},
                             {"message", node.message}});
  }
  return json;
}

}  // namespace

// What the principal may see of a warehouse.
std::map<catalog::Namespace, Console::Counts> Console::CountsOf(const HttpRequest& request,
                                                                const Warehouse& warehouse) {
  std::map<catalog::Namespace, Counts> counts;
  auto snapshot = warehouse.catalog->Snapshot();
  for (const auto& [name, properties] : snapshot->namespaces) {
    if (MaySee(request, {warehouse.name, name})) counts[name];
  }
  for (const auto& [identifier, entry] : snapshot->entries) {
    if (!MaySee(request, ObjectOf(warehouse.name, identifier))) continue;
    Counts& count = counts[identifier.name_space];
    ++(entry.kind == catalog::EntityKind::kView ? count.views : count.tables);
  }
  return counts;
}

const Console::Warehouse& Console::WarehouseOf(const HttpRequest& request) const {
  std::string name = Parameter(QueryParameters(request.query), "warehouse");
  for (const Warehouse& warehouse : sources_.warehouses) {
    if (warehouse.name == name && MaySee(request, {name})) return warehouse;
  }
  throw RestError(404, "NoSuchWarehouseException", fmt::format("there is no warehouse {}", name));
}

Json Console::Warehouses(const HttpRequest& request) const {
  Json json = {{"version", sources_.version}};
  if (request.principal != Principal::Anonymous()) json["principal"] = request.principal->name();
  json["warehouses"] = Json::array();
  for (const Warehouse& warehouse : sources_.warehouses) {
    if (!MaySee(request, {warehouse.name})) continue;
    size_t namespaces = 0;
    size_t tables = 0;
    size_t views = 0;
    for (const auto& [name, counts] : CountsOf(request, warehouse)) {
      ++namespaces;
      tables += counts.tables;
      views += counts.views;
    }
    json["warehouses"].push_back({{"name", warehouse.name},
                                  {"location", warehouse.catalog->warehouse()},
                                  {"namespaces", namespaces},
                                  {"tables", tables},
                                  {"views", views}});
  }
  return json;
}

Json Console::Namespaces(const HttpRequest& request) const {
  const Warehouse& warehouse = WarehouseOf(request);
  Json json = {{"location", warehouse.catalog->warehouse()}, {"namespaces", Json::array()}};
  for (const auto& [name, count] : CountsOf(request, warehouse)) {
    json["namespaces"].push_back(
        {{"namespace", name}, {"tables", count.tables}, {"views", count.views}});
  }
  return json;
}

Json Console::Commits(const HttpRequest& request) const {
  auto after = NumberParameter<uint64_t>(QueryParameters(request.query), "after");
  std::set<std::string> served;
  for (const Warehouse& warehouse : sources_.warehouses) served.insert(warehouse.name);
  Json json = {{"newest", sources_.commits->newest()}, {"events", Json::array()}};
  // After a restart the numbers begin anew, and whoever asks has those of before.
  if (after > sources_.commits->newest()) after = 0;
  for (const CommitFeed::Numbered& numbered : sources_.commits->Latest(after, kEventsToShow)) {
    const CommitEvent& event = numbered.event;
    bool renamed = event.action == CommitEvent::Action::kRename;
    if (served.count(event.warehouse) == 0 ||
        !MaySee(request, ObjectOf(event.warehouse, event.identifier)) ||
        (renamed && !MaySee(request, ObjectOf(event.warehouse, event.new_identifier)))) {
      continue;
    }
    json["events"].push_back(ToJson(event));
  }
  return json;
}

Json Console::Files(const HttpRequest& request) const {
  const Warehouse& warehouse = WarehouseOf(request);
  QueryParameters query(request.query);
  catalog::TableIdentifier identifier = TableParameter(query);
  RequireRead(request, ObjectOf(warehouse.name, identifier));
  auto entry = warehouse.catalog->Find(identifier);
  if (!entry || entry->kind != catalog::EntityKind::kTable) throw NoSuchTable(identifier);
  auto metadata = warehouse.catalog->LoadTable(entry->metadata_location);
  auto id = NumberParameter<int64_t>(query, "snapshot");
  const iceberg::Snapshot* snapshot = metadata->SnapshotById(id);
  if (snapshot == nullptr) {
    throw RestError(404, "NotFoundException",
                    fmt::format("{} has no snapshot {} (any more)", identifier.ToString(), id));
  }
  bool may_read_all = request.principal->May(Right::kRead, {warehouse.name});
  RequireReadableFiles(*metadata, {snapshot}, may_read_all ? &warehouse.locations : nullptr,
                       warehouse.catalog->files());
  return FilesToJson(FilesOf(*metadata, *snapshot, NumberParameter<size_t>(query, "offset"),
                             kFilesToShow, warehouse.catalog->files()));
}

Json Console::Reports(const HttpRequest& request) const {
  const Warehouse& warehouse = WarehouseOf(request);
  catalog::TableIdentifier identifier = TableParameter(QueryParameters(request.query));
  RequireRead(request, ObjectOf(warehouse.name, identifier));
  Json json = {{"reports", Json::array()}};
  for (const MetricsReport& report : sources_.rest->LatestMetrics(SIZE_MAX)) {
    if (report.warehouse != warehouse.name || report.table != identifier) continue;
    json["reports"].push_back(
        {{"received", report.received_ms}, {"report", Json::parse(report.report)}});
    if (json["reports"].size() == kReportsToShow) break;
  }
  return json;
}

Json Console::Runs(const HttpRequest& request) const {
  // A project may be built into any warehouse.
  RequireRead(request, {});
  Json json = {{"runs", Json::array()}};
  for (const DbtRuns::Run& run : sources_.runs->Latest()) json["runs"].push_back(RunToJson(run));
  return json;
}

const std::map<std::string_view, Console::Route>& Console::Routes() {
  static const std::map<std::string_view, Route> routes = {
      {"/warehouses", &Console::Warehouses}, {"/namespaces", &Console::Namespaces},
      {"/commits", &Console::Commits},       {"/files", &Console::Files},
      {"/reports", &Console::Reports},       {"/runs", &Console::Runs}};
  return routes;
}

HttpResponse Console::Handle(const HttpRequest& request) const {
  HttpResponse response;
  try {
    if (!IsReading(request)) {
      throw RestError(405, "MethodNotAllowedException", "the console only reads");
    }
    auto route = Routes().find(RouteOf(request));
    if (route == Routes().end()) {
      throw RestError(404, "NotFoundException", fmt::format("there is no {}", request.path));
    }
    Json json = (this->*route->second)(request);
    response = JsonResponse(200, json.dump(-1, ' ', false, Json::error_handler_t::replace));
  } catch (const RestError& error) {
    response = JsonResponse(error.status(), error.Body());
    if (error.status() == 405) response.fields["Allow"] = kReadingMethods;
  } catch (const Error& error) {
    RestError answer = ToRestError(error);
    if (answer.status() >= 500) throw;
    response = JsonResponse(answer.status(), answer.Body());
  }
  response.fields["Cache-Control"] = "no-store";
  return response;
}

HttpResponse Console::File(const HttpRequest& request) {
  const ConsoleFile* file = FindFile(request.path);
  if (file == nullptr) return ErrorResponse(404, fmt::format("there is no {}", request.path));
  if (!IsReading(request)) {
    HttpResponse response = ErrorResponse(405, fmt::format("{} is only to be read", request.path));
    response.fields["Allow"] = kReadingMethods;
    return response;
  }
  HttpResponse response;
  response.fields = {{"Content-Type", std::string(file->type)},
                     {"Content-Security-Policy", kPolicy},
                     {"X-Content-Type-Options", "nosniff"},
                     {"Referrer-Policy", "no-referrer"},
                     {"Cache-Control", "no-cache"},
                     {"ETag", "\"" + Sha256Hex(file->text) + "\""}};
  if (request.Field("If-None-Match") == response.fields["ETag"]) {
    response.status = 304;
  } else {
    response.body = file->text;
  }
  return response;
}

std::string_view Console::RouteOf(const HttpRequest& request) {
  auto route = Routes().find(std::string_view(request.path).substr(kApiPath.size()));
  return route == Routes().end() ? std::string_view() : route->first;
}

std::string_view Console::FileOf(const HttpRequest& request) {
  const ConsoleFile* file = FindFile(request.path);
  // The page itself is at kPath: "/ui" + "/".
  if (file == nullptr) return "";
  return file->path == kPath ? "/" : file->path.substr(kPath.size());
}

}  // namespace eider::server

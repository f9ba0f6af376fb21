#include "server/rest_namespaces.h"

#include <fmt/format.h>

#include <set>

#include "catalog/projection.h"
#include "server/rest_error.h"
#include "server/rest_page.h"

namespace eider::server {

namespace {

// What `parent` is above, one level below it, in order. Namespaces that only others below them
// tell of, as other writers of the JDBC catalog leave them, are among these.
std::set<std::string> ChildrenOf(const catalog::CatalogSnapshot& snapshot,
                                 const catalog::Namespace& parent) {
  std::set<std::string> children;
  for (auto it = snapshot.namespaces.lower_bound(parent); it != snapshot.namespaces.end(); ++it) {
    const catalog::Namespace& name = it->first;
    if (name.size() < parent.size() || !std::equal(parent.begin(), parent.end(), name.begin())) {
      break;
    }
    if (name.size() > parent.size()) children.insert(name[parent.size()]);
  }
  return children;
}

Json ToJson(const catalog::Namespace& name, const std::map<std::string, std::string>& properties) {
  Json json;
  json["namespace"] = name;
  json["properties"] = Json::object();
  for (const auto& [key, value] : properties) json["properties"][key] = value;
  return json;
}

RestAnswer DropOnce(RestCall& call) {
  catalog::CommitRequest request;
  request.namespaces = {{catalog::NamespaceChange::Kind::kDrop, call.name_space, {}}};
  auto not_empty = [&] {
    return RestError(
        409, "NamespaceNotEmptyException",
        fmt::format("Namespace {} is not empty", catalog::NamespaceText(call.name_space)));
  };
  RequireNamespace(call, call.name_space);
  if (!ChildrenOf(*call.catalog().Snapshot(), call.name_space).empty()) throw not_empty();
  try {
    return CommitOnce(call, request,
                      [](const catalog::CommitResult&) { return RestAnswer::NoContent(); });
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kNotFound) throw NoSuchNamespace(call.name_space);
    if (error.code() == ErrorCode::kConflict) throw not_empty();
    throw;
  }
}

}  // namespace

HttpResponse ListNamespaces(RestCall& call) {
  Page page = ReadPage(call.query);
  auto snapshot = call.catalog().Snapshot();
  catalog::Namespace parent;
  const std::string* text = call.query.Find("parent");
  if (text != nullptr && !text->empty()) {
    parent = NamespaceFromPath(*text);
    call.RequireSight(call.ObjectOf(parent));
    RequireNamespace(call, parent);
  }
  std::set<std::string> children = ChildrenOf(*snapshot, parent);
  Json json;
  json["namespaces"] = Json::array();
  json["next-page-token"] = nullptr;
  std::string last;
  for (auto it = children.upper_bound(page.after); it != children.end(); ++it) {
    catalog::Namespace child = parent;
    child.push_back(*it);
    if (!call.principal().MaySee(call.ObjectOf(child))) continue;
    if (json["namespaces"].size() == page.size) {
      json["next-page-token"] = PageToken(last);
      break;
    }
    json["namespaces"].push_back(child);
    last = *it;
  }
  return JsonResponse(200, json.dump());
}

HttpResponse CreateNamespace(RestCall& call) {
  Json body = ParseBody(call.http.body);
  catalog::NamespaceChange change;
  Understand([&] {
    change.name = NamespaceFromBody(RequireMember(body, "namespace", "request"));
    change.properties = OptionalProperties(body, "properties");
  });
  call.Require(Right::kWrite, call.ObjectOf(change.name));
  return AnswerOnce(call, [&] {
    catalog::CommitRequest request;
    request.namespaces = {change};
    std::string answer = ToJson(change.name, change.properties).dump();
    try {
      return CommitOnce(call, request,
                        [&](const catalog::CommitResult&) { return RestAnswer::Body(answer); });
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kAlreadyExists) throw;
      throw AlreadyExists("Namespace already exists: " + catalog::NamespaceText(change.name));
    }
  });
}

HttpResponse LoadNamespace(RestCall& call) {
  auto properties = RequireNamespace(call, call.name_space);
  // Without it Trino first creates a table and then refuses it, since its folder is not empty.
  properties.emplace("location",
                     catalog::NamespaceLocation(call.catalog().warehouse(), call.name_space));
  return JsonResponse(200, ToJson(call.name_space, properties).dump());
}

HttpResponse CheckNamespaceExists(RestCall& call) {
  RequireNamespace(call, call.name_space);
  return JsonResponse(204, "");
}

HttpResponse DropNamespace(RestCall& call) {
  return AnswerOnce(call, [&] { return DropOnce(call); });
}

HttpResponse UpdateNamespaceProperties(RestCall& call) {
  Json body = ParseBody(call.http.body);
  catalog::NamespaceChange change;
  change.kind = catalog::NamespaceChange::Kind::kSetProperties;
  change.name = call.name_space;
  std::set<std::string> removals;
  Understand([&] {
    change.properties = OptionalProperties(body, "updates");
    if (body.contains("removals") && !body["removals"].is_null()) {
      for (const Json& key : RequireArray(body, "removals", "request")) {
        removals.insert(key.get<std::string>());
      }
    }
  });
  for (const std::string& key : removals) {
    if (change.properties.count(key) == 0) continue;
    throw RestError(422, "UnprocessableEntityException",
                    fmt::format("Invalid namespace update. The update contains {} both to be set "
                                "and to be removed",
                                key));
  }
  change.removals.assign(removals.begin(), removals.end());
  return AnswerOnce(call, [&] {
    auto before = RequireNamespace(call, call.name_space);
    Json answer;
    for (const char* list : {"updated", "removed", "missing"}) answer[list] = Json::array();
    for (const auto& [key, value] : change.properties) answer["updated"].push_back(key);
    for (const std::string& key : removals) {
      answer[before.count(key) > 0 ? "removed" : "missing"].push_back(key);
    }
    catalog::CommitRequest request;
    request.namespaces = {change};
    std::string text = answer.dump();
    return CommitOnce(call, request,
                      [&](const catalog::CommitResult&) { return RestAnswer::Body(text); });
  });
}

}  // namespace eider::server

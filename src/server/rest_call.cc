#include "server/rest_call.h"

#include <fmt/format.h>

#include "server/rest_error.h"

namespace eider::server {

void RestCall::Require(Right right, const AccessObject& object) {
  objects.push_back(object);
  if (principal().May(right, object)) return;
  throw Forbidden(fmt::format("{} has no right to {} {}", principal().name(),
                              right == Right::kAdmin ? "administer" : RightName(right),
                              object.ToString()));
}

void RestCall::RequireSight(const AccessObject& object) {
  objects.push_back(object);
  if (principal().MaySee(object)) return;
  throw Forbidden(fmt::format("{} may read nothing in {}", principal().name(), object.ToString()));
}

std::optional<catalog::Entry> FindEntry(RestCall& call, const catalog::TableIdentifier& identifier,
                                        catalog::EntityKind kind) {
  std::optional<catalog::Entry> entry = call.catalog().Find(identifier);
  if (entry && entry->kind != kind) entry.reset();
  return entry;
}

catalog::Entry RequireTable(RestCall& call, const catalog::TableIdentifier& identifier) {
  auto entry = FindEntry(call, identifier, catalog::EntityKind::kTable);
  if (!entry) throw NoSuchTable(identifier);
  return *entry;
}

catalog::Entry RequireView(RestCall& call, const catalog::TableIdentifier& identifier) {
  auto entry = FindEntry(call, identifier, catalog::EntityKind::kView);
  if (!entry) throw NoSuchView(identifier);
  return *entry;
}

std::map<std::string, std::string> RequireNamespace(RestCall& call,
                                                    const catalog::Namespace& name) {
  auto properties = call.catalog().FindNamespace(name);
  if (!properties) throw NoSuchNamespace(name);
  return *properties;
}

void RequireFreeName(RestCall& call, const catalog::TableIdentifier& identifier,
                     catalog::EntityKind kind) {
  std::optional<catalog::Entry> entry = call.catalog().Find(identifier);
  if (!entry) return;
  std::string what = entry->kind == catalog::EntityKind::kView ? "View" : "Table";
  if (entry->kind != kind) what += " with same name";
  throw AlreadyExists(what + " already exists: " + identifier.ToString());
}

}  // namespace eider::server

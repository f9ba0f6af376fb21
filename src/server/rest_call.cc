#include "server/rest_call.h"

#include "server/rest_error.h"

namespace eider::server {

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

#include "catalog/commit_steps.h"

#include <fmt/format.h>

namespace eider::catalog {

const char* KindName(EntityKind kind) { return kind == EntityKind::kView ? "view" : "table"; }

std::string Describe(const TableChange& change) {
  const char* verb = "";
  switch (change.kind) {
    case TableChange::Kind::kCreate:
      verb = "creates";
      break;
    case TableChange::Kind::kUpdate:
      verb = "changes";
      break;
    case TableChange::Kind::kDrop:
      verb = "drops";
      break;
    case TableChange::Kind::kRename:
      verb = "renames";
      break;
    case TableChange::Kind::kRegister:
      verb = "registers";
      break;
  }
  return fmt::format("{} {} {}", verb, KindName(change.entity), change.identifier.ToString());
}

std::string Describe(const NamespaceChange& change) {
  return fmt::format("{} schema {}",
                     change.kind == NamespaceChange::Kind::kDrop ? "drops" : "changes",
                     NamespaceText(change.name));
}

}  // namespace eider::catalog

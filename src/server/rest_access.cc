#include "server/rest_access.h"

#include <fmt/format.h>

#include "catalog/projection.h"
#include "io/file_system.h"
#include "server/rest_error.h"

namespace eider::server {

namespace {

// Local files have two spellings, with "file://" and without.
std::string Spelled(const std::string& location) {
  return location.starts_with("file:") ? io::LocalPath(location) : location;
}

bool LiesIn(const std::string& folder, const std::string& location) {
  std::string within = Spelled(folder);
  if (!within.ends_with('/')) within += '/';
  return Spelled(location).starts_with(within);
}

}  // namespace

void RequireRightsFor(RestCall& call, const catalog::CommitRequest& request) {
  for (const catalog::NamespaceChange& change : request.namespaces) {
    bool creates = change.kind == catalog::NamespaceChange::Kind::kCreate;
    call.Require(creates ? Right::kWrite : Right::kAdmin, call.ObjectOf(change.name));
  }
  for (const catalog::TableChange& change : request.tables) {
    call.Require(Right::kWrite, call.ObjectOf(change.identifier));
    if (change.kind == catalog::TableChange::Kind::kRename) {
      call.Require(Right::kWrite, call.ObjectOf(change.new_identifier));
    }
  }
}

std::string RequireLocation(RestCall& call, const catalog::Namespace& name_space,
                            const std::string& own, const std::string& location,
                            const std::string& what) {
  std::string checked = call.warehouse.locations.Checked(location, what);
  AccessObject warehouse{call.warehouse.name};
  if (call.principal().May(Right::kAdmin, warehouse)) return checked;
  if (!own.empty() && LiesIn(own, checked)) return checked;
  std::string folder = catalog::NamespaceLocation(call.catalog().warehouse(), name_space);
  if (LiesIn(folder, checked) && call.principal().May(Right::kWrite, call.ObjectOf(name_space))) {
    return checked;
  }
  throw Forbidden(fmt::format("{}: {} is not in the folder of the {}, {} may choose no other", what,
                              location, own.empty() ? "namespace" : "table",
                              call.principal().name()));
}

}  // namespace eider::server

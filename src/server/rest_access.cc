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

bool IsLocatedIn(const std::string& folder, const std::string& location) {
  return LiesIn(Spelled(folder), Spelled(location));
}

// The folder around `location` that a new table of that name may be given; "" for none.
std::string NewFolderAround(const std::string& warehouse,
                            const catalog::TableIdentifier& identifier,
                            const std::string& location) {
  std::string folder = location;
  while (folder.size() > warehouse.size()) {
    folder.resize(folder.rfind('/'));
    if (catalog::MayBeNewLocation(warehouse, identifier, folder)) return folder;
  }
  return "";
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
  if (!own.empty() && IsLocatedIn(own, checked)) return checked;
  std::string folder = catalog::NamespaceLocation(call.catalog().warehouse(), name_space);
  if (IsLocatedIn(folder, checked) &&
      call.principal().May(Right::kWrite, call.ObjectOf(name_space))) {
    return checked;
  }
  throw Forbidden(fmt::format("{}: {} is not in the folder of the {}, {} may choose no other", what,
                              location, own.empty() ? "namespace" : "table",
                              call.principal().name()));
}

void RequireNewFile(RestCall& call, const catalog::TableIdentifier& identifier,
                    const std::string& location) {
  std::string folder = NewFolderAround(call.catalog().warehouse(), identifier, location);
  std::string checked = RequireLocation(call, identifier.name_space, folder, location,
                                        "a file of the new table " + identifier.ToString());
  for (const auto& [name, entry] : call.catalog().Snapshot()->entries) {
    std::string metadata = catalog::MetadataFolderOf(entry.metadata_location);
    std::string own =
        metadata.ends_with("/metadata") ? metadata.substr(0, metadata.rfind('/')) : metadata;
    if (!IsLocatedIn(io::PathOf(own), checked)) continue;
    throw Forbidden(fmt::format("{} is in the folder of another table or view", location));
  }
}

}  // namespace eider::server

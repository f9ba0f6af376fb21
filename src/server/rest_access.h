// What the rights of a principal mean for requests to the REST catalog, beyond what a route needs
// for its path (RestRoute::needs).
#pragma once

#include <string>

#include "server/rest_call.h"

namespace eider::server {

// Throws RestError 403 unless the principal may make every change of a commit. All changes of
// clients pass here (CommitOnce), so that no route can forget to ask.
void RequireRightsFor(RestCall& call, const catalog::CommitRequest& request);

// RestLocations::Checked, and more: a location is a way past names, to the files of a table that
// the principal may not even see. So it has to lie in `own`, the folder of the table it is for (""
// where it is new), or in the folder of the namespace, all of which the principal may write; only
// who administers the warehouse may choose another. `what` names it in the error.
std::string RequireLocation(RestCall& call, const catalog::Namespace& name_space,
                            const std::string& own, const std::string& location,
                            const std::string& what);

// Throws RestError 403 unless a file at `location` may become one of a table `identifier`, which is
// not there yet: it lies where RequireLocation would have the table lie, and in no table's or view's
// folder.
void RequireNewFile(RestCall& call, const catalog::TableIdentifier& identifier,
                    const std::string& location);

}  // namespace eider::server

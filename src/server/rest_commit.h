// Routes that commit to tables: one, or several at once.
#pragma once

#include "server/rest_call.h"

namespace eider::server {

HttpResponse UpdateTable(RestCall& call);
HttpResponse CommitTransaction(RestCall& call);

// Updates and requirements of a commit to a table or view as a client sent them. Throws RestError
// 400 for a kind that Eider does not know: nothing of a commit is ever left out.
std::vector<iceberg::TableUpdate> ReadUpdates(const Json& commit);
std::vector<iceberg::TableRequirement> ReadRequirements(const Json& commit);

// Locations that the updates of a table or view in `name_space` bring with them have to be allowed;
// `current` is the one there is, or "".
void CheckUpdateLocations(RestCall& call, const catalog::Namespace& name_space,
                          std::vector<iceberg::TableUpdate>& updates, const std::string& current);

}  // namespace eider::server

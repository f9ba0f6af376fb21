// Lists of tables and of views, which differ in nothing else.
#pragma once

#include "server/rest_call.h"

namespace eider::server {

HttpResponse ListEntries(RestCall& call, catalog::EntityKind kind);

}  // namespace eider::server

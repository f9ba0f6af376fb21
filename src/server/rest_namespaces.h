// Routes of namespaces.
#pragma once

#include "server/rest_call.h"

namespace eider::server {

HttpResponse ListNamespaces(RestCall& call);
HttpResponse CreateNamespace(RestCall& call);
HttpResponse LoadNamespace(RestCall& call);
HttpResponse CheckNamespaceExists(RestCall& call);
HttpResponse DropNamespace(RestCall& call);
HttpResponse UpdateNamespaceProperties(RestCall& call);

}  // namespace eider::server

// Routes of views.
#pragma once

#include "server/rest_call.h"

namespace eider::server {

HttpResponse ListViews(RestCall& call);
HttpResponse CreateView(RestCall& call);
HttpResponse LoadView(RestCall& call);
HttpResponse CheckViewExists(RestCall& call);
HttpResponse ReplaceView(RestCall& call);
HttpResponse DropView(RestCall& call);
HttpResponse RenameView(RestCall& call);
HttpResponse RegisterView(RestCall& call);

}  // namespace eider::server

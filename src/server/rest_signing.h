// The route by which clients without keys have requests to S3 signed, one by one.
#pragma once

#include "server/rest_call.h"

namespace eider::server {

HttpResponse SignRequest(RestCall& call);

}  // namespace eider::server

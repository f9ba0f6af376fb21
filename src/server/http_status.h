// Statuses of HTTP: their names, and the one place where the code of an Error becomes an answer.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "server/http_message.h"

namespace eider::server {

// "Not Found"; "Unknown" for a number that has no name.
std::string_view ReasonPhrase(int status);

struct HttpFailure {
  int status;
  std::string_view type;  // the exception of the reference implementation that clients know it by
};

HttpFailure HttpFailureOf(ErrorCode code);

// A failure in the error model of Iceberg's REST specification: {"error": {"message": ..,
// "type": .., "code": ..}}.
std::string ErrorBody(int status, std::string_view type, std::string_view message);

// The answer to a request that failed before or outside any route.
HttpResponse ErrorResponse(int status, std::string_view message);
// Hints speak to who runs the server, and are left out.
HttpResponse ErrorResponse(const Error& error);

}  // namespace eider::server

#include "server/http_status.h"

#include "base/json.h"

namespace eider::server {

namespace {

// The names by which clients of the specification know what happened.
std::string_view ErrorTypeOf(int status) {
  switch (status) {
    case 401:
      return "NotAuthorizedException";
    case 403:
      return "ForbiddenException";
    case 404:
      return "NotFoundException";
    case 406:
    case 501:
      return "UnsupportedOperationException";
    case 409:
      return "ConflictException";
    case 429:
      return "TooManyRequestsException";
    case 503:
      return "ServiceUnavailableException";
    default:
      return status < 500 ? "BadRequestException" : "InternalServerError";
  }
}

HttpResponse ErrorResponseOf(int status, std::string_view type, std::string_view message) {
  HttpResponse response;
  response.status = status;
  response.fields["Content-Type"] = "application/json";
  response.body = ErrorBody(status, type, message);
  return response;
}

}  // namespace

std::string ErrorBody(int status, std::string_view type, std::string_view message) {
  Json body = {{"error", {{"message", message}, {"type", type}, {"code", status}}}};
  // Messages may quote what a client sent, in any encoding.
  return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string_view ReasonPhrase(int status) {
  switch (status) {
    case 100:
      return "Continue";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 411:
      return "Length Required";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 419:
      return "Authentication Timeout";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    case 507:
      return "Insufficient Storage";
    default:
      return "Unknown";
  }
}

HttpFailure HttpFailureOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
      return {400, "IllegalArgumentException"};
    // Of a request: 406 says that the server lacks an operation.
    case ErrorCode::kSyntax:
    case ErrorCode::kUnsupported:
      return {400, "BadRequestException"};
    case ErrorCode::kPermission:
      return {403, "ForbiddenException"};
    case ErrorCode::kNotFound:
      return {404, "NotFoundException"};
    case ErrorCode::kAlreadyExists:
      return {409, "AlreadyExistsException"};
    case ErrorCode::kConflict:
      return {409, "CommitFailedException"};
    case ErrorCode::kInterrupted:
      return {503, "ServiceUnavailableException"};
    case ErrorCode::kNoSpace:
      return {507, "InternalServerError"};
    // A client that meets 500 on a commit keeps its files: the outcome is unknown to it.
    case ErrorCode::kUnknownOutcome:
      return {500, "CommitStateUnknownException"};
    case ErrorCode::kIo:
    case ErrorCode::kCorrupt:
    case ErrorCode::kQuery:
    case ErrorCode::kInternal:
      break;
  }
  return {500, "InternalServerError"};
}

HttpResponse ErrorResponse(int status, std::string_view message) {
  return ErrorResponseOf(status, ErrorTypeOf(status), message);
}

HttpResponse ErrorResponse(const Error& error) {
  HttpFailure failure = HttpFailureOf(error.code());
  return ErrorResponseOf(failure.status, failure.type, error.message());
}

}  // namespace eider::server

#include "server/rest_error.h"

#include <utility>

#include "server/http_status.h"

namespace eider::server {

std::string RestError::Body() const { return ErrorBody(status_, type_, message_); }

RestError ToRestError(const Error& error) {
  HttpFailure failure = HttpFailureOf(error.code());
  return {failure.status, std::string(failure.type), error.message()};
}

RestError BadRequest(std::string message) {
  return {400, "BadRequestException", std::move(message)};
}

RestError Forbidden(std::string message) { return {403, "ForbiddenException", std::move(message)}; }

RestError NoSuchNamespace(const catalog::Namespace& name) {
  return {404, "NoSuchNamespaceException",
          "Namespace does not exist: " + catalog::NamespaceText(name)};
}

RestError NoSuchTable(const catalog::TableIdentifier& identifier) {
  return {404, "NoSuchTableException", "Table does not exist: " + identifier.ToString()};
}

RestError NoSuchView(const catalog::TableIdentifier& identifier) {
  return {404, "NoSuchViewException", "View does not exist: " + identifier.ToString()};
}

RestError AlreadyExists(std::string message) {
  return {409, "AlreadyExistsException", std::move(message)};
}

RestError CommitFailed(std::string message) {
  return {409, "CommitFailedException", std::move(message)};
}

HttpResponse JsonResponse(int status, std::string body) {
  HttpResponse response;
  response.status = status;
  if (!body.empty()) response.fields["Content-Type"] = "application/json";
  response.body = std::move(body);
  return response;
}

}  // namespace eider::server

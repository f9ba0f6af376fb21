// The error model of the REST specification: a status, the name of an exception of the reference
// implementation, by which its clients choose theirs, and a message.
#pragma once

#include <exception>
#include <string>

#include "base/error.h"
#include "catalog/catalog.h"
#include "server/http_message.h"

namespace eider::server {

// Thrown by routes.
class RestError : public std::exception {
 public:
  RestError(int status, std::string type, std::string message)
      : status_(status), type_(std::move(type)), message_(std::move(message)) {}

  int status() const { return status_; }
  const std::string& type() const { return type_; }
  const char* what() const noexcept override { return message_.c_str(); }

  // {"error": {"message": .., "type": .., "code": ..}}
  std::string Body() const;

 private:
  int status_;
  std::string type_;
  std::string message_;
};

// What an error of the layers below is to a client. Hints speak to who runs the server, and are
// left out.
RestError ToRestError(const Error& error);

// 400: the request contradicts itself or the specification.
RestError BadRequest(std::string message);
// 403.
RestError Forbidden(std::string message);
RestError NoSuchNamespace(const catalog::Namespace& name);
RestError NoSuchTable(const catalog::TableIdentifier& identifier);
RestError NoSuchView(const catalog::TableIdentifier& identifier);
RestError AlreadyExists(std::string message);
RestError CommitFailed(std::string message);

HttpResponse JsonResponse(int status, std::string body);

}  // namespace eider::server

// Requests and responses of HTTP, free of any transport: what routes are written against and tests
// are made of.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace eider::server {

// Field names without regard to case (RFC 9110, section 5.1).
struct FieldNameLess {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const;
};
using HttpFields = std::map<std::string, std::string, FieldNameLess>;

struct ClientCertificate;
class Principal;

struct HttpRequest {
  std::string method;  // "GET"
  std::string path;    // as it was sent, still percent-encoded: "/iceberg/v1/namespaces/a%1Fb"
  std::string query;   // what follows the question mark, still encoded
  HttpFields fields;
  std::string body;
  std::string peer;  // address of the client, without its port
  std::string id;    // names the request in logs and in the answer's X-Request-Id
  // What the client has shown in the TLS handshake; nullptr for nothing.
  std::shared_ptr<const ClientCertificate> certificate = nullptr;
  // Who asks (access_control.h); nullptr before that is known.
  std::shared_ptr<const Principal> principal = nullptr;

  // "" where the field is absent.
  std::string_view Field(std::string_view name) const;
};

struct HttpResponse {
  int status = 200;
  HttpFields fields;
  std::string body;
};

// Called from any of the server's worker threads, many at once. May note in the request what the
// logs should know of it. What it throws is answered with the
// status of the error's code (http_status.h).
using HttpHandler = std::function<HttpResponse(HttpRequest&)>;

}  // namespace eider::server

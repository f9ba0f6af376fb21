// How Eider proves to a REST catalog who it is.
#pragma once

#include <memory>
#include <string>

#include "catalog/rest_properties.h"
#include "io/http_client.h"

namespace eider::catalog {

// Any thread may use it.
class RestAuthentication {
 public:
  virtual ~RestAuthentication() = default;

  // Adds to a request that is otherwise complete what proves who asks. Throws kPermission where
  // that cannot be had.
  virtual void Sign(io::HttpRequest& request) = 0;
  // The server did not take what Sign added. Whether the next Sign adds something else.
  virtual bool Renew(const io::HttpRequest& refused) = 0;
  // `text` without the secrets that were used.
  virtual std::string WithoutSecrets(std::string text) const = 0;
};

// By `token`, `token-file`, `credential` or `credential-file` (OAuth2 client credentials), or
// `rest.sigv4-enabled`. `http` must outlive it; tokens are fetched through it. Throws
// kInvalidArgument where the properties contradict each other, kNotFound for a file that is not
// there.
std::unique_ptr<RestAuthentication> MakeRestAuthentication(const RestProperties& properties,
                                                           io::HttpClient& http);

}  // namespace eider::catalog

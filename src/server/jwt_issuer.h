// Somebody else who says who clients are: an identity provider whose JSON Web Tokens are believed.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "server/identity.h"
#include "server/issuer_keys.h"
#include "server/json_web_token.h"

namespace eider::server {

struct JwtIssuerOptions {
  std::string name = "jwt";            // what stands before the colon in its principals' names
  std::string issuer;                  // "iss", to the letter
  std::vector<std::string> audiences;  // one of them must be in "aud"
  std::string keys;                    // URL or file of its key set
  std::string ca_file;  // PEM of the authorities to trust for the URL; "": the system's
  std::string principal_claim = "sub";
  // Claims whose values roles may go by, as "NAME/CLAIM:VALUE": a name, or names within each other
  // with dots between ("realm_access.roles").
  std::vector<std::string> claims = {};
};

// Throws kInvalidArgument where something is missing or keys would be fetched over plain HTTP from
// another machine.
void CheckJwtIssuer(const JwtIssuerOptions& options);

// Safe from any thread.
class JwtIssuer {
 public:
  // Fetches from `options.keys`, when first needed.
  explicit JwtIssuer(JwtIssuerOptions options);
  JwtIssuer(JwtIssuerOptions options, std::shared_ptr<IssuerKeys> keys);

  const JwtIssuerOptions& options() const { return options_; }
  // Whether a token says of itself that it is from here.
  bool IsNamedBy(const JsonWebToken& token) const;
  AuthenticationOutcome Verify(const JsonWebToken& token, int64_t now_s);

  // How far clocks may be apart.
  static constexpr std::chrono::seconds kLeeway{30};

 private:
  JwtIssuerOptions options_;
  std::shared_ptr<IssuerKeys> keys_;
};

}  // namespace eider::server

// What clients show to prove who they are, and whether it does.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/client_certificate.h"
#include "server/identity.h"
#include "server/jwt_issuer.h"
#include "server/session_token.h"
#include "server/token_store.h"

namespace eider::server {

// Safe from any thread.
class Authenticator {
 public:
  struct Options {
    std::string token_file = {};  // "" for none
    std::vector<JwtIssuerOptions> issuers = {};
  };

  using Outcome = AuthenticationOutcome;

  // Throws what TokenStore and ReadOrMakeSigningKey throw; but a key that cannot be made is
  // replaced by one of this process, with a word on standard error.
  explicit Authenticator(const Options& options);

  // A bearer token of any kind.
  Outcome Bearer(std::string_view text);
  // A token together with its name ("": any).
  Outcome Named(std::string_view name, std::string_view text);
  // A session of our own giving, even one that has expired; nullopt for anything else.
  std::optional<Session> Past(std::string_view text) const;

  // What TLS has found to be somebody's.
  static Identity OfCertificate(const ClientCertificate& certificate);

  // Whether what an identity stands on is still there.
  bool Stands(const Identity& identity);

  // nullptr where no sessions are given.
  const SessionSigner* signer() const { return signer_ ? &*signer_ : nullptr; }

 private:
  Outcome OfSession(std::string_view text);
  Outcome OfToken(std::string_view text);
  Outcome OfIssuer(std::string_view text);

  std::optional<TokenStore> tokens_;
  std::optional<SessionSigner> signer_;
  std::vector<std::unique_ptr<JwtIssuer>> issuers_;
};

}  // namespace eider::server

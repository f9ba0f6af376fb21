#include "server/authenticator.h"

#include <fmt/format.h>

#include <cstdio>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "base/uuid.h"
#include "server/bearer_token.h"

namespace eider::server {

namespace {

Authenticator::Outcome Refused(std::string why) { return {{}, std::move(why), false}; }

std::string SigningKeyFor(const std::string& token_file) {
  try {
    return ReadOrMakeSigningKey(token_file);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kPermission || !error.hint().empty()) throw;
    // The tokens may be mounted for reading alone.
    std::fputs(fmt::format("{}. Tokens that are given in return for others will be of no use after "
                           "a restart.\n",
                           error.message())
                   .c_str(),
               stderr);
    return NewRandomBytes(32);
  }
}

Identity IdentityOf(const TokenRecord& record) {
  Identity identity;
  identity.name = "token:" + record.name;
  identity.token_id = record.id;
  identity.token_scopes = record.scopes;
  identity.began_s = NowMillis() / 1000;
  identity.expires_s = record.expires_ms / 1000;
  return identity;
}

}  // namespace

Authenticator::Authenticator(const Options& options) {
  for (const JwtIssuerOptions& issuer : options.issuers) {
    issuers_.push_back(std::make_unique<JwtIssuer>(issuer));
  }
  if (options.token_file.empty()) return;
  tokens_.emplace(options.token_file);
  signer_.emplace(SigningKeyFor(options.token_file));
}

Authenticator::Outcome Authenticator::Bearer(std::string_view text) {
  if (SessionSigner::IsSession(text)) return OfSession(text);
  if (!issuers_.empty() && text.find('.') != std::string_view::npos) return OfIssuer(text);
  return OfToken(text);
}

Authenticator::Outcome Authenticator::Named(std::string_view name, std::string_view text) {
  Outcome outcome = OfToken(text);
  if (outcome.identity && !name.empty() &&
      outcome.identity->name != fmt::format("token:{}", name)) {
    return Refused("the name and the token do not belong together");
  }
  return outcome;
}

std::optional<Session> Authenticator::Past(std::string_view text) const {
  return signer_ ? signer_->Verify(text) : std::nullopt;
}

bool Authenticator::Stands(const Identity& identity) {
  return identity.token_id.empty() || (tokens_ && tokens_->FindById(identity.token_id));
}

Authenticator::Outcome Authenticator::OfToken(std::string_view text) {
  auto record = tokens_ ? tokens_->Find(text) : nullptr;
  if (!record) return Refused("the token is not known, has expired or was revoked");
  return {IdentityOf(*record)};
}

Authenticator::Outcome Authenticator::OfIssuer(std::string_view text) {
  std::optional<JsonWebToken> token = ParseJsonWebToken(text);
  if (!token) return Refused("the token is no JSON Web Token that is understood here");
  Outcome outcome = Refused("the token is of an issuer that is not known here");
  // One issuer may stand there more than once, with other audiences.
  for (auto& issuer : issuers_) {
    if (!issuer->IsNamedBy(*token)) continue;
    outcome = issuer->Verify(*token, NowMillis() / 1000);
    if (outcome.identity) break;
  }
  return outcome;
}

Identity Authenticator::OfCertificate(const ClientCertificate& certificate) {
  Identity identity;
  identity.name = "certificate:" + certificate.subject;
  identity.groups = certificate.groups;
  return identity;
}

Authenticator::Outcome Authenticator::OfSession(std::string_view text) {
  std::optional<Session> session = Past(text);
  if (!session) return Refused("the token was not given by this server");
  Identity identity;
  if (!session->token_id.empty()) {
    auto record = tokens_ ? tokens_->FindById(session->token_id) : nullptr;
    if (!record) return Refused("the token that this one was given for has expired or was revoked");
    identity = IdentityOf(*record);
  }
  identity.name = session->principal;
  identity.groups = session->groups;
  for (const std::string& scope : session->scopes) identity.session_scopes.emplace_back(scope);
  identity.began_s = session->began_s;
  identity.expires_s = session->expires_s;
  if (session->expires_s <= NowMillis() / 1000) return {{}, "the token has expired", true};
  return {identity};
}

}  // namespace eider::server

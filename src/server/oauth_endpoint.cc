#include "server/oauth_endpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "server/authorization.h"
#include "server/http_status.h"
#include "server/rest_error.h"
#include "server/rest_request.h"

namespace eider::server {

namespace {

constexpr std::string_view kForm = "application/x-www-form-urlencoded";
constexpr std::string_view kExchange = "urn:ietf:params:oauth:grant-type:token-exchange";
constexpr std::string_view kAccessToken = "urn:ietf:params:oauth:token-type:access_token";
constexpr std::string_view kJwt = "urn:ietf:params:oauth:token-type:jwt";
constexpr size_t kLongestForm = 64 << 10;

// RFC 6749, section 5.2.
class OAuthError : public std::exception {
 public:
  OAuthError(int status, std::string error, std::string description, bool guessed = false)
      : status_(status),
        error_(std::move(error)),
        description_(std::move(description)),
        guessed_(guessed) {}

  const char* what() const noexcept override { return description_.c_str(); }
  // What was shown is nobody's.
  bool guessed() const { return guessed_; }

  HttpResponse Response() const {
    Json body = {{"error", error_}, {"error_description", description_}};
    HttpResponse response =
        JsonResponse(status_, body.dump(-1, ' ', true, Json::error_handler_t::replace));
    if (status_ == 401) response.fields["WWW-Authenticate"] = "Basic realm=\"eider\"";
    return response;
  }

 private:
  int status_;
  std::string error_;
  std::string description_;
  bool guessed_;
};

OAuthError InvalidRequest(std::string why) { return {400, "invalid_request", std::move(why)}; }

OAuthError InvalidGrant(const Authenticator::Outcome& outcome) {
  return {400, "invalid_grant", outcome.why, !outcome.expired};
}

QueryParameters ReadForm(const HttpRequest& request) {
  std::string_view type = request.Field("Content-Type");
  if (!EqualsIgnoreCase(Trim(type.substr(0, type.find(';'))), kForm)) {
    throw InvalidRequest(fmt::format("the request is to be of type {}", kForm));
  }
  if (request.body.size() > kLongestForm) throw InvalidRequest("the request is too long");
  try {
    return QueryParameters(request.body);
  } catch (const RestError& error) {
    throw InvalidRequest(error.what());
  }
}

std::string ValueOf(const QueryParameters& form, std::string_view name) {
  const std::string* value = form.Find(name);
  return value == nullptr ? std::string() : *value;
}

// Grants that a client asks to be limited to. What clients of other catalogs say where they mean
// all they may do is nothing to be limited to.
std::vector<std::string> ReadScopes(const QueryParameters& form) {
  // "sign" is what Iceberg's Java client asks for to have requests to S3 signed.
  constexpr std::string_view kEverything[] = {"", "catalog", "sign", "PRINCIPAL_ROLE:ALL"};
  std::vector<std::string> scopes;
  for (const std::string& scope : Split(ValueOf(form, "scope"), ' ')) {
    if (std::find(std::begin(kEverything), std::end(kEverything), scope) != std::end(kEverything)) {
      continue;
    }
    try {
      scopes.push_back(Grant(scope).text());
    } catch (const Error& error) {
      throw OAuthError(400, "invalid_scope", error.message());
    }
  }
  return scopes;
}

// What a session is limited to already cannot be had back.
std::vector<std::string> Narrowed(const std::vector<std::string>& held,
                                  const std::vector<std::string>& wanted) {
  if (held.empty()) return wanted;
  if (wanted.empty()) return held;
  for (const std::string& scope : wanted) {
    if (std::find(held.begin(), held.end(), scope) != held.end()) continue;
    throw OAuthError(400, "invalid_scope", fmt::format("the subject token is not for {}", scope));
  }
  return wanted;
}

std::vector<std::string> TextsOf(const std::vector<Grant>& grants) {
  std::vector<std::string> texts;
  for (const Grant& grant : grants) texts.push_back(grant.text());
  return texts;
}

Session SessionOf(const Identity& identity) {
  return {identity.name,    identity.token_id, identity.groups, TextsOf(identity.session_scopes),
          identity.began_s, identity.expires_s};
}

// Who asks, by the field Authorization or in the form; nullopt where neither says.
std::optional<Identity> ReadClient(Authenticator& authenticator, const HttpRequest& request,
                                   const QueryParameters& form) {
  Authorization given = ParseAuthorization(request.Field("Authorization"));
  std::string name = ValueOf(form, "client_id");
  std::string secret = ValueOf(form, "client_secret");
  if (given.scheme == Authorization::Scheme::kBasic) {
    name = given.user;
    secret = given.password;
  }
  if (secret.empty()) return std::nullopt;
  Authenticator::Outcome outcome = authenticator.Named(name, secret);
  if (!outcome.identity) throw OAuthError(401, "invalid_client", outcome.why, true);
  return outcome.identity;
}

std::string ReadTokenOf(const QueryParameters& form, const std::string& whose) {
  std::string text = ValueOf(form, whose);
  std::string type = ValueOf(form, whose + "_type");
  if (!text.empty() && type != kAccessToken && type != kJwt) {
    throw InvalidRequest(fmt::format("{}_type is {} or {}", whose, kAccessToken, kJwt));
  }
  return text;
}

Session Exchange(Authenticator& authenticator, const std::optional<Identity>& client,
                 const QueryParameters& form) {
  std::string subject = ReadTokenOf(form, "subject_token");
  if (subject.empty()) throw InvalidRequest("there is no subject_token");
  std::string actor = ReadTokenOf(form, "actor_token");
  if (!actor.empty()) {
    Authenticator::Outcome outcome = authenticator.Bearer(actor);
    if (!outcome.identity) throw InvalidGrant(outcome);
  }
  // A client that shows anew what it was given may have its session back when that has expired.
  std::optional<Session> past = authenticator.Past(subject);
  if (past && client && past->principal == client->name && past->token_id == client->token_id) {
    Session session = SessionOf(*client);
    session.scopes = past->scopes;
    return session;
  }
  Authenticator::Outcome outcome = authenticator.Bearer(subject);
  if (!outcome.identity) throw InvalidGrant(outcome);
  return SessionOf(*outcome.identity);
}

}  // namespace

Session OAuthEndpoint::SessionFor(const HttpRequest& request) const {
  QueryParameters form = ReadForm(request);
  std::string grant = ValueOf(form, "grant_type");
  std::optional<Identity> client = ReadClient(authenticator_, request, form);
  Session session;
  int64_t now = NowMillis() / 1000;
  int64_t longest = now + session_time_.count();
  if (grant == "client_credentials") {
    if (!client) throw OAuthError(401, "invalid_client", "there is no client_secret");
    session = SessionOf(*client);
  } else if (grant == kExchange) {
    session = Exchange(authenticator_, client, form);
    longest =
        std::min<int64_t>(longest, session.began_s + std::chrono::seconds(kLongestSession).count());
  } else {
    throw OAuthError(400, "unsupported_grant_type",
                     fmt::format("grant_type is client_credentials or {}", kExchange));
  }
  session.scopes = Narrowed(session.scopes, ReadScopes(form));
  // A session of a token gets more time when it is renewed, as it falls with the token; any other
  // subject no more than it has itself.
  bool renews = !session.token_id.empty() && grant == kExchange &&
                authenticator_.Past(ValueOf(form, "subject_token"));
  if (renews || session.expires_s == 0) {
    session.expires_s = longest;
  } else {
    session.expires_s = std::min(session.expires_s, longest);
  }
  if (session.expires_s <= now) {
    throw OAuthError(400, "invalid_grant", "the session has lasted as long as one may");
  }
  return session;
}

OAuthEndpoint::Answer OAuthEndpoint::Handle(const HttpRequest& request) const {
  if (request.method != "POST") {
    HttpResponse response = ErrorResponse(405, "tokens are asked for by POST");
    response.fields["Allow"] = "POST";
    return {std::move(response)};
  }
  Answer answer;
  try {
    Session session = SessionFor(request);
    Json body = {{"access_token", authenticator_.signer()->Sign(session)},
                 {"token_type", "bearer"},
                 // Rather a second too few: a client that waits too long is refused.
                 {"expires_in", (session.expires_s * 1000 - NowMillis()) / 1000},
                 {"issued_token_type", kAccessToken}};
    if (!session.scopes.empty()) body["scope"] = Join(session.scopes, " ");
    answer.response = JsonResponse(200, body.dump());
    answer.principal = session.principal;
  } catch (const OAuthError& error) {
    answer.response = error.Response();
    answer.guessed = error.guessed();
  }
  answer.response.fields["Cache-Control"] = "no-store";
  return answer;
}

}  // namespace eider::server

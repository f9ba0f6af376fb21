#include "server/access_control.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "base/clock.h"
#include "base/hash.h"
#include "base/text.h"
#include "server/authorization.h"
#include "server/http_status.h"

namespace eider::server {

namespace {

using std::chrono::milliseconds;

// How long credentials are taken for good, at most, without being looked at: the keys of an issuer
// may change.
constexpr int64_t kAcceptedSeconds = 60;
constexpr size_t kMostAccepted = 20'000;

// RFC 6750, section 3. What a browser shows asks for a name and password besides.
HttpResponse Unauthorized(const HttpRequest& request, const Authenticator::Outcome& outcome) {
  HttpResponse response =
      ErrorResponse(401, outcome.why.empty() ? "credentials are needed" : outcome.why);
  std::string challenge = "Bearer realm=\"eider\"";
  if (!outcome.why.empty()) challenge += ", error=\"invalid_token\"";
  if (request.path.starts_with("/ui")) challenge += ", Basic realm=\"eider\", charset=\"UTF-8\"";
  response.fields["WWW-Authenticate"] = challenge;
  return response;
}

HttpResponse TooMany(const std::string& message, milliseconds wait) {
  HttpResponse response = ErrorResponse(429, message);
  int64_t seconds = (wait.count() + 999) / 1000;
  response.fields["Retry-After"] = std::to_string(std::max<int64_t>(seconds, 1));
  return response;
}

bool IsReading(const HttpRequest& request) {
  return request.method == "GET" || request.method == "HEAD";
}

bool IsOfAnotherSite(const HttpRequest& request) {
  std::string_view origin = request.Field("Origin");
  size_t scheme = origin.find("://");
  return !origin.empty() && (scheme == std::string_view::npos ||
                             !EqualsIgnoreCase(origin.substr(scheme + 3), request.Field("Host")));
}

}  // namespace

AccessControl::AccessControl(AccessOptions options, std::shared_ptr<AuditLog> audit)
    : options_(std::move(options)),
      audit_(std::move(audit)),
      authenticator_(options_.authentication),
      accepted_(kMostAccepted),
      principals_(options_.requests_per_second, options_.requests_per_second),
      addresses_(options_.address_requests_per_second, options_.address_requests_per_second),
      failures_(options_.failures_per_minute / 60, options_.failures_per_minute) {
  if (authenticator_.signer() != nullptr) {
    oauth_ = std::make_unique<OAuthEndpoint>(authenticator_, options_.session_time);
  }
}

std::shared_ptr<const Principal> AccessControl::PrincipalOf(const Identity& identity) const {
  std::vector<std::string> identities = identity.groups;
  identities.push_back(identity.name);
  std::vector<Grant> grants =
      options_.roles ? GrantsOf(*options_.roles, identities) : std::vector{Grant("admin")};
  std::vector<std::vector<Grant>> limits;
  for (const auto* scopes : {&identity.token_scopes, &identity.session_scopes}) {
    if (!scopes->empty()) limits.push_back(*scopes);
  }
  return std::make_shared<const Principal>(identity.name, std::move(grants), std::move(limits));
}

Authenticator::Outcome AccessControl::Identify(const HttpRequest& request) {
  Authorization given = ParseAuthorization(request.Field("Authorization"));
  switch (given.scheme) {
    case Authorization::Scheme::kBearer:
      return authenticator_.Bearer(given.token);
    case Authorization::Scheme::kBasic:
      // For browsers, which send it along with whatever another site makes them ask for.
      if (!IsReading(request)) {
        return {{}, "a name and password are good for reading alone: send the token as Bearer"};
      }
      if (given.user.empty()) return {{}, "there is no name beside the token"};
      return authenticator_.Named(given.user, given.password);
    case Authorization::Scheme::kNone:
    case Authorization::Scheme::kUnknown:
      break;
  }
  return {{}, "the field Authorization cannot be understood"};
}

std::optional<HttpResponse> AccessControl::CheckFailures(const HttpRequest& request) {
  auto wait = failures_.Look(request.peer);
  if (!wait) return std::nullopt;
  return TooMany("credentials from this address were wrong too often", *wait);
}

HttpResponse AccessControl::Refuse(const HttpRequest& request, HttpResponse response,
                                   std::string_view reason) {
  if (audit_) {
    std::string action = request.method + " " + request.path;
    audit_->Write({request, action, {}, response.status, reason});
  }
  return response;
}

std::optional<HttpResponse> AccessControl::AdmitByField(HttpRequest& request,
                                                        std::string_view field) {
  int64_t now_s = NowMillis() / 1000;
  // Found good in this minute and for requests such as this: a name and password are for reading.
  std::string what = (IsReading(request) ? "r" : "w") + Sha256(field);
  int64_t minute = now_s / kAcceptedSeconds;
  std::string key = what + std::to_string(minute);
  auto accepted = accepted_.Get(key);
  if (accepted && now_s < accepted->until_s && authenticator_.Stands(accepted->identity)) {
    request.principal = accepted->principal;
    return std::nullopt;
  }
  // Only who was known before gets past an address from which somebody guesses.
  if (!accepted && !accepted_.Get(what + std::to_string(minute - 1))) {
    if (auto refusal = CheckFailures(request)) return Refuse(request, *refusal, "guessing");
  }
  Authenticator::Outcome outcome = Identify(request);
  if (!outcome.identity) {
    if (!outcome.expired) failures_.Take(request.peer);
    return Refuse(request, Unauthorized(request, outcome), outcome.why);
  }
  auto good = std::make_shared<Accepted>();
  good->principal = PrincipalOf(*outcome.identity);
  good->until_s = outcome.identity->expires_s == 0 ? std::numeric_limits<int64_t>::max()
                                                   : outcome.identity->expires_s;
  good->identity = std::move(*outcome.identity);
  request.principal = good->principal;
  accepted_.Put(key, good, 1);
  return std::nullopt;
}

std::optional<HttpResponse> AccessControl::Admit(HttpRequest& request) {
  if (auto wait = addresses_.Take(request.peer)) {
    return Refuse(request, TooMany("this address asks too often", *wait), "rate of the address");
  }
  std::string_view field = request.Field("Authorization");
  if (!options_.asks()) {
    request.principal = Principal::Anonymous();
  } else if (!field.empty()) {
    if (auto refusal = AdmitByField(request, field)) return refusal;
  } else if (request.certificate && options_.certificates) {
    // A browser shows it along with whatever another site makes it ask for.
    if (IsOfAnotherSite(request)) {
      return Refuse(request, ErrorResponse(403, "another site made a browser ask this"),
                    "another site");
    }
    request.principal = PrincipalOf(Authenticator::OfCertificate(*request.certificate));
  } else {
    return Refuse(request, Unauthorized(request, {}), "no credentials");
  }
  if (auto wait = principals_.Take(request.principal->name())) {
    return Refuse(request, TooMany(request.principal->name() + " asks too often", *wait),
                  "rate of the principal");
  }
  return std::nullopt;
}

AccessControl::Turn::~Turn() {
  std::lock_guard<std::mutex> lock(access_.mutex_);
  auto found = access_.under_way_.find(name_);
  if (--found->second == 0) access_.under_way_.erase(found);
}

std::optional<HttpResponse> AccessControl::Enter(const HttpRequest& request,
                                                 std::unique_ptr<Turn>& turn) {
  if (options_.concurrent_requests == 0) return std::nullopt;
  const std::string& name = request.principal->name();
  {
    std::lock_guard<std::mutex> lock(mutex_);
    size_t& count = under_way_[name];
    if (count < options_.concurrent_requests) {
      ++count;
      turn = std::make_unique<Turn>(*this, name);
      return std::nullopt;
    }
  }
  return Refuse(request, TooMany(name + " has too many requests under way", milliseconds(1000)),
                "requests under way");
}

HttpResponse AccessControl::GiveToken(HttpRequest& request) {
  if (auto wait = addresses_.Take(request.peer)) {
    return Refuse(request, TooMany("this address asks too often", *wait), "rate of the address");
  }
  if (auto refusal = CheckFailures(request)) return Refuse(request, *refusal, "guessing");
  OAuthEndpoint::Answer answer = oauth_->Handle(request);
  if (answer.guessed) failures_.Take(request.peer);
  if (!answer.principal.empty()) {
    request.principal = std::make_shared<const Principal>(answer.principal, std::vector<Grant>{});
  }
  if (audit_) {
    std::string_view reason = answer.principal.empty() ? answer.response.body : std::string_view();
    audit_->Write({request, "POST /v1/oauth/tokens", {}, answer.response.status, reason});
  }
  return std::move(answer.response);
}

}  // namespace eider::server

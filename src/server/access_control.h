// Who a request comes from, and whether they come too often: the one place where credentials are
// looked at. What a principal may do is asked where it is done (RestCall::Require).
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/lru_cache.h"
#include "server/audit_log.h"
#include "server/authenticator.h"
#include "server/http_message.h"
#include "server/oauth_endpoint.h"
#include "server/principal.h"
#include "server/role.h"
#include "server/token_buckets.h"

namespace eider::server {

struct AccessOptions {
  Authenticator::Options authentication = {};
  std::chrono::seconds session_time{3600};  // how long a token of the OAuth endpoint lasts
  // nullopt: whoever is known may do everything, as far as the scopes of a token go.
  std::optional<std::vector<Role>> roles = {};
  bool open_metrics = false;  // /metrics is shown to everybody

  // 0: no limit.
  double requests_per_second = 0;          // of one principal
  double address_requests_per_second = 0;  // of one address
  size_t concurrent_requests = 0;          // of one principal
  double failures_per_minute = 20;         // credentials that are nobody's, of one address

  bool certificates = false;  // clients may show one in the TLS handshake

  // Whether anybody is known whom others than us have given what they show.
  bool knows_outsiders() const { return certificates || !authentication.issuers.empty(); }
  // Whether anybody is asked who they are.
  bool asks() const { return knows_outsiders() || !authentication.token_file.empty(); }
};

// Safe from any thread.
class AccessControl {
 public:
  // `audit` may be null. Throws what Authenticator throws.
  AccessControl(AccessOptions options, std::shared_ptr<AuditLog> audit);

  // Sets request.principal; or returns the answer to somebody who is not known, or asks too often.
  std::optional<HttpResponse> Admit(HttpRequest& request);

  // One of the requests that a principal has under way.
  class Turn {
   public:
    Turn(AccessControl& access, std::string name) : access_(access), name_(std::move(name)) {}
    ~Turn();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    AccessControl& access_;
    std::string name_;
  };
  // Sets `turn`, to be held for as long as the request takes; or returns the answer where the
  // principal has as many under way as it may.
  std::optional<HttpResponse> Enter(const HttpRequest& request, std::unique_ptr<Turn>& turn);

  // Answers requests for OAuthEndpoint::kPath, which nobody needs to be known for.
  bool gives_tokens() const { return oauth_ != nullptr; }
  HttpResponse GiveToken(HttpRequest& request);

  bool asks() const { return options_.asks(); }
  bool open_metrics() const { return !options_.asks() || options_.open_metrics; }

 private:
  // Credentials that were found good not long ago.
  struct Accepted {
    Identity identity;
    std::shared_ptr<const Principal> principal;
    int64_t until_s = 0;
  };

  std::shared_ptr<const Principal> PrincipalOf(const Identity& identity) const;
  Authenticator::Outcome Identify(const HttpRequest& request);
  // Sets request.principal for what stands in the field Authorization, or returns the refusal.
  std::optional<HttpResponse> AdmitByField(HttpRequest& request, std::string_view field);
  // Of the address of a request: nothing, or the refusal.
  std::optional<HttpResponse> CheckFailures(const HttpRequest& request);
  HttpResponse Refuse(const HttpRequest& request, HttpResponse response, std::string_view reason);

  AccessOptions options_;
  std::shared_ptr<AuditLog> audit_;
  Authenticator authenticator_;
  std::unique_ptr<OAuthEndpoint> oauth_;
  LruCache<Accepted> accepted_;  // by minute, and hash of the field Authorization
  TokenBuckets principals_;
  TokenBuckets addresses_;
  TokenBuckets failures_;
  std::mutex mutex_;
  std::map<std::string, size_t> under_way_;  // by principal
};

}  // namespace eider::server

#include "catalog/rest_authentication.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "io/aws_credentials.h"
#include "io/aws_signature.h"
#include "io/file_system.h"

namespace eider::catalog {

namespace {

constexpr char kTokenExchange[] = "urn:ietf:params:oauth:grant-type:token-exchange";
constexpr char kAccessToken[] = "urn:ietf:params:oauth:token-type:access_token";

// A token is renewed when this much of its life is left, or a fifth of it if that is less.
constexpr int64_t kRenewBeforeMillis = 60'000;

std::string Hidden(std::string text, const std::string& secret) {
  // A short one would tear words apart that have nothing to do with it.
  constexpr size_t kShortest = 4;
  return secret.size() < kShortest ? text : ReplaceAll(text, secret, "*****");
}

// What a file holds on its first line.
std::string ReadSecret(const std::string& file) {
  std::string content = io::LocalFileSystem().Read(io::ToLocation(file));
  return std::string(Trim(content.substr(0, content.find('\n'))));
}

void SetBearer(io::HttpRequest& request, const std::string& token) {
  request.headers.push_back({"Authorization", "Bearer " + token});
}

bool Bears(const io::HttpRequest& request, const std::string& token) {
  return std::any_of(request.headers.begin(), request.headers.end(), [&](const auto& header) {
    return header.name == "Authorization" && header.value == "Bearer " + token;
  });
}

class NoAuthentication : public RestAuthentication {
 public:
  void Sign(io::HttpRequest&) override {}
  bool Renew(const io::HttpRequest&) override { return false; }
  std::string WithoutSecrets(std::string text) const override { return text; }
};

class GivenToken : public RestAuthentication {
 public:
  explicit GivenToken(std::string token) : token_(std::move(token)) {}

  void Sign(io::HttpRequest& request) override { SetBearer(request, token_); }
  bool Renew(const io::HttpRequest&) override { return false; }
  std::string WithoutSecrets(std::string text) const override {
    return Hidden(std::move(text), token_);
  }

 private:
  const std::string token_;
};

// Whoever writes the file may put a newer token into it.
class TokenFile : public RestAuthentication {
 public:
  explicit TokenFile(std::string file) : file_(std::move(file)), token_(ReadSecret(file_)) {}

  void Sign(io::HttpRequest& request) override {
    std::lock_guard<std::mutex> lock(mutex_);
    SetBearer(request, token_);
  }
  bool Renew(const io::HttpRequest& refused) override {
    std::lock_guard<std::mutex> lock(mutex_);
    token_ = ReadSecret(file_);
    return !Bears(refused, token_);
  }
  std::string WithoutSecrets(std::string text) const override {
    std::lock_guard<std::mutex> lock(mutex_);
    return Hidden(std::move(text), token_);
  }

 private:
  const std::string file_;
  mutable std::mutex mutex_;
  std::string token_;
};

// Tokens of an OAuth2 server: for client credentials, or, where there is only a token to begin
// with, by exchanging it.
class OAuthTokens : public RestAuthentication {
 public:
  OAuthTokens(const RestProperties& properties, std::string credential, std::string token,
              io::HttpClient& http)
      : http_(http), token_(std::move(token)) {
    uri_ = RestProperty(properties, "oauth2-server-uri");
    if (uri_.empty()) uri_ = RestProperty(properties, "uri") + "/v1/oauth/tokens";
    scope_ = RestProperty(properties, "scope");
    if (scope_.empty()) scope_ = "catalog";
    for (const char* name : {"audience", "resource"}) {
      std::string value = RestProperty(properties, name);
      if (!value.empty()) form_.emplace_back(name, value);
    }
    size_t colon = credential.find(':');
    if (colon != std::string::npos) client_id_ = Trim(credential.substr(0, colon));
    secret_ = Trim(credential.substr(colon == std::string::npos ? 0 : colon + 1));
  }

  void Sign(io::HttpRequest& request) override {
    std::lock_guard<std::mutex> lock(mutex_);
    if (token_.empty() || (renew_at_millis_ && NowMillis() >= *renew_at_millis_)) Fetch();
    SetBearer(request, token_);
  }

  bool Renew(const io::HttpRequest& refused) override {
    std::lock_guard<std::mutex> lock(mutex_);
    // Another thread may have renewed it in the meantime.
    if (!Bears(refused, token_)) return true;
    Fetch();
    return true;
  }

  std::string WithoutSecrets(std::string text) const override {
    std::lock_guard<std::mutex> lock(mutex_);
    return Hide(std::move(text));
  }

 private:
  std::string Hide(std::string text) const {
    return Hidden(Hidden(std::move(text), secret_), token_);
  }

  std::string Form() const {
    std::vector<std::pair<std::string, std::string>> form;
    if (secret_.empty()) {
      form = {{"grant_type", kTokenExchange},
              {"subject_token", token_},
              {"subject_token_type", kAccessToken}};
    } else {
      form = {{"grant_type", "client_credentials"}};
      if (!client_id_.empty()) form.emplace_back("client_id", client_id_);
      form.emplace_back("client_secret", secret_);
    }
    form.emplace_back("scope", scope_);
    form.insert(form.end(), form_.begin(), form_.end());
    std::vector<std::string> fields;
    for (const auto& [name, value] : form) fields.push_back(name + "=" + PercentEncode(value));
    return Join(fields, "&");
  }

  io::HttpResponse Ask() const {
    std::string form = Form();
    io::HttpRequest request;
    request.method = "POST";
    request.url = uri_;
    request.headers = {{"Content-Type", "application/x-www-form-urlencoded"},
                       {"Accept", "application/json"}};
    if (secret_.empty()) SetBearer(request, token_);
    request.body = form;
    // A token that was made and never came does no harm.
    constexpr int kAttempts = 3;
    for (int attempt = 1;; ++attempt) {
      try {
        return http_.Send(request);
      } catch (const Error& error) {
        bool lost = error.code() == ErrorCode::kUnknownOutcome || error.code() == ErrorCode::kIo;
        if (!lost) throw;
        if (attempt < kAttempts) continue;
        throw Error(ErrorCode::kIo, "the token server did not answer: " + error.message());
      }
    }
  }

  void Fetch() {
    int64_t asked_at = NowMillis();
    io::HttpResponse response = Ask();
    Json body = TryParseJson(response.body);
    if (body.is_discarded() || !body.is_object()) body = Json::object();
    auto text = [&](const char* key) {
      auto found = body.find(key);
      return found != body.end() && found->is_string() ? found->get<std::string>() : "";
    };
    if (!response.ok() || text("access_token").empty()) {
      std::vector<std::string> reasons;
      for (const char* key : {"error", "error_description"}) {
        if (!text(key).empty()) reasons.push_back(text(key));
      }
      throw Error(
          ErrorCode::kPermission,
          fmt::format("{} gave no token (HTTP {}){}{}", io::UrlWithoutSecrets(uri_),
                      response.status, reasons.empty() ? "" : ": ", Hide(Join(reasons, ": "))))
          .WithHint("Look at credential, scope and oauth2-server-uri.");
    }
    token_ = text("access_token");
    renew_at_millis_.reset();
    auto expires = body.find("expires_in");
    if (expires != body.end() && expires->is_number()) {
      auto life = static_cast<int64_t>(expires->get<double>() * 1000);
      renew_at_millis_ = asked_at + life - std::min(kRenewBeforeMillis, life / 5);
    }
  }

  io::HttpClient& http_;
  std::string uri_;
  std::string scope_;
  std::vector<std::pair<std::string, std::string>> form_;
  std::string client_id_;
  std::string secret_;
  mutable std::mutex mutex_;  // guards what follows
  std::string token_;
  std::optional<int64_t> renew_at_millis_;  // none where its life is not known
};

// As AWS's services want it: S3 Tables, Glue.
class AwsSignature : public RestAuthentication {
 public:
  explicit AwsSignature(const RestProperties& properties)
      : service_(RestProperty(properties, "rest.signing-name")),
        region_(RestProperty(properties, "rest.signing-region")) {
    if (service_.empty()) service_ = "execute-api";
    for (const char* variable : {"AWS_REGION", "AWS_DEFAULT_REGION"}) {
      const char* value = std::getenv(variable);
      if (region_.empty() && value != nullptr) region_ = value;
    }
    if (region_.empty()) region_ = io::SharedSetting("", "region");
    if (region_.empty()) {
      throw Error(ErrorCode::kInvalidArgument,
                  "the REST catalog's requests cannot be signed: no "
                  "region is known")
          .WithHint("Set rest.signing-region, or AWS_REGION.");
    }
    io::AwsCredentials given;
    given.access_key_id = RestProperty(properties, "rest.access-key-id");
    given.secret_access_key = RestProperty(properties, "rest.secret-access-key");
    given.session_token = RestProperty(properties, "rest.session-token");
    source_ = given.access_key_id.empty() ? io::FoundCredentials() : io::GivenCredentials(given);
  }

  void Sign(io::HttpRequest& request) override {
    io::AwsCredentials credentials = source_->Get();
    io::SignAwsRequest(request, credentials, region_, service_, NowMillis());
  }
  bool Renew(const io::HttpRequest&) override { return false; }
  // They are in no request: only what was computed with them is.
  std::string WithoutSecrets(std::string text) const override { return text; }

 private:
  std::string service_;
  std::string region_;
  std::shared_ptr<io::AwsCredentialSource> source_;
};

std::string SecretOf(const RestProperties& properties, const std::string& name) {
  std::string given = RestProperty(properties, name);
  std::string file = RestProperty(properties, name + "-file");
  if (!given.empty() && !file.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("{0} and {0}-file are both given: which is meant?", name));
  }
  return file.empty() ? given : ReadSecret(file);
}

}  // namespace

std::unique_ptr<RestAuthentication> MakeRestAuthentication(const RestProperties& properties,
                                                           io::HttpClient& http) {
  std::string credential = SecretOf(properties, "credential");
  std::string token = SecretOf(properties, "token");
  if (!credential.empty() && !token.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                "the REST catalog is given a token and a credential: which is meant?");
  }
  if (RestFlag(properties, "rest.sigv4-enabled", false)) {
    if (!credential.empty() || !token.empty()) {
      throw Error(ErrorCode::kInvalidArgument,
                  "the REST catalog is given a token or credential, and rest.sigv4-enabled: which "
                  "is meant?");
    }
    return std::make_unique<AwsSignature>(properties);
  }
  bool exchange = RestFlag(properties, "token-exchange-enabled", false);
  if (!credential.empty() || (exchange && !token.empty())) {
    return std::make_unique<OAuthTokens>(properties, credential, token, http);
  }
  std::string token_file = RestProperty(properties, "token-file");
  if (!token_file.empty()) return std::make_unique<TokenFile>(token_file);
  if (!token.empty()) return std::make_unique<GivenToken>(token);
  return std::make_unique<NoAuthentication>();
}

}  // namespace eider::catalog

#include "server/jwt_issuer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "io/file_system.h"
#include "io/http_client.h"

namespace eider::server {

namespace {

constexpr size_t kMostGroups = 1000;
constexpr size_t kLongestName = 512;
constexpr int64_t kLongestKeySet = 1 << 20;

AuthenticationOutcome Refused(std::string why, bool expired = false) {
  return {{}, std::move(why), expired};
}

bool IsName(const std::string& text) {
  return !text.empty() && text.size() <= kLongestName &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7F; });
}

// The claim of this very name, or the one that the dots lead to; nullptr where there is none.
const Json* FindClaim(const Json& claims, const std::string& name) {
  if (auto found = claims.find(name); found != claims.end()) return &*found;
  const Json* json = &claims;
  for (const std::string& part : Split(name, '.')) {
    if (!json->is_object()) return nullptr;
    auto found = json->find(part);
    if (found == json->end()) return nullptr;
    json = &*found;
  }
  return json;
}

// Of a text, or of a list of texts.
std::vector<std::string> TextsOf(const Json* json) {
  std::vector<std::string> texts;
  auto add = [&](const Json& item) {
    if (item.is_string()) texts.push_back(item.get<std::string>());
  };
  if (json != nullptr && json->is_array()) {
    for (const Json& item : *json) add(item);
  } else if (json != nullptr) {
    add(*json);
  }
  return texts;
}

bool IsLocalUrl(std::string_view url) {
  for (std::string_view host : {"http://127.0.0.1", "http://localhost", "http://[::1]"}) {
    if (!url.starts_with(host)) continue;
    std::string_view port = url.substr(host.size());
    port = port.substr(0, port.find('/'));
    if (port.empty() || port.find_first_not_of(":0123456789") == std::string_view::npos)
      return true;
  }
  return false;
}

bool IsUrl(std::string_view keys) { return keys.find("://") != std::string_view::npos; }

std::function<std::string()> FetcherOf(const JwtIssuerOptions& options) {
  if (!IsUrl(options.keys)) {
    return [file = options.keys] { return io::LocalFileSystem().Read(file); };
  }
  io::HttpClientOptions limits;
  limits.connect_timeout = std::chrono::seconds(3);
  limits.timeout = std::chrono::seconds(5);
  limits.body_limit = kLongestKeySet;
  // The issuer's address is what was configured, and not what somebody there sends us to.
  limits.redirects = 0;
  limits.ca_file = options.ca_file;
  auto client = std::make_shared<io::HttpClient>(limits);
  return [client, url = options.keys] {
    io::HttpRequest request;
    request.url = url;
    request.headers = {{"Accept", "application/json"}};
    io::HttpResponse response = client->Send(request);
    if (response.status == 200) return response.body;
    throw Error(ErrorCode::kIo,
                fmt::format("{} answers {}", io::UrlWithoutSecrets(url), response.status));
  };
}

// A time in seconds; a claim that is there and is none makes the token invalid.
bool ReadTime(const Json& claims, const char* name, std::optional<double>& seconds) {
  auto found = claims.find(name);
  if (found == claims.end()) return true;
  if (!found->is_number()) return false;
  seconds = found->get<double>();
  return true;
}

}  // namespace

void CheckJwtIssuer(const JwtIssuerOptions& options) {
  auto require = [](bool holds, const std::string& message) {
    if (!holds) throw Error(ErrorCode::kInvalidArgument, message);
  };
  require(!options.issuer.empty(), "it is not said which 'issuer' is believed");
  require(
      !options.audiences.empty(),
      fmt::format("it is not said for which 'audience' the tokens of {} are: without one, a token "
                  "for any other service would open this one",
                  options.issuer));
  require(!options.keys.empty(),
          fmt::format("it is not said where {} publishes its 'keys'", options.issuer));
  require(!IsUrl(options.keys) || options.keys.starts_with("https://") || IsLocalUrl(options.keys),
          fmt::format("keys are fetched by https:// alone, and not from {}",
                      io::UrlWithoutSecrets(options.keys)));
  bool is_word =
      !options.name.empty() &&
      options.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_") == std::string::npos;
  require(is_word, fmt::format("'{}' cannot be the name of an issuer: it has the letters a to z, "
                               "digits, - and _",
                               options.name));
  for (const char* taken : {"token", "certificate", "anonymous"}) {
    require(options.name != taken,
            fmt::format("'{}' cannot be the name of an issuer: other principals are called so",
                        options.name));
  }
}

JwtIssuer::JwtIssuer(JwtIssuerOptions options)
    : options_(std::move(options)),
      keys_(std::make_shared<IssuerKeys>(options_.issuer, FetcherOf(options_))) {}

JwtIssuer::JwtIssuer(JwtIssuerOptions options, std::shared_ptr<IssuerKeys> keys)
    : options_(std::move(options)), keys_(std::move(keys)) {}

bool JwtIssuer::IsNamedBy(const JsonWebToken& token) const {
  auto issuer = token.claims.find("iss");
  return issuer != token.claims.end() && issuer->is_string() &&
         issuer->get<std::string>() == options_.issuer;
}

AuthenticationOutcome JwtIssuer::Verify(const JsonWebToken& token, int64_t now_s) {
  std::vector<JsonWebKey> keys = keys_->Find(token.key_id);
  bool is_signed = std::any_of(keys.begin(), keys.end(),
                               [&](const JsonWebKey& key) { return IsSignedBy(token, key); });
  if (!is_signed) return Refused("the token's signature is not its issuer's");
  if (!IsNamedBy(token)) return Refused("the token is of another issuer");
  std::vector<std::string> audiences = TextsOf(FindClaim(token.claims, "aud"));
  bool is_meant = std::any_of(audiences.begin(), audiences.end(), [&](const std::string& one) {
    return std::find(options_.audiences.begin(), options_.audiences.end(), one) !=
           options_.audiences.end();
  });
  if (!is_meant) return Refused("the token is for another audience");

  double leeway = static_cast<double>(kLeeway.count());
  double now = static_cast<double>(now_s);
  std::optional<double> expires;
  std::optional<double> from;
  std::optional<double> issued;
  if (!ReadTime(token.claims, "exp", expires) || !ReadTime(token.claims, "nbf", from) ||
      !ReadTime(token.claims, "iat", issued) || !expires) {
    return Refused("the token does not say when it expires");
  }
  // Written so that what is no number holds for nothing.
  if (!(now < *expires + leeway)) return Refused("the token has expired", true);
  if (from && !(now + leeway >= *from)) return Refused("the token is not valid yet");
  if (issued && !(now + leeway >= *issued)) return Refused("the token is from the future");

  std::vector<std::string> principal = TextsOf(FindClaim(token.claims, options_.principal_claim));
  if (principal.size() != 1 || !IsName(principal[0])) {
    return Refused(
        fmt::format("the token does not say who it is for ({})", options_.principal_claim));
  }
  Identity identity;
  identity.name = options_.name + ":" + principal[0];
  for (const std::string& claim : options_.claims) {
    for (const std::string& value : TextsOf(FindClaim(token.claims, claim))) {
      if (!IsName(value) || identity.groups.size() == kMostGroups) continue;
      identity.groups.push_back(fmt::format("{}/{}:{}", options_.name, claim, value));
    }
  }
  identity.began_s = now_s;
  // No later than that, whatever a far away number is in whole seconds.
  constexpr double kYear = 365.0 * 24 * 3600;
  identity.expires_s = static_cast<int64_t>(std::min(*expires + leeway, now + kYear));
  return {identity};
}

}  // namespace eider::server

#include "server/session_token.h"

#include <utility>

#include "base/base64.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/uuid.h"
#include "server/secret_file.h"

namespace eider::server {

namespace {

// In three parts with dots between, the second JSON with "exp": clients that look whether a token
// is a JWT, to see when it expires, see that.
constexpr std::string_view kPrefix = "eider-session.";
constexpr size_t kKeyBytes = 32;

}  // namespace

SessionSigner::SessionSigner(std::string key) : key_(std::move(key)) {
  if (key_.size() < kKeyBytes) throw Error(ErrorCode::kInternal, "a signing key is too short");
}

std::string SessionSigner::Sign(const Session& session) const {
  Json json = {{"sub", session.principal}, {"tid", session.token_id}, {"groups", session.groups},
               {"scopes", session.scopes}, {"auth", session.began_s}, {"exp", session.expires_s}};
  std::string text = std::string(kPrefix) + Base64Url(json.dump());
  return text + "." + Base64Url(HmacSha256(key_, text));
}

std::optional<Session> SessionSigner::Verify(std::string_view text) const {
  if (!IsSession(text)) return std::nullopt;
  size_t dot = text.rfind('.');
  std::string_view what = text.substr(0, dot);
  if (what.size() < kPrefix.size() ||
      !EqualInConstantTime(Base64Url(HmacSha256(key_, what)), text.substr(dot + 1))) {
    return std::nullopt;
  }
  // Nobody but us can have written it.
  auto payload = FromBase64Url(what.substr(kPrefix.size()));
  if (!payload) return std::nullopt;
  Json json = Json::parse(*payload);
  Session session;
  session.principal = json.at("sub").get<std::string>();
  session.token_id = json.at("tid").get<std::string>();
  session.groups = json.at("groups").get<std::vector<std::string>>();
  session.scopes = json.at("scopes").get<std::vector<std::string>>();
  session.began_s = json.at("auth").get<int64_t>();
  session.expires_s = json.at("exp").get<int64_t>();
  return session;
}

bool SessionSigner::IsSession(std::string_view text) { return text.starts_with(kPrefix); }

std::string ReadOrMakeSigningKey(const std::string& token_file) {
  std::string path = token_file + ".key";
  std::optional<std::string> key = ReadSecretFile(path, "signing key");
  if (!key) {
    MakeSecretFile(path, NewRandomBytes(kKeyBytes), "signing key", token_file);
    // Another server may have made it at the same moment: then its key counts.
    key = ReadSecretFile(path, "signing key");
  }
  if (!key || key->size() < kKeyBytes) {
    throw Error(ErrorCode::kCorrupt, "the signing key " + path + " is too short")
        .WithHint("Remove it, and another is made; what it has signed is of no use then.");
  }
  return *key;
}

}  // namespace eider::server

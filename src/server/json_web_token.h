// JSON Web Tokens signed with a public-key algorithm (RFC 7515, 7519; 8725 for what not to do).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "server/json_web_key.h"

namespace eider::server {

struct JsonWebToken {
  std::string algorithm;  // "alg"
  std::string key_id;     // "kid"; "" where it names none
  Json claims;            // an object
  std::string signed_text;
  std::string signature;
};

// A text that has the form of one and that could be verified here: its algorithm is RS256, RS384,
// RS512, PS256, PS384, PS512, ES256 or ES384, and it demands nothing that we do not know ("crit").
// So neither "none" nor an algorithm with a shared secret, for which a public key could be passed
// off, comes as far as a key. Nothing that the header names is ever fetched.
std::optional<JsonWebToken> ParseJsonWebToken(std::string_view text);

// Whether the key has signed the token: one of the algorithm's type, and not meant for another.
bool IsSignedBy(const JsonWebToken& token, const JsonWebKey& key);

}  // namespace eider::server

// Public keys of those who issue JSON Web Tokens (RFC 7517).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct evp_pkey_st;

namespace eider::server {

struct JsonWebKey {
  enum class Type { kRsa, kP256, kP384 };

  Type type = Type::kRsa;
  std::string id;         // "kid"; "" where it has none
  std::string algorithm;  // "alg": the only one it is for; "" where it does not say
  std::shared_ptr<evp_pkey_st> key;
};

// The keys of a set ("JWKS") that can verify signatures: RSA of 2048 bits and more, and the curves
// P-256 and P-384. Others, secret ones and those for encryption are left out. Throws kSyntax for a
// text that is no set.
std::vector<JsonWebKey> ParseJsonWebKeys(std::string_view text);

}  // namespace eider::server

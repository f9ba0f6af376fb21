// The file in which the hashes of tokens are kept: `eider token` writes it, servers read it. Each
// change replaces the whole file, so that a reader sees it before or after.
//
// Whoever can write the file can give themselves any right (secret_file.h).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"
#include "server/access_right.h"

namespace eider::server {

struct TokenRecord {
  std::string id;
  std::string name;           // of its principal, unique in the file
  std::string hash;           // HashOfBearerToken
  std::vector<Grant> scopes;  // what it is limited to; empty: nothing beyond its roles
  int64_t created_ms = 0;
  int64_t expires_ms = 0;  // 0: never

  bool IsExpired(int64_t now_ms) const { return expires_ms != 0 && now_ms >= expires_ms; }
};

// A letter or digit, then up to 63 of these and of . _ @ -, so that a name needs no quoting in
// eider.yaml or in `credential=NAME:SECRET`.
bool IsTokenName(std::string_view name);

// Empty where the file does not exist. Throws kPermission for one that others may read or that
// others than its owner may write, and kCorrupt.
std::vector<TokenRecord> ReadTokenFile(const std::string& path);

// Adds a token and returns its text, which nobody can tell again. One of the same name that has
// expired makes room. `record` has name, scopes and expiry. Throws kInvalidArgument for a name that
// is none and kAlreadyExists; makes the file (0600), and the key beside it with which servers sign
// (session_token.h), where there is none.
std::string AddToken(const std::string& path, TokenRecord record);

// Throws kNotFound where there is no token of that name or id. Returns its name.
std::string RevokeToken(const std::string& path, const std::string& name_or_id);

}  // namespace eider::server

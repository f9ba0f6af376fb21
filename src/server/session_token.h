// Tokens that the server itself gives for a while, in return for others (oauth_endpoint.h): what
// they say is in them, signed, so that every server with the same key knows them, after a restart
// too, without keeping anything.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eider::server {

struct Session {
  std::string principal;                 // "token:ci"
  std::string token_id = {};             // of the BearerToken it was given for; "" for none
  std::vector<std::string> groups = {};  // further identities of the principal
  std::vector<std::string> scopes = {};  // grants it is limited to; empty: not limited further
  int64_t began_s = 0;  // when the principal last showed what it was given by others than us
  int64_t expires_s = 0;
};

class SessionSigner {
 public:
  // `key` has 256 bits at least.
  explicit SessionSigner(std::string key);

  std::string Sign(const Session& session) const;
  // nullopt for what was not signed with this key. Whether it has expired is for the caller to see.
  std::optional<Session> Verify(std::string_view text) const;

  // Whether a text says of itself that it is one.
  static bool IsSession(std::string_view text);

 private:
  std::string key_;
};

// The key of the servers that share a token file, which is kept beside it ("<token file>.key"). It
// is made where there is none, with the token file's owner and mode. Throws kPermission for one
// that others may read, kCorrupt for one that is too short, and what the file system says.
std::string ReadOrMakeSigningKey(const std::string& token_file);

}  // namespace eider::server

// What is known of a client that has proven who it is.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "server/access_right.h"

namespace eider::server {

struct Identity {
  std::string name;                      // of the principal: "token:ci"
  std::vector<std::string> groups = {};  // what roles may know it by besides: "jwt/groups:staff"
  std::string token_id = {};             // of the BearerToken that it stands or falls with; or ""
  std::vector<Grant> token_scopes = {};
  std::vector<Grant> session_scopes = {};
  int64_t began_s = 0;    // when it showed what it was given by others than us
  int64_t expires_s = 0;  // 0: never
};

// What came of credentials.
struct AuthenticationOutcome {
  std::optional<Identity> identity = {};
  std::string why = {};  // there is none
  bool expired = false;  // they were good once
};

}  // namespace eider::server

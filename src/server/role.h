// Roles: grants, and the principals that have them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/access_right.h"
#include "server/name_pattern.h"

namespace eider::server {

// Who belongs to a role: "token:superset", "jwt:*@example.org", "jwt/groups:analysts". What stands
// before the first colon is the kind and meant literally; behind it stands a NamePattern.
class RoleMember {
 public:
  // Throws kInvalidArgument.
  explicit RoleMember(std::string_view text);

  bool Matches(std::string_view identity) const;

 private:
  std::string kind_;  // with the colon
  NamePattern pattern_;
};

struct Role {
  std::string name;
  std::vector<RoleMember> members;
  std::vector<Grant> grants;
};

// The grants of every role that one of these identities belongs to.
std::vector<Grant> GrantsOf(const std::vector<Role>& roles,
                            const std::vector<std::string>& identities);

}  // namespace eider::server

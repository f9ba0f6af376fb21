#include "server/role.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"

namespace eider::server {

namespace {

size_t KindLength(std::string_view text) {
  size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == text.size()) {
    throw Error(ErrorCode::kInvalidArgument, fmt::format("'{}' is no member of a role", text))
        .WithHint("It is KIND:NAME, such as token:superset, jwt:alice or certificate:CN=spark.");
  }
  return colon + 1;
}

}  // namespace

RoleMember::RoleMember(std::string_view text)
    : kind_(text.substr(0, KindLength(text))), pattern_(text.substr(kind_.size())) {}

bool RoleMember::Matches(std::string_view identity) const {
  return identity.starts_with(kind_) && pattern_.Matches(identity.substr(kind_.size()));
}

std::vector<Grant> GrantsOf(const std::vector<Role>& roles,
                            const std::vector<std::string>& identities) {
  std::vector<Grant> grants;
  for (const Role& role : roles) {
    bool belongs = std::any_of(role.members.begin(), role.members.end(), [&](const auto& member) {
      return std::any_of(identities.begin(), identities.end(),
                         [&](const std::string& identity) { return member.Matches(identity); });
    });
    if (belongs) grants.insert(grants.end(), role.grants.begin(), role.grants.end());
  }
  return grants;
}

}  // namespace eider::server

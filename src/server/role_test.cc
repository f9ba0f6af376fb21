#include "server/role.h"

#include <gmock/gmock.h>

#include "base/error_testing.h"

namespace eider::server {
namespace {

TEST(RoleTest, AMemberIsOfOneKind) {
  RoleMember member("jwt:*");
  EXPECT_TRUE(member.Matches("jwt:alice"));
  EXPECT_TRUE(member.Matches("jwt:a:b"));
  for (const char* other : {"jwt/groups:alice", "token:jwt:alice", "jwt", "other:alice", ""}) {
    EXPECT_FALSE(member.Matches(other)) << other;
  }
  EXPECT_FALSE(RoleMember("token:a").Matches("token:*"));
}

TEST(RoleTest, EveryRoleOfAnIdentityGrants) {
  std::vector<Role> roles = {
      {"readers", {RoleMember("token:*"), RoleMember("jwt/groups:staff")}, {Grant("read:w")}},
      {"writers", {RoleMember("token:ci")}, {Grant("write:w/a"), Grant("write:w/b")}}};
  auto granted = [&](const std::vector<std::string>& identities) {
    std::vector<std::string> texts;
    for (const Grant& grant : GrantsOf(roles, identities)) texts.push_back(grant.text());
    return texts;
  };
  EXPECT_THAT(granted({"token:ci"}), testing::ElementsAre("read:w", "write:w/a", "write:w/b"));
  EXPECT_THAT(granted({"jwt:ci", "jwt/groups:staff"}), testing::ElementsAre("read:w"));
  EXPECT_THAT(granted({"jwt:ci"}), testing::IsEmpty());
  EXPECT_THAT(granted({}), testing::IsEmpty());
}

TEST(RoleTest, WhatIsNoMemberIsRefused) {
  for (const char* text : {"", "*", "token", "token:", ":x", "token:a\\"}) {
    EXPECT_EQ(CodeOf([&] { RoleMember member(text); }), ErrorCode::kInvalidArgument) << text;
  }
}

}  // namespace
}  // namespace eider::server

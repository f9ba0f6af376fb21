#include "cli/access_config.h"

#include <gmock/gmock.h>

#include <fstream>

#include "base/error_testing.h"
#include "base/temporary_folder.h"
#include "cli/serve_config.h"

namespace eider::cli {
namespace {

using testing::HasSubstr;

class AccessConfigTest : public testing::Test {
 protected:
  server::AccessOptions Read(const std::string& text) {
    std::string path = folder_.path() + "/eider.yaml";
    std::ofstream(path) << text;
    return ReadServeConfig(path).access;
  }

  TemporaryFolder folder_;
};

TEST_F(AccessConfigTest, TokensAndRoles) {
  auto access = Read(R"(
roles:
  analysts:
    members: ["token:superset", "token:ci-*"]
    grants: [read:shop, "write:shop/scratch"]
  idle: {}
authentication:
  tokens: tokens.json
  open_metrics: true
  session_time: 10m
limits: {requests_per_second: 50, failures_per_minute: 5, concurrent_requests: 4}
)");
  EXPECT_TRUE(access.asks());
  EXPECT_EQ(access.authentication.token_file, folder_.path() + "/tokens.json");
  EXPECT_TRUE(access.open_metrics);
  EXPECT_EQ(access.session_time, std::chrono::minutes(10));
  EXPECT_EQ(access.requests_per_second, 50);
  EXPECT_EQ(access.address_requests_per_second, 0);
  EXPECT_EQ(access.failures_per_minute, 5);
  EXPECT_EQ(access.concurrent_requests, 4U);
  ASSERT_EQ(access.roles->size(), 2U);
  const server::Role& role = (*access.roles)[0];
  EXPECT_EQ(role.name, "analysts");
  EXPECT_TRUE(role.members[1].Matches("token:ci-7"));
  EXPECT_EQ(role.grants[1].text(), "write:shop/scratch");
}

TEST_F(AccessConfigTest, IssuersAndCertificates) {
  const std::string jwt = R"(
authentication:
  jwt:
    - {issuer: "https://id.example.org", audience: [eider], keys: "https://id.example.org/keys"}
    - {name: corp, issuer: x, audience: [a, b], keys: keys.json, principal: email, claims: [groups]}
)";
  const std::string tls = "tls: {certificate: a, key: b, client_authorities: ca.pem}\n";
  auto access = Read(jwt + tls + "roles: {}");
  ASSERT_EQ(access.authentication.issuers.size(), 2U);
  EXPECT_EQ(access.authentication.issuers[0].name, "jwt");
  EXPECT_EQ(access.authentication.issuers[0].keys, "https://id.example.org/keys");
  const server::JwtIssuerOptions& corp = access.authentication.issuers[1];
  EXPECT_EQ(corp.keys, folder_.path() + "/keys.json");
  EXPECT_EQ(corp.audiences.size(), 2U);
  EXPECT_EQ(corp.principal_claim, "email");
  EXPECT_TRUE(access.certificates);
  // Others decide who has such credentials.
  for (const std::string& text : {jwt, tls}) {
    EXPECT_THAT(ErrorOf([&] { Read(text); }).message(), HasSubstr("'roles'"));
    EXPECT_TRUE(Read(text + "roles: {}").asks());
  }
}

TEST_F(AccessConfigTest, WithoutTheKeyNobodyIsAsked) {
  EXPECT_FALSE(Read("listen: 127.0.0.1:0").asks());
  EXPECT_FALSE(Read("authentication: {tokens: t}").roles);
}

TEST_F(AccessConfigTest, WhatHasNoMeaningIsRefusedWithItsLine) {
  auto refused = [&](const std::string& text) {
    Error error = ErrorOf([&] { Read(text); });
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument) << text;
    return error;
  };
  Error error = refused("authentication: {tokens: t}\nroles:\n  a:\n    grants: [own:w]");
  EXPECT_EQ(error.line(), 4);
  EXPECT_THAT(error.message(), HasSubstr("'own:w' grants nothing"));
  refused("authentication: {jwt: [{issuer: x, keys: y}]}\nroles: {}");
  refused("authentication: {jwt: [{issuer: x, audience: [a], keys: 'http://h/k'}]}\nroles: {}");
  refused("tls: {certificate: a, key: b, client_certificates: required}");
  refused("tls: {certificate: a, key: b, client_authorities: c, client_certificates: x}");
  refused("authentication: {tokens: [a]}");
  refused("authentication: {token: a}");
  refused("authentication: {tokens: t}\nroles: [a]");
  refused("authentication: {tokens: t}\nroles: {a: {member: [token:x]}}");
  refused("authentication: {tokens: t}\nroles: {a: {members: token:x}}");
  refused("authentication: {tokens: t}\nroles: {a: {members: [x]}}");
}

}  // namespace
}  // namespace eider::cli

#include "io/aws_credentials.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/error_testing.h"
#include "base/temporary_folder.h"
#include "io/aws_sts.h"
#include "io/http_server_testing.h"

namespace eider::io {
namespace {

using ::testing::HasSubstr;

// The variables that decide, as the test wants them, and as they were when it is over.
class AwsCredentialsTest : public ::testing::Test {
 protected:
  AwsCredentialsTest() {
    for (const char* name :
         {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE",
          "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
          "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN",
          "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "AWS_EC2_METADATA_SERVICE_ENDPOINT",
          "AWS_ENDPOINT_URL_STS"}) {
      Set(name, std::nullopt);
    }
    Set("AWS_EC2_METADATA_DISABLED", "true");
    Set("AWS_SHARED_CREDENTIALS_FILE", folder_.path() + "/credentials");
    Set("AWS_CONFIG_FILE", folder_.path() + "/config");
  }
  ~AwsCredentialsTest() override {
    for (const auto& [name, value] : before_) Put(name, value);
  }

  void Set(const std::string& name, const std::optional<std::string>& value) {
    const char* before = std::getenv(name.c_str());
    before_.emplace(name, before ? std::optional<std::string>(before) : std::nullopt);
    Put(name, value);
  }
  void Write(const std::string& name, const std::string& text) {
    std::ofstream(folder_.path() + "/" + name) << text;
  }

 private:
  static void Put(const std::string& name, const std::optional<std::string>& value) {
    if (value) {
      ::setenv(name.c_str(), value->c_str(), 1);
    } else {
      ::unsetenv(name.c_str());
    }
  }

  std::map<std::string, std::optional<std::string>> before_;

 protected:
  TemporaryFolder folder_;
};

std::string Keys(const std::string& id, const std::string& expiration) {
  return R"({"AccessKeyId":")" + id + R"(","SecretAccessKey":"s","Token":"t","Expiration":")" +
         expiration + "\"}";
}

TEST_F(AwsCredentialsTest, WhereNoneAreTheErrorSaysWhereTheyWereLookedFor) {
  Error error = ErrorOf([] { FoundCredentials()->Get(); });
  EXPECT_EQ(error.code(), ErrorCode::kPermission);
  EXPECT_THAT(error.hint(), HasSubstr("AWS_ACCESS_KEY_ID"));
}

TEST_F(AwsCredentialsTest, TheEnvironmentComesBeforeTheFiles) {
  Write("credentials", "[default]\naws_access_key_id = file\naws_secret_access_key = f\n");
  EXPECT_EQ(FoundCredentials()->Get().access_key_id, "file");
  Set("AWS_ACCESS_KEY_ID", "env");
  Set("AWS_SECRET_ACCESS_KEY", "e");
  Set("AWS_SESSION_TOKEN", "t");
  AwsCredentials found = FoundCredentials()->Get();
  EXPECT_EQ(found.access_key_id, "env");
  EXPECT_EQ(found.session_token, "t");
  EXPECT_EQ(FoundCredentials("default")->Get().access_key_id, "file") << "a profile was named";
}

TEST_F(AwsCredentialsTest, ProfilesOfBothFiles) {
  Write("credentials",
        "# keys\n[default]\naws_access_key_id=d\naws_secret_access_key=ds\n\n"
        "[ work ]\n AWS_ACCESS_KEY_ID = w \naws_access_key_id = w\naws_secret_access_key = a=b/c\n"
        "aws_session_token = wt\n");
  Write("config",
        "[default]\nregion = eu-west-1\n[profile work]\nregion=eu-central-1\ns3 =\n  "
        "region = wrong\n[profile role]\nrole_arn = arn:x\nsource_profile = default\n");
  AwsCredentials work = FoundCredentials("work")->Get();
  EXPECT_EQ(work.access_key_id, "w");
  EXPECT_EQ(work.secret_access_key, "a=b/c");
  EXPECT_EQ(work.session_token, "wt");
  EXPECT_EQ(SharedSetting("work", "region"), "eu-central-1");
  EXPECT_EQ(SharedSetting("", "region"), "eu-west-1");
  EXPECT_EQ(SharedSetting("none", "region"), "");
  Set("AWS_PROFILE", "work");
  EXPECT_EQ(FoundCredentials()->Get().access_key_id, "w");
  Error role = ErrorOf([] { FoundCredentials("role")->Get(); });
  EXPECT_EQ(role.code(), ErrorCode::kUnsupported);
  EXPECT_THAT(role.message(), HasSubstr("role_arn"));
  EXPECT_EQ(CodeOf([] { FoundCredentials("none")->Get(); }), ErrorCode::kNotFound);
}

TEST_F(AwsCredentialsTest, TheContainersRole) {
  TestServer server([](const std::string& request) {
    if (request.find("Authorization: the-token\r\n") == std::string::npos) {
      return TestServer::Reply(403);
    }
    return TestServer::Reply(200, Keys("container", "2999-01-01T00:00:00Z"));
  });
  Set("AWS_CONTAINER_CREDENTIALS_FULL_URI", server.url("/keys"));
  EXPECT_EQ(CodeOf([] { FoundCredentials()->Get(); }), ErrorCode::kPermission);
  Write("token", "the-token\n");
  Set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", folder_.path() + "/token");
  AwsCredentials found = FoundCredentials()->Get();
  EXPECT_EQ(found.access_key_id, "container");
  EXPECT_EQ(found.session_token, "t");
  EXPECT_GT(found.expires_at_millis, NowMillis());
  Set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://example.com/keys");
  EXPECT_EQ(CodeOf([] { FoundCredentials()->Get(); }), ErrorCode::kPermission);
}

TEST_F(AwsCredentialsTest, TheInstancesRoleByASessionOfTheMetadataService) {
  TestServer server([](const std::string& request) {
    if (request.starts_with("PUT /latest/api/token ")) return TestServer::Reply(200, "session");
    if (request.find("X-aws-ec2-metadata-token: session\r\n") == std::string::npos) {
      return TestServer::Reply(401);
    }
    if (request.find("/security-credentials/the-role ") != std::string::npos) {
      return TestServer::Reply(200, Keys("instance", "2999-01-01T00:00:00Z"));
    }
    return TestServer::Reply(200, "the-role");
  });
  Set("AWS_EC2_METADATA_DISABLED", std::nullopt);
  Set("AWS_EC2_METADATA_SERVICE_ENDPOINT", server.url());
  EXPECT_EQ(FoundCredentials()->Get().access_key_id, "instance");
}

TEST_F(AwsCredentialsTest, AWebIdentity) {
  TestServer server([](const std::string& request) {
    EXPECT_THAT(request, HasSubstr("WebIdentityToken=the%20token"));
    EXPECT_THAT(request, HasSubstr("RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr"));
    return TestServer::Reply(
        200,
        "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>"
        "<AccessKeyId>web</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t"
        "</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration></Credentials>"
        "</AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>");
  });
  Write("token", "the token\n");
  Set("AWS_WEB_IDENTITY_TOKEN_FILE", folder_.path() + "/token");
  Set("AWS_ROLE_ARN", "arn:aws:iam::1:role/r");
  Set("AWS_ENDPOINT_URL_STS", server.url());
  EXPECT_EQ(FoundCredentials()->Get().access_key_id, "web");
}

TEST(KeptCredentialsTest, AreLoadedAnewBeforeTheyExpireAndWhenTheyAreRefused) {
  int loads = 0;
  int64_t lifetime = 3'600'000;
  bool fails = false;
  auto source = LoadedCredentials([&] {
    if (fails) throw Error(ErrorCode::kIo, "nobody there");
    return AwsCredentials{"k" + std::to_string(++loads), "s", "", NowMillis() + lifetime};
  });
  EXPECT_EQ(source->Get().access_key_id, "k1");
  EXPECT_EQ(source->Get().access_key_id, "k1");
  AwsCredentials first = source->Get();
  source->Forget(first);
  lifetime = 60'000;
  EXPECT_EQ(source->Get().access_key_id, "k2");
  source->Forget(first);  // somebody else was told of the old ones later
  EXPECT_EQ(source->Get().access_key_id, "k3") << "less than five minutes are left";
  fails = true;
  EXPECT_EQ(source->Get().access_key_id, "k3") << "they still hold for a minute";
  source->Forget(source->Get());
  EXPECT_EQ(CodeOf([&] { source->Get(); }), ErrorCode::kIo);
}

TEST(AwsStsTest, AssumesARoleWithAPolicy) {
  int asked = 0;
  TestServer server([&](const std::string& request) {
    EXPECT_THAT(request, HasSubstr("/eu-west-1/sts/aws4_request"));
    EXPECT_THAT(request, HasSubstr("Policy=%7B%22a%22%3A%22b%20c%22%7D"));
    if (++asked > 1) {
      return TestServer::Reply(403,
                               "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not you"
                               "</Message></Error></ErrorResponse>");
    }
    return TestServer::Reply(
        200,
        "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>id</AccessKeyId>"
        "<SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"
        "<Expiration>2026-11-25T03:00:00.123Z</Expiration></Credentials></AssumeRoleResult>"
        "</AssumeRoleResponse>");
  });
  HttpClient client;
  AssumeRole role;
  role.endpoint = "http://127.0.0.1:" + std::to_string(server.port());
  role.region = "eu-west-1";
  role.role_arn = "arn:aws:iam::1:role/r";
  role.session_name = "eider";
  role.policy = R"({"a":"b c"})";
  AwsCredentials got = AssumeAwsRole(client, role, {"caller", "SECRET", "", 0}, NowMillis());
  EXPECT_EQ(got.access_key_id, "id");
  EXPECT_EQ(got.expires_at_millis, 1'795'575'600'000);
  Error refused = ErrorOf([&] {
    AssumeAwsRole(client, role, {"caller", "SECRET", "", 0}, NowMillis());
  });
  EXPECT_EQ(refused.code(), ErrorCode::kPermission);
  EXPECT_THAT(refused.message(), HasSubstr("AccessDenied: not you"));
}

}  // namespace
}  // namespace eider::io

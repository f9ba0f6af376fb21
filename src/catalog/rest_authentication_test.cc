#include "catalog/rest_authentication.h"

#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <functional>

#include "base/error_testing.h"
#include "base/temporary_folder.h"
#include "io/http_server_testing.h"

namespace eider::catalog {
namespace {

std::string HeaderOf(const io::HttpRequest& request, const std::string& name) {
  for (const io::HttpHeader& header : request.headers) {
    if (header.name == name) return header.value;
  }
  return "";
}

class RestAuthenticationTest : public testing::Test {
 protected:
  RestAuthenticationTest()
      : server_([this](const std::string& request) { return answer_(request); }) {}

  std::unique_ptr<RestAuthentication> Make(RestProperties properties) {
    properties.emplace("uri", server_.url("/catalog"));
    return MakeRestAuthentication(properties, http_);
  }

  // What the next request is signed with.
  std::string Signed(RestAuthentication& authentication) {
    request_ = {};
    request_.url = server_.url("/catalog/v1/config");
    authentication.Sign(request_);
    return HeaderOf(request_, "Authorization");
  }

  static std::string Token(const std::string& token, int seconds) {
    return io::TestServer::Reply(200, R"({"access_token":")" + token +
                                          R"(","token_type":"bearer","expires_in":)" +
                                          std::to_string(seconds) + "}");
  }

  std::function<std::string(const std::string&)> answer_;
  io::TestServer server_;
  io::HttpClient http_;
  io::HttpRequest request_;
};

TEST_F(RestAuthenticationTest, NoneAndBearer) {
  EXPECT_EQ(Signed(*Make({})), "");
  auto bearer = Make({{"token", "tok-en"}});
  EXPECT_EQ(Signed(*bearer), "Bearer tok-en");
  EXPECT_FALSE(bearer->Renew(request_));
  EXPECT_EQ(bearer->WithoutSecrets("tok-en is expired"), "***** is expired");
}

TEST_F(RestAuthenticationTest, AFileIsReadAgain) {
  TemporaryFolder folder;
  std::string file = folder.path() + "/token";
  std::ofstream(file) << "first\n";
  auto authentication = Make({{"token-file", file}});
  EXPECT_EQ(Signed(*authentication), "Bearer first");
  EXPECT_FALSE(authentication->Renew(request_));
  std::ofstream(file) << "second\nand more";
  EXPECT_TRUE(authentication->Renew(request_));
  EXPECT_EQ(Signed(*authentication), "Bearer second");
  EXPECT_EQ(CodeOf([&] {
              Make({{"token-file", folder.path() + "/absent"}});
            }),
            ErrorCode::kNotFound);
}

TEST_F(RestAuthenticationTest, ClientCredentialsAreExchangedForTokens) {
  std::atomic<int> asked = 0;
  std::string form;
  answer_ = [&](const std::string& request) {
    form = request.substr(request.find("\r\n\r\n") + 4);
    EXPECT_TRUE(request.starts_with("POST /catalog/v1/oauth/tokens "));
    return Token("token-" + std::to_string(++asked), 3600);
  };
  auto authentication = Make({{"credential", "the id:the:secret"}, {"scope", "a b"}});
  EXPECT_EQ(Signed(*authentication), "Bearer token-1");
  EXPECT_EQ(Signed(*authentication), "Bearer token-1");
  EXPECT_EQ(form,
            "grant_type=client_credentials&client_id=the%20id&client_secret=the%3Asecret&"
            "scope=a%20b");
  EXPECT_TRUE(authentication->Renew(request_));
  EXPECT_EQ(asked, 2);
  // Another thread's refusal of the same token asks for no third.
  EXPECT_TRUE(authentication->Renew(request_));
  EXPECT_EQ(Signed(*authentication), "Bearer token-2");
  EXPECT_EQ(asked, 2);
  EXPECT_EQ(authentication->WithoutSecrets("the:secret or token-2"), "***** or *****");
}

TEST_F(RestAuthenticationTest, ATokenIsRenewedBeforeItExpires) {
  std::atomic<int> asked = 0;
  answer_ = [&](const std::string&) { return Token("t" + std::to_string(++asked), 0); };
  auto authentication = Make({{"credential", "secret"}});
  EXPECT_EQ(Signed(*authentication), "Bearer t1");
  EXPECT_EQ(Signed(*authentication), "Bearer t2");
}

TEST_F(RestAuthenticationTest, ATokenMayBeExchanged) {
  std::string form;
  answer_ = [&](const std::string& request) {
    form = request.substr(request.find("\r\n\r\n") + 4);
    EXPECT_NE(request.find("Authorization: Bearer old-token"), std::string::npos);
    EXPECT_TRUE(request.starts_with("POST /issuer "));
    return Token("new-token", 3600);
  };
  auto authentication = Make({{"token", "old-token"},
                              {"token-exchange-enabled", "true"},
                              {"oauth2-server-uri", server_.url("/issuer")}});
  EXPECT_EQ(Signed(*authentication), "Bearer old-token");
  EXPECT_TRUE(authentication->Renew(request_));
  EXPECT_EQ(Signed(*authentication), "Bearer new-token");
  EXPECT_TRUE(
      form.starts_with("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange&"
                       "subject_token=old-token&"));
}

TEST_F(RestAuthenticationTest, ARefusalIsToldWithoutTheSecret) {
  answer_ = [](const std::string&) {
    return io::TestServer::Reply(
        401, R"({"error":"invalid_client","error_description":"hush-hush is wrong"})");
  };
  auto authentication = Make({{"credential", "id:hush-hush"}});
  Error error = ErrorOf([&] { Signed(*authentication); });
  EXPECT_EQ(error.code(), ErrorCode::kPermission);
  EXPECT_NE(error.message().find("(HTTP 401): invalid_client: ***** is wrong"), std::string::npos)
      << error.message();
}

TEST_F(RestAuthenticationTest, AwsSignatures) {
  auto authentication = Make({{"rest.sigv4-enabled", "true"},
                              {"rest.signing-name", "s3tables"},
                              {"rest.signing-region", "eu-west-1"},
                              {"rest.access-key-id", "AKID"},
                              {"rest.secret-access-key", "hush"},
                              {"rest.session-token", "session"}});
  std::string authorization = Signed(*authentication);
  EXPECT_TRUE(authorization.starts_with("AWS4-HMAC-SHA256 Credential=AKID/")) << authorization;
  EXPECT_NE(authorization.find("/eu-west-1/s3tables/aws4_request"), std::string::npos);
  EXPECT_EQ(HeaderOf(request_, "X-Amz-Security-Token"), "session");
}

TEST_F(RestAuthenticationTest, ContradictionsAreRefused) {
  TemporaryFolder folder;
  std::string file = folder.path() + "/token";
  std::ofstream(file) << "x";
  for (const RestProperties& properties :
       std::vector<RestProperties>{{{"token", "a"}, {"credential", "b"}},
                                   {{"token", "a"}, {"token-file", file}},
                                   {{"token", "a"}, {"rest.sigv4-enabled", "true"}},
                                   {{"rest.sigv4-enabled", "perhaps"}}}) {
    EXPECT_EQ(CodeOf([&] { Make(properties); }), ErrorCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace eider::catalog

#include "server/session_token.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <thread>

#include "base/base64.h"
#include "base/error_testing.h"
#include "base/temporary_folder.h"
#include "server/secret_file.h"

namespace eider::server {
namespace {

const std::string kKey(32, 'k');
const Session kSession = {"token:ci", "3f9a1c22b7d4", {"jwt/groups:a"}, {"read:w"}, 100, 3700};

TEST(SessionTokenTest, ComesBackAsItWas) {
  std::string text = SessionSigner(kKey).Sign(kSession);
  EXPECT_TRUE(SessionSigner::IsSession(text));
  auto session = SessionSigner(kKey).Verify(text);
  ASSERT_TRUE(session);
  EXPECT_EQ(session->principal, "token:ci");
  EXPECT_EQ(session->token_id, "3f9a1c22b7d4");
  EXPECT_EQ(session->groups, kSession.groups);
  EXPECT_EQ(session->scopes, kSession.scopes);
  EXPECT_EQ(session->began_s, 100);
  EXPECT_EQ(session->expires_s, 3700);
}

TEST(SessionTokenTest, NoOtherTextIsOne) {
  SessionSigner signer(kKey);
  std::string text = signer.Sign(kSession);
  EXPECT_FALSE(SessionSigner(std::string(32, 'x')).Verify(text));
  for (size_t i = 0; i < text.size(); ++i) {
    for (char c : {'A', 'B', '.'}) {
      std::string other = text;
      if (std::exchange(other[i], c) == c) continue;
      EXPECT_FALSE(signer.Verify(other)) << other;
    }
    EXPECT_FALSE(signer.Verify(text.substr(0, i)));
  }
  std::string payload = Base64Url(R"({"sub":"token:admin","exp":9999999999})");
  for (const std::string& other :
       {text + "x", std::string("eider-session."), "eider-session." + payload,
        "eider-session." + payload + ".", "eider-session." + payload + "." + Base64Url(kKey),
        "eider-session.." + text.substr(text.rfind('.') + 1)}) {
    EXPECT_FALSE(signer.Verify(other)) << other;
  }
}

TEST(SessionTokenTest, ServersShareTheKeyBesideTheTokenFile) {
  TemporaryFolder folder;
  std::string tokens = folder.path() + "/tokens.json";
  std::vector<std::string> keys(8);
  std::vector<std::thread> threads;
  for (std::string& key : keys) {
    threads.emplace_back([&] { key = ReadOrMakeSigningKey(tokens); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(keys[0].size(), 32U);
  for (const std::string& key : keys) EXPECT_EQ(key, keys[0]);
  chmod((tokens + ".key").c_str(), 0644);
  EXPECT_EQ(CodeOf([&] { ReadOrMakeSigningKey(tokens); }), ErrorCode::kPermission);
  chmod((tokens + ".key").c_str(), 0600);
  ReplaceSecretFile(tokens + ".key", "short", "signing key");
  EXPECT_EQ(CodeOf([&] { ReadOrMakeSigningKey(tokens); }), ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace eider::server

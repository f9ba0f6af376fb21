#include "server/token_store.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "base/clock.h"
#include "base/error_testing.h"
#include "base/temporary_folder.h"
#include "server/bearer_token.h"

namespace eider::server {
namespace {

class TokenStoreTest : public testing::Test {
 protected:
  std::string Add(const std::string& name, int64_t expires_ms = 0) {
    TokenRecord record;
    record.name = name;
    record.expires_ms = expires_ms;
    return AddToken(path_, record);
  }

  void WaitForALook() {
    std::this_thread::sleep_for(std::chrono::milliseconds(TokenStore::kLookEveryMillis + 50));
  }

  TemporaryFolder folder_;
  std::string path_ = folder_.path() + "/tokens.json";
};

TEST_F(TokenStoreTest, ATokenIsFoundByItsWholeText) {
  std::string text = Add("a");
  TokenStore store(path_);
  ASSERT_NE(store.Find(text), nullptr);
  EXPECT_EQ(store.Find(text)->name, "a");
  EXPECT_EQ(store.FindById(IdOfBearerToken(text))->name, "a");
  for (size_t i = 19; i < text.size(); ++i) {
    std::string other = text;
    other[i] = other[i] == 'x' ? 'y' : 'x';
    EXPECT_EQ(store.Find(other), nullptr) << i;
  }
  EXPECT_EQ(store.Find(NewBearerToken().text), nullptr);
  EXPECT_EQ(store.Find("a"), nullptr);
  EXPECT_EQ(store.Find(ReadTokenFile(path_)[0].hash), nullptr);
}

TEST_F(TokenStoreTest, AnExpiredTokenIsNone) {
  std::string text = Add("a", NowMillis() + 200);
  TokenStore store(path_);
  EXPECT_NE(store.Find(text), nullptr);
  std::this_thread::sleep_for(std::chrono::milliseconds(250));
  EXPECT_EQ(store.Find(text), nullptr);
}

TEST_F(TokenStoreTest, ChangesOfTheFileAreSeen) {
  std::string first = Add("a");
  TokenStore store(path_);
  EXPECT_NE(store.Find(first), nullptr);
  RevokeToken(path_, "a");
  std::string second = Add("b");
  WaitForALook();
  EXPECT_EQ(store.Find(first), nullptr);
  EXPECT_NE(store.Find(second), nullptr);
  std::filesystem::remove(path_);
  WaitForALook();
  EXPECT_EQ(store.Find(second), nullptr);
}

TEST_F(TokenStoreTest, ABrokenFileLetsNobodyIn) {
  std::string text = Add("a");
  TokenStore store(path_);
  EXPECT_NE(store.Find(text), nullptr);
  chmod(path_.c_str(), 0644);
  std::ofstream(path_, std::ios::app) << " ";
  WaitForALook();
  EXPECT_EQ(store.Find(text), nullptr);
  EXPECT_EQ(CodeOf([&] { TokenStore store(path_); }), ErrorCode::kPermission);
}

}  // namespace
}  // namespace eider::server

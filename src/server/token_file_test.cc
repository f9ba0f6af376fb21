#include "server/token_file.h"

#include <gmock/gmock.h>
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

class TokenFileTest : public testing::Test {
 protected:
  TokenRecord Named(const std::string& name) {
    TokenRecord record;
    record.name = name;
    return record;
  }

  std::vector<std::string> Names() {
    std::vector<std::string> names;
    for (const TokenRecord& record : ReadTokenFile(path_)) names.push_back(record.name);
    return names;
  }

  void Write(const std::string& text, mode_t mode = 0600) {
    std::ofstream(path_) << text;
    chmod(path_.c_str(), mode);
  }

  mode_t Mode() {
    struct stat info {};
    stat(path_.c_str(), &info);
    return info.st_mode & 0777;
  }

  TemporaryFolder folder_;
  std::string path_ = folder_.path() + "/tokens.json";
};

using testing::ElementsAre;
using testing::IsEmpty;

TEST_F(TokenFileTest, ATokenIsKeptAsItsHash) {
  TokenRecord record = Named("ci");
  record.scopes = {Grant("write:w/a"), Grant("read")};
  record.expires_ms = NowMillis() + 1000;
  std::string text = AddToken(path_, record);
  std::vector<TokenRecord> records = ReadTokenFile(path_);
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].name, "ci");
  EXPECT_EQ(records[0].id, IdOfBearerToken(text));
  EXPECT_EQ(records[0].hash, HashOfBearerToken(text));
  EXPECT_EQ(records[0].scopes[0].text(), "write:w/a");
  EXPECT_EQ(records[0].scopes.size(), 2U);
  EXPECT_EQ(records[0].expires_ms, record.expires_ms);
  EXPECT_FALSE(records[0].IsExpired(NowMillis()));
  EXPECT_TRUE(records[0].IsExpired(record.expires_ms));
  std::ifstream file(path_);
  std::string stored((std::istreambuf_iterator<char>(file)), {});
  EXPECT_EQ(stored.find(text.substr(19)), std::string::npos);
}

TEST_F(TokenFileTest, NobodyElseMayReadOrWriteIt) {
  AddToken(path_, Named("a"));
  EXPECT_EQ(Mode(), 0600U);
  chmod(path_.c_str(), 0640);
  AddToken(path_, Named("b"));
  EXPECT_EQ(Mode(), 0640U);
  for (mode_t mode : {0644U, 0660U, 0602U, 0601U}) {
    chmod(path_.c_str(), mode);
    EXPECT_EQ(CodeOf([&] { ReadTokenFile(path_); }), ErrorCode::kPermission);
    EXPECT_EQ(CodeOf([&] { AddToken(path_, Named("c")); }), ErrorCode::kPermission);
  }
}

TEST_F(TokenFileTest, NamesAreUniqueUntilTheirTokenIsGone) {
  EXPECT_THAT(Names(), IsEmpty());
  AddToken(path_, Named("a"));
  EXPECT_EQ(CodeOf([&] { AddToken(path_, Named("a")); }), ErrorCode::kAlreadyExists);
  EXPECT_EQ(RevokeToken(path_, "a"), "a");
  EXPECT_THAT(Names(), IsEmpty());
  TokenRecord expired = Named("a");
  expired.expires_ms = 1;
  std::string old = AddToken(path_, expired);
  std::string fresh = AddToken(path_, Named("a"));
  EXPECT_THAT(Names(), ElementsAre("a"));
  EXPECT_EQ(ReadTokenFile(path_)[0].id, IdOfBearerToken(fresh));
  EXPECT_EQ(CodeOf([&] { RevokeToken(path_, std::string(IdOfBearerToken(old))); }),
            ErrorCode::kNotFound);
  EXPECT_EQ(RevokeToken(path_, std::string(IdOfBearerToken(fresh))), "a");
}

TEST_F(TokenFileTest, ChangesAtOneMomentAreAllMade) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] { AddToken(path_, Named("t" + std::to_string(i))); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Names().size(), 8U);
  size_t files = std::distance(std::filesystem::directory_iterator(folder_.path()), {});
  EXPECT_EQ(files, 2U);  // and the key
}

TEST_F(TokenFileTest, ANameNeedsNoQuoting) {
  for (const char* name : {"a", "CI-2.x_y", "me@example.org", "7"}) EXPECT_TRUE(IsTokenName(name));
  for (const std::string& name :
       {std::string(), std::string("a b"), std::string("a:b"), std::string("*"), std::string("-a"),
        std::string("a\n"), std::string("\xc3\xa9"), std::string(65, 'a')}) {
    EXPECT_FALSE(IsTokenName(name)) << name;
    EXPECT_EQ(CodeOf([&] { AddToken(path_, Named(name)); }), ErrorCode::kInvalidArgument);
  }
}

TEST_F(TokenFileTest, ABrokenFileIsNoEmptyOne) {
  for (const char* text :
       {"", "{", "[]", "{}", R"({"version":2,"tokens":[]})", R"({"version":1,"tokens":{"a":1}})",
        R"({"version":1,"tokens":[{"id":"x"}]})",
        R"({"version":1,"tokens":[{"id":"x","name":"a","hash":"short","scopes":[],"created_ms":0,
            "expires_ms":0}]})"}) {
    Write(text);
    EXPECT_EQ(CodeOf([&] { ReadTokenFile(path_); }), ErrorCode::kCorrupt) << text;
    EXPECT_EQ(CodeOf([&] { AddToken(path_, Named("a")); }), ErrorCode::kCorrupt) << text;
  }
}

}  // namespace
}  // namespace eider::server

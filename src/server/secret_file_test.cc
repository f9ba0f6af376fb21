#include "server/secret_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "base/error_testing.h"
#include "base/temporary_folder.h"

namespace eider::server {
namespace {

class SecretFileTest : public testing::Test {
 protected:
  mode_t Mode(const std::string& path) {
    struct stat info {};
    EXPECT_EQ(stat(path.c_str(), &info), 0);
    return info.st_mode & 0777;
  }

  ErrorCode Reading(const std::string& path) {
    return CodeOf([&] { ReadSecretFile(path, "secret"); });
  }

  TemporaryFolder folder_;
  std::string path_ = folder_.path() + "/secret";
};

TEST_F(SecretFileTest, IsItsMakersAlone) {
  EXPECT_FALSE(ReadSecretFile(path_, "secret"));
  ReplaceSecretFile(path_, "one", "secret");
  EXPECT_EQ(ReadSecretFile(path_, "secret"), "one");
  EXPECT_EQ(Mode(path_), 0600U);
  chmod(path_.c_str(), 0640);
  ReplaceSecretFile(path_, "two", "secret");
  EXPECT_EQ(ReadSecretFile(path_, "secret"), "two");
  EXPECT_EQ(Mode(path_), 0640U);
}

TEST_F(SecretFileTest, OneThatOthersMayReadIsRefused) {
  ReplaceSecretFile(path_, "one", "secret");
  for (mode_t mode : {0644U, 0660U, 0602U, 0601U, 0700U}) {
    chmod(path_.c_str(), mode);
    EXPECT_EQ(Reading(path_), ErrorCode::kPermission);
  }
  EXPECT_EQ(Reading(folder_.path()), ErrorCode::kInvalidArgument);
}

TEST_F(SecretFileTest, WhatIsThereIsNotMadeAgain) {
  std::string model = folder_.path() + "/model";
  ReplaceSecretFile(model, "", "secret");
  chmod(model.c_str(), 0640);
  MakeSecretFile(path_, "one", "secret", model);
  MakeSecretFile(path_, "two", "secret", model);
  EXPECT_EQ(ReadSecretFile(path_, "secret"), "one");
  EXPECT_EQ(Mode(path_), 0640U);
  MakeSecretFile(path_ + "2", "three", "secret", folder_.path() + "/none");
  EXPECT_EQ(Mode(path_ + "2"), 0600U);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_.path()), {}), 3);
}

TEST_F(SecretFileTest, WithoutItsFolderItCannotBeMade) {
  std::string path = folder_.path() + "/none/secret";
  EXPECT_EQ(CodeOf([&] { ReplaceSecretFile(path, "x", "secret"); }), ErrorCode::kIo);
  EXPECT_EQ(CodeOf([&] { MakeSecretFile(path, "x", "secret", path_); }), ErrorCode::kIo);
  EXPECT_EQ(CodeOf([&] { SecretFileLock(path, "secret"); }), ErrorCode::kIo);
}

}  // namespace
}  // namespace eider::server

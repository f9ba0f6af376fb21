#include <gtest/gtest.h>
#include <stdlib.h>

#include <functional>

#include "base/error.h"
#include "io/file_system.h"

namespace eider::io {
namespace {

class LocalFileSystemTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/eider_io_XXXXXX";
    root_ = ::mkdtemp(name);
  }
  void TearDown() override { files_.RemoveTree(root_); }

  FileSystem& files_ = LocalFileSystem();
  std::string root_;
};

ErrorCode CodeOf(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.code();
  }
  return ErrorCode::kInternal;
}

TEST_F(LocalFileSystemTest, WriteNewNeverOverwrites) {
  std::string path = root_ + "/a/b/c.txt";
  files_.WriteNew(path, "one");
  EXPECT_EQ(files_.Read("file://" + path), "one");
  EXPECT_EQ(CodeOf([&] { files_.WriteNew(path, "two"); }), ErrorCode::kAlreadyExists);
  EXPECT_EQ(files_.Read(path), "one");
}

TEST_F(LocalFileSystemTest, ReplaceLeavesNoTemporaryFile) {
  std::string path = root_ + "/hint";
  files_.Replace(path, "1");
  files_.Replace(path, "2");
  EXPECT_EQ(files_.Read(path), "2");
  EXPECT_EQ(files_.List(root_).size(), 1U);
}

TEST_F(LocalFileSystemTest, LinkReplacesAndIsRepeatable) {
  files_.WriteNew(root_ + "/one", "1");
  files_.WriteNew(root_ + "/two", "2");
  files_.Link(root_ + "/one", root_ + "/link");
  files_.Link(root_ + "/two", root_ + "/link");
  files_.Link(root_ + "/two", root_ + "/link");
  EXPECT_EQ(files_.Read(root_ + "/link"), "2");
  EXPECT_EQ(files_.List(root_).size(), 3U);
}

TEST_F(LocalFileSystemTest, ErrorsHaveCodesAndNameThePath) {
  EXPECT_EQ(CodeOf([&] { files_.Read(root_ + "/missing"); }), ErrorCode::kNotFound);
  files_.WriteNew(root_ + "/file", "x");
  EXPECT_EQ(CodeOf([&] { files_.WriteNew(root_ + "/file/below", "x"); }), ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf([&] { files_.Read("s3://bucket/x"); }), ErrorCode::kUnsupported);
}

TEST_F(LocalFileSystemTest, ListsSortedAndRecursively) {
  files_.WriteNew(root_ + "/b/2", "");
  files_.WriteNew(root_ + "/a", "");
  auto all = files_.ListRecursive(root_);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].path, root_ + "/a");
  EXPECT_TRUE(files_.List(root_ + "/missing").empty());
}

TEST(LocationTest, NormalizesBothWays) {
  EXPECT_EQ(ToLocation("/a/./b/../c/"), "file:///a/c");
  EXPECT_EQ(ToLocation("file:///a//b"), "file:///a/b");
  EXPECT_EQ(LocalPath("file:///a b"), "/a b");
  EXPECT_EQ(LocalPath("file:/a"), "/a");
}

}  // namespace
}  // namespace eider::io

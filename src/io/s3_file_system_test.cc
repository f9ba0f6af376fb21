// Against a real implementation of the protocol: tests/s3/files_test.py starts one and runs this.
#include "io/s3_file_system.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "base/error_testing.h"
#include "base/uuid.h"
#include "io/s3_testing.h"

namespace eider::io {
namespace {

using ::testing::ElementsAre;

class S3FileSystemTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* endpoint = std::getenv("EIDER_TEST_S3");
    if (endpoint == nullptr) GTEST_SKIP() << "EIDER_TEST_S3 names no object store";
    S3Options options = TestS3Options(endpoint);
    options.part_bytes = 5 << 20;  // the least that S3 allows
    files_ = OpenS3FileSystem(options);
    root_ = "s3://eider-test/" + NewUuid();
  }

  std::vector<std::string> Names(const std::vector<FileInfo>& files) {
    std::vector<std::string> names;
    for (const FileInfo& file : files) {
      names.push_back(file.path.substr(root_.size() + 1) + (file.is_directory ? "/" : ""));
    }
    return names;
  }

  std::shared_ptr<FileSystem> files_;
  std::string root_;
};

TEST_F(S3FileSystemTest, WritesReadsReplacesRemoves) {
  // All that a key may hold and a URL, XML or a signature might stumble over.
  std::string path = root_ + "/a b/x=1&y%2F+*'\"<>\xC3\xA9;,@:$!~()[]{}|^`\\#?.json";
  EXPECT_FALSE(files_->Exists(path));
  EXPECT_EQ(CodeOf([&] { files_->Read(path); }), ErrorCode::kNotFound);
  files_->WriteNew(path, "content");
  EXPECT_TRUE(files_->Exists(path));
  EXPECT_EQ(files_->Read(path), "content");
  EXPECT_EQ(files_->ReadRange(path, 3, 2), "te");
  EXPECT_EQ(files_->ReadRange(path, 5, 100), "nt");
  EXPECT_EQ(files_->ReadRange(path, 100, 5), "");
  EXPECT_EQ(CodeOf([&] { files_->WriteNew(path, "other"); }), ErrorCode::kAlreadyExists);
  EXPECT_EQ(files_->Read(path), "content");
  files_->Replace(path, "other content");
  EXPECT_EQ(files_->Read("s3a" + path.substr(2)), "other content");
  FileInfo info = files_->Stat(path);
  EXPECT_EQ(info.path, path);
  EXPECT_EQ(info.size, 13);
  EXPECT_GT(info.modified_micros, 1'700'000'000'000'000);
  ASSERT_EQ(files_->ListRecursive(root_).size(), 1U);
  EXPECT_EQ(files_->ListRecursive(root_)[0].path, path);
  files_->Remove(path);
  files_->Remove(path);
  EXPECT_FALSE(files_->Exists(path));
}

TEST_F(S3FileSystemTest, EmptyAndLargeFiles) {
  files_->WriteNew(root_ + "/empty", "");
  EXPECT_EQ(files_->Read(root_ + "/empty"), "");
  std::string large;
  for (int i = 0; large.size() < (11U << 20); ++i) large += std::to_string(i);
  files_->WriteNew(root_ + "/large", large);
  EXPECT_EQ(files_->Read(root_ + "/large"), large);
  EXPECT_EQ(CodeOf([&] { files_->WriteNew(root_ + "/large", large); }), ErrorCode::kAlreadyExists);
  files_->Replace(root_ + "/large", large.substr(1));
  EXPECT_EQ(files_->Stat(root_ + "/large").size, static_cast<int64_t>(large.size() - 1));
}

TEST_F(S3FileSystemTest, ListsFoldersThatAreBeginningsOfNames) {
  for (const char* name : {"/a/1", "/a/2/x", "/a/2/y", "/ab", "/a.b/c"}) {
    files_->WriteNew(root_ + name, "");
  }
  EXPECT_THAT(Names(files_->List(root_)), ElementsAre("a/", "a.b/", "ab"));
  EXPECT_THAT(Names(files_->List(root_ + "/a/")), ElementsAre("a/1", "a/2/"));
  EXPECT_THAT(Names(files_->ListRecursive(root_ + "/a")), ElementsAre("a/1", "a/2/x", "a/2/y"));
  EXPECT_TRUE(files_->List(root_ + "/none").empty());
  files_->CreateDirectories(root_ + "/made");
  EXPECT_TRUE(files_->List(root_ + "/made").empty());
  files_->RemoveTree(root_ + "/a");
  files_->RemoveEmptyDirectory(root_);
  EXPECT_THAT(Names(files_->ListRecursive(root_)), ElementsAre("a.b/c", "ab"));
}

TEST_F(S3FileSystemTest, MoreThanAPageIsListedAndRemoved) {
  constexpr int kFiles = 1030;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = t; i < kFiles; i += 4) files_->Replace(root_ + "/" + std::to_string(i), "");
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(files_->List(root_).size(), static_cast<size_t>(kFiles));
  files_->RemoveTree(root_);
  EXPECT_TRUE(files_->ListRecursive(root_).empty());
}

TEST_F(S3FileSystemTest, OfManyWritersOfOneNameOneWins) {
  for (int round = 0; round < 5; ++round) {
    std::string path = root_ + "/name" + std::to_string(round);
    std::atomic<int> winners = 0;
    std::atomic<int> losers = 0;
    std::string winner;
    std::vector<std::thread> threads;
    for (int i = 0; i < 16; ++i) {
      threads.emplace_back([&, i] {
        try {
          files_->WriteNew(path, std::to_string(i));
          ++winners;
          winner = std::to_string(i);
        } catch (const Error& error) {
          if (error.code() == ErrorCode::kAlreadyExists) ++losers;
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(winners, 1);
    EXPECT_EQ(losers, 15);
    EXPECT_EQ(files_->Read(path), winner);
  }
}

TEST_F(S3FileSystemTest, ABucketThatIsNotThereIsNotFound) {
  Error error = ErrorOf([&] { files_->WriteNew("s3://no-such-bucket/x", "x"); });
  EXPECT_EQ(error.code(), ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf([&] { files_->List("s3://no-such-bucket/x"); }), ErrorCode::kNotFound);
}

TEST(LocationsOnS3, AreNormalOrRefused) {
  EXPECT_EQ(ToLocation("s3a://bucket/a b/c/"), "s3://bucket/a b/c");
  EXPECT_EQ(ToLocation("s3://bucket/"), "s3://bucket");
  for (const char* bad :
       {"s3://bucket/a//b", "s3://bucket/../x", "s3://bucket/a/./b", "s3://bucket//a", "s3:///a"}) {
    EXPECT_EQ(CodeOf([&] { ToLocation(bad); }), ErrorCode::kInvalidArgument) << bad;
  }
  EXPECT_EQ(PathOf("S3N://bucket/a//b"), "s3://bucket/a//b");
  EXPECT_EQ(PathOf("file:/a"), "/a");
  EXPECT_EQ(CodeOf([] { PathOf("gs://bucket/a"); }), ErrorCode::kUnsupported);
  EXPECT_TRUE(IsOnS3("s3a://b"));
  EXPECT_FALSE(IsOnS3("/s3://b"));
  EXPECT_FALSE(IsOnS3("s3"));
}

TEST(OpenFileSystemTest, GoesByTheScheme) {
  EXPECT_EQ(OpenFileSystem("file:///tmp", {}).get(), &LocalFileSystem());
  StorageProperties keys = {{"s3.access-key-id", "i"}, {"s3.secret-access-key", "s"}};
  auto files = OpenFileSystem("s3a://bucket/x", keys);
  ASSERT_NE(files->s3_options(), nullptr);
  EXPECT_FALSE(files->has_folders());
  EXPECT_FALSE(files->has_links());
  EXPECT_EQ(CodeOf([&] { files->Link("s3://b/a", "s3://b/b"); }), ErrorCode::kUnsupported);
  EXPECT_EQ(CodeOf([&] { files->Read("/etc/passwd"); }), ErrorCode::kUnsupported);
  EXPECT_EQ(CodeOf([&] { OpenFileSystem("/tmp", keys); }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(CodeOf([&] { OpenFileSystem("gs://b/x", {}); }), ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace eider::io

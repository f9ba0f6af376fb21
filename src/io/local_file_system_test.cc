#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "base/error.h"
#include "base/error_testing.h"
#include "base/temporary_folder.h"
#include "io/file_system.h"

namespace eider::io {
namespace {

class LocalFileSystemTest : public testing::Test {
 protected:
  FileSystem& files_ = LocalFileSystem();
  TemporaryFolder temporary_folder_;
  std::string root_ = temporary_folder_.path();
};

TEST_F(LocalFileSystemTest, WriteNewNeverOverwrites) {
  std::string path = root_ + "/a/b/c.txt";
  files_.WriteNew(path, "one");
  EXPECT_EQ(files_.Read("file://" + path), "one");
  EXPECT_EQ(CodeOf([&] { files_.WriteNew(path, "two"); }), ErrorCode::kAlreadyExists);
  EXPECT_EQ(files_.Read(path), "one");
}

TEST_F(LocalFileSystemTest, RangesEndWithTheFile) {
  files_.WriteNew(root_ + "/f", "abcdef");
  EXPECT_EQ(files_.ReadRange(root_ + "/f", 2, 3), "cde");
  EXPECT_EQ(files_.ReadRange(root_ + "/f", 4, 100), "ef");
  EXPECT_EQ(files_.ReadRange(root_ + "/f", 6, 1), "");
  EXPECT_EQ(CodeOf([&] { files_.ReadRange(root_ + "/missing", 0, 1); }), ErrorCode::kNotFound);
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

TEST_F(LocalFileSystemTest, OnlyEmptyFoldersAreRemovedAsSuch) {
  files_.WriteNew(root_ + "/a/b/c", "x");
  files_.RemoveEmptyDirectory(root_ + "/a/b");
  EXPECT_EQ(files_.Read(root_ + "/a/b/c"), "x");
  files_.Remove(root_ + "/a/b/c");
  files_.RemoveEmptyDirectory(root_ + "/a/b");
  EXPECT_FALSE(files_.Exists(root_ + "/a/b"));
  files_.RemoveEmptyDirectory(root_ + "/a/b");
}

TEST_F(LocalFileSystemTest, WritersHoldAgainstAProcessThatRemovesEmptyFolders) {
  std::atomic<bool> done = false;
  std::thread remover([&] {
    while (!done) {
      files_.RemoveEmptyDirectory(root_ + "/a");
      // As one that drops tables does: the writer's sync of a new folder takes longer than a loop.
      std::this_thread::sleep_for(std::chrono::milliseconds(3));
    }
  });
  std::string path = root_ + "/a/f";
  EXPECT_NO_THROW({
    for (int i = 0; i < 200; ++i) {
      files_.WriteNew(path, "x");
      if (i < 199) files_.Remove(path);
    }
  });
  done = true;
  remover.join();
  EXPECT_EQ(files_.Read(path), "x");
}

TEST_F(LocalFileSystemTest, ListsSortedAndRecursively) {
  files_.WriteNew(root_ + "/b/2", "");
  files_.WriteNew(root_ + "/a", "");
  auto all = files_.ListRecursive(root_);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].path, root_ + "/a");
  EXPECT_TRUE(files_.List(root_ + "/missing").empty());
}

TEST_F(LocalFileSystemTest, FailedWriteLeavesNoFileAndSaysWhy) {
  struct rlimit before;
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  struct rlimit small = before;
  small.rlim_cur = 4096;
  auto* handler = ::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  std::string large(100'000, 'x');
  files_.WriteNew(root_ + "/old", "old");
  ErrorCode created = CodeOf([&] { files_.WriteNew(root_ + "/new", large); });
  ErrorCode replaced = CodeOf([&] { files_.Replace(root_ + "/old", large); });
  ::setrlimit(RLIMIT_FSIZE, &before);
  ::signal(SIGXFSZ, handler);
  EXPECT_EQ(created, ErrorCode::kNoSpace);
  EXPECT_EQ(replaced, ErrorCode::kNoSpace);
  ASSERT_EQ(files_.List(root_).size(), 1U);
  EXPECT_EQ(files_.Read(root_ + "/old"), "old");
}

TEST_F(LocalFileSystemTest, ManyWritersOfOneNameHaveOneWinner) {
  std::string path = root_ + "/deep/er/name";
  std::atomic<int> winners = 0;
  std::atomic<int> losers = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      try {
        files_.WriteNew(path, std::string(1000, static_cast<char>('a' + i)));
        ++winners;
      } catch (const Error& error) {
        if (error.code() == ErrorCode::kAlreadyExists) ++losers;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(winners, 1);
  EXPECT_EQ(losers, 7);
  std::string content = files_.Read(path);
  EXPECT_EQ(content, std::string(1000, content[0]));
}

TEST_F(LocalFileSystemTest, ReadersOfReplacedFileSeeOneWholeContent) {
  std::string path = root_ + "/hint";
  files_.Replace(path, std::string(5000, 'a'));
  std::atomic<bool> done = false;
  std::thread writer([&] {
    for (int i = 0; i < 200; ++i) files_.Replace(path, std::string(1000 + i, i % 2 ? 'a' : 'b'));
    done = true;
  });
  int torn = 0;
  while (!done) {
    std::string content = files_.Read(path);
    if (content.size() < 1000 || content != std::string(content.size(), content[0])) ++torn;
  }
  writer.join();
  EXPECT_EQ(torn, 0);
  EXPECT_EQ(files_.List(root_).size(), 1U);
}

TEST_F(LocalFileSystemTest, ModeFollowsTheUmask) {
  mode_t before = ::umask(027);
  files_.WriteNew(root_ + "/folder/file", "x");
  files_.Replace(root_ + "/replaced", "x");
  ::umask(before);
  struct stat status;
  ASSERT_EQ(::stat((root_ + "/folder/file").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0640U);
  ASSERT_EQ(::stat((root_ + "/folder").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0750U);
  ASSERT_EQ(::stat((root_ + "/replaced").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0640U);
}

TEST_F(LocalFileSystemTest, ReadOnlyFolderIsPermissionError) {
  ASSERT_EQ(::chmod(root_.c_str(), 0755), 0);
  files_.CreateDirectories(root_ + "/closed");
  ASSERT_EQ(::chmod((root_ + "/closed").c_str(), 0555), 0);
  // In a process of its own, because root may write everywhere and this user may not come back.
  pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    constexpr uid_t kNobody = 65534;
    if (::geteuid() == 0 && ::setuid(kNobody) != 0) ::_exit(2);
    bool write =
        CodeOf([&] { files_.WriteNew(root_ + "/closed/x", "x"); }) == ErrorCode::kPermission;
    bool folder =
        CodeOf([&] { files_.CreateDirectories(root_ + "/closed/f"); }) == ErrorCode::kPermission;
    bool replace =
        CodeOf([&] { files_.Replace(root_ + "/closed/x", "x"); }) == ErrorCode::kPermission;
    ::_exit(write && folder && replace ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_F(LocalFileSystemTest, RemovingWhatIsNotThereIsNoError) {
  files_.Remove(root_ + "/missing");
  files_.RemoveTree(root_ + "/missing");
  files_.WriteNew(root_ + "/tree/a/b", "x");
  files_.RemoveTree(root_ + "/tree");
  EXPECT_FALSE(files_.Exists(root_ + "/tree"));
}

TEST_F(LocalFileSystemTest, LinksThatLeadNowhereAreNotListed) {
  ASSERT_EQ(::symlink("nowhere", (root_ + "/broken").c_str()), 0);
  ASSERT_EQ(::symlink("loop", (root_ + "/loop").c_str()), 0);
  files_.WriteNew(root_ + "/file", "x");
  EXPECT_EQ(files_.List(root_).size(), 1U);
}

TEST_F(LocalFileSystemTest, SyncNamesTheMissingFile) {
  EXPECT_EQ(CodeOf([&] { files_.Sync(root_ + "/missing"); }), ErrorCode::kNotFound);
  files_.WriteNew(root_ + "/file", "x");
  files_.Sync(ToLocation(root_ + "/file"));
}

TEST_F(LocalFileSystemTest, LocalFoldersAreNoNetworkFileSystems) {
  EXPECT_FALSE(IsNetworkFileSystem(root_));
  EXPECT_FALSE(IsNetworkFileSystem(ToLocation(root_ + "/not/yet/there")));
}

TEST(LocationTest, NormalizesBothWays) {
  EXPECT_EQ(ToLocation("/a/./b/../c/"), "file:///a/c");
  EXPECT_EQ(ToLocation("file:///a//b"), "file:///a/b");
  EXPECT_EQ(LocalPath("file:///a b"), "/a b");
  EXPECT_EQ(LocalPath("file:/a"), "/a");
  EXPECT_EQ(LocalPath("file://localhost/a"), "/a");
  EXPECT_EQ(LocalPath("/odd/name://x"), "/odd/name://x");
  EXPECT_EQ(ToLocation("/"), "file:///");
  EXPECT_EQ(CodeOf([] { ToLocation(""); }), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace eider::io

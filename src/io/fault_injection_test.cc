#include "io/fault_injection.h"

#include <gtest/gtest.h>

#include <fstream>
#include <functional>

#include "base/error.h"
#include "base/temporary_folder.h"

namespace eider::io {
namespace {

class FaultInjectionTest : public testing::Test {
 protected:
  std::string Content(const std::string& name) {
    std::string path = root_ + "/" + name;
    return local_.Exists(path) ? local_.Read(path) : "(none)";
  }
  // What stands at `name` after `action` has met the fault at each of its steps in turn, up to the
  // step where it passes.
  std::vector<std::string> AfterEachStep(Fault fault, const std::string& name,
                                         const std::function<void()>& before,
                                         const std::function<void(FileSystem&)>& action) {
    std::vector<std::string> contents;
    for (int step = 1; step < 100; ++step) {
      before();
      FaultInjectionFileSystem files(local_, root_);
      files.Arm(fault, step);
      try {
        action(files);
      } catch (const Error&) {
        EXPECT_TRUE(files.struck());
      } catch (const SimulatedCrash&) {
        EXPECT_TRUE(files.struck());
      }
      files.Restart();
      contents.push_back(Content(name));
      if (!files.struck()) break;
    }
    return contents;
  }

  FileSystem& local_ = LocalFileSystem();
  TemporaryFolder temporary_folder_;
  std::string root_ = temporary_folder_.path();
};

using Contents = std::vector<std::string>;

TEST_F(FaultInjectionTest, StoppedWriteLeavesWhatARealOneWould) {
  auto before = [&] { local_.Remove(root_ + "/f"); };
  auto write = [&](FileSystem& files) { files.WriteNew(root_ + "/f", "abcd"); };
  EXPECT_EQ(AfterEachStep(Fault::kCrash, "f", before, write),
            (Contents{"(none)", "(none)", "", "ab", "abcd", "abcd"}));
  EXPECT_EQ(AfterEachStep(Fault::kPowerLoss, "f", before, write),
            (Contents{"(none)", "(none)", "(none)", "(none)", "(none)", "abcd"}));
  EXPECT_EQ(AfterEachStep(Fault::kError, "f", before, write),
            (Contents{"(none)", "(none)", "(none)", "(none)", "(none)", "abcd"}));
  EXPECT_EQ(AfterEachStep(Fault::kNoSpace, "f", before, write),
            (Contents{"(none)", "(none)", "(none)", "(none)", "(none)", "abcd"}));
}

TEST_F(FaultInjectionTest, StoppedReplaceShowsTheOldOrTheNew) {
  auto before = [&] {
    local_.RemoveTree(root_);
    local_.WriteNew(root_ + "/f", "old");
  };
  auto replace = [&](FileSystem& files) { files.Replace(root_ + "/f", "new"); };
  EXPECT_EQ(AfterEachStep(Fault::kCrash, "f", before, replace),
            (Contents{"old", "old", "new", "new"}));
  EXPECT_EQ(AfterEachStep(Fault::kPowerLoss, "f", before, replace),
            (Contents{"old", "old", "old", "new"}));
  EXPECT_EQ(AfterEachStep(Fault::kErrorAfter, "f", before, replace),
            (Contents{"new", "new", "new", "new"}));
}

TEST_F(FaultInjectionTest, PowerLossTakesUnsyncedFilesAndBringsRemovedOnesBack) {
  local_.WriteNew(root_ + "/kept", "k");
  FaultInjectionFileSystem files(local_, root_);
  files.Arm(Fault::kPowerLoss, 7);
  std::ofstream(root_ + "/unsynced") << "u";
  std::ofstream(root_ + "/below.parquet") << "s";
  std::ofstream(root_ + "/catalog.db") << "d";
  files.Remove(root_ + "/kept");
  EXPECT_THROW(
      {
        files.List(root_);
        files.List(root_);
        files.List(root_);
        files.List(root_);
        files.List(root_);
        files.List(root_);
      },
      SimulatedCrash);
  EXPECT_THROW(files.Read(root_ + "/below.parquet"), SimulatedCrash) << "it has ended";
  files.Restart();
  EXPECT_EQ(Content("kept"), "k");
  EXPECT_EQ(Content("unsynced"), "(none)");
  EXPECT_EQ(Content("catalog.db"), "d");
}

TEST_F(FaultInjectionTest, SyncMakesAFileAndTheNamesBesideItDurable) {
  FaultInjectionFileSystem files(local_, root_);
  files.Arm(Fault::kPowerLoss, 100);
  std::ofstream(root_ + "/data") << "d";
  files.Link(root_ + "/data", root_ + "/link");
  files.Sync(root_ + "/data");
  files.Link(root_ + "/data", root_ + "/later");
  EXPECT_THROW(files.Crash(), SimulatedCrash);
  files.Restart();
  EXPECT_EQ(Content("data"), "d");
  EXPECT_EQ(Content("link"), "d");
  EXPECT_EQ(Content("later"), "(none)");
}

TEST_F(FaultInjectionTest, FullDiskStaysFullAndRemovingStillWorks) {
  local_.WriteNew(root_ + "/f", "x");
  FaultInjectionFileSystem files(local_, root_);
  files.Arm(Fault::kNoSpace, 1);
  for (int i = 0; i < 2; ++i) {
    try {
      files.WriteNew(root_ + "/g", "y");
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kNoSpace);
      EXPECT_NE(error.message().find(root_ + "/g"), std::string::npos) << error.message();
    }
  }
  files.Remove(root_ + "/f");
  EXPECT_EQ(Content("f"), "(none)");
  files.Restart();
  files.WriteNew(root_ + "/g", "y");
  EXPECT_EQ(Content("g"), "y");
}

}  // namespace
}  // namespace eider::io

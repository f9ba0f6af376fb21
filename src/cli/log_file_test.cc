#include "cli/log_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

namespace eider::cli {
namespace {

namespace fs = std::filesystem;

std::string Content(const fs::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

class LogFileTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("eider_log_" + std::to_string(getpid()));
    fs::remove_all(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  fs::path folder_;
};

TEST_F(LogFileTest, KeepsWhatWasSaidBeforeItWasOpened) {
  std::string problem;
  {
    LogFile log(0);
    log.Write("early\n");
    ASSERT_TRUE(log.Open(folder_ / "logs", &problem)) << problem;
    log.Write("late\n");
  }
  EXPECT_EQ(Content(folder_ / "logs" / "dbt.log"), "early\nlate\n");
}

TEST_F(LogFileTest, AFullFileIsPutAside) {
  std::string problem;
  {
    LogFile log(10);
    ASSERT_TRUE(log.Open(folder_, &problem));
    for (int i = 0; i < 9; ++i) log.Write("line " + std::to_string(i) + "\n");
  }
  EXPECT_EQ(Content(folder_ / "dbt.log"), "line 8\n");
  EXPECT_EQ(Content(folder_ / "dbt.log.1"), "line 7\n");
  EXPECT_EQ(Content(folder_ / "dbt.log.5"), "line 3\n");
  EXPECT_FALSE(fs::exists(folder_ / "dbt.log.6"));
}

TEST_F(LogFileTest, AFolderThatCannotBeMadeIsReported) {
  fs::create_directories(folder_);
  std::ofstream(folder_ / "file") << "x";
  LogFile log(0);
  std::string problem;
  EXPECT_FALSE(log.Open(folder_ / "file" / "logs", &problem));
  EXPECT_NE(problem.find("dbt.log"), std::string::npos);
  log.Write("dropped\n");
}

}  // namespace
}  // namespace eider::cli

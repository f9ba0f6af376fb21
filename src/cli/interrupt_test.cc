#include "cli/interrupt.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>

namespace eider::cli {
namespace {

TEST(InterruptTest, SignalsCallTheFunction) {
  std::atomic<int> calls = 0;
  InterruptHandler handler([&] { ++calls; }, InterruptHandler::Second::kRepeats);
  for (int expected : {1, 2}) {
    kill(getpid(), expected == 1 ? SIGINT : SIGTERM);
    auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (calls < expected && std::chrono::steady_clock::now() < deadline) usleep(1000);
    EXPECT_EQ(calls, expected);
  }
  EXPECT_TRUE(handler.interrupted());
}

TEST(InterruptTest, ASecondSignalQuits) {
  auto twice = [] {
    InterruptHandler handler([] { pause(); }, InterruptHandler::Second::kQuits);
    raise(SIGINT);
    raise(SIGINT);
  };
  EXPECT_EXIT(twice(), testing::ExitedWithCode(130), "");
}

TEST(InterruptTest, TheOldBehaviourComesBack) {
  signal(SIGINT, SIG_IGN);
  {
    InterruptHandler handler([] {}, InterruptHandler::Second::kRepeats);
  }
  raise(SIGINT);  // would end the test
  signal(SIGINT, SIG_DFL);
}

}  // namespace
}  // namespace eider::cli

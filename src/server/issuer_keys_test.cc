#include "server/issuer_keys.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/error.h"
#include "server/jwt_testing.h"

namespace eider::server {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

class IssuerKeysTest : public testing::Test {
 protected:
  size_t Find(const std::string& id) { return keys_.Find(id).size(); }

  Json first_ = TestJwtKey("P-256", "k1").Public();
  Json second_ = TestJwtKey("P-256", "k2").Public();
  std::string published_ = KeySetOf({first_});
  bool reachable_ = true;
  int fetches_ = 0;
  IssuerKeys::Clock::time_point now_ = IssuerKeys::Clock::now();
  IssuerKeys keys_{"test",
                   [this] {
                     ++fetches_;
                     if (!reachable_) throw Error(ErrorCode::kIo, "nobody answers");
                     return published_;
                   },
                   [this] { return now_; }};
};

TEST_F(IssuerKeysTest, AreFetchedOnceAndKept) {
  EXPECT_EQ(fetches_, 0);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(Find("k1"), 1U);
  EXPECT_EQ(Find(""), 1U);
  EXPECT_EQ(fetches_, 1);
}

TEST_F(IssuerKeysTest, ANewKeyIsFoundWhenATokenNamesIt) {
  EXPECT_EQ(Find("k1"), 1U);
  published_ = KeySetOf({first_, second_});
  now_ += IssuerKeys::kPause;
  EXPECT_EQ(Find("k2"), 1U);
  EXPECT_EQ(fetches_, 2);
  EXPECT_EQ(Find(""), 2U);
}

TEST_F(IssuerKeysTest, KeysThatDoNotExistMakeFewFetches) {
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(Find("made up " + std::to_string(i)), 0U);
  EXPECT_EQ(fetches_, 1);
  now_ += seconds(100);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(Find("made up " + std::to_string(i)), 0U);
  EXPECT_EQ(fetches_, 2);
}

TEST_F(IssuerKeysTest, AKeyThatWasWithdrawnIsForgotten) {
  EXPECT_EQ(Find("k1"), 1U);
  published_ = KeySetOf({second_});
  now_ += IssuerKeys::kFresh;
  EXPECT_EQ(Find("k1"), 0U);
  EXPECT_EQ(Find("k2"), 1U);
}

TEST_F(IssuerKeysTest, WhileTheIssuerIsAwayTheOldOnesDo) {
  EXPECT_EQ(Find("k1"), 1U);
  reachable_ = false;
  now_ += hours(1);
  EXPECT_EQ(Find("k1"), 1U);
  EXPECT_EQ(Find("k1"), 1U);
  EXPECT_EQ(fetches_, 2);
  now_ += hours(24);
  EXPECT_EQ(Find("k1"), 0U);
  reachable_ = true;
  EXPECT_EQ(Find("k1"), 0U);
  now_ += IssuerKeys::kPause;
  EXPECT_EQ(Find("k1"), 1U);
}

TEST_F(IssuerKeysTest, WhatIsNoKeySetChangesNothing) {
  EXPECT_EQ(Find("k1"), 1U);
  published_ = "<html>moved</html>";
  now_ += minutes(11);
  EXPECT_EQ(Find("k1"), 1U);
}

TEST(IssuerKeysThreadsTest, OneFetchesForAll) {
  std::atomic<int> fetches = 0;
  std::string published = KeySetOf({TestJwtKey("P-256", "k1").Public()});
  IssuerKeys keys("test", [&] {
    ++fetches;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    return published;
  });
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] { EXPECT_EQ(keys.Find("k1").size(), 1U); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(fetches, 1);
}

}  // namespace
}  // namespace eider::server

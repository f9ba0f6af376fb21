#include "server/token_buckets.h"

#include <gtest/gtest.h>

namespace eider::server {
namespace {

using std::chrono::milliseconds;

class TokenBucketsTest : public testing::Test {
 protected:
  TokenBuckets::Clock::time_point At(int64_t millis) { return start_ + milliseconds(millis); }

  TokenBuckets::Clock::time_point start_ = TokenBuckets::Clock::now();
};

TEST_F(TokenBucketsTest, ABurstThenASteadyRate) {
  TokenBuckets buckets(10, 3);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(buckets.Take("a", At(0)));
  EXPECT_EQ(buckets.Take("a", At(0)), milliseconds(100));
  EXPECT_EQ(buckets.Look("a", At(40)), milliseconds(60));
  EXPECT_FALSE(buckets.Take("a", At(101)));
  EXPECT_TRUE(buckets.Take("a", At(102)));
  // It never holds more than the burst.
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(buckets.Take("a", At(60'000)));
  EXPECT_TRUE(buckets.Take("a", At(60'000)));
}

TEST_F(TokenBucketsTest, KeysHaveBucketsOfTheirOwn) {
  TokenBuckets buckets(1, 1);
  EXPECT_FALSE(buckets.Take("a", At(0)));
  EXPECT_FALSE(buckets.Take("b", At(0)));
  EXPECT_TRUE(buckets.Take("a", At(0)));
  EXPECT_FALSE(buckets.Look("c", At(0)));
}

TEST_F(TokenBucketsTest, WithoutARateThereIsNoLimit) {
  TokenBuckets buckets(0, 1);
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(buckets.Take("a", At(0)));
}

TEST_F(TokenBucketsTest, AClockThatLagsTakesNothingAway) {
  TokenBuckets buckets(10, 1);
  EXPECT_FALSE(buckets.Take("a", At(1000)));
  EXPECT_EQ(buckets.Take("a", At(0)), milliseconds(100));
  EXPECT_FALSE(buckets.Take("a", At(1101)));
}

TEST_F(TokenBucketsTest, ManyKeysTakeBoundedMemory) {
  TokenBuckets buckets(1, 1);
  EXPECT_FALSE(buckets.Take("first", At(0)));
  for (size_t i = 0; i < TokenBuckets::kMostKeys; ++i) {
    buckets.Take(std::to_string(i), At(0));
    buckets.Look("unknown" + std::to_string(i), At(0));
  }
  EXPECT_TRUE(buckets.Take("1", At(0)));
  EXPECT_FALSE(buckets.Take("first", At(0)));
}

}  // namespace
}  // namespace eider::server

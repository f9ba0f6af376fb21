#include "base/loaded_once.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

namespace eider {
namespace {

TEST(LoadedOnceTest, ThreadsThatWantTheSameLoadItOnce) {
  LoadedOnce<int> cache(100);
  std::atomic<int> loads = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      auto value = cache.Get("key", 1, [&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        ++loads;
        return 42;
      });
      EXPECT_EQ(*value, 42);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(loads, 1);
}

TEST(LoadedOnceTest, AFailureIsTriedAgain) {
  LoadedOnce<int> cache(100);
  auto fail = []() -> int { throw std::runtime_error("no"); };
  EXPECT_THROW(cache.Get("key", 1, fail), std::runtime_error);
  EXPECT_EQ(*cache.Get("key", 1, [] { return 7; }), 7);
  EXPECT_EQ(*cache.Get("key", 1, fail), 7);
}

TEST(LoadedOnceTest, WhatIsUsedLeastLeaves) {
  LoadedOnce<int> cache(2);
  for (const char* key : {"a", "b", "c"}) cache.Get(key, 1, [] { return 1; });
  EXPECT_EQ(*cache.Get("c", 1, [] { return 2; }), 1);
  EXPECT_EQ(*cache.Get("a", 1, [] { return 2; }), 2);
}

}  // namespace
}  // namespace eider

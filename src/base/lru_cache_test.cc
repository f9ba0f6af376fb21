#include "base/lru_cache.h"

#include <gtest/gtest.h>

namespace eider {
namespace {

TEST(LruCacheTest, DropsTheOneUsedLongestAgo) {
  LruCache<int> cache(2);
  cache.Put("a", std::make_shared<int>(1), 1);
  cache.Put("b", std::make_shared<int>(2), 1);
  EXPECT_EQ(*cache.Get("a"), 1);
  cache.Put("c", std::make_shared<int>(3), 1);
  EXPECT_EQ(cache.Get("b"), nullptr);
  EXPECT_EQ(*cache.Get("a"), 1);
  EXPECT_EQ(*cache.Get("c"), 3);
}

TEST(LruCacheTest, KeepsTheNewestEvenWhenItIsTooLarge) {
  LruCache<int> cache(2);
  cache.Put("a", std::make_shared<int>(1), 1);
  cache.Put("b", std::make_shared<int>(2), 10);
  EXPECT_EQ(cache.Get("a"), nullptr);
  EXPECT_EQ(*cache.Get("b"), 2);
}

TEST(LruCacheTest, WhatIsRemovedMakesRoom) {
  LruCache<int> cache(2);
  cache.Put("a", std::make_shared<int>(1), 1);
  cache.Put("b", std::make_shared<int>(2), 1);
  EXPECT_TRUE(cache.Remove("b"));
  EXPECT_FALSE(cache.Remove("b"));
  cache.Put("c", std::make_shared<int>(3), 1);
  EXPECT_EQ(*cache.Get("a"), 1);
  EXPECT_EQ(*cache.Get("c"), 3);
}

}  // namespace
}  // namespace eider

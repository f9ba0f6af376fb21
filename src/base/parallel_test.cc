#include "base/parallel.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace eider {
namespace {

TEST(ParallelFor, CallsEachIndexOnce) {
  std::vector<int> calls(1000);
  ParallelFor(calls.size(), [&](size_t i) { ++calls[i]; });
  for (int count : calls) EXPECT_EQ(count, 1);
  ParallelFor(0, [](size_t) { FAIL(); });
}

TEST(ParallelFor, ThrowsTheErrorOfTheLowestIndexAfterAllRan) {
  std::vector<int> calls(100);
  try {
    ParallelFor(calls.size(), [&](size_t i) {
      ++calls[i];
      if (i % 10 == 3) throw std::runtime_error(std::to_string(i));
    });
    FAIL();
  } catch (const std::runtime_error& e) {
    EXPECT_STREQ(e.what(), "3");
  }
  for (int count : calls) EXPECT_EQ(count, 1);
}

}  // namespace
}  // namespace eider

#include "iceberg/deleted_rows.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace eider::iceberg {
namespace {

std::vector<uint32_t> Kept(const DeletedRows& rows, uint64_t first, size_t count) {
  std::vector<uint32_t> kept(count);
  kept.resize(rows.KeptRows(first, count, kept.data()));
  return kept;
}

TEST(DeletedRowsTest, AddsOnce) {
  DeletedRows rows;
  for (uint64_t position : {7, 3, 7, 5, 3}) rows.Add(position);
  EXPECT_EQ(rows.size(), 3u);
  EXPECT_TRUE(rows.Contains(5));
  EXPECT_FALSE(rows.Contains(4));
  EXPECT_EQ(Kept(rows, 2, 7), (std::vector<uint32_t>{0, 2, 4, 6}));
}

TEST(DeletedRowsTest, PositionsAsFarAsTheyGo) {
  DeletedRows rows;
  uint64_t far = uint64_t{1} << 62;
  rows.Add(far);
  rows.Add(far + 65'536);
  EXPECT_TRUE(rows.Contains(far));
  EXPECT_EQ(Kept(rows, far - 1, 3), (std::vector<uint32_t>{0, 2}));
  EXPECT_LT(rows.MemoryBytes(), 1'000u);
}

TEST(DeletedRowsTest, RangesAcrossStretches) {
  DeletedRows rows;
  rows.Add(65'530);
  rows.AddRange(65'000, 65'000);
  rows.AddRange(65'500, 200'003);
  rows.AddRange(200'001, 200'005);
  EXPECT_EQ(rows.size(), 200'005u - 65'500u);
  EXPECT_EQ(Kept(rows, 65'498, 4), (std::vector<uint32_t>{0, 1}));
  EXPECT_EQ(Kept(rows, 200'003, 4), (std::vector<uint32_t>{2, 3}));
  EXPECT_TRUE(Kept(rows, 130'000, 2'048).empty());
}

// Sparse and dense stretches, in any order, against a plain set.
TEST(DeletedRowsTest, SameAsASet) {
  std::mt19937 random(42);
  DeletedRows rows;
  DeletedRows other;
  std::set<uint64_t> expected;
  auto add = [&](DeletedRows& to, uint64_t position) {
    to.Add(position);
    expected.insert(position);
  };
  for (int i = 0; i < 20'000; ++i) add(i % 3 == 0 ? other : rows, random() % 65'536);
  for (int i = 0; i < 500; ++i) add(i % 2 == 0 ? other : rows, 65'536 + random() % 200'000);
  for (int i = 0; i < 6'000; ++i) add(other, 300'000 + random() % 60'000);
  rows.AddAll(other);
  EXPECT_EQ(rows.size(), expected.size());
  for (uint64_t first = 0; first < 400'000; first += 2'048) {
    std::vector<uint32_t> kept;
    for (uint32_t i = 0; i < 2'048; ++i) {
      if (!expected.contains(first + i)) kept.push_back(i);
    }
    ASSERT_EQ(Kept(rows, first, 2'048), kept) << first;
  }
}

}  // namespace
}  // namespace eider::iceberg

#include "iceberg/deletion_vector.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <limits>
#include <vector>

#include "base/error.h"

namespace eider::iceberg {
namespace {

// Bitmaps as pyroaring 1.2.0 writes them: {0, 5, 70000, 2^33 + 7}, one of arrays; [10, 5000) and
// 70000, and in each of five stretches its first 100 to 104 rows, both of runs; and none.
constexpr char kArrays[] =
    "00000044d1d339640200000000000000000000003a300000020000000000010001000000180000001c000000000005"
    "007011020000003a30000001000000000000001000000007008b42f6d2";
constexpr char kRuns[] =
    "00000025d1d339640100000000000000000000003b3001000100007d130100000001000a007d13701107469339";
constexpr char kFiveRuns[] =
    "0000005bd1d339640100000000000000000000003b3004001f00006300010064000200650003006600040067002d00"
    "000033000000390000003f000000450000000100000063000100000064000100000065000100000066000100000067"
    "00"
    "b84cbda9";
constexpr char kEmpty[] = "0000000cd1d339640000000000000000bf18480c";

constexpr int64_t kNoLimit = std::numeric_limits<int64_t>::max();

std::string Bytes(std::string_view hex) {
  std::string bytes;
  for (size_t i = 0; i < hex.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

std::string Little(uint64_t value, int size) {
  std::string bytes;
  for (int i = 0; i < size; ++i) bytes.push_back(static_cast<char>(value >> (8 * i)));
  return bytes;
}

std::string Big(uint64_t value) {
  std::string bytes = Little(value, 4);
  return {bytes.rbegin(), bytes.rend()};
}

// A blob with whatever bitmaps, whose length and checksum are right.
std::string Blob(const std::string& bitmaps) {
  std::string body = "\xD1\xD3\x39\x64" + bitmaps;
  auto sum = ::crc32_z(0, reinterpret_cast<const Bytef*>(body.data()), body.size());
  return Big(body.size()) + body + Big(sum);
}

void ExpectCorrupt(const std::string& blob, const std::string& what) {
  try {
    ReadDeletionVector(blob, kNoLimit, "/data/x.puffin");
    ADD_FAILURE() << what;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCorrupt) << what;
    EXPECT_NE(error.message().find("/data/x.puffin"), std::string::npos) << what;
  }
}

TEST(DeletionVectorTest, Arrays) {
  DeletedRows rows = ReadDeletionVector(Bytes(kArrays), kNoLimit, "x");
  EXPECT_EQ(rows.size(), 4u);
  for (uint64_t position : {uint64_t{0}, uint64_t{5}, uint64_t{70'000}, (uint64_t{1} << 33) + 7}) {
    EXPECT_TRUE(rows.Contains(position)) << position;
  }
}

TEST(DeletionVectorTest, Runs) {
  DeletedRows rows = ReadDeletionVector(Bytes(kRuns), kNoLimit, "x");
  EXPECT_EQ(rows.size(), 4'991u);
  EXPECT_TRUE(rows.Contains(10) && rows.Contains(4'999) && rows.Contains(70'000));
  EXPECT_FALSE(rows.Contains(9) || rows.Contains(5'000));
  // With offsets, as four containers and more have them.
  rows = ReadDeletionVector(Bytes(kFiveRuns), kNoLimit, "x");
  EXPECT_EQ(rows.size(), 510u);
  EXPECT_TRUE(rows.Contains(4 * 65'536 + 103));
}

TEST(DeletionVectorTest, Bits) {
  std::string bits(8'192, '\0');
  for (size_t i = 0; i < 5'000; ++i) bits[i] = '\x81';
  std::string bitmaps = Little(1, 8) + Little(0, 4) + Little(12'346, 4) + Little(1, 4) +
                        Little(2, 2) + Little(9'999, 2) + Little(16, 4) + bits;
  DeletedRows rows = ReadDeletionVector(Blob(bitmaps), kNoLimit, "x");
  EXPECT_EQ(rows.size(), 10'000u);
  EXPECT_TRUE(rows.Contains(131'072) && rows.Contains(131'072 + 7));
  EXPECT_TRUE(rows.Contains(131'072 + 4'999 * 8 + 7));
  EXPECT_FALSE(rows.Contains(131'072 + 1) || rows.Contains(0));
}

TEST(DeletionVectorTest, NoneAndThoseBeyondTheFile) {
  EXPECT_TRUE(ReadDeletionVector(Bytes(kEmpty), kNoLimit, "x").empty());
  EXPECT_EQ(ReadDeletionVector(Bytes(kArrays), 70'000, "x").size(), 2u);
  EXPECT_EQ(ReadDeletionVector(Bytes(kRuns), 100, "x").size(), 90u);
}

TEST(DeletionVectorTest, DamageIsNamed) {
  std::string blob = Bytes(kArrays);
  for (size_t size = 0; size < blob.size(); ++size) {
    ExpectCorrupt(blob.substr(0, size), "cut at " + std::to_string(size));
  }
  ExpectCorrupt(blob + "x", "too long");
  for (size_t i = 0; i < blob.size(); ++i) {
    std::string changed = blob;
    changed[i] = static_cast<char>(changed[i] ^ 0x10);
    ExpectCorrupt(changed, "byte " + std::to_string(i));
  }
}

TEST(DeletionVectorTest, NonsenseWithARightChecksum) {
  std::string header = Little(1, 8) + Little(0, 4);
  ExpectCorrupt(Blob(Little(5, 8)), "bitmaps that are not there");
  ExpectCorrupt(Blob(Little(uint64_t{1} << 60, 8)), "more bitmaps than there are keys");
  ExpectCorrupt(Blob(header + Little(4'711, 4)), "cookie");
  ExpectCorrupt(Blob(header + Little(12'346, 4) + Little(1 << 30, 4)), "containers");
  std::string one_run = header + Little(12'347, 4) + "\1" + Little(0, 2) + Little(9, 2);
  ExpectCorrupt(Blob(one_run + Little(1, 2) + Little(65'000, 2) + Little(1'000, 2)), "long run");
  ExpectCorrupt(
      Blob(one_run + Little(2, 2) + Little(5, 2) + Little(5, 2) + Little(7, 2) + Little(5, 2)),
      "runs that overlap");
  std::string empty_bitmap = Little(12'346, 4) + Little(0, 4);
  ExpectCorrupt(Blob(Little(2, 8) + Little(3, 4) + empty_bitmap + Little(3, 4) + empty_bitmap),
                "a key twice");
}

}  // namespace
}  // namespace eider::iceberg

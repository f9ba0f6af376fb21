#include "iceberg/inflate.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "iceberg/deflate_testing.h"

namespace eider::iceberg {
namespace {

TEST(InflateTest, ContentOfAnySizeComesBackAndIsAppended) {
  for (size_t size :
       {size_t{0}, size_t{1}, size_t{4095}, size_t{4096}, size_t{4097}, size_t{5'000'000}}) {
    std::string content;
    for (size_t i = 0; i < size; ++i) content += static_cast<char>(i * i >> 3);
    for (DeflateFormat format : {DeflateFormat::kRaw, DeflateFormat::kGzip}) {
      std::string out = "before";
      Inflate(Compress(content, format), format, "f", out);
      EXPECT_EQ(out.size(), content.size() + 6);
      EXPECT_TRUE(out == "before" + content);
    }
  }
}

TEST(InflateTest, WellCompressedContentGrows) {
  std::string content(3'000'000, 'x');
  std::string packed = Compress(content, DeflateFormat::kGzip);
  ASSERT_LT(packed.size(), 10'000U);
  std::string out;
  Inflate(packed, DeflateFormat::kGzip, "f", out);
  EXPECT_TRUE(out == content);
}

TEST(InflateTest, EveryCutAndForeignFormatIsNamed) {
  std::string content;
  for (int i = 0; i < 300; ++i) content += std::to_string(i * 7919);
  std::string packed = Compress(content, DeflateFormat::kGzip);
  for (size_t length = 0; length < packed.size(); ++length) {
    std::string out;
    try {
      Inflate(packed.substr(0, length), DeflateFormat::kGzip, "dir/the file", out);
      ADD_FAILURE() << length;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
      EXPECT_NE(error.message().find("dir/the file"), std::string::npos);
    }
  }
  std::string out;
  EXPECT_THROW(Inflate(packed, DeflateFormat::kRaw, "f", out), Error);
  EXPECT_THROW(Inflate("plain text", DeflateFormat::kGzip, "f", out), Error);
  std::string flipped = packed;
  flipped[flipped.size() - 6] = static_cast<char>(flipped[flipped.size() - 6] ^ 1);  // the checksum
  EXPECT_THROW(Inflate(flipped, DeflateFormat::kGzip, "f", out), Error);
}

TEST(InflateTest, GzipIsKnownByItsFirstBytes) {
  EXPECT_TRUE(LooksLikeGzip(Compress("x", DeflateFormat::kGzip)));
  EXPECT_FALSE(LooksLikeGzip("{}"));
  EXPECT_FALSE(LooksLikeGzip(""));
  EXPECT_FALSE(LooksLikeGzip("\x1F"));
}

}  // namespace
}  // namespace eider::iceberg

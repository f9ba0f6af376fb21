#include "iceberg/bucket.h"

#include <gtest/gtest.h>

namespace eider::iceberg {
namespace {

// The hash alone: as many buckets as there are values of 31 bits.
int64_t Hash(const TypePtr& type, const Literal& value) {
  return *BucketOf(*type, value, 0x7FFFFFFF);
}

int64_t Positive(int64_t hash) { return (hash & 0x7FFFFFFF) % 0x7FFFFFFF; }

TypePtr Of(TypeId id) { return Type::Primitive(id); }

// Appendix B gives these hashes.
TEST(BucketTest, HashesOfTheSpecification) {
  EXPECT_EQ(Hash(Of(TypeId::kInt), Literal{int64_t{34}}), Positive(2017239379));
  EXPECT_EQ(Hash(Of(TypeId::kLong), Literal{int64_t{34}}), Positive(2017239379));
  EXPECT_EQ(Hash(Type::Decimal(9, 2), Literal{Int128{1420}}), Positive(-500754589));
  EXPECT_EQ(Hash(Of(TypeId::kDate), Literal{int64_t{17486}}), Positive(-653330422));
  EXPECT_EQ(Hash(Of(TypeId::kTime), Literal{int64_t{81068000000}}), Positive(-662762989));
  EXPECT_EQ(Hash(Of(TypeId::kTimestamp), Literal{int64_t{1510871468000000}}),
            Positive(-2047944441));
  EXPECT_EQ(Hash(Of(TypeId::kTimestampTz), Literal{int64_t{1510871468000001}}),
            Positive(-1207196810));
  EXPECT_EQ(Hash(Of(TypeId::kTimestampNs), Literal{int64_t{1510871468000001001}}),
            Positive(-1207196810));
  EXPECT_EQ(Hash(Of(TypeId::kString), Literal{std::string("iceberg")}), Positive(1210000089));
  EXPECT_EQ(Hash(Of(TypeId::kUuid), Literal{std::string("\xF7\x9C\x3E\x09\x67\x7C\x4B\xBD\xA4\x79"
                                                        "\x3F\x34\x9C\xB7\x85\xE7",
                                                        16)}),
            Positive(1488055340));
  EXPECT_EQ(Hash(Type::Fixed(4), Literal{std::string("\0\1\2\3", 4)}), Positive(-188683207));
  EXPECT_EQ(Hash(Of(TypeId::kBinary), Literal{std::string("\0\1\2\3", 4)}), Positive(-188683207));
}

TEST(BucketTest, OnlySomeTypesHaveBuckets) {
  EXPECT_EQ(BucketOf(*Of(TypeId::kDouble), Literal{1.0}, 4), std::nullopt);
  EXPECT_EQ(BucketOf(*Of(TypeId::kBoolean), Literal{true}, 4), std::nullopt);
  EXPECT_EQ(BucketOf(*Of(TypeId::kInt), Literal{int64_t{34}}, 16), Positive(2017239379) % 16);
}

}  // namespace
}  // namespace eider::iceberg

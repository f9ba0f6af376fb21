#include "iceberg/literal.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace eider::iceberg {
namespace {

TypePtr Of(TypeId id) { return Type::Primitive(id); }

Literal Text(const std::string& text) { return Literal{text}; }

// Appendix D gives these encodings.
TEST(LiteralTest, SingleValueBytes) {
  EXPECT_EQ(LiteralToBytes(*Of(TypeId::kBoolean), Literal{true}), std::string("\1", 1));
  EXPECT_EQ(LiteralToBytes(*Of(TypeId::kInt), Literal{int64_t{-2}}), "\xFE\xFF\xFF\xFF");
  EXPECT_EQ(LiteralToBytes(*Of(TypeId::kLong), Literal{int64_t{258}}),
            std::string("\x02\x01\0\0\0\0\0\0", 8));
  EXPECT_EQ(LiteralToBytes(*Of(TypeId::kFloat), Literal{-0.5}), std::string("\0\0\0\xBF", 4));
  EXPECT_EQ(LiteralToBytes(*Of(TypeId::kDouble), Literal{1.0}),
            std::string("\0\0\0\0\0\0\xF0\x3F", 8));
  // Decimals take as few big-endian bytes as hold them with their sign.
  EXPECT_EQ(LiteralToBytes(*Type::Decimal(9, 2), Literal{Int128{127}}), "\x7F");
  EXPECT_EQ(LiteralToBytes(*Type::Decimal(9, 2), Literal{Int128{128}}), std::string("\0\x80", 2));
  EXPECT_EQ(LiteralToBytes(*Type::Decimal(9, 2), Literal{Int128{-129}}), "\xFF\x7F");
  EXPECT_EQ(LiteralToBytes(*Type::Decimal(9, 2), Literal{Int128{0}}), std::string("\0", 1));
}

TEST(LiteralTest, BytesAndBackForEveryType) {
  const std::vector<std::pair<TypePtr, Literal>> cases = {
      {Of(TypeId::kBoolean), Literal{false}},
      {Of(TypeId::kInt), Literal{int64_t{std::numeric_limits<int32_t>::min()}}},
      {Of(TypeId::kLong), Literal{std::numeric_limits<int64_t>::max()}},
      {Of(TypeId::kFloat), Literal{1.5}},
      {Of(TypeId::kDouble), Literal{-2.25e300}},
      {Type::Decimal(38, 10), Literal{Int128{1} << 120}},
      {Type::Decimal(38, 10), Literal{-(Int128{1} << 120)}},
      {Of(TypeId::kDate), Literal{int64_t{-719162}}},
      {Of(TypeId::kTime), Literal{int64_t{86'399'999'999}}},
      {Of(TypeId::kTimestamp), Literal{int64_t{-1}}},
      {Of(TypeId::kTimestampTz), Literal{int64_t{1767225600000000}}},
      {Of(TypeId::kTimestampNs), Literal{int64_t{1767225600000000001}}},
      {Of(TypeId::kString), Text("naïve")},
      {Of(TypeId::kUuid), Text("0123456789abcdef")},
      {Type::Fixed(3), Text(std::string("\0\1\2", 3))},
      {Of(TypeId::kBinary), Text("")},
  };
  for (const auto& [type, literal] : cases) {
    auto read = LiteralFromBytes(*type, LiteralToBytes(*type, literal));
    ASSERT_TRUE(read) << type->ToString();
    EXPECT_EQ(*read, literal) << type->ToString();
  }
}

TEST(LiteralTest, BoundsOfColumnsBeforeTheirPromotion) {
  std::string four = LiteralToBytes(*Of(TypeId::kInt), Literal{int64_t{-3}});
  EXPECT_EQ(LiteralFromBytes(*Of(TypeId::kLong), four), Literal{int64_t{-3}});
  std::string narrow = LiteralToBytes(*Of(TypeId::kFloat), Literal{0.5});
  EXPECT_EQ(LiteralFromBytes(*Of(TypeId::kDouble), narrow), Literal{0.5});
  // A date is that day's midnight.
  EXPECT_EQ(LiteralFromBytes(*Of(TypeId::kTimestamp), four), Literal{int64_t{-259'200'000'000}});
  EXPECT_EQ(LiteralFromBytes(*Of(TypeId::kTimestampNs), four),
            Literal{int64_t{-259'200'000'000'000}});
}

TEST(LiteralTest, BytesThatDoNotFitTheirType) {
  EXPECT_FALSE(LiteralFromBytes(*Of(TypeId::kInt), "abc"));
  EXPECT_FALSE(LiteralFromBytes(*Of(TypeId::kLong), "abcde"));
  EXPECT_FALSE(LiteralFromBytes(*Of(TypeId::kBoolean), ""));
  EXPECT_FALSE(LiteralFromBytes(*Type::Decimal(9, 2), ""));
  EXPECT_FALSE(LiteralFromBytes(*Type::Decimal(9, 2), std::string(17, '\1')));
  EXPECT_FALSE(LiteralFromBytes(*Type::List(1, Of(TypeId::kInt), false), "abcd"));
}

TEST(LiteralTest, Order) {
  const TypePtr number = Of(TypeId::kDouble);
  double nan = std::nan("");
  EXPECT_TRUE(CompareLiterals(*number, Literal{1.0}, Literal{2.0}) < 0);
  EXPECT_TRUE(CompareLiterals(*number, Literal{nan}, Literal{HUGE_VAL}) > 0);
  EXPECT_TRUE(CompareLiterals(*number, Literal{nan}, Literal{nan}) == 0);
  EXPECT_TRUE(CompareLiterals(*number, Literal{-0.0}, Literal{0.0}) == 0);
  // Bytes are unsigned.
  EXPECT_TRUE(CompareLiterals(*Of(TypeId::kString), Text("z"), Text("é")) < 0);
  EXPECT_TRUE(CompareLiterals(*Of(TypeId::kString), Text("ab"), Text("abc")) < 0);
}

TEST(LiteralTest, TextForPeople) {
  EXPECT_EQ(LiteralToText(*Type::Decimal(9, 2), Literal{Int128{-5}}), "-0.05");
  EXPECT_EQ(LiteralToText(*Type::Decimal(9, 0), Literal{Int128{120}}), "120");
  EXPECT_EQ(LiteralToText(*Of(TypeId::kDate), Literal{int64_t{20484}}), "2026-01-31");
  EXPECT_EQ(LiteralToText(*Of(TypeId::kDate), Literal{int64_t{-1}}), "1969-12-31");
  EXPECT_EQ(LiteralToText(*Of(TypeId::kTimestamp), Literal{int64_t{-500'000}}),
            "1969-12-31 23:59:59.500000");
  EXPECT_EQ(LiteralToText(*Of(TypeId::kUuid), Text("0123456789abcdef")),
            "30313233-3435-3637-3839-616263646566");
  EXPECT_EQ(LiteralToText(*Of(TypeId::kInt), Literal{}), "null");
}

TEST(LiteralTest, TruncatedBoundsStillBound) {
  const TypePtr text = Of(TypeId::kString);
  EXPECT_EQ(TruncateLower(*text, Text("naïveté"), 3), Text("naï"));
  EXPECT_EQ(TruncateUpper(*text, Text("naïveté"), 3), Text("nað"));
  EXPECT_EQ(TruncateUpper(*text, Text("abc"), 3), Text("abc"));
  // The last character cannot be raised, the one before it can; and then none can.
  EXPECT_EQ(TruncateUpper(*text, Text("a\U0010FFFFx"), 2), Text("b"));
  EXPECT_EQ(TruncateUpper(*text, Text("\U0010FFFF\U0010FFFFx"), 2), std::nullopt);
  // Surrogates are stepped over.
  EXPECT_EQ(TruncateUpper(*text, Text("\uD7FFxx"), 1), Text("\uE000"));
  EXPECT_EQ(TruncateUpper(*Of(TypeId::kBinary), Text("a\xFF\xFFz"), 3), Text("b"));
  EXPECT_EQ(TruncateUpper(*Of(TypeId::kBinary), Text("\xFF\xFF\xFF"), 2), std::nullopt);
  EXPECT_EQ(TruncateLower(*Of(TypeId::kInt), Literal{int64_t{7}}, 1), Literal{int64_t{7}});
}

}  // namespace
}  // namespace eider::iceberg

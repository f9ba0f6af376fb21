#include "dbt/decimal.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace eider::dbt {
namespace {

using jinja::BinaryOperator;
using jinja::Value;

std::string Compute(const char* a, BinaryOperator op, Value b, bool reflected = false) {
  return DecimalValue(a).Binary(op, b, reflected)->Str();
}

TEST(DecimalTest, KeepsItsDigits) {
  EXPECT_EQ(DecimalValue::Make("5.00").Str(), "5.00");
  EXPECT_EQ(DecimalValue::Make("5.00").Repr(), "Decimal('5.00')");
  EXPECT_FALSE(DecimalValue::Make("0.00").Truthy());
}

TEST(DecimalTest, AddsSubtractsAndMultipliesExactly) {
  EXPECT_EQ(Compute("0.10", BinaryOperator::kAdd, DecimalValue::Make("0.2")), "0.30");
  EXPECT_EQ(Compute("0.05", BinaryOperator::kSub, Value(1)), "-0.95");
  EXPECT_EQ(Compute("0.05", BinaryOperator::kSub, Value(1), true), "0.95");
  EXPECT_EQ(Compute("1.5", BinaryOperator::kMul, DecimalValue::Make("-2.25")), "-3.375");
}

TEST(DecimalTest, WhatDoesNotFitBecomesAFloat) {
  EXPECT_EQ(Compute("3", BinaryOperator::kDiv, Value(2)), "1.5");
  EXPECT_TRUE(DecimalValue("123456789012345678901234567890")
                  .Binary(BinaryOperator::kAdd, Value(1), false)
                  ->IsFloat());
  EXPECT_THROW(Compute("1", BinaryOperator::kDiv, Value(0)), Error);
}

TEST(DecimalTest, ComparesByValue) {
  EXPECT_TRUE(DecimalValue("1.50").Equals(DecimalValue::Make("1.5")));
  EXPECT_TRUE(DecimalValue("2").Equals(Value(2)));
  EXPECT_EQ(DecimalValue("1.5").Compare(Value(2)), -1);
  EXPECT_EQ(DecimalValue("1.5").Compare(Value(1.25)), 1);
  EXPECT_FALSE(DecimalValue("1").Compare(Value("1")).has_value());
  EXPECT_EQ(DecimalValue("2.0").Hash(), Value(2).Hash());
}

}  // namespace
}  // namespace eider::dbt

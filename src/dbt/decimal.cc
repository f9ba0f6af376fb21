#include "dbt/decimal.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>

#include "base/error.h"

namespace eider::dbt {

using jinja::BinaryOperator;
using jinja::Value;

namespace {

constexpr int kMaxDigits = 18;

// A number as digits and a count of them after the point.
struct Scaled {
  int64_t digits = 0;
  int scale = 0;
};

int64_t PowerOfTen(int exponent) {
  int64_t power = 1;
  while (exponent-- > 0) power *= 10;
  return power;
}

// Nothing where it has more digits than fit, or an exponent.
std::optional<Scaled> Parse(const std::string& text) {
  Scaled out;
  int count = 0;
  bool negative = false, after_point = false;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (i == 0 && (c == '-' || c == '+')) {
      negative = c == '-';
    } else if (c == '.' && !after_point) {
      after_point = true;
    } else if (c >= '0' && c <= '9') {
      if (++count > kMaxDigits) return std::nullopt;
      out.digits = out.digits * 10 + (c - '0');
      out.scale += after_point;
    } else {
      return std::nullopt;
    }
  }
  if (count == 0) return std::nullopt;
  if (negative) out.digits = -out.digits;
  return out;
}

std::string Format(const Scaled& number) {
  int64_t unit = PowerOfTen(number.scale);
  std::string text = number.digits < 0 ? "-" : "";
  text += std::to_string(std::llabs(number.digits / unit));
  if (number.scale > 0) {
    text += fmt::format(".{:0{}}", std::llabs(number.digits % unit), number.scale);
  }
  return text;
}

std::optional<Scaled> ScaledOf(const Value& value) {
  if (value.IsInt()) return Parse(std::to_string(value.AsInt()));
  if (const auto* decimal = value.As<DecimalValue>()) return Parse(decimal->Str());
  return std::nullopt;
}

// a op b exactly, or nothing where it does not fit or the operator has no exact result.
std::optional<Scaled> Exactly(BinaryOperator op, Scaled a, Scaled b) {
  if (op == BinaryOperator::kMul) {
    Scaled out;
    out.scale = a.scale + b.scale;
    if (out.scale > kMaxDigits) return std::nullopt;
    if (__builtin_mul_overflow(a.digits, b.digits, &out.digits)) return std::nullopt;
    return out;
  }
  if (op != BinaryOperator::kAdd && op != BinaryOperator::kSub) return std::nullopt;
  Scaled& narrow = a.scale < b.scale ? a : b;
  int scale = std::max(a.scale, b.scale);
  if (__builtin_mul_overflow(narrow.digits, PowerOfTen(scale - narrow.scale), &narrow.digits)) {
    return std::nullopt;
  }
  Scaled out;
  out.scale = scale;
  bool overflow = op == BinaryOperator::kAdd
                      ? __builtin_add_overflow(a.digits, b.digits, &out.digits)
                      : __builtin_sub_overflow(a.digits, b.digits, &out.digits);
  return overflow ? std::nullopt : std::optional<Scaled>(out);
}

std::optional<double> RealOf(const Value& value) {
  if (value.IsFloat()) return value.AsFloat();
  if (value.IsInt()) return static_cast<double>(value.AsInt());
  if (value.IsBool()) return value.AsBool() ? 1.0 : 0.0;
  if (const auto* decimal = value.As<DecimalValue>()) return decimal->real();
  return std::nullopt;
}

}  // namespace

DecimalValue::DecimalValue(std::string text)
    : text_(std::move(text)), real_(std::strtod(text_.c_str(), nullptr)) {}

Value DecimalValue::Make(std::string text) {
  return Value(std::make_shared<DecimalValue>(std::move(text)));
}

bool DecimalValue::Equals(const Value& other) const {
  auto order = Compare(other);
  return order && *order == 0;
}

size_t DecimalValue::Hash() const {
  if (real_ == std::floor(real_) && std::fabs(real_) < 9e15) {
    return Value(static_cast<int64_t>(real_)).Hash();
  }
  return Value(real_).Hash();
}

std::optional<int> DecimalValue::Compare(const Value& other) const {
  auto ours = Parse(text_);
  auto theirs = ScaledOf(other);
  if (ours && theirs) {
    if (auto difference = Exactly(BinaryOperator::kSub, *ours, *theirs)) {
      return difference->digits < 0 ? -1 : difference->digits > 0;
    }
  }
  auto real = RealOf(other);
  if (!real) return std::nullopt;
  return real_ < *real ? -1 : real_ > *real;
}

std::optional<Value> DecimalValue::Binary(BinaryOperator op, const Value& other, bool reflected) {
  auto ours = Parse(text_);
  auto theirs = ScaledOf(other);
  if (ours && theirs) {
    auto exact = reflected ? Exactly(op, *theirs, *ours) : Exactly(op, *ours, *theirs);
    if (exact) return Make(Format(*exact));
  }
  auto real = RealOf(other);
  if (!real) return std::nullopt;
  double a = reflected ? *real : real_;
  double b = reflected ? real_ : *real;
  bool divides =
      op == BinaryOperator::kDiv || op == BinaryOperator::kFloorDiv || op == BinaryOperator::kMod;
  if (divides && b == 0) throw Error(ErrorCode::kInvalidArgument, "division by zero");
  switch (op) {
    case BinaryOperator::kAdd:
      return Value(a + b);
    case BinaryOperator::kSub:
      return Value(a - b);
    case BinaryOperator::kMul:
      return Value(a * b);
    case BinaryOperator::kDiv:
      return Value(a / b);
    case BinaryOperator::kFloorDiv:
      return Value(std::floor(a / b));
    case BinaryOperator::kMod:
      return Value(a - b * std::floor(a / b));
    case BinaryOperator::kPow:
      return Value(std::pow(a, b));
  }
  return std::nullopt;
}

}  // namespace eider::dbt

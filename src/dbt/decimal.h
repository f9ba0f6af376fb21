// Python's Decimal as templates see it: what DECIMAL columns and numbers of seeds hold.
#pragma once

#include <string>

#include "jinja/object.h"

namespace eider::dbt {

// Keeps the digits as written; arithmetic gives a float, or a Decimal where the result of adding,
// subtracting or multiplying fits 18 digits.
class DecimalValue final : public jinja::Object {
 public:
  explicit DecimalValue(std::string text);
  static jinja::Value Make(std::string text);

  double real() const { return real_; }

  std::string TypeName() const override { return "Decimal"; }
  std::string Repr() const override { return "Decimal('" + text_ + "')"; }
  std::string Str() const override { return text_; }
  bool Truthy() const override { return real_ != 0; }
  bool Equals(const jinja::Value& other) const override;
  size_t Hash() const override;
  std::optional<int> Compare(const jinja::Value& other) const override;
  std::optional<jinja::Value> Binary(jinja::BinaryOperator op, const jinja::Value& other,
                                     bool reflected) override;
  std::optional<Json> ToJson() const override { return Json(real_); }

 private:
  std::string text_;
  double real_;
};

}  // namespace eider::dbt

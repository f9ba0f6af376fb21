// Python's set, as `set()` and `set_strict()` give it to templates. Its order is that of insertion.
#pragma once

#include "jinja/object.h"

namespace eider::dbt {

// Methods: add, discard, remove, clear, update, copy, union, intersection, difference,
// symmetric_difference, issubset, issuperset, isdisjoint; `in`, `-`, and == without regard to
// order.
class PythonSet final : public jinja::Object {
 public:
  // The items of anything iterable. Throws kInvalidArgument for what is not, and for items that
  // cannot be hashed.
  static jinja::Value Make(const jinja::Value& items);

  std::string TypeName() const override { return "set"; }
  std::string Repr() const override;
  bool Truthy() const override { return !items_.empty(); }
  bool Equals(const jinja::Value& other) const override;
  bool IsIterable() const override { return true; }
  jinja::ValueList Iterate() override;
  std::optional<int64_t> Length() const override { return static_cast<int64_t>(items_.size()); }
  std::optional<bool> Contains(const jinja::Value& needle) override;
  std::optional<jinja::Value> Binary(jinja::BinaryOperator op, const jinja::Value& other,
                                     bool reflected) override;
  std::optional<jinja::Value> GetAttribute(jinja::State& state, std::string_view name) override;
  std::optional<jinja::Value> CallMethod(jinja::State& state, std::string_view name,
                                         const jinja::Arguments& arguments) override;

 private:
  bool Includes(const PythonSet& other) const;
  bool Change(std::string_view method, const jinja::Arguments& arguments);

  jinja::Dict items_;  // the keys
};

}  // namespace eider::dbt
